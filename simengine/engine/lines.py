"""Service lines, one line and year at a time: activity, saving, payment and provider cost of a tile of draws (MODEL.md sections 2 to 5)."""

from typing import NamedTuple

from simengine.engine.ops import fill_row, row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inner_kernel, keep_apart, kernel
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
#: Rows summed over the lines of a (payer, provider) pair and year.
SUM_SAVING, SUM_PAY, SUM_PAY_DN, SUM_COST, SUM_RELEASED, SUM_STRANDED = range(6)
SUM_ROWS = 6

Money = tuple[float, float, float, float, float]
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
def reduction_of(row: int, acts_on: int, work: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """A reduction ρ of line ``s`` in year ``t``, into row ``row`` of ``work``: of activity, of spend or of unit cost."""
    reduction, started = row_view(work, row), False
    for g in range(effects.first_segment[s], effects.first_segment[s + 1]):
        start, end = effect_range(effects, g, acts_on)
        if start < end:
            for e in range(start, end):
                _compound(work, x, effects, e, t, e == start, n)
            share = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t)
            _join(reduction, work, share, effects.share_scale[g, t], effects.overlap[s] == 1, not started, n)
            started = True
    if not started:
        fill_row(reduction, 0.0, n)
    elif effects.may_exceed[s]:
        _hold_at_one(reduction, row_view(work, CLIPPED), n)


@kernel
def line_reduction(work: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """The reduction ρ of activity of line ``s`` in year ``t``, into the row REDUCTION of ``work``."""
    reduction_of(REDUCTION, ON_ACTIVITY, work, x, effects, s, t, n)


@kernel
def line_money(do_nothing: float, reduction: float, price: float, planned: float, variable: float, payment_price: float) -> Money:
    """Outturn activity, spend without and with schemes, and payment without and with schemes, of one line, year and draw."""
    outturn = outturn_activity(do_nothing, reduction)
    without, paid = payment(planned, variable, do_nothing * payment_price), payment(planned, variable, outturn * payment_price)
    return outturn, do_nothing * price, outturn * price, without, paid


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


@inner_kernel
def _line_with_capacity_at_once(work: Floats, sums: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """A line and year none of whose cost is fixed, or whose capacity follows activity at once."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    activity, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    noise = row_view(x, slot[1, 0] + slot[1, 1] * t)
    price, p = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    unit_cost, c = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    variable, v = row_view(x, slot[4, 0] + slot[4, 1] * t), scale[4, t]
    planned, drawn_weight, planned_weight = payment_terms(lines, s, t)
    for i in range(n):
        a0 = (a * activity[i]) * noise[i]
        paid_at = drawn_weight * price[i] + planned_weight
        a1, s0, s1, pay_dn, pay = line_money(a0, work[REDUCTION * STRIDE + i], p * price[i], planned, v * variable[i], paid_at)
        cost = c * unit_cost[i]
        work[A0 * STRIDE + i] = a0
        work[A1 * STRIDE + i] = a1
        sums[SUM_SAVING * STRIDE + i] += s0 - s1
        sums[SUM_PAY * STRIDE + i] += pay
        sums[SUM_PAY_DN * STRIDE + i] += pay_dn
        sums[SUM_COST * STRIDE + i] += cost * a1
        sums[SUM_RELEASED * STRIDE + i] += cost * (a0 - a1)


@inner_kernel
def _line_with_release(work: Floats, sums: Floats, history: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """A line and year whose fixed cost is released over years; ``history`` starts at the rows of year t."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    activity, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    noise = row_view(x, slot[1, 0] + slot[1, 1] * t)
    price, p = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    unit_cost, c = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    variable, v = row_view(x, slot[4, 0] + slot[4, 1] * t), scale[4, t]
    fixed, f = row_view(x, slot[5, 0] + slot[5, 1] * t), scale[5, t]
    planned, drawn_weight, planned_weight = payment_terms(lines, s, t)
    plan, part = lines.plan_do_nothing[s, t], 1.0 / lines.release_years[s]
    for i in range(n):
        a0 = (a * activity[i]) * noise[i]
        paid_at = drawn_weight * price[i] + planned_weight
        a1, s0, s1, pay_dn, pay = line_money(a0, work[REDUCTION * STRIDE + i], p * price[i], planned, v * variable[i], paid_at)
        capacity, freed = plan - part * work[GAPS * STRIDE + i], part * work[AVOIDED * STRIDE + i]
        cost, released, stranded = line_cost(c * unit_cost[i], f * fixed[i], a0, a1, capacity, freed)
        work[A0 * STRIDE + i] = a0
        work[A1 * STRIDE + i] = a1
        history[GAP * STRIDE + i] = plan - a1
        history[AVOID * STRIDE + i] = a0 - a1
        sums[SUM_SAVING * STRIDE + i] += s0 - s1
        sums[SUM_PAY * STRIDE + i] += pay
        sums[SUM_PAY_DN * STRIDE + i] += pay_dn
        sums[SUM_COST * STRIDE + i] += cost
        sums[SUM_RELEASED * STRIDE + i] += released
        sums[SUM_STRANDED * STRIDE + i] += stranded


@kernel
def _gather_history(work: Floats, history: Floats, first: bool, n: int) -> None:
    """Add one year's gaps to what is released from; the ``first`` year sets them."""
    keep_apart()
    if first:
        for i in range(n):
            work[GAPS * STRIDE + i] = history[GAP * STRIDE + i]
            work[AVOIDED * STRIDE + i] = history[AVOID * STRIDE + i]
    else:
        for i in range(n):
            work[GAPS * STRIDE + i] += history[GAP * STRIDE + i]
            work[AVOIDED * STRIDE + i] += history[AVOID * STRIDE + i]


@inner_kernel
def release_from(work: Floats, history: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Gather the gaps of the years before from which capacity is being released in year ``t``."""
    start = max(t - lines.release_years[s], 0)
    if start == t:
        fill_row(row_view(work, GAPS), 0.0, n)
        fill_row(row_view(work, AVOIDED), 0.0, n)
    for k in range(start, t):
        _gather_history(work, history[k * HISTORY_ROWS * STRIDE :], k == start, n)


@inner_kernel
def line_year(work: Floats, sums: Floats, history: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Line ``s`` in year ``t``, added to the sums of its pair; its reduction stands in ``work``, its activity is left there."""
    if lines.release_years[s] < 1:
        _line_with_capacity_at_once(work, sums, x, lines, s, t, n)
        return
    release_from(work, history, lines, s, t, n)
    _line_with_release(work, sums, history[t * HISTORY_ROWS * STRIDE :], x, lines, s, t, n)


@inner_kernel
def line_values(work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """The money of the line and year just worked out, each in its row of ``work``, for those who keep it."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    price, p = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    unit_cost, c = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    variable, v = row_view(x, slot[4, 0] + slot[4, 1] * t), scale[4, t]
    fixed, f = row_view(x, slot[5, 0] + slot[5, 1] * t), scale[5, t]
    planned, drawn_weight, planned_weight = payment_terms(lines, s, t)
    release = lines.release_years[s] >= 1
    plan, part = lines.plan_do_nothing[s, t], 1.0 / max(lines.release_years[s], 1)
    for i in range(n):
        a0, a1 = work[A0 * STRIDE + i], work[A1 * STRIDE + i]
        paid_at = drawn_weight * price[i] + planned_weight
        _, s0, s1, _, pay = line_money(a0, work[REDUCTION * STRIDE + i], p * price[i], planned, v * variable[i], paid_at)
        capacity = plan - part * work[GAPS * STRIDE + i] if release else a1
        freed = part * work[AVOIDED * STRIDE + i] if release else a0 - a1
        cost, released, _ = line_cost(c * unit_cost[i], f * fixed[i] if release else 0.0, a0, a1, capacity, freed)
        work[S0 * STRIDE + i] = s0
        work[S1 * STRIDE + i] = s1
        work[SAVING * STRIDE + i] = s0 - s1
        work[PAY * STRIDE + i] = pay
        work[COST * STRIDE + i] = cost
        work[RELEASED * STRIDE + i] = released
