"""Average unit cost: the last option, one spend per unit whatever the kind of activity (WPB 2.4.4, figure 11).

unit cost = contract value / Σ activity. Accurate only where the kinds of activity cost about the same.
"""

from collections.abc import Sequence

from simengine.baseline.exact import Number, exact, total
from simengine.baseline.working import Baseline, Line, Working, counted, finished, not_negative, priced, refuse, repeated


def by_average_cost(lines: Sequence[Line], contract_value: Number) -> Baseline:
    """One service line per kind of activity (count in ``line.activity``), all at the same price.

    ``contract_value`` is currency a year. Raises BaselineError for missing or negative numbers, and for no activity at all.
    """
    value = exact(contract_value)
    faults = repeated(line.title for line in lines) + not_negative("", "contract_value", value)
    faults += [fault for line in lines for fault in counted(line)]
    if not faults and total(exact(line.activity or 0) for line in lines) == 0:
        faults.append(("", "activity", "sums to nothing"))
    refuse(faults)
    working = Working()
    activity = total(exact(line.activity or 0) for line in lines)
    formula = "contract value ÷ total activity"
    unit = working.step("", "average unit cost", formula, value / activity, "money a unit", contract_value=value, total_activity=activity)
    made = []
    for line in lines:
        count = exact(line.activity or 0)
        formula = "activity × average unit cost"
        spend = working.step(line.title, "commissioner spend", formula, count * unit, "money", activity=count, average_unit_cost=unit)
        made.append(priced(working, line, spend, "average spend per unit of activity (WPB 2.4.4, figure 11)"))
    if len(lines) > 1:
        working.warn("one price for every kind of activity is accurate only where they cost about the same (WPB 2.4.4)")
    return finished(made, working)
