"""Every statistic of a series the plain way: sorted, with NumPy's means; the twin of ``simengine.statistics.series``."""

import numpy as np

from simengine.statistics.standard_error import standard_error

LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
TAIL = 0.05


def plain_statistics(values, sampler, good=None):
    """Statistics and errors in the order of ``STATISTICS``, of a series that varies."""
    chosen = values if good is None else values[good]
    mean, sd = chosen.mean(), chosen.std(ddof=1)
    known = np.where(True if good is None else good, values, mean)
    ordered = np.sort(chosen)
    quantiles = [_quantile(ordered, known, level, sampler, good) for level in LEVELS]
    low, low_error = quantiles[0]
    excess = np.minimum(known - low, 0.0)
    some = excess if good is None else excess[good]
    found = [
        (mean, standard_error(known, sampler, good)),
        (sd, standard_error((known - mean) ** 2, sampler, good) / (2.0 * sd)),
        *quantiles,
        _chance(known < 0.0, sampler, good, chosen.size),
        _chance(known > 0.0, sampler, good, chosen.size),
        (-low, low_error),
        (-(low + some.mean() / TAIL), standard_error(excess, sampler, good) / TAIL),
    ]
    return tuple(np.array(one) for one in zip(*found, strict=True))


def _quantile(ordered, values, level, sampler, good):
    value = np.quantile(ordered, level)
    below = standard_error(values <= value, sampler, good)
    if not np.isfinite(below):
        return value, np.nan
    if np.ptp(np.quantile(ordered, np.clip([level - below, level + below], 0.0, 1.0))) == 0.0:
        return value, 0.0
    reach = max(below, 2.0 * np.sqrt(level * (1.0 - level) / ordered.size))
    levels = np.clip([level - reach, level + reach], 0.0, 1.0)
    return value, np.ptp(np.quantile(ordered, levels)) / np.ptp(levels) * below


def _chance(seen, sampler, good, count):
    value = (seen if good is None else seen[good]).sum() / count
    error = standard_error(seen, sampler, good)
    return value, max(1.0 / count, error) if value in (0.0, 1.0) else error
