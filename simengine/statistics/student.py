"""Student's t at 0.975: how many standard errors a 95 % interval reaches to either side, by degrees of freedom."""

import math

from simengine.statistics.standard_error import BATCH, REPLICATES

_NORMAL = 1.959963984540054
#: Student's t at 0.975 for 1 to 15 degrees of freedom: Abramowitz and Stegun 1964, Handbook of Mathematical Functions, table 26.10,
#: to six decimals.
_STUDENT = (
    12.706205,
    4.302653,
    3.182446,
    2.776445,
    2.570582,
    2.446912,
    2.364624,
    2.306004,
    2.262157,
    2.228139,
    2.200985,
    2.178813,
    2.160369,
    2.144787,
    2.131450,
)


def t_quantile(df: int) -> float:
    """Student's t at 0.975, to 1e-6; NaN where there is no degree of freedom.

    From 16 degrees on by the expansion about the normal quantile, Abramowitz and Stegun 1964, 26.7.5.
    """
    if df < 1:
        return math.nan
    if df <= len(_STUDENT):
        return _STUDENT[df - 1]
    z = _NORMAL
    first = (z**3 + z) / 4.0
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0
    fourth = (79.0 * z**9 + 776.0 * z**7 + 1482.0 * z**5 - 1920.0 * z**3 - 945.0 * z) / 92160.0
    return z + (first + (second + (third + fourth / df) / df) / df) / df


def degrees_of_freedom(sampler: str, draws: int, *, counted: bool) -> int:
    """Degrees of freedom of a standard error: one less than the independent groups of draws that it is taken from.

    16 replicates for ``sobol``; else batches of 256 draws, which a summary from counts (``counted``) puts into 16 groups. 0 where there
    are too few draws.
    """
    if sampler == "sobol":
        return REPLICATES - 1 if draws >= REPLICATES else 0
    batches = draws // BATCH
    return max((min(batches, REPLICATES) if counted else batches) - 1, 0)
