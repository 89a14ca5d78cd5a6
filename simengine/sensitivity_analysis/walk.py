"""Orders in which players join, and selections of points put together a few at a time."""

from collections.abc import Iterator

import numpy as np

from simengine.errors import Problem, StudyError
from simengine.jit import Ints
from simengine.sampling.streams import fill_stream, stream_key
from simengine.sensitivity_analysis.blocks import Flags, mark_not_finite
from simengine.sensitivity_analysis.jackknife import GROUPS
from simengine.sensitivity_analysis.measures import Array
from simengine.sensitivity_analysis.players import Players
from simengine.sensitivity_analysis.subject import FROM_A, Piece, Subject, Take
from simengine.statistics.standard_error import BATCH

_WORD = 0xFFFFFFFF
#: Values of outputs that one call of ``evaluate`` may give: 16 MB.
_MOST_VALUES = 1 << 21


def whole_groups(subject: Subject, points: int) -> int:
    """So many points, rounded up to the same number for each of the sixteen groups of an interval.

    Raises
    ------
    StudyError
        Where nothing is drawn, or nothing asked for.
    """
    problems = [] if points > 0 else [Problem("points", "must be 1 or more", points)]
    if not subject.units:
        problems.append(Problem("drivers", "nothing is drawn: there is nothing that could matter"))
    if not subject.outputs:
        problems.append(Problem("outputs", "no output is asked for"))
    if problems:
        raise StudyError(problems)
    size = GROUPS * BATCH if subject.sampler == "lhs" and points > BATCH else GROUPS
    return -(-points // size) * size


def group_of(sampler: str, points: int, first: int, good: Flags) -> Ints:
    """Group 0 ... 15 of consecutive points from ``first`` on, of a run of so many; −1 for a point that is not ``good``.

    With ``sobol`` it is the replicate, n % 16. So it is with ``random``, where any split is one of independent points. With ``lhs`` whole
    hypercubes belong to group (n // 256) % 16. Of a single hypercube (screening, at 256 points or fewer) the parts n % 16 lie further apart
    than independent points would: intervals are then too wide rather than too narrow.
    """
    n = np.arange(first, first + good.size, dtype=np.int64)
    whole = n // BATCH % GROUPS if sampler == "lhs" and points > BATCH else n % GROUPS
    return np.asarray(np.where(good, whole, -1), dtype=np.int64)


def owners(players: Players) -> Ints:
    """The player of each unit."""
    return np.asarray(players.member.argmax(axis=0), dtype=np.int64)


def taken(players: Players, source: Take) -> Take:
    """Where units come from, (selection, unit, point), given where players come from."""
    found: Take = np.ascontiguousarray(source[:, owners(players)])
    return found


def are_correlated(subject: Subject, players: Players) -> bool:
    """Whether units that are correlated with each other belong to different players."""
    owner: dict[int, int] = {}
    pairs = [(unit.cluster, int(k)) for unit, k in zip(subject.units, owners(players), strict=True) if unit.cluster >= 0]
    return any(owner.setdefault(cluster, k) != k for cluster, k in pairs)


def orders(seed: int, name: str, players: int, span: tuple[int, int], turn: int = 0) -> Ints:
    """A random order of the players for each of a ``span`` of points (first, count), shape (step, point): who joins at each step.

    It is the order of independent uniforms from a stream of its own, so it depends on seed, name, ``turn`` and the point's number only.
    """
    key = stream_key(seed, name)
    uniforms = np.empty((players, span[1]))
    for k in range(players):
        fill_stream(uniforms[k], key & _WORD, key >> 32, turn * players + k, *span)
    return np.argsort(uniforms, axis=0, kind="stable").astype(np.int64)


def joined(order: Ints, players: Players, steps: range, other: int) -> Take:
    """Where units come from after each number of ``steps``: A for players that have joined by then, else ``other``."""
    place = np.argsort(order, axis=0)
    return taken(players, np.where(place < np.array(steps)[:, None, None], FROM_A, other).astype(np.uint8))


def batches(selections: int, subject: Subject, count: int) -> Iterator[range]:
    """Selections to evaluate at a time, so that memory does not grow with their number."""
    size = max(_MOST_VALUES // max(len(subject.outputs) * count, 1), 1)
    return (range(first, min(first + size, selections)) for first in range(0, selections, size))


def values_of(piece: Piece, take: Take, good: Flags, bad: Ints, *, conditional: bool = False) -> Array:
    """Outputs (selection, output, point), in memory that the next call may write over; notes in ``bad`` what is not finite."""
    found = np.ascontiguousarray(piece.evaluate(take, conditional=conditional), dtype=np.float64)
    mark_not_finite(found, good, bad)
    return found
