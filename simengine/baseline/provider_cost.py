"""Block contract without an accurate schedule: its value is allocated by the provider's cost of each service (WPB 2.4.2, figure 4).

spend_i = contract value · cost_i / Σ cost. The costs are weights and nothing else: whatever they sum to, the spend sums to the contract
value, so that a baseline is never adjusted up to the cost of an inefficient provider (WPB 2.7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import Number, exact, half_up, shown, total
from simengine.baseline.working import Baseline, Fault, Line, Working, finished, not_negative, priced, refuse, repeated

CostBasis: TypeAlias = Literal["direct", "absorbed"]


@dataclass(frozen=True, slots=True)
class CostRow:
    """The provider's cost of one service (currency a year).

    ``non_patient`` is what an absorbed cost holds for education, research and commercial work; it is taken out (WPB 2.4.2).
    """

    line: Line
    cost: Number
    non_patient: Number = 0


def by_provider_cost(rows: Sequence[CostRow], contract_value: Number, basis: CostBasis) -> Baseline:
    """Service lines that share ``contract_value`` (currency a year) as the provider's costs do.

    ``basis`` says what the costs are: fully absorbed (more accurate) or direct only, which favours services with low overheads.
    Raises BaselineError for negative amounts, and for costs that sum to nothing.
    """
    value = exact(contract_value)
    costs = [exact(row.cost) - exact(row.non_patient) for row in rows]
    refuse(_faults(rows, costs, basis, value))
    working = Working()
    everything = total(costs)
    used = f"{basis} cost"
    made = []
    for row, cost in zip(rows, costs, strict=True):
        title = row.line.title
        if exact(row.non_patient) != 0:
            formula = "absorbed cost - cost of work that is no patient care"
            given = {"absorbed_cost": exact(row.cost), "not_patient_care": exact(row.non_patient)}
            working.step(title, "cost of patient care", formula, cost, "money", **given)
        share = working.step(title, f"share of {used}", f"{used} ÷ sum", cost / everything, "share", cost=cost, sum=everything)
        formula = "share × contract value"
        spend = working.step(title, "commissioner spend", formula, share * value, "money", share=share, contract_value=value)
        made.append(priced(working, row.line, spend, f"block contract by provider {used} (WPB 2.4.2, figure 4)"))
    if everything != value:
        side = "above" if everything > value else "below"
        by = half_up(100 * abs(everything - value) / value, 1) if value else "-"
        working.warn(
            f"the provider's {basis} costs sum to {shown(everything, 0)}, {by} % {side} the contract value of {shown(value, 0)}: "
            "they are used as weights only; the baseline stays at the contract value (WPB 2.7)"
        )
    if basis == "direct":
        working.warn("direct costs only: services with more than the usual share of direct cost are given too much (WPB 2.4.2)")
    return finished(made, working)


def _faults(rows: Sequence[CostRow], costs: Sequence[Fraction], basis: CostBasis, value: Fraction) -> list[Fault]:
    column = f"{basis}_cost"
    faults = repeated(row.line.title for row in rows)
    for row in rows:
        faults += not_negative(row.line.title, column, row.cost)
        faults += not_negative(row.line.title, "non_patient_cost", row.non_patient)
        if exact(row.non_patient) > exact(row.cost) >= 0:
            faults.append((row.line.title, "non_patient_cost", "is more than the absorbed cost that it is part of"))
    faults += not_negative("", "contract_value", value)
    if not faults and not any(costs):
        faults.append(("", column, "sums to nothing"))
    return faults
