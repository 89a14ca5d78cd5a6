"""Reading a study: TOML to checked, frozen models, every problem at once with file and line."""

import copy
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from simengine.errors import Problem, StudyError
from simengine.study.assemble import Assembled, assemble
from simengine.study.canonical import canonical_text
from simengine.study.model import StudySpec
from simengine.study.overrides import apply_overrides
from simengine.study.positions import Position, key_positions
from simengine.study.structure import Finding, Path, Tree

UNPLACED = 2**31
"""The line of a key that stands in no file: after all others."""


@dataclass(frozen=True)
class Study:
    """A valid study: what the file says, as text, as a tree and as models, with its scenarios."""

    name: str
    file: str | None
    text: str
    tree: Tree
    spec: StudySpec
    warnings: tuple[Problem, ...] = ()
    scenarios: Mapping[str, StudySpec] = field(default_factory=dict)
    positions: Mapping[Path, Position] = field(default_factory=dict, repr=False)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], name: str = "study") -> "Study":
        """A study built in code from the tree that a file would hold. Raises ``StudyError`` with every problem."""
        return _build(name, None, "", _plain(tree), {}, ())

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """The scenarios, in the order of the file; the study as written is not among them."""
        return tuple(self.scenarios)

    def scenario(self, name: str) -> StudySpec:
        """The study as a scenario changes it; ``base`` is the study as written. Raises ``StudyError`` for any other name."""
        if name == "base":
            return self.spec
        if name not in self.scenarios:
            known = ", ".join(("base", *self.scenarios))
            raise StudyError([Problem(f"scenarios.{name}", f"is not a scenario of this study, which has {known}", file=self.file)])
        return self.scenarios[name]

    def scenario_label(self, name: str) -> str | None:
        """The free text of a scenario."""
        label = self.tree.get("scenarios", {}).get(name, {}).get("label")
        return None if label is None else str(label)

    def line(self, path: str) -> int | None:
        """The line on which a key, or the nearest table that it belongs to, stands; None when the study has no file."""
        return _line(_split(path), self.positions)

    def position(self, path: str) -> tuple[int, int]:
        """Line and column of a key, to put drivers in the order of the file.

        A key that only scenarios give stands where the first of them gives it; what stands in no file comes last, in the order of the tree.
        """
        place = _split(path)
        found = [self.positions[place]] if place in self.positions else []
        if not found:
            found = [self.positions[key] for key in (("scenarios", name, *place) for name in self.scenarios) if key in self.positions]
        return min(found) if found else (UNPLACED, self._tree_order.get(place, UNPLACED))

    @cached_property
    def drivers(self) -> tuple[str, ...]:
        """The path of everything that is drawn, in the study or in one of its scenarios, in the order of the file."""
        from simengine.study.check_drivers import driver_paths

        paths = {path: None for spec in (self.spec, *self.scenarios.values()) for path in driver_paths(spec)}
        return tuple(sorted(paths, key=self.position))

    @cached_property
    def digest(self) -> str:
        """The sha256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The text that is the same for all studies which mean the same (``canonical.py``)."""
        return canonical_text(self.tree, self.spec.simulation.sampler, self.drivers)

    @cached_property
    def _tree_order(self) -> dict[Path, int]:
        order: dict[Path, int] = {}
        _note_order(self.tree, (), order)
        # A driver that only a scenario has comes in the order of the scenarios.
        for path, at in list(order.items()):
            if path[:1] == ("scenarios",):
                order.setdefault(path[2:], at)
        return order


def load_study(path: str | FilePath, overrides: Sequence[str] = ()) -> Study:
    """Read and check a study file; ``overrides`` are ``path=value`` changes to it.

    Raises ``StudyError`` with every problem that was found.
    """
    file = str(path)
    text = _read(file)
    tree = _parse(file, text)
    return _build(FilePath(path).stem, file, text, tree, key_positions(text), overrides)


def _build(name: str, file: str | None, text: str, tree: Tree, positions: dict[Path, Position], overrides: Sequence[str]) -> Study:
    try:
        set_findings, changed = apply_overrides(tree, overrides)
        made: Assembled = assemble(tree)
    except RecursionError:
        raise StudyError([Problem("", "is nested too deeply to be a study", file=file)]) from None
    problems = [_set_problem(finding) for finding in set_findings]
    problems += sorted((_problem(finding, file, positions, changed) for finding in made.findings), key=lambda problem: problem.line or 0)
    if problems or made.spec is None:
        raise StudyError(problems or [Problem("", "too little of this can be read as a study", file=file)])
    warnings = tuple(_problem(finding, file, positions, changed) for finding in made.warnings)
    return Study(name, file, text, tree, made.spec, warnings, made.scenarios, positions)


def _problem(finding: Finding, file: str | None, positions: dict[Path, Position], changed: set[Path]) -> Problem:
    path = ".".join(str(part) for part in finding.path)
    if any(finding.path[: len(place)] == place for place in changed):
        return Problem(path, finding.rule, finding.value, finding.nearest, None, "--set")
    return Problem(path, finding.rule, finding.value, finding.nearest, _line(finding.path, positions), file)


def _set_problem(finding: Finding) -> Problem:
    return Problem(".".join(str(part) for part in finding.path), finding.rule, finding.value, finding.nearest, None, "--set")


def _read(file: str) -> str:
    try:
        return FilePath(file).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        rule = "there is no such file"
    except IsADirectoryError:
        rule = "is a folder, not a study file"
    except UnicodeDecodeError as error:
        rule = f"is not UTF-8 text (byte {error.start + 1} cannot be read)"
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
    raise StudyError([Problem("", rule, file=file)])


def _parse(file: str, text: str) -> Tree:
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        raise StudyError([Problem("", "is nested too deeply to be a study", file=file)]) from None
    except ValueError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        line = int(place[1]) if place else text.count("\n") + 1 if "end of document" in str(error) else None
        message = str(error)[: place.start()] if place else str(error)
        if message == "Cannot overwrite a value":
            message = "this key is given twice"
        column = f" (column {place[2]})" if place else ""
        raise StudyError([Problem("", f"is not valid TOML: {message[:1].lower()}{message[1:]}{column}", line=line, file=file)]) from None
    if not tree:
        raise StudyError([Problem("", "is empty: a study has at least horizon, money, parties and services", file=file)])
    return tree


def _line(path: Path, positions: Mapping[Path, Position]) -> int | None:
    """The line of a key, else of its nearest parent; a parent that is never written itself stands where its first child does."""
    for depth in range(len(path), 0, -1):
        place = path[:depth]
        if place in positions:
            return positions[place][0]
        below = [position for key, position in positions.items() if key[:depth] == place]
        if below:
            return min(below)[0]
    return None


def _split(path: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in path.split("."))


def _note_order(node: object, path: Path, order: dict[Path, int]) -> None:
    order[path] = len(order)
    items: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, list):
        items = list(enumerate(node))
    for key, value in items:
        _note_order(value, (*path, key), order)


def _plain(node: Any) -> Any:
    """A copy of the tree in the types that a file would give."""
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(value) for value in node]
    return copy.copy(node)
