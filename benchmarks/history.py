"""Ratios of earlier runs: one line of JSON for each that was recorded, in ``benchmarks/history/ratios.jsonl``.

A line holds the date, the version, the class of machine (architecture, maker, vectors, cores), whether the run was a quick one, and the
ratios; nothing that tells one machine from another of its class.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import machine_class
from benchmarks.verdicts import Ratio, as_json, from_json
from simengine.version import VERSION

FILE = Path(__file__).resolve().parent / "history" / "ratios.jsonl"
#: What of a machine must be the same for a ratio to be held against a record: wider vectors help the engine more than NumPy.
_ALIKE = ("architecture", "vectors")


@dataclass(frozen=True)
class Record:
    """One recorded run; ``alike`` says whether this machine is of its class."""

    date: str
    version: str
    alike: bool
    ratios: dict[str, Ratio]

    def __str__(self) -> str:
        return f"the record of {self.date}, version {self.version}" + ("" if self.alike else ", of another class of machine")


def record(ratios: Mapping[str, Ratio], *, quick: bool, file: Path = FILE) -> None:
    """Append a run."""
    line = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "version": VERSION,
        "machine": machine_class(),
        "quick": quick,
        "ratios": as_json(ratios),
    }
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def last(*, quick: bool, file: Path = FILE) -> Record | None:
    """The last recorded run of this kind, on a machine of this class if there is one; None where nothing is recorded."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    fit = [line for line in lines if line["quick"] == quick]
    here = machine_class()
    alike = [line for line in fit if _alike(line["machine"], here)]
    if not fit:
        return None
    found = (alike or fit)[-1]
    return Record(found["date"], found["version"], bool(alike), from_json(found["ratios"]))


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[key] == other[key] for key in _ALIKE)
