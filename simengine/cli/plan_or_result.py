"""A study, or a stored run of one: what the commands that show plans take, laid out, with the draws where there are any."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.output import WrongInput, say
from simengine.errors import ResultError

if TYPE_CHECKING:
    import xarray as xr

    from simengine.engine.plan import Prepared

_HDF5 = b"\x89HDF\r\n\x1a\n"
TERM = "term"


@dataclass(frozen=True)
class Source:
    """A study laid out, and its run where one was given."""

    path: Path
    ready: "Prepared"
    result: "xr.Dataset | None" = None
    summary: "xr.Dataset | None" = None
    scenario: str = "base"

    @property
    def years(self) -> tuple[str, ...]:
        """The labels of years 1 to T."""
        return self.ready.study.spec.horizon.year_labels

    @property
    def title(self) -> str:
        """What is shown, in a line."""
        study = self.ready.study
        return (study.spec.title or study.name) + ("" if self.scenario == "base" else f", scenario {self.scenario}")

    def about(self) -> dict[str, Any]:
        """The envelope's keys about the study and its draws."""
        study = self.ready.study
        described = {"path": str(self.path), "hash": study.digest}
        if self.result is None:
            settings = study.spec.simulation
            stated: dict[str, Any] = {"seed": settings.seed, "sampler": settings.sampler, "draws": settings.draws, "failed": 0}
            return {"study": described, "warnings": [str(warning) for warning in study.warnings], **stated}
        about = self.result.attrs
        stated = {"seed": int(about["seed"]), "sampler": about["sampler"], "draws": int(about["draws"]), "failed": int(about["failed"])}
        described = {"path": str(about["study_name"]), "hash": str(about["study_hash"])}
        return {"study": described, "warnings": json.loads(about["warnings"]), **stated}

    def periods(self, year: str | None, last: bool, term: bool = True) -> list[int]:
        """Places of the periods to show: of one (``term`` is the one after the years), else the last year or all of them."""
        labels = [*self.years, *([TERM] if term else [])]
        if year is not None:
            if year not in labels:
                message = f"'{year}' is no year of this study: {', '.join(labels)}"
                raise click.BadParameter(message, param_hint="--year")
            return [labels.index(year)]
        return [len(self.years) - 1] if last else list(range(len(labels)))


def read_source(path: Path, overrides: Sequence[str], scenario: str | None, quiet: bool) -> Source:
    """A study file, or a stored run with the study that it holds; raises as the readers of each do."""
    stored = is_result(path)
    if scenario is not None and not stored:
        message = "--scenario belongs to a stored run: scenarios change the draws, never the plan"
        raise click.UsageError(message)
    if overrides and stored:
        message = "--set belongs to a study: a stored run is what it is"
        raise click.UsageError(message)
    from simengine.cli.run import announce_compilation
    from simengine.engine.plan import prepare
    from simengine.study.load import load_study

    if not stored:
        study = load_study(path, overrides)
        for warning in study.warnings:
            say(f"warning: {warning}", quiet)
        announce_compilation(quiet)
        return Source(path, prepare(study))
    from simengine.results.store import read_result
    from simengine.runs.from_result import study_of

    try:
        result, summary = read_result(path)
    except ResultError as error:
        raise WrongInput(str(error)) from None
    there = [str(name) for name in result["scenario"].to_numpy()]
    if scenario is not None and scenario not in there:
        message = f"{path} has no scenario {scenario}: it has {', '.join(there)}"
        raise WrongInput(message)
    study = study_of(result.attrs)
    announce_compilation(quiet)
    return Source(path, prepare(study), result, summary, scenario or "base")


def is_result(path: Path) -> bool:
    """Whether a file holds a run; anything that cannot be read is left to the reader of studies, which says why."""
    if path.suffix == ".zarr":
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_HDF5)) == _HDF5 or path.suffix == ".nc"
    except OSError:
        return path.suffix == ".nc"
