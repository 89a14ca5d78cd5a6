"""Paths over the years: scores carried from year to year, values that add up, and plan values (docs/study-file.md, Paths)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from .law_of import law_of
from .laws import Law, Row

SUMS = ("random_walk", "mean_reversion")


def path_of(spec: dict) -> str:
    """The path of a driver."""
    return spec.get("path", "constant")


def is_by_year(spec: dict) -> bool:
    """Whether a driver is drawn in each year."""
    return path_of(spec) != "constant"


def yearly(value: Any, t: int) -> float:
    """A number of a path in year t."""
    return float(value[t - 1] if isinstance(value, list) else value)


def start_score(spec: dict) -> float:
    """The normal score of the value of the base year under the law of year 1, from the nearer tail."""
    law, start = law_of(spec, 1), np.array(float(spec["start"]))
    low, high = float(law.cdf(start)), float(law.sf(start))
    return float(ndtri(low) if low < high else -ndtri(high))


def carried(spec: dict, fresh: Row) -> Row:
    """The scores of an ar1 path from its innovations, both (year, draw)."""
    found = np.empty_like(fresh)
    before = np.full(fresh.shape[1], start_score(spec)) if "start" in spec else None
    for k in range(len(fresh)):
        rho = yearly(spec["rho"], k + 1)
        found[k] = fresh[k] if before is None else rho * before + math.sqrt(1 - rho * rho) * fresh[k]
        before = found[k]
    return found


def summed(spec: dict, steps: Row) -> Row:
    """The values of a walk or a mean reversion from its steps or shocks, both (year, …)."""
    found = np.empty_like(steps)
    reverts = path_of(spec) == "mean_reversion"
    before: Any = spec.get("start", yearly(spec["level"], 1) if reverts else 0.0)
    for k in range(len(steps)):
        if reverts:
            level, speed = yearly(spec["level"], k + 1), yearly(spec["speed"], k + 1)
            before = before + speed * (level - before)
        found[k] = before + steps[k]
        before = found[k]
    return found


class GivenStart(Law):
    """The law of F^-1(Phi(z)) with z normal about a mean: a year of an ar1 path given its start."""

    def __init__(self, law: Law, mean: float, sd: float):
        self.law, self.m, self.s = law, mean, sd
        self.low, self.high, self.is_discrete = law.low, law.high, law.is_discrete

    def _score(self, x: Any) -> Row:
        low, high = self.law.cdf(x), self.law.sf(x)
        return (np.where(low < high, ndtri(low), -ndtri(high)) - self.m) / self.s

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        return ndtr(self._score(x))

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return ndtr(-self._score(x))

    def quantile(self, u: Any) -> Row:
        """From the score of u."""
        z = self.m + self.s * ndtri(u)
        return self.law.at(ndtr(z), ndtr(-z))

    def isf(self, v: Any) -> Row:
        """From the score of 1 - v."""
        z = self.m - self.s * ndtri(v)
        return self.law.at(ndtr(z), ndtr(-z))

    def breaks(self) -> list[float]:
        """Those of the law."""
        return self.law.breaks()


def means(spec: dict, years: int) -> list[float]:
    """The mean of a driver in each year, given the start of its path."""
    each = [law_of(spec, t).mean() for t in range(1, years + 1)]
    if path_of(spec) in SUMS:
        return [float(value) for value in summed(spec, np.array(each))]
    if path_of(spec) == "ar1" and "start" in spec:
        left, score, found = 1.0, start_score(spec), []
        for t in range(1, years + 1):
            left *= yearly(spec["rho"], t)
            law = law_of(spec, t)
            z = np.array(score * left)
            found.append(GivenStart(law, float(z), math.sqrt(1 - left**2)).mean() if abs(left) < 1 else float(law.at(ndtr(z), ndtr(-z))))
        return found
    return each


def plan_of(spec: dict, years: int) -> list[float]:
    """The plan value of a driver in each year: what it states, or its mean."""
    if "plan" in spec:
        return [yearly(spec["plan"], t) for t in range(1, years + 1)]
    return means(spec, years)
