"""A lower share for a gain that stays below the minimum savings rate (42 CFR 425.605(h): half of it for low-revenue organisations)."""

import math

from simengine.jit import kernel


@kernel
def pool_below_rate(pool: float, gain: float, met: int, part: float, size: float, size_from: float) -> float:
    """The pool, which is ``part`` of a gain where no rate is met and the list has at least ``size_from`` people; else ``pool`` as it is."""
    if math.isnan(pool) or math.isnan(gain) or math.isnan(size):
        return pool + gain + size
    if met == 0 and gain > 0 and size >= size_from:
        return part * gain
    return pool
