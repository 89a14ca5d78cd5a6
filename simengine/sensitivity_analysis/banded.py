"""Means of an output in ten bands of equal probability of each driver: what tornado, spider and event measures are made of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.driver_table import DriverTable
from simengine.sensitivity_analysis.regression import without_each

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BANDS = 10
#: Points that are stated of a driver's values in a band.
POINTS = ("mean", "P5", "P95")


def band_of(table: DriverTable, row: int) -> Ints:
    """The band of each draw of one driver."""
    return np.asarray((table.places[row].astype(np.int64) * BANDS) >> 16, dtype=np.int64)


@dataclass(frozen=True)
class Bands:
    """Counts and sums in bands.

    Attributes
    ----------
    counts, sums
        Draws and sums of the output, by row, group (and rest) and band.
    """

    table: DriverTable
    counts: Array
    sums: Array

    @classmethod
    def of(cls, table: DriverTable, series: Array) -> "Bands":
        """Of an output (draw,) over all draws of the run; as it is, not about its mean."""
        y = np.asarray(series, dtype=np.float64)[table.groups.order]
        rows = range(len(table.places))
        counts, sums = (np.stack([table.by_bin(row, BANDS, values) for row in rows]) for values in (None, y))
        return cls(table, counts, sums)

    @cached_property
    def ends(self) -> Ints:
        """First and last band that has draws, (2, row): values that come up often may fill several bands, and leave others empty."""
        some = self.counts.sum(axis=1) > 0.0
        return np.stack([some.argmax(axis=1), BANDS - 1 - some[:, ::-1].argmax(axis=1)])

    @cached_property
    def shares(self) -> Array:
        """Share of the draws in the first and in the last of these, (2, row)."""
        draws = self.counts.sum(axis=1)
        return np.take_along_axis(draws, self.ends.T, axis=1).T / self.table.groups.draws

    @cached_property
    def means(self) -> Array:
        """Means by band with all draws, then without each group, (1 + group, row, band); NaN where there is no draw."""
        counts, sums = (without_each(np.swapaxes(one, 0, 1)) for one in (self.counts, self.sums))
        some = counts > 0.0
        return np.where(some, sums / np.where(some, counts, 1.0), np.nan)

    def at_ends(self, of_bands: Array) -> Array:
        """What is known of each band (…, row, band), in the first and last that have draws, (…, row, 2)."""
        return np.take_along_axis(of_bands, np.broadcast_to(self.ends.T, (*of_bands.shape[:-2], *self.ends.T.shape)), axis=-1)


def values_in_bands(table: DriverTable, row: int) -> Array:
    """Mean, P5 and P95 of a driver's values in each band, (band, point); NaN for a band without draws."""
    found, band = np.full((BANDS, len(POINTS)), np.nan), band_of(table, row)
    for k in range(BANDS):
        own = table.values[row][band == k].astype(np.float64)
        if own.size:
            found[k] = own.mean(), *np.quantile(own, [0.05, 0.95])
    return np.asarray(found + table.centre[row])
