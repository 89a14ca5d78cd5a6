"""The study, or the stored run, that ``simrisk sensitivity`` is asked about, and the question put together from its options."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from simengine import api
from simengine.cli.output import WrongInput, say
from simengine.cli.plan_or_result import is_result
from simengine.cli.run import announce_compilation
from simengine.engine.plan import prepare
from simengine.errors import ResultError
from simengine.results.frame import as_frame
from simengine.results.store import read_result
from simengine.runs.analyses import Answer, Asked, Question
from simengine.runs.from_result import stored_run
from simengine.study.load import load_study

Report = Callable[[str, int, int], None]
#: Options that change what a stored run is.
_OF_A_STUDY = {"overrides": "--set", "seed": "--seed", "sampler": "--sampler", "draws": "--draws"}


class Source:
    """What is asked, and what the envelope says of it."""

    def __init__(self, path: Path, asked: Asked, failed: int | None) -> None:
        self.path, self.asked, self.ready, self._failed = path, asked, asked.ready, failed

    def answers(self, question: Question) -> list[Answer]:
        """The answer of each method."""
        return self.asked.answers(question)

    def about(self) -> dict[str, Any]:
        """The envelope's keys about the study and its draws."""
        settings, study = self.asked.settings, self.ready.study
        stated = {"seed": settings.seed, "sampler": settings.sampler, "draws": settings.draws, "failed": self._failed}
        return {"study": {"path": str(self.path), "hash": study.digest}, **stated}


def question_of(methods: tuple[str, ...], asked: Mapping[str, Any]) -> Question:
    """The question that the options ask."""
    entities = {"party": asked["parties"], "arrangement": asked["arrangements"]}
    return Question(
        methods,
        asked["outputs"],
        asked["years"],
        {dimension: names for dimension, names in entities.items() if names},
        asked["scenario"],
        asked["points"],
        asked["groups"],
        asked["second_order"],
    )


def asked_of(path: Path, asked: Mapping[str, Any], quiet: bool, report: Report) -> Source:
    """A study file laid out, or a stored run with its draws; raises as the readers of each do."""
    if is_result(path):
        return _of_result(path, asked, quiet, report)
    study = load_study(path, asked["overrides"])
    for warning in study.warnings:
        say(f"warning: {warning}", quiet)
    settings = api.settings_for(study, asked["draws"], asked["seed"], asked["sampler"], asked["threads"])
    announce_compilation(quiet)
    ready = prepare(study, api.scenario_names(study, () if asked["scenario"] == "base" else (asked["scenario"],)))
    return Source(path, Asked(ready, settings, progress=report), None)


def _of_result(path: Path, asked: Mapping[str, Any], quiet: bool, report: Report) -> Source:
    """A stored run: its own draws serve where they are enough, designs are drawn for its study."""
    given = [option for name, option in _OF_A_STUDY.items() if asked[name]]
    if given:
        message = f"{', '.join(given)} belongs to a study: a stored run is what it is"
        raise click.UsageError(message)
    try:
        run = stored_run(path)
        dataset, summary = read_result(path)
    except ResultError as error:
        raise WrongInput(str(error)) from None
    for note in run.notes:
        say(f"note: {note}", quiet)
    announce_compilation(quiet)
    summary.close()
    settings = api.settings_for(run.study, run.draws, run.seed, run.sampler, asked["threads"])
    return Source(path, Asked(run.prepare(), settings, as_frame(dataset), report), int(run.about["failed"]))
