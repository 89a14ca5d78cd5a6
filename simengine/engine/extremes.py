"""The range of a number: the smallest and the largest value that it can be drawn at, by year."""

from collections.abc import Mapping

import numpy as np

from simengine.engine.paths import SUMMED, sums
from simengine.jit import Floats
from simengine.study.numbers import Number, Uncertain
from simengine.study.plan import built_per_year


def extremes(value: Number, years: int, declared: Mapping[str, Number]) -> tuple[Floats, Floats]:
    """The smallest and the largest value that a number can be drawn at, by year (uniforms lie at least 2^-53 inside 0 and 1)."""
    if isinstance(value, str):
        return extremes(declared[value], years, declared)
    if not isinstance(value, Uncertain):
        values = np.array(value if isinstance(value, tuple) else [value] * years, dtype=np.float64)
        return values, values
    ends = np.array([2.0**-53, 1.0 - 2.0**-53])
    found = np.array([built.quantile(ends) for built in built_per_year(value, years)])
    low, high = np.broadcast_to(found, (years, 2)).T
    if value.path in SUMMED:
        keep, add = (np.array(one) for one in sums(value, years))
        low, high = _added_up(low, keep, add), _added_up(high, keep, add)
    seen = np.arange(years) < len(value.actual)
    observed = np.array(value.actual + (0.0,) * (years - len(value.actual)))
    return np.where(seen, observed, low), np.where(seen, observed, high)


def _added_up(step: Floats, keep: Floats, add: Floats) -> Floats:
    """The extreme values of a walk or a mean reversion whose draws take the value ``step[t]``."""
    found = np.zeros(len(step))
    for t in range(len(step)):
        found[t] = step[t] + add[t] + (keep[t] * found[t - 1] if t > 0 else 0.0)
    return found
