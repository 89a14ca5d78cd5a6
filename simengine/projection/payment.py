"""Payment: what a payer pays a provider for a line (MODEL.md section 5; WPB 1.1, 3.5).

``plan_pay = [A0_plan - κ (A0_plan - A1_plan)] · P_plan``, ``payment = plan_pay + v · (A1 P* - plan_pay)``:
v = 1 pays activity, v = 0 is a block, between them the payment is blended.
"""

from simengine.jit import kernel


@kernel
def planned_payment(plan_do_nothing: float, plan_outturn: float, plan_price: float, kappa: float) -> float:
    """Payment foreseen by the plan, with the share ``kappa`` of the planned scheme impact taken out."""
    return (plan_do_nothing - kappa * (plan_do_nothing - plan_outturn)) * plan_price


@kernel
def payment(plan_payment: float, variable_share: float, activity_value: float) -> float:
    """Payment when activity at the payment price is worth ``activity_value``."""
    return plan_payment + variable_share * (activity_value - plan_payment)
