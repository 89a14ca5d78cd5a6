"""Whole population budget: what it is worth and when a reset moves it (MODEL.md section 5; WPB 3.3 to 3.5, 4.4).

Money in the currency, weights, scores and thresholds as fractions. The value of a year is worked out in this order: the planned lines,
their funding streams or a stated amount; less unidentified savings; plus the population update; times the resets so far.
"""

from simengine.jit import kernel


@kernel
def stream_value(base: float, non_recurrent: float, growth_index: float) -> float:
    """A funding stream after allocation growth; money that does not recur is taken out of the base first (WPB 3.3.1)."""
    return (base - non_recurrent) * growth_index


@kernel
def less_planned_savings(value: float, kappa: float, planned_saving: float) -> float:
    """Allocation growth knows of no schemes: the share ``kappa`` of their planned saving is taken out of it (WPB 3.5)."""
    return value - kappa * planned_saving


@kernel
def reset_scale(current: float, observed: float, threshold: float) -> float:
    """The scale of the budget after a reset year.

    ``observed`` is the plan worked out again with what has been observed, over the plan; ``current`` the scale of the year before. A change
    below the threshold (a share of the current value) moves nothing.
    """
    # "not below" and so NaN, which is neither, goes on as NaN
    return observed if not abs(observed / current - 1.0) < threshold else current
