"""What was observed of a service line in the first years of a contract that is under way (docs/contracts-under-way.md)."""

from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainValidator

from simengine.study.table import Fault, Table, faults_error
from simengine.study.units import constant_fault, range_fault


def _read_observed(value: object) -> tuple[float, ...]:
    """Figures of the first years, one for each; none is below 0."""
    if not isinstance(value, list | tuple) or not value:
        rule = "must be a list of what was observed, from the first year on without a hole"
        raise faults_error([Fault((), rule, value if isinstance(value, bool | int | float | str | list) else None)])
    faults = []
    for at, item in enumerate(value):
        fault = constant_fault(item, "any")
        if fault is None and range_fault("count", float(item)) is not None:
            fault = f"in year {at + 1}: what was observed is at least 0"
        if fault is not None:
            faults.append(Fault((at,), fault, _plain(item)))
    if faults:
        raise faults_error(faults)
    return tuple(float(item) for item in value)


def _plain(value: Any) -> object:
    return value if isinstance(value, bool | int | float | str) else None


ObservedYears: TypeAlias = Annotated[tuple[float, ...], PlainValidator(_read_observed, json_schema_input_type=list[float])]


class Actual(Table):
    """What was observed in the first years; the draws have it in these years and go on from it, the plan never sees it."""

    activity: ObservedYears = Field(description="units of each year observed; of a line with spend the spend, in the study's money")
    price: ObservedYears = Field(default=(), description="currency per unit; of a line with spend its price index, 1 in the base year")
    unit_cost: ObservedYears = Field(default=(), description="currency per unit")
