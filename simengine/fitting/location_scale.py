"""Candidates with a location and a scale: normal, lognormal, Student's t."""

import math
from typing import Final

import numpy as np
from scipy.special import gammaln, log_ndtr, ndtri, stdtr, stdtrit

from simengine.fitting.candidate import Candidate, column, logarithm
from simengine.fitting.newton import Array, maximise

_HALF_LOG_2PI: Final = 0.5 * math.log(2.0 * math.pi)
_ANY: Final = (-math.inf, math.inf)
_POSITIVE: Final = (0.0, math.inf)


class NormalCandidate(Candidate):
    """Normal: mean, and standard deviation with divisor n."""

    name = "normal"
    names = ("mean", "sd")
    limits = (_ANY, _POSITIVE)

    def refusal(self, x: Array) -> str | None:
        """Nothing: every value is possible."""
        return None

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Mean and standard deviation of each row."""
        del start
        return np.stack([x.mean(axis=1), x.std(axis=1)], axis=1)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the normal density."""
        z = (x - column(theta, 0)) / column(theta, 1)
        return np.asarray(-0.5 * z * z - np.log(column(theta, 1)) - _HALF_LOG_2PI, np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        z = (x - column(theta, 0)) / column(theta, 1)
        return np.asarray(log_ndtr(z), np.float64), np.asarray(log_ndtr(-z), np.float64)

    def draw(self, theta: Array, u: Array) -> Array:
        """Mean + sd z."""
        return np.asarray(theta[0] + theta[1] * ndtri(u), np.float64)

    def runaway(self, theta: Array) -> str | None:
        """Nothing: the estimates are exact."""
        return None


class LognormalCandidate(NormalCandidate):
    """Lognormal: mean and standard deviation of the logarithm."""

    name = "lognormal"
    names = ("mu", "sigma")

    def refusal(self, x: Array) -> str | None:
        """A value of nought or less has no logarithm."""
        return positive_only(x)

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Mean and standard deviation of the logarithms."""
        return super().estimate(np.log(x), start)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the lognormal density."""
        logs = np.log(x)
        return np.asarray(super().log_density(theta, logs) - logs, np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        return super().tails(theta, np.log(x))

    def draw(self, theta: Array, u: Array) -> Array:
        """Exp(mu + sigma z)."""
        return np.exp(super().draw(theta, u))


def positive_only(x: Array) -> str | None:
    """Why a family of positive values cannot be fitted."""
    count = int(np.sum(x <= 0.0))
    return f"{count} of {x.size} values are nought or less" if count else None


#: Range of the degrees of freedom: below, no sample is large enough; above, the family is the normal.
_DF: Final = (0.4, 200.0)


class StudentCandidate(Candidate):
    """Student's t with location and scale."""

    name = "student_t"
    names = ("df", "location", "scale")
    limits = (_DF, _ANY, _POSITIVE)

    def refusal(self, x: Array) -> str | None:
        """A value that fills half of the sample draws the scale to nought."""
        most = int(np.unique(x, return_counts=True)[1].max())
        return f"one value is {most} of {x.size}: the likelihood has no maximum" if most > 0.2 * x.size else None

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Newton in log df, location, log scale of each row, standardised by its median and quartiles."""
        low, middle, high = np.quantile(x, (0.25, 0.5, 0.75), axis=1)
        spread = np.where(high > low, high - low, x.std(axis=1)) / 1.35
        z = (x - middle[:, None]) / spread[:, None]
        guess = np.tile([math.log(5.0), 0.0, math.log(0.9)], (x.shape[0], 1))
        if start is not None:
            guess[:, 0] = math.log(start[0])
        bounds = ((math.log(_DF[0]), math.log(_DF[1])), (-50.0, 50.0), (math.log(1e-4), math.log(1e3)))
        found = maximise(_student_mean, guess, bounds, (z,))
        return np.stack([np.exp(found[:, 0]), middle + spread * found[:, 1], spread * np.exp(found[:, 2])], axis=1)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density."""
        df, scale = column(theta, 0), column(theta, 2)
        z = (x - column(theta, 1)) / scale
        return np.asarray(_student_constant(df) - np.log(scale) - 0.5 * (df + 1.0) * np.log1p(z * z / df), np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        z = (x - column(theta, 1)) / column(theta, 2)
        return logarithm(stdtr(column(theta, 0), z)), logarithm(stdtr(column(theta, 0), -z))

    def draw(self, theta: Array, u: Array) -> Array:
        """Location + scale t."""
        return np.asarray(theta[1] + theta[2] * stdtrit(theta[0], u), np.float64)

    def runaway(self, theta: Array) -> str | None:
        """At the upper bound of the degrees of freedom the family is the normal."""
        if theta[0] >= 0.999 * _DF[1]:
            return "the tails are no heavier than the normal's (df runs without bound)"
        return super().runaway(theta)


def _student_constant(df: Array) -> Array:
    return np.asarray(gammaln(0.5 * (df + 1.0)) - gammaln(0.5 * df) - 0.5 * np.log(math.pi * df), np.float64)


def _student_mean(theta: Array, data: tuple[Array, ...]) -> Array:
    df = np.exp(theta[:, 0])
    # one place (B, n) of memory for z, z² and the logarithm: this is the costliest of the fits
    z = data[0] - theta[:, 1:2]
    z *= z
    z /= (df * np.exp(2.0 * theta[:, 2]))[:, None]
    return np.asarray(_student_constant(df) - theta[:, 2] - 0.5 * (df + 1.0) * np.log1p(z, out=z).mean(axis=1), np.float64)
