"""Paths over the years as the engine draws them: scores carried from year to year, or values that add up (docs/study-file.md, Paths)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from simengine.engine.variates_builder import Carry
from simengine.study.numbers import Uncertain

#: Paths whose values add up from year to year.
SUMMED = ("random_walk", "mean_reversion")
#: Normal score from which a path goes on that was observed at or beyond an end of its distribution: one draw in 740 lies further out.
OUTSIDE = 3.0


def yearly(value: float | Sequence[float] | None, years: int, default: float = 0.0) -> tuple[float, ...]:
    """A path parameter as one value per year."""
    if isinstance(value, Sequence):
        return tuple(float(one) for one in value)
    return (default if value is None else float(value),) * years


def carries(rho: Sequence[float], start_score: float | None) -> list[Carry]:
    """How the score of each year rests on the one before: z[t] = rho[t] z[t-1] + sqrt(1 - rho[t]^2) e[t].

    ``start_score`` is the score of the base year; None for a path that is stationary, whose first year is drawn freely.
    """
    found = [Carry(r, math.sqrt(1.0 - r * r)) for r in rho]
    fresh = 1.0 if start_score is None else found[0].fresh
    found[0] = Carry(0.0, fresh, 0.0 if start_score is None else rho[0] * start_score)
    return found


def ar1_carries(spec: Uncertain, built: Sequence[Any], years: int) -> list[Carry]:
    """The carries of an ``ar1`` path; ``built`` is its distribution, or one per year. It goes on from the last value observed."""
    from simengine.study.plan import start_score

    rho, seen = yearly(spec.rho, years), len(spec.actual)
    found = carries(rho, None if spec.start is None else start_score(built[0], spec.start))
    if 0 < seen < years:
        score = start_score(built[min(seen, len(built)) - 1], spec.actual[-1])
        score = score if math.isfinite(score) else math.copysign(OUTSIDE, score)
        found[seen] = Carry(0.0, math.sqrt(1.0 - rho[seen] * rho[seen]), rho[seen] * score)
    return found


def sums(spec: Uncertain, years: int) -> tuple[Sequence[float], Sequence[float]]:
    """What is kept of the year before, and what is added besides the draw, in each year of a walk or a mean reversion.

    It goes on from the last value observed: the year after keeps nothing drawn, and adds what it would have kept of that value.
    """
    keep, add = (np.array(one, dtype=np.float64) for one in _unobserved_sums(spec, years))
    seen = len(spec.actual)
    if 0 < seen < years:
        add[seen] += keep[seen] * spec.actual[-1]
        keep[seen] = 0.0
    return tuple(keep), tuple(add)


def _unobserved_sums(spec: Uncertain, years: int) -> tuple[Sequence[float], Sequence[float]]:
    if spec.path == "random_walk":
        return (1.0,) * years, (float(spec.start or 0.0), *(0.0,) * (years - 1))
    level, speed = np.array(yearly(spec.level, years)), np.array(yearly(spec.speed, years))
    start = float(level[0]) if spec.start is None else float(spec.start)
    keep, add = 1.0 - speed, speed * level
    # the first year rests on the start, a constant
    add[0] += keep[0] * start
    return tuple(keep), tuple(add)
