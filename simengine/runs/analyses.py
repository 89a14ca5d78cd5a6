"""Questions to a study about what matters, answered by the method asked for: from designs of their own, or from the draws of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from simengine.engine.plan import Prepared
from simengine.engine.runner import Settings
from simengine.errors import Problem, StudyError
from simengine.results.frame import Frame
from simengine.runs.decisions import information_of_frame
from simengine.runs.in_memory import complete
from simengine.runs.study_subject import StudySubject
from simengine.schema import FLAGS, POSITION_VARIABLES
from simengine.sensitivity_analysis.attribution import attribute
from simengine.sensitivity_analysis.discovery import Conditions, conditions
from simengine.sensitivity_analysis.events import Event, event_drivers, stored_events
from simengine.sensitivity_analysis.measures import TERM, Measures, Output
from simengine.sensitivity_analysis.morris import morris
from simengine.sensitivity_analysis.players import Groups
from simengine.sensitivity_analysis.shapley import shapley
from simengine.sensitivity_analysis.sobol import sobol
from simengine.sensitivity_analysis.stored import StoredDraws, given_stored
from simengine.sensitivity_analysis.tornado import Tornado, tornado
from simengine.study.distribution_keys import nearest
from simengine.study.sensitivity import METHODS, stated_groups

Progress = Callable[[str, int, int], None]

#: Methods that need no more than the draws of a run.
OF_DRAWS = ("tornado", "given-data", "events", "discovery", "information")
#: Points of a method where none are stated.
POINTS = {"sobol": 2**14, "shapley": 2**14, "morris": 256, "risk": 2**14}
#: What is looked at where no output is named.
OUTPUTS = ("net_position", "party_position")
_RISK = ("net_position", "party_position", "party_position_before")


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes
    ----------
    methods
        Names in ``METHODS``; none: ``tornado`` and ``sobol``, or ``shapley`` where drivers are correlated.
    outputs, years, entities
        Variables, labels of years or ``term``, labels by dimension; what is not stated is every one, of the years the term.
    scenario
        In which scenario.
    points
        Points of methods that draw their own; see ``POINTS``.
    groups
        Who is judged: ``players``.
    second_order
        Whether ``sobol`` works out all pairs too, for the outputs chosen.
    """

    methods: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scenario: str = "base"
    points: int | None = None
    groups: Groups = None
    second_order: bool = False


@dataclass(frozen=True)
class Answer:
    """What one method found: its measures, of which the rows of JSON are made, and its own result, of which the text is."""

    method: str
    measures: tuple[Measures, ...]
    detail: Any


@dataclass(frozen=True)
class EventConditions:
    """Boxes of each event."""

    events: tuple[Event, ...]
    found: tuple[Conditions, ...]


class Asked:
    """A study, or a run of one, that is asked questions.

    Parameters
    ----------
    ready
        The study laid out, with the scenario asked for among its scenarios.
    settings
        Seed, sampler, threads, and the draws of a run that has to be made.
    run
        The draws of a run, where there is one; else it is made when a method needs it.
    """

    def __init__(self, ready: Prepared, settings: Settings, run: Frame | None = None, progress: Progress = lambda what, done, total: None):
        self.ready, self.settings, self._run, self._progress = ready, settings, run, progress

    def answers(self, question: Question) -> list[Answer]:
        """The answer of each method in turn.

        Raises
        ------
        StudyError
            For a method, output, year, entity, scenario or group that does not exist, and correlated drivers where they cannot be judged.
        SimulationError
            Where too many draws are not finite.
        """
        question = self._checked(question)
        return [getattr(self, "_" + method.replace("-", "_"))(question) for method in question.methods]

    @cached_property
    def correlated(self) -> bool:
        """Whether any drivers in use are correlated with each other."""
        return any(unit.cluster >= 0 for unit in StudySubject(self.ready, 0, self.settings.seed, self.settings.sampler, ()).units)

    def _checked(self, question: Question) -> Question:
        """The question with what was left open filled in."""
        problems = _unknown("method", question.methods, tuple(METHODS))
        known = tuple(name for name in POSITION_VARIABLES if self.ready.layout.rows(name).size)
        problems += _unknown("output", question.outputs, known)
        problems += _unknown("year", question.years, (*self.ready.study.spec.horizon.year_labels, TERM))
        problems += _unknown("scenario", (question.scenario,), self.ready.scenarios)
        labels = {"party": self.ready.layout.parties, "arrangement": self.ready.layout.arrangements}
        for dimension, asked in question.entities.items():
            problems += _unknown(dimension, asked, labels[dimension])
        if problems:
            raise StudyError(problems)
        stated = self.ready.study.spec.sensitivity
        groups = stated_groups(stated, self.ready.drivers.order) if question.groups is None else question.groups
        methods = question.methods or stated.methods or ("tornado", "shapley" if self.correlated and groups is None else "sobol")
        outputs = question.outputs or stated.outputs or tuple(name for name in OUTPUTS if name in known)
        points = question.points or stated.points
        return replace(question, methods=methods, outputs=outputs, years=question.years or (TERM,), groups=groups, points=points)

    def _subject(self, question: Question, names: Sequence[str]) -> StudySubject:
        scenario = self.ready.scenarios.index(question.scenario)
        return StudySubject(self.ready, scenario, self.settings.seed, self.settings.sampler, tuple(names))

    def _chosen(self, question: Question, outputs: Sequence[Output]) -> list[int]:
        """Places of the outputs asked for."""
        return [k for k, output in enumerate(outputs) if output.year in question.years and _is_of(output, question.entities)]

    def _report(self, method: str) -> Callable[[int, int], None]:
        return lambda done, total: self._progress(method, done, total)

    def _sobol(self, question: Question) -> Answer:
        subject = self._subject(question, question.outputs)
        chosen = self._chosen(question, subject.outputs)
        points = question.points or POINTS["sobol"]
        closed = chosen if question.second_order else []
        common: dict[str, Any] = {"threads": self.settings.threads, "progress": self._report("sobol")}
        found, pairs = sobol(subject, points, groups=question.groups, closed=closed, **common)
        parts = (found.chosen(chosen), *(() if pairs is None else (pairs,)))
        return Answer("sobol", parts, parts)

    def _shapley(self, question: Question) -> Answer:
        subject = self._subject(question, question.outputs)
        common: dict[str, Any] = {"threads": self.settings.threads, "progress": self._report("shapley"), "seed": self.settings.seed}
        found = shapley(subject, question.points or POINTS["shapley"], groups=question.groups, **common)
        found = found.chosen(self._chosen(question, subject.outputs))
        return Answer("shapley", (found,), found)

    def _morris(self, question: Question) -> Answer:
        subject = self._subject(question, question.outputs)
        common: dict[str, Any] = {"threads": self.settings.threads, "progress": self._report("morris")}
        found = morris(subject, question.points or POINTS["morris"], groups=question.groups or "correlation", **common)
        chosen = self._chosen(question, subject.outputs)
        made = replace(found, found=found.found.chosen(chosen), classes=found.classes[:, chosen])
        return Answer("morris", (made.found,), made)

    def _risk(self, question: Question) -> Answer:
        subject = self._subject(question, [name for name in _RISK if self.ready.layout.rows(name).size])
        common: dict[str, Any] = {"threads": self.settings.threads, "progress": self._report("risk"), "seed": self.settings.seed}
        narrowed = _Narrowed(subject, [k for k, output in enumerate(subject.outputs) if output.year in question.years])
        found = attribute(narrowed, question.points or POINTS["risk"], groups=question.groups or "category", **common)
        return Answer("risk", (found.parts, found.whole), found)

    @cached_property
    def _draws(self) -> Frame:
        """The draws of the run."""
        if self._run is None:
            report = self._report("draws")
            self._run = complete(self.ready, self.settings, "positions", report).frame
        return self._run

    def _stored(self, question: Question) -> tuple[StoredDraws, list[Output]]:
        stored = StoredDraws(self._draws, question.scenario)
        outputs = stored.outputs([name for name in question.outputs if name not in FLAGS], question.years)
        return stored, [output for output in outputs if _is_of(output, question.entities)]

    def _given_data(self, question: Question) -> Answer:
        stored, outputs = self._stored(question)
        found = given_stored(stored, outputs)
        return Answer("given-data", (found.found,), found)

    def _tornado(self, question: Question) -> Answer:
        stored, outputs = self._stored(question)
        made: list[Tornado] = []
        for places, table in stored.by_table([output.year for output in outputs]):
            own = [outputs[place] for place in places]
            made.append(tornado(table, own, (stored.series(one) for one in own), plan=[stored.plan(one) for one in own]))
        return Answer("tornado", tuple(one.found for one in made), tuple(made))

    def _events(self, question: Question) -> Answer:
        stored, made = StoredDraws(self._draws, question.scenario), []
        for year in question.years:
            events = stored_events(stored, year, question.entities.get("party", ()))
            made.append(event_drivers(stored.table(year), [event for event, _ in events], [flags for _, flags in events]))
        return Answer("events", tuple(one.found for one in made), tuple(made))

    def _discovery(self, question: Question) -> Answer:
        stored = StoredDraws(self._draws, question.scenario)
        events, found = [], []
        for year in question.years:
            for event, flags in stored_events(stored, year, question.entities.get("party", ())):
                events.append(event)
                found.append(conditions(stored.table(year), flags))
        return Answer("discovery", (), EventConditions(tuple(events), tuple(found)))

    def _information(self, question: Question) -> Answer:
        found = information_of_frame(self._draws, self.ready.study.name, scenario=question.scenario)
        return Answer("information", tuple(measures for one in found for measures in one.all_measures()), found)


class _Narrowed:
    """A subject with some of its outputs only."""

    def __init__(self, subject: StudySubject, chosen: Sequence[int]) -> None:
        self._subject, self._chosen = subject, list(chosen)
        self.units, self.sampler = subject.units, subject.sampler
        self.outputs = tuple(subject.outputs[k] for k in chosen)

    def piece(self, first: int, count: int) -> Any:
        """A piece of the subject, with some of its outputs only."""
        return _NarrowedPiece(self._subject.piece(first, count), self._chosen)


class _NarrowedPiece:
    def __init__(self, piece: Any, chosen: list[int]) -> None:
        self._piece, self._chosen = piece, chosen

    def evaluate(self, take: Any, *, conditional: bool = False) -> Any:
        """See ``sensitivity_analysis.subject.Piece``."""
        return self._piece.evaluate(take, conditional=conditional)[:, self._chosen]


def _is_of(output: Output, entities: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether an output concerns the entities asked for; one that has no such dimension does."""
    of = dict(output.entity)
    return all(not asked or dimension not in of or of[dimension] in asked for dimension, asked in entities.items())


def _unknown(what: str, asked: Sequence[str], known: Sequence[str]) -> list[Problem]:
    """A problem for everything asked for that does not exist."""
    rule = f"must be one of {', '.join(known[:12])}{', …' if len(known) > 12 else ''}"
    return [Problem(f"--{what}", rule, one, nearest(one, tuple(known))) for one in asked if one not in known]
