"""A candidate that is known to lie between stated ends: renormalised there, as ``lower`` and ``upper`` of a study file do."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from simengine.fitting.candidate import Candidate, Ends, logarithm, outside
from simengine.fitting.newton import Array, maximise

#: How far a location may move, in scales, and a logarithm, from the fit without ends. Beyond, the ends decide everything:
#: a normal far from its ends is an exponential, and neither its mean nor its sd can be told from the data.
_FAR: Final = 12.0
_LARGE: Final = math.log(100.0)


class TruncatedCandidate(Candidate):
    """Another candidate between stated ends."""

    def __init__(self, inner: Candidate, ends: Ends) -> None:
        self.inner, self.ends = inner, ends
        self.name, self.names, self.limits = inner.name, inner.names, inner.limits

    def refusal(self, x: Array) -> str | None:
        """Values outside the ends, or what keeps the family itself from being fitted."""
        count = int(np.sum(outside(x, self.ends)))
        return f"{count} of {x.size} values lie outside the stated ends" if count else self.inner.refusal(x)

    def fixed(self) -> Mapping[str, float]:
        """The ends as a truncation."""
        ends = {"lower": self.ends.low, "upper": self.ends.high}
        return {**self.inner.fixed(), **{name: end for name, end in ends.items() if end is not None}}

    def _outer(self, theta: Array) -> tuple[Array, Array, Array]:
        """Probabilities below the lower end, above the upper end, and between them, each (B, 1)."""
        nothing = np.zeros((theta.shape[0], 1))
        left = (nothing, nothing + 1.0) if self.ends.low is None else self._at(theta, self.ends.low)
        right = (nothing + 1.0, nothing) if self.ends.high is None else self._at(theta, self.ends.high)
        between = np.where(left[0] > 0.5, left[1] - right[1], right[0] - left[0])
        return left[0], right[1], np.maximum(between, 1e-300)

    def _at(self, theta: Array, end: float) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            below, above = self.inner.tails(theta, np.full((theta.shape[0], 1), end))
        # an end below the support of the family (a lower end of 0 of a gamma) cuts nothing off
        return np.nan_to_num(np.exp(below), nan=0.0), np.nan_to_num(np.exp(above), nan=1.0)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density, larger by what the ends cut off."""
        return np.asarray(self.inner.log_density(theta, x) - np.log(self._outer(theta)[2]), np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails between the ends."""
        below, above, between = self._outer(theta)
        left, right = self.inner.tails(theta, x)
        return logarithm((np.exp(left) - below) / between), logarithm((np.exp(right) - above) / between)

    def draw(self, theta: Array, u: Array) -> Array:
        """The inner family at a uniform between the probabilities of the ends."""
        below, _, between = (float(part[0, 0]) for part in self._outer(theta[None, :]))
        return np.clip(self.inner.draw(theta, np.clip(below + between * u, 1e-300, 1.0 - 2.0**-53)), *self._interval())

    def _interval(self) -> tuple[float, float]:
        low = -math.inf if self.ends.low is None else self.ends.low
        return low, math.inf if self.ends.high is None else self.ends.high

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Newton from the fit without ends; not a number where the parameters run away from it."""
        base = self.inner.estimate(x, start)
        spread = base[:, -1]
        is_location = np.array([low == -math.inf for low, _ in self.limits])

        def natural(step: Array, base: Array, spread: Array) -> Array:
            return np.where(is_location, base + spread[:, None] * step, base * np.exp(np.where(is_location, 0.0, step)))

        def mean(step: Array, data: tuple[Array, ...]) -> Array:
            return np.asarray(self.log_density(natural(step, data[1], data[2]), data[0]).mean(axis=1), np.float64)

        guess = np.zeros_like(base) if start is None else self._back(start, base, spread, is_location)
        far = np.where(is_location, _FAR, _LARGE)
        found = maximise(mean, guess, [(-float(end), float(end)) for end in far], (x, base, spread))
        estimates = natural(found, base, spread)
        return np.where(np.any(np.abs(found) >= far * (1.0 - 1e-6), axis=1, keepdims=True), np.nan, estimates)

    def _back(self, start: Array, base: Array, spread: Array, is_location: Array) -> Array:
        with np.errstate(all="ignore"):
            step = np.where(is_location, (start - base) / spread[:, None], np.log(start / base))
        return np.nan_to_num(step)

    def runaway(self, theta: Array) -> str | None:
        """Parameters that ran away, or those of the family itself."""
        if not np.all(np.isfinite(theta)):
            return "between these ends the parameters run away: the data do not tell this family's shape"
        return self.inner.runaway(theta)
