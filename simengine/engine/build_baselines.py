"""Baselines of arrangements, covered lines' parts of them, and what a budget leaves with commissioner and holder (MODEL.md section 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simengine.engine.build_budgets import Budgets, BudgetSlots
from simengine.engine.build_following import followed_worth, sum_of
from simengine.engine.build_lines import LinePlan, payers_by_line, term_values
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats
from simengine.projection.payment import planned_payment
from simengine.study.arrangements import Arrangement
from simengine.study.defaults import arrangement_parties, covered_lines
from simengine.study.model import StudySpec


class Held(NamedTuple):
    """What a party of an arrangement holds of the gain beside the lines' payments, in all or (``line``) of one line.

    Through a budget the commissioner Σ (b_s - wpb_s), the holder Σ wpb_s; for lines with a b_s that is drawn their payer Σ b_s. Payments
    for the lines are counted line by line: together the holder of a budget holds Σ (wpb_s - pay_s).
    """

    arrangement: str
    party: str
    amount: Slot
    line: str | None


@dataclass(frozen=True)
class Baselines:
    """Baselines B by arrangement, and everything that is held of them. Money of the part of the year that is settled, but for ``parts``."""

    total: dict[str, Slot]
    planned: dict[str, Floats]
    """B in the plan of the base study, with the terms at hand."""
    parts: Floats
    """b_s of the covered lines that no budget pays for and that is not drawn (line, year), of the whole year."""
    held: list[Held]
    lines: dict[tuple[str, str], Slot]
    """b_s of the lines that settle by themselves, by arrangement and line."""
    unearned: dict[tuple[str, str], Slot]
    """Improvement payments that a party of an arrangement does not earn as the holder of budgets, where they count towards its collar."""


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


class _Builder:
    """Lays the baselines of one draft out; ``base`` is the study that the plan is of."""

    def __init__(self, book: RowBook, spec: StudySpec, base: StudySpec, plan: LinePlan, budgets: Budgets) -> None:
        self.book, self.spec, self.base, self.plan, self.budgets = book, spec, base, plan, budgets
        self.years, self.names = spec.years, list(spec.services)
        self.made = Baselines({}, {}, np.zeros_like(plan.price), [], {}, {})
        self.paid_by_budget = sum((budget.scope for budget in budgets.slots.values()), np.zeros_like(plan.price))
        self.payers = list(payers_by_line(spec).values())

    def arrangement(self, name: str) -> None:
        """Baseline and holdings of one arrangement."""
        terms = self.spec.arrangements[name]
        lines = {self.names.index(line): years_in for line, years_in in covered_lines(self.spec, terms).items()}
        covered, part = np.zeros_like(self.plan.price), list(term_values(terms.proration, self.years))
        for s, years_in in lines.items():
            covered[s] = years_in
        agreed, followed = np.zeros_like(self.plan.price), dict[int, Slot]()
        if terms.baseline == "budget":
            source = self.budgets.slots[terms.budget or ""]
            left = (1.0 - term_values(terms.stretch, self.years)) * (source.parts * covered).sum(axis=0)
            self.made.total[name] = source.value.scaled(list(left)).scaled(part)
            self.made.planned[name] = source.planned * left * np.array(part)
        else:
            agreed, totals = _agreed_parts(self.spec, self.plan, terms, lines)
            self.made.total[name] = self.book.constant(tuple(totals)).scaled(part)
            self.made.planned[name] = totals * np.array(part)
        if terms.baseline_follows or terms.population_adjusted:
            followed = followed_worth(self.book, self.spec, self.base, name, self.plan, list(lines), agreed)
            agreed = np.zeros_like(agreed)
            self.made.total[name] = sum_of(self.book, list(followed.values())).scaled(part)
        if not terms.line_by_line:
            self.hold(name, None, covered, agreed, followed)
        for s in lines if terms.line_by_line else ():
            one = np.zeros_like(covered)
            one[s] = 1.0
            own = {s: followed[s]} if s in followed else {}
            self.made.lines[name, self.names[s]] = self.worth(terms, s, covered, agreed, own).scaled(part)
            self.hold(name, self.names[s], covered * one, agreed * one, own)
        self.made.parts[:] += agreed * (1.0 - self.paid_by_budget)

    def worth(self, terms: Arrangement, s: int, covered: Floats, agreed: Floats, followed: Mapping[int, Slot]) -> Slot:
        """b_s of one line."""
        if terms.baseline == "budget":
            source, stretch = self.budgets.slots[terms.budget or ""], term_values(terms.stretch, self.years)
            return source.value.scaled(list((1.0 - stretch) * source.parts[s] * covered[s]))
        return followed[s] if s in followed else self.book.constant(tuple(agreed[s]))

    def hold(self, name: str, line: str | None, covered: Floats, agreed: Floats, followed: Mapping[int, Slot]) -> None:
        """What is held of some lines through the budgets that they are in the scope of, and of drawn b_s by who else pays for them."""
        terms = self.spec.arrangements[name]
        part = list(term_values(terms.proration, self.years))
        for key, budget in self.budgets.slots.items():
            if (covered * budget.scope).any():
                wpb, kept = self.in_budget(terms, agreed, covered, budget, followed)
                self.made.held.append(Held(name, self.spec.budgets[key].holder, wpb.scaled(part), line))
                self.made.held.append(Held(name, self.spec.budgets[key].commissioner, kept.scaled(part), line))
        for payer in dict.fromkeys(payer for s in followed for payer in self.payers[s]):
            own = []
            for s, worth in followed.items():
                pays = np.array([who == payer for who in self.payers[s]]) * covered[s] * (1.0 - self.paid_by_budget[s])
                own.append(worth.scaled([float(one) for one in pays]))
            amount = sum_of(self.book, own)
            if any(amount.scale):
                self.made.held.append(Held(name, payer, amount.scaled(part), line))

    def in_budget(
        self, terms: Arrangement, agreed: Floats, covered: Floats, budget: BudgetSlots, followed: Mapping[int, Slot]
    ) -> tuple[Slot, Slot]:
        """What holder and commissioner hold of covered lines in the scope of a budget.

        Of a baseline that is no budget, b_s of a line is ``agreed``, or one of ``followed``.
        """
        book, share = self.book, (budget.parts * covered).sum(axis=0)
        wpb = budget.value.scaled(list(share))
        if terms.baseline == "budget":
            # b_s = (1 - stretch) wpb_s
            return wpb, wpb.scaled(list(-term_values(terms.stretch, book.years)))
        inside = book.constant(tuple((agreed * covered * budget.scope).sum(axis=0)))
        if followed:
            inside = sum_of(book, [worth.scaled(list(covered[s] * budget.scope[s])) for s, worth in followed.items()])
        return wpb, book.total([inside, wpb.scaled([-1.0] * book.years)])

    def unearned(self, name: str) -> None:
        """Improvement payments that holders of budgets do not earn, where they count as exposure."""
        if not self.spec.arrangements[name].include_ips:
            return
        for party in members_of(self.spec, name):
            lost: list[Slot] = []
            for key, budget in self.spec.budgets.items():
                if budget.holder == party and budget.improvement_payments:
                    weights = sum(
                        (term_values(one.weight, self.years) for one in budget.improvement_payments.values()), np.zeros(self.years)
                    )
                    made = self.budgets.slots[key]
                    lost += [made.value.scaled(list(weights)), made.earned.scaled([-1.0] * self.years)]
            if lost:
                self.made.unearned[name, party] = self.book.total(lost)


def build_baselines(book: RowBook, spec: StudySpec, plan: LinePlan, budgets: Budgets) -> Baselines:
    """The baselines of every arrangement."""
    builder = _Builder(book, spec, budgets.plan.spec, plan, budgets)
    for name in spec.arrangements:
        builder.arrangement(name)
        builder.unearned(name)
    return builder.made


def lines_apart(spec: StudySpec) -> Sequence[tuple[str, str]]:
    """Arrangement and line of every line that settles by itself."""
    return [(name, line) for name, terms in spec.arrangements.items() if terms.line_by_line for line in covered_lines(spec, terms)]
