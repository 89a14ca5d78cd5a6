"""Resets of a budget by what was observed up to the year before (note 28)."""

from __future__ import annotations

from .activity import activity_do_nothing, price
from .payment import Plan, planned_spend
from .reading import Reader, is_distribution
from .scopes import lines_in_scope
from .values import driver_table

ONE_VALUE = ("values", "weights", "plan", "range", "components", "experts", "impact")


def full_name(tree: dict, name: str) -> str:
    """The path of a driver that is named by its path or, where it is declared, by its name."""
    return f"drivers.{name}" if name in tree.get("drivers", {}) else name


def is_one_value(spec: dict) -> bool:
    """Whether a driver has one value for all years: a constant path and no yearly parameters."""
    yearly = any(isinstance(value, list) for key, value in spec.items() if key not in ONE_VALUE)
    return spec.get("path", "constant") == "constant" and not yearly


def observed(reader: Reader, plan: Plan, name: str, year: int) -> list[float]:
    """The values of a driver as known in a reset of a year: as drawn up to the year before, at plan from then on."""
    planned = plan.reader.values[name]
    if reader.is_plan:
        return planned
    written = reader.get(name)
    drawn = reader.number(name)[1:]
    if is_distribution(written):
        one_value = is_one_value(driver_table(reader.tree)[name])
    else:
        one_value = not isinstance(written, list)
    return drawn if one_value else drawn[: year - 1] + planned[year - 1 :]


def planned_value(plan: Plan, lines: list[str], kappa: list[float], t: int) -> float:
    """The planned spend of lines in year t, with a kappa."""
    return sum(planned_spend(plan, line, kappa)[t] for line in lines)


def observed_value(plan: Plan, values: dict[str, list[float]], line: str, kappa: list[float], t: int) -> float:
    """The planned spend of a line in year t with drivers as observed: what schemes do to it stays in its planned ratio to A0 · P."""
    spend = planned_spend(plan, line, kappa)[t]
    without = plan.activity_do_nothing[line][t] * plan.price[line][t]
    if without == 0:
        return spend
    again = Reader(plan.reader.tree, values, is_plan=True)
    return spend * activity_do_nothing(again, line)[t] * price(again, line)[t] / without


def reset_scales(reader: Reader, plan: Plan, budget: str, kappa: list[float]) -> list[float]:
    """What a budget is multiplied by in each year."""
    path = f"budgets.{budget}.resets"
    scales = [1.0] * (reader.last_year + 1)
    for year in reader.get(f"{path}.years", []):
        lines = lines_in_scope(reader, budget, year)
        value = planned_value(plan, lines, kappa, year)
        if value <= 0:
            continue
        values = dict(plan.reader.values)
        for written in reader.get(f"{path}.drivers"):
            name = full_name(plan.reader.tree, written)
            values[name] = observed(reader, plan, name, year)
        ratio = sum(observed_value(plan, values, line, kappa, year) for line in lines) / value
        if abs(ratio / scales[year] - 1) >= float(reader.get(f"{path}.threshold", 0.0)):
            scales[year:] = [ratio] * (reader.last_year + 1 - year)
    return scales
