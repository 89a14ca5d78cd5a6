"""Gamma with mean 1 and coefficient of variation cv (shape 1/cv^2): the volatility factor, for a cv that may vary by draw.

Tabulated is the standardised deviate y(u, cv) = (x - 1)/cv, which turns into the normal score as cv goes to 0. Where cv varies
between two ends, y is the polynomial in cv through m Chebyshev points, written in Chebyshev polynomials whose coefficients are
inverse tables in u; m is the smallest with an error below 1e-9. Then x = 1 + cv y, held at 0 or above. A cv outside the
range of the table takes the shape of the range's end: mean and variance stay right, only the skewness does not follow.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.distributions.base import UNIT_GAMMA, Encoded, IndexRow, Row, constant
from simengine.distributions.inverse_table import (
    COEFFICIENTS,
    SIDE,
    coefficients,
    evaluate,
    locate,
    polynomial,
    table_points,
)
from simengine.errors import ParameterError
from simengine.jit import keep_apart, kernel, rows_apart

#: Leading numbers of the table: middle of the range of cv, one over its half width, number of inverse tables.
HEADER: Final = 8
#: Largest error of the interpolation in cv, relative to cv.
TOLERANCE: Final = 5e-10

_MOST_NODES = 48
_EXPANSION_BELOW = 0.01


@kernel
def unit_gamma_value(deviate: float, cv: float) -> float:
    """Return 1 + cv times the standardised deviate, at least 0."""
    x = 1.0 + cv * deviate
    return x if x >= 0.0 else 0.0


@kernel
def _scaled_cv(cv: float, middle: float, scale: float) -> float:
    """Place of ``cv`` between the ends of the table's range, from -1 to 1."""
    s = (cv - middle) * scale
    s = s if s > -1.0 else -1.0
    return s if s < 1.0 else 1.0


@kernel
def _start_sum(x: Row, before: Row, index: IndexRow, count: int, n: int) -> None:
    """Begin Clenshaw's sum: nothing summed yet, and ``index[i]`` becomes where the piece's coefficients begin."""
    keep_apart()
    rows_apart()
    for i in range(n):
        index[i] = HEADER + index[i] * count
        x[i] = 0.0
        before[i] = 0.0


@kernel
def _add_term(x: Row, before: Row, cv: Row, index: IndexRow, place: Row, table: Row, k: int, n: int) -> None:
    """One step of Clenshaw's sum: the Chebyshev polynomial of degree ``k`` >= 1."""
    keep_apart()
    rows_apart()
    middle, scale = table[0], table[1]
    for i in range(n):
        s = _scaled_cv(cv[i], middle, scale)
        later = polynomial(table, index[i] + k * COEFFICIENTS, place[i]) + 2.0 * s * x[i] - before[i]
        before[i] = x[i]
        x[i] = later


@kernel
def _end_sum(x: Row, before: Row, cv: Row, index: IndexRow, place: Row, table: Row, n: int) -> None:
    """The last step of Clenshaw's sum, which gives the deviate, and the value."""
    keep_apart()
    rows_apart()
    middle, scale = table[0], table[1]
    for i in range(n):
        s = _scaled_cv(cv[i], middle, scale)
        x[i] = unit_gamma_value(polynomial(table, index[i], place[i]) + s * x[i] - before[i], cv[i])


@kernel
def fill_unit_gamma(x: Row, u: Row, cv: Row, index: IndexRow, place: Row, before: Row, table: Row, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]`` at ``cv[i]``, i < n; ``index``, ``place`` and ``before`` are scratch, ``x`` no other row.

    ``table`` is what ``UnitGamma.table`` gives (it may be longer). A pass for each term of the sum, so that each is vector code.
    """
    locate(index, place, u, n)
    count = int(table[2])
    _start_sum(x, before, index, count, n)
    for k in range(count - 1, 0, -1):
        _add_term(x, before, cv, index, place, table, k, n)
    _end_sum(x, before, cv, index, place, table, n)


@kernel
def fill_unit_gamma_fixed(x: Row, u: Row, cv: float, index: IndexRow, place: Row, table: Row, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n, from the table of one constant ``cv``."""
    locate(index, place, u, n)
    evaluate(x, index, place, table[HEADER:], n)
    _raise_deviates(x, cv, n)


@kernel
def _raise_deviates(x: Row, cv: float, n: int) -> None:
    """Replace the deviates ``x[i]`` by the values."""
    keep_apart()
    for i in range(n):
        x[i] = unit_gamma_value(x[i], cv)


@dataclass(frozen=True)
class UnitGamma:
    """Gamma of mean 1 for one cv, or for every cv from ``cv_low`` to ``cv_high`` (0 <= cv_low <= cv_high <= 2); cv = 0 gives 1."""

    cv_low: float
    cv_high: float | None = None

    def __post_init__(self) -> None:
        """Raise ParameterError when the ends are no range within 0 to 2."""
        low, high = self._ends()
        if not 0.0 <= low <= high <= 2.0:
            raise ParameterError([("cv", "must run from a low to a high end within 0 to 2")])

    def _ends(self) -> tuple[float, float]:
        """Return the ends of the range of cv."""
        return float(self.cv_low), float(self.cv_low if self.cv_high is None else self.cv_high)

    def encode(self) -> Encoded:
        """Arguments: the ends of cv; table: for ``fill_unit_gamma`` (drawn cv) and ``fill_unit_gamma_fixed`` (one cv)."""
        low, high = self._ends()
        if high == 0.0:
            return constant(1.0)
        return Encoded(UNIT_GAMMA, (low, high, 0.0, 0.0), self.table())

    def quantile(self, u: Row, cv: float) -> Row:
        """Return the reference quantile at one cv."""
        u = np.asarray(u, np.float64)
        lower, upper = deviate(np.minimum(u, 0.5), cv, upper=False), deviate(np.minimum(1.0 - u, 0.5), cv, upper=True)
        return np.maximum(1.0 + cv * np.where(u < 0.5, lower, upper), 0.0)

    def table(self) -> Row:
        """Return the header, then per piece the coefficients of each Chebyshev polynomial, lower side first."""
        low, high = self._ends()
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        count = self._count()
        header = np.zeros(HEADER)
        header[:3] = middle, (1.0 / half if count > 1 else 0.0), count
        sides = [
            np.concatenate([coefficients(c) for c in _expand(table_points(), middle, half, count, upper=upper)], axis=1).ravel()
            for upper in (False, True)
        ]
        return np.concatenate([header, *sides])

    def _count(self) -> int:
        """Return the fewest Chebyshev points that interpolate in cv to the tolerance."""
        low, high = self._ends()
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        # So narrow a range moves y by less than the tolerance: |dy/dcv| stays below (1 + z^2)/2 < 25.
        if half * 25.0 < TOLERANCE:
            return 1
        v = table_points()[:: SIDE // 72, 0]
        places = np.cos(np.linspace(0.0, math.pi, 41)).tolist()
        wanted = [(upper, s, deviate(v, middle + half * s, upper=upper)) for upper in (False, True) for s in places]
        for count in range(2, _MOST_NODES + 1):
            found = {upper: _expand(v, middle, half, count, upper=upper) for upper in (False, True)}
            if max(float(np.abs(_sum_at(found[upper], s) - value).max()) for upper, s, value in wanted) < TOLERANCE:
                return count
        raise ParameterError([("cv", f"varies too widely between draws ({low:g} to {high:g})")])


def _cosine(k: int, j: int, count: int) -> float:
    """Return cos(k pi (j + 1/2) / count) in multiples of 2^-50, so that a library's last bit does not show."""
    return round(math.cos(math.pi * ((k * (2 * j + 1)) % (4 * count)) / (2 * count)) * 2.0**50) / 2.0**50


def _expand(v: Row, middle: float, half: float, count: int, *, upper: bool) -> list[Row]:
    """Return the coefficients of the Chebyshev polynomials 0 ... count - 1 in the scaled cv, each an array like ``v``."""
    at_nodes = [deviate(v, middle + half * _cosine(1, j, count), upper=upper) for j in range(count)]
    return [
        sum((_cosine(k, j, count) * at_nodes[j] for j in range(count)), np.zeros_like(v)) * ((1.0 if k == 0 else 2.0) / count)
        for k in range(count)
    ]


def _sum_at(series: list[Row], s: float) -> Row:
    """Return the Chebyshev series at ``s`` (Clenshaw's sum)."""
    later, last = np.zeros_like(series[0]), np.zeros_like(series[0])
    for term in series[:0:-1]:
        later, last = term + 2.0 * s * later - last, later
    return series[0] + s * later - last


def deviate(v: Row, cv: float, *, upper: bool) -> Row:
    """Return (x - 1)/cv where x is exceeded (``upper``) or not exceeded with probability ``v`` <= 1/2.

    Below cv = 0.01 by the Cornish-Fisher expansion of the chi-squared quantile (Goldberg and Levine 1946, Ann. Math. Stat. 17,
    216-225; seven terms, error below 2e-11), as scipy's inverse loses its tail there; from 0.01 on by scipy.
    """
    from scipy.special import gammainccinv, gammaincinv, ndtri

    if cv >= _EXPANSION_BELOW:
        shape = 1.0 / (cv * cv)
        x = (gammainccinv if upper else gammaincinv)(shape, v) / shape
        return np.asarray((x - 1.0) / cv, np.float64)
    return expansion(-ndtri(v) if upper else ndtri(v), cv)


def expansion(z: Row, cv: float) -> Row:
    """Return (x - 1)/cv at the normal score ``z``, by the Cornish-Fisher expansion (see ``deviate``); for cv below 0.01."""
    s = z * z
    total = (12.0 * s * s * s - 243.0 * s * s - 923.0 * s + 1472.0) / 204120.0
    total = total * cv + z * (9.0 * s * s + 256.0 * s - 433.0) / 38880.0
    total = total * cv - (6.0 * s * s + 14.0 * s - 32.0) / 1620.0
    total = total * cv + z * (s - 7.0) / 36.0
    total = total * cv + (s - 1.0) / 3.0
    return np.asarray(total * cv + z, np.float64)
