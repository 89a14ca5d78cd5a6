"""Quality standards: what a score counts for, where a standard has to be met (RISKSHARE.md 1.1, the quality rules by performance year).

``required``: the score counts where the standard is met, else nothing does. ``full``: meeting it counts in full whatever the score; where
only the alternative standard is met the score counts; else nothing does. Losses look at the score wherever one of the two is met.
"""

import math

from simengine.jit import kernel

STANDARDS = {"none": 0, "required": 1, "full": 2}


@kernel
def score_on_gains(score: float, standard: int, met: float, alternative: float) -> float:
    """The score that counts on a gain; ``met`` and ``alternative`` are flags, raised above 0."""
    if math.isnan(score) or math.isnan(met) or math.isnan(alternative):
        return score + met + alternative
    if standard == 0 or (standard == 1 and met > 0) or (standard == 2 and met <= 0 and alternative > 0):
        return score
    if standard == 2 and met > 0:
        return score - score + 1
    return score - score


@kernel
def score_on_losses(score: float, standard: int, met: float, alternative: float) -> float:
    """The score that counts on a loss."""
    if math.isnan(score) or math.isnan(met) or math.isnan(alternative):
        return score + met + alternative
    if standard == 0 or met > 0 or (standard == 2 and alternative > 0):
        return score
    return score - score
