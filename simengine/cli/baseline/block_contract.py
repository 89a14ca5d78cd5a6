"""``simrisk baseline block-contract``: a contract schedule, its overheads reallocated to the care services (WPB 2.4.2, figure 3)."""

from pathlib import Path

import click

from simengine.baseline.block_contract import ScheduleRow, Split, split_overheads
from simengine.baseline.totals import check_total
from simengine.baseline.working import Baseline
from simengine.cli.baseline.lines import ACTIVITY, SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import Column, Row, Table, epilog, explained, read_table

ROLES = ("service", "overhead", "subtotal", "total")
COLUMNS = (
    SERVICE,
    Column("value", "value in the schedule, currency a year", needed=True),
    Column("role", f"{', '.join(ROLES)}; default service. A (sub)total is checked, never added", "text"),
    Column("driver", "units of the cost driver, such as WTE"),
    Column("provider_cost", "provider's cost of the service, for a sense check"),
    ACTIVITY,
    *WHO,
)
EXAMPLE = "simrisk baseline block-contract schedule.csv --by driver --provider trust --out services.toml"


@click.command("block-contract", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@click.option("--by", type=click.Choice(["driver", "schedule", "equal"]), required=True, help="How the overheads are split.")
@makes_lines
def command(table: Path, *, by: Split, to: Outputs) -> None:
    """Reallocate the overheads of a block contract's schedule (such as "Admin") to its care services."""
    read = read_table(table, COLUMNS)
    lines = lines_of(read, to.provider)
    for row in read.rows:
        if row.text("role") and row.text("role").lower() not in ROLES:
            read.say("role", f"must be one of {', '.join(ROLES)}", row)
    rows = [
        ScheduleRow(line, row.number("value"), _role(row) == "overhead", row.maybe("driver"), row.maybe("provider_cost"))
        for line, row in zip(lines, read.rows, strict=True)
        if _role(row) in ("service", "overhead")
    ]
    with explained(read):
        made = split_overheads(rows, by)
    warnings = (*made.warnings, *_totals(read))
    show_lines("block-contract", Baseline(made.services, made.working, warnings), to)


def _role(row: Row) -> str:
    return row.text("role").lower() or "service"


def _totals(table: Table) -> list[str]:
    """What is wrong with the printed totals of the schedule (WPB 2.4.2; BCF exhibit 1 counts a subtotal twice)."""
    parts = [row.number("value") for row in table.rows if _role(row) in ("service", "overhead")]
    subtotals = [(row.text("service"), row.number("value")) for row in table.rows if _role(row) == "subtotal"]
    checks = [(row.text("service"), check_total(parts, row.number("value"), subtotals)) for row in table.rows if _role(row) == "total"]
    return [words for name, check in checks if (words := check.words(name))]
