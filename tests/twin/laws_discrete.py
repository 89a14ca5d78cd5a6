"""Laws of separate values: lists of values with weights, and counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from .laws import Curve, Law, Row


class Discrete(Law):
    """Values with probabilities."""

    is_discrete = True

    def __init__(self, values: Any, weights: Any):
        order = np.argsort(values, kind="stable")
        self.values = np.asarray(values, float)[order]
        self.weights = np.asarray(weights, float)[order] / math.fsum(weights)
        self.low, self.high = float(self.values[0]), float(self.values[-1])
        self.up_to = np.cumsum(self.weights)
        self.above = np.append(np.cumsum(self.weights[::-1])[::-1][1:], 0.0)

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        return np.append(0.0, self.up_to)[np.searchsorted(self.values, x, side="right")]

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return np.append(1.0, self.above)[np.searchsorted(self.values, x, side="right")]

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        return np.append(0.0, self.up_to)[np.searchsorted(self.values, x, side="left")]

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return np.append(1.0, self.above)[np.searchsorted(self.values, x, side="left")]

    def quantile(self, u: Any) -> Row:
        """The smallest value with at least u up to it."""
        return self.values[np.minimum(np.searchsorted(self.up_to, u, side="left"), len(self.values) - 1)]

    def isf(self, v: Any) -> Row:
        """The smallest value with at most v above it."""
        return self.values[np.minimum(np.searchsorted(-self.above, -np.asarray(v, float), side="left"), len(self.values) - 1)]

    def mean(self) -> float:
        """The sum of value times probability."""
        return math.fsum((self.values * self.weights).tolist())

    def breaks(self) -> list[float]:
        """Every value."""
        return self.values.tolist()


@dataclass
class Count(Law):
    """A law of whole numbers from 0 by its two functions."""

    cdf_: Curve
    sf_: Curve
    mean_: float
    low: float = 0.0
    is_discrete = True

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        k = np.floor(np.asarray(x, float))
        return np.where(k < 0, 0.0, self.cdf_(np.maximum(k, 0.0)))

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        k = np.floor(np.asarray(x, float))
        return np.where(k < 0, 1.0, self.sf_(np.maximum(k, 0.0)))

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        return self.cdf(np.ceil(np.asarray(x, float)) - 1)

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return self.sf(np.ceil(np.asarray(x, float)) - 1)

    def quantile(self, u: Any) -> Row:
        """By halving between whole numbers."""
        u = np.asarray(u, float)
        return self._halved(lambda k: self.cdf(k) >= u, u.shape)

    def isf(self, v: Any) -> Row:
        """By halving between whole numbers."""
        v = np.asarray(v, float)
        return self._halved(lambda k: self.sf(k) <= v, v.shape)

    def _halved(self, reached: Callable[[Row], Any], shape: tuple[int, ...]) -> Row:
        low, high = np.full(shape, -1.0), np.full(shape, 2.0 ** math.ceil(math.log2(64 + 64 * self.mean_)))
        for _ in range(64):
            middle = np.floor((low + high) / 2)
            found = reached(middle)
            low, high = np.where(found, low, middle), np.where(found, middle, high)
            if np.all(high - low <= 1):
                break
        return high

    def mean(self) -> float:
        """The mean as stated."""
        return self.mean_


def poisson(mean: float) -> Law:
    """P(X <= k) is the upper incomplete gamma function at k + 1."""
    return Count(lambda k: special.gammaincc(k + 1, mean), lambda k: special.gammainc(k + 1, mean), mean)


def negative_binomial(mean: float, size: float) -> Law:
    """A Poisson count with a gamma mean of shape `size`."""
    p, q = size / (size + mean), mean / (size + mean)
    return Count(lambda k: special.betainc(size, k + 1, p), lambda k: special.betainc(k + 1, size, q), mean)
