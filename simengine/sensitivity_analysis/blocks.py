"""Points of a subject worked off in blocks over threads, their sums folded strictly in the order of the blocks; failed points left out.

A block is 4,096 points, a part of it a piece of 512: nothing but the pieces under way is in memory.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from simengine.engine.in_order import in_order
from simengine.errors import SimulationError
from simengine.jit import Floats, Ints, kernel
from simengine.sensitivity_analysis.subject import PIECE, Piece, Subject

Flags = npt.NDArray[np.bool_]
Progress = Callable[[int, int], None]

BLOCK_PIECES = 8
BLOCK = BLOCK_PIECES * PIECE
#: Share of points that may fail, as of the draws of a run.
MOST_FAILED = 0.01
#: Failed points that are named.
_NAMED = 5


class Tally(Protocol):
    """Sums of what a method looks at; one for each block."""

    def add(self, piece: Piece, first: int, good: Flags) -> Ints:
        """Add a piece that begins with point ``first``, leaving out points that are not ``good`` (point,).

        Returns for each point 0, or 1 + the output that turned out to be not finite: where there is any, nothing has been added, and the
        piece comes again without them.
        """

    def merge(self, other: Self) -> None:
        """Add the sums of the block that follows."""


T = TypeVar("T", bound=Tally)


@dataclass
class Failed:
    """Points that failed, and the first of them with the output that was not finite."""

    points: int = 0
    named: list[tuple[int, str]] = field(default_factory=list)

    def notes(self, points: int) -> tuple[str, ...]:
        """What a reader should know of them."""
        if not self.points:
            return ()
        first = "; ".join(f"point {point}: {output}" for point, output in self.named)
        return (f"{self.points:,} of {points:,} points left out: an output was not finite ({first})",)


@kernel
def mark_not_finite(found: Floats, good: Flags, bad: Ints) -> int:
    """Write to ``bad`` (point,) 1 + the output in which a good point of ``found`` (selection, output, point) is not finite."""
    count = 0
    for m in range(found.shape[0]):
        for o in range(found.shape[1]):
            row = found[m, o]
            total = 0.0
            for i in range(row.shape[0]):
                total += row[i] * 0.0
            if total - total != 0.0:
                for i in range(row.shape[0]):
                    if row[i] - row[i] != 0.0 and good[i] and bad[i] == 0:
                        bad[i] = o + 1
                        count += 1
    return count


def work_off(
    subject: Subject, points: int, new: Callable[[], T], threads: int = 0, progress: Progress = lambda done, total: None
) -> tuple[T, Failed]:
    """Work off so many points of a subject, block by block.

    Parameters
    ----------
    new
        Makes an empty tally.
    threads
        How many work at once, 0 for one per core: invisible in the numbers.

    Raises
    ------
    SimulationError
        Where more than one in a hundred points is not finite.
    """
    threads = threads or os.cpu_count() or 1

    def block(first: int) -> tuple[int, T, list[tuple[int, str]]]:
        tally, failed, last = new(), [], min(first + BLOCK, points)
        for start in range(first, last, PIECE):
            failed += _add_piece(subject, tally, start, min(PIECE, last - start))
        return last, tally, failed

    total, lost = new(), Failed()
    with ThreadPoolExecutor(threads) as pool:
        for last, tally, failed in in_order(pool, block, range(0, points, BLOCK), threads + 1):
            total.merge(tally)
            lost.points += len(failed)
            lost.named = (lost.named + failed)[:_NAMED]
            progress(last, points)
    if lost.points > MOST_FAILED * points:
        msg = f"{lost.notes(points)[0]}: more than 1 %"
        raise SimulationError(msg)
    return total, lost


def _add_piece(subject: Subject, tally: Tally, first: int, count: int) -> list[tuple[int, str]]:
    """Add a piece to a tally; the points that failed, each with an output that was not finite."""
    piece, good, failed = subject.piece(first, count), np.ones(count, dtype=np.bool_), []
    while (bad := tally.add(piece, first, good)).any():
        failed += [(first + int(i), subject.outputs[int(bad[i]) - 1].text()) for i in np.flatnonzero(bad)]
        good &= bad == 0
    return failed
