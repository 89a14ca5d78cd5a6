"""``simrisk baseline carve-out``: the part of spend that belongs to the lists or segments in scope (WPB table 1, 2.4.5)."""

from fractions import Fraction
from pathlib import Path

import click

from simengine.baseline.carve_out import Measure, Part, WholeSpend, carve_out, register_size, segment_use
from simengine.cli.baseline.lines import ACTIVITY, SERVICE, WHO, lines_of
from simengine.cli.baseline.report import Outputs, makes_lines, show_lines, table_argument
from simengine.cli.baseline.table import MISSING_RULE, Column, Row, Table, epilog, explained, read_table

COLUMNS = (
    SERVICE,
    Column("spend", "currency a year, on everybody who uses it; once for each disease where there are several", needed=True),
    Column("disease", "for --by prevalence: what drives use of the service; one row for each disease", "text"),
    Column("disease_weight", "share of the use that the disease explains; default 1", "rate"),
    ACTIVITY,
    *WHO,
)
PARTS = (
    Column("list", "GP list or segment", "text", True),
    Column("in_scope", "yes or no", "flag", True),
    Column("service", "for --by activity and segment: the service that the row is about; default: all", "text"),
    Column("activity", "for --by activity: units a year of the list"),
    Column("people", "for --by segment: people in the segment"),
    Column("rate", "for --by segment: uses of the service a head and year"),
    Column("disease", "for --by prevalence: the disease", "text"),
    Column("patients", "for --by prevalence: patients on the register"),
    Column("prevalence", "for --by prevalence, with population: share on the register", "rate"),
    Column("population", "list size, weighted for need where it can be"),
)
EXAMPLE = """\
simrisk baseline carve-out mental_health.csv lists.csv --by population
simrisk baseline carve-out community.csv lists.csv --by prevalence --each --out services.csv"""
#: Columns that each measure is made of: either of the alternatives.
NEEDS: dict[Measure, tuple[tuple[str, ...], ...]] = {
    "activity": (("activity",),),
    "segment": (("people", "rate"),),
    "prevalence": (("patients",), ("population", "prevalence")),
    "population": (("population",),),
}


@click.command("carve-out", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS), ("LISTS", PARTS)))
@table_argument
@click.argument("lists", type=click.Path(path_type=Path))
@click.option("--by", type=click.Choice(list(NEEDS)), required=True, help="What use is measured by, the most accurate first.")
@click.option("--each", is_flag=True, help="One service line for each list or segment in scope, not one for all of them.")
@makes_lines
def command(
    table: Path,
    lists: Path,
    *,
    by: Measure,
    each: bool,
    to: Outputs,
) -> None:
    """Keep the part of each line's spend that belongs to the GP lists or segments in scope; remove the rest."""
    read = read_table(table, COLUMNS)
    parts = read_table(lists, PARTS)
    rows = _whole(read, to.provider, by)
    made_of = [_part(parts, row, by) for row in parts.rows]
    with explained(parts, read, key="list"):
        made = carve_out(rows, made_of, by, each)
    show_lines("carve-out", made, to)


def _whole(table: Table, provider: str | None, by: Measure) -> list[WholeSpend]:
    """The lines, those of several diseases put together."""
    found: dict[str, WholeSpend] = {}
    for line, row in zip(lines_of(table, provider), table.rows, strict=True):
        before = found.get(line.name)
        weights = {} if before is None else dict(before.diseases or {})
        if by == "prevalence" and row.text("disease"):
            weights[row.text("disease")] = row.number("disease_weight", 1)
        if before is not None and (by != "prevalence" or before.spend != row.number("spend")):
            table.say("service", "stands more than once; with several diseases its spend is the same on each row", row)
        found[line.name] = WholeSpend(line, row.number("spend"), weights)
    return list(found.values())


def _part(table: Table, row: Row, by: Measure) -> Part:
    """A list or segment with its measure."""
    ways = [way for way in NEEDS[by] if all(row.maybe(column) is not None for column in way)]
    if not ways:
        table.say(NEEDS[by][0][0], f"{MISSING_RULE} for --by {by}: {' or '.join(' and '.join(way) for way in NEEDS[by])}", row)
        return Part(row.text("list"), row.flag("in_scope"), 0)
    numbers = [row.number(column) for column in ways[0]]
    measure: Fraction = numbers[0]
    if by == "segment":
        measure = segment_use(*numbers)
    elif ways[0] == ("population", "prevalence"):
        measure = register_size(*numbers)
    of = row.text("disease") if by == "prevalence" else row.text("service") if by in ("activity", "segment") else ""
    return Part(row.text("list"), row.flag("in_scope"), measure, of)
