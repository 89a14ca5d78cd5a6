"""The neighbourhood of a cut: distance from it against probability, with no cancellation however near the cut.

Next to a cut at c the probability w between c and x is a difference of two numbers that are nearly equal, and loses its digits as
w goes to 0. There the distance is d = w r(w) with r smooth: r is the polynomial through Chebyshev points on a stretch of
w where the difference still has its digits, extended to w = 0.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.distributions.base import Row

_POINTS: Final = 10
# The stretch of w that r is fitted on, in units of the probability over which the density changes.
_FROM, _TO = 2.0**-7, 2.0**-2
_PASSES: Final = 12
_TRIED: Final = 4


@dataclass(frozen=True)
class Edge:
    """Distance from a cut at probabilities ``w`` <= ``reach`` from it, and the inverse for distances <= ``width``."""

    reach: float
    width: float
    _scale: float
    _series: Row

    def distance(self, w: Row) -> Row:
        """Return the distance from the cut within which the probability ``w`` lies."""
        return w * self._ratio(w)

    def probability(self, d: Row) -> Row:
        """Return the probability within the distance ``d`` of the cut: the fixed point of w = d / r(w)."""
        w = d / self._ratio(np.zeros_like(d))
        for _ in range(_PASSES):
            w = d / self._ratio(w)
        return w

    def _ratio(self, w: Row) -> Row:
        """Return r(w), by Clenshaw's sum."""
        s = (w / self._scale - 0.5 * (_FROM + _TO)) / (0.5 * (_TO - _FROM))
        later, last = np.zeros_like(s), np.zeros_like(s)
        for c in self._series[:0:-1]:
            later, last = c + 2.0 * s * later - last, later
        return np.asarray(self._series[0] + s * later - last, np.float64)


def fit_edge(distance: Callable[[Row], Row], scale: float, noise: float) -> Edge | None:
    """Return the neighbourhood of a cut, or None where the distance is not smooth in w.

    Parameters
    ----------
    distance
        The distance from the cut by differences, at probabilities w.
    scale
        Probability over which the density is expected to change, at most 1; where it changes faster, less is tried.
    noise
        Absolute error of w in ``distance``.
    """
    tried = (_fit(distance, scale / 8.0**k, noise) for k in range(_TRIED))
    return next((edge for edge in tried if edge is not None), None)


def _fit(distance: Callable[[Row], Row], scale: float, noise: float) -> Edge | None:
    """Return the polynomial for one scale if it continues the distance towards the cut."""
    k = np.arange(_POINTS)
    angle = math.pi * (2 * k + 1) / (2 * _POINTS)
    w = scale * (0.5 * (_FROM + _TO) + 0.5 * (_TO - _FROM) * np.cos(angle))
    ratio = distance(w) / w
    series = np.array([(2.0 if j else 1.0) / _POINTS * float((ratio * np.cos(j * angle)).sum()) for j in k])
    edge = Edge(_FROM * scale, float(distance(np.array([_FROM * scale]))[0]), scale, series)
    checked = _FROM * scale * 2.0 ** -np.arange(0.5, 4.0)
    wanted = distance(checked)
    if not (np.isfinite(series).all() and np.all(wanted > 0.0)):
        return None
    error = np.abs(edge.distance(checked) / wanted - 1.0)
    return edge if np.all(error < 1e-9 + 1024.0 * noise / checked) else None
