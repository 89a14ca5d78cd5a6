"""Result files for tests: written by a run, and altered afterwards, with digests that find it or digests that hold again."""

from collections.abc import Sequence
from pathlib import Path

import h5py

from simengine.api import prepare, run_identity, scenario_names
from simengine.engine.runner import Settings
from simengine.results.provenance import digest, sealed
from simengine.results.stored import opened
from simengine.runs.stored_run import Request, Watch, run_to_file
from simengine.study.load import Study


def written(
    study: Study,
    path: Path,
    draws: int,
    *,
    store: str | Sequence[str] = "positions",
    scenarios: Sequence[str] = ("all",),
    sampler: str = "",
    exact: bool = False,
) -> Path:
    """A run of a study in a file."""
    names, stated = scenario_names(study, scenarios), study.spec.simulation
    settings = Settings(draws, stated.seed, sampler or stated.sampler, 2)
    run_to_file(Request(prepare(study, names), settings, store, path, run_identity(study, names), exact=exact), Watch())
    return path


def reseal(path: Path) -> None:
    """Work out all digests anew, as somebody would who alters a file on purpose."""
    with opened(path) as frames:
        values = {
            f"{group}/{name}".lstrip("/"): digest(one.values) for group, frame in frames.items() for name, one in frame.data_vars.items()
        }
        found = sealed(frames, values)
    with h5py.File(path, "r+") as file:
        for key, text in found.items():
            file.attrs[key] = text
