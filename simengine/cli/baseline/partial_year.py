"""``simrisk baseline partial-year``: some months of a year grossed up by the season (WPB 2.2)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.exact import grouped
from simengine.baseline.partial_year import PartialYear, Year, gross_up
from simengine.baseline.working import Line
from simengine.cli.baseline.lines import SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import Column, Row, epilog, explained, read_table

COLUMNS = (
    SERVICE,
    Column("year", "label of the year", "text", True),
    Column("month", "month, or any other part of a year, named alike in every year", "text", True),
    Column("spend", "currency in that month", needed=True),
    Column("activity", "units in that month"),
    *WHO,
)
EXAMPLE = "simrisk baseline partial-year months.csv --year 2017/18 --out services.toml"


@click.command("partial-year", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@click.option("--year", required=True, help="The year that is not complete; every other year of the table is history.")
@makes_lines
def command(
    table: Path,
    *,
    year: str,
    to: Outputs,
) -> None:
    """Gross the known months of a year up to the full year by the seasonal profile of earlier years."""
    read = read_table(table, COLUMNS)
    lines = {line.title: line for line in lines_of(read, to.provider)}
    if read.rows and year not in {row.text("year") for row in read.rows}:
        read.say("year", f"no row is of the year that --year names ({year})")
    seen: set[tuple[str, str, str]] = set()
    for row in read.rows:
        place = (row.text("service"), row.text("year"), row.text("month"))
        if place in seen:
            read.say("month", "stands more than once for its service and year", row)
        seen.add(place)
    by_service = grouped(read.rows, lambda row: row.text("service"))
    rows = [_partial(by_service[title], line, year) for title, line in lines.items()]
    with explained(read):
        made = gross_up(rows)
    show_lines("partial-year", made, to)


def _partial(those: list[Row], line: Line, year: str) -> PartialYear:
    """One line: the months of the year, and the other years as history."""
    earlier = [label for label in dict.fromkeys(row.text("year") for row in those) if label != year]
    history = [_of(those, label, "spend") for label in earlier]
    counts = [found for label in earlier if (found := _of(those, label, "activity"))]
    return PartialYear(
        Line(line.name, line.label, line.provider, line.payer),
        _of(those, year, "spend"),
        history,
        _of(those, year, "activity") or None,
        counts,
    )


def _of(rows: list[Row], year: str, column: str) -> Year:
    found: dict[str, Fraction] = {}
    for row in rows:
        value = row.maybe(column)
        if row.text("year") == year and value is not None:
            found[row.text("month")] = value
    return found
