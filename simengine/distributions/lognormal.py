"""Lognormal: the logarithm is normal with mean ``mu`` and standard deviation ``sigma``; F^-1(u) = exp(mu + sigma z).

Given the mean m and standard deviation s of the variable itself, sigma^2 = ln(1 + (s/m)^2) and mu = ln m - sigma^2 / 2.
A range that covers a share c in the middle is that of the logarithm: mu = (ln low + ln high)/2, sigma = ln(high/low)/(2 z((1 + c)/2)).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from simengine.distributions.base import (
    LOGNORMAL,
    Continuous,
    Encoded,
    Fault,
    IndexRow,
    Parameter,
    Row,
    constant,
    group_faults,
    interval_faults,
    range_faults,
)
from simengine.distributions.inverse_table import evaluate_sides, locate
from simengine.distributions.normal import half_width, score_table
from simengine.errors import ParameterError
from simengine.jit import keep_apart, kernel
from simengine.special import exp, log, log1p

# Logarithms beyond this lead outside the numbers that can be stored.
_LARGEST_LOG = 700.0


@kernel
def fill_lognormal(x: Row, u: Row, index: IndexRow, place: Row, table: Row, mu: float, sigma: float, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``index`` and ``place`` are scratch, ``table`` is ``normal.score_table()``."""
    locate(index, place, u, n)
    evaluate_sides(x, index, place, table, u, 0.5, mu, sigma, mu, sigma, n)
    raise_e(x, n)


@kernel
def raise_e(x: Row, n: int) -> None:
    """Replace ``x[i]``, a logarithm, by e to that power."""
    keep_apart()
    for i in range(n):
        x[i] = exp(x[i])


@dataclass(frozen=True, init=False)
class Lognormal(Continuous):
    """Lognormal by ``mean`` and ``sd`` of the variable itself, by ``mu`` and ``sigma`` of its logarithm, or by a central interval."""

    name: ClassVar[str] = "lognormal"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "mean of the variable itself (above 0)", low=0.0, required=False, is_value=True),
        Parameter("sd", "standard deviation of the variable itself", low=0.0, required=False),
        Parameter("mu", "mean of the logarithm", low=-_LARGEST_LOG, high=_LARGEST_LOG, required=False),
        Parameter("sigma", "standard deviation of the logarithm", low=0.0, high=40.0, required=False),
        Parameter("range", "ends of the central interval (above 0)", required=False, kind="list", is_value=True),
        Parameter("coverage", "share of the distribution within the range", low=0.0, high=1.0, required=False),
    )

    mu: float
    sigma: float
    #: The value when there is no spread: given as a mean it is kept as given.
    centre: float
    #: The mean: as given, or by our own exponential, for it enters the plan.
    expected: float

    def __init__(
        self,
        *,
        mean: float | None = None,
        sd: float | None = None,
        mu: float | None = None,
        sigma: float | None = None,
        range: Sequence[float] | None = None,
        coverage: float | None = None,
    ) -> None:
        stated: dict[str, Any] = {"mean": mean, "sd": sd, "mu": mu, "sigma": sigma, "range": range, "coverage": coverage}
        given = {key: value for key, value in stated.items() if value is not None}
        faults = self._faults(given)
        if faults:
            raise ParameterError(faults)
        if mean is not None and sd is not None:
            sigma2 = float(log1p((sd / mean) * (sd / mean)))
            mu, sigma, centre = float(log(float(mean))) - 0.5 * sigma2, math.sqrt(sigma2), float(mean)
        elif range is not None and coverage is not None:
            low, high = (float(log(float(end))) for end in range)
            mu, sigma = low + 0.5 * (high - low), 0.5 * (high - low) / half_width(float(coverage))
            centre = float(range[0])
        else:
            centre = float(exp(float(given["mu"])))
        object.__setattr__(self, "mu", float(mu if mu is not None else 0.0))
        object.__setattr__(self, "sigma", float(sigma if sigma is not None else 0.0))
        object.__setattr__(self, "centre", centre)
        expected = float(mean) if mean is not None else float(exp(self.mu + 0.5 * self.sigma * self.sigma))
        object.__setattr__(self, "expected", expected if self.sigma > 0.0 else centre)

    def _faults(self, given: dict[str, Any]) -> list[Fault]:
        """Return everything wrong with the given parameters."""
        faults = group_faults(given, ("mean", "sd"), ("mu", "sigma"), ("range", "coverage"))
        single = [p for p in self.parameters if p.name in given and p.name not in {"range", "coverage"}]
        faults += range_faults(single, given)
        if not faults and given.get("mean") == 0.0:
            faults.append(("mean", "must be above 0"))
        if not faults and "range" in given:
            faults += interval_faults(given["range"], given["coverage"])
            if not faults and given["range"][0] <= 0.0:
                faults.append(("range", "must be above 0"))
        return faults

    def mean(self) -> float:
        """Return the mean as given, or exp(mu + sigma^2 / 2)."""
        return self.expected

    def variance(self) -> float:
        """Return (exp(sigma^2) - 1) mean^2."""
        return math.expm1(self.sigma * self.sigma) * self.mean() ** 2

    def support(self) -> tuple[float, float]:
        """Return the positive numbers, or the constant."""
        return (0.0, math.inf) if self.sigma > 0.0 else (self.centre, self.centre)

    def quantile(self, u: Row) -> Row:
        """Return exp(mu + sigma z), z by scipy."""
        from scipy.special import ndtri

        if self.sigma == 0.0:
            return np.full_like(np.asarray(u, np.float64), self.centre)
        return np.asarray(np.exp(self.mu + self.sigma * ndtri(u)), np.float64)

    def isf(self, v: Row) -> Row:
        """Return exp(mu - sigma z(v)), z by scipy."""
        from scipy.special import ndtri

        if self.sigma == 0.0:
            return np.full_like(np.asarray(v, np.float64), self.centre)
        return np.asarray(np.exp(self.mu - self.sigma * ndtri(v)), np.float64)

    def _score(self, x: Row) -> Row:
        """Return (ln x - mu) / sigma; minus infinity for x <= 0."""
        return np.where(x > 0.0, (np.log(np.where(x > 0.0, x, 1.0)) - self.mu) / self.sigma, -math.inf)

    def cdf(self, x: Row) -> Row:
        """Return the normal distribution function of (ln x - mu) / sigma; 0 for x <= 0."""
        from scipy.special import ndtr

        x = np.asarray(x, np.float64)
        if self.sigma == 0.0:
            return np.where(x >= self.centre, 1.0, 0.0)
        return np.asarray(ndtr(self._score(x)), np.float64)

    def sf(self, x: Row) -> Row:
        """Return the normal distribution function of (mu - ln x) / sigma; 1 for x <= 0."""
        from scipy.special import ndtr

        x = np.asarray(x, np.float64)
        if self.sigma == 0.0:
            return np.where(x >= self.centre, 0.0, 1.0)
        return np.asarray(ndtr(-self._score(x)), np.float64)

    def encode(self) -> Encoded:
        """Arguments: mu, sigma; table: the standard normal quantile."""
        if self.sigma == 0.0:
            return constant(self.centre)
        return Encoded(LOGNORMAL, (self.mu, self.sigma, 0.0, 0.0), score_table())
