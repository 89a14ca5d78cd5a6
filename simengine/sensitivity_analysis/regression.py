"""Correlations and regressions between drivers and an output, of ranks and of values, with what each group of draws adds to them.

Rank correlation is Spearman's; the partial one (PRCC) is that of two ranks less what all other drivers explain of either; a
standardised regression coefficient (SRC, of ranks SRRC) is the change of the output in its standard deviations for one of the driver's
with all others held. All are functions of one matrix of correlations (Saltelli, Chan, Scott 2000, Sensitivity Analysis, chapter 6;
Marino, Hogue, Ray, Kirschner 2008, J. Theoretical Biology 254, 178-196).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.driver_table import DUMMIES, DriverTable
from simengine.sensitivity_analysis.reading import Reading

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Eigenvalues of a matrix of correlations below this are of drivers that follow from each other.
_FLAT = 1e-6
#: A driver has part in such a direction from this squared weight on.
_PART = 1e-2
#: Rank correlations of drivers are named from here on, where they are also beyond this many standard errors.
_SHOWN, _NOISE = 0.05, 4.0


@dataclass(frozen=True)
class Fitted:
    """Of every row: the value with all draws; of drivers also the values without each group, shape (group, driver)."""

    value: Array
    without: Array
    explained: float = np.nan


def without_each(sums: Array) -> Array:
    """Sums over all groups and the rest, then over all but one group: (group + 1, …) to (1 + group, …)."""
    total = sums.sum(axis=0)
    return np.concatenate([total[None], total - sums[:-1]])


def correlations(products: Array) -> Array:
    """Correlation matrices from sums of products (…, row + 1, row + 1) that end with sums and the number of draws.

    A row without spread has no correlation with others: 0.
    """
    draws = products[..., -1:, -1:]
    mean = products[..., :-1, -1:] / draws
    covariance = products[..., :-1, :-1] / draws - mean * np.swapaxes(mean, -1, -2)
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0.0))
    some = spread > 0.0
    scale = np.where(some, spread, np.inf)
    found = covariance / scale[..., :, None] / scale[..., None, :]
    diagonal = np.arange(found.shape[-1])
    found[..., diagonal, diagonal] = 1.0
    return np.asarray(found)


class Design:
    """Correlations among drivers, inverted with all draws and without each group; ``products`` as for ``correlations`` by group."""

    def __init__(self, products: Array, varies: Flags) -> None:
        everything = correlations(without_each(products))
        self.drivers = everything.shape[-1] - DUMMIES
        own = everything[:, : self.drivers, : self.drivers]
        size, vectors = np.linalg.eigh(own)
        flat = size < _FLAT
        self.tangled: Flags = ((vectors[0] ** 2 * flat[0]).sum(axis=1) > _PART) & varies[: self.drivers]
        weights = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, size))
        self.among = own[0]
        self.inverse: Array = np.einsum("kij,kj,klj->kil", vectors, weights, vectors)
        self._of_dummies = everything[0, self.drivers :, : self.drivers]

    def fit(self, with_output: Array, *, partial: bool) -> Fitted:
        """Coefficients, or partial correlations, from correlations with an output (1 + group, row)."""
        own = with_output[:, : self.drivers]
        slope = np.einsum("kij,kj->ki", self.inverse, own)
        explained = np.clip((slope * own).sum(axis=1), 0.0, 1.0)
        rest = self._of_dummies @ self.inverse[0]
        left = 1.0 - (rest * self._of_dummies).sum(axis=1)
        of_dummies = (with_output[0, self.drivers :] - rest @ own[0]) / left
        if partial:
            unexplained = 1.0 - explained
            diagonal = np.diagonal(self.inverse, axis1=1, axis2=2)
            size = np.sqrt(diagonal * unexplained[:, None] + slope**2)
            slope = np.divide(slope, size, out=np.zeros_like(slope), where=size > 0.0)
            of_dummies = (
                of_dummies * np.sqrt(left / max(unexplained[0], np.finfo(float).tiny)) if unexplained[0] > 0.0 else 0.0 * of_dummies
            )
        slope[:, self.tangled] = np.nan
        return Fitted(np.append(slope[0], of_dummies), slope[1:], float(explained[0]))

    def entangled(self) -> list[list[int]]:
        """Drivers that cannot be told apart, in sets that go together."""
        left, found = set(np.flatnonzero(self.tangled).tolist()), []
        near = self.inverse[0] @ self.among
        while left:
            one, more = {min(left)}, True
            while more:
                reached = {j for i in one for j in left if abs(near[i, j]) > _PART and i != j} | one
                more, one = len(reached) > len(one), reached
            found.append(sorted(one))
            left -= one
        return found


class Regressions:
    """All that is asked of correlations between the drivers of a table and its outputs."""

    def __init__(self, table: DriverTable) -> None:
        self.table, self.groups = table, table.groups
        self._draws = without_each(self.groups.sizes)

    @cached_property
    def by_rank(self) -> Design:
        """Rank correlations among the drivers."""
        return Design(self.table.rank_products, self.table.varies)

    @cached_property
    def by_value(self) -> Design:
        """Correlations of their values."""
        return Design(self.table.value_products, self.table.varies)

    def correlated(self) -> list[tuple[int, int, float]]:
        """Pairs of drivers with a rank correlation beyond noise, the closest first."""
        among, least = self.by_rank.among, max(_SHOWN, _NOISE / float(np.sqrt(self.groups.draws)))
        pairs = ((i, j, float(among[i, j])) for i in range(len(among)) for j in range(i + 1, len(among)))
        return sorted((pair for pair in pairs if abs(pair[2]) > least), key=lambda pair: -abs(pair[2]))

    def rank_correlations(self, reading: Reading) -> Fitted:
        """Spearman's, with its first-order dependence on the ranks themselves in what groups add.

        With F and G the distributions of driver and output, a draw (x, y) adds F(x)G(y), and as one of the draws that ranks are taken from
        E[G; X ≥ x] and E[F; Y ≥ y] (the influence function; Croux and Dehon 2010, Statistical Methods and Applications 19, 497-515).
        """
        table, sizes = self.table, self.groups.sizes
        places = self.table.rank_products
        own, output = places[:, :-1, -1].T, self.groups.sums(reading.rank.astype(np.float64) - 2.0**15)
        draws = sizes.sum()
        mean, centre = own.sum(axis=1) / draws, output.sum() / draws
        spread = np.sqrt(np.maximum(np.diagonal(places.sum(axis=0))[:-1] / draws - mean**2, 0.0))
        rank = reading.rank.astype(np.float64) - 2.0**15 - centre
        scale = spread * np.sqrt((rank * rank).mean())
        products = reading.ranked - mean[:, None] * output - centre * own + (mean * centre)[:, None] * sizes
        some = table.varies & (scale > 0.0)
        inverse = np.where(some, 1.0 / np.where(some, scale, 1.0), 0.0)
        adjusted = products + self._as_ranks(reading)
        without = without_each(adjusted.T) / self._draws[:, None] * inverse
        without[0] = products.sum(axis=1) / draws * inverse
        return Fitted(without[0], without[1:])

    def _as_ranks(self, reading: Reading) -> Array:
        """What draws of each group add to sums of products of ranks as draws that ranks are taken from, (row, group + 1); sums to 0.

        The two functions of a draw's own rank are integrals of the mean rank of the other, so straight lines within a cell.
        """
        draws, cells = self.groups.draws, reading.counts.shape[2]
        joint = reading.counts.sum(axis=1, dtype=np.float64) / draws
        middle = ((np.arange(cells) + 0.5) / cells - 0.5) * 2.0**16
        of_output = _at_edges(_histogram(reading.rank, self.groups.bounds), cells)
        own = np.einsum("rge,re->rg", self._of_drivers, _above(joint @ middle))
        return np.asarray(own + np.einsum("ge,re->rg", of_output, _above(np.einsum("rij,i->rj", joint, middle)))) * 2.0**16

    @cached_property
    def _of_drivers(self) -> Array:
        """Draws of each row and group by edge of the cells, less their even share, (row, group + 1, edge)."""
        return _at_edges(self.table.in_bins, self.table.cells)

    def partial_ranks(self, ranks: Fitted) -> Fitted:
        """PRCC from rank correlations."""
        return self.by_rank.fit(np.concatenate([ranks.value[None], ranks.without]), partial=True)

    def rank_coefficients(self, ranks: Fitted) -> Fitted:
        """SRRC from rank correlations."""
        return self.by_rank.fit(np.concatenate([ranks.value[None], ranks.without]), partial=False)

    def coefficients(self, reading: Reading) -> Fitted:
        """SRC: from correlations of values."""
        table = self.table
        sums = without_each(table.value_products[:, :-1, -1])
        linear = (reading.linear.T - table.value_means * reading.totals[:, None]) / table.value_spreads
        draws = self._draws[:, None]
        mean, centre = sums / draws, without_each(reading.totals)[:, None] / draws
        squares = without_each(np.diagonal(table.value_products, axis1=1, axis2=2)[:, :-1]) / draws - mean**2
        size = np.sqrt(np.maximum(squares, 0.0) * (without_each(reading.squares)[:, None] / draws - centre**2))
        some = table.varies & (size > 0.0)
        products = without_each(linear) / draws - mean * centre
        return self.by_value.fit(np.where(some, products / np.where(some, size, 1.0), 0.0), partial=False)


def _above(of_cells: Array) -> Array:
    """Sums from each edge up, (row, cell) to (row, edge)."""
    found = np.zeros((len(of_cells), of_cells.shape[1] + 1))
    found[:, :-1] = of_cells[:, ::-1].cumsum(axis=1)[:, ::-1]
    return found


def _at_edges(counts: Array, cells: int) -> Array:
    """Counts in fine bins (…, group + 1, bin) shared out to the two edges of the cell around a bin, less each group's share of all."""
    bins = counts.shape[-1]
    place = (np.arange(bins) + 0.5) / bins * cells
    cell = place.astype(np.int64)
    share = np.zeros((bins, cells + 1))
    share[np.arange(bins), cell], share[np.arange(bins), cell + 1] = cell + 1 - place, place - cell
    found = counts @ share
    everywhere = found.sum(axis=-2, keepdims=True)
    return np.asarray(found - everywhere * found.sum(axis=-1, keepdims=True) / everywhere.sum(axis=-1, keepdims=True))


def _histogram(places: npt.NDArray[np.uint16], bounds: npt.NDArray[np.int64]) -> Array:
    """Draws of each group (and the rest) in 1,024 bins."""
    parts = [np.bincount(places[a:b] >> 6, minlength=1024) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    return np.array(parts, dtype=np.float64)
