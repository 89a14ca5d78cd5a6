"""Provider cost: what a line costs its provider when part of the cost cannot move at once (MODEL.md section 5).

``C · [(1 - f) A1 + f K]``, ``K[t] = A0_plan[t] - R[t]``, ``R[t] = (1/L) Σ_{k=t-L}^{t-1} (A0_plan[k] - A1[k])``: capacity that has been
released, a year's gap at a time, over L years. With L = 0 capacity follows activity at once.
"""

from simengine.jit import kernel


@kernel
def provider_cost(unit_cost: float, fixed_share: float, activity: float, capacity: float) -> float:
    """Cost of ``activity`` with the fixed share paid for ``capacity``."""
    return unit_cost * ((1.0 - fixed_share) * activity + fixed_share * capacity)


@kernel
def cost_released(unit_cost: float, fixed_share: float, avoided: float, capacity_released: float) -> float:
    """Cost that schemes have taken out: the variable part of what they avoid and the capacity released because of them.

    The difference of ``provider_cost`` between do-nothing and outturn, so stranded cost is ``unit_cost · avoided`` less this.
    """
    return unit_cost * ((1.0 - fixed_share) * avoided + fixed_share * capacity_released)
