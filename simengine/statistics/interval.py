"""Half width of the 95 % confidence interval of a statistic, from its Monte Carlo standard error."""

from simengine.statistics.standard_error import BATCH, REPLICATES
from simengine.statistics.student import t_quantile

#: Confidence of the interval; ``t_quantile`` is at (1 + CONFIDENCE) / 2.
CONFIDENCE = 0.95


def degrees_of_freedom(sampler: str, draws: int, *, counted: bool) -> int:
    """Degrees of freedom of a standard error: one less than the independent groups of draws that it is taken from.

    16 replicates for ``sobol``; else batches of 256 draws, which a summary from counts (``counted``) puts into 16 groups. 0 where there
    are too few draws.
    """
    if sampler == "sobol":
        return REPLICATES - 1 if draws >= REPLICATES else 0
    batches = draws // BATCH
    return max((min(batches, REPLICATES) if counted else batches) - 1, 0)


def half_width(error: float, df: int) -> float:
    """Half width of the interval, in the unit of the error; NaN where either is not known."""
    return t_quantile(df) * error
