"""What would have been without the schemes in a year that was observed (docs/model-notes.md, note 45)."""

import math

from simengine.jit import kernel

#: A line of which the schemes leave no more than this share is taken off whole: dividing by what is left would say nothing.
NOTHING_LEFT = 1e-9


@kernel
def activity_without_schemes(outturn: float, shifted_in: float, reduction: float, expected: float) -> float:
    """``(A1 - shifted in) / (1 - ρ)``, the do-nothing activity behind an observed outturn.

    NaN where the draw contradicts what was observed: more was shifted in than was there, or nothing could be left and something was. Where
    nothing could be left and nothing was, the observation says nothing, and ``expected`` stands.
    """
    own, left = outturn - shifted_in, 1.0 - reduction
    if left <= NOTHING_LEFT:
        return expected if own == 0.0 else math.nan
    before = own / left
    return before if before >= 0.0 else math.nan


@kernel
def carried_on(observed: float, expected: float) -> float:
    """What the last observed year was of its expectation: the factor on all later years; NaN where nothing was expected."""
    return observed / expected if expected != 0.0 else math.nan
