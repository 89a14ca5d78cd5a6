"""The draws of series summed and counted, block by block: partial sums to be added up in the order of the blocks, and a sketch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import BATCH, LANES, MOMENT_COLUMNS, REPLICATES, add_lanes, add_moments
from simengine.engine.series import DIFFERENCE, Bad, Block, Flags, SeriesLayout, Table, bad_draws, fill_path
from simengine.engine.sketch import DRAWS, NARROW_DRAWS, Sketch, empty_sketch, is_wide, merge, with_room
from simengine.engine.sketch_draws import Work, new_work, place_row, tally_row
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints, kernel

Sums = npt.NDArray[np.float64]

#: Columns of a partial sum of a series after those of ``engine.moments``: draws that failed; over whole batches Σq, Σq² and Σ q Σd, where
#: q = Σd² of a batch; then Σd² by replicate.
FAILED, BATCH_Q, BATCH_QQ, BATCH_QD, SQUARE_REPLICATE = range(MOMENT_COLUMNS, MOMENT_COLUMNS + 5)
SUM_COLUMNS = SQUARE_REPLICATE + REPLICATES


class Task(NamedTuple):
    """Work areas of one thread, and how far it is."""

    area: Floats  # (series of a path, draw)
    lane: Floats  # (16,)
    square: Floats  # (16,)
    work: Work
    first: Ints  # (2,): column of the store and index in the run of the first draw
    progress: Ints  # (3,): path, series of it and draw to go on with; series -1: none of the path has been summed


@kernel
def _add_sums(sums: Floats, values: Floats, plan: float, failed: int, lane: Floats, square: Floats) -> None:
    """Add the draws of a series, of which the first starts a batch and a replicate, to its partial sums."""
    for first in range(0, values.shape[0], BATCH):
        size = min(values.shape[0] - first, BATCH)
        add_moments(sums, values[first : first + size], plan, lane, square, size)
        # the lanes are left as those of this batch
        if size == BATCH:
            q, d = add_lanes(square), add_lanes(lane)
            sums[BATCH_Q] += q
            sums[BATCH_QQ] += q * q
            sums[BATCH_QD] += q * d
        for k in range(REPLICATES):
            sums[SQUARE_REPLICATE + k] += square[k]
    sums[FAILED] += failed


@kernel
def _count_paths(sketch: Sketch, sums: Sums, plan: Floats, base: Block, rows: Block, table: Table, bad: Bad, task: Task) -> int:
    """Sum and count the series of the paths of a scenario from ``task.progress`` on; returns whether all are done."""
    progress, area = task.progress, task.area
    start, first_draw, draws = task.first[0], task.first[1], task.area.shape[1]
    for path in range(progress[0], table.first.shape[0]):
        kind, first = table.kind[path], table.first[path]
        failed = bad.of_either if kind == DIFFERENCE else bad.of_own
        # a path that is gone on with is filled again, but was summed and tallied
        count = fill_path(area, 0, base, rows, table.rows[path], kind, bad, start)
        if progress[1] < 0:
            for k in range(count):
                for block in range(sums.shape[0]):
                    values = area[k, block * BLOCK : min((block + 1) * BLOCK, draws)]
                    _add_sums(sums[block, first + k], values, plan[first + k], failed[block], task.lane, task.square)
                tally_row(sketch, first + k, area[k], plan[first + k], first_draw, task.work)
            progress[1], progress[2] = 0, 0
        for k in range(progress[1], count):
            done = place_row(sketch, first + k, area[k], plan[first + k], first_draw, progress[2], task.work)
            if done < draws:
                progress[0], progress[1], progress[2] = path, k, done
                return 0
            progress[2] = 0
        progress[1] = -1
    return 1


def new_task(series: SeriesLayout, draws: int = BLOCK) -> Task:
    """Work areas of one thread, for calls of ``count_blocks`` with so many draws."""
    lane, square = np.empty(LANES), np.empty(LANES)
    area = np.empty((series.layout.years + 2, draws))
    return Task(area, lane, square, new_work(), np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64))


def count_blocks(
    series: SeriesLayout, sketch: Sketch, rows: Sequence[Block], failed: Flags, first_draw: int, task: Task, start: int = 0
) -> tuple[Sketch, Sums]:
    """Sum and count the draws of some blocks; several at a time are counted faster than one (a row's pages are then in the cache).

    Parameters
    ----------
    series
        Which series there are.
    sketch
        With a row for every series; changed in place: go on with the one that is returned.
    rows, failed, start
        As for ``SeriesLayout.fill``; ``failed`` has as many draws as there are to count.
    first_draw
        Index of the first of these draws in the run: the first of a block.
    task
        From ``new_task``, used by no other thread at the time; one for another number of draws is not used.

    Returns
    -------
    The sketch and the partial sums by block, shape (block, series, ``SUM_COLUMNS``), to be added up in the order of the blocks.
    """
    draws = failed.shape[0]
    if is_wide(sketch) or int(sketch.used[DRAWS]) + draws > NARROW_DRAWS:
        made, sums = count_blocks(
            series, empty_sketch(series.count, "lhs" if sketch.by_batch else "sobol"), rows, failed, first_draw, task, start
        )
        return merge(sketch, made), sums
    sums = np.zeros((-(-draws // BLOCK), series.count, SUM_COLUMNS))
    if draws != task.area.shape[1]:
        task = new_task(series, draws)
    task.first[:] = start, first_draw
    with np.errstate(invalid="ignore", over="ignore"):  # with the compiler off, inf - inf would be a warning
        for scenario, table in enumerate(series.tables):
            bad = bad_draws(failed, scenario)
            task.progress[:] = 0, -1, 0
            while not _count_paths(sketch, sums, series.plan, rows[0], rows[scenario], table, bad, task):
                sketch = with_room(sketch, 1)
    sketch.used[DRAWS] += draws
    return sketch, sums
