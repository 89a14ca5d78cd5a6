"""Any distribution as a table that a kernel draws from: smooth stretches, straight lines and atoms behind each other.

A distribution that is smooth throughout becomes one inverse table (TABLE), one of atoms only a DISCRETE; any other becomes PIECES. Its
table holds, for each half of the probabilities p (counted from its own tail), where the segments begin, then eight numbers per
segment, then coefficients:

    [K] [first segment of each cell] [near of K lower segments, inf] [near of K upper ones, inf]
    [near far 1/length start grid a_near a_far -] ... coefficients

Cells are the pieces of an inverse table: from the cell of p it is few steps to the segment.
``grid`` > 0: so many equal pieces, a polynomial of degree 5 each (one piece with five zeros is a line or an atom); ``grid`` = 0:
octaves towards both ends, as in ``inverse_table``, of the deviation from ``a_near`` or ``a_far``.

What is built is measured: |F(x) - u| between the nodes. A segment that fails is made finer, then cut at the place where the
quantile is steepest (a valley between the components of a mixture), up to a limit.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.distributions.base import PIECES, TABLE, WHOLE_PIECES, Distribution, Encoded, IndexRow, Row, constant, rounded
from simengine.distributions.discrete import encode_discrete, running_sums
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
from simengine.distributions.segments import Segment, inside, segments, spread
from simengine.errors import ParameterError
from simengine.jit import float_bits, kernel

_FIELDS: Final = 8
# Where the list of segments begins: after their number and the first segment of each cell.
_CELLS: Final = 1 + 2 * SIDE
_FINE: Final = 16
#: Largest error in u that a segment is let pass with, and relative to the distance from the nearer end.
_TOLERANCE: Final = 5e-11
_RELATIVE: Final = 5e-9
_TAIL: Final = 2.0**-36
# Between nodes, where the error of the interpolation is largest; on equal pieces, where an end may be singular, everywhere.
_CHECKED: Final = np.array([-0.5, 0.0, 0.4330127018922193])
_ALL_CHECKED: Final = np.array([-0.5, -0.495, -0.43, -0.25, 0.0, 0.25, 0.43, 0.495, 0.5])
_MOST_NUMBERS: Final = 1 << 22
_MOST_ROUNDS: Final = 40
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


@dataclass(frozen=True)
class _Piece:
    """A segment with its polynomials, shape (pieces, 6), on ``grid`` equal pieces or (0) on octaves towards both ends."""

    segment: Segment
    grid: int
    a_near: float
    a_far: float
    polynomials: Row


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
    return _joined(_fitted(distribution, [part for whole in parts for part in spread(whole, distribution)]))


def tabulate_whole(extension: Distribution, low: float, high: float) -> Encoded:
    """Encode the value of ``extension`` rounded up and held to ``low`` to ``high``: as PIECES, with the two ends as arguments.

    Raises
    ------
    ParameterError
        As ``tabulate`` does.
    """
    parts = [part for whole in segments(extension) for part in spread(whole, extension)]
    return Encoded(WHOLE_PIECES, (low, high, 0.0, 0.0), _joined(_fitted(extension, parts)).table)


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
    values = _values(distribution, parts, [octave_points(nodes)] * 2)
    offsets = [_offset(part.x_near, x) for part, x in zip(parts, values, strict=True)]
    sides = [coefficients(x - a) for a, x in zip(offsets, values, strict=True)]
    checked = [a + _polynomials_at(side, _CHECKED) for a, side in zip(offsets, sides, strict=True)]
    errors = _errors(distribution, parts, [octave_points(_CHECKED)] * 2, checked)
    if max(float(error.max()) for error in errors) > 1.0:
        return None
    return Encoded(TABLE, (offsets[0], 1.0, offsets[1], 1.0), np.concatenate([side.ravel() for side in sides]))


def _offset(end: float, values: Row) -> float:
    """Return what values of a side (pieces from the middle to the end) are tabulated as the distance from.

    The end keeps the digits of a distance that vanishes; far from any value, the middle of the segment does better.
    """
    inner, middle = float(values[-1].flat[0]), float(values[0].max())
    return end if abs(inner - end) <= abs(middle - inner) else rounded(middle)


def _probabilities(segment: Segment, grid: int, places: Row) -> Row:
    """Return the probabilities at these places (-1/2 to 1/2) of every piece, shape (pieces, places)."""
    length = segment.far - segment.near
    if grid:
        return segment.near + ((np.arange(grid)[:, None] + 0.5 + places) / grid) * length
    w = octave_points(places) * length
    return np.concatenate([segment.near + w, segment.far - w])


def _values(distribution: Distribution, parts: list[Segment], points: list[Row]) -> list[Row]:
    """Return the values of each segment at its probabilities: one call of the reference for each tail."""
    found: dict[int, Row] = {}
    for upper, function in ((False, distribution.quantile), (True, distribution.isf)):
        chosen = [k for k, part in enumerate(parts) if part.upper == upper]
        if chosen:
            x = function(np.concatenate([points[k].ravel() for k in chosen]))
            ends = np.cumsum([points[k].size for k in chosen])[:-1]
            found.update(zip(chosen, np.split(x, ends), strict=True))
    return [
        np.clip(found[k], min(part.x_near, part.x_far), max(part.x_near, part.x_far)).reshape(points[k].shape)
        for k, part in enumerate(parts)
    ]


def _errors(distribution: Distribution, parts: list[Segment], points: list[Row], values: list[Row]) -> list[Row]:
    """Return the errors in u of ``values`` at the probabilities ``points``, over what is let pass; rounding of a value is none."""
    found: dict[int, Row] = {}
    for upper, function in ((False, distribution.cdf), (True, distribution.sf)):
        chosen = [k for k, part in enumerate(parts) if part.upper == upper]
        if not chosen:
            continue
        p, x = (np.concatenate([rows[k].ravel() for k in chosen]) for rows in (points, values))
        # The values at the nodes are rounded, and a polynomial through them wavers by a little more.
        step = 4.0 * np.spacing(np.abs(x))
        least, most = (function(x + step), function(x - step)) if upper else (function(x - step), function(x + step))
        error = np.maximum(np.maximum(least - p, p - most), 0.0)
        error /= np.minimum(_TOLERANCE, _RELATIVE * np.maximum(p, _TAIL))
        ends = np.cumsum([points[k].size for k in chosen])[:-1]
        found.update(zip(chosen, np.split(error, ends), strict=True))
    return [found[k].reshape(points[k].shape) for k in range(len(parts))]


def _polynomials_at(polynomials: Row, t: Row) -> Row:
    """Return polynomials (pieces, 6) at the places ``t``, shape (pieces, places)."""
    total = np.zeros((len(polynomials), len(t)))
    for k in range(COEFFICIENTS - 1, -1, -1):
        total = total * t + polynomials[:, k : k + 1]
    return total


def _fitted(distribution: Distribution, parts: list[Segment]) -> list[_Piece]:
    """Return every segment with polynomials of the stated accuracy, segments cut where it takes that."""
    todo = [(part, 1 if part.near > 0.0 or part.is_atom else 0) for part in (part.closed() for part in inside(distribution, parts))]
    done: list[_Piece] = []
    for _ in range(_MOST_ROUNDS):
        fitted = _fit(distribution, [part for part, _ in todo], [grid for _, grid in todo])
        errors = _piece_errors(distribution, fitted)
        todo = []
        for piece, error in zip(fitted, errors, strict=True):
            if error is None or error.max() <= 1.0:
                done.append(piece)
            elif piece.grid:
                todo.append((piece.segment, _FINE if piece.grid == 1 else 0))
            else:
                cut = [part.closed() for half in _cut(distribution, piece, error) for part in spread(half, distribution)]
                todo += [(part, 1 if part.is_atom else 0) for part in cut]
        if not todo:
            return done
        if sum(piece.polynomials.size for piece in done) + len(todo) * COEFFICIENTS > _MOST_NUMBERS:
            break
    raise ParameterError([("dist", "has too many parts, or changes too abruptly, to be tabulated")])


def _fit(distribution: Distribution, parts: list[Segment], grids: list[int]) -> list[_Piece]:
    """Return the polynomials of each segment on the asked grid."""
    nodes, _ = piece_nodes()
    is_line = [part.is_atom or part.far - part.near < 2.0**-44 * part.far for part in parts]
    curved = [k for k, line in enumerate(is_line) if not line]
    points = [_probabilities(parts[k], grids[k], nodes) for k in curved]
    values = dict(zip(curved, _values(distribution, [parts[k] for k in curved], points), strict=True))
    fitted = []
    for k, (part, grid) in enumerate(zip(parts, grids, strict=True)):
        if is_line[k]:
            half = 0.5 * (part.x_far - part.x_near)
            fitted.append(_Piece(part, 1, part.x_near, part.x_near, np.array([[half, 2.0 * half, 0.0, 0.0, 0.0, 0.0]])))
        elif grid:
            a = rounded(float(np.median(values[k])))
            fitted.append(_Piece(part, grid, a, a, coefficients(values[k] - a)))
        else:
            near, far = values[k][:SIDE], values[k][SIDE:]
            a_near, a_far = _offset(part.x_near, near), _offset(part.x_far, far)
            fitted.append(_Piece(part, 0, a_near, a_far, coefficients(np.concatenate([near - a_near, far - a_far]))))
    return fitted


def _piece_errors(distribution: Distribution, pieces: list[_Piece]) -> list[Row | None]:
    """Return the errors of each piece between its nodes; None for atoms and for what is too short to matter."""
    short = [piece.segment.far - piece.segment.near < 2.0**-44 * piece.segment.far or piece.segment.is_atom for piece in pieces]
    checked = [piece for piece, skip in zip(pieces, short, strict=True) if not skip]
    places = [_ALL_CHECKED if piece.grid else _CHECKED for piece in checked]
    points = [_probabilities(piece.segment, piece.grid, t) for piece, t in zip(checked, places, strict=True)]
    values = []
    for piece, t in zip(checked, places, strict=True):
        offsets = np.full((len(piece.polynomials), 1), piece.a_near)
        if not piece.grid:
            offsets[SIDE:] = piece.a_far
        values.append(piece.segment.held(offsets + _polynomials_at(piece.polynomials, t)))
    errors = iter(_errors(distribution, [piece.segment for piece in checked], points, values))
    return [None if skip else next(errors) for skip in short]


def _cut(distribution: Distribution, piece: _Piece, errors: Row) -> tuple[Segment, Segment]:
    """Cut a segment where its quantile is steepest among the places that fail, else at the worst of them."""
    segment = piece.segment
    points = _probabilities(segment, piece.grid, _CHECKED).ravel()
    order = np.argsort(points)
    points, failed = points[order], errors.ravel()[order] > 1.0
    worst = int(np.argmax(errors.ravel()[order]))
    first, last = worst, worst
    while first > 0 and failed[first]:
        first -= 1
    while last < len(points) - 1 and failed[last]:
        last += 1
    x = _steepest(distribution, segment, points[[first, last]])
    if x is None:
        x = rounded(float(segment.values(distribution, points[worst : worst + 1])[0]))
    p = rounded(float((distribution.sf if segment.upper else distribution.cdf)(np.array([x]))[0]))
    if not min(p - segment.near, segment.far - p) > 2.0**-43 * segment.far:
        raise ParameterError([("dist", "changes too abruptly to be tabulated")])
    return segment.cut(p, x)


def _steepest(distribution: Distribution, segment: Segment, ends: Row) -> float | None:
    """Return the value between two probabilities around which the least probability lies; None if that is at one of the ends."""
    function = distribution.sf if segment.upper else distribution.cdf
    low, high = sorted(segment.values(distribution, ends).tolist())
    for zoom in range(12):
        x = np.linspace(low, high, 65)
        mass = np.abs(np.diff(function(x)))
        least = np.flatnonzero(mass <= mass.min() + 4e-16 * ends[1])
        k = int(least[len(least) // 2])
        if zoom == 0 and (k in {0, 63} or mass[k] > 0.2 * mass.mean()):
            return None
        low, high = float(x[max(k - 1, 0)]), float(x[min(k + 2, 64)])
        if len(least) > 1:
            break
    return rounded(0.5 * (low + high))


def _joined(pieces: list[_Piece]) -> Encoded:
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
