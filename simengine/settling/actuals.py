"""Reads actuals: a CSV or XLSX file or a data frame, row by row; rows that cannot be read are told with line, column, value and rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from simengine.errors import DataError, Problem
from simengine.settling.actual import Actual, Line
from simengine.settling.cells import Fault
from simengine.settling.columns import REQUIRED, check_header, party_of
from simengine.study.csv_table import CsvTable, read_table

_PREFIXES = {"quality_": "scores", "revenue_": "revenues", "unearned_ips_": "unearned"}
_PLAIN = (
    "programme",
    "performance_year",
    "agreement_start",
    "revenue_category",
    "population",
    "quality",
    "quality_met",
    "alternative_quality_met",
    "pool_cap",
    "revenue",
    "guardrail",
    "proration",
    "adjustment",
)


@dataclass
class Row:
    """One row as read: its line, its values by column, and what was wrong with it."""

    line: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Read:
    """Contracts' years that can be settled, and the problems of the others; ``unsound``: contract, year and line of those."""

    file: str
    cases: list[Actual]
    errors: list[Problem]
    warnings: list[Problem]
    unsound: list[tuple[str, str, int]]


def table_of(actuals: str | Path | Any) -> CsvTable:
    """The header and rows of a file or of a data frame; raises DataError where a file cannot be read."""
    if hasattr(actuals, "columns") and hasattr(actuals, "itertuples"):
        header = tuple(str(name).strip() for name in actuals.columns)
        rows = tuple((at, tuple(map(_text, row))) for at, row in enumerate(actuals.itertuples(index=False, name=None), start=1))
        return CsvTable("actuals", header, rows)
    path = Path(actuals)
    read = read_table(path, str(path))
    if isinstance(read, tuple):
        raise DataError([Problem("", read[0], line=read[1], file=str(path))])
    return read


def _text(value: object) -> str:
    """A value of a data frame as a cell of a file; nothing for what is missing."""
    if value is None or value != value or type(value).__name__ in ("NaTType", "NAType"):
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value).strip()


def read_actuals(table: CsvTable, parties: Sequence[str]) -> Read:
    """The contracts' years of a table; raises DataError where its header does not do."""
    header, problems, warnings = check_header(table.header, table.file, parties)
    if problems:
        raise DataError(problems)
    rows = [_row(table, line, cells, header.readers) for line, cells in table.rows]
    _mark_twice(table.file, rows)
    made = Read(table.file, [], [problem for row in rows for problem in row.problems], warnings, [])
    for group in _grouped(rows):
        line, contract, year = group[0].line, group[0].values.get("contract", ""), group[0].values.get("year", "")
        case = None if any(row.problems for row in group) else _case(table.file, group)
        if isinstance(case, Actual):
            made.cases.append(case)
        else:
            made.errors += case or []
            made.unsound.append((contract, year, line))
    return made


def _row(table: CsvTable, line: int, cells: Sequence[str], readers: Mapping[str, Any]) -> Row:
    row = Row(line, {})
    for column, cell in zip(table.header, cells, strict=False):
        text = cell.strip()
        if not text or column not in readers:
            continue
        value = readers[column](text)
        if isinstance(value, Fault):
            row.problems.append(Problem(column, value.rule, text, value.nearest, line, table.file))
        else:
            row.values[column] = value
    if "year" in row.values:
        row.values["year"] = _year_label(row.values["year"])
    given = {name for name, text in zip(table.header, cells, strict=False) if text.strip()}
    row.problems += [Problem(name, "is required", line=line, file=table.file) for name in REQUIRED if name not in given]
    return row


def _year_label(text: str) -> str:
    """The label of a year; a year that went through a column of numbers (2016.0) is that year."""
    return text[:4] if len(text) == 6 and text.endswith(".0") and text[:4].isdigit() else text


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.values.get(name) for name in ("contract", "year", "programme", "service"))


def _mark_twice(file: str, rows: Sequence[Row]) -> None:
    """Rows of the same contract and year (and programme and service): none of them can be settled, as nobody can say which is right."""
    seen: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if "contract" in row.values and "year" in row.values:
            seen.setdefault(_key(row)[:3], []).append(row)
    for same in seen.values():
        services = [row.values.get("service") for row in same]
        for row, service in zip(same, services, strict=True):
            twins = [other for other, name in zip(same, services, strict=True) if name == service or None in (name, service)]
            others = ", ".join(str(other.line) for other in twins if other is not row)
            if others:
                rule = f"is on line {others} as well with this year (and programme and service)"
                row.problems.append(Problem("contract", rule, row.values["contract"], line=row.line, file=file))


def _grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each contract, year and programme together: rows of a contract's year with a service are its lines."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = _key(row)[:3]
        groups.setdefault(key if "service" in row.values and "contract" in row.values else (*key, row.line), []).append(row)
    return list(groups.values())


def _case(file: str, rows: Sequence[Row]) -> Actual | list[Problem]:
    """One contract's year; what its lines state of the year as a whole has to be the same in all of them."""
    whole: dict[str, Any] = {}
    problems = []
    for row in rows:
        for column, value in row.values.items():
            if column in ("baseline", "outturn", "service", "completion") or column.startswith(("paid_", "outturn_")):
                continue
            if whole.setdefault(column, value) != value:
                rule = f"is {whole[column]} on line {rows[0].line}: the lines of one contract's year share it"
                problems.append(Problem(column, rule, str(value), line=row.line, file=file))
    if problems:
        return problems
    named: dict[str, Any] = {name: {} for name in _PREFIXES.values()}
    for column, value in whole.items():
        place = party_of(column)
        if place is not None:
            named[_PREFIXES[place[0]]][place[1]] = value
    msr = whole.get("msr")
    named |= {name: whole.get(name) for name in _PLAIN}
    return Actual(
        rows[0].line,
        whole["contract"],
        whole["year"],
        tuple(_line(row) for row in rows),
        msr=None if isinstance(msr, str) else msr,
        size_table=isinstance(msr, str),
        **named,
    )


def _line(row: Row) -> Line:
    """Baseline and outturn of a row; an outturn of which only a part is known counts as what the whole comes to."""
    complete = row.values.get("completion", Decimal(1))
    starts: dict[str, dict[str, Decimal]] = {start: {} for start in ("paid_", "outturn_")}
    for column, value in row.values.items():
        place = party_of(column)
        if place is not None and place[0] in starts:
            starts[place[0]][place[1]] = value / complete if place[0] == "outturn_" else value
    baseline, outturn = row.values["baseline"], row.values["outturn"] / complete
    return Line(row.values.get("service", ""), baseline, outturn, starts["paid_"], starts["outturn_"])
