"""Variation: cost per 1,000 population against a benchmark, the opportunities ranked (FIX, PLICS analysis; HFMA exhibit 5).

cost per 1,000 = cost / population · 1,000; variation = cost per 1,000 - benchmark; percentage = variation / benchmark;
opportunity = max(variation, 0) · population / 1,000, the money that would go at the benchmark; impact = opportunity / cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from simengine.baseline.exact import ONE, ZERO, Number, exact, shown
from simengine.baseline.impact import Effect, ImpactTable
from simengine.baseline.working import Fault, Line, Step, Working, not_negative, refuse, repeated

PER = 1000


@dataclass(frozen=True, slots=True)
class GroupCost:
    """The system's cost of one group (currency a year; activity in ``line.activity``) and the benchmark's cost per 1,000 population."""

    line: Line
    cost: Number
    benchmark: Number


@dataclass(frozen=True, slots=True)
class Variation:
    """One group compared: currency per 1,000, the fraction of the benchmark, the opportunity in currency, and its rank (1 the largest).

    ``rank`` is 0 where there is no opportunity. ``unit_cost`` is currency per unit of activity where activity is known.
    """

    line: Line
    cost: Fraction
    per_1000: Fraction
    benchmark: Fraction
    variation: Fraction
    fraction: Fraction | None
    unit_cost: Fraction | None
    opportunity: Fraction
    rank: int

    @property
    def impact(self) -> Fraction:
        """The share of the group's cost that would go at the benchmark, 0 to 1."""
        return self.opportunity / self.cost if self.cost else ZERO


def compare(groups: Sequence[GroupCost], population: Number) -> tuple[tuple[Variation, ...], tuple[Step, ...]]:
    """Every group against its benchmark, in the order of the input, with the working.

    Raises BaselineError for negative numbers, a group that stands twice, and a population that is not above 0.
    """
    people = exact(population)
    faults: list[Fault] = repeated((group.line.title for group in groups), "group")
    for group in groups:
        title = group.line.title
        faults += not_negative(title, "cost", group.cost) + not_negative(title, "benchmark", group.benchmark)
        faults += not_negative(title, "activity", group.line.activity)
    if people <= 0:
        faults.append(("", "population", "must be above 0"))
    refuse(faults)
    working = Working()
    found = [_compared(group, people, working) for group in groups]
    order = sorted((i for i, one in enumerate(found) if one.opportunity > 0), key=lambda i: (-found[i].opportunity, i))
    rank = {i: place for place, i in enumerate(order, start=1)}
    return tuple(replace(one, rank=rank.get(i, 0)) for i, one in enumerate(found)), tuple(working.steps)


def _compared(group: GroupCost, people: Fraction, working: Working) -> Variation:
    title, cost, benchmark = group.line.title, exact(group.cost), exact(group.benchmark)
    formula = "cost ÷ population × 1,000"
    per = working.step(title, "cost per 1,000", formula, cost / people * PER, "money a head", cost=cost, population=people)
    formula = "cost per 1,000 - benchmark"
    over = working.step(title, "variation per 1,000", formula, per - benchmark, "money a head", cost_per_1000=per, benchmark=benchmark)
    part = None
    if benchmark:
        given = {"variation": over, "benchmark": benchmark}
        part = working.step(title, "variation", "variation per 1,000 ÷ benchmark", over / benchmark, "share", **given)
    formula = "variation per 1,000 × population ÷ 1,000, nothing where it is negative"
    worth = working.step(title, "opportunity", formula, max(over, ZERO) * people / PER, "money", variation=over, population=people)
    unit = None
    if group.line.activity:
        activity = exact(group.line.activity)
        unit = working.step(title, "unit cost", "cost ÷ activity", cost / activity, "money a unit", cost=cost, activity=activity)
    return Variation(group.line, cost, per, benchmark, over, part, unit, worth, 0)


def benchmark_interval(variation: Number, per_1000: Fraction, places: int = 2) -> tuple[Fraction, Fraction]:
    """The benchmarks that give a printed variation: those between which cost per 1,000 less benchmark rounds to it (currency per 1,000).

    Published benchmarks are rounded, and the variation beside them is not always the difference of the two printed figures.
    """
    half = Fraction(1, 2 * 10**places)
    return per_1000 - exact(variation) - half, per_1000 - exact(variation) + half


def impact_table(found: Sequence[Variation], scheme: str, benchmark: str, largest: int | None = None) -> ImpactTable:
    """The groups with an opportunity as effects of one scheme, the largest first; ``benchmark`` says whose figures they are held to."""
    ranked = sorted((one for one in found if one.rank), key=lambda one: one.rank)[:largest]
    effects = []
    for one in ranked:
        at = f"{shown(one.per_1000)} per 1,000 against {shown(one.benchmark)}"
        effects.append(
            Effect(one.line.name, min(one.impact, ONE), f"{at}: opportunity {shown(one.opportunity, 0)} of {shown(one.cost, 0)}")
        )
    source = f"cost per 1,000 population against {benchmark} (FIX, PLICS analysis)"
    return ImpactTable(scheme, "Unwarranted variation reduced to the benchmark", source, tuple(effects))
