"""A function of the user's own as a ``Subject``: the same drivers, designs and analysis as a study has."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from simengine.distributions import build
from simengine.engine.conditional import Cluster, ConditionalDraws, batches_of
from simengine.engine.tile import STRIDE, TILE
from simengine.engine.variates import NONE, Variates, draw_tile, new_variate_scratch
from simengine.engine.variates_builder import VariatesBuilder
from simengine.errors import ParameterError, Problem, SimulationError, StudyError
from simengine.jit import Floats
from simengine.sampling.dependence import factor
from simengine.sampling.design import DESIGNS
from simengine.sampling.sobol import COLUMNS
from simengine.sampling.streams import second_seed, stream_key
from simengine.sensitivity_analysis.measures import TERM, Output
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, Piece, Take, Unit
from simengine.study.copulas import Copula, copula
from simengine.study.distribution_keys import distribution_faults, nearest
from simengine.study.model import Correlation
from simengine.study.numbers import Uncertain, uncertain
from simengine.study.plan import mean_of, written_per_year

#: Called with an array for each driver, all of one length; gives an array of that length, several by name, or rows of them.
Function = Callable[[dict[str, Floats]], Any]
Drivers = Mapping[str, Mapping[str, Any]]


class FunctionSubject:
    """A function and its drivers.

    Parameters
    ----------
    function
        Vectorised: takes a dictionary of arrays (point,), by driver; returns an array (point,), (output, point), or arrays by name.
    drivers
        Distributions by name, each a table as in a study file: ``{"dist": "normal", "mean": 0.0, "sd": 1.0}``; ``plan`` and ``risk`` too.
    correlation
        Tables as ``[[correlation]]`` of a study file.
    seed, sampler
        As of a run.

    Raises
    ------
    StudyError
        With everything that is wrong with the drivers, correlations, seed or sampler.
    SimulationError
        Where the function gives no array of as many numbers as there are points.
    """

    def __init__(
        self,
        function: Function,
        drivers: Drivers,
        *,
        correlation: Sequence[Mapping[str, Any]] = (),
        seed: int = 1,
        sampler: str = "sobol",
    ) -> None:
        specs = _read_drivers(drivers, sampler)
        self.drivers, self.sampler, self._function = tuple(specs), sampler, function
        groups = _read_correlation(correlation, self.drivers)
        self._designs = tuple(_design(specs, groups, own, sampler, second) for own, second in ((seed, False), (second_seed(seed), True)))
        self._clusters = tuple(_cluster(group, self.drivers, seed, self._designs) for group in groups)
        cluster = {name: k for k, group in enumerate(groups) for name in group.names}
        self.units = tuple(Unit(name, spec.risk, cluster.get(name, -1)) for name, spec in specs.items())
        self.plan = np.array([_plan_value(name, spec) for name, spec in specs.items()])
        self._names: tuple[str, ...] | None = None
        self._local = threading.local()
        self.outputs = tuple(Output(name, "base", TERM) for name in self._output_names())

    def piece(self, first: int, count: int) -> Piece:
        """Points ``first`` ... ``first + count - 1``; the piece is good until the calling thread asks for another."""
        scratches = getattr(self._local, "scratches", None)
        if scratches is None:
            scratches = self._local.scratches = tuple(new_variate_scratch(design) for design in self._designs)
        rows = [np.zeros(max(len(self.drivers), 1) * STRIDE) for _ in self._designs]
        for design, own, scratch in zip(self._designs, rows, scratches, strict=True):
            draw_tile(design, first, count, own, scratch)
        given = ConditionalDraws(self._designs[0], self._designs[1], self._clusters, scratches[0])
        if self._clusters:
            given.draw(first, count)
        return _FunctionPiece(self, rows, count, given)

    def values(self, first: int, count: int) -> Floats:
        """The drivers (driver, point) of design A: what a run draws."""
        found = np.empty((len(self.drivers), count))
        rows, scratch = np.zeros(max(len(self.drivers), 1) * STRIDE), new_variate_scratch(self._designs[0])
        for start in range(first, first + count, TILE):
            n = min(TILE, first + count - start)
            draw_tile(self._designs[0], start, n, rows, scratch)
            found[:, start - first : start - first + n] = rows.reshape(-1, STRIDE)[: len(self.drivers), :n]
        return found

    def evaluate(self, values: Floats) -> Floats:
        """Outputs (output, point) at drivers (driver, point)."""
        count = values.shape[1]
        given = self._function({name: values[k].copy() for k, name in enumerate(self.drivers)})
        named = given if isinstance(given, Mapping) else None
        rows: npt.NDArray[Any] = np.asarray(list(named.values()) if named is not None else given)
        if rows.ndim == 1:
            rows = rows[np.newaxis]
        if rows.ndim != 2 or rows.shape[1] != count or rows.dtype.kind not in "fiub":
            rule = f"the function gave an array of shape {rows.shape} and type {rows.dtype} for {count} points"
            msg = f"{rule}: it must return numbers of shape (point,) or (output, point), or such arrays by name"
            raise SimulationError(msg)
        names = tuple(map(str, named)) if named is not None else _numbered(len(rows))
        if self._names is None:
            self._names = names
        elif names != self._names:
            msg = f"the function returned {', '.join(names)} where it returned {', '.join(self._names)} before"
            raise SimulationError(msg)
        return np.asarray(rows, dtype=np.float64)

    def _output_names(self) -> tuple[str, ...]:
        self.evaluate(np.ascontiguousarray(np.broadcast_to(self.plan[:, np.newaxis], (len(self.plan), 2))))
        assert self._names is not None, "the function has just been called"
        return self._names


class _FunctionPiece:
    """Points of a function, drawn by the thread that asked for them."""

    def __init__(self, subject: FunctionSubject, rows: Sequence[Floats], count: int, given: ConditionalDraws) -> None:
        self._subject, self._count, self._given = subject, count, given
        self._a, self._b = (own.reshape(-1, STRIDE)[: len(subject.drivers), :count] for own in rows)

    def evaluate(self, take: Take, *, conditional: bool = False) -> Floats:
        """See ``sensitivity_analysis.subject.Piece``."""
        chosen = np.empty((len(take), len(self._subject.drivers), self._count))
        for m, one in enumerate(take):
            others = self._drawn_given(one) if conditional else self._b
            chosen[m] = np.where(one == FROM_A, self._a, np.where(one == FROM_B, others, self._subject.plan[:, np.newaxis]))
        flat = np.ascontiguousarray(chosen.transpose(1, 0, 2).reshape(len(self._subject.drivers), -1))
        found = self._subject.evaluate(flat).reshape(-1, len(take), self._count)
        return np.ascontiguousarray(found.transpose(1, 0, 2))

    def places(self) -> Floats:
        """The drivers of both designs: see ``sensitivity_analysis.morris.Placed``."""
        return np.stack([self._a, self._b])

    def _drawn_given(self, take: Take) -> Floats:
        """Design B with the correlated drivers drawn given those from A."""
        clustered = [k for k, unit in enumerate(self._subject.units) if unit.cluster >= 0]
        if not clustered:
            return self._b
        rows, others = np.zeros(len(self._subject.drivers) * STRIDE), self._b.copy()
        self._given.fill(take, rows)
        others[clustered] = rows.reshape(-1, STRIDE)[clustered, : self._count]
        return others


def _numbered(count: int) -> tuple[str, ...]:
    return ("output",) if count == 1 else tuple(f"output_{k}" for k in range(count))


def _read_drivers(drivers: Drivers, sampler: str) -> dict[str, Uncertain]:
    """The distributions as the study file's own are read; every fault at once."""
    problems, found = [], {}
    if sampler not in DESIGNS:
        problems.append(Problem("sampler", f"must be one of {', '.join(DESIGNS)}", sampler, nearest(sampler, tuple(DESIGNS))))
    if not drivers:
        problems.append(Problem("drivers", "must hold at least one distribution"))
    for name, table in drivers.items():
        if not isinstance(table, Mapping):
            problems.append(Problem(f"drivers.{name}", 'must be a distribution, such as {"dist": "normal", "mean": 0, "sd": 1}', table))
            continue
        faults = distribution_faults(table, "any", base_year=False)
        problems += [
            Problem(".".join(map(str, (f"drivers.{name}", *fault.place))), fault.rule, fault.value, fault.nearest) for fault in faults
        ]
        if not faults:
            problems += _parameter_problems(name, spec := uncertain(table))
            found[name] = spec
    if problems:
        raise StudyError(problems)
    return found


def _parameter_problems(name: str, spec: Uncertain) -> list[Problem]:
    """What is wrong with the parameters of a distribution; a function has no years."""
    if spec.path != "constant":
        return [Problem(f"drivers.{name}.path", "a function of your own has no years: one draw each", spec.path)]
    try:
        dist, parameters = written_per_year(spec, 1)[0]
        build(dist, parameters)
    except ParameterError as error:
        return [Problem(f"drivers.{name}.{parameter}", rule) for parameter, rule in error.faults]
    return []


def _read_correlation(tables: Sequence[Mapping[str, Any]], drivers: Sequence[str]) -> tuple[Copula, ...]:
    """The copulas; every fault at once."""
    problems, found = [], []
    for k, table in enumerate(tables):
        try:
            group = copula(Correlation.model_validate(dict(table)), drivers)
        except ValidationError as error:
            problems += [Problem(".".join(map(str, (f"correlation[{k}]", *one["loc"]))), one["msg"]) for one in error.errors()]
            continue
        unknown = [name.removeprefix("drivers.") for name in group.names if name not in drivers]
        problems += [Problem(f"correlation[{k}].drivers", "is not a driver", name, nearest(name, tuple(drivers))) for name in unknown]
        try:
            factor(group.names, group.matrix)
        except ParameterError as error:
            problems += [Problem(f"correlation[{k}].{name}", rule) for name, rule in error.faults]
        found.append(group)
    if problems:
        raise StudyError(problems)
    return tuple(found)


def _plan_value(name: str, spec: Uncertain) -> float:
    """The value that the plan has of a driver: stated, or its mean. Raises StudyError where it has neither."""
    if isinstance(spec.plan, float):
        return spec.plan
    dist, parameters = written_per_year(spec, 1)[0]
    mean = mean_of(build(dist, parameters))
    if mean is None:
        raise StudyError([Problem(f"drivers.{name}", "has no mean: state a plan value")])
    return mean


def _design(specs: Mapping[str, Uncertain], groups: Sequence[Copula], seed: int, sampler: str, second: bool) -> Variates:
    """One of the two designs; the second has the columns behind those of the first."""
    builder, offset = VariatesBuilder(sampler, seed), len(specs) if second else 0
    names = list(specs)
    for k, name in enumerate(names):
        builder.add_uniform(name, 0, k + offset if k + offset < COLUMNS else -1)
    for group in groups:
        mixing = NONE if group.df is None else builder.add_uniform(group.stream)
        builder.add_group([names.index(name) for name in group.names], factor(group.names, group.matrix), mixing, group.df or 0.0)
    for k, spec in enumerate(specs.values()):
        dist, parameters = written_per_year(spec, 1)[0]
        builder.add_value(k, build(dist, parameters).encode(), k)
    return builder.build()


def _cluster(group: Copula, drivers: Sequence[str], seed: int, designs: Sequence[Variates]) -> Cluster:
    seeds = (seed, second_seed(seed))
    batches = [batches_of(design, stream_key(own, group.names[0])) for design, own in zip(designs, seeds, strict=True)]
    places, both = tuple(drivers.index(name) for name in group.names), tuple(zip(*batches, strict=True))
    return Cluster(places, np.array(group.matrix), group.df, both, factor(group.names, group.matrix))
