"""PERT: a beta distribution between ``min`` and ``max`` whose mean weighs the mode ``shape`` times.

alpha = 1 + shape (mode - min)/(max - min), beta = 1 + shape (max - mode)/(max - min), and the mean is
(min + shape mode + max)/(shape + 2), with shape 4 the classical (min + 4 mode + max)/6.

Sources: Malcolm, Roseboom, Clark, Fazar 1959, Operations Research 7, 646-669; Vose 2008, Risk Analysis, 3rd ed. (modified PERT).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simengine.distributions.base import TABLE, Continuous, Encoded, Parameter, Row, constant, order_faults, range_faults
from simengine.distributions.inverse_table import build_table
from simengine.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Pert(Continuous):
    """PERT between ``min`` and ``max`` with its peak at ``mode``; ``shape`` is the weight of the mode. Equal ends: constant."""

    name: ClassVar[str] = "pert"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("min", "smallest value", is_value=True),
        Parameter("mode", "most likely value", is_value=True),
        Parameter("max", "largest value", is_value=True),
        Parameter("shape", "weight of the mode", low=0.0, high=1000.0, required=False, default=4.0),
    )

    min: float
    mode: float
    max: float
    shape: float = 4.0

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = range_faults(self.parameters, vars(self)) + order_faults(vars(self), "min", "mode", "max")
        if faults:
            raise ParameterError(faults)

    def _shapes(self) -> tuple[float, float]:
        """Return alpha and beta of the standardised beta distribution."""
        width = float(self.max) - float(self.min)
        alpha = 1.0 + self.shape * ((float(self.mode) - float(self.min)) / width)
        return alpha, 1.0 + self.shape * ((float(self.max) - float(self.mode)) / width)

    def mean(self) -> float:
        """Return (min + shape mode + max) / (shape + 2)."""
        return self.min + (self.shape * (self.mode - self.min) + (self.max - self.min)) / (self.shape + 2.0)

    def variance(self) -> float:
        """Return (mean - min)(max - mean)/(shape + 3)."""
        mean = self.mean()
        return (mean - self.min) * (self.max - mean) / (self.shape + 3.0)

    def support(self) -> tuple[float, float]:
        """Return the two ends."""
        return float(self.min), float(self.max)

    def _at(self, u: Row, v: Row, lower: NDArray[np.bool_]) -> Row:
        """Return the value from the nearer end, by scipy's inverse incomplete beta function; ``u`` + ``v`` = 1."""
        from scipy.special import betaincinv

        if self.max == self.min:
            return np.full_like(u, self.min)
        alpha, beta = self._shapes()
        width = float(self.max) - float(self.min)
        below = self.min + width * betaincinv(alpha, beta, np.minimum(u, 0.5))
        return np.asarray(np.where(lower, below, self.max - width * betaincinv(beta, alpha, np.minimum(v, 0.5))), np.float64)

    def quantile(self, u: Row) -> Row:
        """Return the value from the nearer end, by scipy's inverse incomplete beta function."""
        u = np.asarray(u, np.float64)
        return self._at(u, 1.0 - u, u < 0.5)

    def isf(self, v: Row) -> Row:
        """Return the value from the nearer end, by scipy's inverse incomplete beta function."""
        v = np.asarray(v, np.float64)
        return self._at(1.0 - v, v, v > 0.5)

    def cdf(self, x: Row) -> Row:
        """Return the incomplete beta function of (x - min)/(max - min), by scipy."""
        from scipy.special import betainc

        if self.max == self.min:
            return np.where(np.asarray(x) >= self.min, 1.0, 0.0)
        share = (np.asarray(x, np.float64) - self.min) / (float(self.max) - float(self.min))
        return np.asarray(betainc(*self._shapes(), np.clip(share, 0.0, 1.0)), np.float64)

    def sf(self, x: Row) -> Row:
        """Return the incomplete beta function of (max - x)/(max - min), by scipy."""
        from scipy.special import betainc

        if self.max == self.min:
            return np.where(np.asarray(x) >= self.min, 0.0, 1.0)
        share = (self.max - np.asarray(x, np.float64)) / (float(self.max) - float(self.min))
        return np.asarray(betainc(*self._shapes()[::-1], np.clip(share, 0.0, 1.0)), np.float64)

    def encode(self) -> Encoded:
        """Arguments: min, max - min, max, min - max; table: the distance from the nearer end as a share of the width."""
        from scipy.special import betaincinv

        low, high = float(self.min), float(self.max)
        if high == low:
            return constant(low)
        alpha, beta = self._shapes()
        table = build_table(lambda v: betaincinv(alpha, beta, v), lambda v: betaincinv(beta, alpha, v))
        return Encoded(TABLE, (low, high - low, high, -(high - low)), table)
