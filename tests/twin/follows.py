"""A baseline that follows drivers: the plan worked out again with them as drawn (MODEL.md section 6, baseline_follows)."""

from __future__ import annotations

from .activity import activity_do_nothing, price
from .payment import Plan
from .reading import Reader
from .resets import full_name
from .values import driver_table


def population_drivers(tree: dict) -> list[str]:
    """The drivers of the list: those written in [population], and those declared that stand there by name."""
    own = [name for name in driver_table(tree) if name.startswith("population.")]

    def named(value: object) -> list[str]:
        if isinstance(value, str):
            return [f"drivers.{value}"] if f"drivers.{value}" in driver_table(tree) else []
        if isinstance(value, dict) and "dist" not in value:
            return [name for inner in value.values() for name in named(inner)]
        return []

    return [*own, *named(tree.get("population", {}))]


def followed(reader: Reader, plan: Plan, arrangement: str) -> dict[str, float | None]:
    """The drivers that a baseline follows, each with how far above its plan value it counts."""
    path = f"arrangements.{arrangement}"
    found: dict[str, float | None] = {}
    if reader.get(f"{path}.population_adjusted", False):
        found |= dict.fromkeys(population_drivers(plan.reader.tree))
    for written in reader.get(f"{path}.baseline_follows", []):
        name, cap = (written, None) if isinstance(written, str) else (written["driver"], written.get("cap"))
        found[full_name(plan.reader.tree, name)] = cap
    return found


def as_observed(reader: Reader, plan: Plan, name: str, cap: float | None) -> list[float]:
    """The values of a driver that count: as drawn, each year up to its plan value and the cap."""
    planned = plan.reader.values[name]
    if reader.is_plan:
        return planned
    drawn = reader.number(name)[1:]
    return drawn if cap is None else [min(value, expected + cap) for value, expected in zip(drawn, planned, strict=True)]


def moved_by_drivers(reader: Reader, plan: Plan, arrangement: str, line: str, t: int) -> float:
    """What the planned spend of a line is multiplied by in year t; 1 where the baseline follows nothing."""
    drivers = followed(reader, plan, arrangement)
    if not drivers or reader.is_plan:
        return 1.0
    values = dict(plan.reader.values)
    for name, cap in drivers.items():
        values[name] = as_observed(reader, plan, name, cap)
    again = Reader(plan.reader.tree, values, is_plan=True)
    worth = plan.activity_do_nothing[line][t] * plan.price[line][t]
    # where nothing is planned there is nothing to follow
    return activity_do_nothing(again, line)[t] * price(again, line)[t] / worth if worth != 0 else 1.0
