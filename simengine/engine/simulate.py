"""Simulation: blocks of draws over threads, merged in the order of the draws (INTERFACE.md, Determinism).

A number depends on the study, the seed and the draw's index only: threads share nothing but the arrays they write their own draws to, and
sums are folded block by block in order.
"""

import queue
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from simengine.engine.block import Model, Outputs, Scratch, run_blocks
from simengine.engine.moments import MOMENT_COLUMNS
from simengine.engine.plan import Prepared, driver_rows
from simengine.engine.scratch import new_scratch
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints

#: Blocks in one task of a thread: about a tenth of a second for a large study, so that an interrupt acts soon. Invisible in the numbers.
TASK_BLOCKS = 4
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Settings:
    """How a study is simulated; only ``draws``, ``seed`` and ``sampler`` are part of a number."""

    draws: int
    seed: int
    sampler: str
    threads: int
    detail: bool = True


@dataclass(frozen=True)
class Simulated:
    """The draws of one scenario: output rows, driver rows and detail rows (row, draw), detail moments (row, column).

    ``detail_row`` says in which row of ``detail`` a line or scheme row of the layout is kept, -1 where it is not.
    """

    store: Floats
    driver_names: tuple[tuple[str, int], ...]
    detail: Floats
    detail_row: Ints
    moments: Floats
    clipped: int


@dataclass
class _Work:
    """One scenario under way."""

    model: Model
    outputs: Outputs
    draws: int
    store: Floats
    scratches: "queue.SimpleQueue[Scratch]"
    clipped: int = 0

    def run(self, first: int) -> tuple[int, int, Floats]:
        """Run one task: blocks from ``first``; the blocks run and their detail sums."""
        last = min(first + TASK_BLOCKS, -(-self.draws // BLOCK))
        scratch = self.scratches.get()
        try:
            scratch.detail.partial[:] = 0.0
            clipped = run_blocks(self.model, self.outputs, scratch, first, last, self.draws, self.store, 0)
            return last - first, clipped, scratch.detail.partial.copy()
        finally:
            self.scratches.put(scratch)


def _fold(work: _Work, pool: ThreadPoolExecutor, threads: int, moments: Floats, progress: Progress) -> None:
    """Keep the threads fed and add what comes back to ``moments`` strictly in the order of the blocks."""
    tasks = iter(range(0, -(-work.draws // BLOCK), TASK_BLOCKS))
    waiting: dict[Future[tuple[int, int, Floats]], int] = {}
    done: dict[int, tuple[int, int, Floats]] = {}
    following = 0
    while True:
        while len(waiting) < 2 * threads and (first := next(tasks, None)) is not None:
            waiting[pool.submit(work.run, first)] = first
        if not waiting:
            return
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            done[waiting.pop(future)] = future.result()
        while following in done:
            blocks, clipped, partial = done.pop(following)
            for block in range(blocks):
                moments += partial[block]
            work.clipped += clipped
            following += TASK_BLOCKS
            progress(min(following * BLOCK, work.draws))


def simulate(prepared: Prepared, scenario: int, settings: Settings, kept: tuple[str, ...], progress: Progress) -> Simulated:
    """Simulate one scenario.

    ``kept`` names the line and scheme variables whose draws are kept; ``settings.detail`` asks for their moments. All position variables
    and all drivers are kept.
    """
    draws, detail = settings.draws, settings.detail
    threads = min(settings.threads, -(-draws // (TASK_BLOCKS * BLOCK)))
    layout, made = prepared.layout, prepared.drafts[scenario]
    keep = np.full(layout.detail_count, -1, dtype=np.int64)
    wanted = sorted(int(row) for name in kept for row in layout.detail_rows(name).ravel())
    keep[wanted] = np.arange(len(wanted))
    model = prepared.model(scenario, settings.seed, settings.sampler, detail, keep)
    found = driver_rows(made)
    names = tuple((name, k) for name in prepared.drivers.order if name in found for k in range(found[name][1]))
    outputs = layout.outputs([found[name][0] + k for name, k in names])
    store = np.empty((layout.starts[3] + len(names), draws))
    kept_draws = np.empty((len(wanted), draws))
    moments = np.zeros((layout.detail_count if detail else 0, MOMENT_COLUMNS))
    scratches: queue.SimpleQueue[Scratch] = queue.SimpleQueue()
    for _ in range(threads):
        scratches.put(new_scratch(model, layout, made.book.rows, kept_draws, TASK_BLOCKS))
    work = _Work(model, outputs, draws, store, scratches)
    with ThreadPoolExecutor(threads) as pool:
        try:
            _fold(work, pool, threads, moments, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return Simulated(store, names, kept_draws, keep, moments, work.clipped)
