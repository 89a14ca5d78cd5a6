"""Coefficients of the metalog that goes through given quantiles, exactly or by least squares, or that has a given mean as well.

Equations are solved in exact fractions and logarithms are our own, so that coefficients do not depend on a library.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from simengine.distributions.base import rounded
from simengine.distributions.metalog import GRID, LEAST_RISE, Metalog, place_of_term, spread
from simengine.special import log

Matrix = list[list[Fraction]]

# Places of the free parameter at which the mean is looked at, and most steps to the wanted one.
_PLACES = 63
_STEPS = 200
# Of a second free parameter: places looked at on each side, thrice, each time closer.
_SHARES = 8
_CENTRE = np.linspace(-7.0, 7.0, 701)


def terms_at(probability: Fraction, terms: int) -> list[Fraction]:
    """Return each term of the metalog at this probability; the logarithm as a float64."""
    u, v = float(probability), float(1 - probability)
    odds, s = Fraction(float(log(u)) - float(log(v))), probability - Fraction(1, 2)
    places = [place_of_term(k) for k in range(terms)]
    return [s**power * (odds if part else 1) for part, power in places]


def score_of(x: float, low: float, high: float) -> Fraction:
    """Return the M of the value ``x`` strictly between the bounds."""
    if math.isfinite(low):
        score = float(log(x - low)) - (float(log(high - x)) if math.isfinite(high) else 0.0)
    else:
        score = -float(log(high - x)) if math.isfinite(high) else x
    return Fraction(score)


def solve(matrix: Matrix, right: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return the solutions of square equations for each right-hand side, in exact fractions; they must not be singular."""
    size = len(matrix)
    rows = [[*matrix[i], *(side[i] for side in right)] for i in range(size)]
    for k in range(size):
        pivot = next(i for i in range(k, size) if rows[i][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(size):
            if i != k and rows[i][k] != 0:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [[rows[i][size + j] for i in range(size)] for j in range(len(right))]


def through(probabilities: Sequence[Fraction], values: Sequence[float], terms: int, low: float, high: float) -> Metalog:
    """Return the metalog through the quantiles: exactly with as many terms, by least squares in M with fewer. It may be none."""
    matrix = [terms_at(probability, terms) for probability in probabilities]
    scores = [score_of(value, low, high) for value in values]
    if terms < len(values):
        columns = list(zip(*matrix, strict=True))
        scores = [sum((a * b for a, b in zip(column, scores, strict=True)), Fraction(0)) for column in columns]
        matrix = [[sum((a * b for a, b in zip(one, two, strict=True)), Fraction(0)) for two in columns] for one in columns]
    return Metalog.of_terms([float(value) for value in solve(matrix, [scores])[0]], low, high)


class Line:
    """The metalogs whose score M has given values at n probabilities, with n + 1 terms: a line in M at one more, ``place``."""

    def __init__(self, probabilities: Sequence[Fraction], scores: Sequence[Fraction], low: float, high: float) -> None:
        terms = len(scores) + 1
        self.low, self.high = low, high
        self.least_rise = 4.0 * LEAST_RISE * float(max(scores) - min(scores))
        self.place = free_place(probabilities)
        matrix = [terms_at(probability, terms) for probability in [*probabilities, self.place]]
        base, shape = solve(matrix, [[*scores, Fraction(0)], [Fraction(0)] * len(scores) + [Fraction(1)]])
        self.base, self.shape = [float(c) for c in base], [float(c) for c in shape]

    def at(self, t: float) -> Metalog:
        """Return the metalog with M = ``t`` at ``place``."""
        return Metalog.of_terms([a + t * b for a, b in zip(self.base, self.shape, strict=True)], self.low, self.high)

    def interval(self) -> tuple[float, float]:
        """Return between which ``t`` the metalog is a distribution (by its rise on the grid); empty where low >= high."""
        base, shape = self.at(0.0), Metalog.of_terms(self.shape, -math.inf, math.inf)
        rise = np.concatenate([base.rise(GRID) - self.least_rise * spread(GRID), base.end_slopes()])
        change = np.concatenate([shape.rise(GRID), shape.end_slopes()])
        with np.errstate(all="ignore"):
            limits = -rise / change
        low, high = limits[change > 0.0], limits[change < 0.0]
        return float(low.max(initial=-1e6)), float(high.min(initial=1e6))

    def with_mean(self, mean: float) -> Metalog | tuple[float, float]:
        """Return the metalog of this mean, or the range of the means that there are (low > high where there is none).

        Of several the one that is farthest from falling.
        """
        low, high = self.interval()
        if not low < high:
            return math.inf, -math.inf
        # Close to the ends as well, where the density becomes infinite somewhere.
        places = np.concatenate([[1e-5], (np.arange(_PLACES) + 0.5) / _PLACES, [1.0 - 1e-5]])
        t = low + (high - low) * places
        means = np.array([self.at(value).mean() for value in t.tolist()])
        above = means > mean
        changes = np.flatnonzero(above[1:] != above[:-1])
        if not changes.size:
            return float(means.min()), float(means.max())
        found = [self._between(float(t[k]), float(t[k + 1]), mean, upwards=bool(above[k + 1])) for k in changes.tolist()]
        return max(found, key=least_slope)

    def _between(self, low: float, high: float, mean: float, *, upwards: bool) -> Metalog:
        """Return the metalog of this mean with ``t`` between these two: by false position (Illinois), the root rounded to 44 bits."""
        sign = 1.0 if upwards else -1.0

        def gap(t: float) -> float:
            return min(max(sign * (self.at(t).mean() - mean), -1e300), 1e300)

        before, after = gap(low), gap(high)
        for step in range(_STEPS):
            middle = low + (high - low) * (before / (before - after)) if step % 4 < 3 else 0.5 * (low + high)
            here = gap(middle)
            if here == 0.0 or not low < middle < high:
                return self.at(rounded(middle))
            if here < 0.0:
                low, before, after = middle, here, 0.5 * after if step % 4 < 2 else after
            else:
                high, after, before = middle, here, 0.5 * before if step % 4 < 2 else before
        return self.at(rounded(0.5 * (low + high)))


def least_slope(metalog: Metalog) -> float:
    """Return the least dM/dL between L = -7 and 7 (u from 0.1 % to 99.9 %): how far a metalog is from falling."""
    return float(metalog.rise(_CENTRE).min())


def with_mean(
    probabilities: Sequence[Fraction], scores: Sequence[Fraction], terms: int, mean: float, bounds: tuple[float, float]
) -> Metalog | tuple[float, float]:
    """Return the metalog of so many terms through the quantiles that has this mean, or the range of the means that there are.

    A term more than there are conditions leaves one choice: the metalog that is farthest from falling is taken.
    """
    if terms == len(scores) + 1:
        return Line(probabilities, scores, *bounds).with_mean(mean)
    place, (low, high) = _inner_place(probabilities, scores)
    best: Metalog | None = None
    least, most, centre, width = math.inf, -math.inf, 0.5, 0.5
    for _ in range(3):
        shares = [centre + width * (k / _SHARES - 1.0) for k in range(1, 2 * _SHARES)]
        found = []
        for share in shares:
            score = Fraction(rounded(low + (high - low) * share))
            metalog = with_mean([*probabilities, place], [*scores, score], terms, mean, bounds)
            if isinstance(metalog, Metalog):
                found.append((least_slope(metalog), share, metalog))
            else:
                least, most = min(least, metalog[0]), max(most, metalog[1])
        if not found:
            return least, most
        _, centre, best = max(found, key=lambda item: item[0])
        width /= _SHARES
    assert best is not None
    return best


def _inner_place(probabilities: Sequence[Fraction], scores: Sequence[Fraction]) -> tuple[Fraction, tuple[float, float]]:
    """Return the middle of the widest gap between two given probabilities (1/2 left free), and the scores on its two sides."""
    taken = sorted({*probabilities, free_place(probabilities)})
    inner = [item for item in zip(taken, taken[1:], strict=False) if min(probabilities) <= item[0] and item[1] <= max(probabilities)]
    low, high = max(inner, key=lambda item: item[1] - item[0])
    known = sorted(zip(probabilities, scores, strict=True))
    below = max(score for probability, score in known if probability <= low)
    above = min(score for probability, score in known if probability >= high)
    return (low + high) / 2, (float(below), float(above))


def free_place(probabilities: Sequence[Fraction]) -> Fraction:
    """Return 1/2 unless it is given; else the middle of the widest gap between neighbours."""
    half = Fraction(1, 2)
    if half not in probabilities:
        return half
    ends = [Fraction(0), *sorted(probabilities), Fraction(1)]
    gaps = [(high - low, (low + high) / 2) for low, high in zip(ends, ends[1:], strict=False)]
    return max(gaps)[1]
