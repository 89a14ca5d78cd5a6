"""Allocative value: how spend is spread over segments and programmes of care, against their need and against peers (HFMA exhibits 4 and 5).

share of spend / share of need is the index: above 1 a segment has more than its need would give it. gap = spend - total spend ·
share of need. Against peers: (spend a head - peers' spend a head) · people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import ZERO, Number, exact, grouped, total
from simengine.baseline.working import Fault, Step, Working, not_negative, refuse


@dataclass(frozen=True, slots=True)
class SpendCell:
    """Spend of a programme on a segment (currency a year), the people of the segment, and their need of the programme.

    ``need`` is in any unit that is the same for every segment of the programme (weighted people, cases); default: the people.
    ``peer_spend_a_head`` is what comparable systems spend on a person of the segment (currency).
    """

    segment: str
    programme: str
    spend: Number
    people: Number
    need: Number | None = None
    peer_spend_a_head: Number | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """Spend against need (currency; shares as fractions): of a cell within its programme, or of a whole segment or programme."""

    segment: str
    programme: str
    spend: Fraction
    people: Fraction
    a_head: Fraction | None
    share_of_spend: Fraction | None
    share_of_need: Fraction | None
    index: Fraction | None
    gap: Fraction | None
    against_peers: Fraction | None


def allocate(cells: Sequence[SpendCell]) -> tuple[tuple[Allocation, ...], tuple[Step, ...]]:
    """Whole segments (programme ""), then whole programmes (segment ""), then every cell against the other segments of its programme.

    A segment's people are counted once, whatever the number of programmes that it uses. Programmes are not weighed against each other by
    need, which has no common unit: their rows hold spend, spend a head and peers only. Raises BaselineError for negative numbers, a
    cell that stands twice, and a segment whose people differ from row to row.
    """
    refuse(_faults(cells))
    working, made = Working(), []
    people = {cell.segment: exact(cell.people) for cell in cells}
    everything, everybody = total(exact(cell.spend) for cell in cells), total(people.values())
    for segment, those in grouped(cells, lambda cell: cell.segment).items():
        made.append(_row(segment, "", those, people[segment], everything, (people[segment], everybody), working))
    programmes = grouped(cells, lambda cell: cell.programme)
    for programme, those in programmes.items():
        users = total(exact(cell.people) for cell in those)
        made.append(_row("", programme, those, users, everything, None, working))
    for cell in cells:
        those = programmes[cell.programme]
        needs = _need(cell), total(_need(other) for other in those)
        spent = total(exact(other.spend) for other in those)
        made.append(_row(cell.segment, cell.programme, [cell], exact(cell.people), spent, needs, working))
    return tuple(made), tuple(working.steps)


def _need(cell: SpendCell) -> Fraction:
    return exact(cell.people if cell.need is None else cell.need)


def _row(
    segment: str,
    programme: str,
    cells: Sequence[SpendCell],
    people: Fraction,
    everything: Fraction,
    needs: tuple[Fraction, Fraction] | None,
    working: Working,
) -> Allocation:
    title = ", ".join(part for part in (segment, programme) if part)
    spend = total(exact(cell.spend) for cell in cells)
    a_head = None
    if people:
        a_head = working.step(title, "spend a head", "spend ÷ people", spend / people, "money a head", spend=spend, people=people)
    share = (
        working.step(title, "share of spend", "spend ÷ sum", spend / everything, "share", spend=spend, sum=everything)
        if everything
        else None
    )
    of_need = index = gap = None
    if needs is not None and needs[1]:
        of_need = working.step(title, "share of need", "need ÷ sum", needs[0] / needs[1], "share", need=needs[0], sum=needs[1])
        formula = "spend - sum of spend × share of need"
        gap = working.step(
            title, "above its need", formula, spend - everything * of_need, "money", spend=spend, sum=everything, share=of_need
        )
        if share is not None and of_need:
            index = working.step(title, "index", "share of spend ÷ share of need", share / of_need, "factor", spend=share, need=of_need)
    peers = None
    if all(cell.peer_spend_a_head is not None for cell in cells):
        expected = total(exact(cell.peer_spend_a_head or 0) * exact(cell.people) for cell in cells)
        formula = "spend - peers' spend a head × people"
        peers = working.step(title, "above peers", formula, spend - expected, "money", spend=spend, at_peers_rate=expected)
    return Allocation(segment, programme, spend, people, a_head, share, of_need, index, gap, peers)


def _faults(cells: Sequence[SpendCell]) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[tuple[str, str]] = set()
    people: dict[str, Fraction] = {}
    for cell in cells:
        title = f"{cell.segment}, {cell.programme}"
        for column in ("spend", "people", "need", "peer_spend_a_head"):
            faults += not_negative(title, column, getattr(cell, column))
        if (cell.segment, cell.programme) in seen:
            faults.append((title, "segment", "stands twice with the same programme"))
        seen.add((cell.segment, cell.programme))
        if people.setdefault(cell.segment, exact(cell.people)) != exact(cell.people):
            faults.append((title, "people", "are the people of the segment and the same on each of its rows"))
    if not faults and total(exact(cell.spend) for cell in cells) == ZERO:
        faults.append(("", "spend", "sums to nothing"))
    return faults
