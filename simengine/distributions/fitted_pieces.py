"""Segments of a quantile with polynomials of the stated accuracy: fitted, measured, made finer or cut until they have it.

What is built is measured: |F(x) - u| between the nodes. A segment that fails is made finer, then cut at the place where the
quantile is steepest (a valley between the components of a mixture), up to a limit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.distributions.base import Distribution, Row, rounded
from simengine.distributions.inverse_table import COEFFICIENTS, SIDE, coefficients, octave_points, piece_nodes
from simengine.distributions.segments import Segment, inside, spread
from simengine.errors import ParameterError

_FINE: Final = 16
#: Largest error in u that a segment is let pass with, and relative to the distance from the nearer end.
_TOLERANCE: Final = 5e-11
_RELATIVE: Final = 5e-9
_TAIL: Final = 2.0**-36
# Between nodes, where the error of the interpolation is largest; on equal pieces, where an end may be singular, everywhere.
CHECKED: Final = np.array([-0.5, 0.0, 0.4330127018922193])
_ALL_CHECKED: Final = np.array([-0.5, -0.495, -0.43, -0.25, 0.0, 0.25, 0.43, 0.495, 0.5])
_MOST_NUMBERS: Final = 1 << 22
_MOST_ROUNDS: Final = 40


@dataclass(frozen=True)
class Piece:
    """A segment with its polynomials, shape (pieces, 6), on ``grid`` equal pieces or (0) on octaves towards both ends."""

    segment: Segment
    grid: int
    a_near: float
    a_far: float
    polynomials: Row


def offset(end: float, values: Row) -> float:
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


def values_at(distribution: Distribution, parts: list[Segment], points: list[Row]) -> list[Row]:
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


def errors_at(distribution: Distribution, parts: list[Segment], points: list[Row], values: list[Row]) -> list[Row]:
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


def polynomials_at(polynomials: Row, t: Row) -> Row:
    """Return polynomials (pieces, 6) at the places ``t``, shape (pieces, places)."""
    total = np.zeros((len(polynomials), len(t)))
    for k in range(COEFFICIENTS - 1, -1, -1):
        total = total * t + polynomials[:, k : k + 1]
    return total


def fitted_pieces(distribution: Distribution, parts: list[Segment]) -> list[Piece]:
    """Return every segment with polynomials of the stated accuracy, segments cut where it takes that."""
    todo = [(part, 1 if part.near > 0.0 or part.is_atom else 0) for part in (part.closed() for part in inside(distribution, parts))]
    done: list[Piece] = []
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


def _fit(distribution: Distribution, parts: list[Segment], grids: list[int]) -> list[Piece]:
    """Return the polynomials of each segment on the asked grid."""
    nodes, _ = piece_nodes()
    is_line = [part.is_atom or part.far - part.near < 2.0**-44 * part.far for part in parts]
    curved = [k for k, line in enumerate(is_line) if not line]
    points = [_probabilities(parts[k], grids[k], nodes) for k in curved]
    values = dict(zip(curved, values_at(distribution, [parts[k] for k in curved], points), strict=True))
    fitted = []
    for k, (part, grid) in enumerate(zip(parts, grids, strict=True)):
        if is_line[k]:
            half = 0.5 * (part.x_far - part.x_near)
            fitted.append(Piece(part, 1, part.x_near, part.x_near, np.array([[half, 2.0 * half, 0.0, 0.0, 0.0, 0.0]])))
        elif grid:
            a = rounded(float(np.median(values[k])))
            fitted.append(Piece(part, grid, a, a, coefficients(values[k] - a)))
        else:
            near, far = values[k][:SIDE], values[k][SIDE:]
            a_near, a_far = offset(part.x_near, near), offset(part.x_far, far)
            fitted.append(Piece(part, 0, a_near, a_far, coefficients(np.concatenate([near - a_near, far - a_far]))))
    return fitted


def _piece_errors(distribution: Distribution, pieces: list[Piece]) -> list[Row | None]:
    """Return the errors of each piece between its nodes; None for atoms and for what is too short to matter."""
    short = [piece.segment.far - piece.segment.near < 2.0**-44 * piece.segment.far or piece.segment.is_atom for piece in pieces]
    checked = [piece for piece, skip in zip(pieces, short, strict=True) if not skip]
    places = [_ALL_CHECKED if piece.grid else CHECKED for piece in checked]
    points = [_probabilities(piece.segment, piece.grid, t) for piece, t in zip(checked, places, strict=True)]
    values = []
    for piece, t in zip(checked, places, strict=True):
        offsets = np.full((len(piece.polynomials), 1), piece.a_near)
        if not piece.grid:
            offsets[SIDE:] = piece.a_far
        values.append(piece.segment.held(offsets + polynomials_at(piece.polynomials, t)))
    errors = iter(errors_at(distribution, [piece.segment for piece in checked], points, values))
    return [None if skip else next(errors) for skip in short]


def _cut(distribution: Distribution, piece: Piece, errors: Row) -> tuple[Segment, Segment]:
    """Cut a segment where its quantile is steepest among the places that fail, else at the worst of them."""
    segment = piece.segment
    points = _probabilities(segment, piece.grid, CHECKED).ravel()
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
