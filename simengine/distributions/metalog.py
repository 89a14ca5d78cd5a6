"""The metalog: a distribution by its quantile function, linear in its coefficients and so exact at given quantiles.

With s = u - 1/2 and L = ln(u/(1 - u)), M(u) = P(s) + Q(s) L, P and Q polynomials; the terms come in the order 1, L, s L, s,
s^2, s^2 L, s^3, s^3 L, ... The quantile is M itself, low + e^M with a lower bound, high - e^-M with an upper bound, and
(low + high e^M)/(1 + e^M) with both.

T. W. Keelin 2016, The Metalog Distributions, Decision Analysis 13(4), 243-277.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from simengine.distributions.base import TABLE, Encoded, Row, rounded
from simengine.distributions.inverse_table import build_table
from simengine.distributions.sides import by_halves, by_upper_halves, encode_sides

MOST_TERMS = 16
#: A grid of L on which slopes are looked at: u from 2^-53 to 1 - 2^-53.
GRID = np.linspace(-36.736, 36.736, 7349)
# The quantile function must rise by at least this share of its central 80 % per unit of u (else a density is as good as infinite).
LEAST_RISE = 1e-4
# Octaves of both tails, and points on each, by which moments are summed.
_OCTAVES, _POINTS = 60, 24


def place_of_term(k: int) -> tuple[int, int]:
    """Return whether term ``k`` (from 0) belongs to P (0) or Q (1), and its power of s."""
    if k < 4:
        return ((0, 0), (1, 0), (1, 1), (0, 1))[k]
    return (0, k // 2) if k % 2 == 0 else (1, (k - 1) // 2)


def horner(powers: Sequence[float], s: Row) -> Row:
    """Return the polynomial with these coefficients of 1, s, s^2, ... at ``s``."""
    value = np.zeros_like(s)
    for coefficient in reversed(powers):
        value = value * s + coefficient
    return value


def derivative(powers: Sequence[float]) -> list[float]:
    """Return the coefficients of the derivative."""
    return [k * powers[k] for k in range(1, len(powers))]


@dataclass(frozen=True)
class Metalog:
    """A metalog with coefficients ``p`` of P and ``q`` of Q (of 1, s, s^2, ...), between ``low`` and ``high`` (may be infinite)."""

    p: tuple[float, ...]
    q: tuple[float, ...]
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of_terms(cls, terms: Sequence[float], low: float, high: float) -> "Metalog":
        """Return the metalog with these coefficients in Keelin's order."""
        size = len(terms)
        powers = [[0.0] * size, [0.0] * size]
        for k, value in enumerate(terms):
            part, power = place_of_term(k)
            powers[part][power] = value
        return cls(tuple(powers[0]), tuple(powers[1]), low, high)

    def score(self, v: Row, *, upper: bool) -> Row:
        """Return M at u = v, or at u = 1 - v (``upper``), exact for small ``v``."""
        distance = 0.5 - np.asarray(v, np.float64)
        odds = np.log(v) - np.log1p(-np.asarray(v, np.float64))
        s, odds = (distance, -odds) if upper else (-distance, odds)
        return np.asarray(horner(self.p, s) + horner(self.q, s) * odds, np.float64)

    def score_at(self, t: Row) -> Row:
        """Return M at L = ``t``."""
        s = _middle_distance(t)
        return horner(self.p, s) + horner(self.q, s) * t

    def rise(self, t: Row) -> Row:
        """Return dM/dL at L = ``t``: dM/du times u (1 - u)."""
        s = _middle_distance(t)
        slope = horner(derivative(self.p), s) + horner(derivative(self.q), s) * t
        return np.asarray(horner(self.q, s) + spread(t) * slope, np.float64)

    def end_slopes(self) -> tuple[float, float]:
        """Return Q at u = 0 and u = 1: how M goes to its ends, in units of ln v; negative where it turns back."""
        low, high = (float(horner(self.q, np.array([s]))[0]) for s in (-0.5, 0.5))
        return low, high

    def least_rise(self) -> float:
        """Return what M must rise at least per unit of u."""
        low, high = self.score_at(np.array([-2.197, 2.197]))
        return LEAST_RISE * abs(float(high - low))

    def falls(self) -> tuple[float, float] | None:
        """Return the ends, in u, of the first part where M does not rise; nothing for a distribution.

        Looked at on a grid of L with 100 points per unit, refined hundredfold about each of its least values, and at the ends.
        """
        t = _refined(self)
        bad = ~(self.rise(t) > self.least_rise() * spread(t))
        tolerance = 1e-12 * max(map(abs, self.q))
        at_low, at_high = (slope < -tolerance for slope in self.end_slopes())
        if not bad.any():
            return (0.0, float(_share(t[:1])[0])) if at_low else (float(_share(t[-1:])[0]), 1.0) if at_high else None
        first = int(np.argmax(bad))
        rest = np.flatnonzero(~bad[first:])
        last = first + int(rest[0]) - 1 if rest.size else len(t) - 1
        start = 0.0 if first == 0 else float(_share(t[first : first + 1])[0])
        return start, 1.0 if last == len(t) - 1 else float(_share(t[last : last + 1])[0])

    def steepest(self) -> float:
        """Return the largest dM/dL, which decides how well a bounded metalog can be tabulated."""
        return float(self.rise(GRID).max())

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def scale(self) -> float:
        """Return the unit of ``distance``: the width between two bounds, else 1."""
        return self.high - self.low if math.isfinite(self.low) and math.isfinite(self.high) else 1.0

    def distance(self, v: Row, upper: bool, from_high: bool) -> Row:
        """Return the distance from a bound at u = v (``upper``: 1 - v), in units of ``scale``."""
        score = self.score(v, upper=upper)
        score = -score if from_high else score
        with np.errstate(over="ignore"):
            if math.isfinite(self.low) and math.isfinite(self.high):
                return np.asarray(1.0 / (1.0 + np.exp(-score)), np.float64)
            return np.asarray(np.exp(score), np.float64)

    def quantile(self, u: Row) -> Row:
        """Return the quantile at ``u``."""
        if self._unbounded():
            u = np.asarray(u, np.float64)
            return np.where(u < 0.5, self.score(np.minimum(u, 0.5), upper=False), self.score(np.minimum(1.0 - u, 0.5), upper=True))
        return by_halves(u, self.support(), self.scale(), self.distance)

    def isf(self, v: Row) -> Row:
        """Return the value exceeded with probability ``v``."""
        if self._unbounded():
            v = np.asarray(v, np.float64)
            return np.where(v > 0.5, self.score(np.minimum(1.0 - v, 0.5), upper=False), self.score(np.minimum(v, 0.5), upper=True))
        return by_upper_halves(v, self.support(), self.scale(), self.distance)

    def odds(self, x: Row) -> Row:
        """Return L at the value ``x``: by a grid, then Newton steps kept between its points; infinite beyond the bounds."""
        x = np.asarray(x, np.float64)
        with np.errstate(all="ignore"):
            wanted = _bound_score(x, self.low, self.high)
        values = np.maximum.accumulate(self.score_at(GRID))
        # One point farther on each side, so that a root at a grid point lies inside.
        place = np.searchsorted(values, wanted)
        low, high = GRID[np.maximum(place - 2, 0)], GRID[np.minimum(place + 1, len(GRID) - 1)]
        t = 0.5 * (low + high)
        with np.errstate(all="ignore"):
            for _ in range(12):
                gap = self.score_at(t) - wanted
                low, high = np.where(gap < 0.0, t, low), np.where(gap > 0.0, t, high)
                step = t - gap / self.rise(t)
                t = np.where((step >= low) & (step <= high), step, 0.5 * (low + high))
            slopes = self.end_slopes()
            t = np.where(wanted < values[0], GRID[0] + (wanted - values[0]) / max(slopes[0], 1e-300), t)
            t = np.where(wanted > values[-1], GRID[-1] + (wanted - values[-1]) / max(slopes[1], 1e-300), t)
        return np.asarray(t, np.float64)

    def moments(self) -> tuple[float, float]:
        """Return mean and variance, rounded to 44 bits; infinite where there is none."""
        if self._unbounded():
            return _free_moments(self.p, self.q)
        return self._bounded_moments()

    def mean(self) -> float:
        """Return the mean, not rounded."""
        return _free_mean(self.p, self.q) if self._unbounded() else self._bounded_mean()[0]

    def encode(self) -> Encoded:
        """Encode as TABLE: the deviation from the median, or as ``encode_sides`` where there is a bound."""
        if not self._unbounded():
            return encode_sides(self.support(), self.scale(), self.distance)
        centre = self.p[0]
        table = build_table(lambda v: self.score(v, upper=False) - centre, lambda v: self.score(v, upper=True) - centre)
        return Encoded(TABLE, (centre, 1.0, centre, 1.0), table)

    def _unbounded(self) -> bool:
        return math.isinf(self.low) and math.isinf(self.high)

    def _bounded_mean(self) -> tuple[float, float]:
        """Return the mean, and the mean distance from the bound that the scale counts from."""
        from_high = not math.isfinite(self.low)
        v, weights = _nodes()
        lower, upper = self.distance(v, False, from_high), self.distance(v, True, from_high)
        far = self._tail(from_high, 1)
        distance = math.fsum(((lower + upper) * weights).tolist()) + far if math.isfinite(far) else math.inf
        return (self.high - self.scale() * distance if from_high else self.low + self.scale() * distance), distance

    def _bounded_moments(self) -> tuple[float, float]:
        """Return mean and variance by quadrature over octaves of both tails; what lies beyond, by the power law of the tail."""
        from_high = not math.isfinite(self.low)
        mean, centre = self._bounded_mean()
        if not math.isfinite(centre):
            return mean, math.inf
        v, weights = _nodes()
        lower, upper = self.distance(v, False, from_high) - centre, self.distance(v, True, from_high) - centre
        beyond = self._tail(from_high, 2) - 2.0 * centre * self._tail(from_high, 1) + centre * centre * 2.0**-_OCTAVES
        variance = math.fsum(((lower * lower + upper * upper) * weights).tolist()) + (beyond if math.isfinite(beyond) else math.inf)
        return rounded(mean), rounded(self.scale() * self.scale() * variance)

    def _tail(self, from_high: bool, power: int) -> float:
        """Return the integral of the distance to this power beyond the last octave of the tail that is far from the bound."""
        share = np.array([2.0**-_OCTAVES])
        far = float(self.distance(share, not from_high, from_high)[0])
        both = math.isfinite(self.low) and math.isfinite(self.high)
        slope = 0.0 if both else self.end_slopes()[0 if from_high else 1]
        if power * slope >= 1.0:
            return math.inf
        return far**power * float(share[0]) / (1.0 - power * slope)


def _refined(metalog: Metalog) -> Row:
    """Return the grid with extra points about each of the least values of dM/du on it."""
    rise = metalog.rise(GRID) / spread(GRID)
    inner = np.flatnonzero((rise[1:-1] <= rise[:-2]) & (rise[1:-1] <= rise[2:])) + 1
    step = GRID[1] - GRID[0]
    extra = [GRID[k] + step * np.linspace(-1.0, 1.0, 201) for k in inner[:32]]
    return np.sort(np.concatenate([GRID, *extra]))


def _share(t: Row) -> Row:
    """Return u at L = ``t``."""
    return np.asarray(1.0 / (1.0 + np.exp(-t)), np.float64)


def spread(t: Row) -> Row:
    """Return u (1 - u) at L = ``t``."""
    small = np.exp(-np.abs(t))
    return np.asarray(small / ((1.0 + small) * (1.0 + small)), np.float64)


def _middle_distance(t: Row) -> Row:
    """Return u - 1/2 at L = ``t``."""
    return np.asarray(0.5 * np.tanh(0.5 * np.asarray(t, np.float64)), np.float64)


def _bound_score(x: Row, low: float, high: float) -> Row:
    """Return the M that belongs to the value ``x``; infinite at and beyond a bound."""
    below, above = np.maximum(x - low, 0.0), np.maximum(high - x, 0.0)
    if math.isfinite(low):
        return np.log(below) - np.log(above) if math.isfinite(high) else np.log(below)
    return -np.log(above) if math.isfinite(high) else x


@cache
def _nodes() -> tuple[Row, Row]:
    """Return points and weights of Gauss and Legendre on the octaves of v from 2^-60 to 1/2."""
    node, weight = np.polynomial.legendre.leggauss(_POINTS)
    low = 2.0 ** -np.arange(2.0, _OCTAVES + 1.0)[:, None]
    return (low * (1.5 + 0.5 * node)).ravel(), (low * (0.5 * weight)).ravel()


def _free_mean(p: Sequence[float], q: Sequence[float]) -> float:
    """Return the integral of P(s) + Q(s) L over u."""
    return math.fsum([c * power_integral(k) for k, c in enumerate(p)] + [c * log_integral(k) for k, c in enumerate(q)])


def _free_moments(p: Sequence[float], q: Sequence[float]) -> tuple[float, float]:
    """Return mean and variance of the unbounded metalog in closed form, rounded to 44 bits."""
    mean = _free_mean(p, q)
    centred = [p[0] - mean, *p[1:]]
    total = []
    for i, a in enumerate(centred):
        total += [a * b * power_integral(i + j) for j, b in enumerate(centred)]
        total += [2.0 * a * b * log_integral(i + j) for j, b in enumerate(q)]
    for i, a in enumerate(q):
        total += [a * b * square_integral(i + j) for j, b in enumerate(q)]
    return rounded(mean), rounded(math.fsum(total))


def power_integral(k: int) -> float:
    """Return the integral of s^k over -1/2 < s < 1/2."""
    return 0.0 if k % 2 else 0.5**k / (k + 1)


def log_integral(k: int) -> float:
    """Return the integral of s^k L, by parts: 4^-(m - 1)/(2m) (1 + 1/3 + ... + 1/(2m - 1)) for k = 2m - 1; 0 for even k."""
    m = (k + 1) // 2
    return 0.25 ** (m - 1) / (2 * m) * math.fsum(1.0 / (2 * j + 1) for j in range(m)) if k % 2 else 0.0


def square_integral(k: int) -> float:
    """Return the integral of s^k L^2, by parts; 0 for odd k."""
    if k % 2:
        return 0.0
    m = k // 2
    parts = math.fsum(0.25 ** (m - 1 - j) * log_integral(2 * j + 1) for j in range(m))
    return (0.25**m * (math.pi * math.pi / 3.0) + 2.0 * parts) / (2 * m + 1)
