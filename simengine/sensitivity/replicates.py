"""Sixteen groups of points behind every interval, and what a reader may conclude from one.

With ``sobol`` the groups are the replicates, scrambled independently of each other: point n belongs to group n % 16. With ``random`` any
split is one of independent points, and n % 16 is taken too. With ``lhs`` points of one hypercube belong together: whole batches of 256 go
to group (n // 256) % 16. Fewer than 16 batches are split as n % 16: parts of a hypercube lie further apart than independent points would,
so intervals are then too wide rather than too narrow.

The error of any function of means (a ratio, a share of variance) is found by leaving out each group in turn: the jackknife (Tukey 1958;
Efron and Stein 1981, Annals of Statistics 9, 586-596), with Student's t for so few groups.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.sensitivity.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Codes, Measures, Output
from simengine.statistics.standard_error import BATCH, REPLICATES

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LEVEL = 0.95


def group_of(sampler: str, points: int, first: int, count: int) -> Places:
    """Group 0 ... 15 of the points ``first`` ... ``first + count - 1`` of a run of so many ``points``."""
    n = np.arange(first, first + count, dtype=np.int64)
    if sampler == "lhs" and points >= REPLICATES * BATCH:
        return n // BATCH % REPLICATES
    return n % REPLICATES


class Estimates(NamedTuple):
    """Estimates and their standard errors, any shape; ``groups`` is how many groups had points."""

    value: Array
    error: Array
    groups: int


def jackknife(sums: Array, counts: Array, statistic: Callable[[Array, Array], Array]) -> Estimates:
    """A statistic of sums over points and its error.

    ``sums`` has the groups (16) as its last dimension and ``counts`` is the number of points in each. ``statistic(sums, counts)`` gets the
    sums of all points first, then those without each of the groups that has any, in the last dimension, and keeps that dimension.
    """
    used = np.flatnonzero(counts > 0)
    groups = used.size
    if groups == 0:
        shape = statistic(sums[..., :1], np.ones(1)).shape[:-1]
        return Estimates(np.full(shape, np.nan), np.full(shape, np.nan), 0)
    total, number = sums[..., used].sum(axis=-1, keepdims=True), counts[used].sum(keepdims=True)
    if groups == 1:
        value = statistic(total, number)[..., 0]
        return Estimates(value, np.full(value.shape, np.nan), 1)
    found = statistic(np.concatenate([total, total - sums[..., used]], axis=-1), np.concatenate([number, number - counts[used]]))
    apart = found[..., 1:] - found[..., 1:].mean(axis=-1, keepdims=True)
    return Estimates(found[..., 0], np.sqrt((groups - 1) / groups * (apart * apart).sum(axis=-1)), groups)


def judged(found: Estimates, varies: Flags, touched: Flags | None = None) -> tuple[Array, Array, Array, Codes]:
    """Value, ends of the 95 % interval, and verdict.

    ``varies`` (broadcast against the values) marks the outputs that vary at all, ``touched`` those on which a unit has any effect beyond
    rounding: elsewhere the value is 0, for certain. With fewer than two groups, or a value that is not finite, nothing is known.
    """
    from scipy.special import stdtrit

    value, low, high = found.value.copy(), np.full(found.value.shape, np.nan), np.full(found.value.shape, np.nan)
    verdict = np.full(value.shape, NOT_KNOWN, dtype=np.uint8)
    known = np.isfinite(value) & np.isfinite(found.error)
    if found.groups >= 2:
        half = float(stdtrit(found.groups - 1, 0.5 + LEVEL / 2.0)) * found.error[known]
        low[known], high[known] = value[known] - half, value[known] + half
        verdict[known] = np.where((low[known] > 0.0) | (high[known] < 0.0), PLAIN, NOT_DISTINGUISHABLE)
    if found.groups >= 1:
        for none, code in ((touched, NOT_DISTINGUISHABLE), (varies, NO_VARIATION)):
            still = np.broadcast_to(np.asarray(False if none is None else ~none), value.shape)
            value[still] = low[still] = high[still] = 0.0
            verdict[still] = code
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
    """Quotients; NaN, without a warning, where the divisor is 0 or the quotient is not a number."""
    good = np.broadcast_to(np.isfinite(below) & (below != 0.0), np.broadcast_shapes(above.shape, below.shape))
    found: Array = np.divide(above, below, out=np.full(good.shape, np.nan), where=good)
    return found
