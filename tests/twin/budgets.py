"""Whole population budgets: their value, what moves it, and what is paid (MODEL.md section 5, notes 27 to 30)."""

from __future__ import annotations

from dataclasses import dataclass

from .activity import base_activity, base_price
from .payment import Plan, planned_spend
from .population import population, population_by_segment
from .reading import Reader
from .resets import reset_scales
from .scopes import lines_in_scope


@dataclass
class Budget:
    """A budget over the years: its value, what its holder is paid, what is earned, and what goes to `unearned_to`."""

    commissioner: str
    holder: str
    unearned_to: str
    value: list[float]
    paid: list[float]
    earned: list[float]
    unearned: list[float]
    scale: list[float]


def kappa(reader: Reader, budget: str, default: float) -> list[float]:
    """The share of planned scheme impact taken out of a budget."""
    return reader.number(f"budgets.{budget}.plan_includes_schemes", default)


def base_spend(plan: Plan, line: str) -> float:
    """The planned (converted) spend of a line in the base year; that of year 1 where spend is given by year."""
    if plan.reader.has(f"services.{line}.spend_by_year"):
        return plan.reader.money(f"services.{line}.spend_by_year")[1]
    return base_activity(plan.reader, line) * base_price(plan.reader, line)


def stream_value(reader: Reader, plan: Plan, path: str) -> list[float]:
    """What a funding stream puts into a budget: its base less what does not recur, grown as the plan has it."""
    if reader.has(f"{path}.base"):
        base = plan.reader.money(f"{path}.base")[1]
    else:
        base = sum(base_spend(plan, line) for line in reader.get(f"{path}.services"))
    non_recurrent = reader.money(f"{path}.non_recurrent", 0.0)
    growth = plan.reader.number(f"{path}.growth", 0.0)
    result, index = [float("nan")], 1.0
    for t in reader.years:
        index *= 1 + growth[t]
        result.append((base - non_recurrent[t]) * index)
    return result


def value_before_update(reader: Reader, plan: Plan, budget: str) -> list[float]:
    """The value over the years after unidentified savings, before population update and resets."""
    path = f"budgets.{budget}"
    kind = reader.get(f"{path}.value")
    unidentified = reader.money(f"{path}.unidentified_savings", 0.0)
    share = kappa(reader, budget, 0.0)
    if kind == "explicit":
        value = reader.money(f"{path}.amount")
    else:
        value = reader.zeros()
        for t in reader.years:
            for line in lines_in_scope(reader, budget, t):
                if kind == "plan":
                    value[t] += planned_spend(plan, line, share)[t]
                else:
                    value[t] -= share[t] * (plan.activity_do_nothing[line][t] - plan.activity[line][t]) * plan.price[line][t]
    if kind == "allocation":
        for stream in reader.names(f"{path}.streams"):
            grown = stream_value(reader, plan, f"{path}.streams.{stream}")
            value = [sum(pair) for pair in zip(value, grown, strict=True)]
    return [value[t] - unidentified[t] for t in range(reader.last_year + 1)]


def population_update(reader: Reader, plan: Plan, budget: str, before: list[float]) -> tuple[list[float], list[float]]:
    """What people beyond the plan move, over the years; and the size of its terms."""
    update, scale = reader.zeros(), reader.zeros()
    for segment in reader.names(f"budgets.{budget}.population_update"):
        path = f"budgets.{budget}.population_update.{segment}.value"
        whole_plan = population(plan.reader)
        people = population(reader) if segment == "all" else population_by_segment(reader)[segment]
        planned = whole_plan if segment == "all" else population_by_segment(plan.reader)[segment]
        average = reader.get(path) == "average_spend"
        value = reader.zeros() if average else reader.number(path)
        for t in reader.years:
            worth = before[t] / whole_plan[t] if average else value[t]
            update[t] += worth * (people[t] - planned[t])
            scale[t] += abs(worth) * (abs(people[t]) + abs(planned[t]))
    return update, scale


def improvement(reader: Reader, budget: str, value: float, t: int) -> tuple[float, float]:
    """What is withheld of a budget in year t for improvement payments, and what of it is earned."""
    withheld = earned = 0.0
    for name in reader.names(f"budgets.{budget}.improvement_payments"):
        path = f"budgets.{budget}.improvement_payments.{name}"
        weight, score = reader.number(f"{path}.weight")[t], reader.number(f"{path}.score")[t]
        withheld += weight * value
        earned += weight * value * score
    return withheld, earned


def work_out_budget(reader: Reader, plan: Plan, budget: str) -> Budget:
    """One budget over the years."""
    path = f"budgets.{budget}"
    before = value_before_update(reader, plan, budget)
    update, sizes = population_update(reader, plan, budget, before)
    scales = reset_scales(reader, plan, budget, kappa(reader, budget, 0.0))
    commissioner = reader.get(f"{path}.commissioner")
    unearned_to = reader.get(f"{path}.unearned_to") or commissioner
    result = Budget(commissioner, reader.get(f"{path}.holder"), unearned_to, [0.0], [0.0], [0.0], [0.0], [0.0])
    for t in reader.years:
        value = (before[t] + update[t]) * scales[t]
        withheld, earned = improvement(reader, budget, value, t)
        result.value.append(value)
        result.paid.append(value - withheld + earned)
        result.earned.append(earned)
        result.unearned.append(withheld - earned)
        result.scale.append((abs(before[t]) + sizes[t]) * abs(scales[t]))
    return result


def paid_to(budgets: dict[str, Budget], party: str, t: int) -> float:
    """What a party gets out of budgets in year t: as their holder, and what others have not earned."""
    total = 0.0
    for budget in budgets.values():
        total += budget.paid[t] if budget.holder == party else 0.0
        total += budget.unearned[t] if budget.unearned_to == party and budget.commissioner != party else 0.0
    return total


def paid_by(budgets: dict[str, Budget], party: str, t: int) -> float:
    """What a party pays as the commissioner of budgets in year t."""
    total = 0.0
    for budget in budgets.values():
        if budget.commissioner == party:
            total += budget.paid[t] + (budget.unearned[t] if budget.unearned_to != party else 0.0)
    return total


def shares_of(reader: Reader, plan: Plan, budget: str, t: int) -> dict[str, float]:
    """How a budget spreads over its lines in scope in year t: by planned spend (with its kappa, 1 where it has none), else by number."""
    lines = lines_in_scope(reader, budget, t)
    spend = {line: planned_spend(plan, line, kappa(reader, budget, 1.0))[t] for line in lines}
    total = sum(spend.values())
    return {line: spend[line] / total if total != 0 else 1 / len(lines) for line in lines}
