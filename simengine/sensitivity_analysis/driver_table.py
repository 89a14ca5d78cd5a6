"""What was drawn, made ready for measures from stored draws: ranks and values of every driver, read once for all outputs.

A rank is kept as a place from 0 to 65,535 in the sorted draws (ties share their middle place), a value as its distance from the
driver's first one: 6 bytes for a number of 8. Dummy drivers, drawn from streams of their own and used by nothing, stand behind the
others: what a measure says of them is its noise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, keep_apart, kernel
from simengine.sampling.design import uniforms
from simengine.sensitivity_analysis.groups import Flags, Groups

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.uint16]
Values = npt.NDArray[np.float32]

DUMMIES = 8
#: Sobol' columns of the dummies: the last ones, which hardly any study gets to.
_FIRST_COLUMN = 120
_PLACES = 2**16
#: Bins that means are taken of: ten at 1,024 draws, twice as many whenever there are four times the draws. More would be noise.
_DRAWS_OF_TEN = 1024
_TENTHS, _MOST_HALVINGS, _MOST_CELLS = 10, 5, 64
#: Draws of all rows that are multiplied with each other at a time, a multiple of four.
_PIECE = 2**10


@kernel
def _add_products(found: Floats, piece: Floats) -> None:
    """Add the products of any two columns of a piece (draw, row), draw after draw, to the lower half of ``found`` (row, row)."""
    keep_apart()
    for i in range(0, piece.shape[0], 4):
        for j in range(found.shape[0]):
            a, b, c, d = piece[i, j], piece[i + 1, j], piece[i + 2, j], piece[i + 3, j]
            for k in range(j + 1):
                found[j, k] += (a * piece[i, k] + b * piece[i + 1, k]) + (c * piece[i + 2, k] + d * piece[i + 3, k])


def places_of(values: npt.NDArray[np.floating]) -> Places:
    """Places in the sorted order, from 0 to 65,535; those that are tied share the middle of theirs."""
    size = values.size
    order = np.argsort(values)
    ordered = values[order]
    new = np.empty(size, dtype=np.bool_)
    new[:1], new[1:] = True, ordered[1:] != ordered[:-1]
    if new.all():
        twice = 2 * np.arange(size) + 1
    else:
        first = np.flatnonzero(new)
        last = np.append(first[1:], size)
        twice = np.repeat(first + last, last - first)
    found = np.empty(size, dtype=np.uint16)
    found[order] = (twice * (_PLACES // 2)) // max(size, 1)
    return found


def noise_floor(of_dummies: Array) -> Array:
    """What 95 in 100 drivers without effect stay below, from a measure of the dummies along the last axis: its mean is 0."""
    from scipy.special import stdtrit

    count = of_dummies.shape[-1]
    return np.asarray(float(stdtrit(count, 0.975)) * np.sqrt((of_dummies * of_dummies).mean(axis=-1)))


@dataclass(frozen=True)
class DriverTable:
    """Drivers of the draws that count, in the order of ``groups.order``.

    Attributes
    ----------
    names
        The drivers; the dummies follow on them as further rows.
    places, values
        Shape (driver + dummy, draw).
    centre
        What ``values`` are distances from, shape (driver + dummy,).
    absent
        Names of drivers without a value in some draw that counts: a scenario may switch off what they belong to.
    """

    names: tuple[str, ...]
    places: Places
    values: Values
    centre: Array
    groups: Groups
    absent: tuple[str, ...] = ()

    @classmethod
    def read(cls, names: Sequence[str], chunks: Iterable[Array], groups: Groups, draws: int, seed: int = 0) -> "DriverTable":
        """From chunks (draw, driver) of all ``draws`` draws, in order; dummies are drawn with ``seed``."""
        size, rows = groups.draws, len(names) + DUMMIES
        at = np.full(draws, -1, dtype=np.int64)
        at[groups.order] = np.arange(size)
        values, centre, first = np.empty((rows, size), dtype=np.float32), np.zeros(rows), 0
        known = np.ones(len(names), dtype=np.bool_)
        for chunk in chunks:
            place = at[first : first + len(chunk)]
            kept = np.asarray(chunk, dtype=np.float64)[place >= 0]
            if first == 0:
                centre[: len(names)] = np.where(np.isfinite(kept[0]), kept[0], 0.0) if len(kept) else 0.0
            known &= np.isfinite(kept).all(axis=0)
            with np.errstate(over="ignore"):  # of a driver that is then left out
                values[: len(names), place[place >= 0]] = (kept - centre[: len(names)]).T
            first += len(chunk)
        for k in range(DUMMIES):
            # noise of the design in use: that of Sobol' points is far below that of independent draws
            column = _FIRST_COLUMN + k if len(names) < _FIRST_COLUMN else -1
            values[len(names) + k] = uniforms(seed, f"sensitivity.dummy.{k}", draws, groups.sampler, column)[groups.order]
        rest = np.flatnonzero(np.append(known, [True] * DUMMIES))
        if not known.all():
            values, centre = np.ascontiguousarray(values[rest]), centre[rest]
        places = np.empty(values.shape, dtype=np.uint16)
        for row, one in enumerate(values):
            places[row] = places_of(one)
        named = tuple(name for name, there in zip(names, known, strict=True) if there)
        return cls(named, places, values, centre, groups, tuple(name for name, there in zip(names, known, strict=True) if not there))

    @classmethod
    def of(
        cls, x: Array, names: Sequence[str], sampler: str, good: Flags | None = None, seed: int = 0, draws_at_once: int = 2**14
    ) -> "DriverTable":
        """From an array (draw, driver)."""
        chunks = (x[first : first + draws_at_once] for first in range(0, len(x), draws_at_once))
        return cls.read(names, chunks, Groups.of(len(x), sampler, good), len(x), seed)

    @cached_property
    def bins(self) -> int:
        """Bins of equal probability that means are taken of."""
        halvings = int(np.log2(max(self.groups.draws / _DRAWS_OF_TEN, 1.0)) / 2.0)
        return int(_TENTHS * 2 ** min(halvings, _MOST_HALVINGS))

    @cached_property
    def cells(self) -> int:
        """Cells along each side of the tables in which draws are counted, a power of two."""
        halvings = int(np.log2(max(self.groups.draws, 1))) // 2 - 1
        return min(int(2 ** max(halvings, 3)), _MOST_CELLS)

    @cached_property
    def varies(self) -> Flags:
        """Which rows are not constant."""
        lowest, highest = self.values.min(axis=1), self.values.max(axis=1)
        return np.asarray(lowest < highest)

    @cached_property
    def values_in_bins(self) -> Array:
        """Sums of values about their mean in standard deviations, of each row, group (and rest) and bin, shape as ``in_bins``."""
        scaled = ((row - mean) / spread for row, mean, spread in zip(self.values, self.value_means, self.value_spreads, strict=True))
        return np.stack([self.by_bin(row, self.bins, one) for row, one in enumerate(scaled)])

    @cached_property
    def in_bins(self) -> Array:
        """Draws of each row, group (and rest) and bin, shape (row, group + 1, bin)."""
        return np.stack([self.by_bin(row, self.bins) for row in range(len(self.places))])

    def by_bin(self, row: int, bins: int, values: "Values | Array | None" = None) -> Array:
        """Draws, or sums of ``values``, of one row by group (and rest) and bin of equal probability, shape (group + 1, bin)."""
        groups = len(self.groups.bounds) - 1
        place = (self.places[row].astype(np.int64) * bins) >> 16
        place += np.repeat(np.arange(groups) * bins, np.diff(self.groups.bounds))
        return np.bincount(place, values, groups * bins).reshape(groups, bins).astype(np.float64)

    @cached_property
    def rank_products(self) -> Array:
        """Sums by group of products of two rows' places about the middle, shape (group + 1, row, row): whole numbers, so exact."""
        return self._products(self.places, _PLACES / 2)

    @cached_property
    def value_products(self) -> Array:
        """Sums by group of products of two rows' values in standard deviations, shape (group + 1, row + 1, row + 1).

        The last row and column are sums of values, and the number of draws.
        """
        return self._products(self.values, self.value_means, self.value_spreads)

    @cached_property
    def value_means(self) -> Array:
        """Mean of ``values``, shape (row,)."""
        return np.asarray(self.values.mean(axis=1, dtype=np.float64))

    @cached_property
    def value_spreads(self) -> Array:
        """Standard deviation of ``values``, 1 for a constant one, shape (row,)."""
        found = np.array([np.std(one, dtype=np.float64) for one in self.values])
        return np.where(self.varies & (found > 0.0), found, 1.0)

    def _products(self, rows: npt.NDArray[np.generic], middle: "Array | float", scale: "Array | float" = 1.0) -> Array:
        bounds, count = self.groups.bounds, len(rows) + 1
        found = np.zeros((len(bounds) - 1, count, count))
        piece = np.ones((_PIECE, count))
        for group, (a, b) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
            for first in range(a, b, _PIECE):
                some = rows[:, first : min(first + _PIECE, b)].T
                piece[: len(some), :-1] = (np.asarray(some, dtype=np.float64) - middle) / scale
                # draws that are not there count nothing
                piece[len(some) :] = 0.0
                _add_products(found[group], piece)
                piece[len(some) :, -1] = 1.0
            found[group] += np.tril(found[group], -1).T
        return found
