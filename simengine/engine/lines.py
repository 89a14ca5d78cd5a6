"""Service lines, one line and year at a time: activity, saving, payment and provider cost of a tile of draws (MODEL.md sections 2 to 5)."""

from typing import NamedTuple

from simengine.engine.ops import add_row, fill_row, row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inner_kernel, keep_apart, kernel
from simengine.projection.payment import payment
from simengine.projection.provider_cost import cost_released, provider_cost
from simengine.projection.scheme import effect_size, join_segment, outturn_activity

#: Rows of the line scratch, at constant offsets from one base so that a loop that writes several of them still vectorises.
A0, A1, S0, S1, SAVING, PAY, PAY_DN, COST, RELEASED, STRANDED, REDUCTION, CAPACITY, CAPACITY_RELEASED, REMAINING, EFFECT, PRESSURE = range(
    16
)
LINE_ROWS = 16
#: Rows summed over the lines of a (payer, provider) pair and year.
SUM_SAVING, SUM_PAY, SUM_PAY_DN, SUM_COST, SUM_RELEASED, SUM_STRANDED = range(6)
SUM_ROWS = 6


class Effects(NamedTuple):
    """Scheme effects by line and segment; a slot is (row, stride) and a scale per year."""

    first_segment: Ints  # (line + 1,)
    overlap: Ints  # (line,)
    first_effect: Ints  # (segment + 1,)
    share: Ints  # (segment, 2)
    share_scale: Floats  # (segment, year)
    slot: Ints  # (effect, 4, 2): impact, ramp, delivery, captured
    scale: Floats  # (effect, 4, year)
    scheme: Ints  # (effect,)


class Lines(NamedTuple):
    """Service lines in file order. Slots: activity, volatility, price, unit cost, variable share, fixed share."""

    slot: Ints  # (line, 6, 2)
    scale: Floats  # (line, 6, year)
    pair: Ints  # (line,): index of the (payer, provider) pair
    paid: Ints  # (line,): 0 where payer and provider are the same party
    release_years: Ints  # (line,): -1 where no cost is fixed
    planned_price: Ints  # (line,): 1 where payment uses the planned price
    plan_do_nothing: Floats  # (line, year): A0_plan
    plan_price: Floats  # (line, year)
    plan_payment: Floats  # (line, year)


@kernel
def _compound(work: Floats, x: Floats, effects: Effects, e: int, t: int, n: int) -> None:
    """Take effect ``e`` off what remains of its segment; its size is left in the row EFFECT."""
    keep_apart()
    slot, scale = effects.slot[e], effects.scale[e]
    impact, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    ramp, b = row_view(x, slot[1, 0] + slot[1, 1] * t), scale[1, t]
    delivery, c = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    captured, d = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    for i in range(n):
        r = effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i])
        work[EFFECT * STRIDE + i] = r
        work[REMAINING * STRIDE + i] *= 1.0 - r


@kernel
def _join(work: Floats, share: Floats, scale: float, independent: bool, n: int) -> None:
    keep_apart()
    for i in range(n):
        reduction = work[REDUCTION * STRIDE + i]
        work[REDUCTION * STRIDE + i] = join_segment(reduction, scale * share[i], work[REMAINING * STRIDE + i], independent)


@kernel
def _hold_at_one(reduction: Floats, clipped: Floats, n: int) -> None:
    """A line cannot lose more than all of its activity; draws where that bites are marked."""
    keep_apart()
    for i in range(n):
        clipped[i] = max(clipped[i], 1.0 if reduction[i] > 1.0 else 0.0)
    for i in range(n):
        reduction[i] = 1.0 if reduction[i] > 1.0 else reduction[i]


@kernel
def line_reduction(work: Floats, clipped: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """The reduction ρ of line ``s`` in year ``t``, into the row REDUCTION of ``work``."""
    fill_row(row_view(work, REDUCTION), 0.0, n)
    first, last = effects.first_segment[s], effects.first_segment[s + 1]
    if first == last:
        return
    for g in range(first, last):
        fill_row(row_view(work, REMAINING), 1.0, n)
        for e in range(effects.first_effect[g], effects.first_effect[g + 1]):
            _compound(work, x, effects, e, t, n)
        share = row_view(x, effects.share[g, 0] + effects.share[g, 1] * t)
        _join(work, share, effects.share_scale[g, t], effects.overlap[s] == 1, n)
    _hold_at_one(row_view(work, REDUCTION), clipped, n)


@inner_kernel
def _money(work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Activity, saving and payment of a line and year."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    activity, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    noise = row_view(x, slot[1, 0] + slot[1, 1] * t)
    price, p = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    variable, v = row_view(x, slot[4, 0] + slot[4, 1] * t), scale[4, t]
    planned, plan_price = lines.plan_payment[s, t], lines.plan_price[s, t]
    # with the planned price the drawn one has no weight, and the other way round
    drawn_weight = 0.0 if lines.planned_price[s] else p
    planned_weight = plan_price if lines.planned_price[s] else 0.0
    for i in range(n):
        a0 = (a * activity[i]) * noise[i]
        a1 = outturn_activity(a0, work[REDUCTION * STRIDE + i])
        s0 = a0 * (p * price[i])
        s1 = a1 * (p * price[i])
        payment_price = drawn_weight * price[i] + planned_weight
        work[A0 * STRIDE + i] = a0
        work[A1 * STRIDE + i] = a1
        work[S0 * STRIDE + i] = s0
        work[S1 * STRIDE + i] = s1
        work[SAVING * STRIDE + i] = s0 - s1
        work[PAY * STRIDE + i] = payment(planned, v * variable[i], a1 * payment_price)
        work[PAY_DN * STRIDE + i] = payment(planned, v * variable[i], a0 * payment_price)


@inner_kernel
def _variable_cost(work: Floats, unit_cost: Floats, c: float, n: int) -> None:
    """Provider cost of a line none of whose cost is fixed, or whose capacity follows at once."""
    keep_apart()
    for i in range(n):
        cost = c * unit_cost[i]
        work[COST * STRIDE + i] = cost * work[A1 * STRIDE + i]
        work[RELEASED * STRIDE + i] = cost * (work[A0 * STRIDE + i] - work[A1 * STRIDE + i])
        work[STRANDED * STRIDE + i] = 0.0


@inner_kernel
def _part_fixed_cost(work: Floats, unit_cost: Floats, c: float, fixed: Floats, f: float, n: int) -> None:
    """Provider cost with a fixed share paid for capacity, and what of it schemes have released or left stranded."""
    keep_apart()
    for i in range(n):
        cost, share = c * unit_cost[i], f * fixed[i]
        avoided = work[A0 * STRIDE + i] - work[A1 * STRIDE + i]
        released = cost_released(cost, share, avoided, work[CAPACITY_RELEASED * STRIDE + i])
        work[COST * STRIDE + i] = provider_cost(cost, share, work[A1 * STRIDE + i], work[CAPACITY * STRIDE + i])
        work[RELEASED * STRIDE + i] = released
        work[STRANDED * STRIDE + i] = cost * avoided - released


@inner_kernel
def _remember(gap: Floats, avoided: Floats, work: Floats, planned: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        gap[i] = planned - work[A1 * STRIDE + i]
    for i in range(n):
        avoided[i] = work[A0 * STRIDE + i] - work[A1 * STRIDE + i]


@inner_kernel
def _capacity(work: Floats, history: Floats, planned: float, release_years: int, t: int, n: int) -> None:
    """Capacity K and the part of it that schemes released, from the gaps of the ``release_years`` before (rows 2k and 2k + 1 of year k)."""
    keep_apart()
    capacity, released = row_view(work, CAPACITY), row_view(work, CAPACITY_RELEASED)
    fill_row(capacity, 0.0, n)
    fill_row(released, 0.0, n)
    for k in range(max(t - release_years, 0), t):
        add_row(capacity, row_view(history, 2 * k), n)
        add_row(released, row_view(history, 2 * k + 1), n)
    part = 1.0 / release_years
    for i in range(n):
        capacity[i] = planned - part * capacity[i]
    for i in range(n):
        released[i] = part * released[i]


@inner_kernel
def line_year(work: Floats, history: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Everything of line ``s`` in year ``t`` but its reduction, which ``line_reduction`` has left in ``work``."""
    _money(work, x, lines, s, t, n)
    if not lines.paid[s]:
        fill_row(row_view(work, PAY), 0.0, n)
        fill_row(row_view(work, PAY_DN), 0.0, n)
    slot, scale = lines.slot[s], lines.scale[s]
    unit_cost, c = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    release_years = lines.release_years[s]
    if release_years < 1:
        _variable_cost(work, unit_cost, c, n)
        return
    planned = lines.plan_do_nothing[s, t]
    _remember(row_view(history, 2 * t), row_view(history, 2 * t + 1), work, planned, n)
    _capacity(work, history, planned, release_years, t, n)
    _part_fixed_cost(work, unit_cost, c, row_view(x, slot[5, 0] + slot[5, 1] * t), scale[5, t], n)


@inner_kernel
def add_to_pair(sums: Floats, work: Floats, n: int) -> None:
    """Add a line and year to the sums of its (payer, provider) pair in that year."""
    keep_apart()
    for i in range(n):
        sums[SUM_SAVING * STRIDE + i] += work[SAVING * STRIDE + i]
        sums[SUM_PAY * STRIDE + i] += work[PAY * STRIDE + i]
        sums[SUM_PAY_DN * STRIDE + i] += work[PAY_DN * STRIDE + i]
        sums[SUM_COST * STRIDE + i] += work[COST * STRIDE + i]
        sums[SUM_RELEASED * STRIDE + i] += work[RELEASED * STRIDE + i]
        sums[SUM_STRANDED * STRIDE + i] += work[STRANDED * STRIDE + i]
