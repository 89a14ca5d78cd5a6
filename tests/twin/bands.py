"""Marginal bands: what is paid beyond the plan, as an integral over the deviation (note 26)."""

from __future__ import annotations

import math

from .reading import Reader


def edges_of(reader: Reader, line: str, side: str, t: int) -> list[tuple[float, float]]:
    """The lower edges and shares of the bands of a side ("above" or "below") in year t, in their order."""
    found = []
    for name in reader.names(f"services.{line}.marginal_bands"):
        path = f"services.{line}.marginal_bands.{name}"
        if reader.get(f"{path}.side") in (side, "both"):
            found.append((float(reader.get(f"{path}.from")), reader.number(f"{path}.share")[t]))
    return sorted(found)


def integral(deviation: float, variable_share: float, bands: list[tuple[float, float]]) -> float:
    """The integral of the share paid from 0 to a deviation (its size; the sign is the caller's)."""
    pieces = [(0.0, variable_share), *bands]
    total = 0.0
    for position, (edge, share) in enumerate(pieces):
        upper = pieces[position + 1][0] if position + 1 < len(pieces) else math.inf
        top = min(upper, deviation)
        if top > edge:
            total += share * (top - edge)
    return total


def paid(reader: Reader, line: str, plan_pay: float, worth: float, t: int) -> float:
    """What is paid in year t for activity of a worth, against the planned payment."""
    variable = reader.number(f"services.{line}.variable_share", 1.0)[t]
    if plan_pay <= 0 or not reader.has(f"services.{line}.marginal_bands"):
        return plan_pay + variable * (worth - plan_pay)
    deviation = worth / plan_pay - 1
    side, sign = ("above", 1.0) if deviation > 0 else ("below", -1.0)
    return plan_pay * (1 + sign * integral(abs(deviation), variable, edges_of(reader, line, side, t)))
