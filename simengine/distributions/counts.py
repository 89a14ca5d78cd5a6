"""Exact tables of families of counts: probabilities by their ratios in whole-number arithmetic, rounded once.

No library function takes part: from weight 2^256 at the mode every next weight follows by the exact ratio of neighbours, so
that each cumulated probability is the true one to 2^-100 of the largest weight, rounded once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import numpy as np

from simengine.distributions.base import Distribution, Encoded, IndexRow, Row, constant
from simengine.distributions.discrete import encode_discrete

#: ``ratio(k)``: numerator and denominator of P(k + 1)/P(k).
Ratio = Callable[[int], tuple[int, int]]

#: Tables hold at most this many values.
MOST_VALUES = 65536
#: Counts of more values than this, cut or mixed, are drawn from their continuous extension; fewer are listed.
MOST_LISTED = 16384
_BITS = 256
# Weights below 2^-100 of the largest no longer matter where the tails are cut at 2^-54.
_DROPPED = 1 << (_BITS - 100)
_CUT = 2.0**-54
# Beside a continuous part a single count shows where it has 5e-9 of the tail at 2^-36: lists of large counts go as far as that.
_LISTED_CUT = 2.0**-66


@dataclass(frozen=True)
class CountTable:
    """Whole numbers from ``first`` on, with the probability of each, of at most each, and of more than each.

    Values below are those of a probability under 2^-54 together; so are those above, which the last value stands for.
    """

    first: int
    weights: Row
    below: Row
    above: Row

    def quantile(self, u: Row) -> Row:
        """Return the smallest value whose cumulated probability is at least ``u``."""
        place = np.searchsorted(self.below, np.asarray(u, np.float64), side="left")
        return np.asarray(self.first + np.minimum(place, self.below.size - 1), np.float64)

    def isf(self, v: Row) -> Row:
        """Return the smallest value that is exceeded with probability ``v`` at most."""
        place = np.searchsorted(-self.above, -np.asarray(v, np.float64), side="left")
        return np.asarray(self.first + np.minimum(place, self.above.size - 1), np.float64)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        return np.concatenate([[0.0], self.below])[self._place(x)]

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        return np.concatenate([[1.0], self.above])[self._place(x)]

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return values and their probabilities."""
        return tuple((float(self.first + k), float(weight)) for k, weight in enumerate(self.weights))

    def encode(self) -> Encoded:
        """Encode as ``encode_discrete`` states."""
        if self.below.size == 1:
            return constant(float(self.first))
        values = self.first + np.arange(self.below.size, dtype=np.float64)
        return encode_discrete(self.below, values)

    def _place(self, x: Row) -> IndexRow:
        """Return how many values are at most ``x``."""
        return np.asarray(np.clip(np.floor(np.asarray(x, np.float64)) - self.first + 1.0, 0.0, float(self.below.size)), np.int64)


def count_table(mode: int, ratio: Ratio) -> CountTable | None:
    """Return the table of the counts whose likeliest is ``mode``; nothing where it would need more than ``MOST_VALUES``."""
    weights = [1 << _BITS]
    first = mode
    while first > 0 and weights[-1] >= _DROPPED:
        first -= 1
        numerator, denominator = ratio(first)
        weights.append(weights[-1] * denominator // numerator)
    weights.reverse()
    k = mode
    while weights[-1] >= _DROPPED:
        numerator, denominator = ratio(k)
        weights.append(weights[-1] * numerator // denominator)
        k += 1
        if len(weights) > 2 * MOST_VALUES:
            return None
    return _cut(first, weights)


def _cut(first: int, weights: list[int]) -> CountTable | None:
    """Round the probabilities and leave out both tails."""
    total = sum(weights)
    running, below, above = 0, [], []
    for weight in weights:
        running += weight
        below.append(running / total)
        above.append((total - running) / total)
    start = next(k for k, share in enumerate(below) if share >= _CUT)
    end = next(k for k, share in enumerate(above) if share < _CUT) + 1
    if end - start > MOST_VALUES:
        return None
    below[end - 1], above[end - 1] = 1.0, 0.0
    shares = [weight / total for weight in weights[start:end]]
    return CountTable(first + start, np.array(shares), np.array(below[start:end]), np.array(above[start:end]))


class Counts(Protocol):
    """A family of counts, as far as its probabilities go."""

    def quantile(self, u: Row) -> Row:
        """Return the smallest count with a cumulated probability of at least ``u``."""

    def isf(self, v: Row) -> Row:
        """Return the smallest count that is exceeded with probability ``v`` at most."""

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""


def count_range(family: Counts) -> tuple[float, float]:
    """Return the first and the last count but for those of the tails below 2^-66."""
    ends = np.array([_LISTED_CUT])
    return float(family.quantile(ends)[0]), float(family.isf(ends)[0])


def whole_between(lower: float, upper: float) -> float:
    """Return how many whole numbers from 0 on lie within the ends."""
    first = math.ceil(max(lower, 0.0))
    return max(math.floor(upper) - first + 1, 0) if math.isfinite(upper) else math.inf


def atoms_between(family: Counts, lower: float, upper: float) -> tuple[tuple[float, float], ...]:
    """Return every count of ``count_range`` within the ends, with its probability: differences of the nearer tail."""
    first, last = count_range(family)
    k = np.arange(max(first, math.ceil(max(lower, 0.0))) - 1.0, min(last, upper) + 1.0)
    if k.size < 2:
        return ()
    below, above = family.cdf(k), family.sf(k)
    weights = np.where(below[1:] < 0.5, np.diff(below), -np.diff(above))
    return tuple(zip(k[1:].tolist(), weights.tolist(), strict=True))


@runtime_checkable
class LargeCounts(Distribution, Protocol):
    """A family of counts whose values may be too many to be listed one by one."""

    def value_count(self) -> int:
        """Return how many values are not in the tails that ``count_range`` leaves out."""

    def atoms_within(self, lower: float, upper: float) -> tuple[tuple[float, float], ...]:
        """Return the atoms within the ends."""

    def extension(self) -> Distribution:
        """Return a continuous distribution above -1 whose value, rounded up, is the count; the counts themselves where they are few."""

    def biased(self) -> Self:
        """Return the family of k - 1 where each count k is taken in proportion to k: k P(k) = mean P'(k - 1)."""
