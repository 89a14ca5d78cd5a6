"""``simrisk baseline weighted-activity``: a contract's value by cost-weighted activity (WPB 2.4.4, figure 8)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.cost_weights import WeightedRow, by_weighted_activity
from simengine.cli.baseline.lines import SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, contract_value, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    SERVICE,
    Column("activity", "units a year", needed=True),
    Column("weight", "relative use of resources of one unit", needed=True),
    *WHO,
)
EXAMPLE = "simrisk baseline weighted-activity visits.csv --contract-value 3,000,000 --out services.toml"


@click.command("weighted-activity", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@contract_value
@makes_lines
def command(
    table: Path,
    *,
    contract_value: Fraction,
    to: Outputs,
) -> None:
    """Allocate the value of a service to its kinds of activity by activity × cost weight."""
    read = read_table(table, COLUMNS)
    rows = [WeightedRow(line, row.number("weight")) for line, row in zip(lines_of(read, to.provider), read.rows, strict=True)]
    with explained(read):
        made = by_weighted_activity(rows, contract_value)
    show_lines("weighted-activity", made, to)
