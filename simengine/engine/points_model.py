"""Lays a scenario out as a function of its units of chance (``points``), and evaluates points of it for any number of threads."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from simengine.engine.block import Model, Scratch
from simengine.engine.build_lines import Noise
from simengine.engine.conditional import Cluster, ConditionalDraws, batches_of
from simengine.engine.drivers import DriverSet, build_variates, noise_rows, own_drivers
from simengine.engine.outputs import Layout
from simengine.engine.plan import Draft, Prepared, driver_rows, noises_in_order
from simengine.engine.points import Asked, Take, Tiles, Units, Wanted, draw_designs, project_points
from simengine.engine.scratch import new_scratch
from simengine.engine.tile import STRIDE, TILE
from simengine.engine.variates import Variates
from simengine.jit import Floats
from simengine.jit_apart import reasons_raised
from simengine.sampling.dependence import factor
from simengine.sampling.sobol import COLUMNS
from simengine.sampling.streams import second_seed, stream_key
from simengine.schema import FLAGS, POSITION_VARIABLES
from simengine.study.copulas import copulas


class Place(NamedTuple):
    """One series: a position variable, its entity (index along each of its dimensions after the year), the year (-1: the term)."""

    name: str
    entity: tuple[int, ...]
    year: int


class DrawnUnit(NamedTuple):
    """A unit of chance: a driver in use or the volatility of a line, its risk category, the copula it is part of (-1: none)."""

    name: str
    category: str
    cluster: int


class PointsModel:
    """A scenario as a function of its units; any number of threads may use it at once.

    Parameters
    ----------
    prepared, scenario
        A study that has been laid out; 0 is the base.
    seed, sampler
        Of the run whose draws are design A.
    names
        Position variables whose series are wanted: each year of each entity, then the term, of flags the years only.
    """

    def __init__(
        self, prepared: Prepared, scenario: int, seed: int, sampler: str, names: tuple[str, ...] = tuple(POSITION_VARIABLES)
    ) -> None:
        layout, made = prepared.layout, prepared.drafts[scenario]
        nothing = np.full(layout.detail_count, -1, dtype=np.int64)
        self.sampler, self.layout = sampler, layout
        self.model: Model = prepared.model(scenario, seed, sampler, False, nothing)
        self.second: Variates = _second_design(prepared, made, seed, sampler)
        self.units, rows = _units(prepared, made)
        self.places, wanted = _series(layout, names)
        self._asked = Asked(rows, layout.outputs([], names), wanted)
        self._plan = np.ascontiguousarray(made.book.plan_matrix()[: made.book.rows * STRIDE])
        self._slots = made.book.rows
        self._clusters = _clusters(prepared, made, self.units, seed, (self.model.variates, self.second))
        self._local = threading.local()

    def draw(self, first: int, count: int) -> None:
        """Draw both designs of some points for the calling thread: ``first`` a multiple of 512, ``count`` at most 512."""
        desk = self._desk()
        with reasons_raised():
            draw_designs(self.model.variates, self.second, desk.scratch, desk.tiles, first, count)
        desk.drawn = None if desk.conditional is None else first

    def values(self, count: int) -> Floats:
        """What the calling thread drew last for each unit in both designs, (2, unit, point); NaN for a unit of more than one row."""
        tiles, units = self._desk().tiles, self._asked.units
        found = np.full((2, len(self.units), count), np.nan)
        for u in np.flatnonzero(np.diff(units.first) == 1):
            at = int(units.row[units.first[u]]) * STRIDE
            found[:, u] = tiles.a[at : at + count], tiles.b[at : at + count]
        return found

    def evaluate(self, take: Take, count: int, found: Floats, *, conditional: bool = False) -> None:
        """Fill ``found`` (selection, series, point) with points put together from what the calling thread drew last.

        With ``conditional`` correlated units that are not from design A are drawn given those that are.
        """
        desk = self._desk()
        with reasons_raised():
            if not conditional or desk.conditional is None:
                project_points(self.model, self._asked, desk.scratch, desk.tiles, take, count, found)
                return
            if desk.drawn is not None:
                desk.conditional.draw(desk.drawn, count)
                desk.drawn = None
            for m in range(take.shape[0]):
                self._evaluate_given(desk, desk.conditional, take[m : m + 1], count, found[m : m + 1])

    def _evaluate_given(self, desk: "_Desk", draws: ConditionalDraws, take: Take, count: int, found: Floats) -> None:
        """One selection, with the rows of correlated units drawn anew given those from design A."""
        second = desk.tiles.b.copy()
        draws.fill(take[0], desk.given)
        for cluster in self._clusters:
            for u in cluster.units:
                for row in self._asked.units.row[self._asked.units.first[u] : self._asked.units.first[u + 1]]:
                    at = slice(row * STRIDE, row * STRIDE + count)
                    second[at] = desk.given[at]
        project_points(self.model, self._asked, desk.scratch, desk.tiles._replace(b=second), take, count, found)

    def _desk(self) -> "_Desk":
        desk: _Desk | None = getattr(self._local, "desk", None)
        if desk is None:
            scratch = new_scratch(self.model, self.layout, self._slots, np.empty((0, TILE)), 1)
            draws = ConditionalDraws(self.model.variates, self.second, self._clusters, scratch.variates) if self._clusters else None
            desk = _Desk(scratch, Tiles(scratch.x.copy(), scratch.x.copy(), self._plan), draws, scratch.x.copy())
            self._local.desk = desk
        return desk


@dataclass
class _Desk:
    """What one thread works in; ``drawn`` is the first point of the piece as long as its correlated scores have not been asked for."""

    scratch: Scratch
    tiles: Tiles
    conditional: ConditionalDraws | None
    given: Floats
    drawn: int | None = None


def _clusters(
    prepared: Prepared, made: Draft, units: Sequence[DrawnUnit], seed: int, designs: tuple[Variates, Variates]
) -> tuple[Cluster, ...]:
    """The copulas of which two drivers or more are in use."""
    index, found = {unit.name: k for k, unit in enumerate(units)}, []
    for group in copulas(made.spec, prepared.drivers.order):
        stream = own_drivers(prepared.drivers, made.spec).stream[group.names[0]]
        batches = [batches_of(design, stream_key(own, stream)) for design, own in zip(designs, (seed, second_seed(seed)), strict=True)]
        places = tuple(index[name] for name in group.names)
        found.append(
            Cluster(places, np.array(group.matrix), group.df, tuple(zip(*batches, strict=True)), factor(group.names, group.matrix))
        )
    return tuple(found)


def _second_design(prepared: Prepared, made: Draft, seed: int, sampler: str) -> Variates:
    """What design B draws: the same drivers in the columns behind those of design A, as far as there are any."""
    drivers = prepared.drivers
    used = 1 + max(drivers.column.values(), default=-1)
    column = {name: k + used if 0 <= k < COLUMNS - used else -1 for name, k in drivers.column.items()}
    second: DriverSet = replace(drivers, column=column)
    return build_variates((made.spec, made.book, made.noises), second, second_seed(seed), sampler, prepared.tables)


def _units(prepared: Prepared, made: Draft) -> tuple[tuple[DrawnUnit, ...], Units]:
    """Every driver in use with the rows it fills, in the order of the study."""
    cluster = {name: k for k, group in enumerate(copulas(made.spec, prepared.drivers.order)) for name in group.names}
    noises = {noise.name: noise for noise in made.noises.values()}
    found, rows = driver_rows(made), []
    units = []
    for name in prepared.drivers.order:
        if name not in found and name not in cluster:
            continue
        noise = noises.get(name)
        # a driver that is correlated with others and used nowhere fills no row
        first, count, _ = found.get(name, (0, 0, False))
        rows.append(list(range(first, first + count)) if noise is None else _noise_rows(noise, made.book.years))
        category = "volatility" if noise is not None else made.book.drivers[name].spec.risk if name in found else "other"
        units.append(DrawnUnit(name, category, cluster.get(name, -1)))
    index = {unit.name: k for k, unit in enumerate(units)}
    owners = [index[noise.name] for noise in noises_in_order(made) for _ in noise_rows([noise], made.book.years)]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array([len(own) for own in rows], dtype=np.int64))])
    arrays = Units(starts, np.array([row for own in rows for row in own], dtype=np.int64), np.array(owners, dtype=np.int64))
    return tuple(units), arrays


def _noise_rows(noise: Noise, years: int) -> list[int]:
    """The rows of the uniforms that a volatility is made from."""
    own = list(range(noise.uniform, noise.uniform + (years if noise.by_year else 1)))
    return own if noise.count_uniform == noise.uniform else own + list(range(noise.count_uniform, noise.count_uniform + years))


def _series(layout: Layout, names: tuple[str, ...]) -> tuple[tuple[Place, ...], Wanted]:
    """The series in order, and where the rows of each year go."""
    of_row = layout.rows_by_year()
    place_of = {int(row): (t, k) for t, rows in enumerate(of_row) for k, row in enumerate(rows)}
    wanted = Wanted(np.full(of_row.shape, -1, dtype=np.int64), np.full(of_row.shape, -1, dtype=np.int64))
    places: list[Place] = []
    for name in names:
        rows = layout.rows(name)
        for entity in np.ndindex(rows.shape[1:]) if rows.size else ():
            own = [int(row) for row in rows[(slice(None), *entity)]]
            if own[0] < 0:  # no member of the arrangement
                continue
            for t, row in enumerate(own):
                wanted.series[place_of[row]] = len(places) + t
                wanted.term[place_of[row]] = -1 if name in FLAGS else len(places) + len(own)
            places += [Place(name, entity, t) for t in range(len(own))] + ([] if name in FLAGS else [Place(name, entity, -1)])
    return tuple(places), wanted
