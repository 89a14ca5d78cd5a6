"""Candidates for counts: Poisson and negative binomial."""

import math
from typing import Final

import numpy as np
from scipy.special import betainc, betaincc, gammaln, pdtr, pdtrc

from simengine.fitting.candidate import Candidate, column, logarithm
from simengine.fitting.newton import Array, maximise

#: A negative binomial of this many times its mean is a Poisson to four figures of its variance.
_LARGEST_SIZE: Final = 1e4
_SMALLEST_SIZE: Final = 1e-3
_NEVER_SEEN: Final = 1e-12


class _Count(Candidate):
    is_count = True

    def draw(self, theta: Array, u: Array) -> Array:
        """The smallest count whose distribution function is not below u, found in a table of it."""
        reach = 64
        while math.exp(float(self.tails(theta[None, :], np.array([[float(reach)]]))[1][0, 0])) > _NEVER_SEEN:
            reach *= 2
        below = np.exp(self.tails(theta[None, :], np.arange(reach + 1.0)[None, :])[0][0])
        return np.minimum(np.searchsorted(below, u, side="left"), reach).astype(np.float64)


class PoissonCandidate(_Count):
    """Poisson: the mean."""

    name = "poisson"
    names = ("mean",)
    limits = ((0.0, math.inf),)

    def refusal(self, x: Array) -> str | None:
        """Counts are whole and not negative."""
        return whole_only(x)

    def estimate(self, x: Array, start: Array | None) -> Array:
        """The mean."""
        del start
        return np.asarray(np.maximum(x.mean(axis=1, keepdims=True), 0.1 / x.shape[1]), np.float64)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the probability."""
        mean = column(theta, 0)
        return np.asarray(x * np.log(mean) - mean - gammaln(x + 1.0), np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of P(X <= x) and P(X > x)."""
        mean = column(theta, 0)
        return logarithm(pdtr(x, mean)), logarithm(pdtrc(x, mean))


def whole_only(x: Array) -> str | None:
    """Why a family of counts cannot be fitted."""
    count = int(np.sum((x < 0.0) | (x != np.floor(x))))
    return f"{count} of {x.size} values are not whole numbers of at least 0" if count else None


class NegativeBinomialCandidate(_Count):
    """Negative binomial: mean, and size (variance = mean + mean²/size)."""

    name = "negative_binomial"
    names = ("mean", "size")
    limits = ((0.0, math.inf), (0.1, math.inf))

    def refusal(self, x: Array) -> str | None:
        """Counts that vary no more than a Poisson's need no size."""
        fault = whole_only(x)
        if fault is None and x.var() <= x.mean():
            fault = f"the values vary no more than a Poisson's (variance {x.var():.4g}, mean {x.mean():.4g})"
        return fault

    def estimate(self, x: Array, start: Array | None) -> Array:
        """The mean is the sample's; Newton in log size by the profile likelihood."""
        mean = np.maximum(x.mean(axis=1), 0.1 / x.shape[1])
        if start is None:
            guess = np.log(mean**2 / np.maximum(x.var(axis=1) - mean, 1e-3 * mean))
        else:
            guess = np.full(x.shape[0], math.log(start[1]))
        # sizes in units of the mean, so that one box serves every sample
        bounds = [(math.log(_SMALLEST_SIZE), math.log(_LARGEST_SIZE))]
        found = maximise(_negative_binomial_mean, (guess - np.log(mean))[:, None], bounds, (x, mean))
        return np.stack([mean, mean * np.exp(found[:, 0])], axis=1)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the probability."""
        mean, size = column(theta, 0), column(theta, 1)
        odds = -size * np.log1p(mean / size) + x * np.log(mean / (size + mean))
        return np.asarray(gammaln(x + size) - gammaln(size) - gammaln(x + 1.0) + odds, np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of P(X <= x) and P(X > x)."""
        mean, size = column(theta, 0), column(theta, 1)
        p = size / (size + mean)
        return logarithm(betainc(size, x + 1.0, p)), logarithm(betaincc(size, x + 1.0, p))

    def runaway(self, theta: Array) -> str | None:
        """At the upper bound of the size the family is the Poisson."""
        if theta[1] >= 0.999 * _LARGEST_SIZE * theta[0]:
            return "the values vary no more than a Poisson's (size runs without bound)"
        if theta[1] <= 1.001 * _SMALLEST_SIZE * theta[0]:
            return "the likelihood has no maximum: size runs towards 0"
        return super().runaway(theta)


def _negative_binomial_mean(theta: Array, data: tuple[Array, ...]) -> Array:
    """Profile mean log-likelihood in log(size/mean), less what does not depend on it."""
    x, mean = data
    size = mean * np.exp(theta[:, 0])
    rising = np.mean(gammaln(x + size[:, None]), axis=1) - gammaln(size)
    return np.asarray(rising - size * np.log1p(mean / size) + mean * np.log(mean / (size + mean)), np.float64)
