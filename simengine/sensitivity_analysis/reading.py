"""One output beside all drivers: sums and counts by driver and group, from which every given-data measure is worked out."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, keep_apart, kernel
from simengine.sensitivity_analysis.delta import held_out, room
from simengine.sensitivity_analysis.driver_table import DriverTable, Places, Values, places_of

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

#: Threads that read drivers; which one reads which changes nothing.
_MOST_THREADS = 8
_MIDDLE = 2**15


@kernel
def _read_driver(
    sums: Floats, counts: Counts, products: Floats, place: Places, value: Values, y: Floats, rank: Places, bounds: Ints
) -> None:
    """Read one driver beside one output: sums of ``y`` by (group, bin), draws by (group, cell of driver and output), products by group.

    ``sums`` (group, bin), ``counts`` (group, cell * cell), ``products`` (2, group) of places about the middle, whole numbers, and of
    values; ``bounds`` begins with the number of bins and the bits of a cell.
    """
    keep_apart()
    bins, shift = bounds[0], 16 - bounds[1]
    row = bounds[1]
    for group in range(bounds.shape[0] - 3):
        own, cells = sums[group], counts[group]
        ranked, moment = 0, 0.0
        for i in range(bounds[group + 2], bounds[group + 3]):
            x, v, out = int(place[i]), int(rank[i]), y[i]
            own[((x * bins) >> 16) & 0x3FF] += out
            cells[(((x >> shift) << row) | (v >> shift)) & 0xFFF] += 1
            ranked += (x - _MIDDLE) * (v - _MIDDLE)
            moment += value[i] * out
        products[0, group] = ranked
        products[1, group] = moment


@dataclass(frozen=True)
class Reading:
    """What is known of an output and each driver; the last of each group axis is what is in no whole group.

    Attributes
    ----------
    sums
        Sums of the output, about its mean, shape (row, group + 1, bin).
    counts
        Draws by cell of the driver and cell of the output, shape (row, group + 1, cell, cell).
    distances
        Delta by each group alone, shape (row, group).
    ranked, linear
        Sums of products of places about the middle, and of values (not about their mean) with the output, shape (row, group + 1).
    mean, deviations
        Mean of the output, and its values about it in the order of the groups.
    rank
        Places of the output.
    """

    table: DriverTable
    sums: Array
    counts: Counts
    distances: Array
    ranked: Array
    linear: Array
    mean: float
    deviations: Array
    rank: Places

    @cached_property
    def squares(self) -> Array:
        """Sums of squares of the output about its mean, by group and the rest."""
        return self.table.groups.sums(self.deviations * self.deviations)

    @cached_property
    def totals(self) -> Array:
        """Sums of the output about its mean, by group and the rest."""
        return self.table.groups.sums(self.deviations)

    @property
    def variance(self) -> float:
        """Variance of the output."""
        return float(self.squares.sum() / self.table.groups.draws)


def counted(table: DriverTable, series: Array) -> Array:
    """An output (draw,) in the draws that count, sorted by group. Raises ValueError where one of them is not finite."""
    found = np.ascontiguousarray(np.asarray(series, dtype=np.float64)[table.groups.order])
    if not np.isfinite(found).all():
        msg = "an output is not finite in a draw that counts"
        raise ValueError(msg)
    return found


def read_output(table: DriverTable, series: Array) -> Reading | None:
    """Read every driver beside an output (draw,) over all draws of the run; None where it does not vary.

    Raises ValueError where a draw that counts is not finite.
    """
    y = counted(table, series)
    if y.size == 0 or y.min() == y.max():
        return None
    mean = float(y.mean())
    y -= mean
    rank = places_of(y)
    rows, groups, cells = len(table.values), len(table.groups.bounds) - 1, table.cells
    sums, counts = np.zeros((rows, groups, table.bins)), np.zeros((rows, groups, room(cells)), dtype=np.int32)
    products, distances = np.zeros((rows, 2, groups)), np.zeros((rows, groups - 1))
    bounds = np.concatenate([[table.bins, cells.bit_length() - 1], table.groups.bounds])
    sizes = np.diff(table.groups.bounds)

    def read(row: int) -> None:
        place, value = table.places[row], table.values[row]
        _read_driver(sums[row], counts[row], products[row], place, value, y, rank, bounds)
        others, signs, margins = (
            np.empty(room(cells), dtype=np.int32),
            np.empty(room(cells), dtype=np.int8),
            np.empty(4 * cells, dtype=np.int64),
        )
        held_out(distances[row], counts[row], sizes, cells, others, signs, margins)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
        list(pool.map(read, range(rows)))
    finest = counts[:, :, : cells * cells].reshape(rows, groups, cells, cells)
    return Reading(table, sums, finest, distances, products[:, 0], products[:, 1], mean, y, rank)
