"""Bernoulli: 1 with probability ``p``, else 0; F^-1(u) = 1 for u > 1 - p."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simengine.distributions.base import BERNOULLI, Encoded, Parameter, Row, constant, range_faults
from simengine.errors import ParameterError
from simengine.jit import kernel


@kernel
def bernoulli_quantile(u: float, p: float) -> float:
    """Return 1 where ``u`` is above 1 - p, else 0."""
    return 1.0 if 1.0 - u < p else 0.0


@kernel
def fill_bernoulli(x: Row, u: Row, p: float, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n."""
    for i in range(n):
        x[i] = bernoulli_quantile(u[i], p)


@dataclass(frozen=True, kw_only=True)
class Bernoulli:
    """1 with probability ``p``, else 0."""

    name: ClassVar[str] = "bernoulli"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("p", "probability of 1", low=0.0, high=1.0),)

    p: float

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = range_faults(self.parameters, vars(self))
        if faults:
            raise ParameterError(faults)

    def mean(self) -> float:
        """Return p."""
        return float(self.p)

    def variance(self) -> float:
        """Return p (1 - p)."""
        return self.p * (1.0 - self.p)

    def support(self) -> tuple[float, float]:
        """Return 0 and 1, or the only value."""
        return float(self.p == 1.0), float(self.p > 0.0)

    def quantile(self, u: Row) -> Row:
        """Return 1 where u > 1 - p."""
        return np.where(1.0 - np.asarray(u, np.float64) < self.p, 1.0, 0.0)

    def isf(self, v: Row) -> Row:
        """Return 1 where v < p."""
        return np.where(np.asarray(v, np.float64) < self.p, 1.0, 0.0)

    def cdf(self, x: Row) -> Row:
        """Return 0 below 0, 1 - p below 1, then 1."""
        x = np.asarray(x, np.float64)
        return np.where(x >= 1.0, 1.0, np.where(x >= 0.0, 1.0 - self.p, 0.0))

    def sf(self, x: Row) -> Row:
        """Return 1 below 0, p below 1, then 0."""
        x = np.asarray(x, np.float64)
        return np.where(x >= 1.0, 0.0, np.where(x >= 0.0, float(self.p), 1.0))

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return 0 and 1, or the only value."""
        return tuple((x, p) for x, p in ((0.0, 1.0 - self.p), (1.0, float(self.p))) if p > 0.0)

    def breaks(self) -> tuple[float, ...]:
        """Return nothing: there is no density."""
        return ()

    def encode(self) -> Encoded:
        """Arguments: p."""
        if self.p in {0.0, 1.0}:
            return constant(float(self.p))
        return Encoded(BERNOULLI, (float(self.p), 0.0, 0.0, 0.0))
