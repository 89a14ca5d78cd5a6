"""The hot loop: blocks of draws, a tile at a time, from drivers to settlements in one compiled pass.

Read ``run_blocks`` and ``project_year`` from top to bottom: they are the model. The rules themselves are scalar functions in ``projection``
and ``contract``; the passes over a tile that call them are ``lines_together``, ``arrangements`` and ``positions`` beside this file.
"""

from typing import NamedTuple

from simengine.engine.actual_costs import Actual, fill_actual_costs
from simengine.engine.arrangements import settle_year, start_settlement
from simengine.engine.covered_lines import add_covered_line
from simengine.engine.detail import Detail, DetailScratch, keep_line, keep_schemes
from simengine.engine.line_values import line_values
from simengine.engine.lines import (
    ADDED,
    CLIPPED,
    SUM_ROWS,
    Effects,
    Lines,
    history_of,
    line_activity,
    line_reduction,
    release_from,
)
from simengine.engine.lines_together import Desk, Groups, share_reductions, work_off_group
from simengine.engine.observed import Observed, Work, fill_observed
from simengine.engine.ops import Ops, clear_rows, fill_row, row_view, run_ops
from simengine.engine.positions import Parties, Reported, finish_positions, pair_year, report_year, start_positions
from simengine.engine.schemes import add_scheme_savings
from simengine.engine.shifts import Shifts, add_shifted, charge_schemes, shift_activity
from simengine.engine.special_lines import special_line_year, special_price, special_reductions
from simengine.engine.terms import Area, Arrangements, Covered
from simengine.engine.tile import BLOCK, STRIDE, TILE
from simengine.engine.variates import Variates, VariateScratch, draw_tile
from simengine.engine.volatility import Noises, draw_noises
from simengine.jit import Floats, Ints, inlined, inner_kernel, kernel
from simengine.jit_stream import settle_stores, stream_row


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
    groups: Groups
    arrangements: Arrangements
    parties: Parties
    reported: Reported
    detail: Detail


class Outputs(NamedTuple):
    """Where the rows of a year's results begin, and which row of the store each of them goes to (-1: nowhere)."""

    parties: int
    arrangements: int
    members: int
    reported: int
    settled: int  # whether anything is asked for that settlements are part of
    positioned: int  # whether positions are asked for
    drivers: Ints  # (kept,): rows of the tile matrix kept after the results
    keep: Ints  # (year, row of a year)


class Scratch(NamedTuple):
    """What one thread works in; every matrix is a flat array of rows."""

    x: Floats  # slots: ones, drivers, derived rows
    work: Floats  # one line, or group of lines, and year
    history: Floats  # capacity gaps of the line that line variables are made of
    gaps: Floats  # capacity gaps by group
    reductions: Floats  # of a year
    shifts: Floats  # by shift and year: activity added to its target
    sums: Floats  # of one pair and year
    held: Floats  # by member: what it holds of the year
    paid: Floats  # by member: what it was paid over the term so far
    contract: Floats
    year: Floats  # results of a year: system, parties, arrangements, members, numbers reported as they are
    variates: VariateScratch
    detail: DetailScratch


@inlined
def _area(outputs: Outputs, scratch: Scratch) -> Area:
    """Where a year is settled in a thread's work areas."""
    rows = scratch.year[outputs.arrangements * STRIDE : outputs.members * STRIDE]
    members = scratch.year[outputs.members * STRIDE : outputs.reported * STRIDE]
    return Area(rows, members, scratch.held, scratch.paid, scratch.contract, scratch.x)


@inner_kernel
def _special_line(model: Model, scratch: Scratch, history: Floats, s: int, t: int, n: int) -> None:
    """A special line and year: its reductions, what is shifted in, its money, added to the sums at hand."""
    work, x, lines, years = scratch.work, scratch.x, model.lines, model.lines.release_years[s]
    remembered = max(1, min(years, lines.plan_price.shape[1]))
    line_reduction(work, x, model.effects, s, t, n)
    special_reductions(work, x, model.effects, s, t, n)
    add_shifted(row_view(work, ADDED), scratch.shifts, model.shifts, s, t, n)
    release_from(work, history, remembered, years, t, n)
    special_line_year(work, scratch.sums, history_of(history, remembered, t), x, lines, (s, t), n)


@inner_kernel
def _group_year(model: Model, area: Area, scratch: Scratch, g: int, t: int, n: int) -> None:
    """A group of lines in year ``t``: activity, money, and its part in an arrangement."""
    work, lines, covered, groups = scratch.work, model.lines, model.covered, model.groups
    s = groups.line[g]
    gaps = scratch.gaps[groups.history[g] * STRIDE :]
    if lines.special.line[s]:
        _special_line(model, scratch, gaps, s, t, n)
    else:
        desk = Desk(scratch.sums, gaps, work, scratch.reductions)
        work_off_group(desk, area, lines, model.effects, covered, groups, (g, t), n)
    if covered.arrangement[s, t] >= 0 and groups.whole[g, t] == 0:
        add_covered_line(area, work, lines, covered, groups.baseline[g, t], s, t, n)


@inner_kernel
def _line_variables(model: Model, scratch: Scratch, n: int) -> None:
    """Line by line, all years of each: its variables, and what of its saving goes to its schemes."""
    lines, work, x = model.lines, scratch.work, scratch.x
    for s in range(lines.pair.shape[0]):
        # a line whose activity is a multiple of another's has no scheme, and nothing else to be worked out
        for t in range(lines.plan_price.shape[1] if model.detail.row[0, s] >= 0 else 0):
            if lines.special.line[s]:
                _special_line(model, scratch, scratch.history, s, t, n)
            else:
                line_reduction(work, x, model.effects, s, t, n)
                line_activity(work, scratch.history, x, lines, s, t, n)
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
def start_tile(model: Model, scratch: Scratch, n: int) -> None:
    """What comes before the years, for a tile whose slots are filled: activity shifted between lines, and what is wanted line by line."""
    fill_row(row_view(scratch.work, CLIPPED), 0.0, n)
    clear_rows(scratch.paid, scratch.paid.shape[0] // STRIDE)
    clear_rows(scratch.detail.savings, scratch.detail.savings.shape[0] // STRIDE)
    if model.shifts.source.shape[0] > 0:
        shift_activity(scratch.shifts, scratch.detail.work, scratch.work, scratch.x, model.lines, model.effects, model.shifts, n)
    if model.detail.wanted or model.actual.scheme.shape[0] > 0:
        _line_variables(model, scratch, n)
    fill_actual_costs(scratch.x, scratch.detail.savings, model.actual, n)
    if model.detail.wanted:
        keep_schemes(model.detail, scratch.detail, scratch.x, model.parties, n)


@inner_kernel
def project_year(model: Model, outputs: Outputs, scratch: Scratch, t: int, n: int) -> None:
    """Year ``t`` of a tile: pair by pair what lines are to payer and provider, then settlements and positions, as far as asked for."""
    groups, year, x, area = model.groups, scratch.year, scratch.x, _area(outputs, scratch)
    parties = year[outputs.parties * STRIDE :]
    start_settlement(area, n)
    if outputs.positioned:
        start_positions(year, parties, x, model.parties, t, n)
    share_reductions(scratch.work, scratch.reductions, x, model.effects, groups, t, n)
    for pair in range(model.parties.pair.shape[0]):
        clear_rows(scratch.sums, SUM_ROWS)
        for k in range(groups.first[t, pair], groups.first[t, pair + 1]):
            _group_year(model, area, scratch, groups.order[t, k], t, n)
        if outputs.positioned:
            pair_year(year, parties, scratch.sums, model.parties, pair, n)
    for a in range(model.arrangements.residual.shape[0] if outputs.settled else 0):
        settle_year(area, model.arrangements, a, t, n)
    if outputs.positioned:
        finish_positions(year, parties, area.members, x, model.parties, t, n)
    report_year(year[outputs.reported * STRIDE :], x, model.reported, t, n)


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
def store_year(outputs: Outputs, scratch: Scratch, store: Floats, t: int, first: int, n: int) -> None:
    """Copy the results of year ``t`` that are kept to their rows of the store."""
    for row in range(outputs.keep.shape[1]):
        if outputs.keep[t, row] >= 0:
            stream_row(store[outputs.keep[t, row]], first, row_view(scratch.year, row), n)


@inner_kernel
def store_drivers(outputs: Outputs, scratch: Scratch, store: Floats, first: int, n: int) -> None:
    """Copy the drivers that are kept behind the results."""
    after = store.shape[0] - outputs.drivers.shape[0]
    for k in range(outputs.drivers.shape[0]):
        stream_row(store[after + k], first, row_view(scratch.x, outputs.drivers[k]), n)


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
        start_tile(model, scratch, n)
        for t in range(model.lines.plan_price.shape[1]):
            project_year(model, outputs, scratch, t, n)
            store_year(outputs, scratch, store, t, first - origin, n)
        store_drivers(outputs, scratch, store, first - origin, n)
        for i in range(n):
            clipped += 1 if scratch.work[CLIPPED * STRIDE + i] > 0.0 else 0
    settle_stores()
    return clipped
