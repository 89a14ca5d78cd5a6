"""``simrisk baseline reference-cost``: a contract's value by national or benchmark unit costs (WPB 2.4.4, figures 9 and 10)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.reference_cost import Mean, PeerCost, ReferenceRow, by_benchmark, by_reference_cost
from simengine.cli.baseline.lines import SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, contract_value, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    SERVICE,
    Column("activity", "units a year", needed=True),
    Column("unit_cost", "national average unit cost, currency; not with --benchmark"),
    Column("cost", "instead: activity × the unrounded unit cost, currency"),
    *WHO,
)
PEERS = (
    Column("service", "as in TABLE", "text", True),
    Column("peer", "provider of the benchmark", "text", True),
    Column("unit_cost", "its reference cost of a unit, currency", needed=True),
    Column("activity", "its units a year, for --mean volume"),
)
EXAMPLE = """\
simrisk baseline reference-cost visits.csv --contract-value 3,000,000
simrisk baseline reference-cost visits.csv --contract-value 3,000,000 --benchmark peers.csv --mean volume"""


@click.command("reference-cost", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS), ("the benchmark", PEERS)))
@table_argument
@contract_value
@click.option("--benchmark", type=click.Path(path_type=Path), help="Unit costs of benchmark providers, instead of national ones.")
@click.option("--mean", type=click.Choice(["plain", "volume"]), help="Mean over the benchmark: plain, or weighted by volume.")
@makes_lines
def command(
    table: Path,
    *,
    contract_value: Fraction,
    benchmark: Path | None,
    mean: Mean | None,
    to: Outputs,
) -> None:
    """Price activity at reference unit costs, scaled so that the whole is worth the contract and no more."""
    if (benchmark is None) != (mean is None):
        message = "--benchmark and --mean belong together"
        raise click.UsageError(message)
    read = read_table(table, COLUMNS)
    lines = lines_of(read, to.provider)
    if benchmark is not None and mean is not None:
        peers = read_table(benchmark, PEERS)
        costs = [PeerCost(row.text("service"), row.text("peer"), row.number("unit_cost"), row.maybe("activity")) for row in peers.rows]
        with explained(peers, read):
            made = by_benchmark(lines, costs, contract_value, mean)
    else:
        rows = [ReferenceRow(line, row.maybe("unit_cost"), row.maybe("cost")) for line, row in zip(lines, read.rows, strict=True)]
        with explained(read):
            made = by_reference_cost(rows, contract_value)
    show_lines("reference-cost", made, to)
