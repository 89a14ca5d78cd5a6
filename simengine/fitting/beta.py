"""Candidate beta, between stated ends, or with ends estimated as well."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy.special import betainc, betaincinv, betaln

from simengine.fitting.candidate import Candidate, Ends, column, logarithm, outside
from simengine.fitting.newton import Array, maximise

_SHAPE: Final = (0.2, 1e5)
#: With free ends, shapes below 1 would make the likelihood infinite at an end that meets a value.
_FREE_SHAPE: Final = (1.0, 1e4)
#: How far free ends may lie beyond the extreme values, in ranges of the sample.
_BEYOND: Final = (1e-6, 20.0)
_ANY: Final = (-math.inf, math.inf)


def _start(z: Array) -> Array:
    """Logarithms of the shapes (B, 2) by moments of samples between 0 and 1."""
    mean = z.mean(axis=1)
    total = np.maximum(mean * (1.0 - mean) / np.maximum(z.var(axis=1), 1e-12) - 1.0, 0.1)
    return np.asarray(np.log(np.stack([mean * total, (1.0 - mean) * total], axis=1)), np.float64)


class BetaCandidate(Candidate):
    """Beta between two stated ends (0 and 1 where none are stated)."""

    name = "beta"
    names: tuple[str, ...] = ("alpha", "beta")
    limits: tuple[tuple[float, float], ...] = (_SHAPE, _SHAPE)

    def __init__(self, ends: Ends) -> None:
        self.low = 0.0 if ends.low is None else ends.low
        self.high = 1.0 if ends.high is None else ends.high

    def refusal(self, x: Array) -> str | None:
        """Values outside the ends are impossible; on an end the density is nought or infinite."""
        count = int(np.sum(outside(x, Ends(self.low, self.high))))
        if count:
            return f"{count} of {x.size} values lie outside {self.low:g} to {self.high:g}; state --min and --max"
        count = int(np.sum((x == self.low) | (x == self.high)))
        return f"{count} of {x.size} values lie on the end {self.low:g} or {self.high:g}" if count else None

    def fixed(self) -> Mapping[str, float]:
        """The ends."""
        return {"min": self.low, "max": self.high}

    def _place(self, x: Array) -> Array:
        return np.asarray((x - self.low) / (self.high - self.low), np.float64)

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Newton in the logarithms of the shapes; the sample enters by two mean logarithms."""
        z = self._place(x)
        guess = _start(z) if start is None else np.tile(np.log(start), (x.shape[0], 1))
        data = np.log(z).mean(axis=1), np.log1p(-z).mean(axis=1)
        bounds = [(math.log(_SHAPE[0]), math.log(_SHAPE[1]))] * 2
        return np.exp(maximise(_beta_mean, guess, bounds, data))

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density."""
        return _log_density(column(theta, 0), column(theta, 1), self._place(x), self.high - self.low)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        return _tails(column(theta, 0), column(theta, 1), self._place(x))

    def draw(self, theta: Array, u: Array) -> Array:
        """Inverse of the incomplete beta function, kept off the ends."""
        z = np.clip(betaincinv(theta[0], theta[1], u), 1e-300, 1.0 - 2.0**-53)
        return np.asarray(self.low + (self.high - self.low) * z, np.float64)


def _log_density(a: Array, b: Array, z: Array, width: Array | float) -> Array:
    return np.asarray((a - 1.0) * np.log(z) + (b - 1.0) * np.log1p(-z) - betaln(a, b) - np.log(width), np.float64)


def _tails(a: Array, b: Array, z: Array) -> tuple[Array, Array]:
    z = np.clip(z, 0.0, 1.0)
    return logarithm(betainc(a, b, z)), logarithm(betainc(b, a, 1.0 - z))


def _beta_mean(theta: Array, data: tuple[Array, ...]) -> Array:
    a, b = np.exp(theta[:, 0]), np.exp(theta[:, 1])
    return np.asarray((a - 1.0) * data[0] + (b - 1.0) * data[1] - betaln(a, b), np.float64)


class FreeBetaCandidate(Candidate):
    """Beta whose ends are estimated too; shapes of at least 1, as below the likelihood has no maximum."""

    name = "beta"
    names: tuple[str, ...] = ("alpha", "beta", "min", "max")
    limits: tuple[tuple[float, float], ...] = (_FREE_SHAPE, _FREE_SHAPE, _ANY, _ANY)

    def refusal(self, x: Array) -> str | None:
        """Nothing: the ends follow the values."""
        return None

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Newton in the logarithms of the shapes and of the distances of the ends from the extreme values."""
        low, high = x.min(axis=1), x.max(axis=1)
        z = (x - low[:, None]) / (high - low)[:, None]
        if start is None:
            inner = (z + 0.05) / 1.1
            guess = np.concatenate([_start(inner), np.full((x.shape[0], 2), math.log(0.05))], axis=1)
        else:
            beyond = np.stack([low - start[2], start[3] - high], axis=1) / (high - low)[:, None]
            shapes = np.tile(np.log(start[:2]), (x.shape[0], 1))
            guess = np.concatenate([shapes, np.log(np.maximum(beyond, _BEYOND[0]))], axis=1)
        bounds = [tuple(np.log(_FREE_SHAPE))] * 2 + [tuple(np.log(_BEYOND))] * 2
        found = np.exp(maximise(_free_mean, guess, bounds, (z,)))
        low, high = low - found[:, 2] * (high - low), high + found[:, 3] * (high - low)
        return np.stack([found[:, 0], found[:, 1], low, high], axis=1)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density."""
        width = column(theta, 3) - column(theta, 2)
        return _log_density(column(theta, 0), column(theta, 1), (x - column(theta, 2)) / width, width)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        z = (x - column(theta, 2)) / (column(theta, 3) - column(theta, 2))
        return _tails(column(theta, 0), column(theta, 1), z)

    def draw(self, theta: Array, u: Array) -> Array:
        """Inverse of the incomplete beta function between the ends."""
        return np.asarray(theta[2] + (theta[3] - theta[2]) * betaincinv(theta[0], theta[1], u), np.float64)

    def runaway(self, theta: Array) -> str | None:
        """A shape at a bound: a density that is highest at an end, or ends that run away."""
        if min(theta[:2]) <= _FREE_SHAPE[0] * (1.0 + 1e-6):
            return "the density is highest at an end, which cannot be estimated then; state --min and --max"
        return super().runaway(theta)


def _free_mean(theta: Array, data: tuple[Array, ...]) -> Array:
    a, b, before, after = np.exp(theta).T
    left = np.log(data[0] + before[:, None]).mean(axis=1)
    right = np.log((1.0 + after)[:, None] - data[0]).mean(axis=1)
    return np.asarray((a - 1.0) * left + (b - 1.0) * right - betaln(a, b) - (a + b - 1.0) * np.log1p(before + after), np.float64)
