"""The public functions: the only place that reads, simulates and summarises in one go."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from simengine.distributions import Tables
from simengine.engine.plan import Prepared, driver_rows, prepare
from simengine.engine.runner import Settings
from simengine.errors import Problem, SimulationError, StudyError
from simengine.results.frame import Frame, as_frame, like
from simengine.results.provenance import content_hash, digests
from simengine.results.tables import read_tables
from simengine.run_account import notes
from simengine.runs.execute import How, finish, session_of
from simengine.runs.job import Laid, Wanted
from simengine.runs.saves import Saves
from simengine.runs.stored_run import stored_names
from simengine.sampling.design import DESIGNS
from simengine.sampling.streams import STREAM_VERSION
from simengine.schema import DETAIL_VARIABLES, DRIVER_VARIABLES, POSITION_VARIABLES, SCHEMA_VERSION, VARIABLES
from simengine.statistics.summary import DetailMoments, summarise
from simengine.study.load import Study, load_study
from simengine.study.model import MAX_DRAWS, MAX_SEED

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "Completed",
    "Study",
    "complete",
    "kept",
    "load_study",
    "notes",
    "prepare",
    "run",
    "run_identity",
    "scenario_names",
    "settings_of",
    "stored_bytes",
    "stored_names",
    "summarise",
    "to_store",
]

Progress = Callable[[int, int], None]
_D = TypeVar("_D", "Frame", "xr.Dataset")


@dataclass(frozen=True)
class Completed:
    """A run: the draws, the moments of the line and scheme variables that were not kept, and the inverse tables that were used.

    ``frame`` and ``coefficients`` need no xarray; ``dataset`` and ``tables`` are the same for whoever does.
    """

    frame: Frame
    detail: DetailMoments
    coefficients: Frame

    @cached_property
    def dataset(self) -> "xr.Dataset":
        """The draws as a dataset of xarray."""
        return self.frame.to_xarray()

    @cached_property
    def tables(self) -> "xr.Dataset":
        """The inverse tables as a dataset of xarray."""
        return self.coefficients.to_xarray()


def run(
    study: Study,
    *,
    draws: int | None = None,
    seed: int | None = None,
    sampler: str | None = None,
    scenarios: Sequence[str] = (),
    store: str | Sequence[str] | None = None,
    threads: int | None = None,
    tables: str | Path | None = None,
) -> "xr.Dataset":
    """Simulate a study.

    Parameters
    ----------
    study
        From ``load_study`` or ``Study.from_dict``.
    draws, seed, sampler, store
        Instead of what the study's ``simulation`` table says.
    scenarios
        Names of scenarios to run beside the base, on the same draws; ``("all",)`` for all of them.
    threads
        Threads to use, by default one per core; the numbers do not depend on it.
    tables
        A stored run whose inverse distributions to draw with, so that another version of SciPy changes no bit.

    Returns
    -------
    A dataset with the dimensions and variables of INTERFACE.md, "The result"; money in the currency.

    Raises
    ------
    StudyError
        Where a scenario or setting does not exist.
    SimulationError
        Where the draws do not fit in memory, or more than one in a hundred of them is not finite.
    """
    settings = _settings(study, draws, seed, sampler, threads)
    ready = prepare(study, scenario_names(study, scenarios), None if tables is None else Tables(read_tables(Path(tables))))
    return complete(ready, settings, study.spec.simulation.store if store is None else store).dataset


def _settings(study: Study, draws: int | None, seed: int | None, sampler: str | None, threads: int | None) -> Settings:
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
    if problems:
        raise StudyError(problems)
    return made


def settings_of(study: Study, threads: int | None = None) -> Settings:
    """The settings that a study states."""
    return _settings(study, None, None, None, threads)


def complete(ready: Prepared, settings: Settings, store: str | Sequence[str], progress: Progress = lambda done, total: None) -> Completed:
    """Simulate a study that has been laid out, base and scenarios, reporting progress.

    Drivers are part of the dataset where ``store`` keeps any: thousands of lines with drivers of their own are gigabytes.
    """
    stored = stored_names(store)
    drivers = settings.drivers and bool(set(DRIVER_VARIABLES) & set(stored))
    details = tuple(name for name in stored if name in DETAIL_VARIABLES)
    _check_memory(ready, settings, details, drivers=drivers)
    # whoever has the draws at hand has all positions: nothing is counted
    wanted = Wanted(tuple(POSITION_VARIABLES), details, DRIVER_VARIABLES if drivers else (), ())
    laid = Laid.of(ready, replace(settings, drivers=drivers), wanted)
    with session_of(laid, How(settings.threads), Saves(None, None), in_memory=True) as session:
        done = finish(session, settings.draws, progress)
        return Completed(done.frame, done.detail, done.coefficients())


def scenario_names(study: Study, asked: Sequence[str]) -> tuple[str, ...]:
    """The scenarios asked for, base left out; ``all`` stands for every one. Raises StudyError for a name that is none."""
    if "all" in asked:
        return study.scenario_names
    for name in asked:
        study.scenario(name)
    return tuple(dict.fromkeys(name for name in asked if name != "base"))


def _check_memory(ready: Prepared, settings: Settings, kept: Sequence[str], *, drivers: bool) -> None:
    """Refuse draws that would not fit in memory, with the sizes."""
    draws = settings.draws
    rows = ready.layout.starts[3] + sum(ready.layout.detail_rows(name).size for name in kept)
    rows += sum(count for _, count, _ in driver_rows(ready.drafts[0]).values()) if drivers else 0
    needed = rows * draws * 8 * len(ready.scenarios)
    try:
        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return
    if needed > 0.8 * there:
        msg = (
            f"{draws:,} draws of this study need {needed / 2**30:,.1f} GiB of memory and this machine has {there / 2**30:,.1f} GiB: "
            f"at most {int(draws * 0.8 * there / needed):,} draws fit"
        )
        raise SimulationError(msg)


def run_identity(study: Study, scenarios: Sequence[str]) -> str:
    """What makes two runs the same but for draws, seed and storage: study, scenarios, streams and schema (sha256, hexadecimal)."""
    stated = [study.digest, STREAM_VERSION, SCHEMA_VERSION, *scenarios]
    return hashlib.sha256("\n".join(stated).encode()).hexdigest()


def stored_bytes(ready: Prepared, draws: int, store: str | Sequence[str]) -> int:
    """Size of what a run will write, in bytes."""
    layout, names = ready.layout, stored_names(store)
    rows = sum((layout.rows(name) if name in POSITION_VARIABLES else layout.detail_rows(name)).size for name in names if name in VARIABLES)
    if set(DRIVER_VARIABLES) & set(names):
        rows += sum(count for _, count, _ in driver_rows(ready.drafts[0]).values())
    return rows * draws * 8 * len(ready.scenarios)


def to_store(result: Frame, store: str | Sequence[str], identity: str) -> Frame:
    """What of a run is written: the variables stored, the plan, failed draws."""
    names = stored_names(store)
    found = result.chosen(name for name in result.data_vars if name in names or name.startswith("plan_") or name == "failed")
    found.attrs.update(store=json.dumps(store), identity=identity)
    return found


def kept(dataset: _D, store: str | Sequence[str], identity: str) -> _D:
    """The dataset as it is written: the variables stored, the plan, failed draws, digests of all of it."""
    chosen = to_store(as_frame(dataset), store, identity)
    found = digests(chosen)
    chosen.attrs.update(digests=json.dumps(found), content_hash=content_hash(found))
    return like(dataset, chosen)
