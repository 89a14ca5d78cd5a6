"""The series of a run whose statistics come from counts: every year and the term of every output, and differences from the base.

A path is one output of one entity in one scenario: its years, then what holds of the term. Paths are worked off one after another, so
that the draws of one stay in the cache while they are summed and counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.outputs import Layout
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints, keep_apart, kernel
from simengine.schema import FLAGS, POSITION_VARIABLES

Flags = npt.NDArray[np.bool_]
Block = npt.NDArray[np.float64]

#: Variables that are also compared draw by draw with the base, where there are scenarios.
COMPARED = ("net_saving", "net_position", "party_position")
#: What a path holds: an output and its sum over the years; a flag, and whether it was above and below zero in any year; a difference.
OUTPUT, FLAG, DIFFERENCE = range(3)


@dataclass(frozen=True)
class Path:
    """One output of one entity in one scenario.

    Attributes
    ----------
    name, place, scenario
        The variable, the entity (index along its dimensions after the year) and the scenario.
    kind
        ``OUTPUT``, ``FLAG`` or ``DIFFERENCE``.
    rows
        Row of each year in the store of a scenario.
    first
        Its first series; the years are followed by the term, by two series of a flag: ever above zero, ever below zero.
    """

    name: str
    place: tuple[int, ...]
    scenario: int
    kind: int
    rows: Ints
    first: int

    @property
    def count(self) -> int:
        """How many series it has."""
        return len(self.rows) + (2 if self.kind == FLAG else 1)


class Table(NamedTuple):
    """Paths of a scenario as arrays."""

    kind: Ints  # (path,)
    rows: Ints  # (path, year)
    first: Ints  # (path,)


class Bad(NamedTuple):
    """Draws that failed, (draw,): in a scenario, and in it or in the base."""

    own: Flags
    either: Flags
    of_own: Ints  # (block,): how many
    of_either: Ints


class SeriesLayout:
    """Which series there are, in which order.

    Parameters
    ----------
    layout
        Where the outputs of the study are found.
    names
        Position variables; any others are left out.
    scenarios
        How many there are, the base included.
    plan
        Planned figures (year, entity…) of at least these variables: what distances are taken from.
    """

    def __init__(self, layout: Layout, names: Sequence[str], scenarios: int, plan: Mapping[str, Floats]) -> None:
        self.layout, self.scenarios = layout, scenarios
        self.names = tuple(name for name in names if name in POSITION_VARIABLES and layout.rows(name).size)
        self.compared = tuple(name for name in COMPARED if name in self.names and scenarios > 1)
        self.paths: tuple[Path, ...] = ()
        planned: list[Floats] = []
        paths: list[Path] = []
        first = 0
        kinds = [(name, FLAG if name in FLAGS else OUTPUT) for name in self.names] + [(name, DIFFERENCE) for name in self.compared]
        for name, kind in kinds:
            rows = layout.rows(name)
            for place in np.ndindex(rows.shape[1:]):
                own, figures = rows[(slice(None), *place)], plan[name][(slice(None), *place)]
                # a party that is no member has no rows: its amounts are 0
                for scenario in range(1 if kind == DIFFERENCE else 0, scenarios if own[0] >= 0 else 0):
                    paths.append(Path(name, place, scenario, kind, own, first))
                    first += paths[-1].count
                    planned.append(_planned(kind, figures))
        self.paths, self.count = tuple(paths), first
        self.plan: Floats = np.concatenate(planned) if planned else np.empty(0)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The paths of each scenario."""
        found = []
        for scenario in range(self.scenarios):
            own = [path for path in self.paths if path.scenario == scenario]
            rows = np.array([path.rows for path in own], dtype=np.int64).reshape(len(own), self.layout.years)
            kind, first = (np.array([getattr(path, name) for path in own], dtype=np.int64) for name in ("kind", "first"))
            found.append(Table(kind, rows, first))
        return tuple(found)

    def fill(self, into: Floats, rows: Sequence[Block], failed: Flags, start: int = 0) -> None:
        """Fill all series of some draws.

        Parameters
        ----------
        into
            Shape (series, draw): what is filled; NaN for draws that failed in the scenario, or for a difference in either.
        rows
            By scenario, the store (row, draw) of the outputs, draws next to each other.
        failed
            Shape (draw, scenario).
        start
            The column of ``rows`` in which the first of the draws is.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            for scenario, table in enumerate(self.tables):
                _fill_paths(into, rows[0], rows[scenario], table, bad_draws(failed, scenario), start)


def _planned(kind: int, figures: Floats) -> Floats:
    """What distances of the series of a path are taken from; of a flag's term 0, of a difference 0."""
    if kind == DIFFERENCE:
        return np.zeros(len(figures) + 1)
    if kind == FLAG:
        return np.concatenate([figures, [0.0, 0.0]])
    total = 0.0
    for figure in figures:
        total += float(figure)
    return np.concatenate([figures, [total]])


def bad_draws(failed: Flags, scenario: int) -> Bad:
    """Draws that failed in a scenario, and in it or in the base."""
    own = np.ascontiguousarray(failed[:, scenario])
    either = own | failed[:, 0]
    starts = np.arange(0, own.size, BLOCK)
    return Bad(own, either, *(np.add.reduceat(flags, starts, dtype=np.int64) for flags in (own, either)))


@kernel
def _copy(to: Floats, values: Floats) -> None:
    keep_apart()
    for i in range(to.shape[0]):
        to[i] = values[i]


@kernel
def _add(total: Floats, values: Floats) -> None:
    keep_apart()
    for i in range(total.shape[0]):
        total[i] += values[i]


@kernel
def _subtract(to: Floats, values: Floats, base: Floats) -> None:
    keep_apart()
    for i in range(to.shape[0]):
        to[i] = values[i] - base[i]


@kernel
def _ever(above: Floats, below: Floats, values: Floats) -> None:
    """Note where a flag is above and below zero."""
    keep_apart()
    for i in range(above.shape[0]):
        above[i] = 1.0 if values[i] > 0.0 else above[i]
        below[i] = 1.0 if values[i] < 0.0 else below[i]


@kernel
def _leave_out(to: Floats, bad: Flags) -> None:
    for i in range(to.shape[0]):
        if bad[i]:
            to[i] = np.nan


@kernel
def fill_path(into: Floats, first: int, base: Block, rows: Block, own: Ints, kind: int, bad: Bad, start: int) -> int:
    """Fill the series of one path, from row ``first`` of ``into`` on; returns how many they are."""
    years, draws = own.shape[0], into.shape[1]
    term = first + years
    last = term + (2 if kind == FLAG else 1)
    for row in range(term, last):
        for i in range(draws):
            into[row, i] = 0.0
    for t in range(years):
        if kind == DIFFERENCE:
            _subtract(into[first + t], rows[own[t], start : start + draws], base[own[t], start : start + draws])
        else:
            _copy(into[first + t], rows[own[t], start : start + draws])
        if kind == FLAG:
            _ever(into[term], into[term + 1], into[first + t])
        else:
            _add(into[term], into[first + t])
    left_out, failed = (bad.either, bad.of_either) if kind == DIFFERENCE else (bad.own, bad.of_own)
    if failed.sum() > 0:
        for row in range(first, last):
            _leave_out(into[row], left_out)
    return int(last - first)


@kernel
def _fill_paths(into: Floats, base: Block, rows: Block, table: Table, bad: Bad, start: int) -> int:
    """Fill the series of all paths of a scenario."""
    for path in range(table.first.shape[0]):
        kind = table.kind[path]
        fill_path(into, table.first[path], base, rows, table.rows[path], kind, bad, start)
    return int(table.first.shape[0])
