"""A stored run as drivers and series: what measures from stored draws are taken of.

A driver with a value for each year stands beside the output of a year with one number. What adds up over the years (inflation, growth)
stands as its mean from the first year to that of the output, for the sum over the years as the mean of all. What acts in its own year
alone (volatility, what an arrangement is scored by) stands as its value in the year of the output: the mean would water down the one
year that matters.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import DataError, Problem, ResultError
from simengine.results.frame import Frame
from simengine.schema import FLAGS, VARIABLES
from simengine.sensitivity_analysis.driver_table import DriverTable
from simengine.sensitivity_analysis.given_data import GivenData, given_data, joined
from simengine.sensitivity_analysis.groups import Groups
from simengine.sensitivity_analysis.measures import TERM, Output

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Outputs looked at where none is named.
DEFAULT_OUTPUTS = ("net_position", "party_position")
#: Draws read at a time.
_AT_ONCE = 2**14
#: Names that an error lists at most.
_LISTED = 12
#: Parts of the names of drivers that act in their own year alone.
_OWN_YEAR = ("volatility", "arrangements")


class StoredDraws:
    """The draws of one scenario of a run that was stored.

    Raises ResultError where the run has no draws of drivers, and DataError for a scenario that it does not have.
    """

    def __init__(self, run: Frame, scenario: str = "base") -> None:
        if not any(name in run for name in ("driver_value", "driver_path")) or "failed" not in run:
            msg = "the result has no drawn values of drivers: run the study with --store positions (or all), not summary"
            raise ResultError(msg)
        known = run.labels("scenario")
        if scenario not in known:
            raise DataError([_unknown("scenario", scenario, known)])
        self.run, self.scenario, self.place = run, scenario, known.index(scenario)
        self.years = run.labels("year")
        self.sampler, self.seed = str(run.attrs["sampler"]), int(run.attrs["seed"])
        self._tables: dict[int, DriverTable] = {}

    @cached_property
    def good(self) -> Flags:
        """Draws that did not fail, (draw,)."""
        return np.asarray(np.asarray(self.run["failed"].values[:, self.place]) == 0, dtype=np.bool_)

    @property
    def draws(self) -> int:
        """How many draws were stored, those that failed too."""
        return len(self.good)

    @cached_property
    def drivers(self) -> tuple[str, ...]:
        """Names of all drivers: those with one value, then those with one for each year."""
        return tuple(label for name in ("driver", "path_driver") if name in self.run for label in self.run.labels(name))

    def outputs(
        self, names: Sequence[str] = (), years: Sequence[str] = (), entities: Mapping[str, Sequence[str]] | None = None
    ) -> list[Output]:
        """The series of variables by name, for some years (``term``: the sum over them) and entities by dimension, by default all.

        Raises DataError that names everything the run does not have, with the nearest name that it has.
        """
        there = [name for name in VARIABLES if name in self.run and name not in FLAGS]
        chosen = tuple(names) or tuple(name for name in DEFAULT_OUTPUTS if name in there)
        problems = [_unknown("output", name, there) for name in chosen if name not in there]
        problems += [_unknown("year", year, [*self.years, TERM]) for year in years if year not in (*self.years, TERM)]
        for dimension, labels in (entities or {}).items():
            known = self.run.labels(dimension) if dimension in self.run else []
            problems += [_unknown(dimension, label, known) for label in labels if label not in known]
        if problems:
            raise DataError(problems)
        found = [one for name in chosen for one in self._series_of(name, years or (*self.years, TERM), entities or {})]
        if not found:
            labels = ", ".join(f"{dimension} {label}" for dimension, chosen_ones in (entities or {}).items() for label in chosen_ones)
            rule = f"has no series of {labels}" if labels else "this result has none of the outputs looked at by default"
            raise DataError([Problem(path="output", rule=rule, value=", ".join(chosen) or None)])
        return found

    def _series_of(self, name: str, years: Sequence[str], entities: Mapping[str, Sequence[str]]) -> Iterator[Output]:
        dimensions = VARIABLES[name].entity
        if not set(entities) & set(dimensions) and entities and dimensions:
            return
        unit = str(self.run[name].attrs.get("units", ""))
        for labels in product(*(entities.get(dimension) or self.run.labels(dimension) for dimension in dimensions)):
            entity = tuple(zip(dimensions, labels, strict=True))
            yield from (Output(name, self.scenario, year, entity, unit) for year in years)

    def by_year(self, name: str, entity: Mapping[str, str]) -> npt.NDArray[Any]:
        """A variable of one entity in all years, (draw, year)."""
        one = self.run[name]
        place = [slice(None), slice(None), *(self.run.labels(dim).index(entity[dim]) for dim in one.dims[2:-1]), self.place]
        return np.asarray(one.values[tuple(place)])

    def series(self, output: Output) -> Array:
        """The draws of an output, (draw,)."""
        values = self.by_year(output.name, dict(output.entity))
        found = values.sum(axis=1) if output.year == TERM else values[:, self.years.index(output.year)]
        return np.ascontiguousarray(found, dtype=np.float64)

    def plan(self, output: Output) -> float:
        """The plan value of an output; NaN where the run has none."""
        name = f"plan_{output.name}"
        if name not in self.run:
            return float("nan")
        values = np.asarray(self.run.at(name, **dict(output.entity)), dtype=np.float64)
        return float(values.sum() if output.year == TERM else values[self.years.index(output.year)])

    def table(self, year: str) -> DriverTable:
        """The drivers beside outputs of a year, or of the sum over the years."""
        last = self._last(year)
        if last not in self._tables:
            self._tables.clear()  # one at a time: a table is most of the memory
            groups = Groups.of(self.draws, self.sampler, self.good)
            self._tables[last] = DriverTable.read(self.drivers, self._chunks(last), groups, self.draws, self.seed)
        return self._tables[last]

    def _last(self, year: str) -> int:
        """Which table serves a year: its place; -1 for all years together, and for every year where no driver has values by year."""
        return -1 if year == TERM or "driver_path" not in self.run else self.years.index(year)

    def _chunks(self, last: int) -> Iterator[Array]:
        for first in range(0, self.draws, _AT_ONCE):
            draws = slice(first, first + _AT_ONCE)
            parts = []
            if "driver_value" in self.run:
                parts.append(np.asarray(self.run["driver_value"].values[draws, :, self.place]))
            if "driver_path" in self.run:
                paths = np.asarray(self.run["driver_path"].values[draws, :, :, self.place])
                parts.append(self._of_paths(paths, last))
            yield np.concatenate(parts, axis=1)

    def _of_paths(self, paths: Array, last: int) -> Array:
        """One number for each yearly driver, (draw, driver), from values (draw, year, driver)."""
        if last < 0:
            return np.asarray(paths.mean(axis=1))
        own = np.array([any(part in _OWN_YEAR for part in name.split(".")) for name in self.run.labels("path_driver")])
        return np.where(own, paths[:, last], paths[:, : last + 1].mean(axis=1))

    def by_table(self, years: Sequence[str]) -> Iterator[tuple[list[int], DriverTable]]:
        """Places of series of the years given that share a table of drivers, and the table."""
        kinds = [self._last(year) for year in years]
        for kind in dict.fromkeys(kinds):
            places = [place for place, one in enumerate(kinds) if one == kind]
            yield places, self.table(years[places[0]])


def given_stored(stored: StoredDraws, outputs: Sequence[Output]) -> GivenData:
    """All given-data measures of the outputs of a stored run.

    Raises ValueError without an output.
    """
    if not outputs:
        msg = "no output was chosen"
        raise ValueError(msg)
    parts = []
    for places, table in stored.by_table([one.year for one in outputs]):
        chosen = [outputs[place] for place in places]
        parts.append((places, given_data(table, chosen, (stored.series(one) for one in chosen))))
    return joined(parts)


def _unknown(path: str, value: str, known: Sequence[str]) -> Problem:
    near = get_close_matches(value, known, 1, 0.6)
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    rule = f"must be one of {listed}" if known else "this result has none"
    return Problem(path=path, rule=rule, value=value, nearest=near[0] if near else None)
