"""Mapping activity to service lines: a kind of activity that several services use is apportioned between them (WPB 2.4.3, figure 6).

count of service s = Σ_k count_k · share_{k,s}; the shares of each kind sum to 1 (60 % of dietetic advice is for diabetes, 40 % is not).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import ONE, Number, exact, grouped, shown, total
from simengine.baseline.working import Fault, Step, Working, not_negative, refuse


@dataclass(frozen=True, slots=True)
class Apportionment:
    """Which share of a kind of activity belongs to a service; ``count`` is the whole of that kind, units a year, the same on each row."""

    activity: str
    service: str
    count: Number
    share: Number = 1


def map_activity(rows: Sequence[Apportionment]) -> tuple[dict[str, Fraction], tuple[Step, ...]]:
    """The activity of each service line, {service: units a year}, with the steps.

    Raises BaselineError where the shares of a kind do not sum to 1, or its count differs from row to row.
    """
    faults: list[Fault] = []
    for kind, those in grouped(rows, lambda row: row.activity).items():
        parts = total(exact(row.share) for row in those)
        if parts != ONE:
            faults.append((kind, "share", f"the shares of a kind of activity sum to 1, not {shown(parts, 4)}"))
        if len({exact(row.count) for row in those}) > 1:
            faults.append((kind, "count", "is the whole count of that kind and the same on each of its rows"))
        faults += [fault for row in those for fault in not_negative(kind, "share", row.share)]
        faults += not_negative(kind, "count", those[0].count)
    refuse(faults)
    working = Working()
    counts: dict[str, Fraction] = {}
    for row in rows:
        count, share = exact(row.count), exact(row.share)
        part = working.step(row.service, f"from {row.activity}", "count × share", count * share, "units", count=count, share=share)
        counts[row.service] = counts.get(row.service, Fraction(0)) + part
    for service, count in counts.items():
        working.step(service, "activity", "sum over kinds of activity", count, "units")
    return counts, tuple(working.steps)
