"""Any distribution as a table that a kernel draws from: smooth stretches, straight lines and atoms behind each other.

A distribution that is smooth throughout becomes one inverse table (TABLE), one of atoms only a DISCRETE; any other becomes PIECES. Its
table holds, for each half of the probabilities p (counted from its own tail), where the segments begin, then eight numbers per
segment, then coefficients:

    [K] [first segment of each cell] [near of K lower segments, inf] [near of K upper ones, inf]
    [near far 1/length start grid a_near a_far -] ... coefficients

Cells are the pieces of an inverse table: from the cell of p it is few steps to the segment.
``grid`` > 0: so many equal pieces, a polynomial of degree 5 each (one piece with five zeros is a line or an atom); ``grid`` = 0:
octaves towards both ends, as in ``inverse_table``, of the deviation from ``a_near`` or ``a_far``.
How the segments are fitted is told in ``fitted_pieces``.
"""

import math
from typing import Final

import numpy as np

from simengine.distributions.base import PIECES, TABLE, WHOLE_PIECES, Distribution, Encoded, IndexRow, Row, constant, rounded
from simengine.distributions.discrete import encode_discrete, running_sums
from simengine.distributions.fitted_pieces import CHECKED, Piece, errors_at, fitted_pieces, offset, polynomials_at, values_at
from simengine.distributions.inverse_table import (
    COEFFICIENTS,
    SIDE,
    coefficients,
    octave_index,
    octave_place,
    octave_points,
    piece_nodes,
    polynomial,
)
from simengine.distributions.segments import Segment, segments, spread
from simengine.jit import float_bits, keep_apart, kernel, rows_apart

_FIELDS: Final = 8
# Where the list of segments begins: after their number and the first segment of each cell.
_CELLS: Final = 1 + 2 * SIDE
_ROUND: Final = 6755399441055744.0
_ROUND_BITS: Final = 0x4338000000000000


@kernel
def _find_segment(index: IndexRow, place: Row, u: Row, table: Row, count: int, n: int) -> None:
    """``index[i]`` = segment of ``u[i]``, ``place[i]`` = its p: from the cell of p upwards, by less than one segment on average."""
    for i in range(n):
        place[i] = u[i] if u[i] < 0.5 else 1.0 - u[i]
        index[i] = octave_index(place[i]) + (0 if u[i] < 0.5 else SIDE)
    for i in range(n):
        k = int(table[1 + index[i]])
        p = place[i]
        # Steps without a branch, which could not be predicted; they leave the loop little to do.
        k += 1 if p >= table[_CELLS + k + 1] else 0
        k += 1 if p >= table[_CELLS + k + 1] else 0
        while p >= table[_CELLS + k + 1]:
            k += 1
        index[i] = k


@kernel
def _locate_segment(x: Row, index: IndexRow, place: Row, table: Row, count: int, n: int) -> None:
    """From the segment to the polynomial and the place in it; ``x[i]`` = what its value is added to."""
    keep_apart()
    rows_apart()
    first = _CELLS + 2 * (count + 1)
    for i in range(n):
        row = first + index[i] * _FIELDS
        scale, grid = table[row + 2], table[row + 4]
        near, far = (place[i] - table[row]) * scale, (table[row + 1] - place[i]) * scale
        w = near if near < far else far
        side = 0 if near < far else 1
        k = (near * grid - 0.5 + _ROUND) - _ROUND
        k = k if k < grid - 1.0 else grid - 1.0
        k = k if k > 0.0 else 0.0
        # Whole numbers by way of their bits, and products in place of choices: no conversion and no branch.
        octaves = 1 if grid == 0.0 else 0
        piece = (octave_index(w) + side * SIDE) * octaves + float_bits(k + _ROUND) - _ROUND_BITS
        index[i] = float_bits(table[row + 3] + _ROUND) - _ROUND_BITS + piece * COEFFICIENTS
        within = near * grid - k - 0.5
        place[i] = octave_place(w) if grid == 0.0 else within
        x[i] = table[row + 5 + side]


@kernel
def fill_pieces(x: Row, u: Row, index: IndexRow, place: Row, table: Row, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``index`` and ``place`` are scratch, ``x`` and ``u`` different rows."""
    count = int(table[0])
    _find_segment(index, place, u, table, count, n)
    _locate_segment(x, index, place, table, count, n)
    _add_polynomials(x, index, place, table, n)


@kernel
def _add_polynomials(x: Row, index: IndexRow, place: Row, table: Row, n: int) -> None:
    """Add the value of the polynomial that was located."""
    keep_apart()
    rows_apart()
    for i in range(n):
        x[i] += polynomial(table, index[i], place[i])


@kernel
def fill_whole_pieces(  # noqa: PLR0913, PLR0917 - two ends beside what fill_pieces takes
    x: Row, u: Row, index: IndexRow, place: Row, table: Row, low: float, high: float, n: int
) -> None:
    """As ``fill_pieces``, rounded up to a whole number from ``low`` to ``high``."""
    fill_pieces(x, u, index, place, table, n)
    for i in range(n):
        value = math.ceil(x[i])
        value = value if value > low else low
        x[i] = value if value < high else high


def tabulate(distribution: Distribution) -> Encoded:
    """Encode a distribution by its reference functions.

    Raises
    ------
    ParameterError
        When it has too many separate parts, or changes too abruptly, for a table of the stated accuracy.
    """
    parts = segments(distribution)
    if all(part.is_atom for part in parts):
        return _discrete(distribution, parts)
    if len(parts) == 2 and all(part.near == 0.0 and part.far == 0.5 for part in parts):
        encoded = _smooth(distribution, parts)
        if encoded is not None:
            return encoded
    return _joined(fitted_pieces(distribution, [part for whole in parts for part in spread(whole, distribution)]))


def tabulate_whole(extension: Distribution, low: float, high: float) -> Encoded:
    """Encode the value of ``extension`` rounded up and held to ``low`` to ``high``: as PIECES, with the two ends as arguments.

    Raises
    ------
    ParameterError
        As ``tabulate`` does.
    """
    parts = [part for whole in segments(extension) for part in spread(whole, extension)]
    return Encoded(WHOLE_PIECES, (low, high, 0.0, 0.0), _joined(fitted_pieces(extension, parts)).table)


def _discrete(distribution: Distribution, parts: list[Segment]) -> Encoded:
    """Encode a distribution of atoms, those that no uniform reaches left out."""
    reached = {part.x_near for part in parts}
    atoms = [(x, rounded(p)) for x, p in distribution.atoms() if x in reached]
    if len(atoms) == 1:
        return constant(atoms[0][0])
    weights = np.array([p for _, p in atoms])
    cumulated = running_sums(weights / math.fsum(weights))
    cumulated[-1] = 1.0
    values = np.array([x for x, _ in atoms])
    return encode_discrete(cumulated, values)


def _smooth(distribution: Distribution, parts: list[Segment]) -> Encoded | None:
    """Encode a distribution without breaks inside as one inverse table; None where that is not accurate enough."""
    nodes, _ = piece_nodes()
    values = values_at(distribution, parts, [octave_points(nodes)] * 2)
    offsets = [offset(part.x_near, x) for part, x in zip(parts, values, strict=True)]
    sides = [coefficients(x - a) for a, x in zip(offsets, values, strict=True)]
    checked = [a + polynomials_at(side, CHECKED) for a, side in zip(offsets, sides, strict=True)]
    errors = errors_at(distribution, parts, [octave_points(CHECKED)] * 2, checked)
    if max(float(error.max()) for error in errors) > 1.0:
        return None
    return Encoded(TABLE, (offsets[0], 1.0, offsets[1], 1.0), np.concatenate([side.ravel() for side in sides]))


def _joined(pieces: list[Piece]) -> Encoded:
    """Put the segments into one table, in the order stated at the head of this file."""
    sides = [sorted((piece for piece in pieces if piece.segment.upper == upper), key=lambda p: p.segment.near) for upper in (False, True)]
    count = max(len(side) for side in sides)
    near, rows = np.full((2, count + 1), math.inf), np.zeros((2, count + 1, _FIELDS))
    start = _CELLS + near.size + rows.size
    parts = []
    for k, side in enumerate(sides):
        for j, piece in enumerate(side):
            segment = piece.segment
            near[k, j] = segment.near
            rows[k, j, :7] = (
                segment.near,
                segment.far,
                1.0 / (segment.far - segment.near),
                start,
                piece.grid,
                piece.a_near,
                piece.a_far,
            )
            parts.append(piece.polynomials.ravel())
            start += piece.polynomials.size
    return Encoded(PIECES, (0.0, 0.0, 0.0, 0.0), np.concatenate([[float(count)], _cells(near), near.ravel(), rows.ravel(), *parts]))


def _cells(near: Row) -> Row:
    """Return for each cell the segment at its lower end; the lowest cell also serves what lies below it."""
    cells = octave_points(np.array([-0.5])).ravel()
    found = [np.maximum(np.searchsorted(side, cells, side="right") - 1, 0) for side in near]
    lowest = int(np.argmin(cells))
    for side in found:
        side[lowest] = 0
    return np.concatenate([found[0], found[1] + near.shape[1]]).astype(np.float64)
