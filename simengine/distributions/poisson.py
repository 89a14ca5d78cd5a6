"""Poisson: the number of independent events of which ``mean`` are expected; variance = mean.

Up to mean 1000 an exact table; above, the quantile is the real x with Q(x + 1, mean) = u rounded up, by the expansion of
``unit_poisson`` (error in u below 1e-13, and below 2e-8 of u or 1 - u down to 2^-36).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from simengine.distributions.base import COUNT, Encoded, Parameter, Row, constant, range_faults
from simengine.distributions.counts import CountTable, atoms_between, count_table
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
        from scipy.special import ndtri

        if self.mean_ <= EXACT_TO:
            return _table(self.mean_).quantile(u)
        return self._at(np.asarray(ndtri(u), np.float64))

    def isf(self, v: Row) -> Row:
        """Return the smallest count that is exceeded with probability ``v`` at most."""
        from scipy.special import ndtri

        if self.mean_ <= EXACT_TO:
            return _table(self.mean_).isf(v)
        return self._at(-np.asarray(ndtri(v), np.float64))

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        from scipy.special import ndtr

        return _table(self.mean_).cdf(x) if self.mean_ <= EXACT_TO else np.where(np.asarray(x) < 0.0, 0.0, ndtr(self._score(x)))

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        from scipy.special import ndtr

        return _table(self.mean_).sf(x) if self.mean_ <= EXACT_TO else np.where(np.asarray(x) < 0.0, 1.0, ndtr(-self._score(x)))

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return the counts and their probabilities, without the tails below 2^-54."""
        return _table(self.mean_).atoms() if self.mean_ <= EXACT_TO else atoms_between(self)

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

    def _at(self, z: Row) -> Row:
        """Return the count at the normal score ``z``."""
        return np.maximum(np.ceil(self.mean_ + _deviates(z, math.sqrt(self.mean_))), 0.0)

    def _score(self, x: Row) -> Row:
        """Return the normal score of the probability of at most ``x``."""
        root = math.sqrt(self.mean_)
        return score_at((np.floor(np.asarray(x, np.float64)) - self.mean_) / root, lambda z: _deviates(z, root) / root)


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
