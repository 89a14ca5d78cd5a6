"""``Measures`` of estimates and the half widths of their intervals: what a reader may conclude of each, and what never varies."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from simengine.sensitivity_analysis.blocks import Flags
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Array, Codes, Measures, Output

Estimates = tuple[Array, Array]


def judged(found: Estimates, varies: Flags, touched: Flags | None = None) -> tuple[Array, Array, Array, Codes]:
    """Value, ends of the interval, and verdict of estimates and half widths of any shape.

    ``varies`` (broadcast against them) marks the outputs that vary at all: of others nothing is known but that there is no effect.
    ``touched`` marks where a unit has any effect beyond rounding: elsewhere the value is 0, for certain.
    """
    value, half = found[0].copy(), found[1].copy()
    if touched is not None:
        value[~touched] = half[~touched] = 0.0
    still = np.broadcast_to(~varies, value.shape)
    value[still] = half[still] = np.nan
    low, high = value - half, value + half
    verdict = np.full(value.shape, PLAIN, dtype=np.uint8)
    verdict[(low <= 0.0) & (high >= 0.0)] = NOT_DISTINGUISHABLE
    verdict[~np.isfinite(low)] = NOT_KNOWN
    verdict[still] = NO_VARIATION
    return value, low, high, verdict


def measured(
    method: str,
    found: Sequence[tuple[str, Estimates]],
    varies: Flags,
    units: tuple[str, ...],
    outputs: tuple[Output, ...],
    touched: Flags | None = None,
    **further: Any,
) -> Measures:
    """``Measures`` of estimates by name, each of shape (unit, output); ``further`` is what else ``Measures`` takes."""
    parts = [judged(estimates, varies, touched) for _, estimates in found]
    value, low, high = (np.stack([part[k] for part in parts]).astype(np.float64) for k in range(3))
    verdict = np.stack([part[3] for part in parts])
    return Measures(method, tuple(name for name, _ in found), units, outputs, value, low, high, verdict, **further)


def divided(above: Array, below: Array) -> Array:
    """Quotients; NaN, without a warning, where the divisor is 0 or not a number."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    good = np.broadcast_to(np.isfinite(below) & (below != 0.0), shape)
    found: Array = np.divide(above, below, out=np.full(shape, np.nan), where=good)
    return found
