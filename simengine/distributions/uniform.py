"""Uniform: every value between ``min`` and ``max`` is equally likely; F^-1(u) = min + (max - min) u."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simengine.distributions.base import UNIFORM, Continuous, Encoded, Parameter, Row, constant, order_faults, range_faults
from simengine.errors import ParameterError
from simengine.jit import keep_apart, kernel, rows_apart


@kernel
def uniform_quantile(u: float, low: float, width: float) -> float:
    """Return the value at probability ``u`` between ``low`` and ``low + width``."""
    return low + width * u


@kernel
def fill_uniform(x: Row, u: Row, low: float, width: float, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``x`` and ``u`` are different rows."""
    keep_apart()
    rows_apart()
    for i in range(n):
        x[i] = uniform_quantile(u[i], low, width)


@dataclass(frozen=True, kw_only=True)
class Uniform(Continuous):
    """Uniform between ``min`` and ``max``; equal ends give the constant."""

    name: ClassVar[str] = "uniform"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("min", "smallest value", is_value=True),
        Parameter("max", "largest value", is_value=True),
    )

    min: float
    max: float

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = range_faults(self.parameters, vars(self)) + order_faults(vars(self), "min", "max")
        if faults:
            raise ParameterError(faults)

    def mean(self) -> float:
        """Return (min + max) / 2."""
        return self.min + (self.max - self.min) / 2.0

    def variance(self) -> float:
        """Return (max - min)^2 / 12."""
        return (self.max - self.min) ** 2 / 12.0

    def support(self) -> tuple[float, float]:
        """Return the two ends."""
        return float(self.min), float(self.max)

    def quantile(self, u: Row) -> Row:
        """Return min + (max - min) u."""
        return self.min + (self.max - self.min) * np.asarray(u, np.float64)

    def isf(self, v: Row) -> Row:
        """Return max - (max - min) v."""
        return self.max - (self.max - self.min) * np.asarray(v, np.float64)

    def cdf(self, x: Row) -> Row:
        """Return (x - min) / (max - min), held to [0, 1]."""
        width = self.max - self.min
        if width == 0.0:
            return np.where(np.asarray(x) >= self.min, 1.0, 0.0)
        return np.clip((np.asarray(x, np.float64) - self.min) / width, 0.0, 1.0)

    def sf(self, x: Row) -> Row:
        """Return (max - x) / (max - min), held to [0, 1]."""
        width = self.max - self.min
        if width == 0.0:
            return np.where(np.asarray(x) >= self.min, 0.0, 1.0)
        return np.clip((self.max - np.asarray(x, np.float64)) / width, 0.0, 1.0)

    def encode(self) -> Encoded:
        """Arguments: min, max - min."""
        if self.max == self.min:
            return constant(float(self.min))
        return Encoded(UNIFORM, (float(self.min), float(self.max) - float(self.min), 0.0, 0.0))
