"""Payment for lines, the provider's cost and the parties' funding (MODEL.md section 5, notes 12 to 14)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .bands import paid
from .reading import NAN, Reader
from .schemes import PlannedEnd
from .scopes import budget_of, payer


@dataclass
class Plan:
    """The plan of the study as written: what contracts and payments refer to, in every draw and every scenario."""

    reader: Reader
    activity_do_nothing: dict[str, list[float]]
    activity: dict[str, list[float]]
    price: dict[str, list[float]]
    end_state_savings: dict[str, list[float]]
    end: PlannedEnd
    income: dict[str, list[float]] = field(default_factory=dict)


def planned_spend(plan: Plan, line: str, kappa: list[float]) -> list[float]:
    """[A0_plan - kappa (A0_plan - A1_plan)] · P_plan over the years."""
    before = plan.activity_do_nothing[line]
    after = plan.activity[line]
    result = [NAN]
    for t in plan.reader.years:
        result.append((before[t] - kappa[t] * (before[t] - after[t])) * plan.price[line][t])
    return result


def planned_payment(reader: Reader, plan: Plan, line: str) -> list[float]:
    """plan_pay of a line: the plan with kappa, or what `payment_baseline` states."""
    if reader.has(f"services.{line}.payment_baseline"):
        return reader.money(f"services.{line}.payment_baseline")
    return planned_spend(plan, line, reader.number(f"services.{line}.plan_includes_schemes", 0.0))


def payment(reader: Reader, plan: Plan, line: str, activity: list[float], price: list[float]) -> list[float]:
    """plan_pay + v · (A1 · P* - plan_pay), or by marginal bands; nothing in a year where payer and provider are one party."""
    fixed = planned_payment(reader, plan, line)
    paid_price = plan.price[line] if reader.get(f"services.{line}.payment_price", "tariff") == "plan" else price
    result = reader.zeros()
    for t in reader.years:
        if payer(reader, line, t) != reader.provider(line):
            result[t] = paid(reader, line, fixed[t], activity[t] * paid_price[t], t)
    return result


def provider_cost(reader: Reader, plan: Plan, line: str, activity: list[float], unit_cost: list[float]) -> list[float]:
    """C · [(1 - f) A1 + f K], where K is the capacity still held."""
    fixed = reader.number(f"services.{line}.fixed_share", 0.0)
    release_years = reader.get(f"services.{line}.release_years", 0)
    planned = plan.activity_do_nothing[line]
    result = reader.zeros()
    for t in reader.years:
        if release_years == 0:
            released = planned[t] - activity[t]
        else:
            released = 0.0
            for k in range(t - release_years, t):
                if k > 0:
                    released += (planned[k] - activity[k]) / release_years
        capacity = planned[t] - released
        result[t] = unit_cost[t] * ((1 - fixed[t]) * activity[t] + fixed[t] * capacity)
    return result


def funding(reader: Reader, plan: Plan, party: str) -> list[float]:
    """The funding of a party: as given, or the planned do-nothing spend of the lines it pays.

    A line in scope of a budget is paid out of the money of the budget's commissioner: its holder has the budget and nothing else for it.
    """
    if reader.has(f"parties.{party}.funding"):
        return reader.money(f"parties.{party}.funding")
    result = reader.zeros()
    for line in plan.reader.names("services"):
        for t in reader.years:
            budget = budget_of(plan.reader, line, t)
            source = plan.reader.payer(line) if budget is None else plan.reader.get(f"budgets.{budget}.commissioner")
            if source == party:
                result[t] += plan.activity_do_nothing[line][t] * plan.price[line][t]
    return result
