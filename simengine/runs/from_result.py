"""The study of a stored run, rebuilt from the file alone: the same hash, columns, plan and inverse tables, and so the same draws.

The text of the study in the file is whole: what came from CSV or XLSX files, sets of assumptions or programmes stands in it. What a text
does not show (``study_order``) is the order in which tables and drivers came.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simengine.distributions import Tables
from simengine.engine.plan import Prepared, prepare
from simengine.errors import ResultError, StudyError
from simengine.results.provenance import package_versions
from simengine.results.store import read_result
from simengine.results.tables import read_tables
from simengine.sampling.streams import STREAM_VERSION
from simengine.study.load import Study
from simengine.version import VERSION

#: What the draws rest on beside this package itself: another version may give other bits.
_PACKAGES = ("simrisk", "numpy", "scipy", "numba", "llvmlite")


class AlteredError(ResultError):
    """Raised where a file contradicts itself: its study is not the one that it says was run."""


@dataclass(frozen=True)
class StoredRun:
    """What a result file says of its run; ``notes`` are versions that differ from those at hand, in words."""

    path: Path
    study: Study
    scenarios: tuple[str, ...]
    draws: int
    seed: int
    sampler: str
    about: Mapping[str, Any]
    notes: tuple[str, ...]

    def prepare(self, scenarios: tuple[str, ...] | None = None) -> Prepared:
        """The study laid out as it was run, or with other scenarios beside the base, with the inverse tables of the file."""
        names = self.scenarios[1:] if scenarios is None else scenarios
        return prepare(self.study, names, Tables(read_tables(self.path)))


def stored_run(path: Path) -> StoredRun:
    """Read a result file and rebuild its study.

    Raises ResultError where the file is no result, has another layout or other random streams than this version, or where its study
    cannot be rebuilt as it was.
    """
    dataset, summary = read_result(path)
    with dataset, summary:
        about = dict(dataset.attrs)
        named = [str(name) for name in dataset["scenario"].to_numpy()] if "scenario" in dataset.coords else ["base"]
    streams = str(about.get("stream_version"))
    if streams != STREAM_VERSION:
        msg = (
            f"{path}: drawn from the random streams {streams}, this version draws from {STREAM_VERSION}: it cannot draw these numbers again"
        )
        raise ResultError(msg)
    try:
        draws, seed, sampler = int(about["draws"]), int(about["seed"]), str(about["sampler"])
        study, scenarios = study_of(about), tuple(json.loads(str(about.get("scenarios", json.dumps(named)))))
    except (KeyError, ValueError, TypeError) as problem:
        msg = f"{path}: what the file says of its run cannot be read ({problem})"
        raise ResultError(msg) from None
    except StudyError as error:
        msg = f"{path}: the study in the file cannot be read: {error}"
        raise ResultError(msg) from None
    _check(path, study, about)
    return StoredRun(path, study, scenarios, draws, seed, sampler, about, tuple(_other_versions(about)))


def study_of(about: Mapping[str, Any]) -> Study:
    """The study that the attributes of a result hold.

    Raises StudyError, ValueError or KeyError where they hold none.
    """
    written = tomllib.loads(str(about["study_text"]))
    order = json.loads(str(about.get("study_order", "{}")))
    settings = {"draws": int(about["draws"]), "seed": int(about["seed"]), "sampler": str(order.get("sampler", about["sampler"]))}
    tree = {key: written[key] for key in order.get("tables", ()) if key in written} | written
    # tables of the text that are not in the list do not exist; a simulation table may have come from the command line alone
    tree = {**tree, "simulation": {**tree.get("simulation", {}), **settings}}
    study = Study.from_dict(tree, str(about["study_name"]))
    # every driver in the place that it had, as if each stood on a line of its own
    positions = {_path(driver): (place, 1) for place, driver in enumerate(order.get("drivers", ()), start=1)}
    return replace(study, text=str(about["study_text"]), positions=positions)


def _path(name: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in name.split("."))


def _check(path: Path, study: Study, about: Mapping[str, Any]) -> None:
    """Refuse a study that was not rebuilt as it was run."""
    made_by = json.loads(str(about.get("versions", "{}"))).get("simrisk", "unknown")
    told = f"{path}: the study in the file has the hash {study.digest[:8]}, and what was run {str(about.get('study_hash'))[:8]}"
    if study.digest != about.get("study_hash") and made_by != VERSION:
        msg = f"{told}: it means something else in this version, or was altered (written by simrisk {made_by}, this is {VERSION})"
        raise ResultError(msg)
    if study.digest != about.get("study_hash"):
        msg = f"{told}: it was altered"
        raise AlteredError(msg)
    if list(json.loads(str(about.get("column_map", "{}")))) != sorted(study.drivers):
        msg = f"{path}: the drivers of the study in the file are not those of its columns: it was altered"
        raise AlteredError(msg)


def _other_versions(about: Mapping[str, Any]) -> list[str]:
    """Packages that the numbers rest on and that were of another version when the file was written."""
    then, now = json.loads(str(about.get("versions", "{}"))), package_versions()
    return [f"written with {name} {then[name]}, this is {now[name]}" for name in _PACKAGES if name in then and then[name] != now[name]]
