"""Settlement: what changes hands so that each party ends with its share of the pool (MODEL.md section 6).

Shares are final economic shares, so what a party already holds through payment is taken into account: ``settlement_p = Y_p - φ · W_p`` with
``W_p = Σ_{payer=p} (b_s - pay_s) + Σ_{provider=p} (pay_s - o_s)`` at reference price and ``φ = X/G``. It sums to zero over the parties.
"""

import math

from simengine.jit import kernel


@kernel
def shared_part(pool: float, gain: float) -> float:
    """``φ = X/G``, the part of the gain that is shared; 0 where there is no gain. The part 1 - φ stays where payment left it."""
    if math.isnan(gain):
        return gain
    if gain == 0:
        return gain
    return pool / gain


@kernel
def held_by_payer(baseline: float, payment: float) -> float:
    """What the payer of a covered line holds of its gain: ``b_s - pay_s`` at reference price."""
    return baseline - payment


@kernel
def held_by_provider(payment: float, outturn: float) -> float:
    """What the provider of a covered line holds of its gain: ``pay_s - o_s`` at reference price."""
    return payment - outturn


@kernel
def settlement(payout: float, phi: float, held: float) -> float:
    """``Y_p - φ · W_p``: positive, the party receives."""
    return payout - phi * held
