"""Lognormal with mean 1 and coefficient of variation cv: x = exp(sigma z - sigma^2 / 2), sigma^2 = ln(1 + cv^2)."""

import math
from dataclasses import dataclass

import numpy as np

from simengine.distributions.base import UNIT_LOGNORMAL, Encoded, Row, constant
from simengine.errors import ParameterError
from simengine.jit import keep_apart, kernel, rows_apart
from simengine.special import exp, fill_normal_quantile, log1p


@kernel
def unit_lognormal_value(z: float, cv: float) -> float:
    """Return the value at the standard normal score ``z``; 1 at cv = 0."""
    sigma2 = log1p(cv * cv)
    return exp(math.sqrt(sigma2) * z - 0.5 * sigma2)


@kernel
def fill_unit_lognormal(x: Row, u: Row, cv: Row, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]`` at ``cv[i]`` >= 0, i < n; ``x`` and ``u`` are different rows."""
    fill_normal_quantile(x, u, n)
    _raise_scores(x, cv, n)


@kernel
def _raise_scores(x: Row, cv: Row, n: int) -> None:
    """Replace the scores ``x[i]`` by the values at them."""
    keep_apart()
    rows_apart()
    # The scalar rule spelt out: as a call it is too long to be inlined into the loop.
    for i in range(n):
        sigma2 = log1p(cv[i] * cv[i])
        x[i] = exp(math.sqrt(sigma2) * x[i] - 0.5 * sigma2)


@kernel
def fill_unit_lognormal_fixed(x: Row, u: Row, cv: float, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]`` at one constant ``cv``, i < n; ``x`` and ``u`` are different rows."""
    fill_normal_quantile(x, u, n)
    sigma2 = log1p(cv * cv)
    sigma = math.sqrt(sigma2)
    for i in range(n):
        x[i] = exp(sigma * x[i] - 0.5 * sigma2)


@dataclass(frozen=True)
class UnitLognormal:
    """Lognormal of mean 1 for one cv, or for every cv from ``cv_low`` to ``cv_high``; cv = 0 gives 1."""

    cv_low: float
    cv_high: float | None = None

    def __post_init__(self) -> None:
        """Raise ParameterError when the ends are no range of finite numbers from 0 on."""
        if not 0.0 <= self.cv_low <= (self.cv_low if self.cv_high is None else self.cv_high) < math.inf:
            raise ParameterError([("cv", "must run from a low to a high end, both at least 0")])

    def encode(self) -> Encoded:
        """Arguments: the ends of cv; no table."""
        high = float(self.cv_low if self.cv_high is None else self.cv_high)
        if high == 0.0:
            return constant(1.0)
        return Encoded(UNIT_LOGNORMAL, (float(self.cv_low), high, 0.0, 0.0))

    def quantile(self, u: Row, cv: float) -> Row:
        """Return the reference quantile at one cv, by scipy."""
        from scipy.special import ndtri

        sigma2 = math.log1p(cv * cv)
        return np.asarray(np.exp(math.sqrt(sigma2) * ndtri(u) - 0.5 * sigma2), np.float64)
