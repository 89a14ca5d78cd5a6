"""``simrisk baseline segments``: spend and need by segment and programme, the allocative value of a system (HFMA exhibits 4 and 5)."""

from collections.abc import Sequence
from pathlib import Path

import click

from simengine.baseline.allocation import Allocation, SpendCell, allocate
from simengine.baseline.exact import shown
from simengine.cli.baseline.report import Outputs, makes_table, show_table, table_argument, text_table
from simengine.cli.baseline.table import Column, epilog, explained, read_table

COLUMNS = (
    Column("segment", "segment of the population, or part of a programme", "text", True),
    Column("programme", "programme of care, such as respiratory", "text", True),
    Column("spend", "currency a year", needed=True),
    Column("people", "people of the segment, the same on each of its rows", needed=True),
    Column("need", "need of the programme in any unit (weighted people, cases); default: people"),
    Column("peer_spend_a_head", "what peers spend on a person of the segment, currency"),
)
EXAMPLE = "simrisk baseline segments spend.csv --out allocation.csv"


@click.command("segments", epilog=epilog(EXAMPLE, ("TABLE", COLUMNS)))
@table_argument
@makes_table
def command(table: Path, *, to: Outputs) -> None:
    """Set spend against need by segment and programme, and against what peers spend a head."""
    read = read_table(table, COLUMNS)
    cells = []
    for row in read.rows:
        place = row.text("segment"), row.text("programme")
        cells.append(SpendCell(*place, row.number("spend"), row.number("people"), row.maybe("need"), row.maybe("peer_spend_a_head")))
    with explained(read, key="segment"):
        found, steps = allocate(cells)
    show_table("segments", {"allocation": (_rows(found), lambda: _printed(found))}, steps, [], to)


def _rows(found: Sequence[Allocation]) -> list[dict[str, object]]:
    return [
        {
            "segment": one.segment or "all",
            "programme": one.programme or "all",
            "spend": one.spend,
            "people": one.people,
            "spend_a_head": one.a_head,
            "share_of_spend": one.share_of_spend,
            "share_of_need": one.share_of_need,
            "index": one.index,
            "above_need": one.gap,
            "above_peers": one.against_peers,
        }
        for one in found
    ]


def _printed(found: Sequence[Allocation]) -> str:
    header = ["segment, programme", "spend", "a head", "% of spend", "% of need", "index", "above need", "above peers"]
    rows = []
    for one in found:
        shares = [None if share is None else 100 * share for share in (one.share_of_spend, one.share_of_need)]
        places = [(one.spend, 0), (one.a_head, 2), (shares[0], 1), (shares[1], 1), (one.index, 2), (one.gap, 0), (one.against_peers, 0)]
        rows.append([f"{one.segment or 'all'}, {one.programme or 'all'}", *("" if v is None else shown(v, p) for v, p in places)])
    return text_table(header, rows)
