"""Simulation of one scenario in memory: blocks of draws over threads, merged in the order of the draws (INTERFACE.md, Determinism).

A number depends on the study, the seed and the draw's index only: threads share nothing but the arrays they write their own draws to, and
sums are folded block by block in order.
"""

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simengine.engine.block import Scratch
from simengine.engine.in_order import in_order
from simengine.engine.moments import MOMENT_COLUMNS
from simengine.engine.plan import Prepared
from simengine.engine.runner import Runner, Settings
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints

__all__ = ["Settings", "Simulated", "simulate"]

#: Most blocks in one task of a thread: about a tenth of a second for a study of 300 lines, so that an interrupt acts soon. Invisible in
#: the numbers.
TASK_BLOCKS = 4
#: Most numbers in the partial sums of a task: a study of thousands of lines has 40 MB of them in a block, and several tasks are under way.
MOST_PARTIAL = 2**23
Progress = Callable[[int], None]


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


def simulate(prepared: Prepared, scenario: int, settings: Settings, kept: tuple[str, ...], progress: Progress) -> Simulated:
    """Simulate one scenario.

    ``kept`` names the line and scheme variables whose draws are kept. All position variables are kept.
    """
    draws, runner = settings.draws, Runner.of(prepared, scenario, settings, kept)
    task = max(1, min(TASK_BLOCKS, MOST_PARTIAL // max(runner.moment_rows * MOMENT_COLUMNS, 1)))
    threads = min(settings.threads, -(-draws // (task * BLOCK)))
    store, detail = np.empty((runner.rows, draws)), np.empty((runner.detail_rows, draws))
    moments, clipped = runner.new_moments(), 0
    scratches: queue.SimpleQueue[Scratch] = queue.SimpleQueue()
    for _ in range(threads):
        scratches.put(runner.scratch(task, detail))

    def run(first: int) -> tuple[int, int, Floats]:
        """Run one task: blocks from ``first``; where it ends, the draws clipped and its detail sums."""
        stop = min(first + task, -(-draws // BLOCK))
        scratch = scratches.get()
        try:
            found = runner.run(scratch, (first, stop), draws, store, 0)
            return stop, found, scratch.detail.partial[: stop - first].copy()
        finally:
            scratches.put(scratch)

    with ThreadPoolExecutor(threads) as pool:
        for stop, found, partial in in_order(pool, run, range(0, -(-draws // BLOCK), task), 2 * threads):
            for block in partial:
                moments += block
            clipped += found
            progress(min(stop * BLOCK, draws))
    runner.alike.fill_draws(detail, runner.detail_row)
    return Simulated(store, runner.driver_names, detail, runner.detail_row, runner.all_moments(moments), clipped)
