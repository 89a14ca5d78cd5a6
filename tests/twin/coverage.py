"""What an arrangement covers: its parties, its baseline and outturn, and what each party holds through payment (notes 16 and 31)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .bands import paid
from .budgets import Budget, shares_of, value_before_update
from .follows import moved_by_drivers
from .payment import Plan, planned_payment, planned_spend
from .reading import Reader
from .scopes import budget_of, is_in_scope, payer
from .thresholds import ratio


@dataclass
class CoveredLine:
    """A covered line in one year: its part of the baseline, its outturn, and W by the parties that hold any of it."""

    baseline: float
    outturn: float
    held: dict[str, float]


@dataclass
class Covered:
    """The baseline and outturn of an arrangement in one year, and W by every party of it; and the same line by line."""

    baseline: float
    outturn: float
    held: dict[str, float]
    lines: list[CoveredLine]


def budget_of_arrangement(reader: Reader, arrangement: str) -> str | None:
    """The budget that is the baseline of an arrangement, or none."""
    path = f"arrangements.{arrangement}"
    return reader.get(f"{path}.budget") if reader.get(f"{path}.baseline") == "budget" else None


def covered_lines(reader: Reader, arrangement: str, t: int) -> list[str]:
    """The lines covered in year t: those listed, and with a budget those in scope of it (of those listed, where there is a list)."""
    listed = reader.get(f"arrangements.{arrangement}.services") or reader.names("services")
    budget = budget_of_arrangement(reader, arrangement)
    return listed if budget is None else [line for line in listed if is_in_scope(reader, budget, line, t)]


def residual_party(reader: Reader, arrangement: str) -> str:
    """The party that takes what the others do not: as stated, the budget's commissioner, or the only commissioner among the payers."""
    stated = reader.get(f"arrangements.{arrangement}.residual")
    if stated:
        return stated
    budget = budget_of_arrangement(reader, arrangement)
    if budget is not None:
        return reader.get(f"budgets.{budget}.commissioner")
    payers = {payer(reader, line, t) for t in reader.years for line in covered_lines(reader, arrangement, t)}
    (commissioner,) = [party for party in payers if reader.get(f"parties.{party}.role") == "commissioner"]
    return commissioner


def members(reader: Reader, arrangement: str) -> list[str]:
    """The parties of an arrangement, in the order of the file."""
    path = f"arrangements.{arrangement}"
    found = {residual_party(reader, arrangement)} | set(reader.names(f"{path}.gain_share")) | set(reader.names(f"{path}.loss_share"))
    found |= {reader.get(f"{path}.fund.party")} if reader.has(f"{path}.fund") else set()
    for t in reader.years:
        for line in covered_lines(reader, arrangement, t):
            found |= {payer(reader, line, t), reader.provider(line)}
            budget = budget_of(reader, line, t)
            if budget is not None:
                found.add(reader.get(f"budgets.{budget}.commissioner"))
    return [party for party in reader.names("parties") if party in found]


def paid_at_reference_price(reader: Reader, plan: Plan, line: str, outturn: float, t: int) -> float:
    """pay_s: what is paid for a line at the planned price."""
    return paid(reader, line, planned_payment(reader, plan, line)[t], outturn, t)


def parts_of_baseline(
    reader: Reader, plan: Plan, values: dict[str, list[float]], arrangement: str, lines: list[str], t: int
) -> tuple[dict[str, float], float]:
    """What the baseline has for each covered line in year t, and its value, before stretch and proration; `values` are the budgets'."""
    path = f"arrangements.{arrangement}"
    budget = budget_of_arrangement(reader, arrangement)
    if budget is not None:
        shares = shares_of(reader, plan, budget, t)
        parts = {line: shares[line] * values[budget][t] for line in lines}
        return parts, sum(parts.values())
    share = reader.number(f"{path}.plan_includes_schemes", 0.0)
    planned = {line: planned_spend(plan, line, share)[t] * moved_by_drivers(reader, plan, arrangement, line, t) for line in lines}
    explicit = reader.get(f"{path}.baseline") == "explicit"
    value = reader.money(f"{path}.baseline_value")[t] if explicit else sum(planned.values())
    return {line: planned[line] * ratio(value, sum(planned.values())) for line in lines}, value


def planned_baselines(reader: Reader, plan: Plan, arrangement: str) -> list[float]:
    """B over the years by the terms of the study (or the scenario) where everything is as planned."""
    path = f"arrangements.{arrangement}"
    at_plan = Reader(reader.tree, plan.reader.values, is_plan=True)
    budget = budget_of_arrangement(reader, arrangement)
    # as planned there are neither more people nor resets
    values = {} if budget is None else {budget: value_before_update(at_plan, plan, budget)}
    stretch, part_of_year = reader.number(f"{path}.stretch", 0.0), reader.number(f"{path}.proration", 1.0)
    found = reader.zeros()
    for t in reader.years:
        lines = covered_lines(reader, arrangement, t)
        found[t] = parts_of_baseline(at_plan, plan, values, arrangement, lines, t)[1] * (1 - stretch[t]) * part_of_year[t]
    return found


def is_drawn(reader: Reader, arrangement: str) -> bool:
    """Whether a baseline differs between draws: it follows drivers, or is a budget."""
    path = f"arrangements.{arrangement}"
    follows = reader.get(f"{path}.population_adjusted", False) or reader.has(f"{path}.baseline_follows")
    return bool(follows) or budget_of_arrangement(reader, arrangement) is not None


def held_of(reader: Reader, plan: Plan, budgets: dict[str, Budget], line: str, b: float, o: float, t: int) -> dict[str, float]:
    """W of a line in year t, from its baseline and its outturn at the reference price."""
    paying, provider = payer(reader, line, t), reader.provider(line)
    pay = o if paying == provider else paid_at_reference_price(reader, plan, line, o, t)
    holder_of = budget_of(reader, line, t)
    if holder_of is None:
        steps = [(paying, b - pay)]
    else:
        wpb = shares_of(reader, plan, holder_of, t)[line] * budgets[holder_of].value[t]
        steps = [(reader.get(f"budgets.{holder_of}.commissioner"), b - wpb), (paying, wpb - pay)]
    held: dict[str, float] = {}
    for party, amount in [*steps, (provider, pay - o)]:
        held[party] = held.get(party, 0.0) + amount
    return held


def cover(reader: Reader, plan: Plan, budgets: dict[str, Budget], arrangement: str, activity: dict[str, list[float]], t: int) -> Covered:
    """The baseline, the outturn and W of an arrangement in year t."""
    path = f"arrangements.{arrangement}"
    lines = covered_lines(reader, arrangement, t)
    values = {name: budget.value for name, budget in budgets.items()}
    parts, value = parts_of_baseline(reader, plan, values, arrangement, lines, t)
    by_line = reader.get(f"{path}.line_by_line", False)
    stretch = 1 - reader.number(f"{path}.stretch", 0.0)[t]
    part_of_year = reader.number(f"{path}.proration", 1.0)[t]
    found = Covered(value * stretch * part_of_year, 0.0, dict.fromkeys(members(reader, arrangement), 0.0), [])
    for line in lines:
        b = parts[line] * stretch
        if by_line and not reader.is_plan and is_drawn(reader, arrangement) and parts[line] <= 0 and plan.activity_do_nothing[line][t] != 0:
            # nothing is left to share a gain of this line against: the draw is a failed one
            found.baseline = b = math.nan
        o = activity[line][t] * plan.price[line][t] - reader.money(f"{path}.adjustment.{line}", 0.0)[t]
        held = {party: w * part_of_year for party, w in held_of(reader, plan, budgets, line, b, o, t).items()}
        found.lines.append(CoveredLine(b * part_of_year, o * part_of_year, held))
        found.outturn += o * part_of_year
        for party, amount in held.items():
            found.held[party] += amount
    return found
