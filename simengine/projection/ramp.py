"""Ramp: the share of the end-state effect reached at a year end (MODEL.md section 3; BCF step 3c).

``x = clip((t - delay) / years, 0, 1)``, shaped linear ``x``, s-curve ``3x² - 2x³`` or in whole-year steps.
"""

import math

from simengine.jit import kernel

SHAPES = {"linear": 0, "s_curve": 1, "stepped": 2}


@kernel
def ramp_at(time: float, delay: float, years: float, shape: int) -> float:
    """The ramp at ``time`` (years from the base year end); ``years`` = 0 is a step just after the delay."""
    elapsed = time - delay
    if math.isnan(elapsed) or math.isnan(years):
        return elapsed + years
    if years <= 0.0:
        return 1.0 if elapsed > 0.0 else 0.0
    if shape == 2:
        elapsed = math.floor(elapsed)
    x = min(max(elapsed / years, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x) if shape == 1 else x


@kernel
def ramp_in_year(year: float, delay: float, years: float, shape: int, average: bool) -> float:
    """The ramp of a year: at its end, or the mean of its two ends where ``average`` (a scheme that builds up within the year)."""
    end = ramp_at(year, delay, years, shape)
    if average and years > 0.0:
        return 0.5 * (ramp_at(year - 1.0, delay, years, shape) + end)
    return end
