"""Families of distributions as plain laws, from their definitions and SciPy's special functions (docs/study-file.md, Distributions).

A law answers with arrays: `cdf`, `sf` (above), `below` (strictly), `quantile` at u and `isf` at 1 - u, which is exact in the upper tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Row = NDArray[np.float64]
Curve = Callable[[Any], Any]

# Probabilities between whose quantiles a law is integrated.
TAILS = [1e-18, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.2]
GAUSS = np.polynomial.legendre.leggauss(48)


class Law:
    """A distribution of one number."""

    low = -math.inf
    high = math.inf
    is_discrete = False

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        raise NotImplementedError

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        raise NotImplementedError

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        return self.cdf(x)

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return self.sf(x)

    def quantile(self, u: Any) -> Row:
        """The smallest x with P(X <= x) >= u."""
        raise NotImplementedError

    def isf(self, v: Any) -> Row:
        """The smallest x with P(X > x) <= v."""
        raise NotImplementedError

    def mean(self) -> float:
        """The mean; not a number where there is none."""
        return integrated_mean(self)

    def breaks(self) -> list[float]:
        """Where the density is not smooth, and atoms."""
        return [end for end in (self.low, self.high) if math.isfinite(end)]

    def at(self, p: Any, q: Any) -> Row:
        """The quantile at p = 1 - q, from the nearer tail."""
        p, q = np.broadcast_arrays(np.asarray(p, float), np.asarray(q, float))
        found = np.empty(p.shape)
        lower = p <= q
        found[lower] = self.quantile(p[lower])
        found[~lower] = self.isf(q[~lower])
        return found


def integrated_mean(law: Law) -> float:
    """c + the integral of P(X > x) above c - that of P(X <= x) below c, by Gauss and Legendre between many quantiles and breaks."""
    marks = [float(law.quantile(p)) for p in [*TAILS, 0.5]] + [float(law.isf(q)) for q in TAILS] + law.breaks()
    marks = sorted({x for x in marks if math.isfinite(x) and law.low <= x <= law.high})
    centre = float(law.quantile(0.5))
    points, weights = GAUSS
    parts = [centre]
    for a, b in zip(marks, marks[1:], strict=False):
        x = (a + b) / 2 + (b - a) / 2 * points
        value = law.sf(x) if a >= centre else -law.cdf(x)
        parts.append(float((b - a) / 2 * math.fsum((weights * value).tolist())))
    return math.fsum(parts)


@dataclass
class Smooth(Law):
    """A continuous law by its four functions."""

    cdf_: Curve
    sf_: Curve
    quantile_: Curve
    isf_: Curve
    mean_: float
    low: float = -math.inf
    high: float = math.inf
    kinks: list[float] = field(default_factory=list)

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        x = np.asarray(x, float)
        return np.where(x <= self.low, 0.0, np.where(x >= self.high, 1.0, self.cdf_(np.clip(x, self.low, self.high))))

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        x = np.asarray(x, float)
        return np.where(x <= self.low, 1.0, np.where(x >= self.high, 0.0, self.sf_(np.clip(x, self.low, self.high))))

    def quantile(self, u: Any) -> Row:
        """The x with P(X <= x) = u."""
        return self.quantile_(np.asarray(u, float))

    def isf(self, v: Any) -> Row:
        """The x with P(X > x) = v."""
        return self.isf_(np.asarray(v, float))

    def mean(self) -> float:
        """The mean as the family's formula has it."""
        return self.mean_

    def breaks(self) -> list[float]:
        """The ends and the kinks."""
        return super().breaks() + self.kinks


def shifted(law: Smooth, by: float, scale: float) -> Smooth:
    """The law of by + scale · X, scale > 0."""
    return Smooth(
        lambda x: law.cdf_((x - by) / scale),
        lambda x: law.sf_((x - by) / scale),
        lambda u: by + scale * law.quantile_(u),
        lambda v: by + scale * law.isf_(v),
        by + scale * law.mean_,
        by + scale * law.low,
        by + scale * law.high,
    )


def uniform(low: float, high: float) -> Law:
    """Even between two ends."""
    return shifted(Smooth(lambda x: x, lambda x: 1 - x, lambda u: u, lambda v: 1 - v, 0.5, 0.0, 1.0), low, high - low)


def triangular(low: float, mode: float, high: float) -> Law:
    """Density rising in a straight line to the mode, then falling."""
    width, left, right = high - low, mode - low, high - mode

    def cdf(x: Row) -> Row:
        return np.where(x < mode, (x - low) ** 2 / (width * max(left, 1e-300)), 1 - (high - x) ** 2 / (width * max(right, 1e-300)))

    def sf(x: Row) -> Row:
        return np.where(x < mode, 1 - (x - low) ** 2 / (width * max(left, 1e-300)), (high - x) ** 2 / (width * max(right, 1e-300)))

    def quantile(u: Row) -> Row:
        return np.where(u * width < left, low + np.sqrt(u * width * left), high - np.sqrt((1 - u) * width * right))

    def isf(v: Row) -> Row:
        return np.where(v * width <= right, high - np.sqrt(v * width * right), low + np.sqrt((1 - v) * width * left))

    return Smooth(cdf, sf, quantile, isf, (low + mode + high) / 3, low, high, [mode])


def beta(alpha: float, beta_: float, low: float, high: float) -> Law:
    """Beta on an interval."""
    return shifted(
        Smooth(
            lambda x: special.betainc(alpha, beta_, x),
            lambda x: np.where(x < 0.5, special.betaincc(alpha, beta_, x), special.betainc(beta_, alpha, 1 - x)),
            lambda u: special.betaincinv(alpha, beta_, u),
            lambda v: special.betainccinv(alpha, beta_, v),
            alpha / (alpha + beta_),
            0.0,
            1.0,
        ),
        low,
        high - low,
    )


def beta_by_moments(mean: float, sd: float, low: float, high: float) -> Law:
    """The beta law on an interval with this mean and standard deviation."""
    m, s = (mean - low) / (high - low), sd / (high - low)
    total = m * (1 - m) / s**2 - 1
    return beta(m * total, (1 - m) * total, low, high)


def normal(mean: float, sd: float) -> Law:
    """Normal."""
    return shifted(Smooth(special.ndtr, lambda x: special.ndtr(-x), special.ndtri, lambda v: -special.ndtri(v), 0.0), mean, sd)


def lognormal(mu: float, sigma: float) -> Law:
    """The exponential of a normal."""

    def score(x: Row) -> Row:
        with np.errstate(divide="ignore"):
            return (np.log(x) - mu) / sigma

    return Smooth(
        lambda x: special.ndtr(score(x)),
        lambda x: special.ndtr(-score(x)),
        lambda u: np.exp(mu + sigma * special.ndtri(u)),
        lambda v: np.exp(mu - sigma * special.ndtri(v)),
        math.exp(mu + sigma**2 / 2),
        0.0,
    )


def gamma(shape: float, scale: float) -> Law:
    """Gamma."""
    return shifted(
        Smooth(
            lambda x: special.gammainc(shape, x),
            lambda x: special.gammaincc(shape, x),
            lambda u: special.gammaincinv(shape, u),
            lambda v: special.gammainccinv(shape, v),
            shape,
            0.0,
        ),
        0.0,
        scale,
    )


def weibull(shape: float, scale: float) -> Law:
    """P(X > x) = exp(-(x / scale)^shape)."""
    return shifted(
        Smooth(
            lambda x: -np.expm1(-(x**shape)),
            lambda x: np.exp(-(x**shape)),
            lambda u: (-np.log1p(-u)) ** (1 / shape),
            lambda v: (-np.log(v)) ** (1 / shape),
            math.gamma(1 + 1 / shape),
            0.0,
        ),
        0.0,
        scale,
    )


def student_t(df: float, location: float, scale: float) -> Law:
    """Student's t; no mean up to df = 1."""
    law = Smooth(
        lambda x: special.stdtr(df, x),
        lambda x: special.stdtr(df, -x),
        lambda u: special.stdtrit(df, u),
        lambda v: -special.stdtrit(df, v),
        0.0 if df > 1 else math.nan,
    )
    return shifted(law, location, scale)
