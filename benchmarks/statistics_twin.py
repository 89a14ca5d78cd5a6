"""Exact quantiles and expected shortfall of series of draws: by selection, as the engine finds them, and with NumPy by sorting."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import REPLICATES
from simengine.statistics.group_sums import SHORTFALL, THRESHOLD_ROWS, threshold_sums
from simengine.statistics.selection import Selection
from simengine.statistics.series import SeriesStatistics

Floats = npt.NDArray[np.float64]

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
TAIL = 0.05


def numpy_tail(values: Floats) -> Floats:
    """Five quantiles and the expected shortfall below the first, of each row (row, draw): ``numpy.quantile`` and a sort."""
    found = []
    for row in values:
        quantiles, ordered = np.quantile(row, LEVELS), np.sort(row)
        worst = ordered[: np.searchsorted(ordered, quantiles[0])]
        found.append([*quantiles, quantiles[0] + (worst - quantiles[0]).sum() / (TAIL * row.size)])
    return np.array(found)


def selected_tail(values: Floats) -> Floats:
    """The same by selection."""
    selection, nothing, found = Selection(values.shape[1]), np.zeros(LEVELS.size), []
    sums, rest, lanes = np.empty((THRESHOLD_ROWS, REPLICATES)), np.empty(THRESHOLD_ROWS), np.empty((THRESHOLD_ROWS, REPLICATES))
    for row in values:
        selection.read(row, row.size, selection.sample(row))
        quantiles = selection.quantiles(LEVELS, nothing)
        sums[:] = rest[:] = 0.0
        threshold_sums(sums, rest, row, quantiles, lanes, True)
        short = sums[SHORTFALL].sum() + rest[SHORTFALL]
        found.append([*quantiles, quantiles[0] + short / (TAIL * row.size)])
    return np.array(found)


def statistics_phase(values: Floats) -> None:
    """Every statistic of the summary, each with its standard error, of each row (row, draw): what ``summarise`` does on one thread."""
    series = SeriesStatistics(values.shape[1], "sobol")
    for row in values:
        series.statistics(row)


def contenders(values: Floats) -> dict[str, Callable[[], object]]:
    """What is to be timed against each other, once the numbers are found to be the same; ``values`` are rows of draws."""
    np.testing.assert_allclose(selected_tail(values[:1]), numpy_tail(values[:1]), rtol=1e-12)
    return {
        "numpy quantile + sort": lambda: numpy_tail(values),
        "selection": lambda: selected_tail(values),
        "all statistics": lambda: statistics_phase(values),
    }
