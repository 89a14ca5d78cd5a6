"""Student's t: location + scale T, T with ``df`` degrees of freedom; density proportional to (1 + t^2/df)^(-(df + 1)/2).

Johnson, Kotz, Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 28.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simengine.distributions.base import TABLE, Continuous, Encoded, Parameter, Row, constant, range_faults
from simengine.distributions.inverse_table import build_table
from simengine.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class StudentT(Continuous):
    """Student's t with ``df`` degrees of freedom about ``location``; no mean up to df = 1, no variance up to df = 2."""

    name: ClassVar[str] = "student_t"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("df", "degrees of freedom", low=0.3, high=1e6),
        Parameter("location", "centre: the median", required=False, default=0.0, is_value=True),
        Parameter("scale", "scale: not the standard deviation", low=0.0, required=False, default=1.0),
    )

    df: float
    location: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = range_faults(self.parameters, vars(self))
        if faults:
            raise ParameterError(faults)

    def mean(self) -> float:
        """Return the location; NaN for df <= 1."""
        return float(self.location) if self.df > 1.0 or self.scale == 0.0 else math.nan

    def variance(self) -> float:
        """Return scale^2 df/(df - 2); infinite for 1 < df <= 2, NaN for df <= 1."""
        if self.scale == 0.0:
            return 0.0
        if self.df <= 2.0:
            return math.inf if self.df > 1.0 else math.nan
        return self.scale * self.scale * (self.df / (self.df - 2.0))

    def support(self) -> tuple[float, float]:
        """Return the whole line, or the constant."""
        return (-math.inf, math.inf) if self.scale > 0.0 else (float(self.location), float(self.location))

    def quantile(self, u: Row) -> Row:
        """Return location + scale t."""
        return self._at(u, 1.0)

    def isf(self, v: Row) -> Row:
        """Return location - scale t at ``v``."""
        return self._at(v, -1.0)

    def cdf(self, x: Row) -> Row:
        """Return the distribution function of (x - location)/scale."""
        x = np.asarray(x, np.float64)
        if self.scale == 0.0:
            return np.where(x >= self.location, 1.0, 0.0)
        return below((x - self.location) / self.scale, float(self.df))

    def sf(self, x: Row) -> Row:
        """Return the distribution function of -(x - location)/scale."""
        x = np.asarray(x, np.float64)
        if self.scale == 0.0:
            return np.where(x >= self.location, 0.0, 1.0)
        return below((self.location - x) / self.scale, float(self.df))

    def encode(self) -> Encoded:
        """Encode as TABLE: place and scale of both halves; table: minus t at v, the distance from the median."""
        if self.scale == 0.0:
            return constant(float(self.location))
        place, scale = float(self.location), float(self.scale)
        table = build_table(self._far, self._far)
        return Encoded(TABLE, (place, -scale, place, scale), table)

    def _far(self, v: Row) -> Row:
        """Return the t that is exceeded with probability ``v``, for v <= 1/2."""
        return exceeded(v, float(self.df))

    def _at(self, p: Row, sign: float) -> Row:
        """Return location plus sign times scale times the quantile of T at ``p``."""
        p = np.asarray(p, np.float64)
        t = self._far(np.minimum(p, 1.0 - p))
        return np.asarray(self.location + sign * self.scale * np.where(p < 0.5, -t, t), np.float64)


def below(t: Row, df: float) -> Row:
    """Return P(T <= t), right in both tails: an incomplete beta function of whichever of t^2/(df + t^2) and df/(df + t^2) is small."""
    from scipy.special import betainc, betaincc

    t = np.asarray(t, np.float64)
    size = np.minimum(np.abs(t) / math.sqrt(df), 1e150)
    square = size * size
    # Each of the two only where it is wanted: they are what tabulating a mixture spends its time on.
    near = square < 1.0
    both_tails = np.empty(square.shape)
    both_tails[near] = betaincc(0.5, 0.5 * df, square[near] / (1.0 + square[near]))
    both_tails[~near] = betainc(0.5 * df, 0.5, 1.0 / (1.0 + square[~near]))
    return np.asarray(np.where(t < 0.0, 0.5 * both_tails, 1.0 - 0.5 * both_tails), np.float64)


def exceeded(v: Row, df: float) -> Row:
    """Return the t >= 0 with P(T > t) = v, for v in (0, 1/2]: scipy's quantile and two Newton steps of ln v in ln t."""
    from scipy.special import betaln, stdtrit

    v = np.asarray(v, np.float64)
    t = -np.asarray(stdtrit(df, v), np.float64)
    t = np.where(v == 0.5, 0.0, t)
    with np.errstate(all="ignore"):
        for _ in range(2):
            density = np.exp(-0.5 * (df + 1.0) * np.log1p(t * t / df) - betaln(0.5, 0.5 * df)) / math.sqrt(df)
            step = (below(-t, df) - v) / (t * density)
            t = np.where(np.abs(step) < 0.01, t * np.exp(step), t)
    return np.asarray(t, np.float64)
