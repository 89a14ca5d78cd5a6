"""Two runs on the same draws: how they differ draw by draw, each statistic with its error, and the error without the pairing beside it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.results.frame import Frame
from simengine.schema import VARIABLES
from simengine.statistics.series import STATISTICS, SeriesStatistics
from simengine.statistics.standard_error import standard_error
from simengine.statistics.summary import TERM

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Statistics of a difference: a value at risk of it would have no meaning of its own.
OF_DIFFERENCES = STATISTICS[: STATISTICS.index("value_at_risk")]


@dataclass(frozen=True)
class Run:
    """One side of a comparison: a stored run and the scenario of it."""

    frame: Frame
    scenario: str = "base"

    @property
    def place(self) -> int:
        """The scenario's place along its dimension."""
        return self.frame.labels("scenario").index(self.scenario)

    def good(self, draws: int) -> Flags:
        """Which of the first draws did not fail."""
        if "failed" not in self.frame:
            return np.ones(draws, dtype=bool)
        return np.asarray(self.frame["failed"].to_numpy()[:draws, self.place] == 0)


@dataclass(frozen=True)
class Difference:
    """The second run less the first, of one output in one period.

    Attributes
    ----------
    name, entity, period
        The output, its labels by dimension, and the year, or ``term``.
    first, second
        Means of both runs over the draws that count in both.
    values, errors
        Statistics of the difference in the order of ``OF_DIFFERENCES``, and their standard errors.
    unpaired
        Standard error that the mean difference would have if the runs had draws of their own.
    """

    name: str
    entity: tuple[tuple[str, str], ...]
    period: str
    first: float
    second: float
    values: Array
    errors: Array
    unpaired: float

    def at(self, statistic: str) -> tuple[float, float]:
        """A statistic and its standard error."""
        k = OF_DIFFERENCES.index(statistic)
        return float(self.values[k]), float(self.errors[k])


def common_outputs(first: Frame, second: Frame) -> list[str]:
    """Outputs whose draws both runs hold."""
    return [name for name in VARIABLES if all(name in one and "draw" in one[name].dims for one in (first, second))]


def paired_differences(first: Run, second: Run, draws: int, sampler: str, names: Sequence[str] | None = None) -> Iterator[Difference]:
    """The second run less the first, draw by draw, of every output, entity and year that both have, and of the term.

    Parameters
    ----------
    first, second
        Runs on the same draws: that they are is for the caller to know (``runs.comparison``).
    draws
        How many of the first draws to compare: those that both have.
    sampler
        Their design.
    names
        Which outputs; by default all of which both hold the draws.

    Yields
    ------
    A difference for each period; the term only where both runs have the same years.
    """
    good = first.good(draws) & second.good(draws)
    counted = None if good.all() else good
    work = SeriesStatistics(draws, sampler)
    for name in common_outputs(first.frame, second.frame) if names is None else names:
        for entity, periods in _periods(name, first, second, draws):
            for period, (a, b) in periods:
                values, errors = work.statistics(b - a, counted)
                own = math.hypot(*(standard_error(side, sampler, counted) for side in (a, b)))
                before, after = (float(side.mean() if counted is None else side[counted].mean()) for side in (a, b))
                size = len(OF_DIFFERENCES)
                yield Difference(name, entity, period, before, after, values[:size], errors[:size], own)


Sides = tuple[Array, Array]
Entity = tuple[tuple[str, str], ...]


def _periods(name: str, first: Run, second: Run, draws: int) -> Iterator[tuple[Entity, Iterator[tuple[str, Sides]]]]:
    """Each entity that both have, with the draws of both by period."""
    dims = VARIABLES[name].entity
    one, other = first.frame, second.frame
    both = [[label for label in one.labels(dim) if label in other.labels(dim)] for dim in dims]
    years = [year for year in one.labels("year") if year in other.labels("year")]
    same_years = one.labels("year") == other.labels("year")
    arrays = [run.frame[name].to_numpy()[:draws, ..., run.place] for run in (first, second)]

    def column(k: int, entity: Entity, year: str) -> Array:
        frame = (first, second)[k].frame
        place: Any = (slice(None), frame.labels("year").index(year), *(frame.labels(dim).index(label) for dim, label in entity))
        return np.ascontiguousarray(arrays[k][place], dtype=np.float64)

    def periods(entity: Entity) -> Iterator[tuple[str, Sides]]:
        total = np.zeros((2, draws))
        for year in years:
            sides = column(0, entity, year), column(1, entity, year)
            total[0] += sides[0]
            total[1] += sides[1]
            yield year, sides
        if same_years:
            yield TERM, (total[0], total[1])

    for place in np.ndindex(*(len(labels) for labels in both)):
        entity = tuple((dim, labels[k]) for dim, labels, k in zip(dims, both, place, strict=True))
        yield entity, periods(entity)
