"""What schemes move off lines, and where it arrives (note 24)."""

from __future__ import annotations

from .reading import Reader
from .schemes import Effect, combine


def moved(reader: Reader, activity: dict[str, list[float]], effects: list[Effect], t: int) -> list[tuple[Effect, float]]:
    """What each effect on activity takes off its line in year t, in units."""
    return [
        (effect, part * activity[line][t]) for line in activity for effect, part in combine(reader, line, effects, ("activity",), t).parts
    ]


def arrivals(units: list[tuple[Effect, float]], line: str, t: int) -> float:
    """What arrives at a line: every effect's moved units times its ratio."""
    return sum(effect.shift[line][t] * amount for effect, amount in units if line in effect.shift)


def shift_cost(
    units: list[tuple[Effect, float]], scheme: str, price: dict[str, list[float]], t: int, price_year: int | None = None
) -> float:
    """What the shifts of a scheme cost at the prices of the lines it moves to."""
    year = t if price_year is None else price_year
    return sum(
        ratio[t] * amount * price[target][year]
        for effect, amount in units
        if effect.scheme == scheme
        for target, ratio in effect.shift.items()
    )
