"""Reference costs as weights: a benchmark's or the nation's unit costs, scaled to the value of the contract (WPB 2.4.4, figures 9 and 10).

local weight = contract value / Σ (activity · reference unit cost); local unit cost = reference unit cost · local weight. The spend
always sums to the contract value: a baseline is not adjusted to close a gap between what is paid and reference cost (WPB 2.7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import Number, exact, grouped, total
from simengine.baseline.working import Baseline, Fault, Line, Step, Working, counted, finished, not_negative, priced, refuse, repeated

Mean: TypeAlias = Literal["plain", "volume"]


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """A kind of activity (count in ``line.activity``) with its reference unit cost, or instead the unrounded cost of all its activity."""

    line: Line
    unit_cost: Number | None = None
    cost: Number | None = None


@dataclass(frozen=True, slots=True)
class PeerCost:
    """What a provider of the benchmark reports for a kind of activity: unit cost (currency) and, for a weighted mean, activity."""

    service: str
    provider: str
    unit_cost: Number
    activity: Number | None = None


def by_reference_cost(rows: Sequence[ReferenceRow], contract_value: Number, source: str = "national average reference cost") -> Baseline:
    """One service line per kind of activity, priced at its reference unit cost times the local weight (figure 10).

    Raises BaselineError for missing or negative numbers, for both a unit cost and a cost on one row, and for costs that sum to nothing.
    """
    value = exact(contract_value)
    refuse(_faults(rows, value))
    working = Working()
    costs = [_cost(row, working) for row in rows]
    everything = working.step("", "cost of all activity at reference cost", "sum", total(costs), "money")
    if everything == 0:
        refuse([("", "unit_cost", "activity at reference cost sums to nothing")])
    formula = "contract value ÷ cost of all activity at reference cost"
    weight = working.step("", "local cost weight", formula, value / everything, "factor", contract_value=value, cost=everything)
    made = []
    for row, cost in zip(rows, costs, strict=True):
        formula = "cost of activity × local cost weight"
        spend = working.step(row.line.title, "commissioner spend", formula, cost * weight, "money", cost=cost, local_weight=weight)
        made.append(priced(working, row.line, spend, f"{source}, scaled to the contract value (WPB 2.4.4, figure 10)"))
    return finished(made, working)


def benchmark_unit_costs(peers: Sequence[PeerCost], mean: Mean) -> tuple[dict[str, Fraction], tuple[Step, ...]]:
    """The mean unit cost of each kind of activity over the benchmark providers, {service: currency}, with the steps (figure 9).

    ``mean`` is "plain" (each provider counts the same) or "volume" (weighted by activity). Raises BaselineError for missing or
    negative numbers, and for a benchmark without activity.
    """
    faults: list[Fault] = []
    for peer in peers:
        faults += not_negative(peer.service, "unit_cost", peer.unit_cost)
        if mean == "volume" and peer.activity is None:
            faults.append((peer.service, "activity", f"of {peer.provider} is needed for a volume-weighted mean"))
        faults += not_negative(peer.service, "activity", peer.activity)
    refuse(faults)
    working, made = Working(), {}
    for service, those in grouped(peers, lambda peer: peer.service).items():
        weights = [exact(peer.activity or 0) if mean == "volume" else Fraction(1) for peer in those]
        if total(weights) == 0:
            refuse([(service, "activity", "of the benchmark sums to nothing")])
        above = total(weight * exact(peer.unit_cost) for weight, peer in zip(weights, those, strict=True))
        formula = "sum of activity × unit cost ÷ sum of activity" if mean == "volume" else "sum of unit costs ÷ providers"
        given = {peer.provider: exact(peer.unit_cost) for peer in those}
        made[service] = working.step(service, "benchmark unit cost", formula, above / total(weights), "money a unit", **given)
    return made, tuple(working.steps)


def by_benchmark(lines: Sequence[Line], peers: Sequence[PeerCost], contract_value: Number, mean: Mean) -> Baseline:
    """Service lines priced at the benchmark's mean unit costs, scaled to the contract value.

    Peers name a service by its label or its name. Raises BaselineError as the two steps do, and for a line that no peer reports.
    """
    costs, steps = benchmark_unit_costs(peers, mean)
    refuse((line.title, "service", "no benchmark provider reports it") for line in lines if _found(costs, line) is None)
    rows = [ReferenceRow(line, unit_cost=_found(costs, line)) for line in lines]
    kind = "volume-weighted" if mean == "volume" else "plain"
    made = by_reference_cost(rows, contract_value, source=f"{kind} mean of benchmark providers (WPB 2.4.4, figure 9)")
    return Baseline(made.services, (*steps, *made.working), made.warnings)


def _found(costs: Mapping[str, Fraction], line: Line) -> Fraction | None:
    return costs.get(line.title, costs.get(line.name))


def _cost(row: ReferenceRow, working: Working) -> Fraction:
    activity = exact(row.line.activity or 0)
    if row.unit_cost is None:
        return exact(row.cost or 0)
    unit = exact(row.unit_cost)
    formula = "activity × reference unit cost"
    return working.step(row.line.title, "cost of activity", formula, activity * unit, "money", activity=activity, unit_cost=unit)


def _faults(rows: Sequence[ReferenceRow], value: Fraction) -> list[Fault]:
    faults = repeated(row.line.title for row in rows)
    for row in rows:
        title = row.line.title
        faults += counted(row.line)
        if (row.unit_cost is None) == (row.cost is None):
            faults.append((title, "unit_cost", "give either a unit cost or the cost of all the activity, one of the two"))
        faults += not_negative(title, "unit_cost", row.unit_cost) + not_negative(title, "cost", row.cost)
    return faults + not_negative("", "contract_value", value)
