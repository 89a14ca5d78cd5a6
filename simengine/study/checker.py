"""What every check shares: the study, what was cut out of it, and where findings go."""

from dataclasses import dataclass, field
from typing import Any

from simengine.study.distribution_keys import nearest
from simengine.study.model import StudySpec
from simengine.study.places import child
from simengine.study.structure import Finding, Path, Tree

KINDS = {
    "parties": "a party",
    "services": "a service line",
    "schemes": "a scheme",
    "inflation": "an inflation category",
    "drivers": "a declared driver",
    "segments": "a segment",
    "population_segments": "a population segment",
    "cost_weights": "a set of cost weights",
    "budgets": "a budget",
}

UNKNOWN_NAMES = "*"
"""Stands, cut out, in a table some of whose names are not known: the file that has them could not be read."""


@dataclass
class Checker:
    """Collects findings about one study, silent about what only follows from a part that was cut out."""

    spec: StudySpec
    tree: Tree
    cut: set[Path]
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def years(self) -> int | None:
        """T; None when the file does not say it rightly."""
        return None if self.is_cut(("horizon", "years")) else self.spec.years

    def say(self, path: str, rule: str, value: object = None, near: str | None = None, whole: str | None = None) -> None:
        """Report a problem at ``path``, unless it was cut out, or anything inside the table ``whole`` that the rule is about."""
        place = self.place(path)
        if self.is_cut(place) or (whole is not None and self.lost_part_of(whole)):
            return
        finding = Finding(place, rule, as_written(value), near)
        if finding not in self.findings:
            self.findings.append(finding)

    def warn(self, path: str, rule: str) -> None:
        """Report what is allowed but probably not meant."""
        finding = Finding(self.place(path), rule)
        if finding not in self.warnings:
            self.warnings.append(finding)

    def refer(self, path: str, name: str | None, kind: str, within: str | None = None) -> bool:
        """Whether ``name`` is defined in the table ``kind`` (or in the table at ``within``); a problem at ``path`` when it is not."""
        if name is None:
            return False
        names = self.names(within or kind)
        if name in names:
            return True
        if self.is_cut((*self.place(within or kind), UNKNOWN_NAMES)):
            return False
        self.say(path, f"is not {KINDS[kind]} of this {'line' if kind == 'segments' else 'study'}", name, nearest(name, names))
        return False

    def names(self, path: str) -> list[str]:
        """The names that the file defines at a table, those of faulty entries included."""
        found: Any = self.tree
        for part in self.place(path):
            found = child(found, part)
        return list(found) if isinstance(found, dict) else []

    def roles_known(self) -> bool:
        """Whether every party's role could be read, so that "the only commissioner" means something."""
        return not any(cut[:1] == ("parties",) for cut in self.cut)

    def lost_part_of(self, path: str) -> bool:
        """Whether anything inside the table at ``path``, or the table itself, was cut out."""
        place = self.place(path)
        return self.is_cut(place) or any(cut[: len(place)] == place for cut in self.cut)

    def is_cut(self, place: Path) -> bool:
        """Whether this part, or a table that it belongs to, was cut out."""
        return any(place[:depth] in self.cut for depth in range(1, len(place) + 1))

    @staticmethod
    def place(path: str) -> Path:
        """The path as a tuple; an element of a list is its number."""
        return tuple(int(part) if part.isdigit() else part for part in path.split("."))


def as_written(value: object) -> object:
    """A number as the file has it: whole numbers without a decimal point."""
    if isinstance(value, list | tuple):
        return [as_written(item) for item in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole and isinstance(value, float) else value
