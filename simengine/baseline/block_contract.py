"""Block contract with a schedule of lines: amounts that belong to no care service are reallocated to those that do (WPB 2.4.2, figure 3).

Three splits, the most accurate first: by a cost driver such as WTE (box 1), by the schedule's own values, equally. For service i:
spend_i = value_i + share_i · Σ overhead, and Σ spend = Σ schedule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import Number, exact, half_up, total
from simengine.baseline.working import Baseline, Fault, Line, Working, finished, not_negative, priced, refuse, repeated

Split: TypeAlias = Literal["driver", "schedule", "equal"]
#: How far a line's share of the schedule may lie from its share of provider cost before it is worth a question.
SENSE_CHECK = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A line of the contract schedule: its value (currency a year), whether it is an overhead such as "Admin", and its cost driver.

    ``driver`` is in units of the driver (WTE, hours); ``provider_cost`` (currency) is used for the sense check only.
    """

    line: Line
    value: Number
    overhead: bool = False
    driver: Number | None = None
    provider_cost: Number | None = None


def split_overheads(rows: Sequence[ScheduleRow], by: Split) -> Baseline:
    """Service lines with the overheads of the schedule reallocated to them.

    Raises BaselineError for negative amounts, a schedule without a care service, and a driver that is missing or sums to nothing.
    """
    services = [row for row in rows if not row.overhead]
    refuse(_faults(rows, services, by))
    working = Working()
    overhead = total(exact(row.value) for row in rows if row.overhead)
    names = " + ".join(row.line.title for row in rows if row.overhead) or "none"
    working.step("", "overhead to reallocate", f"sum of the lines that are no care service ({names})", overhead, "money")
    shares = _shares(services, by, working)
    made = []
    for row, share in zip(services, shares, strict=True):
        value, title = exact(row.value), row.line.title
        formula = "schedule value + share × overhead"
        spend = working.step(
            title, "commissioner spend", formula, value + share * overhead, "money", schedule_value=value, share=share, overhead=overhead
        )
        made.append(priced(working, row.line, spend, f"block contract, overheads by {by} split (WPB 2.4.2, figure 3)"))
    _sense_check(services, working)
    return finished(made, working)


def _faults(rows: Sequence[ScheduleRow], services: Sequence[ScheduleRow], by: Split) -> list[Fault]:
    faults = repeated(row.line.title for row in rows)
    for row in rows:
        faults += not_negative(row.line.title, "value", row.value)
    if not services:
        faults.append(("", "role", "there is no care service to which an overhead could go"))
    elif by == "driver":
        missing = [row.line.title for row in services if row.driver is None]
        faults += [(name, "driver", "is needed on every care service for a split by cost driver") for name in missing]
        given = [exact(row.driver) for row in services if row.driver is not None]
        faults += [fault for row in services for fault in not_negative(row.line.title, "driver", row.driver)]
        if not missing and total(given) == 0:
            faults.append(("", "driver", "sums to nothing over the care services"))
    elif by == "schedule" and total(exact(row.value) for row in services) == 0:
        faults.append(("", "value", "sums to nothing over the care services"))
    return faults


def _shares(services: Sequence[ScheduleRow], by: Split, working: Working) -> list[Fraction]:
    """The share of the overhead that goes to each care service."""
    if by == "equal":
        number = Fraction(len(services))
        return [
            working.step(row.line.title, "share of overhead", "1 ÷ care services", 1 / number, "share", care_services=number)
            for row in services
        ]
    measures = [exact(row.driver if by == "driver" and row.driver is not None else row.value) for row in services]
    everything = total(measures)
    what = "cost driver" if by == "driver" else "schedule value"
    formula = f"{what} ÷ sum over care services"
    return [
        working.step(row.line.title, "share of overhead", formula, measure / everything, "share", of_service=measure, sum=everything)
        for row, measure in zip(services, measures, strict=True)
    ]


def _sense_check(services: Sequence[ScheduleRow], working: Working) -> None:
    """Warn where the schedule and the provider's costs tell different stories (WPB 2.4.2: relative values, not amounts)."""
    if any(row.provider_cost is None for row in services):
        return
    costs = [exact(row.provider_cost or 0) for row in services]
    values = [exact(row.value) for row in services]
    if total(costs) <= 0 or total(values) <= 0:
        return
    for row, cost, value in zip(services, costs, values, strict=True):
        of_cost, of_value = cost / total(costs), value / total(values)
        if abs(of_cost - of_value) > SENSE_CHECK:
            working.warn(
                f"{row.line.title}: {half_up(100 * of_value)} % of the schedule but {half_up(100 * of_cost)} % of provider cost; "
                "if the schedule is not accurate, allocate by provider cost instead (WPB 2.4.2)"
            )
