"""``simrisk baseline map-activity``: activity that several services use, apportioned between them (WPB 2.4.3, figure 6)."""

from pathlib import Path

import click

from simengine.baseline.activity_map import Apportionment, map_activity
from simengine.baseline.exact import shown
from simengine.cli.baseline.report import Outputs, makes_table, show_table, table_argument, text_table
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    Column("activity", "kind of activity, such as dietetic advice", "text", True),
    Column("service", "service line that uses it", "text", True),
    Column("count", "the whole of that kind, units a year, on each of its rows", needed=True),
    Column("share", "share of it that this service uses; the shares of a kind sum to 1", "rate", True),
)
EXAMPLE = "simrisk baseline map-activity counts.csv --out activity.csv"


@click.command("map-activity", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@makes_table
def command(table: Path, *, to: Outputs) -> None:
    """Apportion kinds of activity to service lines, to give the activity column that the methods for step 3 need."""
    read = read_table(table, COLUMNS)
    rows = [Apportionment(row.text("activity"), row.text("service"), row.number("count"), row.number("share")) for row in read.rows]
    with explained(read, key="activity"):
        counts, steps = map_activity(rows)
    found: list[dict[str, object]] = [{"service": service, "activity": count} for service, count in counts.items()]
    printed = [[service, shown(count)] for service, count in counts.items()]
    tables = {"activity": (found, lambda: text_table(["service", "activity"], printed))}
    show_table("map-activity", tables, steps, [], to)
