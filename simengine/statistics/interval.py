"""Half width of the 95 % confidence interval of a statistic, from its Monte Carlo standard error."""

from simengine.statistics.student import degrees_of_freedom, t_quantile

__all__ = ["CONFIDENCE", "degrees_of_freedom", "half_width", "t_quantile"]

#: Confidence of the interval; ``t_quantile`` is at (1 + CONFIDENCE) / 2.
CONFIDENCE = 0.95


def half_width(error: float, df: int) -> float:
    """Half width of the interval, in the unit of the error; NaN where either is not known."""
    return t_quantile(df) * error
