"""Triangular: density rising from ``min`` to ``mode`` and falling to ``max``.

With c = (mode - min)/(max - min), F^-1(u) = min + w sqrt(c u) for u < c,
else max - w sqrt((1 - c)(1 - u)), w = max - min.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simengine.distributions.base import TRIANGULAR, Continuous, Encoded, Parameter, Row, constant, order_faults, range_faults
from simengine.errors import ParameterError
from simengine.jit import keep_apart, kernel, rows_apart


@kernel
def triangular_quantile(u: float, low: float, high: float, width: float, split: float) -> float:
    """Return the value at probability ``u``; ``width`` = high - low, ``split`` = (mode - low) / width."""
    # The choices stand before the root, so that there is one: roots are what the loop waits for.
    below, rest = u < split, 1.0 - split
    root = math.sqrt((u if below else 1.0 - u) * (split if below else rest))
    return (low if below else high) + (width if below else -width) * root


@kernel
def fill_triangular(x: Row, u: Row, low: float, high: float, width: float, split: float, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``x`` and ``u`` are different rows."""
    keep_apart()
    rows_apart()
    for i in range(n):
        x[i] = triangular_quantile(u[i], low, high, width, split)


@dataclass(frozen=True, kw_only=True)
class Triangular(Continuous):
    """Triangular between ``min`` and ``max`` with its peak at ``mode``; equal ends give the constant."""

    name: ClassVar[str] = "triangular"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("min", "smallest value", is_value=True),
        Parameter("mode", "most likely value", is_value=True),
        Parameter("max", "largest value", is_value=True),
    )

    min: float
    mode: float
    max: float

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = range_faults(self.parameters, vars(self)) + order_faults(vars(self), "min", "mode", "max")
        if faults:
            raise ParameterError(faults)

    def mean(self) -> float:
        """Return (min + mode + max) / 3."""
        return self.min + ((self.mode - self.min) + (self.max - self.min)) / 3.0

    def variance(self) -> float:
        """Return (p^2 + q^2 + p q) / 18 with p = mode - min, q = max - mode."""
        p, q = self.mode - self.min, self.max - self.mode
        return (p * p + q * q + p * q) / 18.0

    def support(self) -> tuple[float, float]:
        """Return the two ends."""
        return float(self.min), float(self.max)

    def quantile(self, u: Row) -> Row:
        """Return the closed form at the head of this file, by way of the two squared legs."""
        u = np.asarray(u, np.float64)
        low, mode, high = float(self.min), float(self.mode), float(self.max)
        width = high - low
        if width == 0.0:
            return np.full_like(u, low)
        rising = low + np.sqrt(u * width * (mode - low))
        return np.where(u * width < mode - low, rising, high - np.sqrt((1.0 - u) * width * (high - mode)))

    def isf(self, v: Row) -> Row:
        """Return the same closed form by the distance from the upper end."""
        v = np.asarray(v, np.float64)
        low, mode, high = float(self.min), float(self.mode), float(self.max)
        width = high - low
        if width == 0.0:
            return np.full_like(v, low)
        falling = high - np.sqrt(v * width * (high - mode))
        return np.where(v * width < high - mode, falling, low + np.sqrt((1.0 - v) * width * (mode - low)))

    def _tails(self, x: Row) -> tuple[Row, Row]:
        """Return the probability of at most ``x`` where it is below the mode, and of more than ``x`` where it is above."""
        low, mode, high = float(self.min), float(self.mode), float(self.max)
        width = high - low
        rise = np.clip(x - low, 0.0, mode - low) ** 2 / (width * (mode - low) if mode > low else 1.0)
        return rise, np.clip(high - x, 0.0, high - mode) ** 2 / (width * (high - mode) if high > mode else 1.0)

    def cdf(self, x: Row) -> Row:
        """Return the integral of the density up to ``x``."""
        x = np.asarray(x, np.float64)
        if self.max == self.min:
            return np.where(x >= self.min, 1.0, 0.0)
        rise, fall = self._tails(x)
        return np.where(x < self.mode, rise, np.where(x >= self.max, 1.0, 1.0 - fall))

    def sf(self, x: Row) -> Row:
        """Return the integral of the density from ``x`` on."""
        x = np.asarray(x, np.float64)
        if self.max == self.min:
            return np.where(x >= self.min, 0.0, 1.0)
        rise, fall = self._tails(x)
        return np.where(x >= self.mode, fall, np.where(x < self.min, 1.0, 1.0 - rise))

    def breaks(self) -> tuple[float, ...]:
        """Return the ends and the mode, where the density has its kink."""
        return tuple(sorted({float(self.min), float(self.mode), float(self.max)}))

    def encode(self) -> Encoded:
        """Arguments: min, max, max - min, (mode - min) / (max - min)."""
        low, mode, high = float(self.min), float(self.mode), float(self.max)
        if high == low:
            return constant(low)
        return Encoded(TRIANGULAR, (low, high, high - low, (mode - low) / (high - low)))
