"""The public functions: the only place that reads, simulates and summarises in one go."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from simengine.distributions import Tables
from simengine.engine.outputs import Layout
from simengine.engine.plan import Prepared, driver_rows, prepare
from simengine.engine.simulate import Settings, Simulated, simulate
from simengine.engine.tile import BLOCK
from simengine.errors import Problem, SimulationError, StudyError
from simengine.jit import Floats
from simengine.results.dataset import Labels, assemble, draw_variables, driver_variables, last_axis, plan_variables, rows_of
from simengine.results.frame import Frame, Series, as_frame, like
from simengine.results.provenance import attributes, content_hash, digests
from simengine.results.tables import read_tables, tables_dataset
from simengine.run_account import notes, provenance
from simengine.sampling.design import DESIGNS
from simengine.sampling.streams import STREAM_VERSION
from simengine.schema import DETAIL_VARIABLES, DRIVER_VARIABLES, POSITION_VARIABLES, SCHEMA_VERSION, VARIABLES, stored_variables
from simengine.statistics.summary import DetailMoments, moments_to_statistics, summarise
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

#: Share of failed draws above which a run fails as a whole (INTERFACE.md, Determinism).
MOST_FAILED = 0.01
Progress = Callable[[int, int], None]
Flags = npt.NDArray[np.bool_]
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
    kept_detail = tuple(name for name in stored_variables(store) if name in DETAIL_VARIABLES)
    settings = replace(settings, drivers=settings.drivers and bool(set(DRIVER_VARIABLES) & set(stored_names(store))))
    _check_memory(ready, settings, kept_detail)
    total, runs = settings.draws * len(ready.scenarios), []
    for scenario in range(len(ready.scenarios)):
        before = scenario * settings.draws

        def report(done: int, before: int = before) -> None:
            progress(before + done, total)

        runs.append(simulate(ready, scenario, settings, kept_detail, report))
    failed = np.stack([_failed(found, ready.layout) for found in runs], axis=-1)
    worst = int(np.argmax(failed.sum(axis=0)))
    if failed[:, worst].mean() > MOST_FAILED:
        where = "" if worst == 0 else f" of scenario {ready.scenarios[worst]}"
        message = (
            f"{int(failed[:, worst].sum()):,} of {settings.draws:,} draws{where} are not finite (more than {MOST_FAILED:.0%}): "
            "look for a division by a number that can be 0, or a distribution with extreme values"
        )
        raise SimulationError(message)
    frame = _frame(ready, runs, failed, kept_detail, settings)
    return Completed(frame, _detail_moments(ready, runs, settings.sampler), tables_dataset(ready.tables.used()))


def scenario_names(study: Study, asked: Sequence[str]) -> tuple[str, ...]:
    """The scenarios asked for, base left out; ``all`` stands for every one. Raises StudyError for a name that is none."""
    if "all" in asked:
        return study.scenario_names
    for name in asked:
        study.scenario(name)
    return tuple(dict.fromkeys(name for name in asked if name != "base"))


def _check_memory(ready: Prepared, settings: Settings, kept: Sequence[str]) -> None:
    """Refuse draws that would not fit in memory, with the sizes."""
    draws = settings.draws
    rows = ready.layout.starts[3] + sum(ready.layout.detail_rows(name).size for name in kept)
    rows += sum(count for _, count, _ in driver_rows(ready.drafts[0]).values()) if settings.drivers else 0
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


def _failed(found: Simulated, layout: Layout) -> Flags:
    """Draws in which any output is not finite."""
    rows, failed = found.store[: layout.starts[3]], np.zeros(found.store.shape[1], dtype=np.bool_)
    with np.errstate(invalid="ignore", over="ignore"):
        # a block of draws of all rows at a time: it stays in the cache
        for block in (slice(first, first + BLOCK) for first in range(0, failed.size, BLOCK)):
            # a sum that is finite has nothing else in it
            if not np.isfinite(rows[:, block].sum(axis=0)).all():
                failed[block] = ~np.isfinite(rows[:, block]).all(axis=0)
    return failed


def _labels(ready: Prepared) -> Labels:
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


def _position_arrays(ready: Prepared, runs: Sequence[Simulated]) -> dict[str, Floats]:
    """Arrays (year, entity…, draw, scenario) of the position variables; no copy where there is one scenario and no gap."""
    found = {}
    for name in POSITION_VARIABLES:
        rows = ready.layout.rows(name)
        if rows.size:
            found[name] = last_axis([rows_of(done.store, rows) for done in runs])
    return found


def _frame(ready: Prepared, runs: Sequence[Simulated], failed: Flags, kept: Sequence[str], settings: Settings) -> Frame:
    labels = _labels(ready)
    arrays = _position_arrays(ready, runs)
    for name in kept:
        rows = ready.layout.detail_rows(name)
        if rows.size:
            arrays[name] = last_axis([rows_of(done.detail, done.detail_row[rows]) for done in runs])
    variables = draw_variables(arrays, labels)
    variables |= plan_variables({name: values for name, values in ready.plan.items() if values.size}, labels)
    drivers, names = _driver_arrays(ready, runs) if settings.drivers else ({}, {})
    variables |= drivers
    about = {"long_name": "1 where the draw is not finite and left out of the statistics", "units": "1"}
    variables["failed"] = Series(("draw", "scenario"), failed.astype(np.int8), about)
    frame = assemble(variables, labels, names, settings.draws)
    frame.attrs.update(attributes(provenance(ready, runs, int(failed.any(axis=1).sum()), settings)))
    return frame


def _driver_arrays(ready: Prepared, runs: Sequence[Simulated]) -> tuple[dict[str, Series], dict[str, list[str]]]:
    """Driver values by scenario; NaN for a driver that a scenario does not have."""
    counts: dict[str, int] = {}
    for done in runs:
        for name, k in done.driver_names:
            counts[name] = max(counts.get(name, 0), k + 1)
    listed, start = [], 0
    for name in (name for name in ready.drivers.order if name in counts):
        listed.append((name, start, counts[name]))
        start += counts[name]
    values = []
    for done in runs:
        first = ready.layout.starts[3]
        place = {key: first + k for k, key in enumerate(done.driver_names)}
        rows = [place.get((name, k), place.get((name, 0), -1)) for name, _, count in listed for k in range(count)]
        values.append(rows_of(done.store, np.array(rows, dtype=np.int64), np.nan))
    return driver_variables(listed, ready.layout.years, values) if listed else ({}, {})


def _detail_moments(ready: Prepared, runs: Sequence[Simulated], sampler: str) -> DetailMoments:
    """Mean and spread of every line and scheme variable (year, entity, scenario)."""
    found = [moments_to_statistics(done.moments, ready.plan_detail, sampler) for done in runs]
    values, errors = {}, {}
    for name in DETAIL_VARIABLES:
        rows = ready.layout.detail_rows(name)
        if rows.size:
            values[name] = {key: np.stack([done[0][key][rows] for done in found], axis=-1) for key in ("mean", "sd")}
            errors[name] = {key: np.stack([done[1][key][rows] for done in found], axis=-1) for key in ("mean", "sd")}
    return DetailMoments(values, errors)


def run_identity(study: Study, scenarios: Sequence[str]) -> str:
    """What makes two runs the same but for draws, seed and storage: study, scenarios, streams and schema (sha256, hexadecimal)."""
    stated = [study.digest, STREAM_VERSION, SCHEMA_VERSION, *scenarios]
    return hashlib.sha256("\n".join(stated).encode()).hexdigest()


def stored_names(store: str | Sequence[str]) -> tuple[str, ...]:
    """The variables that a ``store`` setting writes; drivers go with ``positions`` and ``all``, or by name."""
    drivers = DRIVER_VARIABLES if store in ("positions", "all") else tuple(name for name in DRIVER_VARIABLES if name in store)
    return (*stored_variables(store), *drivers)


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
