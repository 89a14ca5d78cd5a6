"""The rules of ``simengine.contract`` as plain Python, for decimal numbers: what numba compiles, called without it."""

from collections.abc import Callable
from typing import Any

from simengine.contract import (
    adjustment,
    below_rate,
    carry_forward,
    deduction,
    fund,
    guardrail,
    limits,
    quality,
    quality_standard,
    savings_rate,
    settlement,
    share,
    size_table,
)


def body(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The Python function of a rule: what numba compiled, or the function itself where the compiler is off."""
    return getattr(rule, "py_func", rule)


rate_met = body(savings_rate.rate_met)
shareable_pool = body(savings_rate.shareable_pool)
rate_of_size = body(size_table.rate_of_size)
pool_below_rate = body(below_rate.pool_below_rate)
pool_under_guardrail = body(guardrail.pool_under_guardrail)
limit_to_corridor = body(limits.limit_to_corridor)
limit_over_term = body(limits.limit_over_term)
collar_left = body(limits.collar_left)
loss_set_off = body(carry_forward.loss_set_off)
uncharged_loss = body(carry_forward.uncharged_loss)
fund_part = body(fund.fund_part)
width_in_band = body(share.width_in_band)
score_on_gains = body(quality_standard.score_on_gains)
score_on_losses = body(quality_standard.score_on_losses)
gain_multiplier = body(quality.gain_multiplier)
loss_multiplier = body(quality.loss_multiplier)
loss_rate = body(quality.loss_rate)
after_deduction = body(deduction.after_deduction)
loss_after_adjustment = body(adjustment.loss_after_adjustment)
shared_part = body(settlement.shared_part)
settled = body(settlement.settlement)
