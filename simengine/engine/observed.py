"""Lines that were observed in the first years: their do-nothing activity in a tile of draws, before anything else is made of it.

In a year observed the outturn is known and what would have been without the schemes is not: it follows from the schemes as drawn. Later
years go on from the level of the last year observed. The rows filled here take the place of the line's expected activity, so that every
other pass is the one of a line that was not observed.
"""

from typing import NamedTuple

from simengine.engine.lines import ADDED, ON_PRICE, REDUCTION, SPEND_REDUCTION, Effects, Lines, line_reduction, reduction_of
from simengine.engine.ops import add_row, fill_row, row_view
from simengine.engine.shifts import Shifts, shift_year
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inner_kernel, keep_apart
from simengine.projection.observed import activity_without_schemes, carried_on
from simengine.projection.scheme import effective_price


class Observed(NamedTuple):
    """Lines with actuals, each after those that shift activity to it; slots are (row, stride) and a scale per year."""

    line: Ints  # (observed,)
    years: Ints  # (observed,): years observed
    in_money: Ints  # (observed,): 1 where spend was observed, not units
    noise_end: Ints  # (observed + 1,): noises drawn before the first of them, then up to the end of those of each
    value: Floats  # (observed, year): what was observed, in units or in the currency
    level: Ints  # (observed,): first row of do-nothing activity, the noise of later years aside
    seen: Ints  # (observed,): first row of outturn activity
    expected: Ints  # (observed, 2): activity as it would be drawn, with the common shock
    expected_scale: Floats  # (observed, year)
    calm: Ints  # (observed, 2): the same without any noise
    calm_scale: Floats  # (observed, year)


class Work(NamedTuple):
    """Where it happens: the tile matrix, the work area of a line, that of its schemes, and the rows of activity shifted."""

    x: Floats
    line: Floats
    schemes: Floats
    shifts: Floats


@inner_kernel
def _shifted_in(work: Work, lines: Lines, effects: Effects, shifts: Shifts, s: int, t: int, n: int) -> None:
    """The activity shifted into line ``s`` in year ``t``, into the row ADDED."""
    added, years = row_view(work.line, ADDED), lines.plan_price.shape[1]
    fill_row(added, 0.0, n)
    for k in range(shifts.first_into[s], shifts.first_into[s + 1]):
        row = row_view(work.shifts, k * years + t)
        shift_year(row, work.schemes, work.line, work.x, lines, effects, shifts, (k, t, n))
        add_row(added, row, n)


@inner_kernel
def _undo_schemes(work: Work, lines: Lines, observed: Observed, o: int, t: int, n: int) -> None:
    """Outturn and do-nothing activity of an observed year; the reductions of the line stand in its work area."""
    keep_apart()
    s, x, line, in_money = observed.line[o], work.x, work.line, observed.in_money[o] > 0
    value = observed.value[o, t]
    price, p = row_view(x, lines.slot[s, 2, 0] + lines.slot[s, 2, 1] * t), lines.scale[s, 2, t]
    calm, c = row_view(x, observed.calm[o, 0] + observed.calm[o, 1] * t), observed.calm_scale[o, t]
    level, seen = row_view(x, observed.level[o] + t), row_view(x, observed.seen[o] + t)
    for i in range(n):
        reduction = line[REDUCTION * STRIDE + i]
        worth = (p * price[i]) * effective_price(1.0, reduction, line[SPEND_REDUCTION * STRIDE + i]) if in_money else 1.0
        outturn = value / worth
        before = activity_without_schemes(outturn, line[ADDED * STRIDE + i], reduction, c * calm[i])
        level[i] = before
        # a draw that contradicts what was observed is failed, and says nothing anywhere
        seen[i] = outturn if before - before == 0.0 else before - before


@inner_kernel
def _carry_on(x: Floats, observed: Observed, o: int, n: int) -> None:
    """Do-nothing activity of the years that were not observed, noise aside."""
    keep_apart()
    last = observed.years[o] - 1
    level = row_view(x, observed.level[o] + last)
    calm, c = row_view(x, observed.calm[o, 0] + observed.calm[o, 1] * last), observed.calm_scale[o, last]
    for t in range(last + 1, observed.value.shape[1]):
        later = row_view(x, observed.level[o] + t)
        expected, e = row_view(x, observed.expected[o, 0] + observed.expected[o, 1] * t), observed.expected_scale[o, t]
        for i in range(n):
            later[i] = carried_on(level[i], c * calm[i]) * (e * expected[i])


@inner_kernel
def fill_observed(work: Work, lines: Lines, effects: Effects, shifts: Shifts, observed: Observed, o: int, n: int) -> None:
    """Fill the rows of the observed line ``o`` (index among them); lines that shift activity to it are done, with their noise."""
    s = observed.line[o]
    for t in range(observed.years[o]):
        # what is shifted in uses the same work area, for the reductions of the lines it comes from
        _shifted_in(work, lines, effects, shifts, s, t, n)
        line_reduction(work.line, work.x, effects, s, t, n)
        reduction_of(SPEND_REDUCTION, ON_PRICE, work.line, work.x, effects, s, t, n)
        _undo_schemes(work, lines, observed, o, t, n)
    _carry_on(work.x, observed, o, n)
