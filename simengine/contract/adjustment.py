"""Adjustment of a loss for events outside control: an amount off it that never makes it a gain (RISKSHARE.md 1.1, disasters)."""

import math

from simengine.jit import kernel


@kernel
def loss_after_adjustment(amount: float, relief: float) -> float:
    """A loss less ``relief`` (an amount, not negative), at most 0; a gain as it is."""
    if math.isnan(amount) or math.isnan(relief):
        return amount + relief
    if amount < 0:
        return min(amount + relief, amount - amount)
    return amount
