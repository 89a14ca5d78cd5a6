"""Quality: how a score from 0 to 1 changes the provider side's share of a gain or a loss (MODEL.md section 6; WPB 6.5.2)."""

from simengine.jit import kernel

GAIN_RULES = {"none": 0, "multiplier": 1, "gate": 2}
LOSS_RULES = {"none": 0, "soften": 1, "loss_rate": 2}


@kernel
def gain_multiplier(score: float, rule: int, gate: float) -> float:
    """What a gain is multiplied by: the score itself, or all or nothing at a ``gate``, or 1 without a rule."""
    if rule == 1:
        return score
    if rule == 2:
        if score >= gate:
            return score - score + 1
        return score - score
    return score - score + 1


@kernel
def loss_multiplier(score: float, rule: int, soften: float) -> float:
    """What a loss share is multiplied by: ``1 - soften · score``, or 1 without a rule."""
    if rule == 1:
        return 1 - soften * score
    return score - score + 1


@kernel
def loss_rate(score: float, share_max: float, floor: float, ceiling: float) -> float:
    """The loss rate that takes the place of a loss share: ``clip(1 - share_max · score, floor, ceiling)``."""
    rate = 1 - share_max * score
    if rate != rate:
        return rate
    return min(max(rate, floor), ceiling)
