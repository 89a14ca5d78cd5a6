"""Minimum savings and loss rates: is anything shared, and from which pound (MODEL.md section 6; WPB 6.4.5, 6.5.2).

Below the rate nothing is shared. Once |gain| ≥ rate · baseline, ``first_pound`` shares all of it and ``excess`` what lies above the rate.
"""

import math

from simengine.jit import kernel

KINDS = {"first_pound": 0, "excess": 1}


@kernel
def rate_met(gain: float, baseline: float, minimum_savings_rate: float, minimum_loss_rate: float) -> int:
    """1 where a gain reaches the minimum savings rate, -1 where a loss reaches the minimum loss rate, else 0; tests are inclusive."""
    if math.isnan(gain):
        return 0
    if gain > 0 and gain >= minimum_savings_rate * baseline:
        return 1
    if gain < 0 and -gain >= minimum_loss_rate * baseline:
        return -1
    return 0


@kernel
def shareable_pool(gain: float, met: int, gain_deducted: float, loss_deducted: float) -> float:
    """The shareable pool X, signed: the gain less what is not shared of it, 0 below the threshold.

    ``gain_deducted`` is rate · baseline under ``excess`` and 0 under ``first_pound``; likewise for a loss.
    """
    if math.isnan(gain):
        return gain
    if met > 0:
        return gain - gain_deducted
    if met < 0:
        return gain + loss_deducted
    return gain - gain
