"""Intervals of ratios of sums from sixteen independent groups of points: the jackknife over groups, with Student's t.

The groups are the replicated scrambles of ``sobol``; point n of the other designs belongs to group n % 16 (``random``) or (n // 256) % 16
(``lhs``: whole Latin hypercubes). A ratio from all points but those of one group is worked out sixteen times; sixteen pseudo-values
give an error with fifteen degrees of freedom (Quenouille 1956, Biometrika 43, 353-360; Tukey 1958).
"""

from collections.abc import Callable

import numpy as np

from simengine.sensitivity_analysis.measures import Array
from simengine.statistics.standard_error import REPLICATES
from simengine.statistics.student import t_quantile

GROUPS = REPLICATES


def jackknife(sums: Array, ratio: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Estimate and half width of the 95 % interval of a function of sums.

    Parameters
    ----------
    sums
        Shape (..., column, 16): sums by group.
    ratio
        Turns sums (..., column) into estimates (...).
    """
    total = sums.sum(axis=-1)
    value = ratio(total)
    without = np.stack([ratio(total - sums[..., g]) for g in range(GROUPS)])
    with np.errstate(invalid="ignore"):
        spread = without - without.mean(axis=0)
        error = np.sqrt((GROUPS - 1) / GROUPS * (spread * spread).sum(axis=0))
    return value, t_quantile(GROUPS - 1) * error
