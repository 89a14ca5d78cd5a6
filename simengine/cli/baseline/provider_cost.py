"""``simrisk baseline provider-cost``: a contract's value by what each service costs the provider (WPB 2.4.2, figure 4)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.provider_cost import CostBasis, CostRow, by_provider_cost
from simengine.cli.baseline.lines import ACTIVITY, SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, contract_value, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import MISSING_RULE, Column, epilog, explained, read_table

COLUMNS = (
    SERVICE,
    Column("direct_cost", "provider's direct cost, currency a year; for --cost direct"),
    Column("absorbed_cost", "provider's fully absorbed cost; for --cost absorbed"),
    Column("non_patient_cost", "part of the absorbed cost that is education, research or commercial work, taken out"),
    ACTIVITY,
    *WHO,
)
EXAMPLE = "simrisk baseline provider-cost costs.csv --cost direct --contract-value 500,000 --out services.toml"


@click.command("provider-cost", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@click.option("--cost", type=click.Choice(["direct", "absorbed"]), required=True, help="Which cost the value is allocated by.")
@contract_value
@makes_lines
def command(
    table: Path,
    *,
    cost: CostBasis,
    contract_value: Fraction,
    to: Outputs,
) -> None:
    """Allocate the value of a block contract to its services as the provider's costs fall; the costs are weights only."""
    read = read_table(table, COLUMNS)
    column = f"{cost}_cost"
    lines = lines_of(read, to.provider)
    for row in read.rows:
        if row.maybe(column) is None:
            read.say(column, f"{MISSING_RULE} for --cost {cost}", row)
    away = "non_patient_cost" if cost == "absorbed" else ""
    rows = [CostRow(line, row.number(column), row.number(away)) for line, row in zip(lines, read.rows, strict=True)]
    with explained(read):
        made = by_provider_cost(rows, contract_value, cost)
    show_lines("provider-cost", made, to)
