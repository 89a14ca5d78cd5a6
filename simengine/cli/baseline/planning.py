"""``simrisk baseline planning``: plan, forecast and variance per provider, and where the plan ends against peers (FIX)."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.exact import shown
from simengine.baseline.planning import EndPosition, PlanCell, PlanRow, end_positions, template
from simengine.cli.baseline.report import Outputs, amount_option, makes_table, show_table, table_argument, text_table
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    Column("opportunity", "area of care that the template is for", "text", True),
    Column("year", "label of the year", "text", True),
    Column("unit", "a provider", "text", True),
    Column("plan", "currency", needed=True),
    Column("forecast", "currency"),
    Column("is_total", "yes on a printed total, which is checked and not added", "flag"),
    Column("benchmark", "cost per 1,000 population of the peers, currency; on any row of the opportunity"),
)
EXAMPLE = "simrisk baseline planning template.csv --population 1,695,599 --out variance.csv"


@click.command("planning", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@amount_option("--population", "People, to compare the last year of the plan with the benchmark.")
@makes_table
def command(table: Path, *, population: Fraction | None, to: Outputs) -> None:
    """Sum a planning template over its providers, with the variance of plan and forecast, and where the plan ends against peers."""
    read = read_table(table, COLUMNS)
    cells = []
    for row in read.rows:
        place = row.text("opportunity"), row.text("year"), row.text("unit")
        cells.append(PlanCell(*place, row.number("plan"), row.maybe("forecast"), row.flag("is_total")))
    benchmarks = {row.text("opportunity"): row.number("benchmark") for row in read.rows if row.maybe("benchmark") is not None}
    if population is not None and not benchmarks:
        read.say("benchmark", "is needed on some row of each opportunity for --population")
    with explained(read, key="unit"):
        rows, steps, warnings = template(cells)
        ends, more = end_positions(rows, population, benchmarks) if population is not None else ((), ())
    tables = {"plan": (_rows(rows), lambda: _printed(rows))}
    if ends:
        tables["end_position"] = (_end_rows(ends), lambda: _ends(ends))
    show_table("planning", tables, [*steps, *more], warnings, to)


def _rows(rows: Sequence[PlanRow]) -> list[dict[str, object]]:
    return [
        {
            "opportunity": row.opportunity,
            "year": row.year,
            "unit": row.unit or "total",
            "plan": row.plan,
            "forecast": row.forecast,
            "variance": row.variance,
        }
        for row in rows
    ]


def _printed(rows: Sequence[PlanRow]) -> str:
    lines = []
    for row in rows:
        figures = ["" if value is None else shown(value, 0) for value in (row.plan, row.forecast, row.variance)]
        lines.append([f"{row.opportunity}, {row.year}, {row.unit or 'total'}", *figures])
    return text_table(["planning template", "plan", "forecast", "variance"], lines)


def _end_rows(ends: Sequence[EndPosition]) -> list[dict[str, object]]:
    return [
        {
            "opportunity": end.opportunity,
            "year": end.year,
            "plan_per_1000": end.per_1000,
            "benchmark_per_1000": end.benchmark,
            "variation_per_1000": end.variation,
            "variation_fraction": end.fraction,
        }
        for end in ends
    ]


def _ends(ends: Sequence[EndPosition]) -> str:
    rows = [
        [f"{end.opportunity}, {end.year}", *(shown(value) for value in (end.per_1000, end.benchmark, end.variation, 100 * end.fraction))]
        for end in ends
    ]
    return text_table(["end of the plan", "per 1,000", "benchmark", "variation", "%"], rows)
