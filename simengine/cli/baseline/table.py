"""Reading a CSV table: columns by name, cells as exact numbers, and everything that is wrong with it in one report.

Numbers may hold thousands commas and a currency sign ("£1,807,108"). A share or a rate says in its column's name how it is written:
``inflation_pct`` (5) or ``inflation_fraction`` (0.05).
"""

import csv
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

from simengine.cli.output import WrongInput
from simengine.errors import BaselineError, Problem

Kind: TypeAlias = Literal["text", "number", "rate", "flag"]
_NUMBER = re.compile(r"^(-?)\s*[£$€]?\s*(-?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?$")
_FLAGS = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_SUFFIXES = {"_pct": 100, "_fraction": 1}
MISSING_RULE = "is needed"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, what its cells are, whether it must be there and filled, and its meaning for --help."""

    name: str
    meaning: str
    kind: Kind = "number"
    needed: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """The names that the header may have; a rate states its unit."""
        return tuple(self.name + suffix for suffix in _SUFFIXES) if self.kind == "rate" else (self.name,)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, by column name; an empty or absent cell is None."""

    line: int
    cells: Mapping[str, str | Fraction | bool | None]
    written: Mapping[str, str]

    def text(self, column: str) -> str:
        """The text of a cell, empty where there is none."""
        value = self.cells.get(column)
        return value if isinstance(value, str) else ""

    def number(self, column: str, default: Fraction | int = 0) -> Fraction:
        """The number of a cell, ``default`` where there is none."""
        value = self.cells.get(column)
        return value if isinstance(value, Fraction) else Fraction(default)

    def maybe(self, column: str) -> Fraction | None:
        """The number of a cell, None where there is none."""
        value = self.cells.get(column)
        return value if isinstance(value, Fraction) else None

    def flag(self, column: str, default: bool = False) -> bool:
        """The yes or no of a cell."""
        value = self.cells.get(column)
        return value if isinstance(value, bool) else default


@dataclass(slots=True)
class Table:
    """A table as it was read, with the file that it came from."""

    path: Path
    columns: Sequence[Column]
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def say(self, column: str, rule: str, row: Row | None = None, nearest: str | None = None) -> None:
        """Add one problem, at a row or at the header."""
        value = None if row is None else row.written.get(column)
        self.problems.append(Problem(column, rule, value or None, nearest, None if row is None else row.line, str(self.path)))


def epilog(example: str, *tables: tuple[str, Sequence[Column]]) -> str:
    """The end of a method's --help: the columns of each of its tables, and an example."""
    parts = []
    for name, columns in tables:
        lines = [f"  {'|'.join(one.headers)}{'' if one.needed else ' (optional)'}: {one.meaning}" for one in columns]
        parts.append("\n".join(["\b", f"Columns of {name}:", *lines]))
    return "\n\n".join([*parts, "\n".join(["\b", "Example:", *(f"  {line}" for line in example.splitlines())])])


@contextmanager
def explained(*tables: Table, key: str = "service") -> Iterator[None]:
    """The problems of the tables so far, and the faults that a method finds inside, as problems of the files."""
    stop(*tables)
    try:
        yield
    except BaselineError as error:
        raise located(error, tables, key) from None


def read_table(path: Path, columns: Sequence[Column], refused: Mapping[str, str] | None = None) -> Table:
    """Read a table, or raise WrongInput with everything that is wrong with it.

    ``refused`` maps names of columns to the reason why what they hold is never used.
    """
    table = Table(path, columns)
    lines = _lines(path)
    if not lines:
        raise WrongInput(problems=[Problem("", "is empty: a header and at least one row are needed", file=str(path))])
    header = [name.strip().lower().replace(" ", "_") for name in lines[0][1]]
    places = _places(table, header, refused or {})
    for number, cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            _read_row(table, number, cells, places)
    if not table.rows and not table.problems:
        table.say("", "has a header but no rows")
    stop(table)
    return table


def stop(*tables: Table) -> None:
    """Raise WrongInput where any of the tables has problems."""
    problems = [problem for table in tables for problem in table.problems]
    if problems:
        raise WrongInput(problems=problems)


def located(error: BaselineError, tables: Sequence[Table], key: str = "service") -> WrongInput:
    """The faults of a method as problems of the files: the first row that a fault names, else its column, else an option."""
    problems = []
    for name, column, rule in error.faults:
        problem = None
        for table in tables:
            known = {one.name for one in table.columns}
            row = next((row for row in table.rows if name and name in (row.text(key), *map(str, row.written.values()))), None)
            if row is not None or column in known:
                written = None if row is None else next((row.written[h] for h in _headers(table, column) if h in row.written), None)
                path = column if row is not None and column in known else ": ".join(part for part in (name, column) if part)
                problem = Problem(path, rule, written or None, None, None if row is None else row.line, str(table.path))
            if row is not None:
                break
        options = f"--{column.replace('_', '-')}" if column and not name else ": ".join(part for part in (name, column) if part)
        problems.append(problem or Problem(options, rule))
    return WrongInput(problems=problems)


def _headers(table: Table, column: str) -> tuple[str, ...]:
    return next((one.headers for one in table.columns if one.name == column), ())


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The lines of the file that are not comments, with their numbers; the separator is the one that the header uses."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise WrongInput(problems=[Problem("", "there is no such file", file=str(path))]) from None
    except UnicodeDecodeError:
        raise WrongInput(problems=[Problem("", "is not a text file in UTF-8", file=str(path))]) from None
    except OSError as problem:
        raise WrongInput(problems=[Problem("", (problem.strerror or str(problem)).lower(), file=str(path))]) from None
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = max((",", ";", "\t"), key=first.count)
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
        return [(reader.line_num, cells) for cells in reader if any(cells) and not cells[0].startswith("#")]
    except csv.Error as problem:
        raise WrongInput(problems=[Problem("", f"is not a CSV table: {problem}", file=str(path))]) from None


def _places(table: Table, header: Sequence[str], refused: Mapping[str, str]) -> dict[int, tuple[Column, str]]:
    """Where each column stands: {index: (column, its header)}; unknown, refused, repeated and missing columns are problems."""
    by_header = {name: column for column in table.columns for name in column.headers}
    places: dict[int, tuple[Column, str]] = {}
    for index, name in enumerate(header):
        column = by_header.get(name)
        reason = next((text for word, text in refused.items() if name in (word, f"{word}_pct", f"{word}_fraction")), None)
        if reason is not None:
            table.say(name, reason)
        elif column is None:
            bare = next((one for one in table.columns if one.name == name), None)
            if bare is not None:
                table.say(name, f"must state its unit: {' or '.join(bare.headers)}")
            elif name:
                close = difflib.get_close_matches(name, list(by_header), n=1)
                table.say(name, "is no column of this table", None, close[0] if close else None)
        elif any(column.name == other.name for other, _ in places.values()):
            table.say(name, "stands more than once")
        else:
            places[index] = (column, name)
    there = {column.name for column, _ in places.values()}
    for column in table.columns:
        if column.needed and column.name not in there and column.name not in header:
            table.say(" or ".join(column.headers), "column is missing")
    return places


def _read_row(table: Table, number: int, cells: Sequence[str], places: Mapping[int, tuple[Column, str]]) -> None:
    written = {name: cells[index].strip() for index, (_, name) in places.items() if index < len(cells)}
    read: dict[str, str | Fraction | bool | None] = {}
    row = Row(number, read, written)
    if len(cells) > max(places, default=0) + 1 and any(cell.strip() for cell in cells[max(places, default=0) + 1 :]) and not table.problems:
        table.say("", "has more cells than the header: quote numbers with thousands commas", row)
    for column, name in places.values():
        text = written.get(name, "")
        if not text:
            read[column.name] = None
            if column.needed:
                table.say(name, MISSING_RULE, row)
        elif column.kind == "text":
            read[column.name] = text
        elif column.kind == "flag":
            read[column.name] = _FLAGS.get(text.lower())
            if text.lower() not in _FLAGS:
                table.say(name, "must be yes or no", row)
        else:
            read[column.name] = _number(table, row, column, name, text)
    table.rows.append(row)


def _number(table: Table, row: Row, column: Column, name: str, text: str) -> Fraction | None:
    found = _NUMBER.match(text)
    if found is None or not (found[3] or found[4]) or (found[1] and found[2]):
        percent = column.kind == "rate" and text.endswith("%")
        table.say(name, f"must be a plain number; its unit is in the column's name ({name})" if percent else "must be a number", row)
        return None
    sign = -1 if found[1] or found[2] else 1
    value = sign * Fraction((found[3] or "0").replace(",", "") + (found[4] or ""))
    if column.kind != "rate":
        return value
    suffix = next(suffix for suffix in _SUFFIXES if name.endswith(suffix))
    return value / _SUFFIXES[suffix]
