"""``simrisk baseline variation``: cost per 1,000 population against a benchmark, opportunities ranked (FIX; HFMA exhibit 5)."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.exact import shown
from simengine.baseline.variation import GroupCost, Variation, compare, impact_table
from simengine.cli.baseline.lines import lines_of
from simengine.cli.baseline.report import Outputs, amount_option, makes_impacts, show_table, table_argument, text_table
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    Column("group", "group of care, such as a chapter of diagnoses", "text", True),
    Column("cost", "the system's cost, currency a year", needed=True),
    Column("benchmark", "the benchmark's cost per 1,000 population, currency", needed=True),
    Column("activity", "units a year, for the unit cost"),
    Column("key", "key of the service line in the study, for the impacts", "text"),
)
EXAMPLE = "simrisk baseline variation groups.csv --population 1,695,599 --scheme variation --largest 5 --out impact.toml"


@click.command("variation", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@amount_option("--population", "People whom the costs are for.", required=True)
@click.option("--benchmark", "peers", default="the benchmark", metavar="TEXT", help="Whose figures the benchmark is, for the source.")
@click.option("--largest", type=click.IntRange(1), metavar="N", help="Only the N largest opportunities among the impacts.")
@makes_impacts
def command(table: Path, *, population: Fraction, peers: str, scheme: str | None, largest: int | None, to: Outputs) -> None:
    """Compare cost per 1,000 population with a benchmark and rank the opportunities by what they are worth."""
    read = read_table(table, COLUMNS)
    lines = lines_of(read, None, "group")
    rows = [GroupCost(line, row.number("cost"), row.number("benchmark")) for line, row in zip(lines, read.rows, strict=True)]
    with explained(read, key="group"):
        found, steps = compare(rows, population)
    impact = impact_table(found, scheme, peers, largest) if scheme else None
    show_table("variation", {"groups": (_rows(found), lambda: _printed(found))}, steps, [], to, impact)


def _rows(found: Sequence[Variation]) -> list[dict[str, object]]:
    return [
        {
            "group": one.line.title,
            "cost": one.cost,
            "cost_per_1000": one.per_1000,
            "benchmark_per_1000": one.benchmark,
            "variation_per_1000": one.variation,
            "variation_fraction": one.fraction,
            "unit_cost": one.unit_cost,
            "opportunity": one.opportunity,
            "rank": one.rank or None,
            "impact": one.impact,
        }
        for one in found
    ]


def _printed(found: Sequence[Variation]) -> str:
    header = ["group", "per 1,000", "benchmark", "variation", "%", "opportunity", "rank"]
    rows = []
    for one in found:
        percent = "" if one.fraction is None else shown(100 * one.fraction)
        figures = [shown(one.per_1000), shown(one.benchmark), shown(one.variation), percent, shown(one.opportunity, 0)]
        rows.append([one.line.title, *figures, str(one.rank or "")])
    return text_table(header, rows)
