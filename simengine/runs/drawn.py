"""The draws of a run as the variables of a result: named, in the layout and number types of its file (INTERFACE.md, "The result").

What is stored of all draws, or of a part of them, is made here and nowhere else, so that a part fits to the rest wherever it was made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.engine.chunk import Chunk, Place
from simengine.engine.plan import Prepared
from simengine.jit import Floats, Ints
from simengine.results.dataset import Labels, draw_variables, driver_variables, last_axis, rows_of
from simengine.results.frame import Anything, Series
from simengine.runs.job import Laid

#: What is said of the variable ``failed``.
_FAILED = {"long_name": "1 where the draw is not finite and left out of the statistics", "units": "1"}


def labels(ready: Prepared) -> Labels:
    """Names along every dimension of a study's results."""
    spec, layout = ready.study.spec, ready.layout
    return Labels(
        year=spec.horizon.year_labels,
        service=layout.services,
        scheme=layout.schemes,
        party=layout.parties,
        arrangement=layout.arrangements,
        budget=layout.budgets,
        stream=layout.streams,
        segment=layout.segments,
        scenario=ready.scenarios,
        currency=spec.money.currency,
    )


@dataclass(frozen=True)
class Drawn:
    """Draws of one scenario: kept rows (row, draw), where each row of the layout is among them (-1: nowhere), and line and scheme rows."""

    store: Floats
    place: Ints
    first_driver: int
    detail: Floats


@dataclass(frozen=True)
class Columns:
    """The drivers that are stored, in their order: (name, first of its columns, number of columns), and their rows by scenario."""

    listed: tuple[tuple[str, int, int], ...]
    rows: tuple[Ints, ...]

    @classmethod
    def of(cls, laid: Laid) -> "Columns":
        """All drivers of all scenarios where drivers are stored; -1 for a row that a scenario does not have."""
        counts: dict[str, int] = {}
        for runner in laid.runners if laid.wanted.drivers else ():
            for name, k in runner.driver_names:
                counts[name] = max(counts.get(name, 0), k + 1)
        listed, start = [], 0
        for name in (name for name in laid.ready.drivers.order if name in counts):
            listed.append((name, start, counts[name]))
            start += counts[name]
        rows = []
        for runner in laid.runners:
            place = {key: k for k, key in enumerate(runner.driver_names)}
            rows.append([place.get((name, k), place.get((name, 0), -1)) for name, _, count in listed for k in range(count)])
        return cls(tuple(listed), tuple(np.array(one, dtype=np.int64) for one in rows))


class Drawing:
    """Makes variables of draws, for one study."""

    def __init__(self, laid: Laid) -> None:
        self.laid, self.columns, self.labels = laid, Columns.of(laid), labels(laid.ready)
        layout = laid.ready.layout
        self._everywhere = np.arange(layout.starts[3])
        self._compact = np.full(layout.starts[3], -1, dtype=np.int64)
        outputs = laid.kept[0][laid.kept[0] < layout.starts[3]]
        self._compact[outputs] = np.arange(outputs.size)
        self._first_compact = outputs.size

    def in_place(self, place: Place, first: int, stop: int) -> list[Drawn]:
        """Draws ``first`` up to but not including ``stop`` of those that were written in place."""
        rows = self._everywhere
        pairs = zip(place.stores, place.detail, strict=True)
        return [Drawn(store[:, first:stop], rows, rows.size, detail[:, first:stop]) for store, detail in pairs]

    def handed_out(self, chunk: Chunk) -> list[Drawn]:
        """The draws that a chunk brought along."""
        pairs = zip(chunk.rows, chunk.detail, strict=True)
        return [Drawn(store, self._compact, self._first_compact, detail) for store, detail in pairs]

    def variables(self, drawn: Sequence[Drawn], failed: npt.NDArray[np.bool_]) -> tuple[dict[str, Series], dict[str, list[str]]]:
        """Every variable that is stored (draw, year, entity…, scenario), ``failed`` among them, and the names of the drivers."""
        layout, wanted = self.laid.ready.layout, self.laid.wanted
        arrays = {}
        for name in wanted.positions:
            rows = layout.rows(name)
            if rows.size:
                arrays[name] = last_axis([rows_of(one.store, np.where(rows >= 0, one.place[rows], -1)) for one in drawn])
        for name in wanted.details:
            rows = layout.detail_rows(name)
            if rows.size:
                pairs = zip(drawn, self.laid.runners, strict=True)
                arrays[name] = last_axis([rows_of(one.detail, runner.detail_row[rows]) for one, runner in pairs])
        made = draw_variables(arrays, self.labels)
        columns = self.columns
        names: dict[str, list[str]] = {}
        if columns.listed:
            values = [
                rows_of(one.store, np.where(rows >= 0, one.first_driver + rows, -1), np.nan)
                for one, rows in zip(drawn, columns.rows, strict=True)
            ]
            drivers, names = driver_variables(columns.listed, layout.years, values)
            made |= {name: one for name, one in drivers.items() if name in wanted.drivers}
        if made:
            made["failed"] = Series(("draw", "scenario"), failed.astype(np.int8), _FAILED)
        return made, names

    def nothing(self) -> tuple[dict[str, Series], dict[str, list[str]]]:
        """The variables that are stored, without a draw, and the names of the drivers."""
        rows, scenarios = self._everywhere, self.laid.runners
        drawn = [Drawn(np.empty((one.rows, 0)), rows, rows.size, np.empty((one.detail_rows, 0))) for one in scenarios]
        return self.variables(drawn, np.zeros((0, len(scenarios)), dtype=np.bool_))

    def put_back(self, place: Place, first: int, variables: Mapping[str, Anything]) -> None:
        """Write variables of stored draws into the rows that they were made of, from draw ``first`` on."""
        layout, wanted = self.laid.ready.layout, self.laid.wanted
        for s, (store, detail) in enumerate(zip(place.stores, place.detail, strict=True)):
            for name in (*wanted.positions, *wanted.details):
                if name in variables:
                    positions = name in wanted.positions
                    rows = layout.rows(name) if positions else self.laid.runners[s].detail_row[layout.detail_rows(name)]
                    _put(store if positions else detail, rows, first, np.moveaxis(variables[name][..., s], 0, -1))
            start = layout.starts[3]
            for values, rows in self._driver_columns(variables, s):
                _put(store, np.where(rows >= 0, start + rows, -1), first, values)

    def _driver_columns(self, variables: Mapping[str, Anything], s: int) -> list[tuple[Anything, Ints]]:
        """Values (…, draw) of the stored drivers of a scenario, and their rows."""
        listed, rows = self.columns.listed, self.columns.rows[s]
        found = []
        if "driver_value" in variables:
            found.append((variables["driver_value"][..., s].T, rows[[start for _, start, count in listed if count == 1]]))
        if "driver_path" in variables:
            starts = np.array([start for _, start, count in listed if count > 1])
            index = rows[starts[None, :] + np.arange(self.laid.ready.layout.years)[:, None]]
            found.append((np.moveaxis(variables["driver_path"][..., s], 0, -1), index))
        return found


def _put(store: Floats, rows: Ints, first: int, values: Anything) -> None:
    """Write values (…, draw) into rows (…) of a store from draw ``first`` on; nothing where a row is -1."""
    known = rows >= 0
    store[rows[known], first : first + values.shape[-1]] = values[known]
