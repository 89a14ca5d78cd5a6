"""Partial year: some months of the current year, grossed up to the full year by the seasonal profile of earlier years (WPB 2.2).

profile_m = mean over earlier years of (amount_m / year's amount); full year = Σ observed / Σ_{observed m} profile_m. It relies on
earlier seasons being a good guide to this one, and is poor where only a few months are known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simengine.baseline.exact import Number, exact, half_up, total
from simengine.baseline.history import FEWEST_YEARS, check_history
from simengine.baseline.working import Baseline, Fault, Line, ServiceLine, Unit, Working, finished, not_negative, refuse, repeated

#: A year by period: {month (or week, or quarter): spend in currency, or activity in units}.
Year = Mapping[str, Number]
#: Share of a year below which the handbook's warning about few months applies.
FEW = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class PartialYear:
    """What is known of a line this year by period, and the same of earlier full years.

    Activity and its history are optional; where only the activity of this year is known it follows the profile of spend.
    """

    line: Line
    spend: Year
    history: Sequence[Year]
    activity: Year | None = None
    activity_history: Sequence[Year] = ()


def seasonal_profile(history: Sequence[Year]) -> dict[str, Fraction]:
    """The mean share of each period over the years, {period: share}; the shares sum to 1.

    Raises BaselineError where the years do not have the same periods, or one of them has nothing.
    """
    faults: list[Fault] = []
    if not history:
        faults.append(("", "year", "no earlier year from which the seasons could be read"))
    for year in history:
        if set(year) != set(history[0]):
            faults.append(("", "month", "the earlier years do not have the same months: give full years only"))
        elif total(exact(value) for value in year.values()) <= 0:
            faults.append(("", "spend", "an earlier year sums to nothing"))
    refuse(dict.fromkeys(faults))
    sums = [total(exact(value) for value in year.values()) for year in history]
    return {
        month: total(exact(year[month]) / whole for year, whole in zip(history, sums, strict=True)) / len(history) for month in history[0]
    }


def gross_up(rows: Sequence[PartialYear]) -> Baseline:
    """Full-year service lines; with three earlier years or more they are checked against them.

    Raises BaselineError for negative amounts, for months that no earlier year has, and for no observed month.
    """
    refuse(_faults(rows))
    working = Working()
    made = []
    for row in rows:
        spend = _full_year(row.line, "spend", row.spend, row.history, working)
        activity = None
        if row.activity is not None:
            activity = _full_year(row.line, "activity", row.activity, row.activity_history or row.history, working)
        line = ServiceLine(row.line, spend, activity, f"{len(row.spend)} of {len(row.history[0])} months, grossed up by season (WPB 2.2)")
        if line.price is not None and activity is not None:
            working.step(row.line.title, "spend per unit", "spend ÷ activity", line.price, "money a unit", spend=spend, activity=activity)
        made.append(line)
        if len(row.history) == 1:
            working.warn(f"{row.line.title}: one earlier year only, so its accidents count as seasons")
    earlier = {row.line.name: [total(exact(value) for value in year.values()) for year in row.history] for row in rows}
    check_history(made, {name: years for name, years in earlier.items() if len(years) >= FEWEST_YEARS}, working)
    return finished(made, working)


def _full_year(line: Line, what: str, seen: Year, history: Sequence[Year], working: Working) -> Fraction:
    profile = seasonal_profile(history)
    observed = total(exact(value) for value in seen.values())
    covered = total(profile[month] for month in seen)
    if covered <= 0:
        refuse([(line.title, what, "the months observed had nothing in earlier years, so there is nothing to gross up by")])
    formula = f"sum over {len(seen)} months"
    unit: Unit = "money" if what == "spend" else "units"
    working.step(line.title, f"{what} observed", formula, observed, unit)
    formula = "mean over earlier years of (months ÷ year)"
    working.step(line.title, f"usual share of the year's {what} in these months", formula, covered, "share")
    if covered < FEW:
        held = f"the months known usually hold {half_up(100 * covered)} % of the year"
        working.warn(f"{line.title}: {held}, so the full year is a rough guess (WPB 2.2)")
    formula = "observed ÷ usual share"
    given = {"observed": observed, "usual_share": covered}
    return working.step(line.title, f"{what}, full year", formula, observed / covered, unit, **given)


def _faults(rows: Sequence[PartialYear]) -> list[Fault]:
    faults = repeated(row.line.title for row in rows)
    for row in rows:
        title = row.line.title
        if not row.history:
            faults.append((title, "year", "no earlier year from which the seasons could be read"))
            continue
        if not row.spend:
            faults.append((title, "spend", "no month of the current year is known"))
        series = [("spend", row.spend, row.history), ("activity", row.activity or {}, row.activity_history or row.history)]
        for column, year, history in series:
            for month, value in year.items():
                faults += not_negative(title, column, value)
                if month not in history[0]:
                    faults.append((title, "month", f"{month} is in no earlier year"))
    return faults
