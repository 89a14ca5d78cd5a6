"""The two forms in which a draw is laid out: a ledger, whose totals are the sum of what stands above, and a grid that adds up both ways.

Amounts are in the currency, unrounded. ``printed`` rounds them so that what is read adds up: a difference that rounding makes is an entry
of its own in a ledger, or a row in a grid.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ROUNDING = "rounding"


@dataclass(frozen=True)
class Entry:
    """An amount with its words; a total is the sum of all amounts above it that are none."""

    words: str
    amount: float
    total: bool = False
    remark: str = ""


@dataclass(frozen=True)
class Ledger:
    """Amounts one below the other, with totals on the way."""

    title: str
    entries: tuple[Entry, ...]

    def printed(self, unit: float) -> "Ledger":
        """The same in whole multiples of ``unit``, adding up; what is not finite stays as it is."""
        made: list[Entry] = []
        running = 0
        for entry in self.entries:
            if not math.isfinite(entry.amount):
                made.append(entry)
                continue
            whole = round(entry.amount / unit)
            if entry.total and whole != running:
                made.append(Entry(ROUNDING, float(whole - running)))
                running = whole
            running += 0 if entry.total else whole
            made.append(Entry(entry.words, float(whole), entry.total, entry.remark))
        return Ledger(self.title, tuple(made))


@dataclass(frozen=True)
class Line:
    """A row of a grid: an amount for each column, None where there is none."""

    label: str
    amounts: tuple[float | None, ...]
    remark: str = ""


@dataclass(frozen=True)
class Grid:
    """Rows that add up to a total in every column.

    ``sums`` says which columns are made of others in every row: column -> {other column: how often it counts}.
    """

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line
    sums: Mapping[int, Mapping[int, int]] = field(default_factory=dict)

    def printed(self, unit: float) -> "Grid":
        """The same in whole multiples of ``unit``, adding up across and down."""
        lines = [self._rounded(line, unit) for line in self.lines]
        total = self._rounded(self.total, unit)
        rest: list[float | None] = []
        for k, amount in enumerate(total.amounts):
            column = [line.amounts[k] for line in lines]
            rest.append(None if amount is None else amount - sum(one for one in column if one is not None))
        if any(one for one in rest if one is not None and math.isfinite(one)):
            lines.append(Line(ROUNDING, tuple(rest)))
        return Grid(self.title, self.columns, tuple(lines), total, self.sums)

    def _rounded(self, line: Line, unit: float) -> Line:
        found = [one if one is None or not math.isfinite(one) else float(round(one / unit)) for one in line.amounts]
        for column, parts in self.sums.items():
            known = [(found[other], times) for other, times in parts.items()]
            found[column] = math.fsum(times * value for value, times in known if value is not None)
        return Line(line.label, tuple(found), line.remark)


def shortened(lines: Sequence[Line], most: int, by: Sequence[int]) -> tuple[Line, ...]:
    """At most about ``most`` rows in their order: those with the largest amounts in some columns, and the others together."""
    if len(lines) <= most:
        return tuple(lines)

    def size(line: Line) -> float:
        return sum(abs(line.amounts[k] or 0.0) for k in by)

    kept = {id(line) for line in sorted(lines, key=size, reverse=True)[:most]}
    others = [line for line in lines if id(line) not in kept]
    columns = zip(*(line.amounts for line in others), strict=True)
    together = tuple(None if all(one is None for one in column) else math.fsum(one or 0.0 for one in column) for column in columns)
    return (*(line for line in lines if id(line) in kept), Line(f"{len(others)} others", together))
