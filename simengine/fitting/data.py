"""Columns of numbers from a table of texts (CSV, TSV, a sheet); everything wrong in a column is said at once, line by line."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, Literal

from simengine.errors import DataError, Problem

Unit = Literal["fraction", "pct"]

#: What people write where a value is missing.
_MISSING: Final = ("", "na", "n/a", "nan", "null", "none", "-", ".", "#n/a")
_DELIMITERS: Final = ",;\t"
#: Faulty cells that are listed one by one; the rest are counted.
_LISTED: Final = 50
_BLANK_HINT: Final = "--skip-blank leaves such lines out"


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant; None when nothing is near."""
    folded = {other.lower(): other for other in reversed(known)}
    found = get_close_matches(name.strip().lower(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


@dataclass(frozen=True)
class Rows:
    """A table as it stands in the file: header, and per row its line and cells (padded with empty ones)."""

    file: str
    header: tuple[str, ...]
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]

    def place(self, column: str) -> int:
        """Where the column stands; a DataError names the nearest when there is none of that name, or two."""
        if self.header.count(column) > 1:
            raise DataError([Problem(column, "is the name of more than one column", file=self.file, line=1)])
        if column in self.header:
            return self.header.index(column)
        rule = f"is not a column of the file, which has {', '.join(self.header)}"
        raise DataError([Problem(column, rule, nearest=nearest(column, self.header), file=self.file)])

    def texts(self, column: str) -> list[str]:
        """The cells of a column, without blanks around them."""
        at = self.place(column)
        return [row[at].strip() for row in self.cells]


@dataclass(frozen=True)
class Column:
    """Numbers of one column, the lines they stand on, and how many lines were left out because they are blank."""

    file: str
    name: str
    values: tuple[float, ...]
    lines: tuple[int, ...]
    skipped: int = 0


def read_rows(text: str, file: str) -> Rows:
    """The table in a text; a DataError names rows with more cells than the header, or says what is missing."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, tuple(row)) for row in reader]
    except csv.Error as problem:
        raise DataError([Problem("", f"cannot be read as a table: {problem}", file=file)]) from None
    return table_of(rows, file)


def table_of(found: Sequence[tuple[int, tuple[str, ...]]], file: str) -> Rows:
    """The table in rows of texts, each with its line, the first of them the names of the columns; DataError as for ``read_rows``."""
    rows = list(found)
    while rows and not any(cell.strip() for cell in rows[-1][1]):
        rows.pop()
    if not rows:
        raise DataError([Problem("", "the file is empty", file=file)])
    header = tuple(cell.strip() for cell in rows[0][1])
    if all(_number(cell) is not None for cell in header):
        raise DataError([Problem("", "the first line must hold the names of the columns, not numbers", file=file, line=1)])
    if len(rows) == 1:
        raise DataError([Problem("", "there are no values below the names of the columns", file=file)])
    width = len(header)
    long = [
        Problem("", f"has {len(row)} cells where the header has {width} (numbers with thousands separators?)", file=file, line=line)
        for line, row in rows[1:]
        if len(row) > width and any(cell.strip() for cell in row[width:])
    ]
    if long:
        raise DataError(_shortened(long, file))
    # an empty line of a table is no row, unless the table has one column: there it is an empty cell
    kept = [(line, (*row, *[""] * (width - len(row)))[:width]) for line, row in rows[1:] if row or width == 1]
    return Rows(file, header, tuple(line for line, _ in kept), tuple(row for _, row in kept))


def read_column(rows: Rows, name: str | None, *, skip_blank: bool = False, unit: Unit = "fraction") -> Column:
    """Numbers of a column; of the only one when none is named.

    Raises
    ------
    DataError
        When there is no such column, or with every cell of it that is empty, text, or no finite number.
    """
    if name is None:
        if len(rows.header) > 1:
            raise DataError([Problem("", f"name one of the columns: {', '.join(rows.header)}", file=rows.file)])
        name = rows.header[0]
    values, lines, problems = [], [], []
    for line, text in zip(rows.lines, rows.texts(name), strict=True):
        if skip_blank and text.lower() in _MISSING:
            continue
        rule = cell_fault(text)
        if rule is None:
            values.append(value_of(text, unit))
            lines.append(line)
        else:
            problems.append(Problem(name, rule, text or None, line=line, file=rows.file))
    if problems:
        raise DataError(_shortened(problems, rows.file))
    return Column(rows.file, name, tuple(values), tuple(lines), len(rows.lines) - len(values))


def cell_fault(text: str) -> str | None:
    """Why a cell holds no number that can be used; None when it does."""
    if not text:
        return f"is empty; {_BLANK_HINT}"
    if text.lower() in _MISSING:
        return f"is not a number; {_BLANK_HINT}"
    value = _number(text)
    if value is None:
        return _text_fault(text)
    return None if math.isfinite(value) else "must be finite"


def _text_fault(text: str) -> str:
    trials: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("must be a number without the sign %; --unit pct reads percentages", lambda cell: cell.rstrip("%").rstrip()),
        ("must be a number without separators or signs of a currency", lambda cell: cell.replace(",", "").replace(" ", "").lstrip("£$€")),
    )
    for rule, mended in trials:
        if _number(mended(text)) is not None:
            return rule
    return "must be a number, not text"


def value_of(text: str, unit: Unit) -> float:
    """The number in a cell without fault; a percentage as a fraction, exactly (23.4 is 0.234)."""
    return float(Decimal(text).scaleb(-2)) if unit == "pct" else float(text)


def _number(text: str) -> float | None:
    # Python reads 1_000 as a number; no spreadsheet writes one
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def _shortened(problems: list[Problem], file: str) -> list[Problem]:
    """All problems, or the first of them and how many more there are."""
    if len(problems) <= _LISTED:
        return problems
    return [*problems[:_LISTED], Problem("", f"and {len(problems) - _LISTED} more lines of this kind", file=file)]
