"""Candidates between two ends that may be estimated: uniform and triangular."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simengine.fitting.candidate import Candidate, Ends, column, logarithm, outside
from simengine.fitting.newton import Array, maximise

_ANY: Final = (-math.inf, math.inf)
#: How far free ends of a triangular may lie beyond the extreme values, in ranges of the sample.
_BEYOND: Final = (1e-9, 20.0)
_ROUNDS: Final = 12


class _Bounded(Candidate):
    """What both share: which ends are stated."""

    def __init__(self, ends: Ends) -> None:
        self.ends = ends
        stated = {"min": ends.low, "max": ends.high}
        self._stated = {name: value for name, value in stated.items() if value is not None}
        self.names = tuple(name for name in self._order() if name not in self._stated)
        self.limits = (_ANY,) * len(self.names)

    def _order(self) -> tuple[str, ...]:
        return ("min", "max")

    def refusal(self, x: Array) -> str | None:
        """Values outside stated ends are impossible."""
        count = int(np.sum(outside(x, self.ends)))
        return f"{count} of {x.size} values lie outside the stated ends" if count else None

    def fixed(self) -> Mapping[str, float]:
        """The stated ends."""
        return self._stated

    def parameters(self, theta: Array) -> dict[str, float]:
        """Every parameter in the order of the family."""
        found = super().parameters(theta)
        return {name: found[name] for name in self._order()}

    def _all(self, theta: Array) -> list[Array]:
        """Every parameter as a column, stated ones too, in the order of the family."""
        rows = theta.shape[0]
        return [
            np.full((rows, 1), self._stated[name]) if name in self._stated else column(theta, self.names.index(name))
            for name in self._order()
        ]


class UniformCandidate(_Bounded):
    """Uniform: the extreme values are the estimates; they approach the ends as fast as 1/n."""

    name = "uniform"
    rate = 1.0

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Smallest and largest value, as far as the ends are not stated."""
        del start
        extremes = {"min": x.min(axis=1), "max": x.max(axis=1)}
        return np.stack([extremes[name] for name in self.names], axis=1) if self.names else np.empty((x.shape[0], 0))

    def for_test(self, theta: Array, n: int) -> Array:
        """Ends one mean gap beyond the extreme values, where they are without bias."""
        low, high = self._all(theta)
        gap = (high - low) / max(n - 1, 1)
        moved = {"min": low - gap, "max": high + gap}
        return np.concatenate([moved[name] for name in self.names], axis=1) if self.names else theta

    def log_density(self, theta: Array, x: Array) -> Array:
        """The same everywhere."""
        low, high = self._all(theta)
        return np.asarray(np.where((x < low) | (x > high), -np.inf, -np.log(high - low)), np.float64)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        low, high = self._all(theta)
        return logarithm((x - low) / (high - low)), logarithm((high - x) / (high - low))

    def draw(self, theta: Array, u: Array) -> Array:
        """The straight line between the ends."""
        low, high = (float(end[0, 0]) for end in self._all(theta[None, :]))
        return np.asarray(low + (high - low) * u, np.float64)


class TriangularCandidate(_Bounded):
    """Triangular: at given ends the best mode is one of the values; ends and mode are improved in turn."""

    name = "triangular"

    def _order(self) -> tuple[str, ...]:
        return ("min", "mode", "max")

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Alternate the mode (the best of the values) and the free ends (Newton), on samples that fill 0 to 1."""
        del start
        first, last = x.min(axis=1), x.max(axis=1)
        width = last - first
        z = np.sort((x - first[:, None]) / width[:, None], axis=1)
        rows = x.shape[0]
        low = np.full(rows, -0.05) if self.ends.low is None else (self.ends.low - first) / width
        high = np.full(rows, 1.05) if self.ends.high is None else (self.ends.high - first) / width
        mode = _best_mode(z, low, high)
        for _ in range(_ROUNDS if self.names != ("mode",) else 0):
            low, high = self._free_ends(z, low, high, mode)
            before, mode = mode, _best_mode(z, low, high)
            if np.array_equal(before, mode):
                break
        found = {"min": first + width * low, "mode": first + width * mode, "max": first + width * high}
        return np.stack([found[name] for name in self.names], axis=1)

    def _free_ends(self, z: Array, low: Array, high: Array, mode: Array) -> tuple[Array, Array]:
        """Best ends at these modes; stated ends stay."""
        free = [end is None for end in self.ends]
        distance = np.stack([-low, high - 1.0], axis=1)
        start = np.log(np.clip(distance, *_BEYOND))[:, free]

        def ends(theta: Array, data: tuple[Array, ...]) -> tuple[Array, Array]:
            parts = iter(np.exp(theta).T)
            return -next(parts) if free[0] else data[2], 1.0 + next(parts) if free[1] else data[3]

        def mean(theta: Array, data: tuple[Array, ...]) -> Array:
            return np.asarray(_triangular_log(data[0], *ends(theta, data), data[1]).mean(axis=1), np.float64)

        data = (z, mode, low, high)
        found = maximise(mean, start, [(math.log(_BEYOND[0]), math.log(_BEYOND[1]))] * sum(free), data, iterations=8)
        return ends(found, data)

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density."""
        low, mode, high = (parameter[:, 0] for parameter in self._all(theta))
        return _triangular_log(x, low, high, mode)

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of both tails."""
        low, mode, high = self._all(theta)
        with np.errstate(invalid="ignore", divide="ignore"):
            below = np.maximum(x - low, 0.0) ** 2 / ((high - low) * (mode - low))
            above = np.maximum(high - x, 0.0) ** 2 / ((high - low) * (high - mode))
        left = x < mode
        return logarithm(np.where(left, below, 1.0 - above)), logarithm(np.where(left, 1.0 - below, above))

    def draw(self, theta: Array, u: Array) -> Array:
        """Square roots on either side of the mode."""
        low, mode, high = (float(parameter[0, 0]) for parameter in self._all(theta[None, :]))
        at = (mode - low) / (high - low)
        rising = low + np.sqrt(u * (high - low) * (mode - low))
        falling = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
        return np.asarray(np.where(u < at, rising, falling), np.float64)

    def runaway(self, theta: Array) -> str | None:
        """Nothing: the likelihood falls as an end runs away from the values."""
        return None


def _triangular_log(x: Array, low: Array, high: Array, mode: Array) -> Array:
    low, high, mode = low[:, None], high[:, None], mode[:, None]
    left: NDArray[np.bool_] = x < mode
    # one division and one logarithm; at the mode itself the ratio is 1 whichever side is degenerate
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(left, x - low, high - x) / np.where(left, mode - low, high - mode)
        ratio = np.where(x == mode, 1.0, ratio)
        return np.asarray(np.log(2.0 * ratio / (high - low)), np.float64)


def _best_mode(z: Array, low: Array, high: Array) -> Array:
    """The value of each sorted sample at which a mode makes the sample likeliest (Oliver 1972; Kotz and van Dorp 2004, 1.2)."""
    n = z.shape[1]
    low, high = low[:, None], high[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        rise, fall = np.log(z - low), np.log(high - z)
        at = np.arange(n)
        before = np.cumsum(rise, axis=1) - rise - at * rise
        after = np.cumsum(fall[:, ::-1], axis=1)[:, ::-1] - fall - (n - 1 - at) * fall
    total = np.nan_to_num(before, nan=0.0, neginf=-1e300) + np.nan_to_num(after, nan=0.0, neginf=-1e300)
    best = np.argmax(total, axis=1)
    return np.asarray(z[np.arange(z.shape[0]), best], np.float64)
