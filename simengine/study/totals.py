"""``[checks]``: printed totals that the lines should add up to. They change no result."""

from typing import Annotated, TypeAlias

from pydantic import Field, PlainValidator

from simengine.study.table import Fault, Table, Texts, faults_error
from simengine.study.units import constant_fault


def _read_figure(value: object) -> object:
    """A figure as it is printed: whether it was written with decimals says how far it is rounded."""
    fault = constant_fault(value, "money")
    if fault is not None:
        raise faults_error([Fault((), fault, value if isinstance(value, bool | str) else None)])
    return value


Figure: TypeAlias = Annotated[float | int, PlainValidator(_read_figure, json_schema_input_type=float)]


class PrintedTotal(Table):
    """A total as it is printed, in money, and the lines it is the total of."""

    label: str | None = None
    services: Texts | None = Field(default=None, description="the lines; default: all")
    spend: Figure = Field(description="spend of the base year as printed, in money.unit")


def _read_total(value: object) -> object:
    """A table, or the printed total of all lines."""
    if isinstance(value, dict):
        return PrintedTotal.model_validate(value)
    if isinstance(value, PrintedTotal):
        return value
    if constant_fault(value, "money") is not None:
        raise faults_error([Fault((), "must be a total in money, or a table of services and spend", value)])
    return PrintedTotal.model_validate({"spend": value})


Total: TypeAlias = Annotated[PrintedTotal, PlainValidator(_read_total, json_schema_input_type=float | PrintedTotal)]
