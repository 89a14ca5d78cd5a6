"""The Student t copula: normal scores that share one random factor, and the way back to uniforms.

With z correlated standard normal and W chi-squared with ``df`` degrees of freedom, t = z sqrt(df / W) has Student t margins, and the
uniforms T(t) have the t copula: unlike the Gaussian one, it lets extremes come together (Demarta and McNeil 2005, The t copula and
related copulas, International Statistical Review 73, 111-129).

Both functions of one variable are octave tables (distributions/inverse_table.py): sqrt(df / W) in the uniform of W, and T in the
uniform v = Phi(-|y|) of y = sqrt(df ln(1 + t^2/df)), which has nearly the distribution of a normal score, tails included.
"""

import math
from functools import cache

import numpy as np

from simengine.distributions.base import IndexRow, Row
from simengine.distributions.inverse_table import build_table, evaluate, locate
from simengine.jit import keep_apart, kernel, rows_apart
from simengine.special import fill_normal_cdf, log1p


@kernel
def _normal_like(y: Row, t: Row, df: float, n: int) -> None:
    """``y[i]`` = -sqrt(df ln(1 + t^2/df))."""
    keep_apart()
    rows_apart()
    for i in range(n):
        y[i] = -math.sqrt(df * log1p(t[i] * t[i] / df))


@kernel
def fill_student_t_cdf(t: Row, spare: Row, df: float, index: IndexRow, place: Row, table: Row, n: int) -> None:
    """Replace ``t[i]`` by the distribution function of Student's t at it, i < n; ``spare``, ``index``, ``place`` are scratch.

    ``table`` is ``student_t_table(df)``. NaN gives NaN.
    """
    _normal_like(place, t, df, n)
    fill_normal_cdf(spare, place, n)
    locate(index, place, spare, n)
    evaluate(spare, index, place, table, n)
    _take_side(t, spare, n)


@kernel
def _take_side(t: Row, below: Row, n: int) -> None:
    """Replace ``t[i]`` by the probability ``below[i]`` under -|t|, or by the rest of it for the upper side."""
    keep_apart()
    rows_apart()
    for i in range(n):
        tail = below[i] if t[i] < 0.0 else 1.0 - below[i]
        t[i] = tail if t[i] == t[i] else t[i]  # NaN


@cache
def student_t_table(df: float) -> Row:
    """Tabulate the probability below -|t| in v = Phi(-sqrt(df ln(1 + t^2/df))); only the lower half of the table is used."""
    from scipy.special import ndtri, stdtr

    def below(v: Row) -> Row:
        y = ndtri(v)
        return np.asarray(stdtr(df, -np.sqrt(df * np.expm1(y * y / df))), np.float64)

    return build_table(below, below)


@cache
def mixing_table(df: float) -> Row:
    """Tabulate sqrt(df / W) in the uniform of W, which is chi-squared with ``df`` degrees of freedom."""
    from scipy.special import gammainccinv, gammaincinv

    return build_table(
        lambda v: np.sqrt(0.5 * df / gammaincinv(0.5 * df, v)),
        lambda v: np.sqrt(0.5 * df / gammainccinv(0.5 * df, v)),
    )
