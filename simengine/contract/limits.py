"""Cap and collar: the most a party can gain and the most it can lose (MODEL.md section 6 glossary; a larger collar is riskier)."""

import math

from simengine.jit import kernel


@kernel
def limit_to_corridor(payout: float, collar: float, cap: float) -> float:
    """Hold ``payout`` between ``-collar`` and ``cap``; amounts in the currency, gains positive, limits not negative."""
    if math.isnan(payout):
        return payout
    return min(max(payout, -collar), cap)
