"""Baselines of arrangements, covered lines' parts of them, and what a budget leaves with commissioner and holder (MODEL.md section 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simengine.engine.arrangements import Covered
from simengine.engine.build_budgets import Budgets, BudgetSlots
from simengine.engine.build_lines import LinePlan, payers_by_line, term_values
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats
from simengine.projection.payment import planned_payment
from simengine.study.arrangements import Arrangement
from simengine.study.defaults import arrangement_parties, covered_lines
from simengine.study.model import StudySpec


class Held(NamedTuple):
    """What a party of an arrangement holds of the gain through a budget: the commissioner Σ (b_s - wpb_s), the holder Σ wpb_s.

    The holder's payments for the lines are counted line by line: together it holds Σ (wpb_s - pay_s).
    """

    arrangement: str
    party: str
    amount: Slot


@dataclass(frozen=True)
class Baselines:
    """Baselines B by arrangement, b_s of the covered lines that no budget pays for (line, year), and what budgets leave with whom."""

    total: dict[str, Slot]
    parts: Floats
    held: list[Held]


def members_of(spec: StudySpec, name: str) -> tuple[str, ...]:
    """Parties of an arrangement in the order of the study."""
    return arrangement_parties(spec, spec.arrangements[name])


def _agreed_parts(spec: StudySpec, plan: LinePlan, terms: Arrangement, covered: Mapping[int, tuple[bool, ...]]) -> tuple[Floats, Floats]:
    """Each covered line's part b_s of a baseline that is the plan or a stated amount (line, year), and B by year."""
    years = spec.years
    kappa, stretch = term_values(terms.plan_includes_schemes, years), term_values(terms.stretch, years)
    parts, totals = np.zeros_like(plan.price), np.zeros(years)
    for t in range(years):
        inside = [s for s, years_in in covered.items() if years_in[t]]
        plain = {s: planned_payment(plan.do_nothing[s, t], plan.outturn[s, t], plan.price[s, t], kappa[t]) for s in inside}
        whole = sum(plain.values())
        stated = whole if terms.baseline == "plan" else term_values(terms.baseline_value, years)[t] * spec.money.scale
        totals[t] = (1.0 - stretch[t]) * stated
        for s, value in plain.items():
            parts[s, t] = value * (totals[t] / whole) if whole != 0.0 else totals[t] / len(inside)
    return parts, totals


def _in_budget(book: RowBook, terms: Arrangement, agreed: Floats, covered: Floats, budget: BudgetSlots) -> tuple[Slot, Slot]:
    """What holder and commissioner hold of covered lines in the scope of a budget; ``agreed`` is b_s of a baseline that is no budget."""
    share = (budget.parts * covered).sum(axis=0)
    wpb = budget.value.scaled(list(share))
    if terms.baseline == "budget":
        # b_s = (1 - stretch) wpb_s
        return wpb, wpb.scaled(list(-term_values(terms.stretch, book.years)))
    inside = tuple((agreed * covered * budget.scope).sum(axis=0))
    return wpb, book.total([book.constant(inside), wpb.scaled([-1.0] * book.years)])


def build_baselines(book: RowBook, spec: StudySpec, plan: LinePlan, budgets: Budgets) -> Baselines:
    """The baselines of every arrangement."""
    index = {name: s for s, name in enumerate(spec.services)}
    made = Baselines({}, np.zeros_like(plan.price), [])
    paid_by_budget = sum((budget.scope for budget in budgets.slots.values()), np.zeros_like(plan.price))
    for name, terms in spec.arrangements.items():
        lines = {index[line]: years_in for line, years_in in covered_lines(spec, terms).items()}
        covered = np.zeros_like(plan.price)
        for s, years_in in lines.items():
            covered[s] = years_in
        if terms.baseline == "budget":
            source, parts = budgets.slots[terms.budget or ""], np.zeros_like(plan.price)
            left = (1.0 - term_values(terms.stretch, spec.years)) * (source.parts * covered).sum(axis=0)
            made.total[name] = source.value.scaled(list(left))
        else:
            parts, totals = _agreed_parts(spec, plan, terms, lines)
            made.total[name] = book.constant(tuple(totals))
        for key, budget in budgets.slots.items():
            if (covered * budget.scope).any():
                held, kept = _in_budget(book, terms, parts, covered, budget)
                made.held.append(Held(name, spec.budgets[key].holder, held))
                made.held.append(Held(name, spec.budgets[key].commissioner, kept))
        made.parts[:] += parts * (1.0 - paid_by_budget)
    return made


def build_covered(spec: StudySpec, parts: Floats) -> Covered:
    """Which lines are covered by which arrangement in which year, and by whom they are paid and provided there."""
    index = {name: s for s, name in enumerate(spec.services)}
    arrangement = np.full((len(index), spec.years), -1, dtype=np.int64)
    payers, providers = np.zeros_like(arrangement), np.zeros(len(index), dtype=np.int64)
    by_line, first = payers_by_line(spec), 0
    for a, (name, terms) in enumerate(spec.arrangements.items()):
        members = members_of(spec, name)
        for line, covered in covered_lines(spec, terms).items():
            s = index[line]
            providers[s] = first + members.index(spec.services[line].provider)
            for t in np.flatnonzero(covered):
                arrangement[s, t] = a
                payers[s, t] = first + members.index(by_line[line][t])
        first += len(members)
    return Covered(arrangement=arrangement, payer=payers, provider=providers, baseline=parts)
