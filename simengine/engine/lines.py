"""Service lines, one line and year at a time: activity, saving, payment and provider cost of a tile of draws (MODEL.md sections 2 to 5)."""

from typing import NamedTuple

from simengine.engine.ops import fill_row, row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inlined, inner_kernel, keep_apart, kernel, rows_apart
from simengine.projection.payment import payment
from simengine.projection.provider_cost import cost_released, provider_cost
from simengine.projection.scheme import effect_size, join_segment, outturn_activity

#: Rows of the line scratch, at constant offsets from one base so that a loop that writes several of them still vectorises.
A0, A1, REDUCTION, REMAINING, CLIPPED, GAPS, AVOIDED = range(7)
S0, S1, SAVING, PAY, COST, RELEASED, PRESSURE = range(7, 14)
#: Of special lines (special_lines.py): reductions of spend and of unit cost, activity shifted in.
SPEND_REDUCTION, COST_REDUCTION, ADDED = range(14, 17)
LINE_ROWS = 17
#: What an effect acts on; the effects of a segment stand in this order.
ON_ACTIVITY, ON_PRICE, ON_UNIT_COST = range(3)
#: Rows of a year in the history of the current line: planned less outturn activity, activity avoided.
GAP, AVOID = range(2)
HISTORY_ROWS = 2
#: Rows summed over the lines of a (payer, provider) pair in a year.
SUM_SAVING, SUM_PAY, SUM_PAY_DN, SUM_COST, SUM_RELEASED, SUM_STRANDED = range(6)
SUM_ROWS = 6

Money = tuple[float, float, float, float]
Costs = tuple[float, float, float]


class Effects(NamedTuple):
    """Scheme effects by line and segment; a slot is (row, stride) and a scale per year."""

    first_segment: Ints  # (line + 1,)
    overlap: Ints  # (line,)
    first_effect: Ints  # (segment + 1,)
    last_effect: Ints  # (segment, 3): end of the effects on activity, on price, on unit cost
    share: Ints  # (segment, 2)
    share_scale: Floats  # (segment, year)
    slot: Ints  # (effect, 4, 2): impact, ramp, delivery, captured
    scale: Floats  # (effect, 4, year)
    scheme: Ints  # (effect,)
    may_exceed: Ints  # (line,): 1 where the reduction can come out above 1
    spend_row: Ints  # (line,): row of ``work`` with the reduction of spend: REDUCTION where no effect is on price


class Special(NamedTuple):
    """Which lines are special, and the marginal bands of payment: beyond an edge a share replaces the variable share."""

    line: Ints  # (line,): 1 where the passes of special_lines.py are used
    bands: Ints  # (line, 2): number of bands above and below the payment plan
    edge: Floats  # (line, 2, band): rising deviations from the plan, as shares of it
    share: Floats  # (line, 2, year, band)
    observed: Ints  # (line,): years whose outturn activity was observed
    outturn: Ints  # (line,): first row of it


class Lines(NamedTuple):
    """Service lines in file order. Slots: activity, volatility, price, unit cost, variable share, fixed share."""

    slot: Ints  # (line, 6, 2)
    scale: Floats  # (line, 6, year)
    pair: Ints  # (line, year): index of the (payer, provider) pair
    paid: Ints  # (line, year): 0 where payer and provider are the same party
    release_years: Ints  # (line,): 0 where capacity follows activity at once
    planned_price: Ints  # (line,): 1 where payment uses the planned price
    plan_do_nothing: Floats  # (line, year): A0_plan
    plan_price: Floats  # (line, year)
    plan_payment: Floats  # (line, year)
    special: Special


@kernel
def _compound(work: Floats, x: Floats, effects: Effects, e: int, t: int, first: bool, n: int) -> None:
    """Take effect ``e`` off what remains of its segment; the ``first`` one starts from all of it."""
    keep_apart()
    slot, scale = effects.slot[e], effects.scale[e]
    impact, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    ramp, b = row_view(x, slot[1, 0] + slot[1, 1] * t), scale[1, t]
    delivery, c = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    captured, d = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    if first:
        for i in range(n):
            work[REMAINING * STRIDE + i] = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i])
    else:
        for i in range(n):
            r = effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i])
            work[REMAINING * STRIDE + i] *= 1.0 - r


@inner_kernel
def _only_effect(reduction: Floats, x: Floats, effects: Effects, e: int, share: Floats, part: float, t: int, n: int) -> None:
    """The reduction of a line that a single effect acts on, as ``_compound`` and ``_join`` would work it out."""
    keep_apart()
    slot, scale = effects.slot[e], effects.scale[e]
    impact, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    ramp, b = row_view(x, slot[1, 0] + slot[1, 1] * t), scale[1, t]
    delivery, c = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    captured, d = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    for i in range(n):
        remaining = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i])
        reduction[i] = join_segment(0.0, part * share[i], remaining, False)


@kernel
def _join(reduction: Floats, work: Floats, share: Floats, scale: float, independent: bool, first: bool, n: int) -> None:
    """Add a segment to a reduction of its line."""
    keep_apart()
    if first:
        for i in range(n):
            reduction[i] = join_segment(0.0, scale * share[i], work[REMAINING * STRIDE + i], False)
    else:
        for i in range(n):
            reduction[i] = join_segment(reduction[i], scale * share[i], work[REMAINING * STRIDE + i], independent)


@kernel
def _hold_at_one(reduction: Floats, clipped: Floats, n: int) -> None:
    """A line cannot lose more than all of its activity; draws where that bites are marked."""
    keep_apart()
    for i in range(n):
        value = reduction[i]
        # an infinite reduction is a division by nothing, not a large effect: NaN, so that the draw counts as failed
        finite = value - value == 0.0
        held = 1.0 if value > 1.0 else value
        clipped[i] = 1.0 if value > 1.0 and finite else clipped[i]
        reduction[i] = held if finite else value - value


@kernel
def effect_range(effects: Effects, g: int, acts_on: int) -> tuple[int, int]:
    """The effects of segment ``g`` that lower activity, spend (those on activity and on price), or unit cost."""
    first = effects.last_effect[g, ON_PRICE] if acts_on == ON_UNIT_COST else effects.first_effect[g]
    return first, effects.last_effect[g, acts_on]


@kernel
def reduce_into(reduction: Floats, acts_on: int, work: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """A reduction ρ of line ``s`` in year ``t``, of activity, of spend or of unit cost; ``work`` is scratch but for its clipped draws."""
    started = False
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        start, end = effect_range(effects, g, acts_on)
        if start < end:
            share = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t)
            if end == start + 1 and not started:
                _only_effect(reduction, x, effects, start, share, effects.share_scale[g, t], t, n)
            else:
                for e in range(start, end):
                    _compound(work, x, effects, e, t, e == start, n)
                _join(reduction, work, share, effects.share_scale[g, t], effects.overlap[s] == 1, not started, n)
            started = True
    if not started:
        fill_row(reduction, 0.0, n)
    elif effects.may_exceed[s]:
        _hold_at_one(reduction, row_view(work, CLIPPED), n)


@kernel
def reduction_of(row: int, acts_on: int, work: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """As ``reduce_into``, into row ``row`` of ``work``."""
    reduce_into(row_view(work, row), acts_on, work, x, effects, s, t, n)


@kernel
def line_reduction(work: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """The reduction ρ of activity of line ``s`` in year ``t``, into the row REDUCTION of ``work``."""
    reduction_of(REDUCTION, ON_ACTIVITY, work, x, effects, s, t, n)


@kernel
def line_money(do_nothing: float, outturn: float, price: float, planned: float, variable: float, payment_price: float) -> Money:
    """Spend without and with schemes, and payment without and with schemes, of one line, year and draw."""
    without, paid = payment(planned, variable, do_nothing * payment_price), payment(planned, variable, outturn * payment_price)
    return do_nothing * price, outturn * price, without, paid


@kernel
def line_cost(unit_cost: float, fixed: float, do_nothing: float, outturn: float, capacity: float, capacity_released: float) -> Costs:
    """Provider cost, and what of the cost of avoided activity schemes have released and left stranded."""
    avoided = do_nothing - outturn
    released = cost_released(unit_cost, fixed, avoided, capacity_released)
    return provider_cost(unit_cost, fixed, outturn, capacity), released, unit_cost * avoided - released


@kernel
def payment_terms(lines: Lines, s: int, t: int) -> tuple[float, float, float]:
    """Planned payment, weight of the drawn price and the planned price in the payment price; nothing is paid where payer is provider."""
    if not lines.paid[s, t]:
        return 0.0, 0.0, 0.0
    if lines.planned_price[s]:
        return lines.plan_payment[s, t], 0.0, lines.plan_price[s, t]
    return lines.plan_payment[s, t], lines.scale[s, 2, t], 0.0


@kernel
def note_gaps(work: Floats, history: Floats, plan: float, n: int) -> None:
    """Note how far the year's activity is below plan, and below what it would be without schemes; ``history`` starts at the year."""
    keep_apart()
    rows_apart()
    for i in range(n):
        a0, a1 = work[A0 * STRIDE + i], work[A1 * STRIDE + i]
        history[GAP * STRIDE + i] = plan - a1
        history[AVOID * STRIDE + i] = a0 - a1


@inner_kernel
def _gather_first(work: Floats, history: Floats, n: int) -> None:
    """Start what is released from at one year's gaps."""
    keep_apart()
    rows_apart()
    for i in range(n):
        work[GAPS * STRIDE + i] = history[GAP * STRIDE + i]
        work[AVOIDED * STRIDE + i] = history[AVOID * STRIDE + i]


@inner_kernel
def _gather_two(work: Floats, history: Floats, following: Floats, n: int) -> None:
    """Start what is released from at the gaps of two years."""
    keep_apart()
    rows_apart()
    for i in range(n):
        work[GAPS * STRIDE + i] = history[GAP * STRIDE + i] + following[GAP * STRIDE + i]
        work[AVOIDED * STRIDE + i] = history[AVOID * STRIDE + i] + following[AVOID * STRIDE + i]


@inner_kernel
def _gather_more(work: Floats, history: Floats, n: int) -> None:
    """Add one year's gaps to what is released from."""
    keep_apart()
    rows_apart()
    for i in range(n):
        work[GAPS * STRIDE + i] += history[GAP * STRIDE + i]
        work[AVOIDED * STRIDE + i] += history[AVOID * STRIDE + i]


@inlined
def history_of(history: Floats, remembered: int, t: int) -> Floats:
    """The rows of year ``t`` where ``remembered`` years are kept: each takes the place of the one that many years before."""
    return history[(t % remembered) * HISTORY_ROWS * STRIDE :]


@inner_kernel
def release_from(work: Floats, history: Floats, remembered: int, years: int, t: int, n: int) -> None:
    """Gather the gaps of the years before from which capacity is being released in year ``t``, over ``years`` years."""
    start = max(t - years, 0)
    if start == t:
        fill_row(row_view(work, GAPS), 0.0, n)
        fill_row(row_view(work, AVOIDED), 0.0, n)
    if t == start + 1:
        _gather_first(work, history_of(history, remembered, start), n)
    elif t > start + 1:
        _gather_two(work, history_of(history, remembered, start), history_of(history, remembered, start + 1), n)
    for k in range(start + 2, t):
        _gather_more(work, history_of(history, remembered, k), n)


@inner_kernel
def _activity(work: Floats, activity: Floats, scale: float, noise: Floats, n: int) -> None:
    """Activity without and with schemes, from the reduction in ``work``."""
    keep_apart()
    for i in range(n):
        a0 = (scale * activity[i]) * noise[i]
        work[A0 * STRIDE + i] = a0
        work[A1 * STRIDE + i] = outturn_activity(a0, work[REDUCTION * STRIDE + i])


@inner_kernel
def line_activity(work: Floats, history: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Activity of line ``s`` in year ``t``, its reduction being in ``work``, and the capacity that is being released."""
    slot = lines.slot[s]
    activity, noise = row_view(x, slot[0, 0] + slot[0, 1] * t), row_view(x, slot[1, 0] + slot[1, 1] * t)
    _activity(work, activity, lines.scale[s, 0, t], noise, n)
    if lines.release_years[s] >= 1:
        years = lines.plan_price.shape[1]
        release_from(work, history, years, lines.release_years[s], t, n)
        note_gaps(work, history_of(history, years, t), lines.plan_do_nothing[s, t], n)
