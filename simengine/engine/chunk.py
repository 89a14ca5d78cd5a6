"""A chunk of blocks, all scenarios of it: the unit of work of a thread, a process or a machine, and everything that a run learns from it.

What a chunk says depends on its draws only: sums by block, counts that add up in any order, a digest of every block. Whoever folds the
chunks of a run in the order of their blocks gets the same bits, however they were cut and wherever they were worked out.
"""

import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from simengine.engine.block import Scratch
from simengine.engine.block_digest import digest_rows
from simengine.engine.mapped import mapped_zeros
from simengine.engine.moments import MOMENT_COLUMNS
from simengine.engine.refine import Picker, Refined, Refinement
from simengine.engine.runner import Runner
from simengine.engine.series import SeriesLayout
from simengine.engine.series_counts import SUM_COLUMNS, Task, count_blocks, new_task
from simengine.engine.sketch import PAGES, Sketch, empty_sketch
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints

Flags = npt.NDArray[np.bool_]
#: Digests of a block and scenario: of its position rows, and of its sums of line and scheme variables.
DIGESTS = 2
#: First number of every digest: another layout of what is digested gets another one.
_DIGEST_SEED = 1
#: Blocks that are run before they are looked at: their counting goes row by row, faster for more draws of each. Invisible in the numbers.
_BITE = 4


@dataclass(frozen=True)
class Chunk:
    """What came of blocks ``first`` up to but not including ``stop``; arrays by scenario, the base first.

    ``rows`` and ``detail`` are the draws that are kept, (kept row, draw); empty where they were put in place straight away.
    """

    first: int
    stop: int
    rows: tuple[Floats, ...]
    detail: tuple[Floats, ...]
    detail_sums: tuple[Floats, ...]  # (block, row, moment column)
    series_sums: Floats  # (block, series, column of sums)
    sketch: Sketch | None
    digests: npt.NDArray[np.uint64]  # (block, scenario, 2)
    failed: Flags  # (draw, scenario)
    clipped: Ints  # (scenario,)


@dataclass(frozen=True)
class Place:
    """Arrays for all draws of a run, by scenario, that blocks are written into where they belong: (row, draw)."""

    stores: tuple[Floats, ...]
    detail: tuple[Floats, ...]

    @classmethod
    def of(cls, runners: Sequence[Runner], draws: int) -> "Place":
        """Room for so many draws of every scenario."""
        return cls(
            tuple(np.empty((runner.rows, draws)) for runner in runners),
            tuple(np.empty((runner.detail_rows, draws)) for runner in runners),
        )


@dataclass(frozen=True)
class _Desk:
    """What one thread works in: by scenario, areas of the hot loop and where blocks go if they have no place of their own."""

    scratches: tuple[Scratch, ...]
    place: Place
    count: Task


class Worker:
    """Runs chunks of a study; any number of threads may ask it at once.

    ``kept`` are the rows of the store whose draws are handed out, by scenario. With ``place`` all draws go there instead.
    """

    def __init__(
        self, runners: Sequence[Runner], series: SeriesLayout, draws: int, kept: Sequence[Ints], sampler: str, place: Place | None = None
    ) -> None:
        self.runners, self.series, self.draws, self.kept = tuple(runners), series, draws, tuple(kept)
        self._sampler, self._place = sampler, place
        self._desks: queue.SimpleQueue[_Desk] = queue.SimpleQueue()
        # pages that chunks have needed so far: the next one has room for them from the start, and is not copied as it grows
        self._pages = 0

    def run(self, first: int, stop: int) -> Chunk:
        """Run blocks ``first`` up to but not including ``stop``; the last one may be a part of a block."""
        with self._desk() as desk:
            return self._run(desk, first, stop)

    def refine(self, first: int, stop: int, refinement: Refinement) -> Refined:
        """Draw blocks again and pick out what ``refinement`` asks for; for a worker without a place of its own."""
        picker = Picker(self.series, refinement)
        with self._desk() as desk:
            for block in range(first, stop, _BITE):
                bite = _Bite(first, block, min(block + _BITE, stop), self.draws, block * BLOCK)
                failed = np.empty((bite.size, len(self.runners)), dtype=np.bool_)
                for s, (runner, store) in enumerate(zip(self.runners, desk.place.stores, strict=True)):
                    runner.run(desk.scratches[s], (bite.first, bite.stop), self.draws, store, bite.origin)
                    failed[:, s] = _failed(store[: runner.layout.starts[3], bite.local])
                picker.add(desk.place.stores, failed)
        return picker.refined(first, stop)

    @contextmanager
    def _desk(self) -> Iterator[_Desk]:
        """A desk that nobody works at."""
        try:
            desk = self._desks.get_nowait()
        except queue.Empty:
            desk = self._new_desk()
        try:
            yield desk
        finally:
            self._desks.put(desk)

    def _new_desk(self) -> _Desk:
        place = Place.of(self.runners, _BITE * BLOCK) if self._place is None else self._place
        scratches = tuple(runner.scratch(_BITE, detail) for runner, detail in zip(self.runners, place.detail, strict=True))
        return _Desk(scratches, place, new_task(self.series, _BITE * BLOCK))

    def _run(self, desk: _Desk, first: int, stop: int) -> Chunk:
        found = self._empty(first, stop)
        sketch = found.sketch
        for block in range(first, stop, _BITE):
            bite = _Bite(first, block, min(block + _BITE, stop), self.draws, 0 if self._place is not None else block * BLOCK)
            for s in range(len(self.runners)):
                self._run_scenario(desk, s, bite, found)
            if sketch is not None:
                failed, begin = found.failed[bite.here], block * BLOCK
                sketch, sums = count_blocks(self.series, sketch, desk.place.stores, failed, begin, desk.count, begin - bite.origin)
                found.series_sums[bite.blocks] = sums
        if sketch is not None:
            self._pages = max(self._pages, int(sketch.used[PAGES]))
        return replace(found, sketch=sketch)

    def _run_scenario(self, desk: _Desk, s: int, bite: "_Bite", found: Chunk) -> None:
        """Run some blocks of a scenario; their digests, failed draws, sums and kept rows."""
        runner, store, detail = self.runners[s], desk.place.stores[s], desk.place.detail[s]
        scratch, outputs = desk.scratches[s], runner.layout.starts[3]
        found.clipped[s] += runner.run(scratch, (bite.first, bite.stop), self.draws, store, bite.origin)
        found.failed[bite.here, s] = _failed(store[:outputs, bite.local])
        for k, block in enumerate(range(*bite.blocks.indices(bite.stop))):
            partial = scratch.detail.partial[k]
            found.detail_sums[s][block] = partial
            found.digests[block, s, 0] = digest_rows(store[:outputs, bite.of_block(k)], _DIGEST_SEED)
            found.digests[block, s, 1] = digest_rows(partial, _DIGEST_SEED)
        runner.alike.fill_draws(detail[:, bite.local], runner.detail_row)
        if self._place is None:
            found.rows[s][:, bite.here] = store[self.kept[s], bite.local]
            found.detail[s][:, bite.here] = detail[:, bite.local]

    def _empty(self, first: int, stop: int) -> Chunk:
        blocks, scenarios = stop - first, len(self.runners)
        draws = min(stop * BLOCK, self.draws) - first * BLOCK
        kept = draws if self._place is None else 0
        return Chunk(
            first,
            stop,
            tuple(mapped_zeros((len(rows) if kept else 0, kept), np.float64) for rows in self.kept),
            tuple(mapped_zeros((runner.detail_rows if kept else 0, kept), np.float64) for runner in self.runners),
            tuple(mapped_zeros((blocks, runner.moment_rows, MOMENT_COLUMNS), np.float64) for runner in self.runners),
            mapped_zeros((blocks, self.series.count, SUM_COLUMNS), np.float64),
            empty_sketch(self.series.count, self._sampler, self._pages + self._pages // 16) if self.series.count else None,
            np.zeros((blocks, scenarios, DIGESTS), dtype=np.uint64),
            np.zeros((draws, scenarios), dtype=np.bool_),
            np.zeros(scenarios, dtype=np.int64),
        )


@dataclass(frozen=True)
class _Bite:
    """Blocks that are run in one go: where their draws are in the chunk and in the store, which begins at draw ``origin``."""

    chunk: int
    first: int
    stop: int
    draws: int
    origin: int

    @property
    def size(self) -> int:
        """How many draws there are."""
        return min(self.stop * BLOCK, self.draws) - self.first * BLOCK

    @property
    def blocks(self) -> slice:
        """The blocks in the chunk."""
        return slice(self.first - self.chunk, self.stop - self.chunk)

    @property
    def here(self) -> slice:
        """The draws in the chunk."""
        begin = (self.first - self.chunk) * BLOCK
        return slice(begin, begin + self.size)

    @property
    def local(self) -> slice:
        """The draws in the store."""
        begin = self.first * BLOCK - self.origin
        return slice(begin, begin + self.size)

    def of_block(self, k: int) -> slice:
        """The draws of the ``k``-th block in the store."""
        begin = self.local.start + k * BLOCK
        return slice(begin, min(begin + BLOCK, self.local.stop))


def _failed(rows: Floats) -> Flags:
    """Draws in which any output (row, draw) is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        # a sum that is finite has nothing else in it
        if np.isfinite(rows.sum(axis=0)).all():
            return np.zeros(rows.shape[1], dtype=np.bool_)
    found: Flags = np.logical_not(np.isfinite(rows).all(axis=0))
    return found
