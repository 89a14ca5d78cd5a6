"""What a study takes from other files, while it is being read: the tree with the files in place, what was wrong, where things come from."""

from dataclasses import dataclass, field
from pathlib import Path as FilePath

from simengine.study.csv_table import CsvTable, read_table
from simengine.study.structure import Finding, Path, Tree

_ABSENT = "a study built in code has no folder: give folder= to read files"


@dataclass(frozen=True)
class Origin:
    """Where an imported entry comes from: its table, the file and the line of its row."""

    table: str
    file: str
    line: int
    columns: tuple[str, ...]
    constants: tuple[str, ...]
    group: str | None = None
    shared: tuple[str, ...] = ()
    """The group of the row, as the study names it, and the keys that its group gives."""
    empty: tuple[str, ...] = ()
    """Columns in which the row has nothing."""

    def giver(self, path: Path) -> Path | None:
        """The place in the study that gives a key of this row (all keys below row and name); None where its own cell does."""
        below = ".".join(str(part) for part in path)
        if _touches(self.columns, below):
            return None
        if self.group is not None and _touches(self.shared, below):
            return ("tables", self.table, "groups", self.group, *path)
        return ("tables", self.table, "set", *path) if _touches(self.constants, below) else None

    def from_column(self, path: Path) -> bool:
        """Whether a column of the row's table is for this part of the row, filled or empty."""
        return _touches((*self.columns, *self.empty), ".".join(str(part) for part in path))


def _touches(keys: tuple[str, ...], path: str) -> bool:
    """Whether a dotted path is one of the keys, or lies below one."""
    return any(path == key or path.startswith(f"{key}.") for key in keys)


@dataclass
class Imported:
    """A study tree with its files read in: what was wrong with them, and where things come from.

    ``lost`` are parts of the tree that could not be read; ``unscaled`` numbers from columns without a scale, with the key that is missing.
    ``expanded`` are lists of lines that named groups, with the place in the list as written of every line; ``expanded_keys`` the same
    of tables.
    """

    tree: Tree
    folder: FilePath | None
    findings: list[Finding] = field(default_factory=list)
    lost: list[Path] = field(default_factory=list)
    origins: dict[Path, Origin] = field(default_factory=dict)
    unscaled: dict[Path, Path] = field(default_factory=dict)
    expanded: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    expanded_keys: dict[Path, Path] = field(default_factory=dict)
    _files: dict[tuple[str, str | None], CsvTable | tuple[str, int | None]] = field(default_factory=dict)

    def say(self, path: Path, rule: str, value: object = None, near: str | None = None) -> None:
        """Report a problem in the study file."""
        self.findings.append(Finding(path, rule, value, near))

    def as_written(self, path: Path) -> Path:
        """The place in the study file of a part of the tree: of a line that a group brought, where the group stands."""
        for place, numbers in self.expanded.items():
            number = path[len(place)] if path[: len(place)] == place and len(path) > len(place) else None
            if isinstance(number, int):
                return (*place, numbers[number], *path[len(place) + 1 :])
        for key, group in self.expanded_keys.items():
            if path[: len(key)] == key:
                return (*group, *path[len(key) :])
        return path

    def table_at(self, path: Path, file: object, sheet: str | None = None) -> CsvTable | None:
        """The file that the study names at ``path``; None, with a problem, when it cannot be read."""
        if not isinstance(file, str):
            self.say(path, "must be text", file if isinstance(file, bool | int | float) else None)
            return None
        if self.folder is None:
            self.say(path, _ABSENT, file)
            return None
        if (file, sheet) not in self._files:
            self._files[file, sheet] = read_table(self.folder / file, str(self.folder / file), sheet)
        found = self._files[file, sheet]
        if isinstance(found, CsvTable):
            return found
        rule, line = found
        shown = str(self.folder / file) if line is not None else None
        self.findings.append(Finding(path, rule, file, file=shown, line=line))
        return None
