"""The metalog through percentiles (Keelin 2016), by solving its equations with numpy.

M(y) = a1 + a2 L + a3 s L + a4 s + a5 s² + a6 s² L + a7 s³ + a8 s³ L …, L = ln(y/(1 - y)), s = y - 1/2. M is the value itself, with one
bound the logarithm of the distance from it, with two the logarithm of the ratio of the distances.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from .laws import Law, Row

# Probabilities at which a metalog must rise, and nodes on which it is integrated, both from logits.
GAUSS = np.polynomial.legendre.leggauss(32)
PANELS = np.concatenate([np.arange(-70.0, -10.0, 4.0), np.arange(-10.0, 10.0, 0.5), np.arange(10.0, 70.5, 4.0)])


def terms_of(logit: Any, count: int) -> Row:
    """The terms of M at a logit, and so precise in both tails: shape (count, …)."""
    logit = np.asarray(logit, float)
    s = np.tanh(logit / 2) / 2
    found = [np.ones_like(s), logit, s * logit, s]
    power = 2
    while len(found) < count:
        found += [s**power, s**power * logit]
        power += 1
    return np.array(found[:count])


class Metalog(Law):
    """A metalog by its coefficients."""

    def __init__(self, coefficients: Any, low: float, high: float):
        self.coefficients, self.low, self.high = np.asarray(coefficients, float), low, high
        plain = [k for k in range(len(self.coefficients)) if k in (0, 3) or k > 3 and k % 2 == 0]
        odd = [k for k in range(len(self.coefficients)) if k in (1, 2) or k > 3 and k % 2 == 1]
        # M = P(s) + Q(s) L, highest power first
        self.p, self.q = self.coefficients[plain][::-1], self.coefficients[odd][::-1]

    def m(self, logit: Any) -> Row:
        """M at a logit."""
        logit = np.asarray(logit, float)
        s = np.tanh(logit / 2) / 2
        return np.polyval(self.p, s) + np.polyval(self.q, s) * logit

    def value(self, m: Any) -> Row:
        """The value that an M stands for."""
        if math.isfinite(self.low) and math.isfinite(self.high):
            width = self.high - self.low
            return np.where(m < 0, self.low + width * np.exp(m) / (1 + np.exp(m)), self.high - width * np.exp(-m) / (1 + np.exp(-m)))
        if math.isfinite(self.low):
            return self.low + np.exp(m)
        return self.high - np.exp(-m) if math.isfinite(self.high) else m

    def score(self, x: Any) -> Row:
        """The M of a value."""
        x = np.asarray(x, float)
        with np.errstate(all="ignore"):
            if math.isfinite(self.low) and math.isfinite(self.high):
                return np.log(np.maximum(x - self.low, 0) / np.maximum(self.high - x, 0))
            if math.isfinite(self.low):
                return np.log(np.maximum(x - self.low, 0))
            return -np.log(np.maximum(self.high - x, 0)) if math.isfinite(self.high) else x

    def rises(self) -> bool:
        """Whether M rises on a fine grid of logits."""
        return bool(np.all(np.diff(self.m(np.linspace(-60.0, 60.0, 24001))) > 0))

    def _logit(self, x: Any) -> Row:
        """By halving: the logit at which M is that of x."""
        wanted = self.score(x)
        low, high = np.full(wanted.shape, -800.0), np.full(wanted.shape, 800.0)
        for _ in range(64):
            middle = (low + high) / 2
            short = self.m(middle) < wanted
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return (low + high) / 2

    def cdf(self, x: Any) -> Row:
        """P(X <= x)."""
        return expit(self._logit(x))

    def sf(self, x: Any) -> Row:
        """P(X > x)."""
        return expit(-self._logit(x))

    def quantile(self, u: Any) -> Row:
        """The value at u."""
        u = np.asarray(u, float)
        return self.value(self.m(np.log(u) - np.log1p(-u)))

    def isf(self, v: Any) -> Row:
        """The value at 1 - v."""
        v = np.asarray(v, float)
        return self.value(self.m(np.log1p(-v) - np.log(v)))

    def mean(self) -> float:
        """The integral of the value over u, by Gauss and Legendre on panels of the logit."""
        points, weights = GAUSS
        left, right = PANELS[:-1, None], PANELS[1:, None]
        logit = ((left + right) / 2 + (right - left) / 2 * points).ravel()
        density = np.exp(-np.abs(logit)) / (1 + np.exp(-np.abs(logit))) ** 2
        weight = ((right - left) / 2 * weights).ravel() * density
        centre = float(self.value(self.m(np.array(0.0))))
        return centre + math.fsum((weight * (self.value(self.m(logit)) - centre)).tolist())


def percentiles(spec: dict) -> Metalog:
    """The law of a table with p10, p50, … and min, max, mean and terms where they are given."""
    low, high = spec.get("min", -math.inf), spec.get("max", math.inf)
    stated = sorted((float(key[1:].replace("_", ".")) / 100, spec[key]) for key in spec if re.fullmatch(r"p\d+(_\d+)?", key))
    logits = np.array([math.log(p / (1 - p)) for p, _ in stated])
    scores = Metalog([0.0], low, high).score(np.array([value for _, value in stated]))
    count = spec.get("terms", len(stated) + ("mean" in spec))
    matrix = terms_of(logits, int(count)).T
    found, *_ = np.linalg.lstsq(matrix, scores, rcond=None)
    if "mean" not in spec:
        return Metalog(found, low, high)
    # One condition is missing: what is free is the last direction of the equations' null space.
    free = np.linalg.svd(matrix)[2][-1]
    return with_mean(found, free, low, high, spec["mean"])


def with_mean(base: Row, free: Row, low: float, high: float, mean: float) -> Metalog:
    """The metalog base + t free that has this mean: the root nearest to the middle of where it rises."""

    def at(t: float) -> Metalog:
        return Metalog(base + t * free, low, high)

    size = float(np.abs(base).max())
    rough = [t for t in np.linspace(-6 * size, 6 * size, 801) if np.all(np.diff(at(t).m(np.linspace(-40.0, 40.0, 401))) > 0)]
    places = np.linspace(rough[0], rough[-1], 65) if rough else np.zeros(0)
    gaps = np.array([at(t).mean() - mean for t in places])
    changes = np.flatnonzero(np.sign(gaps[1:]) != np.sign(gaps[:-1]))
    if not changes.size:
        msg = "no metalog has this mean"
        raise ValueError(msg)
    k = min(changes, key=lambda place: abs(place - 32))
    return at(brentq(lambda t: at(t).mean() - mean, places[k], places[k + 1], xtol=1e-15, rtol=1e-14))
