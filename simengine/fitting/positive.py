"""Candidates for positive values with a shape and a scale: gamma and Weibull, each by its profile likelihood in the shape."""

from typing import Final

import numpy as np
from scipy.special import gammainc, gammaincc, gammaincinv, gammaln

from simengine.fitting.candidate import Candidate, column, logarithm
from simengine.fitting.location_scale import positive_only
from simengine.fitting.newton import Array, maximise

_GAMMA_SHAPE: Final = (0.2, 1e6)
_WEIBULL_SHAPE: Final = (0.2, 100.0)
_SCALE: Final = (0.0, np.inf)


class GammaCandidate(Candidate):
    """Gamma: shape and scale. The mean is estimated by the sample's, the shape from mean and mean logarithm."""

    name = "gamma"
    names = ("shape", "scale")
    limits = (_GAMMA_SHAPE, _SCALE)

    def refusal(self, x: Array) -> str | None:
        """Nought or less is impossible."""
        return positive_only(x)

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Newton in log shape."""
        del start
        mean = x.mean(axis=1)
        gap = np.maximum(np.log(mean) - np.log(x).mean(axis=1), 1e-12)
        # Minka's start (2002, Estimating a gamma distribution): within 1.5 % of the estimate
        guess = (3.0 - gap + np.sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap)
        shape = np.exp(maximise(_gamma_mean, np.log(guess)[:, None], [_logs(_GAMMA_SHAPE)], (gap,))[:, 0])
        return np.stack([shape, mean / shape], axis=1)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density."""
        shape, scale = column(theta, 0), column(theta, 1)
        return np.asarray((shape - 1.0) * np.log(x) - x / scale - gammaln(shape) - shape * np.log(scale), np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        z = x / column(theta, 1)
        return logarithm(gammainc(column(theta, 0), z)), logarithm(gammaincc(column(theta, 0), z))

    def draw(self, theta: Array, u: Array) -> Array:
        """Scale times the inverse of the incomplete gamma function."""
        return np.asarray(theta[1] * gammaincinv(theta[0], u), np.float64)


def _logs(limits: tuple[float, float]) -> tuple[float, float]:
    return float(np.log(limits[0])), float(np.log(limits[1]))


def _gamma_mean(theta: Array, data: tuple[Array, ...]) -> Array:
    """Profile mean log-likelihood in log shape, less what does not depend on it."""
    shape = np.exp(theta[:, 0])
    return np.asarray(shape * (theta[:, 0] - 1.0 - data[0]) - gammaln(shape), np.float64)


class WeibullCandidate(Candidate):
    """Weibull: shape and scale."""

    name = "weibull"
    names = ("shape", "scale")
    limits = (_WEIBULL_SHAPE, _SCALE)

    def refusal(self, x: Array) -> str | None:
        """Nought or less is impossible."""
        return positive_only(x)

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Newton in log shape, on logarithms less their mean so that no power overflows."""
        del start
        logs = np.log(x)
        middle = logs.mean(axis=1)
        centred = logs - middle[:, None]
        guess = np.log(1.2 / np.maximum(centred.std(axis=1), 1e-12))
        shape = np.exp(maximise(_weibull_mean, guess[:, None], [_logs(_WEIBULL_SHAPE)], (centred,))[:, 0])
        power = np.log(np.mean(np.exp(shape[:, None] * centred), axis=1)) / shape
        return np.stack([shape, np.exp(middle + power)], axis=1)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density."""
        shape, scale = column(theta, 0), column(theta, 1)
        logs = np.log(x / scale)
        return np.asarray(np.log(shape / scale) + (shape - 1.0) * logs - np.exp(shape * logs), np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        hazard = np.exp(column(theta, 0) * np.log(x / column(theta, 1)))
        return logarithm(-np.expm1(-hazard)), np.asarray(np.maximum(-hazard, -745.0), np.float64)

    def draw(self, theta: Array, u: Array) -> Array:
        """Scale (-log(1 - u))^(1/shape)."""
        return np.asarray(theta[1] * (-np.log1p(-u)) ** (1.0 / theta[0]), np.float64)


def _weibull_mean(theta: Array, data: tuple[Array, ...]) -> Array:
    """Profile mean log-likelihood in log shape, less what does not depend on it; data: logarithms less their mean."""
    powers = np.exp(np.exp(theta) * data[0])
    return np.asarray(theta[:, 0] - np.log(powers.mean(axis=1)), np.float64)
