"""The hot loop: blocks of draws, a tile at a time, from drivers to settlements in one compiled pass.

Read ``project_tile`` from top to bottom: it is the model. The rules themselves are scalar functions in ``projection`` and ``contract``;
the passes over a tile that call them are ``lines``, ``arrangements`` and ``positions`` beside this file.
"""

from typing import NamedTuple

from simengine.engine.actual_costs import Actual, fill_actual_costs
from simengine.engine.arrangements import settle_year
from simengine.engine.covered_lines import add_covered_line
from simengine.engine.detail import Detail, DetailScratch, keep_line, keep_schemes
from simengine.engine.lines import ADDED, CLIPPED, SUM_ROWS, Effects, Lines, line_reduction, line_values, line_year, release_from
from simengine.engine.observed import Observed, Work, fill_observed
from simengine.engine.ops import Ops, fill_row, row_view, run_ops
from simengine.engine.positions import Parties, Reported, position_year, report_year
from simengine.engine.schemes import add_scheme_savings
from simengine.engine.shifts import Shifts, add_shifted, charge_schemes, shift_activity
from simengine.engine.special_lines import special_line_year, special_price, special_reductions
from simengine.engine.terms import ARRANGEMENT_ROWS, OUTTURN, Area, Arrangements, Covered
from simengine.engine.tile import BLOCK, STRIDE, TILE
from simengine.engine.variates import Variates, VariateScratch, draw_tile
from simengine.engine.volatility import Noises, draw_noises
from simengine.jit import Floats, Ints, inlined, inner_kernel, keep_apart, kernel


class Model(NamedTuple):
    """A study as flat arrays: everything the compiled pass needs."""

    variates: Variates
    noises: Noises
    ops: Ops
    observed: Observed
    lines: Lines
    effects: Effects
    shifts: Shifts
    actual: Actual
    covered: Covered
    arrangements: Arrangements
    parties: Parties
    reported: Reported
    detail: Detail


class Outputs(NamedTuple):
    """Where the output rows of a tile begin, and which row of the store each of them goes to (-1: nowhere)."""

    parties: int
    arrangements: int
    members: int
    reported: int
    drivers: Ints  # (kept,): rows of the tile matrix kept after the output rows
    keep: Ints  # (output row,)


class Scratch(NamedTuple):
    """What one thread works in; every matrix is a flat array of rows."""

    x: Floats  # slots: ones, drivers, derived rows
    work: Floats  # one line and year
    history: Floats  # capacity gaps of the current line
    shifts: Floats  # by shift and year: activity added to its target
    sums: Floats  # by pair and year
    held: Floats  # by member and year
    contract: Floats
    out: Floats  # system, parties, arrangements, members, numbers reported as they are
    variates: VariateScratch
    detail: DetailScratch


@inner_kernel
def _clear(scratch: Scratch, outputs: Outputs, n: int) -> None:
    """Zero what is summed over lines: pairs, held gains, outturns."""
    for row in range(scratch.sums.shape[0] // STRIDE):
        fill_row(row_view(scratch.sums, row), 0.0, n)
    for row in range(scratch.held.shape[0] // STRIDE):
        fill_row(row_view(scratch.held, row), 0.0, n)
    for row in range(outputs.arrangements + OUTTURN, outputs.members, ARRANGEMENT_ROWS):
        fill_row(row_view(scratch.out, row), 0.0, n)
    fill_row(row_view(scratch.work, CLIPPED), 0.0, n)


@inlined
def _area(outputs: Outputs, scratch: Scratch) -> Area:
    """Where settling happens in a thread's work areas."""
    rows, members = scratch.out[outputs.arrangements * STRIDE :], scratch.out[outputs.members * STRIDE :]
    return Area(rows, members, scratch.held, scratch.contract, scratch.x)


@inner_kernel
def _project_line(model: Model, outputs: Outputs, scratch: Scratch, s: int, n: int) -> None:
    """All years of line ``s``: reduction by schemes, money, sums of its pair and of its arrangement."""
    lines, years = model.lines, model.lines.plan_price.shape[1]
    work, x, area = scratch.work, scratch.x, _area(outputs, scratch)
    # a line whose activity is a multiple of another's has no scheme, and nothing else to be worked out
    worked = model.detail.row[0, s] >= 0
    for t in range(years):
        line_reduction(work, x, model.effects, s, t, n)
        sums = scratch.sums[(lines.pair[s, t] * years + t) * SUM_ROWS * STRIDE :]
        if lines.special.line[s]:
            special_reductions(work, x, model.effects, s, t, n)
            add_shifted(row_view(work, ADDED), scratch.shifts, model.shifts, s, t, n)
            release_from(work, scratch.history, lines, s, t, n)
            special_line_year(work, sums, scratch.history, x, lines, s, t, n)
        else:
            line_year(work, sums, scratch.history, x, lines, s, t, n)
        if model.covered.arrangement[s, t] >= 0:
            add_covered_line(area, work, lines, model.covered, s, t, n)
        if (model.detail.wanted or model.actual.scheme.shape[0] > 0) and worked:
            _detail_line(model, scratch, s, t, n)


@inner_kernel
def _detail_line(model: Model, scratch: Scratch, s: int, t: int, n: int) -> None:
    """What of the line just worked out goes to its schemes and to the line variables."""
    work, x, lines = scratch.work, scratch.x, model.lines
    if not lines.special.line[s]:
        line_values(work, x, lines, s, t, n)
    add_scheme_savings(scratch.detail.savings, scratch.detail.work, work, x, model.effects, s, t, n)
    if model.shifts.first_into[s] < model.shifts.first_into[s + 1]:
        price = row_view(scratch.detail.work, 0)
        special_price(price, work, x, lines, s, t, n)
        charge_schemes(scratch.detail.savings, scratch.shifts, price, model.shifts, s, t, n)
    if model.detail.wanted:
        keep_line(model.detail, scratch.detail, work, x, s, t, n)


@inner_kernel
def project_tile(model: Model, outputs: Outputs, scratch: Scratch, n: int) -> None:
    """The model for one tile of draws whose slots are filled: lines, arrangements, positions."""
    years = model.lines.plan_price.shape[1]
    _clear(scratch, outputs, n)
    for row in range(scratch.detail.savings.shape[0] // STRIDE):
        fill_row(row_view(scratch.detail.savings, row), 0.0, n)
    if model.shifts.source.shape[0] > 0:
        shift_activity(scratch.shifts, scratch.detail.work, scratch.work, scratch.x, model.lines, model.effects, model.shifts, n)
    for s in range(model.lines.pair.shape[0]):
        _project_line(model, outputs, scratch, s, n)
    fill_actual_costs(scratch.x, scratch.detail.savings, model.actual, n)
    area = _area(outputs, scratch)
    for a in range(model.arrangements.residual.shape[0]):
        for t in range(years):
            settle_year(area, model.arrangements, a, t, n)
    for t in range(years):
        position_year(scratch.out, scratch.out[outputs.parties * STRIDE :], scratch.sums, area.members, scratch.x, model.parties, t, n)
        report_year(scratch.out[outputs.reported * STRIDE :], scratch.x, model.reported, t, n)
    if model.detail.wanted:
        keep_schemes(model.detail, scratch.detail, scratch.x, model.parties, n)


@inner_kernel
def _draw_noises(model: Model, scratch: Scratch, n: int) -> None:
    """The noise of every line; between them the lines that were observed, whose later noise is about what follows from that."""
    done = 0
    for o in range(model.observed.noise_end.shape[0]):
        if o > 0:
            work = Work(scratch.x, scratch.work, scratch.detail.work, scratch.shifts)
            fill_observed(work, model.lines, model.effects, model.shifts, model.observed, o - 1, n)
        draw_noises(model.noises, done, model.observed.noise_end[o], scratch.x, scratch.variates, n)
        done = model.observed.noise_end[o]


@inner_kernel
def _store(outputs: Outputs, scratch: Scratch, store: Floats, first: int, n: int) -> None:
    """Copy the kept output rows, then the kept drivers, to their rows of the store."""
    keep_apart()
    for row in range(outputs.keep.shape[0]):
        if outputs.keep[row] >= 0:
            target, source = store[outputs.keep[row]], row_view(scratch.out, row)
            for i in range(n):
                target[first + i] = source[i]
    after = store.shape[0] - outputs.drivers.shape[0]
    for k in range(outputs.drivers.shape[0]):
        target, source = store[after + k], row_view(scratch.x, outputs.drivers[k])
        for i in range(n):
            target[first + i] = source[i]


@kernel
def run_blocks(
    model: Model, outputs: Outputs, scratch: Scratch, first_block: int, last_block: int, draws: int, store: Floats, origin: int
) -> int:
    """Simulate blocks ``first_block`` to ``last_block`` of ``draws`` draws; returns how many draws were clipped.

    ``store`` is (row, draw) with its first column at draw ``origin``.
    """
    clipped = 0
    for first in range(first_block * BLOCK, min(last_block * BLOCK, draws), TILE):
        n = min(TILE, draws - first)
        draw_tile(model.variates, first, n, scratch.x, scratch.variates)
        last = model.ops.kind.shape[0] if model.detail.wanted else model.ops.needed
        run_ops(model.ops, model.ops.constant, last, scratch.x, n)
        _draw_noises(model, scratch, n)
        scratch.detail.position[0] = first - origin
        scratch.detail.position[1] = first // BLOCK - first_block
        project_tile(model, outputs, scratch, n)
        _store(outputs, scratch, store, first - origin, n)
        for i in range(n):
            clipped += 1 if scratch.work[CLIPPED * STRIDE + i] > 0.0 else 0
    return clipped
