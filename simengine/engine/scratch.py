"""Work areas of one thread, sized for a model."""

import numpy as np

from simengine.engine.block import Model, Scratch
from simengine.engine.detail import DetailScratch
from simengine.engine.lines import HISTORY_ROWS, LINE_ROWS, SUM_ROWS
from simengine.engine.lines_together import SHARED_REDUCTION, SPARE_ROWS
from simengine.engine.moments import LANES, MOMENT_COLUMNS
from simengine.engine.ops import run_ops
from simengine.engine.outputs import Layout
from simengine.engine.schemes import scheme_work_rows
from simengine.engine.tile import STRIDE, TILE
from simengine.engine.variates import VariateScratch
from simengine.jit import Floats

#: Numbers in a cache line.
_LINE = 8


def _rows(count: int) -> Floats:
    """A flat matrix of rows of zeros, at least one, that starts on a cache line: a vector store across two lines costs twice."""
    size = max(count, 1) * STRIDE
    block = np.zeros(size + _LINE)
    first = -block.ctypes.data // block.itemsize % _LINE
    return block[first : first + size]


def new_scratch(model: Model, layout: Layout, rows: int, detail_store: Floats, blocks: int) -> Scratch:
    """Work areas with every row that depends on no driver already filled; ``blocks`` is the most that one call will run."""
    years, wanted = layout.years, model.detail.wanted > 0
    attributed = wanted or model.actual.scheme.shape[0] > 0
    x = _rows(rows)
    x[:] = 1.0
    run_ops(model.ops, 0, model.ops.constant, x, TILE)
    return Scratch(
        x=x,
        work=_rows(LINE_ROWS),
        history=_rows(HISTORY_ROWS * years),
        gaps=_rows(model.groups.history_rows),
        reductions=_rows(SHARED_REDUCTION + model.groups.shared.shape[0]),
        shifts=_rows(model.shifts.source.shape[0] * years),
        sums=_rows(SUM_ROWS + SPARE_ROWS),
        held=_rows(len(layout.members)),
        paid=_rows(len(layout.members)),
        contract=_rows(model.arrangements.work_rows),
        year=_rows(layout.starts[3] // years),
        variates=VariateScratch(
            _rows(model.variates.scratch_rows), _rows(model.variates.state_rows), _rows(1), _rows(1), _rows(1), _rows(1).view(np.int64)
        ),
        detail=DetailScratch(
            savings=_rows(len(layout.schemes) * years if attributed else 1),
            work=_rows(scheme_work_rows(model.effects)),
            lane=np.zeros(LANES),
            square=np.zeros(LANES),
            partial=np.zeros((blocks, model.detail.plan.shape[0] if wanted else 0, MOMENT_COLUMNS)),
            position=np.zeros(2, dtype=np.int64),
            store=detail_store,
        ),
    )
