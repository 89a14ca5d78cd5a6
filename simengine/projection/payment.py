"""Payment: what a payer pays a provider for a line (MODEL.md section 5; WPB 1.1, 3.5).

``plan_pay = [A0_plan - κ (A0_plan - A1_plan)] · P_plan``, ``payment = plan_pay + v · (A1 P* - plan_pay)``:
v = 1 pays activity, v = 0 is a block, between them the payment is blended.
"""

from simengine.jit import Floats, kernel


@kernel
def planned_payment(plan_do_nothing: float, plan_outturn: float, plan_price: float, kappa: float) -> float:
    """Payment foreseen by the plan, with the share ``kappa`` of the planned scheme impact taken out."""
    return (plan_do_nothing - kappa * (plan_do_nothing - plan_outturn)) * plan_price


@kernel
def payment(plan_payment: float, variable_share: float, activity_value: float) -> float:
    """Payment when activity at the payment price is worth ``activity_value``."""
    return plan_payment + variable_share * (activity_value - plan_payment)


@kernel
def banded_payment(plan_payment: float, variable_share: float, activity_value: float, edges: Floats, shares: Floats, bands: int) -> float:
    """``plan_pay · (1 + ∫_0^x v(y) dy)`` with x = activity value / plan_pay - 1: beyond each edge of |x| its share replaces the one before.

    ``edges`` rise; the first ``bands`` of them and of ``shares`` count. Without bands, or a plan of nothing to deviate from, ``payment``.
    """
    if bands == 0 or not plan_payment > 0.0:
        return payment(plan_payment, variable_share, activity_value)
    deviation = activity_value / plan_payment - 1.0
    if deviation != deviation:  # NaN
        return deviation
    size, paid, lower, rate = abs(deviation), 0.0, 0.0, variable_share
    for k in range(bands):
        upper = size if size < edges[k] else edges[k]
        paid += rate * (upper - lower) if upper > lower else 0.0
        lower, rate = edges[k], shares[k]
    paid += rate * (size - lower) if size > lower else 0.0
    return plan_payment * (1.0 + paid) if deviation > 0.0 else plan_payment * (1.0 - paid)
