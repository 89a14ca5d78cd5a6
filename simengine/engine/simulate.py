"""Simulation: blocks of draws over threads, merged in the order of the draws (INTERFACE.md, Determinism).

A number depends on the study, the seed and the draw's index only: threads share nothing but the arrays they write their own draws to, and
sums are folded block by block in order.
"""

import queue
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from simengine.engine.alike import find_alike
from simengine.engine.block import Model, Outputs, Scratch, run_blocks
from simengine.engine.moments import MOMENT_COLUMNS
from simengine.engine.plan import Prepared, driver_rows
from simengine.engine.scratch import new_scratch
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints
from simengine.jit_apart import reasons_raised
from simengine.study.copulas import copulas

#: Most blocks in one task of a thread: about a tenth of a second for a study of 300 lines, so that an interrupt acts soon. Invisible in
#: the numbers.
TASK_BLOCKS = 4
#: Most numbers in the partial sums of a task: a study of thousands of lines has 40 MB of them in a block, and several tasks are under way.
MOST_PARTIAL = 2**23
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Settings:
    """How a study is simulated; only ``draws``, ``seed`` and ``sampler`` are part of a number.

    ``detail`` asks for the moments of line and scheme variables, ``drivers`` for the draws of all drivers, not only the correlated.
    """

    draws: int
    seed: int
    sampler: str
    threads: int
    detail: bool = True
    drivers: bool = True


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
    task: int
    clipped: int = 0

    def run(self, first: int) -> tuple[int, int, Floats]:
        """Run one task: blocks from ``first``; the blocks run and their detail sums."""
        last = min(first + self.task, -(-self.draws // BLOCK))
        scratch = self.scratches.get()
        try:
            scratch.detail.partial[:] = 0.0
            with reasons_raised():
                clipped = run_blocks(self.model, self.outputs, scratch, first, last, self.draws, self.store, 0)
            return last - first, clipped, scratch.detail.partial.copy()
        finally:
            self.scratches.put(scratch)


def _fold(work: _Work, pool: ThreadPoolExecutor, threads: int, moments: Floats, progress: Progress) -> None:
    """Keep the threads fed and add what comes back to ``moments`` strictly in the order of the blocks."""
    tasks = iter(range(0, -(-work.draws // BLOCK), work.task))
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
            following += work.task
            progress(min(following * BLOCK, work.draws))


def simulate(prepared: Prepared, scenario: int, settings: Settings, kept: tuple[str, ...], progress: Progress) -> Simulated:
    """Simulate one scenario.

    ``kept`` names the line and scheme variables whose draws are kept. All position variables are kept.
    """
    draws, detail = settings.draws, settings.detail
    layout, made = prepared.layout, prepared.drafts[scenario]
    model = prepared.model(scenario, settings.seed, settings.sampler, detail, np.full(layout.detail_count, -1, dtype=np.int64))
    alike, keep = find_alike(model), np.full(layout.detail_count, -1, dtype=np.int64)
    wanted = [int(row) for name in kept for row in layout.detail_rows(name).ravel()]
    # rows that others are multiples of are kept with them, behind those that were asked for
    stored = [*sorted(wanted), *sorted(set(alike.source[wanted].tolist()).difference(wanted))]
    keep[stored] = np.arange(len(stored))
    model = model._replace(detail=alike.narrowed(model.detail, keep))
    partial = alike.worked.size * MOMENT_COLUMNS if detail else 0
    task = max(1, min(TASK_BLOCKS, MOST_PARTIAL // max(partial, 1)))
    threads = min(settings.threads, -(-draws // (task * BLOCK)))
    found = driver_rows(made)
    groups = () if settings.drivers else copulas(prepared.study.spec, prepared.drivers.order)
    correlated = {name for group in groups for name in group.names}
    wanted_drivers = [name for name in prepared.drivers.order if name in found and (settings.drivers or name in correlated)]
    names = tuple((name, k) for name in wanted_drivers for k in range(found[name][1]))
    outputs = layout.outputs([found[name][0] + k for name, k in names])
    store = np.empty((layout.starts[3] + len(names), draws))
    kept_draws = np.empty((len(stored), draws))
    moments = np.zeros((alike.worked.size if detail else 0, MOMENT_COLUMNS))
    scratches: queue.SimpleQueue[Scratch] = queue.SimpleQueue()
    for _ in range(threads):
        scratches.put(new_scratch(model, layout, made.book.rows, kept_draws, task))
    work = _Work(model, outputs, draws, store, scratches, task)
    with ThreadPoolExecutor(threads) as pool:
        try:
            _fold(work, pool, threads, moments, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    alike.fill_draws(kept_draws, keep)
    return Simulated(store, names, kept_draws, keep, alike.all_moments(moments) if detail else moments, work.clipped)
