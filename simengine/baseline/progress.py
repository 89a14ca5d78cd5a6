"""Progress towards a target: the planned profile of a costed pathway, the forecast beside it, and the least progress agreed (FIX).

plan[t] = base - progress[t] · net; variance = plan - forecast (negative: the forecast is above the plan). A minimum-progress threshold is
a share of the net opportunity that has to be reached by the last year ("80% progress towards objective by Year 5").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import Number, exact, shown, total
from simengine.baseline.pathway import SYSTEM, Opportunity
from simengine.baseline.working import Fault, Step, Working, refuse

#: {(unit, year): currency}
Amounts = Mapping[tuple[str, str], Number]


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """A unit in a year (currency): the plan and, where there is one, the forecast and plan - forecast."""

    unit: str
    year: str
    plan: Fraction
    forecast: Fraction | None = None

    @property
    def variance(self) -> Fraction | None:
        """Plan less forecast; None without a forecast."""
        return None if self.forecast is None else self.plan - self.forecast


@dataclass(frozen=True, slots=True)
class Threshold:
    """Whether a unit gets far enough: saving needed by the last year (currency), share of the net opportunity forecast to be reached."""

    unit: str
    needed: Fraction
    reached: Fraction | None

    def met(self, minimum: Fraction) -> bool | None:
        """Whether the forecast reaches the least progress agreed; None without a forecast."""
        return None if self.reached is None else self.reached >= minimum


def profile(
    found: Sequence[Opportunity],
    years: Sequence[str],
    progress: Sequence[Number],
    added: Amounts | None = None,
    forecast: Amounts | None = None,
) -> tuple[tuple[ProgressRow, ...], tuple[Step, ...]]:
    """Year by year, the total first, then services added outside the pathway (optometrists), then the units, with the working.

    ``added`` is the planned cost of services that take work over; the total is the system (the sum of the units where it is not among
    them) plus what is added. Raises BaselineError where the profile does not fit the years, leaves [0, 1] or falls.
    """
    refuse(_faults(years, progress, added or {}, forecast or {}, found))
    planned, expected = dict(added or {}), dict(forecast or {})
    extra = list(dict.fromkeys(unit for unit, _ in planned))
    providers = [one for one in found if one.unit != SYSTEM]
    whole = [one for one in found if one.unit == SYSTEM] or providers
    working, rows = Working(), []
    for year, share in zip(years, [exact(value) for value in progress], strict=True):
        plans = {unit: exact(planned.get((unit, year), 0)) for unit in extra}
        for one in providers:
            given = {"value": one.base, "progress": share, "net_opportunity": one.net}
            plans[one.unit] = working.step(
                one.unit, f"plan {year}", "value - progress × net opportunity", one.base - share * one.net, "money", **given
            )
        system = total(one.base - share * one.net for one in whole) + total(plans[unit] for unit in extra)
        plans = {
            SYSTEM: working.step(SYSTEM, f"plan {year}", "value - progress × net opportunity + services added", system, "money"),
            **plans,
        }
        for unit, plan in plans.items():
            seen = expected.get((unit, year))
            rows.append(ProgressRow(unit, year, plan, None if seen is None else exact(seen)))
    return tuple(rows), tuple(working.steps)


def thresholds(found: Sequence[Opportunity], rows: Sequence[ProgressRow], minimum: Number) -> tuple[tuple[Threshold, ...], tuple[str, ...]]:
    """For every unit the saving that the least progress asks for, what is forecast for the last year, and warnings where it is not met.

    Saving forecast = value - forecast; the system's is net of the services added, as they are part of its total.
    """
    least = exact(minimum)
    refuse([] if 0 <= least <= 1 else [("", "threshold", "is a share of the net opportunity, from 0 to 1")])
    last = rows[-1].year if rows else ""
    final = {row.unit: row for row in rows if row.year == last}
    made, warnings = [], []
    for one in found:
        row = final.get(one.unit)
        reached = None
        if row is not None and row.forecast is not None and one.net:
            reached = (one.base - row.forecast) / one.net
            if reached < least:
                far, agreed = f"{shown(100 * reached, 0)} %", f"{shown(100 * least, 0)} %"
                warnings.append(f"{one.unit}: forecast to reach {far} of its net opportunity by {last}, below the {agreed} agreed")
        made.append(Threshold(one.unit, least * one.net, reached))
    return tuple(made), tuple(warnings)


def _faults(
    years: Sequence[str], progress: Sequence[Number], added: Amounts, forecast: Amounts, found: Sequence[Opportunity]
) -> list[Fault]:
    faults: list[Fault] = []
    if len(years) != len(progress):
        faults.append(("", "progress", f"has {len(progress)} values for {len(years)} years"))
    shares = [exact(value) for value in progress]
    if any(not 0 <= share <= 1 for share in shares):
        faults.append(("", "progress", "is a share of the net opportunity, from 0 to 1"))
    elif any(later < earlier for earlier, later in zip(shares[:-1], shares[1:], strict=True)):
        faults.append(("", "progress", "falls from one year to the next"))
    known = {one.unit for one in found} | {unit for unit, _ in added} | {SYSTEM}
    faults += [(unit, "unit", "is not among the providers") for unit in dict.fromkeys(unit for unit, _ in forecast) if unit not in known]
    for unit, year in [*added, *forecast]:
        if year not in years:
            faults.append((unit, "year", f"{year} is not among the years of the profile"))
    return list(dict.fromkeys(faults))
