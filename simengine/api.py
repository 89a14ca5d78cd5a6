"""The public functions: the only place that reads, simulates and summarises in one go."""

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from simengine.distributions import Tables
from simengine.engine.plan import prepare
from simengine.engine.runner import Settings
from simengine.errors import Problem, StudyError
from simengine.results.frame import Frame
from simengine.results.store import check_folder, check_replacement, read_result
from simengine.results.tables import read_tables
from simengine.run_account import notes
from simengine.runs.carried import Carried, carried_summary, carry
from simengine.runs.destination import check_room, content_of, is_finished, stored_bytes, tables_of
from simengine.runs.execute import How
from simengine.runs.in_memory import Completed, complete
from simengine.runs.precision import Outcome, Target, parse_targets, places_of
from simengine.runs.simulate import Aim, Watch
from simengine.runs.stored_run import Request, parts_of, run_to_file, stored_names
from simengine.sampling.design import DESIGNS
from simengine.sampling.streams import STREAM_VERSION
from simengine.schema import DRIVER_VARIABLES, SCHEMA_VERSION, VARIABLES
from simengine.statistics.summary import DetailMoments
from simengine.statistics.summary import summarise as summary_of_draws
from simengine.study.distribution_keys import nearest
from simengine.study.load import Study, load_study
from simengine.study.model import MAX_DRAWS, MAX_SEED
from simengine.study.stress import NAME, stressed

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "Completed",
    "Study",
    "complete",
    "load_study",
    "notes",
    "prepare",
    "run",
    "run_identity",
    "scenario_names",
    "settings_for",
    "settings_of",
    "stored_bytes",
    "stored_names",
    "summarise",
    "to_store",
]

_D = TypeVar("_D", "Frame", "xr.Dataset")
#: Told what the command would print on standard error.
_LOGGER = logging.getLogger("simengine")


def run(  # noqa: PLR0913 - what the command has as options, each by name
    study: Study,
    *,
    draws: int | None = None,
    seed: int | None = None,
    sampler: str | None = None,
    scenarios: Sequence[str] = (),
    stress: Mapping[str, tuple[float, float]] | None = None,
    store: str | Sequence[str] | None = None,
    threads: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    client: Any = None,
    tables: str | Path | None = None,
    precision: str | Sequence[str] = (),
    exact: bool = False,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
) -> "xr.Dataset":
    """Simulate a study, in memory or into a file.

    Parameters
    ----------
    study
        From ``load_study`` or ``Study.from_dict``.
    draws, seed, sampler
        Instead of what the study's ``simulation`` table says.
    scenarios
        Names of scenarios to run beside the base, on the same draws; ``("all",)`` for all of them.
    stress
        Drivers held to a band of their range, as probabilities: ``{"drivers.pay_inflation": (0.9, 1.0)}``. Runs the scenario ``stress``
        beside the others (docs/what-if.md).
    store
        Which draws are kept: "positions" or "all" (in memory both have every position), "summary" for none, or names of variables; by
        default what the study says. What is not kept is summed and counted (docs/streaming.md), in memory that does not grow.
    threads, workers, scheduler, client
        Who does the work: threads of this process, by default one per core; that many processes of this machine; the workers of the Dask
        cluster whose scheduler has this address (``HOST:PORT``); or those of a ``distributed.Client`` of yours, which is left open. One of
        the last three at a time. The numbers do not depend on it.
    tables
        A stored run whose inverse distributions to draw with, so that another version of SciPy changes no bit.
    precision
        One or more targets, ``"0.5%"`` or ``"net_position.q05=1%"``, as for the option of the command: the run ends as soon as all hold,
        in doubling steps up to ``draws``.
    exact
        Draw everything again for exact quantiles and shortfalls of what was only counted.
    out
        A file (NetCDF-4), or a Zarr store where the name ends in ``.zarr``, to write as ``simrisk run --out`` does: finished blocks beside
        it while the run goes on, digests, the whole replaced at one moment. Memory is then bounded, whatever the draws.
    resume
        Go on with a run into ``out`` that was stopped; one that is finished is only opened.
    force
        Replace a run of this study in ``out`` that has more draws or more variables.

    Returns
    -------
    A dataset with the dimensions and variables of INTERFACE.md, "The result"; amounts in the currency. With ``out`` it is the file, opened
    lazily by ``xarray.open_dataset``: nothing is read before it is used; close it, or use it in a ``with`` statement. Either way it goes to
    ``summarise``, also without any draws. A precision that was not reached is a ``RuntimeWarning``.

    Raises
    ------
    StudyError
        Where a scenario, a setting or an option does not exist or does not go with another; with all that is wrong.
    SimulationError
        Where the draws do not fit in memory, more than one in a hundred of them is not finite, or a cluster cannot be used.
    ResultError
        Where ``out`` cannot be written, or is something that this run may not replace.
    KeyboardInterrupt
        Interrupted; finished blocks of a run into ``out`` are kept, and the text says so.
    """
    stored = _store(study.spec.simulation.store if store is None else store)
    if stress is not None:
        held = stressed(study, stress)
        study, scenarios = held.study, (*scenarios, NAME)
        for note in held.notes:
            _LOGGER.info(note)
    settings = _settings(study, draws, seed, sampler, threads, workers)
    names = scenario_names(study, scenarios)
    aim = Aim(settings.draws, How(settings.threads, workers or 0, scheduler, client), _targets(study, names, stored, precision), exact)
    if out is not None:
        found, outcome = _into_file(study, names, settings, stored, aim, File(Path(out), tables, resume=resume, force=force))
    elif resume or force:
        raise StudyError([Problem("resume" if resume else "force", "goes with out, the file of the run")])
    else:
        ready = prepare(study, names, None if tables is None else Tables(read_tables(Path(tables))))
        done = complete(ready, settings, stored, aim=aim, say=_LOGGER.info)
        found, outcome = done.dataset, done.outcome
    for line in () if outcome is None else outcome.shortfalls():
        warnings.warn(line, RuntimeWarning, stacklevel=2)
    return found


def summarise(result: _D, detail: DetailMoments | None = None, threads: int = 2) -> _D:
    """The summary of a run: mean, spread, quantiles, tail risk and chances of every output, each with its standard error.

    Parameters
    ----------
    result
        What ``run`` gave, a stored run opened by xarray, or a part of either.
    detail
        Moments of line and scheme variables whose draws ``result`` does not have, where they are at hand.
    threads
        Threads to use; the numbers do not depend on it.

    Returns
    -------
    One variable per output with dimensions (statistic, period, entity…, scenario), and its standard error under the name with ``_se``;
    amounts in the currency, chances as fractions, NaN where a figure is not known. Of variables with draws it is worked out from these. Of
    the others it has what the run summed and counted, as long as ``result`` is what ``run`` gave and not a part of it; the attribute
    ``counted`` names those whose quantiles are within 0.2 % of their distance from the plan.

    Raises
    ------
    SimulationError
        Where there is nothing to summarise: no draws, and not what ``run`` gave.
    """
    if detail is not None or isinstance(result, Frame):
        return summary_of_draws(result, detail, threads)
    return carried_summary(result, threads)


def _settings(
    study: Study, draws: int | None, seed: int | None, sampler: str | None, threads: int | None, workers: int | None = None
) -> Settings:
    """The study's settings with what is given instead, checked as the study file's own are."""
    given = study.spec.simulation
    made = Settings(
        given.draws if draws is None else draws,
        given.seed if seed is None else seed,
        given.sampler if sampler is None else sampler,
        threads or os.cpu_count() or 1,
    )
    problems = []
    if not 1 <= made.draws <= MAX_DRAWS:
        problems.append(Problem("simulation.draws", "must be from 1 to 2^40", made.draws))
    if not 0 <= made.seed <= MAX_SEED:
        problems.append(Problem("simulation.seed", "must be from 0 to 2^64 - 1", made.seed))
    if made.sampler not in DESIGNS:
        problems.append(Problem("simulation.sampler", 'must be "sobol", "lhs" or "random"', made.sampler))
    crew = {"threads": threads, "workers": workers}
    problems += [Problem(name, "must be 1 or more", given) for name, given in crew.items() if given is not None and given < 1]
    if problems:
        raise StudyError(problems)
    return made


def _store(store: str | Sequence[str]) -> str | tuple[str, ...]:
    """A setting of what is stored; raises StudyError for names that are no variables."""
    if isinstance(store, str) and store in ("positions", "all", "summary"):
        return store
    names, known = (store,) if isinstance(store, str) else tuple(store), [*VARIABLES, *DRIVER_VARIABLES]
    rule = "is neither positions, all or summary nor a variable of the result"
    problems = [Problem("store", rule, name, nearest(name, known)) for name in names if name not in known]
    if problems:
        raise StudyError(problems)
    return names


def _targets(study: Study, names: Sequence[str], store: str | Sequence[str], stated: str | Sequence[str]) -> tuple[Target, ...]:
    """The precisions that are asked for."""
    try:
        return parse_targets((stated,) if isinstance(stated, str) else stated, places_of(study, names, stored_names(store)))
    except StudyError as error:
        raise StudyError([replace(problem, file="precision") for problem in error.problems]) from None


@dataclass(frozen=True)
class File:
    """Where a run is written, and what may be done with what is there already."""

    path: Path
    tables: str | Path | None
    resume: bool
    force: bool


def _into_file(
    study: Study, names: tuple[str, ...], settings: Settings, store: str | Sequence[str], aim: Aim, file: File
) -> "tuple[xr.Dataset, Outcome | None]":
    """Write a run as the command does, and open it."""
    path, identity, stored = file.path, run_identity(study, names), stored_names(store)
    check_folder(path, 0)
    over = file.resume and not parts_of(path).exists()
    if over and is_finished(path, identity, settings.seed, settings.draws, stored, exact=aim.exact):
        return _opened(path), None
    check_replacement(path, identity, settings.seed, settings.draws, stored, force=file.force)
    given = None if file.tables is None else Path(file.tables)
    ready, content = prepare(study, names, tables_of(given, path)), content_of(given)
    request = Request(ready, settings, store, path, identity, aim.how, file.resume, content, aim.targets, aim.exact)
    for message in check_room(request):
        _LOGGER.info(message)
    outcome = run_to_file(request, Watch(say=_LOGGER.info)).outcome
    return _opened(path), outcome


def _opened(path: Path) -> "xr.Dataset":
    dataset, summary = read_result(path)
    summary.close()
    return carry(dataset, Carried.of_file(path, dataset))


def settings_of(study: Study, threads: int | None = None) -> Settings:
    """The settings that a study states."""
    return _settings(study, None, None, None, threads)


def settings_for(study: Study, draws: int | None, seed: int | None, sampler: str | None, threads: int | None) -> Settings:
    """The study's settings with what is given instead. Raises StudyError for what cannot be."""
    return _settings(study, draws, seed, sampler, threads)


def scenario_names(study: Study, asked: Sequence[str]) -> tuple[str, ...]:
    """The scenarios asked for, base left out; ``all`` stands for every one. Raises StudyError for a name that is none."""
    if "all" in asked:
        return study.scenario_names
    for name in asked:
        study.scenario(name)
    return tuple(dict.fromkeys(name for name in asked if name != "base"))


def run_identity(study: Study, scenarios: Sequence[str]) -> str:
    """What makes two runs the same but for draws, seed and storage: study, scenarios, streams and schema (sha256, hexadecimal)."""
    stated = [study.digest, STREAM_VERSION, SCHEMA_VERSION, *scenarios]
    return hashlib.sha256("\n".join(stated).encode()).hexdigest()


def to_store(result: Frame, store: str | Sequence[str], identity: str) -> Frame:
    """What of a run is written: the variables stored, the plan, failed draws."""
    names = stored_names(store)
    found = result.chosen(name for name in result.data_vars if name in names or name.startswith("plan_") or name == "failed")
    found.attrs.update(store=json.dumps(store), identity=identity)
    return found
