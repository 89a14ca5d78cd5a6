"""Roots of many rising or falling functions of one number at a time, each within a bracket of its own.

T. R. Chandrupatla (1997), A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function without using
derivatives, Advances in Engineering Software 28, 145-149: inverse quadratic interpolation where three points allow it, else bisection.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simengine.distributions.base import Row

_MOST_STEPS: Final = 200
_CLOSE: Final = 2.2e-16


def find_roots(function: Callable[[Row, Row], Row], low: Row, high: Row, wanted: Row) -> Row:
    """Return x with ``function(x, wanted)`` = 0 between ``low`` and ``high``, all of one shape, to the rounding of x.

    Where the two ends have the same sign (as rounding may leave it next to a root), the end nearer to zero is returned.
    """
    x = np.empty_like(low)
    left = np.arange(low.size)
    a, b = low, high
    fa, fb = function(a, wanted), function(b, wanted)
    same = np.sign(fa) * np.sign(fb) > 0.0
    x[same] = np.where(np.abs(fa) <= np.abs(fb), a, b)[same]
    state = np.stack([a, b, a, fa, fb, fa, np.full_like(a, 0.5)])[:, ~same]
    left = left[~same]
    for _ in range(_MOST_STEPS):
        if not left.size:
            return x
        state, best, done = _step(function, state, wanted[left])
        x[left] = best
        state, left = state[:, ~done], left[~done]
    return x


def _step(function: Callable[[Row, Row], Row], state: Row, wanted: Row) -> tuple[Row, Row, NDArray[np.bool_]]:
    """Return the next state, the best x so far, and which brackets are closed.

    A state is (a, b, c, f(a), f(b), f(c), t): a root lies between a and b, c was left last, the next point is a + t (b - a).
    """
    a, b, c, fa, fb, fc, t = state
    x = a + t * (b - a)
    fx = function(x, wanted)
    stays = np.sign(fx) == np.sign(fa)
    c, fc = np.where(stays, a, b), np.where(stays, fa, fb)
    b, fb = np.where(stays, b, a), np.where(stays, fb, fa)
    a, fa = x, fx
    best, least = np.where(np.abs(fa) <= np.abs(fb), a, b), np.minimum(np.abs(fa), np.abs(fb))
    with np.errstate(all="ignore"):
        limit = _CLOSE * np.abs(best) / np.abs(b - a)
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        quadratic = (phi * phi < xi) & ((1.0 - phi) * (1.0 - phi) < 1.0 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        t = np.where(quadratic & np.isfinite(t), t, 0.5)
        # Never nearer to an end than can be told apart.
        t = np.minimum(np.maximum(t, limit), 1.0 - limit)
    done = (least == 0.0) | ~(limit <= 0.5)
    return np.stack([a, b, c, fa, fb, fc, t]), best, done
