"""Tabulated inverse of a distribution function: any continuous family at the cost of one polynomial.

The table is indexed by octave and upper mantissa bits of v = min(u, 1 - u): 36 octaves of 16 pieces for each side, a
polynomial of degree 5 in the place within the piece on each, through the six Chebyshev points. The two sides hold functions
of v of their own, so that both tails keep their relative accuracy. Below v = 2^-37 (probability 1.5e-11) v is held there.

Coefficients are rounded to 44 bits of the largest of their piece, so that nearly all differences in the last bits between
two machines' libraries vanish; the interpolation matrix is computed in exact fractions.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np

from simengine.distributions.base import IndexRow, Row
from simengine.jit import bits_float, float_bits, keep_apart, kernel, rows_apart

OCTAVES: Final = 36
PIECES: Final = 16
COEFFICIENTS: Final = 6
#: Pieces of one side, and numbers in one table.
SIDE: Final = OCTAVES * PIECES
TABLE_SIZE: Final = 2 * SIDE * COEFFICIENTS

_KEPT_BITS = 44
#: Below this v is held.
SMALLEST: Final = 2.0**-37
_BELOW_HALF = 0.49999999999999994
_ONE_BITS = 0x3FF0000000000000
_MANTISSA = 0xFFFFFFFFFFFFF
# Says that a place in a table is not negative: one that may be costs a test and a choice for every coefficient.
_NOT_NEGATIVE = 0x7FFFFFFFFFFFFFFF


def inverse_of_nodes(nodes: tuple[float, ...]) -> Row:
    """Return the matrix that turns values at ``nodes`` into coefficients of 1, t, t^2, ...: exact, then rounded once."""
    size = len(nodes)
    points = [Fraction(node) for node in nodes]
    matrix = np.empty((size, size))
    for k, point in enumerate(points):
        # Coefficients of the Lagrange polynomial that is 1 at this node and 0 at the others.
        product = [Fraction(1)]
        for j, other in enumerate(points):
            if j != k:
                scale = 1 / (point - other)
                shifted = [Fraction(0), *product]
                product = [(shifted[i] - (other * product[i] if i < len(product) else 0)) * scale for i in range(len(shifted))]
        matrix[:, k] = [float(value) for value in product]
    return matrix


@cache
def piece_nodes() -> tuple[Row, Row]:
    """Return the six Chebyshev points of (-1/2, 1/2) and their interpolation matrix; the cosines from square roots."""
    outer, middle, inner = math.sqrt(6.0) + math.sqrt(2.0), 2.0 * math.sqrt(2.0), math.sqrt(6.0) - math.sqrt(2.0)
    nodes = tuple(value / 8.0 for value in (outer, middle, inner, -inner, -middle, -outer))
    return np.array(nodes), inverse_of_nodes(nodes)


def octave_points(places: Row) -> Row:
    """Return the v that stand at these places (-1/2 to 1/2) of each piece of a side, shape (pieces of a side, places)."""
    octave = np.arange(OCTAVES)[:, None, None]
    piece = np.arange(PIECES)[None, :, None]
    points = (2.0 ** -(octave + 2.0)) * (1.0 + (piece + 0.5 + places) / PIECES)
    return np.array(points, np.float64).reshape(SIDE, len(places))


@cache
def table_points() -> Row:
    """Return the v at which a side is evaluated, shape (pieces of a side, 6)."""
    return octave_points(piece_nodes()[0])


def coefficients(values: Row) -> Row:
    """Turn values at ``table_points`` (pieces, 6) into rounded polynomial coefficients of the same shape."""
    _, matrix = piece_nodes()
    result = np.zeros_like(values)
    # Sums in a fixed order; a matrix product would leave the order to the library.
    for node in range(COEFFICIENTS):
        result = result + values[:, node : node + 1] * matrix[:, node][None, :]
    _, exponent = np.frexp(np.abs(result).max(axis=1, keepdims=True))
    return np.asarray(np.ldexp(np.rint(np.ldexp(result, _KEPT_BITS - exponent)), exponent - _KEPT_BITS), np.float64)


def build_table(lower: Callable[[Row], Row], upper: Callable[[Row], Row]) -> Row:
    """Tabulate ``lower(v)`` for u = v < 1/2 and ``upper(v)`` for u = 1 - v >= 1/2; a flat array of TABLE_SIZE numbers."""
    points = table_points()
    sides = [coefficients(np.asarray(side(points), np.float64)) for side in (lower, upper)]
    return np.concatenate([side.ravel() for side in sides])


@kernel
def octave_index(v: float) -> int:
    """Return the piece of a side that serves ``v``, held to [2^-37, 1/2)."""
    v = v if v > SMALLEST else SMALLEST
    v = v if v < _BELOW_HALF else _BELOW_HALF
    bits = float_bits(v)
    return (1021 - (bits >> 52)) * PIECES + ((bits >> 48) & (PIECES - 1))


@kernel
def octave_place(v: float) -> float:
    """Return the place of ``v``, held to [2^-37, 1/2), within its piece, from -1/2 to 1/2."""
    v = v if v > SMALLEST else SMALLEST
    v = v if v < _BELOW_HALF else _BELOW_HALF
    return bits_float(((float_bits(v) << 4) & _MANTISSA) | _ONE_BITS) - 1.5


@kernel
def piece_index(u: float) -> int:
    """Return the place in the table of the first coefficient that serves ``u``."""
    upper = 0 if u < 0.5 else SIDE
    return (upper + octave_index(u if u < 0.5 else 1.0 - u)) * COEFFICIENTS


@kernel
def piece_place(u: float) -> float:
    """Return the place of ``u`` within its piece, from -1/2 to 1/2."""
    return octave_place(u if u < 0.5 else 1.0 - u)


@kernel
def locate(index: IndexRow, place: Row, u: Row, n: int) -> None:
    """First pass: where each ``u[i]`` stands in a table, i < n. A pass of its own becomes vector code."""
    keep_apart()
    rows_apart()
    for i in range(n):
        index[i] = piece_index(u[i])
        place[i] = piece_place(u[i])


@kernel
def polynomial(table: Row, j: int, t: float) -> float:
    """Return the polynomial whose six coefficients start at ``table[j]``, at ``t``."""
    j &= _NOT_NEGATIVE
    value: float = ((((table[j + 5] * t + table[j + 4]) * t + table[j + 3]) * t + table[j + 2]) * t + table[j + 1]) * t + table[j]
    return value


@kernel
def evaluate(x: Row, index: IndexRow, place: Row, table: Row, n: int) -> None:
    """Second pass: ``x[i]`` = the tabulated function at the located place, i < n."""
    keep_apart()
    rows_apart()
    for i in range(n):
        x[i] = polynomial(table, index[i], place[i])


@kernel
def evaluate_sides(  # noqa: PLR0913, PLR0917 - two ends with two numbers each
    x: Row, index: IndexRow, place: Row, table: Row, u: Row, middle: float, a_low: float, s_low: float, a_high: float, s_high: float, n: int
) -> None:
    """Second pass: ``x[i]`` = a + s T, i < n, by the side of ``middle`` on which ``u[i]`` lies; T as in ``evaluate``."""
    keep_apart()
    rows_apart()
    for i in range(n):
        t = polynomial(table, index[i], place[i])
        x[i] = a_low + s_low * t if u[i] < middle else a_high + s_high * t


@kernel
def fill_table(  # noqa: PLR0913, PLR0917 - two ends with two numbers each
    x: Row, u: Row, index: IndexRow, place: Row, table: Row, a_low: float, s_low: float, a_high: float, s_high: float, n: int
) -> None:
    """``x[i]`` = a + s T(``u[i]``), i < n, with (a_low, s_low) for u < 1/2, else (a_high, s_high).

    ``index`` and ``place`` are scratch, ``x`` and ``u`` different rows, ``table`` is T as ``build_table`` gives it.
    """
    locate(index, place, u, n)
    evaluate_sides(x, index, place, table, u, 0.5, a_low, s_low, a_high, s_high, n)


@kernel
def fill_count(  # noqa: PLR0913, PLR0917 - two ends with two numbers each
    x: Row, u: Row, index: IndexRow, place: Row, table: Row, a_low: float, s_low: float, a_high: float, s_high: float, n: int
) -> None:
    """As ``fill_table``, rounded up to a whole number of at least 0: a count from the table of its continuous extension."""
    fill_table(x, u, index, place, table, a_low, s_low, a_high, s_high, n)
    round_up(x, n)


@kernel
def round_up(x: Row, n: int) -> None:
    """Round a row up to whole numbers of at least 0."""
    keep_apart()
    for i in range(n):
        value = math.ceil(x[i])
        x[i] = value if value > 0.0 else 0.0
