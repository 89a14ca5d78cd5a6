"""Lognormal: the logarithm is normal with mean ``mu`` and standard deviation ``sigma``; F^-1(u) = exp(mu + sigma z).

Given the mean m and standard deviation s of the variable itself, sigma^2 = ln(1 + (s/m)^2) and mu = ln m - sigma^2 / 2.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from simengine.distributions.base import LOGNORMAL, Encoded, Fault, IndexRow, Parameter, Row, constant, range_faults
from simengine.distributions.inverse_table import evaluate, locate
from simengine.distributions.normal import score_table
from simengine.errors import ParameterError
from simengine.jit import kernel
from simengine.special import exp, log, log1p

# Logarithms beyond this lead outside the numbers that can be stored.
_LARGEST_LOG = 700.0


@kernel
def lognormal_value(z: float, mu: float, sigma: float) -> float:
    """Return the value at the standard normal score ``z``."""
    return exp(mu + sigma * z)


@kernel
def fill_lognormal(x: Row, u: Row, index: IndexRow, place: Row, table: Row, mu: float, sigma: float, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``index`` and ``place`` are scratch, ``table`` is ``normal.score_table()``."""
    locate(index, place, u, n)
    evaluate(x, index, place, table, n)
    for i in range(n):
        x[i] = lognormal_value(x[i], mu, sigma)


@dataclass(frozen=True, init=False)
class Lognormal:
    """Lognormal by ``mean`` and ``sd`` of the variable itself, or by ``mu`` and ``sigma`` of its logarithm, never mixed."""

    name: ClassVar[str] = "lognormal"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "mean of the variable itself (above 0)", low=0.0, required=False),
        Parameter("sd", "standard deviation of the variable itself", low=0.0, required=False),
        Parameter("mu", "mean of the logarithm", low=-_LARGEST_LOG, high=_LARGEST_LOG, required=False),
        Parameter("sigma", "standard deviation of the logarithm", low=0.0, high=40.0, required=False),
    )

    mu: float
    sigma: float
    #: The value when there is no spread: given as a mean it is kept as given.
    centre: float
    #: The mean: as given, or by our own exponential, for it enters the plan.
    expected: float

    def __init__(self, *, mean: float | None = None, sd: float | None = None, mu: float | None = None, sigma: float | None = None) -> None:
        given = {key: value for key, value in (("mean", mean), ("sd", sd), ("mu", mu), ("sigma", sigma)) if value is not None}
        faults = _pair_faults(given)
        faults += range_faults([p for p in self.parameters if p.name in given], given)
        if not faults and mean == 0.0:
            faults.append(("mean", "must be above 0"))
        if faults:
            raise ParameterError(faults)
        if mean is not None and sd is not None:
            sigma2 = float(log1p((sd / mean) * (sd / mean)))
            mu, sigma, centre = float(log(float(mean))) - 0.5 * sigma2, math.sqrt(sigma2), float(mean)
        else:
            centre = float(exp(float(given["mu"])))
        object.__setattr__(self, "mu", float(mu if mu is not None else 0.0))
        object.__setattr__(self, "sigma", float(sigma if sigma is not None else 0.0))
        object.__setattr__(self, "centre", centre)
        expected = float(mean) if mean is not None else float(exp(self.mu + 0.5 * self.sigma * self.sigma))
        object.__setattr__(self, "expected", expected if self.sigma > 0.0 else centre)

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

    def cdf(self, x: Row) -> Row:
        """Return the normal distribution function of (ln x - mu) / sigma; 0 for x <= 0."""
        from scipy.special import ndtr

        x = np.asarray(x, np.float64)
        if self.sigma == 0.0:
            return np.where(x >= self.centre, 1.0, 0.0)
        positive = np.where(x > 0.0, x, 1.0)
        return np.where(x > 0.0, ndtr((np.log(positive) - self.mu) / self.sigma), 0.0)

    def encode(self) -> Encoded:
        """Arguments: mu, sigma; table: the standard normal quantile."""
        if self.sigma == 0.0:
            return constant(self.centre)
        return Encoded(LOGNORMAL, (self.mu, self.sigma, 0.0, 0.0), score_table())


def _pair_faults(given: dict[str, Any]) -> list[Fault]:
    """Check that either mean and sd or mu and sigma are given."""
    own, logs = given.keys() & {"mean", "sd"}, given.keys() & {"mu", "sigma"}
    if own and logs:
        return [(name, "give either mean and sd, or mu and sigma, not a mixture") for name in sorted(own | logs)]
    wanted = ("mu", "sigma") if logs else ("mean", "sd")
    return [(name, f"is needed together with {other}") for name, other in (wanted, wanted[::-1]) if name not in given]
