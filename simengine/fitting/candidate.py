"""What a family must be able to do to be fitted: many samples at once, one per row."""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.fitting.newton import Array

#: A logarithm of a probability that is zero in float64.
_NEVER: Final = -745.0


class Ends(NamedTuple):
    """Smallest and largest possible value as far as they are known; None: not known."""

    low: float | None = None
    high: float | None = None


class Candidate:
    """A family to fit; ``theta`` holds its parameters (B, k) in the order of ``names``, ``x`` samples (B, n), one per row."""

    name: str
    #: Names of the estimated parameters in a study file.
    names: tuple[str, ...]
    #: Range of each estimated parameter; what lies outside is no estimate but a runaway.
    limits: tuple[tuple[float, float], ...]
    #: A standard error falls as n to minus this power.
    rate: float = 0.5
    is_count: bool = False

    def refusal(self, x: Array) -> str | None:
        """Why the family cannot be fitted to the values ``x`` (n); None when it can."""
        raise NotImplementedError

    def estimate(self, x: Array, start: Array | None) -> Array:
        """Maximum likelihood estimates (B, k); ``start`` (k) is a guess for all rows."""
        raise NotImplementedError

    def log_density(self, theta: Array, x: Array) -> Array:
        """Logarithm of the density or probability at ``x`` (B, n)."""
        raise NotImplementedError

    def tails(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Logarithms of F(x) and 1 - F(x), (B, n), each exact in its own tail."""
        raise NotImplementedError

    def draw(self, theta: Array, u: Array) -> Array:
        """Values of the distribution with parameters ``theta`` (k) at the uniforms ``u`` (any shape)."""
        raise NotImplementedError

    def fixed(self) -> Mapping[str, float]:
        """Parameters that were stated, not estimated."""
        return {}

    def for_test(self, theta: Array, n: int) -> Array:
        """Parameters at which goodness of fit is measured: the estimates, unless they put the data on an end of the support."""
        del n
        return theta

    def log_likelihood(self, theta: Array, x: Array) -> float:
        """Log-likelihood of one sample ``x`` (n) at ``theta`` (k)."""
        with np.errstate(all="ignore"):
            return float(np.sum(self.log_density(theta[None, :], x[None, :])))

    def runaway(self, theta: Array) -> str | None:
        """Why estimates are no maximum of the likelihood, in words; None when they are one."""
        for name, value, (low, high) in zip(self.names, theta, self.limits, strict=True):
            if not math.isfinite(value):
                return f"the likelihood has no maximum: {name} is not finite"
            if value >= high * (1.0 - 1e-6) or value <= low * (1.0 + 1e-6) + 1e-300:
                return f"no maximum of the likelihood within what can be sampled: {name} stops at {value:.3g}"
        return None

    def parameters(self, theta: Array) -> dict[str, float]:
        """Every parameter as the study file names it."""
        return {**{name: float(value) for name, value in zip(self.names, theta, strict=True)}, **self.fixed()}


def logarithm(p: ArrayLike) -> Array:
    """Logarithm of a probability; that of zero is that of the smallest float64."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log(p), _NEVER), np.float64)


def column(theta: Array, i: int) -> Array:
    """Parameter ``i`` as a column (B, 1), to stand beside samples (B, n)."""
    return theta[:, i : i + 1]


def outside(x: Array, ends: Ends) -> NDArray[np.bool_]:
    """Which values lie outside the stated ends."""
    low = -math.inf if ends.low is None else ends.low
    high = math.inf if ends.high is None else ends.high
    return np.asarray((x < low) | (x > high))
