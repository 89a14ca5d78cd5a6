"""Volatility: year-to-year noise of activity with mean 1, smaller for larger populations, never below a floor (MODEL.md section 2)."""

import math

from simengine.jit import kernel


@kernel
def coefficient_of_variation(cv_floor: float, cv_ref: float, n_ref: float, population: float) -> float:
    """``cv² = cv_floor² + cv_ref² · N_ref / N``; the floor is there because real noise falls slower than 1/√N (RISKSHARE.md 2.1)."""
    return math.sqrt(cv_floor * cv_floor + cv_ref * cv_ref * (n_ref / population))
