"""``simrisk baseline roll-forward``: last year's spend converted to a baseline (WPB 2.2, 2.7)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.roll_forward import ALLOWED, REFUSED, PreviousYear, roll_forward
from simengine.cli.baseline.lines import ACTIVITY, SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import Column, epilog, explained, read_table, stop

COLUMNS = (
    SERVICE,
    Column("spend", "commissioner spend of the last known year, currency", needed=True),
    Column("inflation", "to the base year", "rate"),
    Column("efficiency", "in-year efficiency, including QIPP", "rate"),
    Column("population_and_need", "change of population size and need", "rate"),
    Column("tariff_change", "instead of inflation and efficiency, for a line paid by activity", "rate"),
    *(Column(name, f"{text}, currency, signed") for name, text in ALLOWED.items()),
    ACTIVITY,
    *WHO,
)
HISTORY = (
    Column("service", "as in TABLE", "text", True),
    Column("year", "label of an earlier year", "text", True),
    Column("spend", "currency in that year", needed=True),
)
EXAMPLE = "simrisk baseline roll-forward last_year.csv --history years.csv --unit 'GBP k' --out services.toml"


@click.command("roll-forward", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS), ("the history", HISTORY)))
@table_argument
@click.option("--history", type=click.Path(path_type=Path), help="Spend of earlier years: a base year off them is a warning.")
@makes_lines
def command(
    table: Path,
    *,
    history: Path | None,
    to: Outputs,
) -> None:
    """Convert last year's spend to a baseline: inflation, in-year efficiency, population and need, then investment and one-offs.

    An adjustment up to a provider's cost, or to close the gap between tariff and reference cost, is refused.
    """
    read = read_table(table, COLUMNS, REFUSED)
    rows = []
    for line, row in zip(lines_of(read, to.provider), read.rows, strict=True):
        inflation, efficiency, need = (row.number(column) for column in ("inflation", "efficiency", "population_and_need"))
        adjustments = {name: row.number(name) for name in ALLOWED if row.maybe(name) is not None}
        rows.append(PreviousYear(line, row.number("spend"), inflation, efficiency, need, row.maybe("tariff_change"), adjustments))
    earlier = _history(history)
    with explained(read):
        made = roll_forward(rows, earlier)
    show_lines("roll-forward", made, to)


def _history(path: Path | None) -> dict[str, list[Fraction]]:
    """{service: spend of earlier years}."""
    found: dict[str, list[Fraction]] = {}
    if path is None:
        return found
    table = read_table(path, HISTORY)
    seen: set[tuple[str, str]] = set()
    for row in table.rows:
        place = (row.text("service"), row.text("year"))
        if place in seen:
            table.say("year", "stands more than once for its service", row)
        seen.add(place)
        found.setdefault(place[0], []).append(row.number("spend"))
    stop(table)
    return found
