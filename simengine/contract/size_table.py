"""Minimum savings rates by size: small lists are noisy, so their rate is higher (RISKSHARE.md 1.1; 42 CFR 425.604(b))."""

import math
from collections.abc import Sequence

from simengine.jit import Floats, kernel

#: One number for each row of a table.
Column = Sequence[float] | Floats


@kernel
def rate_of_size(size: float, first: Column, last: Column, low: Column, high: Column) -> float:
    """The rate of a list of ``size`` people: linear between the two ends of its row, the last row without an end.

    ``low`` is the rate at ``first`` people and ``high`` the rate at ``last``: ``low + (high - low)(n - first)/(last - first)``. A size
    between two rows has the rate at the end of the lower one. NaN below the first row, for which there is no rate.
    """
    if math.isnan(size) or size < first[0]:
        return math.nan
    row = 0
    for i in range(len(first)):
        if size >= first[i]:
            row = i
    if row == len(first) - 1:
        return low[row]
    n = min(size, last[row])
    return low[row] + (high[row] - low[row]) * (n - first[row]) / (last[row] - first[row])
