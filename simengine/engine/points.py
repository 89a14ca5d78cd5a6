"""A scenario as a function of its units of chance: points that take each unit from one of two designs, or at its plan value.

This is the hot loop without its draws. Two independent designs are drawn into two tiles, once; then any number of points is put
together from their rows and projected. Nothing but two tiles of draws and the results asked for is in memory.

Design A is that of a run; design B has the same drivers in other columns of the same Sobol' net, with scrambles (or streams) of its own:
one net of twice the dimensions (PEERS.md section 4b: splitting a net of d dimensions into two designs gives indices that are wrong).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.block import Model, Outputs, Scratch, project_year, start_tile
from simengine.engine.observed import Work, fill_observed
from simengine.engine.ops import add_row, copy_row, fill_row, row_view, run_ops
from simengine.engine.tile import STRIDE
from simengine.engine.variates import Variates, draw_tile
from simengine.engine.volatility import draw_noises
from simengine.jit import Floats, Ints, inner_kernel, keep_apart, kernel, rows_apart

Take = npt.NDArray[np.uint8]

#: Where the rows of a unit come from.
FROM_A, FROM_B, FROM_PLAN = 0, 1, 2


class Units(NamedTuple):
    """The rows that each unit fills, and the noises that are its own: those of unit u stand at ``first[u]`` up to ``first[u + 1]``."""

    first: Ints  # (unit + 1,)
    row: Ints
    noise_unit: Ints  # (noise,): whose noise it is


class Wanted(NamedTuple):
    """Where the rows of a year go among the series asked for, and the sums over the years."""

    series: Ints  # (year, row of a year): -1 where not asked for
    term: Ints  # (year, row of a year): -1 where there is no sum


class Asked(NamedTuple):
    """What is evaluated: units of chance, results that the hot loop works out, series made of them."""

    units: Units
    outputs: Outputs
    wanted: Wanted


class Tiles(NamedTuple):
    """Draws of a tile in the layout of the tile matrix: both designs, and the plan (the first of each row)."""

    a: Floats
    b: Floats
    plan: Floats


@inner_kernel
def _choose(target: Floats, a: Floats, b: Floats, plan: float, take: Take, n: int) -> None:
    """A row of a unit, point by point; what is taken for all points alike has been copied before."""
    keep_apart()
    rows_apart()
    for i in range(n):
        target[i] = plan if take[i] == FROM_PLAN else (b[i] if take[i] == FROM_B else a[i])


@inner_kernel
def _calm(target: Floats, take: Take, n: int) -> None:
    """The noise of a unit that is at its plan value is 1."""
    keep_apart()
    rows_apart()
    for i in range(n):
        target[i] = 1.0 if take[i] == FROM_PLAN else target[i]


@inner_kernel
def _put_together(x: Floats, units: Units, tiles: Tiles, take: Take, n: int) -> None:
    """The drawn rows of one selection (unit, point or 1)."""
    alike = take.shape[1] == 1
    for u in range(take.shape[0]):
        for k in range(units.first[u], units.first[u + 1]):
            row = units.row[k]
            target, a, b = row_view(x, row), row_view(tiles.a, row), row_view(tiles.b, row)
            if not alike:
                _choose(target, a, b, tiles.plan[row * STRIDE], take[u], n)
            elif take[u, 0] == FROM_A:
                copy_row(target, a, n)
            elif take[u, 0] == FROM_B:
                copy_row(target, b, n)
            else:
                fill_row(target, tiles.plan[row * STRIDE], n)


@inner_kernel
def _calm_noises(model: Model, units: Units, x: Floats, take: Take, noises: tuple[int, int], n: int) -> None:
    """Noises of units at their plan values, once they have been filled."""
    alike = take.shape[1] == 1
    for k in range(noises[0], noises[1]):
        u, target = units.noise_unit[k], row_view(x, model.noises.target[k])
        if not alike:
            _calm(target, take[u], n)
        elif take[u, 0] == FROM_PLAN:
            fill_row(target, 1.0, n)


@inner_kernel
def _fill_noises(model: Model, scratch: Scratch, units: Units, take: Take, n: int) -> None:
    """As ``block`` draws them, line by line where lines were observed."""
    done = 0
    for o in range(model.observed.noise_end.shape[0]):
        if o > 0:
            work = Work(scratch.x, scratch.work, scratch.detail.work, scratch.shifts)
            fill_observed(work, model.lines, model.effects, model.shifts, model.observed, o - 1, n)
        draw_noises(model.noises, done, model.observed.noise_end[o], scratch.x, scratch.variates, n)
        _calm_noises(model, units, scratch.x, take, (done, model.observed.noise_end[o]), n)
        done = model.observed.noise_end[o]


@inner_kernel
def _keep_year(wanted: Wanted, year: Floats, found: Floats, t: int, n: int) -> None:
    """The series of year ``t``, added to the sums over the years."""
    for row in range(wanted.series.shape[1]):
        if wanted.series[t, row] >= 0:
            copy_row(found[wanted.series[t, row]], row_view(year, row), n)
        if wanted.term[t, row] >= 0:
            if t == 0:
                copy_row(found[wanted.term[t, row]], row_view(year, row), n)
            else:
                add_row(found[wanted.term[t, row]], row_view(year, row), n)


@kernel
def project_points(model: Model, asked: Asked, scratch: Scratch, tiles: Tiles, take: Take, n: int, found: Floats) -> int:
    """Fill ``found`` (selection, series, point) for the selections ``take`` (selection, unit, point or 1); returns how many."""
    for m in range(take.shape[0]):
        _put_together(scratch.x, asked.units, tiles, take[m], n)
        run_ops(model.ops, model.ops.constant, model.ops.needed, scratch.x, n)
        _fill_noises(model, scratch, asked.units, take[m], n)
        scratch.detail.position[0] = 0
        scratch.detail.position[1] = 0
        start_tile(model, scratch, n)
        for t in range(model.lines.plan_price.shape[1]):
            project_year(model, asked.outputs, scratch, t, n)
            _keep_year(asked.wanted, scratch.year, found[m], t, n)
    return int(take.shape[0])


@kernel
def draw_designs(first_design: Variates, second_design: Variates, scratch: Scratch, tiles: Tiles, first: int, n: int) -> int:
    """Draw both designs of the points ``first`` ... ``first + n - 1``."""
    draw_tile(first_design, first, n, tiles.a, scratch.variates)
    draw_tile(second_design, first, n, tiles.b, scratch.variates)
    return n
