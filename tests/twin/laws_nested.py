"""Laws made of others or of data: truncation by its definition, mixtures by halving on the distribution function, empirical lists."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .laws import Law, Row
from .laws_discrete import Count


class Truncated(Law):
    """What is left of a law within [lower, upper], scaled up to one."""

    def __init__(self, law: Law, lower: float, upper: float):
        self.law, self.is_discrete = law, law.is_discrete
        self.low, self.high = max(lower, law.low), min(upper, law.high)
        self.before = float(law.below(np.array(self.low))) if lower > -math.inf else 0.0
        self.after = float(law.sf(np.array(self.high))) if upper < math.inf else 0.0
        if self.before > 0.5:
            self.mass = float(law.from_(np.array(self.low))) - self.after
        elif self.after > 0.5:
            self.mass = float(law.cdf(np.array(self.high))) - self.before
        else:
            self.mass = 1.0 - self.before - self.after

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        return self._left(x, self.law.cdf, self.law.sf)

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return self._right(x, self.law.cdf, self.law.sf)

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        return np.where(np.asarray(x, float) <= self.low, 0.0, self._left(x, self.law.below, self.law.from_))

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return np.where(np.asarray(x, float) <= self.low, 1.0, self._right(x, self.law.below, self.law.from_))

    def _left(self, x: Any, left: Any, right: Any) -> Row:
        """The probability on the left, counted from the tail of the whole law that leaves its digits."""
        x = np.asarray(x, float)
        held = np.clip(x, self.low, self.high)
        share = (self.mass + self.after - right(held) if self.before > 0.5 else left(held) - self.before) / self.mass
        return np.where(x < self.low, 0.0, np.where(x > self.high, 1.0, np.clip(share, 0.0, 1.0)))

    def _right(self, x: Any, left: Any, right: Any) -> Row:
        """The probability on the right, in the same way."""
        x = np.asarray(x, float)
        held = np.clip(x, self.low, self.high)
        share = (self.mass + self.before - left(held) if self.after > 0.5 else right(held) - self.after) / self.mass
        return np.where(x < self.low, 1.0, np.where(x > self.high, 0.0, np.clip(share, 0.0, 1.0)))

    def quantile(self, u: Any) -> Row:
        """The law's own quantile at the probability that u stands for."""
        u = np.asarray(u, float)
        return self._place(u, 1.0 - u)

    def isf(self, v: Any) -> Row:
        """The same counted from above."""
        v = np.asarray(v, float)
        return self._place(1.0 - v, v)

    def _place(self, p: Row, q: Row) -> Row:
        if self.before > 0.5:
            found = self.law.isf(self.after + q * self.mass)
        elif self.after > 0.5:
            found = self.law.quantile(self.before + p * self.mass)
        else:
            found = self.law.at(self.before + p * self.mass, self.after + q * self.mass)
        return np.clip(found, self.low, self.high)

    def breaks(self) -> list[float]:
        """Those of the law that are left, and the ends."""
        return sorted({x for x in [*self.law.breaks(), self.low, self.high] if self.low <= x <= self.high})

    def mean(self) -> float:
        """Of a mixture part by part; of separate values by summing; else by quadrature."""
        if isinstance(self.law, Mixture):
            parts = [(weight, Truncated(part, self.low, self.high)) for part, weight in zip(self.law.parts, self.law.weights, strict=True)]
            parts = [(weight * part.mass, part) for weight, part in parts if part.low <= part.high and part.mass > 0]
            return math.fsum(weight * part.mean() for weight, part in parts) / math.fsum(weight for weight, _ in parts)
        if self.low == self.high:
            return self.low
        if self.is_discrete:
            values = np.array(self.breaks())
            if isinstance(self.law, Count):
                values = np.arange(math.ceil(self.low), min(float(self.law.isf(1e-18)), self.high) + 1)
            return math.fsum((values * (self.cdf(values) - self.below(values))).tolist())
        return super().mean()


class Certain(Law):
    """A number."""

    is_discrete = True

    def __init__(self, value: float):
        self.low = self.high = float(value)

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        return np.where(np.asarray(x, float) >= self.low, 1.0, 0.0)

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return 1.0 - self.cdf(x)

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        return np.where(np.asarray(x, float) > self.low, 1.0, 0.0)

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return 1.0 - self.below(x)

    def quantile(self, u: Any) -> Row:
        """The number."""
        return np.full(np.shape(u), self.low)

    def isf(self, v: Any) -> Row:
        """The number."""
        return np.full(np.shape(v), self.low)

    def mean(self) -> float:
        """The number."""
        return self.low


class Mixture(Law):
    """One law or another: F is the weighted sum of theirs. A pool of experts and an event are mixtures."""

    def __init__(self, parts: list[Law], weights: list[float]):
        self.parts, self.weights = parts, weights
        self.low, self.high = min(part.low for part in parts), max(part.high for part in parts)
        self.is_discrete = all(part.is_discrete for part in parts)

    def _sum(self, name: str, x: Any) -> Row:
        values = [weight * getattr(part, name)(x) for part, weight in zip(self.parts, self.weights, strict=True)]
        return np.sum(values, axis=0)

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        return self._sum("cdf", x)

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return self._sum("sf", x)

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        return self._sum("below", x)

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return self._sum("from_", x)

    def quantile(self, u: Any) -> Row:
        """By halving, down to neighbouring numbers."""
        u = np.asarray(u, float)
        ends = [part.quantile(u) for part in self.parts]
        return halved(lambda x: self.cdf(x) >= u, np.min(ends, axis=0), np.max(ends, axis=0))

    def isf(self, v: Any) -> Row:
        """By halving, down to neighbouring numbers."""
        v = np.asarray(v, float)
        ends = [part.isf(v) for part in self.parts]
        return halved(lambda x: self.sf(x) <= v, np.min(ends, axis=0), np.max(ends, axis=0))

    def mean(self) -> float:
        """The weighted sum of the means."""
        return math.fsum(weight * part.mean() for part, weight in zip(self.parts, self.weights, strict=True))

    def breaks(self) -> list[float]:
        """Those of every part."""
        found = {x for part in self.parts for x in part.breaks()} | {part.low for part in self.parts if isinstance(part, Certain)}
        return sorted(found)


def halved(reached: Any, low: Row, high: Row) -> Row:
    """The smallest number for which something holds, which holds at `high`: by halving from `low`."""
    # The answer may be `low` itself: start below it.
    low = np.nextafter(low, -np.inf)
    for _ in range(120):
        middle = low + (high - low) / 2
        stop = (middle <= low) | (middle >= high)
        if np.all(stop):
            break
        found = reached(middle)
        high, low = np.where(found & ~stop, middle, high), np.where(found | stop, low, middle)
    # Next to 0 numbers go on halving for long.
    return np.where((np.abs(high) < 1e-30) & reached(np.zeros_like(high)), 0.0, high)


class Lines(Law):
    """Straight lines between ordered values, the i-th of n at (i - 1)/(n - 1)."""

    def __init__(self, values: list[float]):
        self.values = np.sort(np.asarray(values, float))
        self.low, self.high = float(self.values[0]), float(self.values[-1])
        self.places = np.arange(len(values)) / (len(values) - 1)

    def _place(self, x: Any, side: str) -> Row:
        """The place of x on the lines; of equal values the last one (right) or the first (left)."""
        x = np.asarray(x, float)
        k = np.clip(np.searchsorted(self.values, x, side=side) - 1, 0, len(self.values) - 2)
        left, right = self.values[k], self.values[k + 1]
        share = np.clip((x - left) / np.where(right > left, right - left, 1.0), 0.0, 1.0)
        share = np.where((right == left) & (x >= left), 1.0 if side == "right" else 0.0, share)
        return np.clip((k + share) / (len(self.values) - 1), 0.0, 1.0)

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        x = np.asarray(x, float)
        return np.where(x >= self.high, 1.0, np.where(x < self.low, 0.0, self._place(x, "right")))

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return 1.0 - self.cdf(x)

    def below(self, x: Any) -> Row:
        """P(X < x)."""
        x = np.asarray(x, float)
        return np.where(x > self.high, 1.0, np.where(x <= self.low, 0.0, self._place(x, "left")))

    def from_(self, x: Any) -> Row:
        """P(X >= x)."""
        return 1.0 - self.below(x)

    def quantile(self, u: Any) -> Row:
        """The value at the place u."""
        return np.interp(np.asarray(u, float), self.places, self.values)

    def isf(self, v: Any) -> Row:
        """The value at the place 1 - v."""
        return np.interp(np.asarray(v, float), self.places, self.values[::-1])

    def mean(self) -> float:
        """The mean of the lines."""
        return math.fsum(((self.values[1:] + self.values[:-1]) / 2).tolist()) / (len(self.values) - 1)

    def breaks(self) -> list[float]:
        """Every value."""
        return sorted(set(self.values.tolist()))
