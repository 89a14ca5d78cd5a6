"""Shares and bands: a party's part of the shareable pool (MODEL.md section 6).

With bands (risk corridors) the share is marginal over |g| measured from 0: ``X_p = ±B ∫ share_p``, from 0 under ``first_pound`` and from
the threshold under ``excess``.
"""

import math

from simengine.jit import kernel


@kernel
def width_in_band(start: float, rate: float, lower: float, upper: float) -> float:
    """How much of the stretch from ``start`` to ``rate`` lies in the band from ``lower`` to ``upper``, never negative."""
    if math.isnan(rate):
        return rate
    return max(min(rate, upper) - max(start, lower), rate - rate)
