"""The money of a service line and year just worked out, variable by variable, for those who keep it (detail.py)."""

from simengine.engine.lines import A0, A1, AVOIDED, COST, GAPS, PAY, RELEASED, S0, S1, SAVING, Lines, payment_terms
from simengine.engine.ops import row_view
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart
from simengine.projection.payment import payment
from simengine.projection.provider_cost import cost_released, provider_cost


@inner_kernel
def _spend_and_payment(work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Spend without and with schemes, the saving between them, and payment."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    price, p = row_view(x, slot[2, 0] + slot[2, 1] * t), scale[2, t]
    variable, v = row_view(x, slot[4, 0] + slot[4, 1] * t), scale[4, t]
    planned, drawn_weight, planned_weight = payment_terms(lines, s, t)
    for i in range(n):
        a0, a1, drawn = work[A0 * STRIDE + i], work[A1 * STRIDE + i], price[i]
        s0, s1 = a0 * (p * drawn), a1 * (p * drawn)
        work[S0 * STRIDE + i] = s0
        work[S1 * STRIDE + i] = s1
        work[SAVING * STRIDE + i] = s0 - s1
        work[PAY * STRIDE + i] = payment(planned, v * variable[i], a1 * (drawn_weight * drawn + planned_weight))


@inner_kernel
def _cost_at_once(work: Floats, unit_cost: Floats, c: float, n: int) -> None:
    """Provider cost, and what of it schemes released, of a line whose capacity follows activity at once."""
    keep_apart()
    for i in range(n):
        a0, a1, cost = work[A0 * STRIDE + i], work[A1 * STRIDE + i], c * unit_cost[i]
        work[COST * STRIDE + i] = cost * a1
        work[RELEASED * STRIDE + i] = cost * (a0 - a1)


@inner_kernel
def _cost_with_release(work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """As ``_cost_at_once``, of a line whose fixed cost is released over years."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    unit_cost, c = row_view(x, slot[3, 0] + slot[3, 1] * t), scale[3, t]
    fixed, f = row_view(x, slot[5, 0] + slot[5, 1] * t), scale[5, t]
    plan, part = lines.plan_do_nothing[s, t], 1.0 / lines.release_years[s]
    for i in range(n):
        a0, a1, cost, share = work[A0 * STRIDE + i], work[A1 * STRIDE + i], c * unit_cost[i], f * fixed[i]
        capacity, freed = plan - part * work[GAPS * STRIDE + i], part * work[AVOIDED * STRIDE + i]
        work[COST * STRIDE + i] = provider_cost(cost, share, a1, capacity)
        work[RELEASED * STRIDE + i] = cost_released(cost, share, a0 - a1, freed)


@inner_kernel
def line_values(work: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Spend, saving, payment and provider cost of line ``s`` in year ``t``, each in its row of ``work``; its activity stands there."""
    _spend_and_payment(work, x, lines, s, t, n)
    if lines.release_years[s] < 1:
        _cost_at_once(work, row_view(x, lines.slot[s, 3, 0] + lines.slot[s, 3, 1] * t), lines.scale[s, 3, t], n)
    else:
        _cost_with_release(work, x, lines, s, t, n)
