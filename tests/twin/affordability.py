"""What funding streams are to pay for against what they are allocated (note 30)."""

from __future__ import annotations

from .budgets import Budget, shares_of
from .payment import Plan
from .reading import Reader
from .scopes import budget_of


def allocation(reader: Reader, stream: str) -> list[float]:
    """The allocation of a stream over the years, as drawn."""
    path = f"allocations.{stream}"
    if reader.has(f"{path}.amount"):
        return reader.money(f"{path}.amount")
    amount, growth = [reader.money(f"{path}.base")[1]], reader.number(f"{path}.growth")
    for t in reader.years:
        amount.append(amount[t - 1] * (1 + growth[t]))
    return amount


def affordability_gap(reader: Reader, plan: Plan, budgets: dict[str, Budget], stream: str, t: int) -> tuple[float, float]:
    """Budgets and other planned spend less the allocation of a stream in year t, and the size of its terms."""
    services = reader.get(f"allocations.{stream}.services")
    given = allocation(reader, stream)[t]
    gap, scale = -given, abs(given)
    for name, budget in budgets.items():
        shares = shares_of(reader, plan, name, t)
        part = sum(shares.get(line, 0.0) for line in services)
        gap += budget.value[t] * part
        scale += budget.scale[t] * abs(part)
    for line in services:
        if budget_of(reader, line, t) is None:
            gap += plan.activity[line][t] * plan.price[line][t]
            scale += abs(plan.activity[line][t] * plan.price[line][t])
    return gap, scale
