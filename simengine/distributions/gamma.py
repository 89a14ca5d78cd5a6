"""Gamma: density proportional to x^(shape - 1) exp(-x/scale) for x > 0; mean shape scale, variance shape scale^2.

Given mean and standard deviation, shape = (mean/sd)^2 and scale = sd^2/mean (Johnson, Kotz, Balakrishnan 1994, Continuous
Univariate Distributions 1, chapter 17). Above shape 10^4 quantiles and probabilities come from the Cornish-Fisher expansion
of ``unit_gamma.deviate`` (error below 2e-11 standard deviations), as scipy's lose their lower tail from about 10^6 on.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simengine.distributions.base import Continuous, Encoded, Parameter, Row, constant, group_faults, range_faults
from simengine.distributions.scores import score_at
from simengine.distributions.sides import by_halves, by_upper_halves, encode_sides
from simengine.distributions.unit_gamma import expansion
from simengine.errors import ParameterError

LEAST, MOST = 0.12, 1e8
_EXPANSION_ABOVE = 1e4


@dataclass(frozen=True, init=False)
class Gamma(Continuous):
    """Gamma by ``shape`` and ``scale``, or by ``mean`` and ``sd``; sd = 0 gives the constant."""

    name: ClassVar[str] = "gamma"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("shape", "shape: 1/cv^2", low=LEAST, high=MOST, required=False),
        Parameter("scale", "scale: mean/shape", low=0.0, required=False),
        Parameter("mean", "mean", low=0.0, required=False, is_value=True),
        Parameter("sd", "standard deviation", low=0.0, required=False),
    )

    #: Shape and scale; scale 0 where the distribution is the constant ``expected``.
    shape: float
    scale: float
    #: The mean: as given, or shape times scale.
    expected: float

    def __init__(
        self, *, shape: float | None = None, scale: float | None = None, mean: float | None = None, sd: float | None = None
    ) -> None:
        given = {key: value for key, value in (("shape", shape), ("scale", scale), ("mean", mean), ("sd", sd)) if value is not None}
        faults = group_faults(given, ("shape", "scale"), ("mean", "sd"))
        faults += range_faults([p for p in self.parameters if p.name in given], given)
        if faults:
            raise ParameterError(faults)
        if mean is not None and sd is not None:
            shape, scale = _shape_and_scale(float(mean), float(sd))
        elif shape is None or scale is None:
            raise AssertionError
        object.__setattr__(self, "shape", float(shape))
        object.__setattr__(self, "scale", float(scale))
        object.__setattr__(self, "expected", float(mean) if mean is not None else self.shape * self.scale)

    def mean(self) -> float:
        """Return the mean as given, or shape times scale."""
        return self.expected

    def variance(self) -> float:
        """Return shape scale^2."""
        return self.shape * self.scale * self.scale

    def support(self) -> tuple[float, float]:
        """Return the positive numbers, or the constant."""
        return (0.0, math.inf) if self.scale > 0.0 else (self.expected, self.expected)

    def quantile(self, u: Row) -> Row:
        """Return scale times the inverse of the incomplete gamma function."""
        if self.scale == 0.0:
            return np.full_like(np.asarray(u, np.float64), self.expected)
        return by_halves(u, self.support(), self.scale, self._distance)

    def isf(self, v: Row) -> Row:
        """Return the value exceeded with probability ``v``."""
        if self.scale == 0.0:
            return np.full_like(np.asarray(v, np.float64), self.expected)
        return by_upper_halves(v, self.support(), self.scale, self._distance)

    def cdf(self, x: Row) -> Row:
        """Return the lower incomplete gamma function of x/scale."""
        return self._probability(x, upper=False)

    def sf(self, x: Row) -> Row:
        """Return the upper incomplete gamma function of x/scale."""
        return self._probability(x, upper=True)

    def encode(self) -> Encoded:
        """Encode as TABLE: of each half the value in units of the scale, or its deviation from the median."""
        if self.scale == 0.0:
            return constant(self.expected)
        return encode_sides(self.support(), self.scale, self._distance)

    def _probability(self, x: Row, *, upper: bool) -> Row:
        """Return P(X <= x), or P(X > x)."""
        from scipy.special import gammainc, gammaincc, ndtr

        x = np.asarray(x, np.float64)
        if self.scale == 0.0:
            return np.where((x >= self.expected) ^ upper, 1.0, 0.0)
        places = np.maximum(x / self.scale, 0.0)
        if self.shape <= _EXPANSION_ABOVE:
            return np.asarray((gammaincc if upper else gammainc)(self.shape, places), np.float64)
        cv = 1.0 / math.sqrt(self.shape)
        z = score_at((places - self.shape) * cv, lambda z: expansion(z, cv))
        return np.asarray(ndtr(-z if upper else z), np.float64)

    def _distance(self, v: Row, upper: bool, from_high: bool) -> Row:
        """Return the quantile at ``v`` (``upper``: at 1 - v) in units of the scale."""
        from scipy.special import gammainccinv, gammaincinv, ndtri

        if self.shape <= _EXPANSION_ABOVE:
            return np.asarray((gammainccinv if upper else gammaincinv)(self.shape, v), np.float64)
        z = -ndtri(v) if upper else ndtri(v)
        return self.shape + math.sqrt(self.shape) * expansion(z, 1.0 / math.sqrt(self.shape))


def _shape_and_scale(mean: float, sd: float) -> tuple[float, float]:
    """Return shape and scale of the given mean and sd; scale 0 for a constant; raise ParameterError where there are none."""
    if sd == 0.0:
        return MOST, 0.0
    if mean == 0.0:
        raise ParameterError([("mean", "must be above 0 where sd is")])
    shape = (mean / sd) * (mean / sd)
    if not LEAST <= shape <= MOST:
        ends = f"from {1.0 / math.sqrt(MOST):.6g} to {math.sqrt(1.0 / LEAST):.6g} times the mean"
        raise ParameterError([("sd", f"must be {ends} (or 0), so that the shape (mean/sd)^2 is from {LEAST:g} to {MOST:g}")])
    return shape, sd * (sd / mean)
