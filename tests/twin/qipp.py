"""Planned efficiency programmes outside the schemes (note 22)."""

from __future__ import annotations

from .reading import Reader


def programmes(reader: Reader, line: str) -> list[str]:
    """The programmes on a line."""
    return [name for name in reader.names("qipp") if reader.get(f"qipp.{name}.service") == line]


def lowered(reader: Reader, line: str, activity: list[float], price: list[float]) -> list[float]:
    """Activity (before noise) less what the programmes of each year take off it, and not below 0."""
    names = programmes(reader, line)
    if not names:
        return activity
    money = reader.zeros()
    for name in names:
        amount = reader.money(f"qipp.{name}.amount")
        achieved = reader.number(f"qipp.{name}.achieved", 1.0)
        for t in reader.years:
            money[t] += amount[t] * achieved[t]
    return [activity[0]] + [max(activity[t] - money[t] / price[t], 0.0) for t in reader.years]
