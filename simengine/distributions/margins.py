"""Margins of copulas and paths: the value of a family at a normal score, F^-1(Phi(z)), without the probability between them.

An inverse table (``inverse_table``) is turned into one that is indexed by the score: for each side of 0, 128 equal pieces of |z| up to
6.75, where the probability beyond is 2^-37 and the inverse table ends as well, with a polynomial of degree 5 each. Both have the same
error: where one in the score does not follow the other closely enough, it is not made, and the way over the probability stays. Normal
and lognormal margins need no table. Anything else (steps, lists, kinks) is drawn by its probability.
"""

from functools import cache
from typing import Final

import numpy as np

from simengine.distributions.base import COUNT, LOGNORMAL, TABLE, Encoded, IndexRow, Row
from simengine.distributions.inverse_table import COEFFICIENTS, OCTAVES, PIECES, SIDE, coefficients, evaluate_sides, piece_nodes, round_up
from simengine.distributions.lognormal import raise_e
from simengine.distributions.normal import score_table
from simengine.distributions.uniform import fill_uniform
from simengine.jit import float_bits, keep_apart, kernel, rows_apart
from simengine.special import fill_normal_cdf

#: Codes beside those of the families, for values that are made from a score.
NORMAL_MARGIN: Final = 32
LOGNORMAL_MARGIN: Final = 33
TABLE_MARGIN: Final = 34
COUNT_MARGIN: Final = 35

SCORE_PIECES: Final = 128
#: The score beyond which lies the probability 2^-37.
LAST_SCORE: Final = 6.752300431407015
_SCALE: Final = SCORE_PIECES / LAST_SCORE
# Just inside the last piece.
_LAST_PLACE: Final = SCORE_PIECES - 1e-9
_ROUND: Final = 6755399441055744.0
_ROUND_BITS: Final = 0x4338000000000000
# How far a margin may be from the table that it follows: in u, and relative to the nearer tail.
_TOLERANCE: Final = 3e-11
_RELATIVE: Final = 3e-9
# Places within a piece where that is looked at: about halfway between the nodes, and at the ends.
_CHECKED: Final = np.array([-0.5, -0.43, -0.25, 0.0, 0.25, 0.43, 0.5])


@kernel
def locate_score(index: IndexRow, place: Row, z: Row, n: int) -> None:
    """First pass: where each score ``z[i]`` stands in a margin table, i < n."""
    keep_apart()
    rows_apart()
    for i in range(n):
        w = (z[i] if z[i] > 0.0 else -z[i]) * _SCALE
        w = w if w < _LAST_PLACE else _LAST_PLACE
        # Rounds to the piece, which then stands in the low bits.
        rounded = (w - 0.5) + _ROUND
        index[i] = (float_bits(rounded) - _ROUND_BITS + (0 if z[i] < 0.0 else SCORE_PIECES)) * COEFFICIENTS
        place[i] = w - (rounded - _ROUND) - 0.5


@kernel
def fill_margin(  # noqa: PLR0913, PLR0917 - two ends with two numbers each
    x: Row, z: Row, index: IndexRow, place: Row, table: Row, a_low: float, s_low: float, a_high: float, s_high: float, n: int
) -> None:
    """``x[i]`` = a + s M(``z[i]``), i < n, with (a_low, s_low) for z < 0, else (a_high, s_high); M is a ``margin_table``.

    ``index`` and ``place`` are scratch, ``x`` and ``z`` different rows.
    """
    locate_score(index, place, z, n)
    evaluate_sides(x, index, place, table, z, 0.0, a_low, s_low, a_high, s_high, n)


@kernel
def fill_count_margin(  # noqa: PLR0913, PLR0917 - two ends with two numbers each
    x: Row, z: Row, index: IndexRow, place: Row, table: Row, a_low: float, s_low: float, a_high: float, s_high: float, n: int
) -> None:
    """As ``fill_margin``, rounded up to a whole number of at least 0."""
    fill_margin(x, z, index, place, table, a_low, s_low, a_high, s_high, n)
    round_up(x, n)


@kernel
def fill_lognormal_margin(x: Row, z: Row, mu: float, sigma: float, n: int) -> None:
    """``x[i]`` = e^(mu + sigma ``z[i]``), i < n; ``x`` and ``z`` are different rows."""
    fill_uniform(x, z, mu, sigma, n)
    raise_e(x, n)


def by_score(encoded: Encoded) -> Encoded | None:
    """Encode a distribution for values made from a score; None where they are made from the probability."""
    normal = encoded.table is not None and encoded.table is score_table()
    if encoded.code == TABLE and normal and encoded.args[:2] == encoded.args[2:]:
        return Encoded(NORMAL_MARGIN, encoded.args)
    if encoded.code == LOGNORMAL:
        return Encoded(LOGNORMAL_MARGIN, encoded.args)
    if encoded.code not in {TABLE, COUNT} or encoded.table is None:
        return None
    table = margin_table(encoded.table)
    return None if table is None else Encoded(TABLE_MARGIN if encoded.code == TABLE else COUNT_MARGIN, encoded.args, table)


def margin_table(table: Row) -> Row | None:
    """Turn an inverse table into one by score; None where that would be off by more than 3e-11 in u or 3e-9 of the nearer tail."""
    sides = []
    for side in (table[: SIDE * COEFFICIENTS], table[SIDE * COEFFICIENTS :]):
        found = coefficients(_values(side, _probabilities(False))[0])
        wanted, slope = _values(side, _probabilities(True))
        error = np.abs(_polynomials(found) - wanted)
        nearer = _probabilities(True)
        allowed = np.abs(slope) * np.minimum(_TOLERANCE, _RELATIVE * nearer) + 4.0 * np.spacing(np.abs(wanted))
        if not np.all(error <= allowed):
            return None
        sides.append(found.ravel())
    return np.concatenate(sides)


@cache
def _probabilities(checked: bool) -> Row:
    """Phi(-z) at the nodes of each piece, or where it is checked; shape (pieces, places), at least 2^-37."""
    places = _CHECKED if checked else piece_nodes()[0]
    z = -(np.arange(SCORE_PIECES)[:, None] + 0.5 + places) / _SCALE
    v = np.empty(z.size)
    fill_normal_cdf(v, np.ascontiguousarray(z).ravel(), z.size)
    return np.clip(v, 2.0**-37, np.nextafter(0.5, 0.0)).reshape(z.shape)


def _values(side: Row, v: Row) -> tuple[Row, Row]:
    """Values of one side of an inverse table at ``v`` and their derivatives in v."""
    fraction, exponent = np.frexp(v)
    octave = -1 - exponent
    scaled = (2.0 * fraction - 1.0) * PIECES
    piece = np.minimum(scaled.astype(np.int64), PIECES - 1)
    t = scaled - piece - 0.5
    c = side.reshape(OCTAVES * PIECES, COEFFICIENTS)[np.minimum(octave, OCTAVES - 1) * PIECES + piece]
    value, slope = c[..., COEFFICIENTS - 1], np.zeros_like(v)
    for k in range(COEFFICIENTS - 2, -1, -1):
        slope = slope * t + value
        value = value * t + c[..., k]
    return np.asarray(value, np.float64), np.asarray(slope / np.ldexp(1.0 / PIECES, exponent - 1), np.float64)


def _polynomials(c: Row) -> Row:
    """Values of the pieces' polynomials at the places that are checked."""
    value = np.zeros((c.shape[0], _CHECKED.size))
    for k in range(COEFFICIENTS - 1, -1, -1):
        value = value * _CHECKED + c[:, k : k + 1]
    return value
