"""The public functions that ask what matters: of a study, of a run, or of a function of the user's own."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine import api
from simengine.engine.plan import prepare
from simengine.errors import Problem, SimulationError, StudyError
from simengine.results.frame import Frame, Series, as_frame
from simengine.runs.analyses import Asked, Question
from simengine.runs.from_result import study_of
from simengine.runs.function_subject import Drivers, Function, FunctionSubject
from simengine.sensitivity_analysis.blocks import MOST_FAILED
from simengine.sensitivity_analysis.given_data import given_arrays
from simengine.sensitivity_analysis.measures import Measures
from simengine.sensitivity_analysis.morris import morris
from simengine.sensitivity_analysis.players import Groups
from simengine.sensitivity_analysis.shapley import shapley
from simengine.sensitivity_analysis.sobol import sobol
from simengine.study.distribution_keys import nearest
from simengine.study.load import Study
from simengine.study.model import MAX_DRAWS
from simengine.study.sensitivity import METHODS

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["sensitivity", "simulate"]

#: Methods that a function of the user's own has.
OF_FUNCTIONS = ("sobol", "shapley", "morris", "given-data")
_POINTS = {"morris": 256}
_DEFAULT_POINTS, _DEFAULT_DRAWS = 2**14, 2**16
_AT_ONCE = 2**16


def simulate(
    function: Function,
    drivers: Drivers,
    *,
    draws: int = _DEFAULT_DRAWS,
    seed: int = 1,
    sampler: str = "sobol",
    correlation: Sequence[Mapping[str, Any]] = (),
) -> "xr.Dataset":
    """Simulate a function of your own with the drivers, designs and streams of a study.

    Parameters
    ----------
    function
        Vectorised: called with a dictionary of arrays (draw,), by driver; returns an array (draw,), several by name, or (output, draw).
    drivers
        Distributions by name, written as in a study file: ``{"demand": {"dist": "normal", "mean": 100.0, "sd": 15.0}}``.
    draws, seed, sampler
        As of ``run``.
    correlation
        Tables as ``[[correlation]]`` of a study file: ``[{"drivers": ["demand", "price"], "rank": 0.5}]``.

    Returns
    -------
    A dataset with ``driver_value`` (draw, driver), a variable (draw,) for each output, and ``failed`` (draw,), 1 where an output is not
    finite. ``summarise`` takes it, and so does ``sensitivity`` for methods that need draws only.

    Raises
    ------
    StudyError
        With all that is wrong with drivers, correlations, draws, seed or sampler.
    SimulationError
        Where the function gives something else than such arrays, or more than one draw in a hundred is not finite.
    """
    _check_draws(draws)
    subject = FunctionSubject(function, drivers, correlation=correlation, seed=seed, sampler=sampler)
    values, found = np.empty((len(subject.drivers), draws)), np.empty((len(subject.outputs), draws))
    for first in range(0, draws, _AT_ONCE):
        count = min(_AT_ONCE, draws - first)
        values[:, first : first + count] = own = subject.values(first, count)
        found[:, first : first + count] = subject.evaluate(own)
    failed = ~np.isfinite(found).all(axis=0)
    if failed.sum() > MOST_FAILED * draws:
        msg = f"{int(failed.sum()):,} of {draws:,} draws are not finite: more than 1 %"
        raise SimulationError(msg)
    made: dict[str, Series] = {"driver_value": Series(("draw", "driver"), values.T)}
    made |= {output.name: Series(("draw",), found[k]) for k, output in enumerate(subject.outputs)}
    made["failed"] = Series(("draw",), failed.astype(np.int8))
    coords = {"draw": Series(("draw",), np.arange(draws)), "driver": Series(("driver",), np.array(subject.drivers, dtype=object))}
    about = {"seed": seed, "sampler": sampler, "draws": draws, "failed": int(failed.sum()), "outputs": [o.name for o in subject.outputs]}
    return Frame(made, coords, about).to_xarray()


def sensitivity(  # noqa: PLR0913 - what the command has as options, each by name
    model: "Study | Function | xr.Dataset",
    *,
    method: str = "sobol",
    drivers: Drivers | None = None,
    correlation: Sequence[Mapping[str, Any]] = (),
    outputs: Sequence[str] = (),
    years: Sequence[str] = (),
    party: Sequence[str] = (),
    scenario: str = "base",
    groups: Groups = None,
    second_order: bool = False,
    points: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    sampler: str | None = None,
    threads: int | None = None,
) -> "xr.Dataset":
    """What matters in a study, in a run, or in a function of your own.

    Parameters
    ----------
    model
        A study; what ``run`` gave or a stored run opened by xarray; what ``simulate`` gave; or a function (see ``simulate``).
    method
        ``sobol``, ``shapley``, ``morris``, ``given-data``; of a study or run also ``tornado``, ``events``, ``risk``, ``information``.
    drivers, correlation
        Of a function: see ``simulate``.
    outputs, years, party, scenario
        Of a study or run: variables (net_position and party_position), years or ``term`` (the term), parties (all), a scenario.
    groups
        Judge groups of drivers: ``"category"``, ``"correlation"``, ``"scheme"``, or names of drivers by group.
    second_order
        With ``sobol``: closed second-order indices and interactions of all pairs too (variables ending in ``_pair``).
    points, draws
        Points of designs of their own (16,384; 256 of ``morris``); draws of the run that the other methods look at.
    seed, sampler, threads
        As of ``run``; numbers do not depend on threads.

    Returns
    -------
    A variable for each output, with ``_low`` and ``_high``, the ends of its 95 % interval: dimensions (measure, driver or group, year,
    entity..., scenario). Shares and correlations are numbers; effects and values of information are in the currency. Notes and sizes are
    attributes.

    Raises
    ------
    StudyError
        With everything that does not exist; and where drivers are correlated and the method cannot judge them one by one.
    SimulationError
        Where too many draws are not finite.
    """
    if callable(model):
        own = FunctionSubject(model, drivers or {}, correlation=correlation, seed=1 if seed is None else seed, sampler=sampler or "sobol")
        return _combined(_of_function(own, method, groups, points, second_order, threads, draws))
    if drivers is not None or correlation:
        raise StudyError([Problem("drivers", "belongs to a function of your own: a study has its drivers")])
    if not isinstance(model, Study) and "study_text" not in model.attrs:
        return _combined(_of_arrays(as_frame(model), method))
    asked = _asked(model, scenario, draws, seed, sampler, threads)
    entities = {"party": tuple(party)} if party else {}
    question = Question((method,), tuple(outputs), tuple(years), entities, scenario, points, groups, second_order)
    return _combined(asked.answers(question)[0].measures)


def _asked(
    model: "Study | xr.Dataset", scenario: str, draws: int | None, seed: int | None, sampler: str | None, threads: int | None
) -> Asked:
    """The study laid out, with its draws where it is a run."""
    if isinstance(model, Study):
        settings = api.settings_for(model, draws, seed, sampler, threads)
        names = api.scenario_names(model, () if scenario == "base" else (scenario,))
        return Asked(prepare(model, names), settings)
    study, about = study_of(model.attrs), model.attrs
    scenarios = tuple(str(name) for name in model["scenario"].to_numpy())[1:]
    settings = api.settings_for(study, int(about["draws"]), int(about["seed"]), str(about["sampler"]), threads)
    return Asked(prepare(study, scenarios), settings, as_frame(model))


def _of_function(
    subject: FunctionSubject, method: str, groups: Groups, points: int | None, second_order: bool, threads: int | None, draws: int | None
) -> tuple[Measures, ...]:
    _check_method(method, OF_FUNCTIONS)
    size = points or _POINTS.get(method, _DEFAULT_POINTS)
    if method == "given-data":
        count = draws or _DEFAULT_DRAWS
        _check_draws(count)
        values = subject.values(0, count)
        return (given_arrays(values.T, subject.drivers, subject.evaluate(values).T, subject.outputs, subject.sampler).found,)
    own = threads or os.cpu_count() or 1
    if method == "shapley":
        return (shapley(subject, size, groups=groups, threads=own),)
    if method == "morris":
        return (morris(subject, size, groups=groups or "correlation", threads=own).found,)
    found, pairs = sobol(subject, size, groups=groups, closed=range(len(subject.outputs)) if second_order else (), threads=own)
    return (found,) if pairs is None else (found, pairs)


def _of_arrays(run: Frame, method: str) -> tuple[Measures, ...]:
    """Of what ``simulate`` gave."""
    _check_method(method, ("given-data",))
    from simengine.sensitivity_analysis.measures import Output

    names = [str(name) for name in np.atleast_1d(run.attrs["outputs"])]
    y = np.stack([run[name].to_numpy() for name in names], axis=1)
    x = np.asarray(run["driver_value"].to_numpy(), dtype=np.float64)
    good = run["failed"].to_numpy() == 0
    outputs = [Output(name) for name in names]
    return (given_arrays(x, run.labels("driver"), y, outputs, str(run.attrs["sampler"]), good=good, seed=int(run.attrs["seed"])).found,)


def _check_method(method: str, known: Sequence[str]) -> None:
    if method not in known:
        rule = f"must be one of {', '.join(known)}" + (": the others need a study" if method in METHODS else "")
        raise StudyError([Problem("method", rule, method, nearest(method, tuple(known)))])


def _check_draws(draws: int) -> None:
    if not 1 <= draws <= MAX_DRAWS:
        raise StudyError([Problem("draws", "must be from 1 to 2^40", draws)])


def _combined(parts: Sequence[Measures]) -> "xr.Dataset":
    """One dataset of several parts: of the same units their outputs side by side, of others with a suffix."""
    import xarray as xr

    found: dict[tuple[str, tuple[str, ...]], list[xr.Dataset]] = {}
    for part in parts:
        found.setdefault((part.kind, part.measures), []).append(part.to_xarray())
    made: list[xr.Dataset] = []
    for (kind, _), own in found.items():
        one = own[0] if len(own) == 1 else xr.merge(own, join="outer", compat="no_conflicts", combine_attrs="override")
        if made:
            suffix = "pair" if kind == "pair" else f"part_{len(made) + 1}"
            one = one.rename({name: f"{name}_{suffix}" for name in (*one.data_vars, "measure")})
        made.append(one)
    return made[0] if len(made) == 1 else xr.merge(made, join="outer", combine_attrs="override")
