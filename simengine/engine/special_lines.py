"""Special service lines: price or unit cost changed by a scheme, activity shifted in, payment in bands, or years that were observed.

The passes of ``lines`` are the same model without these; they are kept apart because most lines of a study need none of it.
"""

from simengine.engine.lines import (
    A0,
    A1,
    ADDED,
    AVOID,
    AVOIDED,
    COST,
    COST_REDUCTION,
    GAP,
    GAPS,
    ON_PRICE,
    ON_UNIT_COST,
    PAY,
    REDUCTION,
    RELEASED,
    S0,
    S1,
    SAVING,
    SPEND_REDUCTION,
    SUM_COST,
    SUM_PAY,
    SUM_PAY_DN,
    SUM_RELEASED,
    SUM_SAVING,
    SUM_STRANDED,
    Effects,
    Lines,
    Special,
    payment_terms,
    reduction_of,
)
from simengine.engine.ops import ONES, row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart, kernel
from simengine.projection.payment import banded_payment
from simengine.projection.provider_cost import provider_cost
from simengine.projection.scheme import effective_price


@kernel
def special_payment(special: Special, s: int, t: int, planned: float, variable: float, value: float) -> float:
    """Payment for activity that is worth ``value`` at the payment price, by the bands of line ``s``."""
    side = 0 if value > planned else 1
    return banded_payment(planned, variable, value, special.edge[s, side], special.share[s, side, t], special.bands[s, side])


@inner_kernel
def special_reductions(work: Floats, x: Floats, effects: Effects, s: int, t: int, n: int) -> None:
    """The reductions of spend and of unit cost of a special line, beside that of its activity."""
    reduction_of(SPEND_REDUCTION, ON_PRICE, work, x, effects, s, t, n)
    reduction_of(COST_REDUCTION, ON_UNIT_COST, work, x, effects, s, t, n)


@inner_kernel
def _activity_and_money(work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Activity, spend and payment of a special line and year, each in its row of ``work``; payment without schemes goes to RELEASED."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    activity, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    noise = row_view(x, slot[1, 0] + slot[1, 1] * t)
    price, p = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    variable, v = row_view(x, slot[4, 0] + slot[4, 1] * t), scale[4, t]
    planned, drawn_weight, planned_weight = payment_terms(lines, s, t)
    observed = t < lines.special.observed[s]
    outturn = row_view(x, lines.special.outturn[s] + t if observed else ONES)
    for i in range(n):
        a0, reduction = (a * activity[i]) * noise[i], work[REDUCTION * STRIDE + i]
        # what was observed to the last bit: worked back and forth it would differ from draw to draw
        a1 = outturn[i] if observed else a0 * (1.0 - reduction) + work[ADDED * STRIDE + i]
        left = effective_price(1.0, reduction, work[SPEND_REDUCTION * STRIDE + i])
        paid_at = drawn_weight * price[i] + planned_weight
        # the drawn price is the one that schemes have lowered; a planned one is what was agreed
        paid_at_last = drawn_weight * price[i] * left + planned_weight
        work[A0 * STRIDE + i] = a0
        work[A1 * STRIDE + i] = a1
        work[S0 * STRIDE + i] = a0 * (p * price[i])
        work[S1 * STRIDE + i] = a1 * (p * price[i] * left)
        work[SAVING * STRIDE + i] = work[S0 * STRIDE + i] - work[S1 * STRIDE + i]
        work[PAY * STRIDE + i] = special_payment(lines.special, s, t, planned, v * variable[i], a1 * paid_at_last)
        work[RELEASED * STRIDE + i] = special_payment(lines.special, s, t, planned, v * variable[i], a0 * paid_at)


@inner_kernel
def _add_money(sums: Floats, work: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        sums[SUM_SAVING * STRIDE + i] += work[SAVING * STRIDE + i]
        sums[SUM_PAY * STRIDE + i] += work[PAY * STRIDE + i]
        sums[SUM_PAY_DN * STRIDE + i] += work[RELEASED * STRIDE + i]


@inner_kernel
def _cost(work: Floats, sums: Floats, history: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Provider cost of a special line and year, what of it schemes released, and what is stranded; ``history`` starts at year t."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    unit_cost, c = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    fixed, f = row_view(x, slot[5, 0] + slot[5, 1] * t), scale[5, t]
    release = lines.release_years[s] >= 1
    plan, part = lines.plan_do_nothing[s, t], 1.0 / max(lines.release_years[s], 1)
    for i in range(n):
        a0, a1, before = work[A0 * STRIDE + i], work[A1 * STRIDE + i], c * unit_cost[i]
        share = f * fixed[i] if release else 0.0
        capacity = plan - part * work[GAPS * STRIDE + i] if release else a1
        freed = part * work[AVOIDED * STRIDE + i] if release else a0 - a1
        after = before * (1.0 - work[COST_REDUCTION * STRIDE + i])
        cost = provider_cost(after, share, a1, capacity)
        released = provider_cost(before, share, a0, capacity + freed) - cost
        history[GAP * STRIDE + i] = plan - a1
        history[AVOID * STRIDE + i] = a0 - a1
        work[COST * STRIDE + i] = cost
        work[RELEASED * STRIDE + i] = released
        sums[SUM_COST * STRIDE + i] += cost
        sums[SUM_RELEASED * STRIDE + i] += released
        sums[SUM_STRANDED * STRIDE + i] += after * share * ((a0 - a1) - freed)


@inner_kernel
def special_line_year(work: Floats, sums: Floats, history: Floats, x: Floats, lines: Lines, at: tuple[int, int], n: int) -> None:
    """Add a special line and year to the sums of its pair; its reductions and the activity shifted in stand in ``work``.

    ``at`` is (line, year); ``history`` starts at that year.
    """
    s, t = at
    _activity_and_money(work, x, lines, s, t, n)
    _add_money(sums, work, n)
    _cost(work, sums, history, x, lines, s, t, n)


@inner_kernel
def special_price(price_now: Floats, work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """The price of a special line and year after the schemes that lower it."""
    keep_apart()
    price, p = row_view(x, lines.slot[s, 2, 0] + lines.slot[s, 2, 1] * t), lines.scale[s, 2, t]
    for i in range(n):
        price_now[i] = p * price[i] * effective_price(1.0, work[REDUCTION * STRIDE + i], work[SPEND_REDUCTION * STRIDE + i])
