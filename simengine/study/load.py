"""Reading a study: TOML to checked, frozen models, every problem at once with file and line."""

import copy
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from simengine.errors import Problem, StudyError
from simengine.study.assemble import Assembled, assemble
from simengine.study.assumption_sets import with_assumptions
from simengine.study.canonical import canonical_text
from simengine.study.check_drivers import UNUSED
from simengine.study.checker import UNKNOWN_NAMES
from simengine.study.import_actuals import add_actuals
from simengine.study.import_rows import read_tables
from simengine.study.imported import Imported, Origin
from simengine.study.imports import fill_values, scale_findings
from simengine.study.line_groups import expand_groups
from simengine.study.model import StudySpec
from simengine.study.overrides import apply_overrides
from simengine.study.positions import Position, key_positions
from simengine.study.programme_terms import with_programmes
from simengine.study.structure import Finding, Path, Tree

_EARLY = ("tables.", "assumptions", "horizon.")
"""Changes of the command line that say which rows and rates there are."""
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
    origins: Mapping[Path, Origin] = field(default_factory=dict, repr=False)
    _begins: dict[str, Position] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], name: str = "study", folder: str | FilePath | None = None) -> "Study":
        """A study built in code from the tree that a file would hold; files that it names are read from ``folder``.

        Raises ``StudyError`` with every problem.
        """
        return _build(name, None, "", _plain(tree), (), None if folder is None else FilePath(folder))

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

    def place(self, path: str) -> tuple[str | None, int | None]:
        """File and line of a key: those of the row that it comes from where a file of rows gave it."""
        origin = self.origins.get(_split(path)[:2])
        return (self.file, self.line(path)) if origin is None else (origin.file, origin.line)

    def position(self, path: str) -> tuple[int, int]:
        """Line and column of a key, to put drivers in the order of the file.

        A key that only scenarios give stands where the first of them gives it; what stands in no file comes last, in the order of the tree.
        """
        place = _split(path)
        if place[:2] in self.origins:
            return self._rows_begin(str(place[0]))
        found = [self.positions[place]] if place in self.positions else []
        if not found:
            found = [self.positions[key] for key in (("scenarios", name, *place) for name in self.scenarios) if key in self.positions]
        return min(found) if found else (UNPLACED, self._tree_order.get(place, UNPLACED))

    @cached_property
    def drivers(self) -> tuple[str, ...]:
        """The path of everything that is drawn, in the study or in one of its scenarios, in the order of the file."""
        from simengine.study.check_drivers import driver_paths

        paths = {path: None for spec in (self.spec, *self.scenarios.values()) for path in driver_paths(spec)}
        order = self._tree_order
        return tuple(sorted(paths, key=lambda path: (self.position(path), order.get(_split(path), UNPLACED))))

    @cached_property
    def digest(self) -> str:
        """The sha256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The text that is the same for all studies which mean the same (``canonical.py``)."""
        return canonical_text(self.tree, self.spec.simulation.sampler, self.drivers)

    def _rows_begin(self, table: str) -> Position:
        """Rows of other files stand after the entries of the study's own file, or where its tables stand: as in the tree."""
        if table not in self._begins:
            own = [found for key, found in self.positions.items() if key[0] == table]
            tables = (found for key, found in self.positions.items() if key[0] == "tables")
            self._begins[table] = max(own) if own else min(tables, default=(UNPLACED, 0))
        return self._begins[table]

    @cached_property
    def _tree_order(self) -> dict[Path, int]:
        order: dict[Path, int] = {}
        _note_order(self.tree, (), order)
        # A driver that only a scenario has comes in the order of the scenarios.
        for path, at in list(order.items()):
            if path[:1] == ("scenarios",):
                order.setdefault(path[2:], at)
        return order


def load_study(path: str | FilePath, overrides: Sequence[str] = (), actuals: str | FilePath | None = None) -> Study:
    """Read and check a study file; ``overrides`` are ``path=value`` changes to it, ``actuals`` a CSV or XLSX file of what was observed.

    Raises ``StudyError`` with every problem that was found.
    """
    file = str(path)
    text = _read(file)
    tree = _parse(file, text)
    added = None if actuals is None else add_actuals(tree, FilePath(actuals))
    try:
        return _build(FilePath(path).stem, file, text, tree, overrides, FilePath(path).parent)
    except StudyError as error:
        # what is wrong with the table that --actuals adds stands nowhere in the study
        of_option = [added is not None and one.file == file and one.path.startswith(f"tables.{added}.") for one in error.problems]
        raise StudyError(
            [replace(one, file="--actuals", line=None) if own else one for one, own in zip(error.problems, of_option, strict=True)]
        ) from None


def _build(name: str, file: str | None, text: str, tree: Tree, overrides: Sequence[str], folder: FilePath | None) -> Study:
    try:
        made, read, changed, set_findings = _resolve(tree, overrides, folder)
    except RecursionError:
        raise StudyError([Problem("", "is nested too deeply to be a study", file=file)]) from None
    at = _Places(file, key_positions(text) if text else {}, changed, read)
    problems = [at.set_problem(finding) for finding in set_findings]
    found = read.findings + made.findings
    problems += sorted(_once(at.problem(finding) for finding in found), key=lambda problem: problem.line or 0)
    if problems or made.spec is None:
        raise StudyError(problems or [Problem("", "too little of this can be read as a study", file=file)])
    warnings = tuple(_once(at.problem(finding) for finding in _unused_rows_together(made.warnings, read.origins)))
    return Study(name, file, text, read.tree, made.spec, warnings, made.scenarios, at.positions, read.origins)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Problems without repetition: a fault of a table shows in each of its rows."""
    return list({str(problem): problem for problem in problems}.values())


def _unused_rows_together(warnings: Sequence[Finding], origins: Mapping[Path, Origin]) -> list[Finding]:
    """Warnings with the rows of a table that nothing uses told in one: many a table holds more than a study needs."""
    unused = [found.path for found in warnings if found.path in origins and found.rule == UNUSED]
    kept = [found for found in warnings if not (found.path in origins and found.rule == UNUSED)]
    for table in dict.fromkeys(origins[path].table for path in unused):
        rows, of = (sum(1 for path in paths if origins[path].table == table) for paths in (unused, origins))
        kept.append(Finding(("tables", table), f"{rows} of its {of} rows are never used: rows = [...] takes those that are"))
    return kept


def _resolve(tree: Tree, overrides: Sequence[str], folder: FilePath | None) -> tuple[Assembled, Imported, set[Path], list[Finding]]:
    """The study with its overrides, files and assumptions, checked; what says which rows and rates there are is changed before the rest."""
    early = [override for override in overrides if override.strip().startswith(_EARLY)]
    findings, changed = apply_overrides(tree, early)
    read = read_tables(tree, folder)
    read.tree, given, unusable = with_assumptions(read.tree)
    read.findings += unusable
    if unusable:
        read.lost += [(table, UNKNOWN_NAMES) for table in ("inflation", "cost_weights", "drivers")]
    further, also_changed = apply_overrides(read.tree, [override for override in overrides if override not in early])
    fill_values(read)
    expand_groups(read)
    programmes = with_programmes(read.tree)
    read.tree = programmes.tree
    read.findings += programmes.findings
    read.lost += programmes.lost
    made = assemble(read.tree, read.lost)
    # What a set holds beyond the needs of the study is no slip.
    made.warnings = [*programmes.warnings, *(warning for warning in made.warnings if warning.path not in given)]
    if made.spec is not None:
        made.findings += scale_findings(read, [made.spec, *made.scenarios.values()])
    return made, read, changed | also_changed, findings + further


@dataclass(frozen=True)
class _Places:
    """Turns findings into problems with file and line: of the study, of ``--set`` or of a file of rows."""

    file: str | None
    positions: dict[Path, Position]
    changed: set[Path]
    read: Imported

    def problem(self, finding: Finding) -> Problem:
        """The problem that a finding is."""
        path, file, line, value = self.read.as_written(finding.path), finding.file, finding.line, finding.value
        if any(path[: len(place)] == place for place in self.changed):
            return self.set_problem(finding)
        origin = self.read.origins.get(path[:2])
        if file is None and origin is not None:
            path, file, line = self._of_row(finding, origin)
            # What holds for all rows is said once, so without the value of one of them.
            value = value if file is not None or path[2:3] in (("set",), ("groups",)) else None
        if file is None:
            file, line = self.file, _line(path, self.positions)
        return Problem(_dotted(path), finding.rule, value, finding.nearest, line, file)

    def _of_row(self, finding: Finding, origin: Origin) -> tuple[Path, str | None, int | None]:
        """What is wrong with a value lies in its row; what is wrong with the table lies in the study, and is said once."""
        path, below = finding.path, finding.path[2:]
        giver = origin.giver(below)
        if giver is not None:
            return giver, None, None
        column = bool(below) and origin.from_column(below)
        if below and finding.rule.startswith("unknown key" if column else "is required"):
            return ("tables", origin.table, "columns", ".".join(str(part) for part in below)), None, None
        return path, origin.file, origin.line

    @staticmethod
    def set_problem(finding: Finding) -> Problem:
        """A problem of a change on the command line."""
        return Problem(_dotted(finding.path), finding.rule, finding.value, finding.nearest, None, "--set")


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


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
