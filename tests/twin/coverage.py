"""What an arrangement covers: its parties, its baseline and outturn, and what each party holds through payment (notes 16 and 31)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .bands import paid
from .budgets import Budget, shares_of
from .payment import Plan, planned_payment, planned_spend
from .reading import Reader
from .scopes import budget_of, is_in_scope, payer


@dataclass
class Covered:
    """The baseline and outturn of an arrangement in one year, and W by every party of it."""

    baseline: float
    outturn: float
    held: dict[str, float]


def ratio(top: float, bottom: float) -> float:
    """A division that answers as IEEE arithmetic does: what cannot be settled is not finite, and the draw is a failed one."""
    if bottom != 0:
        return top / bottom
    return math.nan if top == 0 or math.isnan(top) else math.copysign(math.inf, top)


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


def cover(reader: Reader, plan: Plan, budgets: dict[str, Budget], arrangement: str, activity: dict[str, list[float]], t: int) -> Covered:
    """The baseline, the outturn and W of an arrangement in year t."""
    path = f"arrangements.{arrangement}"
    budget = budget_of_arrangement(reader, arrangement)
    lines = covered_lines(reader, arrangement, t)
    stretch = 1 - reader.number(f"{path}.stretch", 0.0)[t]
    if budget is None:
        share = reader.number(f"{path}.plan_includes_schemes", 0.0)
        planned = {line: planned_spend(plan, line, share)[t] for line in lines}
        explicit = reader.get(f"{path}.baseline") == "explicit"
        value = reader.money(f"{path}.baseline_value")[t] if explicit else sum(planned.values())
        parts = {line: planned[line] * ratio(value, sum(planned.values())) for line in lines}
    else:
        shares = shares_of(reader, plan, budget, t)
        parts = {line: shares[line] * budgets[budget].value[t] for line in lines}
        value = sum(parts.values())

    outturn = 0.0
    held = dict.fromkeys(members(reader, arrangement), 0.0)
    for line in lines:
        b = parts[line] * stretch
        o = activity[line][t] * plan.price[line][t]
        outturn += o
        paying, provider = payer(reader, line, t), reader.provider(line)
        pay = o if paying == provider else paid_at_reference_price(reader, plan, line, o, t)
        holder_of = budget_of(reader, line, t)
        if holder_of is None:
            held[paying] += b - pay
        else:
            wpb = shares_of(reader, plan, holder_of, t)[line] * budgets[holder_of].value[t]
            held[reader.get(f"budgets.{holder_of}.commissioner")] += b - wpb
            held[paying] += wpb - pay
        held[provider] += pay - o
    return Covered(value * stretch, outturn, held)
