"""Paths over the years as the engine draws them: scores carried from year to year, or values that add up (docs/study-file.md, Paths)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from simengine.engine.variates_builder import Carry
from simengine.study.numbers import Uncertain

#: Paths whose values add up from year to year.
SUMMED = ("random_walk", "mean_reversion")


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


def ar1_carries(spec: Uncertain, first: Any, years: int) -> list[Carry]:
    """The carries of an ``ar1`` path whose distribution in year 1 is ``first``."""
    from simengine.study.plan import start_score

    return carries(yearly(spec.rho, years), None if spec.start is None else start_score(first, spec.start))


def sums(spec: Uncertain, years: int) -> tuple[Sequence[float], Sequence[float]]:
    """What is kept of the year before, and what is added besides the draw, in each year of a walk or a mean reversion."""
    if spec.path == "random_walk":
        return (1.0,) * years, (float(spec.start or 0.0), *(0.0,) * (years - 1))
    level, speed = np.array(yearly(spec.level, years)), np.array(yearly(spec.speed, years))
    start = float(level[0]) if spec.start is None else float(spec.start)
    keep, add = 1.0 - speed, speed * level
    # the first year rests on the start, a constant
    add[0] += keep[0] * start
    return tuple(keep), tuple(add)
