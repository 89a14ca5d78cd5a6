"""How statistics settle as draws are added: estimate and 95 % interval after each doubling, from the draws of one run."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.statistics.series import STATISTICS, SeriesStatistics
from simengine.statistics.standard_error import BATCH
from simengine.statistics.student import degrees_of_freedom, t_quantile

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Statistics that are followed unless others are asked for.
FOLLOWED = ("mean", "q05", "q50", "q95", "expected_shortfall")
_FIRST = 256


class Step(NamedTuple):
    """A statistic of the first ``draws`` draws, and the ends of its 95 % interval; NaN where too few draws tell."""

    draws: int
    statistic: str
    value: float
    low: float
    high: float


def steps(draws: int) -> list[int]:
    """The numbers of draws that are looked at: 256, doubled as often as there are draws for, and all of them."""
    found = []
    size = _FIRST
    while size < draws:
        found.append(size)
        size *= 2
    return [*found, draws]


def convergence(values: Array, sampler: str, good: Flags | None = None, statistics: Sequence[str] = FOLLOWED) -> Iterator[Step]:
    """Statistics of one series of draws after each doubling.

    Parameters
    ----------
    values
        Shape (draw,); a draw that does not count is marked in ``good`` (draw,) and keeps its place.
    sampler
        Design of the draws: the intervals are those of the 16 replicates, or of batches of 256 draws.
    statistics
        Which of ``statistics.series.STATISTICS``.

    Raises
    ------
    ValueError
        Where there is no such statistic.
    """
    places = [STATISTICS.index(name) for name in statistics]
    for size in steps(values.size):
        used = None if good is None or good[:size].all() else good[:size]
        found, errors = SeriesStatistics(size, sampler).statistics(np.ascontiguousarray(values[:size]), used)
        half = t_quantile(degrees_of_freedom(sampler, size, counted=False)) * errors
        for name, k in zip(statistics, places, strict=True):
            yield Step(size, name, float(found[k]), float(found[k] - half[k]), float(found[k] + half[k]))


def fewest(sampler: str) -> int:
    """Draws from which intervals are known."""
    return _FIRST if sampler == "sobol" else 2 * BATCH
