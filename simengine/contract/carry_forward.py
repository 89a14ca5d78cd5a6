"""Losses carried forward: a loss that nobody was charged with reduces later gains (MODEL.md section 6, carry-forward).

Amounts carried are in terms of the pool: the part of a shareable loss that the provider side would have borne under two-sided terms and
did not bear, because the year was one-sided or because a collar held. It is used oldest first, after the threshold is tested, and expires.
"""

import math

from simengine.jit import kernel


@kernel
def loss_set_off(pool: float, carried: float) -> float:
    """How much of ``carried`` (not negative) is set off against a gain; nothing against a loss."""
    if math.isnan(pool) or math.isnan(carried):
        return pool + carried
    if pool > 0:
        return min(pool, carried)
    return pool - pool


@kernel
def uncharged_loss(pool: float, charged: float, full: float) -> float:
    """The part of a shareable loss to carry, not negative: ``-pool`` times what of the ``full`` loss was not ``charged``.

    ``full`` is what the provider side bears under two-sided terms before limits, ``charged`` what it does bear; both negative or 0.
    """
    if math.isnan(pool) or math.isnan(charged) or math.isnan(full):
        return pool + charged + full
    if pool < 0 and full < 0:
        return max(pool * (charged / full - 1), pool - pool)
    return pool - pool
