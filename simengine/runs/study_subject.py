"""A study as a ``Subject`` of sensitivity analysis: one scenario of it, its drivers as units, its position variables as outputs."""

import threading
from collections.abc import Callable

import numpy as np

from simengine.engine.plan import Prepared
from simengine.engine.points_model import Place, PointsModel
from simengine.jit import Floats
from simengine.schema import CURRENCY, POSITION_VARIABLES
from simengine.sensitivity_analysis.measures import TERM, Output
from simengine.sensitivity_analysis.subject import Piece, Take, Unit


class StudySubject:
    """One scenario of a study as a function of its units of chance (see ``sensitivity_analysis.subject``).

    Parameters
    ----------
    prepared, scenario
        A study that has been laid out, and which of its scenarios; 0 is the base.
    seed, sampler
        Of the run whose draws are design A: its results are those of ``simrisk run``, bit for bit.
    names
        Position variables that are outputs, by default all.
    """

    def __init__(
        self, prepared: Prepared, scenario: int, seed: int, sampler: str, names: tuple[str, ...] = tuple(POSITION_VARIABLES)
    ) -> None:
        self._points = PointsModel(prepared, scenario, seed, sampler, names)
        self._prepared, self._scenario = prepared, scenario
        self.units = tuple(Unit(*unit) for unit in self._points.units)
        self.outputs = tuple(self._output(place) for place in self._points.places)
        self.sampler = sampler
        self._local = threading.local()

    def piece(self, first: int, count: int) -> Piece:
        """Points ``first`` ... ``first + count - 1``; the piece is good until the calling thread asks for another."""
        self._points.draw(first, count)
        return _StudyPiece(self._points, count, self._room)

    def _output(self, place: Place) -> Output:
        layout, variable, spec = self._prepared.layout, POSITION_VARIABLES[place.name], self._prepared.study.spec
        labels = {
            "party": layout.parties,
            "arrangement": layout.arrangements,
            "budget": layout.budgets,
            "stream": layout.streams,
            "segment": layout.segments,
        }
        entity = tuple((dim, labels[dim][k]) for dim, k in zip(variable.entity, place.entity, strict=True))
        year = TERM if place.year < 0 else str(spec.horizon.year_labels[place.year])
        unit = spec.money.currency if variable.unit == CURRENCY else variable.unit
        return Output(place.name, self._prepared.scenarios[self._scenario], year, entity, unit)

    def _room(self, selections: int) -> Floats:
        """Room for so many selections, kept for the calling thread."""
        room: Floats | None = getattr(self._local, "room", None)
        if room is None or room.shape[0] < selections:
            room = np.empty((selections, len(self.outputs), 512))
            self._local.room = room
        return room[:selections]


class _StudyPiece:
    """Points of a study, drawn by the thread that asked for them."""

    def __init__(self, points: PointsModel, count: int, room: Callable[[int], Floats]) -> None:
        self._points, self._count, self._room = points, count, room

    def evaluate(self, take: Take, *, conditional: bool = False) -> Floats:
        """See ``sensitivity_analysis.subject.Piece``."""
        found = self._room(take.shape[0])
        self._points.evaluate(np.ascontiguousarray(take), self._count, found, conditional=conditional)
        return found[:, :, : self._count]

    def places(self) -> Floats:
        """What is drawn for units of one value: see ``sensitivity_analysis.morris.Placed``."""
        return self._points.values(self._count)
