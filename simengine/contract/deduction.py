"""Deduction: a part taken off payouts of gains and never off losses (sequestration in the US programmes; RISKSHARE.md 1.1)."""

import math

from simengine.jit import kernel


@kernel
def after_deduction(amount: float, deduction: float) -> float:
    """``(1 - deduction) · amount`` of a gain; a loss as it is."""
    if math.isnan(amount):
        return amount
    if amount > 0:
        return (1 - deduction) * amount
    return amount
