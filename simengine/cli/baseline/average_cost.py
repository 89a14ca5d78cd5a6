"""``simrisk baseline average-cost``: a contract's value by activity, one price for all of it (WPB 2.4.4, figure 11)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.average_cost import by_average_cost
from simengine.cli.baseline.lines import SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, contract_value, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (SERVICE, Column("activity", "units a year", needed=True), *WHO)
EXAMPLE = "simrisk baseline average-cost contacts.csv --contract-value 2,500,000 --out services.toml"


@click.command("average-cost", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@contract_value
@makes_lines
def command(
    table: Path,
    *,
    contract_value: Fraction,
    to: Outputs,
) -> None:
    """Give every unit of activity the same price: contract value ÷ total activity. The last option."""
    read = read_table(table, COLUMNS)
    lines = lines_of(read, to.provider)
    with explained(read):
        made = by_average_cost(lines, contract_value)
    show_lines("average-cost", made, to)
