"""Whole population budgets of a study as slots: value, what is earned of it, who pays whom, affordability (MODEL.md section 5).

What a budget is worth rests on the plan of the base study, also in a scenario; terms are the scenario's own. Money in the currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simengine.engine.build_lines import LinePlan, LineSlots, line_slots, term_values
from simengine.engine.build_population import segment_sizes
from simengine.engine.ops import LINEAR, PRODUCT, RESET, TIMES
from simengine.engine.rows import RowBook, Slot
from simengine.errors import Problem, StudyError
from simengine.jit import Floats
from simengine.projection.budget import less_planned_savings, stream_value
from simengine.projection.payment import planned_payment
from simengine.projection.price import rate_change
from simengine.study.budgets import AVERAGE_SPEND, WHOLE_LIST, Allocation, Budget, Resets, Stream
from simengine.study.defaults import unearned_to
from simengine.study.model import StudySpec
from simengine.study.walk import numbers


class Flow(NamedTuple):
    """Money that one party pays another every year whatever happens to the lines."""

    payer: str
    receiver: str
    amount: Slot


@dataclass(frozen=True)
class BudgetSlots:
    """A budget: its value after update and resets, what is paid of it, what improvement payments earn, each line's part of the value.

    ``planned`` is its value in the plan of the base study, with the terms at hand.
    """

    value: Slot
    planned: Floats
    paid: Slot
    earned: Slot
    scope: Floats  # (line, year): 1 in scope
    parts: Floats  # (line, year): share of the value, 0 out of scope; sums to 1 over the lines in scope


@dataclass(frozen=True)
class BudgetPlan:
    """What of the base study's plan the budgets of its scenarios rest on, each by its key."""

    spec: StudySpec
    streams: dict[tuple[str, str], tuple[Floats, Floats]]  # (budget, stream): base by year, growth index
    sizes: dict[str, Floats]  # segment: planned people by year


@dataclass(frozen=True)
class Budgets:
    """Everything that budgets and allocations add to a study; ``people`` are the reported sizes by population segment."""

    slots: dict[str, BudgetSlots]
    flows: list[Flow]
    gaps: dict[str, Slot]
    people: dict[str, Slot]
    plan: BudgetPlan


class _Builder:
    """Lays the budgets of one draft out; ``base`` is None while that is the base study itself."""

    def __init__(self, book: RowBook, spec: StudySpec, slots: Mapping[str, LineSlots], lines: LinePlan, base: BudgetPlan | None) -> None:
        self.book, self.spec, self.slots, self.lines, self.base = book, spec, slots, lines, base
        self.years, self.unit, self.names = spec.years, spec.money.scale, list(spec.services)
        self.index = {name: s for s, name in enumerate(self.names)}
        self.people = segment_sizes(book, spec)
        sizes = {name: book.planned(size) for name, size in self.people.items()}
        self.plan = BudgetPlan(spec if base is None else base.spec, {}, sizes)
        self.sizes = sizes if base is None else sizes | base.sizes

    def scope(self, budget: Budget) -> Floats:
        """1 where a line is in scope of a budget (line, year)."""
        found = np.zeros((len(self.names), self.years))
        for name, inside in budget.in_scope(self.years).items():
            found[self.index[name]] = inside
        return found

    def worth(self, budget: Budget, default: float = 0.0) -> Floats:
        """Planned worth b_s of every line (line, year), with the budget's share of the planned scheme impact taken out."""
        kappa, plan = term_values(budget.plan_includes_schemes, self.years, default), self.lines
        each = [
            [planned_payment(plan.do_nothing[s, t], plan.outturn[s, t], plan.price[s, t], kappa[t]) for t in range(self.years)]
            for s in range(len(self.names))
        ]
        return np.array(each)

    def parts(self, budget: Budget, scope: Floats) -> Floats:
        """Each line's share of the planned worth in scope, after schemes where the budget does not say; by number where that is nothing."""
        inside = self.worth(budget, default=1.0) * scope
        whole, count = inside.sum(axis=0), np.maximum(scope.sum(axis=0), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(whole != 0.0, inside / whole, scope / count))

    def agreed(self, name: str, budget: Budget, worth: Floats, scope: Floats) -> Floats:
        """Value of a budget by its plan, its streams or its stated amount, before anything else."""
        if budget.value == "explicit":
            return term_values(budget.amount, self.years) * self.unit
        if budget.value == "plan":
            return np.asarray((worth * scope).sum(axis=0))
        kappa, plan = term_values(budget.plan_includes_schemes, self.years), self.lines
        saving = (((plan.do_nothing - plan.outturn) * plan.price) * scope).sum(axis=0)
        value = np.zeros(self.years)
        for key, stream in budget.streams.items():
            base, growth = self.stream(name, key, stream)
            gone = term_values(stream.non_recurrent, self.years) * self.unit
            value += [stream_value(base[t], gone[t], growth[t]) for t in range(self.years)]
        return np.array([less_planned_savings(value[t], kappa[t], saving[t]) for t in range(self.years)], dtype=np.float64)

    def stream(self, budget: str, key: str, stream: Stream) -> tuple[Floats, Floats]:
        """Planned base of a stream (that of its lines where none is stated, of year 1 for a line without a base year), and growth index."""
        path = f"budgets.{budget}.streams.{key}"
        growth = self.book.planned(self.book.index([rate_change(self.book.number(stream.growth, f"{path}.growth"))]))
        if stream.base is not None:
            base = self.book.planned(self.book.number(stream.base, f"{path}.base", self.unit))
        else:
            lines = [self.slots[name] for name in stream.services]
            spend = [self.book.planned(self.book.product([line.base_activity, line.base_price]))[0] for line in lines]
            base = np.full(self.years, sum(spend, 0.0))
        self.plan.streams[budget, key] = (base, growth)
        return (base, growth) if self.base is None else self.base.streams.get((budget, key), (base, growth))

    def updates(self, name: str, budget: Budget, planned: Floats) -> list[Slot]:
        """What people beyond those planned add, by segment: value · (N - N_plan)."""
        found = []
        for segment, update in budget.population_update.items():
            more = self.book.total([self.people[segment], self.book.constant(tuple(-self.sizes[segment]))])
            if update.value == AVERAGE_SPEND:
                value = self.book.constant(tuple(planned / self.sizes[WHOLE_LIST]))
            else:
                value = self.book.number(update.value, f"budgets.{name}.population_update.{segment}.value")
            found.append(self.book.product([value, more]))
        return found

    def reset(self, name: str, budget: Budget, resets: Resets, worth: Floats) -> Slot:
        """Scale of the value after the resets so far."""
        asked = [f"drivers.{driver}" if driver in self.spec.drivers else driver for driver in resets.drivers]
        # the common shock is noise: it is not observed
        seen = {number.path: number.value for number in numbers(self.spec) if number.path in asked and number.path != "volatility.common"}
        inputs, roles, met, scope = [], [], set[str](), self.scope(budget)
        for year in resets.years:
            t = year - 1
            with self.book.observed(seen, t, self.plan.spec.drivers) as found:
                value = self.recomputed(budget, worth, t)
            met |= found
            # the plan of the base study, with the terms of the budget at hand
            against = float((worth * scope)[:, t].sum())
            if against > 0.0:
                inputs.append(value.scaled([1.0 / against] * self.years))
                roles.append(t)
        unused = [driver for driver in asked if driver not in met]
        if unused:
            rule = f"no activity or price of a line in scope depends on {', '.join(unused)}: a reset would not see it"
            raise StudyError([Problem(f"budgets.{name}.resets.drivers", rule)])
        return self.book.add_op(RESET, inputs, roles, (resets.threshold,)) if inputs else self.book.constant(1.0)

    def recomputed(self, budget: Budget, worth: Floats, t: int) -> Slot:
        """The plan of the lines in scope in year ``t`` from numbers as observed, schemes' reduction at plan; one value for all years."""
        scope, terms, fixed = self.scope(budget)[:, t], dict[tuple[int, int], float](), 0.0
        for s in np.flatnonzero(scope):
            plain = self.lines.do_nothing[s, t] * self.lines.price[s, t]
            if plain == 0.0:
                fixed += worth[s, t]
                continue
            line, _, _ = line_slots(self.book, self.plan.spec, self.names[s], self.lines.efficiency_required[s], None)
            made = self.at(t, [line.activity, line.price])
            terms[made.row, made.stride] = terms.get((made.row, made.stride), 0.0) + made.scale[0] * (worth[s, t] / plain)
        slots = [Slot(row, stride, (scale,) * self.years) for (row, stride), scale in terms.items()]
        if fixed != 0.0:
            slots.append(self.book.constant(fixed))
        return self.book.add_op(LINEAR, slots, [TIMES] * len(slots), once=True)

    def at(self, t: int, factors: Sequence[Slot]) -> Slot:
        """Their product in year ``t``, the same in all years; lines that share indices share the operation."""
        scale = float(np.prod([factor.scale[t] for factor in factors]))
        rows = [Slot(f.row + f.stride * t, 0, (1.0,) * self.years) for f in factors if not f.is_constant]
        if not rows:
            return self.book.constant(scale)
        made = rows[0] if len(rows) == 1 else self.book.add_op(PRODUCT, rows, [TIMES] * len(rows), once=True)
        return made.scaled([scale] * self.years)

    def budget(self, name: str, budget: Budget, flows: list[Flow]) -> BudgetSlots:
        """One budget, and the payments that it brings."""
        book, worth, scope = self.book, self.worth(budget), self.scope(budget)
        agreed = self.agreed(name, budget, worth, scope)
        less = agreed - term_values(budget.unidentified_savings, self.years) * self.unit
        value = book.total([book.constant(tuple(less)), *self.updates(name, budget, less)])
        if budget.resets is not None:
            value = book.product([value, self.reset(name, budget, budget.resets, worth)])
        weights, earned = np.zeros(self.years), []
        for key, element in budget.improvement_payments.items():
            weight = term_values(element.weight, self.years)
            weights += weight
            earned.append(book.number(element.score, f"budgets.{name}.improvement_payments.{key}.score").scaled(list(weight)))
        share = book.total(earned)
        paid = book.product([value, book.total([book.constant(tuple(1.0 - weights)), *earned])])
        flows.append(Flow(budget.commissioner, budget.holder, paid))
        other = unearned_to(budget)
        if other != budget.commissioner and weights.any():
            left = book.total([book.constant(tuple(weights)), *(score.scaled([-1.0] * self.years) for score in earned)])
            flows.append(Flow(budget.commissioner, other, book.product([value, left])))
        return BudgetSlots(value, less, paid, book.product([value, share]), scope, self.parts(budget, scope))

    def gap(self, name: str, allocation: Allocation, budgets: Mapping[str, BudgetSlots]) -> Slot:
        """What the stream's lines need, budgets by their parts and other lines at planned spend, beyond its allocation as drawn."""
        book, path = self.book, f"allocations.{name}"
        if allocation.amount is not None:
            money = book.number(allocation.amount, f"{path}.amount", self.unit)
        else:
            growth = book.index([rate_change(book.number(allocation.growth or 0.0, f"{path}.growth"))])
            money = book.product([book.number(allocation.base or 0.0, f"{path}.base", self.unit), growth])
        own = np.zeros((len(self.names), 1))
        own[[self.index[line] for line in allocation.services]] = 1.0
        spend, outside = self.lines.outturn * self.lines.price, np.ones((len(self.names), self.years))
        needs = []
        for made in budgets.values():
            outside -= made.scope
            share = (made.parts * own).sum(axis=0)
            if share.any():
                needs.append(made.value.scaled(list(share)))
        rest = (spend * outside * own).sum(axis=0)
        return book.total([*needs, book.constant(tuple(rest)), money.scaled([-1.0] * self.years)])


def build_budgets(book: RowBook, spec: StudySpec, slots: Mapping[str, LineSlots], lines: LinePlan, base: BudgetPlan | None) -> Budgets:
    """Budgets and allocations of a study; ``base`` is the plan of the study that a scenario belongs to."""
    builder = _Builder(book, spec, slots, lines, base)
    flows: list[Flow] = []
    made = {name: builder.budget(name, budget, flows) for name, budget in spec.budgets.items()}
    gaps = {name: builder.gap(name, allocation, made) for name, allocation in spec.allocations.items()}
    segments = spec.population.segments if spec.population is not None else {}
    people = {name: builder.people[name] for name in segments}
    return Budgets(made, flows, gaps, people, builder.plan if base is None else base)
