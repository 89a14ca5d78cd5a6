"""Pieces of points worked off side by side, orders in which players join, and selections evaluated a few at a time."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from simengine.engine.in_order import in_order
from simengine.errors import Problem, StudyError
from simengine.sampling.streams import fill_stream, stream_key
from simengine.sensitivity.players import Players
from simengine.sensitivity.subject import FROM_A, PIECE, Piece, Subject, Take

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_R = TypeVar("_R")
_WORD = 0xFFFFFFFF
#: Values of outputs that one call of ``evaluate`` may give: 16 MB.
_MOST_VALUES = 1 << 21


class Span(NamedTuple):
    """Consecutive points: the first of them, and how many."""

    first: int
    size: int


def spans(points: int) -> Iterator[Span]:
    """The pieces of a run of so many points."""
    return (Span(first, min(PIECE, points - first)) for first in range(0, points, PIECE))


def slices(points: int) -> Iterator[slice]:
    """The places of the points of each piece."""
    return (slice(span.first, span.first + span.size) for span in spans(points))


def check(subject: Subject, points: int) -> None:
    """Raise StudyError where nothing is drawn or asked for, or there are too few points for any interval."""
    problems = [Problem("points", "must be 2 or more", points)] if points < 2 else []
    if not subject.units:
        problems.append(Problem("drivers", "nothing is drawn: there is nothing that could matter"))
    if not subject.outputs:
        problems.append(Problem("outputs", "no output is asked for"))
    if problems:
        raise StudyError(problems)


def by_piece(work: Callable[[Span], _R], points: int, threads: int) -> Generator[_R, None, None]:
    """What ``work`` gives for each piece, in the order of the pieces, whatever the number of threads."""
    if threads <= 1:
        yield from map(work, spans(points))
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from in_order(pool, work, spans(points), 2 * threads)


def orders(seed: int, name: str, players: int, span: Span, turn: int = 0) -> Places:
    """A random order of the players for each point, shape (step, point): who joins at each step.

    It is the order of independent uniforms from a stream of its own, so it depends on seed, name, ``turn`` and the point's number only.
    """
    key = stream_key(seed, name)
    uniforms = np.empty((players, span.size))
    for k in range(players):
        fill_stream(uniforms[k], key & _WORD, key >> 32, turn * players + k, span.first, span.size)
    return np.argsort(uniforms, axis=0, kind="stable").astype(np.int64)


def joined(order: Places, players: Players, steps: range, other: int) -> Take:
    """Where units come from after each number of ``steps``: A for players that have joined by then, else ``other``."""
    place = np.argsort(order, axis=0)
    return players.take(np.where(place < np.array(steps)[:, None, None], FROM_A, other).astype(np.uint8))


def batches(selections: int, subject: Subject, count: int) -> Iterator[range]:
    """Selections to evaluate at a time, so that memory does not grow with their number."""
    size = max(_MOST_VALUES // max(len(subject.outputs) * count, 1), 1)
    return (range(first, min(first + size, selections)) for first in range(0, selections, size))


def values_of(piece: Piece, take: Take, *, conditional: bool = False) -> Array:
    """Outputs (selection, output, point), in one stretch of memory; they may be written over by the next call."""
    return np.ascontiguousarray(piece.evaluate(take, conditional=conditional), dtype=np.float64)


def finite(values: Array) -> npt.NDArray[np.bool_]:
    """Points at which every output of every selection is finite."""
    return np.asarray(np.isfinite(values).all(axis=(0, 1)))
