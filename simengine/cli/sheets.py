"""Tables for people: one description of the columns, printed, or written as CSV or XLSX. Money is written in the study's unit of money.

``pence`` and ``rate`` are decimal numbers: money in the currency to the penny, and fractions (printed in percent).
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias

import click

from simengine.cli.figures import money, probability
from simengine.cli.output import WrongInput
from simengine.results.whole_file import write_whole

Kind: TypeAlias = Literal["text", "money", "price", "number", "whole", "ratio", "chance", "pence", "rate"]
Row: TypeAlias = Mapping[str, object]
ENDINGS = (".csv", ".xlsx")
_FORMATS = {"money": "#,##0.000", "price": "#,##0.00", "number": "#,##0.0", "whole": "0", "ratio": "0.00", "chance": "0.0%"}
_FORMATS |= {"pence": "#,##0.00", "rate": "0.000000%"}
#: Characters of a column of a workbook that is still read without scrolling, and of a text and of a line of a header in print.
_WIDEST, _PRINTED, _HEADER = 60, 28, 14


@dataclass(frozen=True)
class Column:
    """A column: its key in a row, its header, what it holds, and what further it needs.

    ``error`` is the key of the standard error, ``missing`` the text where there is no value. Of what is written, only columns that are
    ``printed`` are seen on a terminal, and of a long text no more than its beginning if ``short``.
    """

    key: str
    header: str
    kind: Kind = "text"
    error: str | None = None
    missing: str = ""
    short: bool = True
    printed: bool = True


@dataclass(frozen=True)
class Sheet:
    """A table; ``scale`` is the currency in one unit of money."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    scale: float = 1.0

    def cell(self, row: Row, column: Column) -> object:
        """A value as it is written: money in its unit, what is not a number left out."""
        value = row.get(column.key)
        if column.kind == "text":
            return column.missing if value is None else str(value)
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, float | int) or not math.isfinite(value):
            return None
        if column.kind == "whole":
            return int(value)
        return float(value) / self.scale if column.kind == "money" else float(value)


def out_option(function: Any) -> Any:
    """``--out``: a file that ends in .csv or .xlsx."""
    text = "Write the table to a file: .csv, or .xlsx (needs the extra simrisk[xlsx])."
    return click.option("--out", type=click.Path(path_type=Path, dir_okay=False), callback=_file, metavar="FILE", help=text)(function)


def _file(_context: click.Context, _option: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in ENDINGS:
        message = f"'{value}' must end in {' or '.join(ENDINGS)}."
        raise click.BadParameter(message)
    if value is not None and value.suffix.lower() == ".xlsx":
        _workbooks()
    return value


def _workbooks() -> Any:
    """The package that writes workbooks, which is an extra."""
    try:
        import xlsxwriter
    except ImportError:
        message = "writing XLSX needs the package XlsxWriter: pip install 'simrisk[xlsx]', or give --out a name that ends in .csv"
        raise click.BadParameter(message) from None
    return xlsxwriter


def write_sheets(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write one sheet as CSV, or all of them as a workbook, at once or not at all; raises ResultError where that cannot be done."""
    if path.suffix.lower() == ".xlsx":
        content = _workbook(sheets)
    elif len(sheets) == 1:
        content = _csv(sheets[0]).encode()
    else:
        message = "a CSV file holds one table: ask for one, or give --out a name that ends in .xlsx"
        raise WrongInput(message)
    write_whole(path, content)


def _csv(sheet: Sheet) -> str:
    """Numbers in full; an empty cell where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.header for column in sheet.columns])
    for row in sheet.rows:
        cells = [sheet.cell(row, column) for column in sheet.columns]
        writer.writerow(["" if value is None else f"{value:f}" if isinstance(value, Decimal) else value for value in cells])
    return out.getvalue()


def _workbook(sheets: Sequence[Sheet]) -> bytes:
    out = io.BytesIO()
    book = _workbooks().Workbook(out, {"in_memory": True})
    bold, wrapped = book.add_format({"bold": True, "text_wrap": True, "valign": "top"}), book.add_format({"valign": "top"})
    formats = {kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in _FORMATS.items()}
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for place, column in enumerate(sheet.columns):
            page.write_string(0, place, column.header, bold)
            cells = [sheet.cell(row, column) for row in sheet.rows]
            for line, value in enumerate(cells, start=1):
                if isinstance(value, float | int | Decimal):
                    page.write_number(line, place, float(value), formats[column.kind])
                elif value is not None:
                    # as text, whatever it begins with: a label is no formula
                    page.write_string(line, place, str(value), wrapped)
            texts = [len(value) for value in cells if isinstance(value, str)]
            page.set_column(place, place, min(max([len(column.header) / 2, 12, *texts]), _WIDEST))
    book.close()
    return out.getvalue()


def sheet_text(sheet: Sheet) -> str:
    """The sheet as columns of text: texts to the left, figures to the right with the digits that their error supports."""
    columns = [column for column in sheet.columns if column.printed]
    # a column that says nothing of any row is left out
    columns = [column for column in columns if not sheet.rows or any(_printed(sheet, row, column) for row in sheet.rows)]
    rows = [[_printed(sheet, row, column) for column in columns] for row in sheet.rows]
    headers = [_folded(column.header) for column in columns]
    deepest = max(len(header) for header in headers)
    above = [[""] * (deepest - len(header)) + header for header in headers]
    table = [[header[line] for header in above] for line in range(deepest)] + rows
    widths = [max(len(row[k]) for row in table) for k in range(len(columns))]
    lines = []
    for row in table:
        cells = [
            f"{text:<{width}}" if column.kind == "text" else f"{text:>{width}}"
            for text, width, column in zip(row, widths, columns, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _folded(header: str) -> list[str]:
    """A header on several lines, so that a column of figures is no wider than they are."""
    lines = [""]
    for word in header.replace(" (", "\0(").split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _HEADER:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [part for line in lines for part in line.split("\0")]


def _short(text: str) -> str:
    return text if len(text) <= _PRINTED else f"{text[: _PRINTED - 1].rstrip()}…"


def _printed(sheet: Sheet, row: Row, column: Column) -> str:
    value, given = sheet.cell(row, column), row.get(column.key)
    if column.kind != "text" and isinstance(given, str):
        return given
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if column.kind == "pence" else f"{value * 100:.4f}".rstrip("0").rstrip(".") + " %"
    if column.kind == "text" or not isinstance(value, float):
        return "" if value is None else _short(str(value)) if column.short else str(value)
    stated = row.get(column.error or "")
    error = float(stated) if isinstance(stated, float | int) and math.isfinite(stated) else None
    if column.kind == "money":
        return money(value, None if error is None else error / sheet.scale)
    if column.kind == "chance":
        return probability(value, math.nan if error is None else error)
    return f"{value:,.2f}" if column.kind in ("price", "ratio") else f"{value:,.1f}"
