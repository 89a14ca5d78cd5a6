"""Cap and collar: the most a party can gain and the most it can lose (MODEL.md section 6 glossary; a larger collar is riskier)."""

import math

from simengine.jit import kernel


@kernel
def limit_to_corridor(payout: float, collar: float, cap: float) -> float:
    """Hold ``payout`` between ``-collar`` and ``cap``; amounts in the currency, gains positive, limits not negative."""
    if math.isnan(payout):
        return payout
    return min(max(payout, -collar), cap)


@kernel
def limit_over_term(payout: float, so_far: float, collar: float, cap: float) -> float:
    """Hold the payouts of the term so far with this year's between ``-collar`` and ``cap`` by limiting this year's."""
    if math.isnan(payout) or math.isnan(so_far):
        return payout + so_far
    return min(max(payout, -collar - so_far), cap - so_far)


@kernel
def collar_left(collar: float, unearned: float) -> float:
    """What an exposure of ``unearned`` improvement payments leaves of a collar, not below 0."""
    if math.isnan(unearned):
        return unearned
    return max(collar - unearned, unearned - unearned)
