"""Weibull: P(X > x) = exp(-(x/scale)^shape) for x > 0; F^-1(u) = scale (-ln(1 - u))^(1/shape).

Johnson, Kotz, Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 21.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simengine.distributions.base import Continuous, Encoded, Parameter, Row, constant, range_faults, rounded
from simengine.distributions.sides import by_halves, by_upper_halves, encode_sides
from simengine.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Weibull(Continuous):
    """Weibull with the given ``shape`` and ``scale`` (its quantile at 1 - 1/e); scale = 0 gives the constant 0."""

    name: ClassVar[str] = "weibull"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("shape", "shape: 1 is exponential", low=0.15, high=100.0),
        Parameter("scale", "scale: the value exceeded with probability 1/e", low=0.0),
    )

    shape: float
    scale: float

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = range_faults(self.parameters, vars(self))
        if faults:
            raise ParameterError(faults)

    def mean(self) -> float:
        """Return scale times the gamma function at 1 + 1/shape, rounded to 44 bits."""
        return rounded(self.scale * math.gamma(1.0 + 1.0 / self.shape))

    def variance(self) -> float:
        """Return scale^2 (gamma(1 + 2/shape) - gamma(1 + 1/shape)^2), rounded to 44 bits."""
        ratio = math.expm1(math.lgamma(1.0 + 2.0 / self.shape) - 2.0 * math.lgamma(1.0 + 1.0 / self.shape))
        mean = self.scale * math.gamma(1.0 + 1.0 / self.shape)
        return rounded(mean * mean * ratio)

    def support(self) -> tuple[float, float]:
        """Return the positive numbers, or 0 alone."""
        return (0.0, math.inf) if self.scale > 0.0 else (0.0, 0.0)

    def quantile(self, u: Row) -> Row:
        """Return scale (-ln(1 - u))^(1/shape)."""
        if self.scale == 0.0:
            return np.zeros_like(np.asarray(u, np.float64))
        return by_halves(u, self.support(), float(self.scale), self._distance)

    def isf(self, v: Row) -> Row:
        """Return scale (-ln v)^(1/shape)."""
        if self.scale == 0.0:
            return np.zeros_like(np.asarray(v, np.float64))
        return by_upper_halves(v, self.support(), float(self.scale), self._distance)

    def cdf(self, x: Row) -> Row:
        """Return 1 - exp(-(x/scale)^shape) for x > 0."""
        x = np.asarray(x, np.float64)
        if self.scale == 0.0:
            return np.where(x >= 0.0, 1.0, 0.0)
        return np.asarray(-np.expm1(-(np.maximum(x / self.scale, 0.0) ** self.shape)), np.float64)

    def sf(self, x: Row) -> Row:
        """Return exp(-(x/scale)^shape) for x > 0."""
        x = np.asarray(x, np.float64)
        if self.scale == 0.0:
            return np.where(x >= 0.0, 0.0, 1.0)
        return np.asarray(np.exp(-(np.maximum(x / self.scale, 0.0) ** self.shape)), np.float64)

    def encode(self) -> Encoded:
        """Encode as TABLE: of each half the value in units of the scale, or its deviation from the median."""
        if self.scale == 0.0:
            return constant(0.0)
        return encode_sides(self.support(), float(self.scale), self._distance)

    def _distance(self, v: Row, upper: bool, from_high: bool) -> Row:
        """Return the quantile at ``v`` (``upper``: at 1 - v) in units of the scale."""
        return np.asarray((-np.log(v) if upper else -np.log1p(-v)) ** (1.0 / self.shape), np.float64)
