"""Payoff curves on a terminal: what each party receives or pays at every gain rate, with the marks of the contract."""

from collections.abc import Sequence

from simengine.cli.figures import money
from simengine.term_sheet.payoff_curves import Curves, Mark
from simengine.term_sheet.words import percent

WIDTH, HEIGHT = 61, 11


def chart(curves: Curves, party: str, scale: float) -> str:
    """One party's settlement against the gain rate; positive: it receives. Marks stand on the line of nought."""
    values = [value / scale for value in curves.settlement[party]]
    low, high = min(0.0, *values), max(0.0, *values)
    if low == high:
        return f"{party}: nothing changes hands between {percent(curves.rates[0])} and {percent(curves.rates[-1])}"
    rows = [[" "] * WIDTH for _ in range(HEIGHT)]
    zero = _row(0.0, low, high)
    rows[zero] = ["─"] * WIDTH
    rows[zero][WIDTH // 2] = "┼"
    for mark in curves.marks:
        column = _column(mark.rate, curves.rates)
        if mark.party in (None, party) and column is not None:
            rows[zero][column] = mark.letter
    for column in range(WIDTH):
        value = values[round(column * (len(values) - 1) / (WIDTH - 1))]
        row = _row(value, low, high)
        if row != zero or value != 0.0:
            rows[row][column] = "●"
    labels = [high if row == 0 else low if row == HEIGHT - 1 else 0.0 if row == zero else None for row in range(HEIGHT)]
    width = max(len(money(label)) for label in labels if label is not None)
    text = [f"{'' if label is None else money(label):>{width}} {''.join(row)}" for label, row in zip(labels, rows, strict=True)]
    ends = f"{percent(curves.rates[0])}".ljust(WIDTH // 2) + "0" + f"{percent(curves.rates[-1])}".rjust(WIDTH // 2)
    return "\n".join([party, *(line.rstrip() for line in text), f"{'':>{width}} {ends}"])


def legend(marks: Sequence[Mark], party: str | None = None) -> str:
    """What the letters stand for, in the order of their rates."""
    own = [mark for mark in sorted(marks, key=lambda mark: mark.rate) if party is None or mark.party in (None, party)]
    return "; ".join(f"{mark.letter} {mark.text} at {percent(round(mark.rate, 5))}" for mark in own)


def _row(value: float, low: float, high: float) -> int:
    return round((high - value) / (high - low) * (HEIGHT - 1))


def _column(rate: float, rates: Sequence[float]) -> int | None:
    place = (rate - rates[0]) / (rates[-1] - rates[0]) * (WIDTH - 1)
    return round(place) if 0 <= round(place) < WIDTH else None
