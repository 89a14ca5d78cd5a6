"""Previous year rolled forward, and current spend converted to a baseline (WPB 2.2, 2.7; MODEL.md section 2).

S0 = current · (1 + inflation) · (1 - in-year efficiency) · (1 + population and need) + service investment ± one-offs. A line paid by
activity takes its tariff change, net of both, in place of inflation and efficiency. Never adjusted up to the cost of an inefficient
provider, nor to close the gap between tariff and reference cost: such an adjustment is refused with that reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import ONE, ZERO, Number, exact, shown, total
from simengine.baseline.history import check_history
from simengine.baseline.working import Baseline, Fault, Line, ServiceLine, Working, finished, not_negative, refuse, repeated

#: Adjustments that may be made, with what they are (currency a year, signed).
ALLOWED = {
    "service_investment": "planned service investment (WPB 2.2, 2.7)",
    "one_off": "one-off effects of the reference year (WPB 2.7)",
    "cross_subsidy": "cross-subsidy between lines of a block contract, unwound (WPB 2.7)",
    "efficient_cost": "towards the cost of an efficient provider, never up (WPB 2.2)",
}
_INEFFICIENT = "is refused: a baseline is not adjusted up to match the costs of an inefficient provider (WPB 2.7)"
_GAP = "is refused: a baseline is not adjusted to reduce the gap between national prices and reference costs (WPB 2.7)"
#: Adjustments that are never made, with the reason.
REFUSED = {
    "provider_cost": _INEFFICIENT,
    "provider_cost_adjustment": _INEFFICIENT,
    "match_provider_cost": _INEFFICIENT,
    "reference_cost": _GAP,
    "reference_cost_adjustment": _GAP,
    "reference_cost_gap": _GAP,
    "tariff_gap": _GAP,
}


@dataclass(frozen=True, slots=True)
class PreviousYear:
    """The known spend of a line (currency a year) and how the year to come differs: rates as fractions, adjustments in currency.

    ``adjustments`` maps the words of ALLOWED to amounts; ``line.activity`` is the activity of the same year and moves with
    ``population_and_need`` only.
    """

    line: Line
    spend: Number
    inflation: Number = 0
    efficiency: Number = 0
    population_and_need: Number = 0
    tariff_change: Number | None = None
    adjustments: Mapping[str, Number] | None = None


def roll_forward(rows: Sequence[PreviousYear], history: Mapping[str, Sequence[Number]] | None = None) -> Baseline:
    """The lines one year on; ``history`` ({line: spend of earlier years}) turns on the check for outliers.

    Raises BaselineError for an adjustment that is refused or unknown, for rates outside (-1, 1], and for a spend below 0.
    """
    refuse(_faults(rows))
    working = Working()
    made = [_one_year_on(row, working) for row in rows]
    unwound = total(exact((row.adjustments or {}).get("cross_subsidy", 0)) for row in rows)
    if unwound != 0:
        working.warn(
            f"the cross-subsidies unwound sum to {shown(unwound, 0)}, not to nothing: the other side must be a line out of scope (WPB 2.7)"
        )
    below = [(service.line.title, "spend", "the baseline comes out below nothing") for service in made if service.spend < 0]
    refuse(below)
    check_history(made, history or {}, working)
    return finished(made, working)


def _one_year_on(row: PreviousYear, working: Working) -> ServiceLine:
    title, spend = row.line.title, exact(row.spend)
    if row.tariff_change is not None:
        rates = [("tariff change", exact(row.tariff_change), ONE + exact(row.tariff_change))]
    else:
        inflation, efficiency = exact(row.inflation), exact(row.efficiency)
        rates = [("inflation", inflation, ONE + inflation), ("in-year efficiency", efficiency, ONE - efficiency)]
    need = exact(row.population_and_need)
    rates.append(("population and need", need, ONE + need))
    for name, rate, factor in rates:
        sign = "-" if name == "in-year efficiency" else "+"
        spend = working.step(title, f"after {name}", f"spend × (1 {sign} {name})", spend * factor, "money", spend=spend, rate=rate)
    for name, amount in (row.adjustments or {}).items():
        if exact(amount) != 0:
            formula = f"spend + {ALLOWED[name]}"
            moved = spend + exact(amount)
            spend = working.step(title, f"after {name.replace('_', ' ')}", formula, moved, "money", spend=spend, amount=exact(amount))
    activity = None
    if row.line.activity is not None:
        before = exact(row.line.activity)
        formula = "activity × (1 + population and need)"
        activity = working.step(title, "activity", formula, before * (ONE + need), "units", activity=before, rate=need)
    made = ServiceLine(row.line, spend, activity, "previous year rolled forward (WPB 2.2, 2.7)")
    if made.price is not None and activity is not None:
        working.step(title, "spend per unit", "spend ÷ activity", made.price, "money a unit", spend=spend, activity=activity)
    return made


def _faults(rows: Sequence[PreviousYear]) -> list[Fault]:
    faults = repeated(row.line.title for row in rows)
    for row in rows:
        title = row.line.title
        faults += not_negative(title, "spend", row.spend) + not_negative(title, "activity", row.line.activity)
        rates = {"inflation": row.inflation, "efficiency": row.efficiency, "population_and_need": row.population_and_need}
        faults += [fault for column, rate in rates.items() for fault in _rate(title, column, rate)]
        if row.tariff_change is not None:
            faults += _rate(title, "tariff_change", row.tariff_change)
            if exact(row.inflation) != 0 or exact(row.efficiency) != 0:
                faults.append((title, "tariff_change", "is net of inflation and efficiency: give one or the other"))
        for name, amount in (row.adjustments or {}).items():
            faults += adjustment_faults(title, name, exact(amount))
    return faults


def adjustment_faults(title: str, name: str, amount: Fraction = ZERO) -> list[Fault]:
    """Why an adjustment of a line cannot be made: refused by the handbook, unknown, or upward where only down is allowed."""
    if name in REFUSED:
        return [(title, name, REFUSED[name])]
    if name not in ALLOWED:
        return [(title, name, f"is no adjustment; those that may be made are {', '.join(ALLOWED)}")]
    return [(title, name, f"{_INEFFICIENT}; a negative amount lowers the line")] if name == "efficient_cost" and amount > 0 else []


def _rate(title: str, column: str, rate: Number) -> list[Fault]:
    return [] if -1 < exact(rate) <= 1 else [(title, column, "is a rate: a fraction above -1 and at most 1 (5 % is 0.05)")]
