"""The mean of amounts given some drivers, by regression on stored draws, and the decisions that somebody who knew these would take.

The mean is a sum of straight pieces of each column, between quantiles of it, of products of pairs of columns, and of straight pieces of
their best linear combination (so that a cap or a threshold on a sum is seen). Everything is fitted twice: on all draws, and for each of
the groups of draws (``Folds``) on the other groups, so that no draw has a part in the rule that is applied to it (cross-fitting).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, kernel
from simengine.statistics.standard_error import BATCH, REPLICATES

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Straight pieces of one column, and of all columns of a unit together; draws that each of them needs.
PIECES, MOST_PIECES, DRAWS_PER_PIECE = 16, 32, 64
#: Columns whose products are taken, those with the largest part in the amounts first.
_MULTIPLIED = 12
#: Draws worked on at a time.
_AT_A_TIME = 8192
#: What is added to the diagonal of the normal equations, relative to it: columns that say the same twice must not break them.
RIDGE = 1e-9


@dataclass(frozen=True)
class Folds:
    """Independent groups of draws: the replicates of ``sobol``, else up to 16 sets of batches; draws that failed are left out.

    ``order`` are the draws group after group, ``edges`` (group + 1,) where each group begins.
    """

    order: Ints
    edges: Ints

    @classmethod
    def of(cls, draws: int, sampler: str, good: Flags | None = None) -> "Folds":
        """The groups of a design; none where there are too few draws for two."""
        place = np.arange(draws)
        if sampler == "sobol":
            count, fold = (REPLICATES if draws >= REPLICATES else 0), place % REPLICATES
        else:
            count, fold = min(draws // BATCH, REPLICATES), place // BATCH
            place, fold = place[: draws // BATCH * BATCH], fold[: draws // BATCH * BATCH] % max(count, 1)
        if count < 2:
            return cls(np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64))
        if good is not None:
            place, fold = place[good[: len(place)]], fold[good[: len(place)]]
        order = np.argsort(fold, kind="stable")
        return cls(place[order], np.concatenate([[0], np.cumsum(np.bincount(fold, minlength=count))]).astype(np.int64))

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.edges) - 1

    def pieces(self) -> Iterator[tuple[int, slice]]:
        """Group and range of places in ``order``, a few thousand draws at a time."""
        for fold in range(self.count):
            for first in range(int(self.edges[fold]), int(self.edges[fold + 1]), _AT_A_TIME):
                yield fold, slice(first, min(first + _AT_A_TIME, int(self.edges[fold + 1])))

    def means(self, values: Array) -> Array:
        """Means by group (…, group) of values (…, place in ``order``)."""
        return np.asarray(np.add.reduceat(values, self.edges[:-1], axis=-1) / np.diff(self.edges))

    def mean_and_error(self, values: Array) -> tuple[Array, Array]:
        """Mean of values (…, place) and its standard error, that of independent groups."""
        means = self.means(values)
        return values.mean(axis=-1), np.asarray(means.std(axis=-1, ddof=1) / np.sqrt(self.count))


def quantile_knots(column: Array, pieces: int) -> Array:
    """Ends of so many pieces with as many draws in each, values that were drawn; fewer where some come up again and again."""
    return np.unique(np.quantile(column, np.linspace(0.0, 1.0, pieces + 1), method="inverted_cdf"))


def straight_pieces(column: Array, knots: Array) -> Array:
    """Functions (draw, knot - 1) whose sums are straight between neighbouring knots and beyond the outer ones, and 0 at the first knot."""
    if len(knots) < 2:
        return np.empty((len(column), 0))
    below = np.clip(np.searchsorted(knots, column, side="right") - 1, 0, len(knots) - 2)
    share = (column - knots[below]) / (knots[below + 1] - knots[below])
    found, draw = np.zeros((len(column), len(knots))), np.arange(len(column))
    found[draw, below], found[draw, below + 1] = 1.0 - share, share
    return found[:, 1:]


@kernel
def add_products(sums: Floats, left: Floats, right: Floats) -> None:
    """Add the sums over the draws of products of functions (draw, function) to (function, function).

    Straight pieces are 0 at most draws, which are passed over. Not the library's product: its threads are no help with so few columns.
    """
    for n in range(left.shape[0]):
        for f in range(left.shape[1]):
            value = left[n, f]
            if value != 0.0:
                for g in range(right.shape[1]):
                    sums[f, g] += value * right[n, g]


@kernel
def add_weighted(to: Floats, functions: Floats, weights: Floats) -> None:
    """Add functions (draw, function) times weights (function, amount) to (draw, amount)."""
    for n in range(functions.shape[0]):
        for f in range(functions.shape[1]):
            value = functions[n, f]
            if value != 0.0:
                for a in range(weights.shape[1]):
                    to[n, a] += value * weights[f, a]


@kernel
def solve_normal(moments: Floats, gram: Floats) -> None:
    """Solve normal equations in place: ``moments`` (function, amount) become weights, ``gram`` (function, function) is used up.

    By elimination without exchange of rows, as the matrix is positive. A function that the ones before it say already has weight 0.
    """
    size, amounts = moments.shape
    for k in range(size):
        gram[k, k] = gram[k, k] if gram[k, k] > 0.0 else np.inf
        for i in range(k + 1, size):
            share = gram[k, i] / gram[k, k]
            if share != 0.0:
                for j in range(i, size):
                    gram[i, j] -= share * gram[k, j]
                for a in range(amounts):
                    moments[i, a] -= share * moments[k, a]
    for k in range(size - 1, -1, -1):
        for i in range(k + 1, size):
            for a in range(amounts):
                moments[k, a] -= gram[k, i] * moments[i, a]
        for a in range(amounts):
            moments[k, a] /= gram[k, k]


def weighted(functions: Array, weights: Array) -> Array:
    """Functions (draw, function) times weights (function, amount): (draw, amount)."""
    found = np.zeros((functions.shape[0], weights.shape[1]))
    add_weighted(found, np.ascontiguousarray(functions), np.ascontiguousarray(weights))
    return found


class Solved(NamedTuple):
    """Weights of a basis by amount: fitted on all draws (function, amount), and without each group (group, function, amount)."""

    of_all: Array
    without: Array


def _solve(gram: Array, moments: Array) -> Solved:
    """Least squares from sums by group: of products of functions (group, f, f), and of functions and amounts (group, f, amount)."""
    total, of_all = gram.sum(axis=0), moments.sum(axis=0)
    without = of_all - moments
    # the last bits of a pivot are rounding: this much is added, so that columns that say the same twice break nothing
    ridge = np.diag(RIDGE * np.diag(total))
    for fold in range(len(gram)):
        solve_normal(without[fold], total - gram[fold] + ridge)
    solve_normal(of_all, total + ridge)
    return Solved(of_all, without)


class ConditionalMean:
    """The mean of amounts given some columns.

    Parameters
    ----------
    columns
        What is known, (column, place in ``folds.order``), finite; columns that do not vary are of no use and are left out.
    amounts
        Whose mean is wanted, (amount, place).
    folds
        The groups of draws.
    """

    def __init__(self, columns: Array, amounts: Array, folds: Folds) -> None:
        self.folds, self.amounts = folds, amounts
        self.columns = columns[np.ptp(columns, axis=1) > 0.0] if columns.size else columns
        count, draws = len(self.columns), amounts.shape[1]
        most = max(min(PIECES, MOST_PIECES // max(count, 1), draws // DRAWS_PER_PIECE // max(count, 1)), 2)
        self.knots = [quantile_knots(column, most) for column in self.columns]
        self.pairs, self.index, self.index_knots = self._of_several() if count > 1 else (np.empty((0, 2), dtype=np.int64), None, [])
        self._centre, self._spread = self.columns.mean(axis=1), self.columns.std(axis=1)
        self._fit()

    def _of_several(self) -> tuple[Ints, Array | None, list[Array]]:
        """Pairs of columns to be multiplied; the linear combination (amount, place) that fits each amount best, and its knots."""
        spread = self.columns.std(axis=1, keepdims=True)
        scores = (self.columns - self.columns.mean(axis=1, keepdims=True)) / spread
        about = self.amounts - self.amounts.mean(axis=1, keepdims=True)
        gram, moments = np.zeros((1, len(scores), len(scores))), np.zeros((1, len(scores), len(about)))
        add_products(gram[0], np.ascontiguousarray(scores.T), np.ascontiguousarray(scores.T))
        add_products(moments[0], np.ascontiguousarray(scores.T), np.ascontiguousarray(about.T))
        weights = _solve(gram, moments).of_all
        scale = np.sqrt((about * about).mean(axis=1))
        part = (np.abs(weights) / np.where(scale > 0.0, scale, 1.0)).max(axis=1)
        chosen = np.sort(np.argsort(-part, kind="stable")[:_MULTIPLIED])
        pairs = np.array([(i, j) for k, i in enumerate(chosen) for j in chosen[k + 1 :]], dtype=np.int64).reshape(-1, 2)
        index = np.ascontiguousarray(weighted(scores.T, weights).T)
        return pairs, index, [quantile_knots(one, PIECES) for one in index]

    def _common(self, at: slice) -> Array:
        """The functions (draw, function) that all amounts share, at some places."""
        x = self.columns[:, at]
        z = (x - self._centre[:, np.newaxis]) / self._spread[:, np.newaxis] if len(x) else x
        parts = [np.ones((at.stop - at.start, 1)), *(straight_pieces(one, knots) for one, knots in zip(x, self.knots, strict=True))]
        if len(self.pairs):
            parts.append((z[self.pairs[:, 0]] * z[self.pairs[:, 1]]).T)
        return np.ascontiguousarray(np.concatenate(parts, axis=1))

    def _own(self, amount: int, at: slice) -> Array:
        """The functions of an amount's own linear combination."""
        assert self.index is not None
        return np.ascontiguousarray(straight_pieces(self.index[amount, at], self.index_knots[amount]))

    def _fit(self) -> None:
        groups, amounts = self.folds.count, len(self.amounts)
        size = self._common(slice(0, 1)).shape[1]
        gram, moments = np.zeros((groups, size, size)), np.zeros((groups, size, amounts))
        mixed = [np.zeros((groups, size, max(len(knots) - 1, 0))) for knots in self.index_knots]
        owned = [np.zeros((groups, one.shape[2], one.shape[2] + 1)) for one in mixed]
        for fold, at in self.folds.pieces():
            common, y = self._common(at), np.ascontiguousarray(self.amounts[:, at].T)
            add_products(gram[fold], common, common)
            add_products(moments[fold], common, y)
            for a in range(len(self.index_knots)):
                own = self._own(a, at)
                add_products(mixed[a][fold], common, own)
                add_products(owned[a][fold], own, np.column_stack([own, y[:, a]]))
        if self.index is None:
            self._solved = [_solve(gram, moments)]
            return
        self._solved = []
        for a in range(amounts):
            both = np.concatenate(
                [np.concatenate([gram, mixed[a]], 2), np.concatenate([mixed[a].transpose(0, 2, 1), owned[a][..., :-1]], 2)], 1
            )
            self._solved.append(_solve(both, np.concatenate([moments[..., a : a + 1], owned[a][..., -1:]], axis=1)))

    def values(self) -> tuple[Array, Array]:
        """The mean at every place (amount, place): fitted on all draws, and fitted without the group of the place."""
        fitted, crossed = np.empty_like(self.amounts), np.empty_like(self.amounts)
        for fold, at in self.folds.pieces():
            common = self._common(at)
            if self.index is None:
                solved = self._solved[0]
                both_ways = weighted(common, np.concatenate([solved.of_all, solved.without[fold]], axis=1)).T
                fitted[:, at], crossed[:, at] = both_ways[: len(fitted)], both_ways[len(fitted) :]
                continue
            for a, solved in enumerate(self._solved):
                both = np.concatenate([common, self._own(a, at)], axis=1)
                fitted[a, at], crossed[a, at] = weighted(both, np.concatenate([solved.of_all, solved.without[fold]], axis=1)).T
        return fitted, crossed

    def at_knots(self) -> tuple[Array, Array]:
        """Of a single column: its knots, and the mean there (amount, knot). Empty where there is none, or more than one."""
        if len(self.columns) != 1 or self.index is not None:
            return np.empty(0), np.empty((len(self.amounts), 0))
        weights = self._solved[0].of_all
        return self.knots[0], weights[0][:, np.newaxis] + np.concatenate([np.zeros((len(self.amounts), 1)), weights[1:].T], axis=1)


def crossings(knots: Array, values: Array) -> Sequence[float]:
    """Where a function that is straight between knots changes its sign."""
    found = []
    for k in range(len(knots) - 1):
        low, high = float(values[k]), float(values[k + 1])
        if (low > 0.0) != (high > 0.0):
            found.append(float(knots[k]) + low / (low - high) * float(knots[k + 1] - knots[k]))
    return found
