"""Poisson: the number of independent events of which ``mean`` are expected; variance = mean.

Up to mean 1000 an exact table; above, the quantile is the real x with Q(x + 1, mean) = u rounded up, by the expansion of
``unit_poisson`` (error in u below 1e-13, and below 2e-8 of u or 1 - u down to 2^-36).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from simengine.distributions.base import COUNT, Continuous, Distribution, Encoded, Parameter, Row, constant, range_faults
from simengine.distributions.counts import CountTable, atoms_between, count_range, count_table
from simengine.distributions.inverse_table import build_table
from simengine.distributions.scores import score_at
from simengine.distributions.unit_poisson import EXACT_TO, fill_poisson_deviate
from simengine.errors import ParameterError
from simengine.special import fill_normal_quantile


@dataclass(frozen=True, init=False)
class Poisson:
    """Poisson with the given ``mean``; mean = 0 gives the constant 0."""

    name: ClassVar[str] = "poisson"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "expected number, which is also the variance", low=0.0, high=1e9, is_value=True),
    )

    mean_: float

    def __init__(self, *, mean: float) -> None:
        faults = range_faults(self.parameters, {"mean": mean})
        if faults:
            raise ParameterError(faults)
        object.__setattr__(self, "mean_", float(mean))

    def mean(self) -> float:
        """Return the mean."""
        return self.mean_

    def variance(self) -> float:
        """Return the mean."""
        return self.mean_

    def support(self) -> tuple[float, float]:
        """Return the counts from 0 on, or 0 alone."""
        return (0.0, math.inf) if self.mean_ > 0.0 else (0.0, 0.0)

    def quantile(self, u: Row) -> Row:
        """Return the smallest count with a cumulated probability of at least ``u``."""
        if self.mean_ <= EXACT_TO:
            return _table(self.mean_).quantile(u)
        return np.maximum(np.ceil(ExtendedPoisson(self.mean_).quantile(u)), 0.0)

    def isf(self, v: Row) -> Row:
        """Return the smallest count that is exceeded with probability ``v`` at most."""
        if self.mean_ <= EXACT_TO:
            return _table(self.mean_).isf(v)
        return np.maximum(np.ceil(ExtendedPoisson(self.mean_).isf(v)), 0.0)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        return _table(self.mean_).cdf(x) if self.mean_ <= EXACT_TO else ExtendedPoisson(self.mean_).cdf(np.floor(x))

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        return _table(self.mean_).sf(x) if self.mean_ <= EXACT_TO else ExtendedPoisson(self.mean_).sf(np.floor(x))

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return the counts and their probabilities, without tails that no draw reaches."""
        return _table(self.mean_).atoms() if self.mean_ <= EXACT_TO else self.atoms_within(0.0, math.inf)

    def atoms_within(self, lower: float, upper: float) -> tuple[tuple[float, float], ...]:
        """Return the atoms from ``lower`` to ``upper``."""
        if self.mean_ <= EXACT_TO:
            return tuple(atom for atom in self.atoms() if lower <= atom[0] <= upper)
        return atoms_between(self, lower, upper)

    def value_count(self) -> int:
        """Return how many values ``atoms`` has."""
        if self.mean_ <= EXACT_TO:
            return _table(self.mean_).below.size
        first, last = count_range(self)
        return int(last - first) + 1

    def extension(self) -> Distribution:
        """Return the continuous distribution whose value, rounded up, is the count; the counts themselves up to mean 1000."""
        return self if self.mean_ <= EXACT_TO else ExtendedPoisson(self.mean_)

    def biased(self) -> "Poisson":
        """Return the same Poisson: k P(k) = mean P(k - 1)."""
        return self

    def breaks(self) -> tuple[float, ...]:
        """Return nothing: there is no density."""
        return ()

    def encode(self) -> Encoded:
        """Encode as DISCRETE up to mean 1000, above as COUNT with T = (x - mean)/sqrt(mean)."""
        if self.mean_ <= EXACT_TO:
            return _table(self.mean_).encode() if self.mean_ > 0.0 else constant(0.0)
        root = math.sqrt(self.mean_)

        def side(v: Row, sign: float) -> Row:
            scores = np.empty(v.size)
            fill_normal_quantile(scores, np.ascontiguousarray(v).ravel(), v.size)
            return (_deviates(sign * scores, root) / root).reshape(v.shape)

        table = build_table(lambda v: side(v, 1.0), lambda v: side(v, -1.0))
        return Encoded(COUNT, (self.mean_, root, self.mean_, root), table)


class ExtendedPoisson(Continuous):
    """The real x with Q(x + 1, mean) = u for a mean above 1000: a Poisson count before it is rounded up."""

    name, parameters = Poisson.name, Poisson.parameters

    def __init__(self, mean: float) -> None:
        self._mean, self._root = mean, math.sqrt(mean)

    def mean(self) -> float:
        """Return the mean, half a count below that of the count."""
        return self._mean - 0.5

    def variance(self) -> float:
        """Return the variance: that of the count less that of rounding up (Sheppard's correction)."""
        return self._mean - 1.0 / 12.0

    def support(self) -> tuple[float, float]:
        """Return the numbers above -1."""
        return -1.0, math.inf

    def quantile(self, u: Row) -> Row:
        """Return the value that is not exceeded with probability ``u``."""
        from scipy.special import ndtri

        return self._mean + _deviates(np.asarray(ndtri(u), np.float64), self._root)

    def isf(self, v: Row) -> Row:
        """Return the value that is exceeded with probability ``v``."""
        from scipy.special import ndtri

        return self._mean + _deviates(-np.asarray(ndtri(v), np.float64), self._root)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        from scipy.special import ndtr

        return np.where(np.asarray(x) <= -1.0, 0.0, ndtr(self._score(x)))

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        from scipy.special import ndtr

        return np.where(np.asarray(x) <= -1.0, 1.0, ndtr(-self._score(x)))

    def encode(self) -> Encoded:
        """Return the table that ``tabulate`` makes."""
        from simengine.distributions.pieces import tabulate

        return tabulate(self)

    def _score(self, x: Row) -> Row:
        """Return the normal score of the probability of at most ``x``."""
        return score_at((np.asarray(x, np.float64) - self._mean) / self._root, lambda z: _deviates(z, self._root) / self._root)


def _deviates(z: Row, root: float) -> Row:
    """Return ``poisson_deviate`` at every score."""
    flat = np.ascontiguousarray(z, np.float64).ravel()
    x = np.empty(flat.size)
    fill_poisson_deviate(x, flat, root, flat.size)
    return x.reshape(np.shape(z))


@lru_cache(maxsize=16)
def _table(mean: float) -> CountTable:
    """Return the exact table: P(k + 1)/P(k) = mean/(k + 1)."""
    numerator, denominator = mean.as_integer_ratio()
    table = count_table(math.floor(mean), lambda k: (numerator, denominator * (k + 1)))
    if table is None:
        raise AssertionError
    return table
