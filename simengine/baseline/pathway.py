"""Costed pathway: what a procedure costs against best practice, and the net opportunity after three adjustments (FIX, costed pathways).

excess per procedure = Σ_elements (activity - best-practice activity) · unit cost; potential = procedures · excess; the adjustments (fixed
cost, complexity, shift between providers) are shares of the potential that add: net = potential · (1 - Σ adjustments). A target is
base value - progress · net.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import ONE, ZERO, Number, exact, shown, total
from simengine.baseline.impact import Effect, ImpactTable
from simengine.baseline.working import Fault, Step, Working, not_negative, refuse, repeated

#: The two comparators: the guideline and the average of the whole system.
BEST, SYSTEM = "best_practice", "system"
#: Whose excess a provider's potential is worked out on: the system's average (as the source does), or its own.
Excess: TypeAlias = Literal["system", "own"]


@dataclass(frozen=True, slots=True)
class Use:
    """How much of an element (an attendance, an operation) one procedure takes at a unit, and what one of it costs (currency)."""

    element: str
    unit: str
    activity: Number
    unit_cost: Number


@dataclass(frozen=True, slots=True)
class Unit:
    """A provider, or the whole system: procedures a year, and the value in its payment (currency), worked out where it is not given."""

    name: str
    procedures: Number
    base: Number | None = None


@dataclass(frozen=True, slots=True)
class Adjustments:
    """Limiting factors, as shares of the potential: fixed cost that does not go, a more complex mix, activity moved between providers."""

    fixed_cost: Number = 0
    complexity: Number = 0
    shift: Number = 0

    @property
    def named(self) -> tuple[tuple[str, Fraction], ...]:
        """The three with their names, in the order of the source."""
        parts = (("fixed cost", self.fixed_cost), ("complexity", self.complexity), ("shift between providers", self.shift))
        return tuple((name, exact(value)) for name, value in parts)

    @property
    def net(self) -> Fraction:
        """The share of the potential that is left."""
        return ONE - total(value for _, value in self.named)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """What moving to best practice is worth to a unit (currency a year): gross, each reduction (negative), net."""

    unit: str
    procedures: Fraction
    base: Fraction
    potential: Fraction
    reductions: tuple[tuple[str, Fraction], ...]
    net: Fraction


def cost_of_procedure(uses: Sequence[Use], unit: str) -> Fraction:
    """Cost of one procedure along the pathway of a unit: Σ activity · unit cost (currency)."""
    return total(exact(use.activity) * exact(use.unit_cost) for use in uses if use.unit == unit)


def excess_activity(uses: Sequence[Use], unit: str) -> Fraction:
    """Activity of one procedure above best practice, summed over the elements (units; negative where there is less)."""
    best = {use.element: exact(use.activity) for use in uses if use.unit == BEST}
    return total(exact(use.activity) - best[use.element] for use in uses if use.unit == unit)


def excess_cost(uses: Sequence[Use], unit: str) -> Fraction:
    """Cost of one procedure above best practice (currency; negative where it costs less)."""
    best = {use.element: exact(use.activity) for use in uses if use.unit == BEST}
    return total((exact(use.activity) - best[use.element]) * exact(use.unit_cost) for use in uses if use.unit == unit)


def activity_counted_twice(uses: Sequence[Use], unit: Unit) -> Fraction:
    """Worth procedures · Σ activity² · unit cost: the value of a payment in which activity was multiplied in twice (currency).

    The slide of the source does this: its cost lines already are activity × unit cost, and it multiplies them by activity again.
    """
    return exact(unit.procedures) * total(exact(use.activity) ** 2 * exact(use.unit_cost) for use in uses if use.unit == unit.name)


def opportunities(
    uses: Sequence[Use], units: Sequence[Unit], adjustments: Adjustments, excess: Excess = "system"
) -> tuple[tuple[Opportunity, ...], tuple[Step, ...], tuple[str, ...]]:
    """Every unit's potential and net opportunity, in the order of ``units``, with the working and warnings.

    Raises BaselineError where an element has no best practice or two unit costs, a unit has no pathway, adjustments leave (0, 1], or
    numbers are negative.
    """
    refuse(_faults(uses, units, adjustments, excess))
    working, found = Working(), []
    for unit in units:
        procedures = exact(unit.procedures)
        over = excess_cost(uses, SYSTEM if excess == "system" else unit.name)
        formula = "sum of (activity - best practice) × unit cost"
        working.step(unit.name, f"excess cost of a procedure ({excess})", formula, over, "money a unit")
        if over < 0:
            working.warn(f"{unit.name}: costs less than best practice already; no opportunity")
        formula = "procedures × excess cost"
        potential = working.step(unit.name, "potential", formula, procedures * max(over, ZERO), "money", procedures=procedures, excess=over)
        cuts = []
        for name, share in adjustments.named:
            formula = "- share × potential"
            cut = working.step(unit.name, f"adjustment: {name}", formula, -share * potential, "money", share=share, potential=potential)
            cuts.append((name, cut))
        net = potential + total(cut for _, cut in cuts)
        working.step(unit.name, "net targeted opportunity", "potential + adjustments", net, "money", potential=potential)
        found.append(Opportunity(unit.name, procedures, _base(uses, unit, working), potential, tuple(cuts), net))
    return tuple(found), tuple(working.steps), tuple(working.warnings)


def _base(uses: Sequence[Use], unit: Unit, working: Working) -> Fraction:
    """The value in the payment: as given, else procedures × cost of a procedure."""
    procedures, cost = exact(unit.procedures), cost_of_procedure(uses, unit.name)
    worked_out = procedures * cost
    if unit.base is None:
        formula = "procedures × sum of activity × unit cost"
        return working.step(unit.name, "value in the payment", formula, worked_out, "money", procedures=procedures, cost=cost)
    base = exact(unit.base)
    if base != worked_out and base == activity_counted_twice(uses, unit):
        working.warn(
            f"{unit.name}: the value given, {shown(base, 0)}, is procedures × activity² × unit cost: activity is multiplied in twice; "
            f"once gives {shown(worked_out, 0)}"
        )
    return working.step(unit.name, "value in the payment", "as given", base, "money")


def _faults(uses: Sequence[Use], units: Sequence[Unit], adjustments: Adjustments, excess: Excess) -> list[Fault]:
    faults: list[Fault] = repeated((unit.name for unit in units), "unit")
    best = {use.element for use in uses if use.unit == BEST}
    costs: dict[str, set[Fraction]] = {}
    for use in uses:
        costs.setdefault(use.element, set()).add(exact(use.unit_cost))
        faults += not_negative(use.unit, "activity", use.activity) + not_negative(use.unit, "unit_cost", use.unit_cost)
    faults += [
        (element, "unit_cost", "has more than one unit cost: use the same for every unit") for element, c in costs.items() if len(c) > 1
    ]
    faults += [(element, "element", f"has no row for {BEST}") for element in costs if element not in best]
    there = {use.unit for use in uses}
    if excess == "system" and SYSTEM not in there:
        faults.append((SYSTEM, "unit", "has no pathway; give one, or work out each provider on its own excess"))
    for unit in units:
        faults += not_negative(unit.name, "procedures", unit.procedures) + not_negative(unit.name, "base", unit.base)
        if unit.name not in there and (excess == "own" or unit.base is None):
            faults.append((unit.name, "unit", "has no pathway among the elements"))
    faults += [("", name, "is a share of the potential, from 0 to 1") for name, share in adjustments.named if not 0 <= share <= 1]
    if not faults and adjustments.net < 0:
        faults.append(("", "adjustments", "take off more than the potential"))
    return faults


def impact_table(
    found: Sequence[Opportunity], scheme: str, source: str, lines: Mapping[str, str], progress: Sequence[Number] = ()
) -> ImpactTable:
    """The net opportunity of every provider as a share of its value, with the profile of progress after the base year as the ramp.

    ``lines`` maps a unit to the key of its service line. The system is left out where its providers are given.
    """
    providers = [one for one in found if one.unit != SYSTEM] or list(found)
    effects = []
    for one in providers:
        share = min(one.net / one.base, ONE) if one.base else ZERO
        effects.append(Effect(lines.get(one.unit, one.unit), share, f"net opportunity {shown(one.net, 0)} of {shown(one.base, 0)}"))
    ramp = [exact(share) for share in progress]
    later = ramp[1:] if ramp and ramp[0] == 0 else ramp
    return ImpactTable(scheme, "Pathway moved towards best practice", source, tuple(effects), tuple(later) or None)
