"""A CSV file (or a sheet of an XLSX file) as a header and rows of text, each with its line; numbers read from it one by one."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path as FilePath

from simengine.study.distribution_keys import nearest

SCALES = {"fraction": 1.0, "pct": 100.0}
"""What a number of a column is divided by."""


@dataclass(frozen=True)
class CsvTable:
    """Header and rows of a file; ``file`` as messages name it."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def column_fault(self, name: str) -> tuple[str, str | None] | None:
        """Why ``name`` is not one column of the file, and the nearest that is; None when it is one."""
        count = self.header.count(name)
        if count == 1:
            return None
        if count > 1:
            return f"is the name of {count} columns of {self.file}", None
        named = [column for column in self.header if column]
        return f"is not a column of {self.file}", nearest(name, named)

    def cell(self, row: tuple[str, ...], column: str) -> str:
        """What stands in a column of a row, without blanks around it; nothing where the row is shorter."""
        at = self.header.index(column)
        return row[at].strip() if at < len(row) else ""


def read_table(path: FilePath, shown: str, sheet: str | None = None) -> CsvTable | tuple[str, int | None]:
    """Read a CSV or XLSX file, ``shown`` in messages; what is wrong with it, and on which line, when it cannot be read."""
    suffix = path.suffix.lower()
    if suffix in (".xls", ".xlsb", ".ods"):
        return f"not yet: {suffix[1:].upper()} files are not read; save the sheet as XLSX or CSV", None
    if suffix not in (".xlsx", ".xlsm"):
        return read_csv(path, shown) if sheet is None else ("has no sheets: sheet is for an XLSX file", None)
    from simengine.study.xlsx_table import read_sheet

    content = _bytes(path)
    if not isinstance(content, bytes):
        return content
    rows = read_sheet(content, sheet)
    return (rows, None) if isinstance(rows, str) else _table(shown, rows)


def read_csv(path: FilePath, shown: str) -> CsvTable | tuple[str, int | None]:
    """Read a CSV file, ``shown`` in messages; what is wrong with it, and on which line, when it cannot be read."""
    text = _text(path)
    if isinstance(text, tuple):
        return text
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    line = 1
    try:
        for read in reader:
            rows.append((line, tuple(read)))
            line = reader.line_num + 1
    except csv.Error as error:
        return f"is not a CSV file: {error}", line
    return _table(shown, rows)


def _table(shown: str, rows: list[tuple[int, tuple[str, ...]]]) -> CsvTable | tuple[str, int | None]:
    """Header and rows, blank ones left out."""
    rows = _without_blank(rows)
    if not rows:
        return "is empty: a table has a header line", None
    header = tuple(cell.strip() for cell in rows[0][1])
    for at, cells in rows[1:]:
        if len(cells) > len(header):
            return f"has {len(cells)} values in a row under a header of {len(header)}: put text with commas in double quotes", at
    return CsvTable(shown, header, tuple(rows[1:]))


def _without_blank(rows: list[tuple[int, tuple[str, ...]]]) -> list[tuple[int, tuple[str, ...]]]:
    """The rows that hold something; in a file of one column a blank line between them is an empty cell."""
    filled = [at for at, (_, cells) in enumerate(rows) if any(cell.strip() for cell in cells)]
    if not filled or len(rows[filled[0]][1]) > 1:
        return [rows[at] for at in filled]
    return rows[filled[0] : filled[-1] + 1]


def _text(path: FilePath) -> str | tuple[str, None]:
    content = _bytes(path)
    if isinstance(content, tuple):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 text (byte {error.start + 1} cannot be read)", None


def _bytes(path: FilePath) -> bytes | tuple[str, None]:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        rule = "there is no such file"
    except IsADirectoryError:
        rule = "is a folder, not a file"
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
    except ValueError as error:
        rule = f"cannot be read: {error}"
    return rule, None


def number_in(text: str) -> float | str:
    """The number that a cell holds; what stands there instead, in words, when it holds none."""
    if not text:
        return "nothing"
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return f'"{text}"'
    return value if math.isfinite(value) else f'"{text}"'
