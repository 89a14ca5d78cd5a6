"""Cost-weighted activity: the spend of a service is allocated to its kinds of activity by relative use of resources (WPB 2.4.4, figure 8).

spend_k = contract value · activity_k · weight_k / Σ (activity · weight). The weights come from a time and motion study or any other
estimate of relative cost; only their proportions count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import Number, exact, total
from simengine.baseline.working import Baseline, Fault, Line, Working, counted, finished, not_negative, priced, refuse, repeated


@dataclass(frozen=True, slots=True)
class WeightedRow:
    """A kind of activity, with its count in ``line.activity``, and its cost weight relative to the others."""

    line: Line
    weight: Number


def by_weighted_activity(rows: Sequence[WeightedRow], contract_value: Number) -> Baseline:
    """One service line per kind of activity; together they are worth ``contract_value`` (currency a year).

    Raises BaselineError for negative or missing numbers, and for activity that weighs nothing.
    """
    value = exact(contract_value)
    refuse(_faults(rows, value))
    working = Working()
    weighted = []
    for row in rows:
        count, weight = exact(row.line.activity or 0), exact(row.weight)
        formula = "activity × weight"
        weighted.append(working.step(row.line.title, "weighted activity", formula, count * weight, "weight", activity=count, weight=weight))
    everything = working.step("", "total weighted activity", "sum of weighted activity", total(weighted), "weight")
    if everything == 0:
        refuse([("", "weight", "the weighted activity sums to nothing")])
    made = []
    for row, part in zip(rows, weighted, strict=True):
        formula = "weighted activity ÷ sum"
        share = working.step(row.line.title, "share", formula, part / everything, "share", weighted_activity=part, sum=everything)
        formula = "share × contract value"
        spend = working.step(row.line.title, "commissioner spend", formula, share * value, "money", share=share, contract_value=value)
        made.append(priced(working, row.line, spend, "activity by cost weights (WPB 2.4.4, figure 8)"))
    return finished(made, working)


def _faults(rows: Sequence[WeightedRow], value: Fraction) -> list[Fault]:
    faults = repeated(row.line.title for row in rows)
    for row in rows:
        faults += counted(row.line) + not_negative(row.line.title, "weight", row.weight)
    return faults + not_negative("", "contract_value", value)
