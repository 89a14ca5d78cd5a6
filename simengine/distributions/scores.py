"""Distribution functions of families whose quantile is a smooth function of the normal score of u, by Newton steps."""

from collections.abc import Callable

import numpy as np

from simengine.distributions.base import Row

# Scores beyond this have a probability that float64 cannot hold.
_LARGEST = 38.0
_STEPS = 12


def score_at(y: Row, deviate: Callable[[Row], Row]) -> Row:
    """Return the score z, held to 38 in size, at which ``deviate`` (about z itself, and rising) has the value ``y``."""
    y = np.asarray(y, np.float64)
    z = np.clip(y, -_LARGEST, _LARGEST)
    for _ in range(_STEPS):
        slope = (deviate(z + 1e-3) - deviate(z - 1e-3)) / 2e-3
        last, z = z, np.clip(z - (deviate(z) - y) / slope, -_LARGEST, _LARGEST)
        if np.all(np.abs(z - last) <= 1e-13 * np.abs(z) + 1e-15):
            break
    return np.asarray(z, np.float64)
