"""Runs that end as files, each in its own way, on a small study with scenarios: for tests of what must not differ."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from simengine import api
from simengine.results.stored import attributes_and_variables
from simengine.runs.execute import How
from simengine.runs.stored_run import Request, Watch, run_to_file
from simengine.study.load import Study, load_study
from tests.unit.cli.care import study_file


def study_in(folder: Path) -> Study:
    """The study of the command line's tests."""
    return load_study(study_file(folder))


def request(study: Study, path: Path, *, draws: int, sampler: str = "sobol", store: Any = "summary", **how: Any) -> Request:
    """A run of all scenarios with seed 7."""
    names = api.scenario_names(study, ("all",))
    ready = api.prepare(study, names)
    settings = replace(api.settings_of(study, 1), draws=draws, sampler=sampler, seed=7)
    resume = how.pop("resume", False)
    return Request(ready, settings, store, path, api.run_identity(study, names), How(**{"threads": 1, **how}), resume)


def content(path: Path) -> str:
    """What is equal for equal numbers."""
    about, _ = attributes_and_variables(path)
    return str(about["content_hash"])


def run_and_hash(asked: Request, watch: Watch | None = None) -> str:
    """Run to the end; the content hash of the file."""
    run_to_file(asked, watch or Watch())
    return content(asked.path)


def stopped_after(asked: Request, draws: int) -> None:
    """Run until so many draws are done, then stop as an interrupt would; at least one shard is there."""

    def progress(done: int, total: int) -> None:
        if done >= draws * len(asked.ready.scenarios):
            raise KeyboardInterrupt

    try:
        run_to_file(asked, Watch(progress))
    except KeyboardInterrupt:
        assert list(asked.parts.glob("shard-*")), "nothing was saved"
        return
    msg = "the run was not stopped"
    raise AssertionError(msg)


def in_streams(monkeypatch: Any) -> None:
    """Have every run stream its draws, as if they were more than memory holds."""
    monkeypatch.setattr("simengine.runs.execute.MOST_IN_MEMORY", 0)
