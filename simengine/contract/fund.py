"""Fund: a share off the top of a gain that is put aside for reinvestment (MODEL.md section 6; WPB chapter 6, principle 7)."""

import math

from simengine.jit import kernel


@kernel
def fund_part(pool: float, share: float) -> float:
    """What goes to the fund: ``share`` of a gain; it bears no loss."""
    if math.isnan(pool):
        return pool
    if pool > 0:
        return share * pool
    return pool - pool
