"""A number of the study file: a constant, one constant per year, a distribution, or the name of a declared driver."""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainValidator
from pydantic_core import CoreSchema, core_schema

from simengine.study.distribution_keys import ACTUAL_KEY, COMMON_KEYS, DATE_KEY, PATH_KEYS, date_fault, distribution_faults
from simengine.study.table import Fault, faults_error, name_fault
from simengine.study.units import Unit, constant_fault, percent, percent_fault

Form: TypeAlias = Literal["number", "base", "term", "constant", "declared"]
"""number: all four ways. base: of the base year, so no list. term: agreed, so a constant or a list. constant: one constant.
declared: what a declared driver stands for, so not the name of another one."""

_NOT_DRAWN = {
    "term": "a term is agreed, not drawn; use a scenario",
    "constant": "is a constant, neither drawn nor taken from a driver",
}


PathName: TypeAlias = Literal["constant", "independent", "ar1", "random_walk", "mean_reversion"]


@dataclass(frozen=True)
class Component:
    """A distribution inside another one (a component of a mixture, an expert of a pool, the impact of an event)."""

    dist: str
    parameters: Mapping[str, "ParameterValue"] = field(default_factory=dict)


ParameterValue: TypeAlias = float | str | tuple[float, ...] | Component | tuple[Component | float, ...]
"""A number; a text (a method); a list of numbers or one per year; a distribution; distributions and numbers."""
Yearly: TypeAlias = float | tuple[float, ...]


@dataclass(frozen=True)
class Uncertain:
    """A distribution as written in the file; its driver is named by its place in the file (or by ``stream``, as to its draws).

    ``rho``, ``start``, ``level`` and ``speed`` belong to the path, None where the file does not give them. ``actual`` are the values
    observed in the first years, which the draws have instead of drawn ones.
    """

    dist: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    path: PathName = "constant"
    plan: Yearly | None = None
    risk: str = "other"
    stream: str | None = None
    label: str | None = None
    source: str | None = None
    owner: str | None = None
    date: str | None = None
    rho: Yearly | None = None
    start: float | None = None
    level: Yearly | None = None
    speed: Yearly | None = None
    actual: tuple[float, ...] = ()


Number: TypeAlias = float | tuple[float, ...] | Uncertain | str


@dataclass(frozen=True)
class NumberRule:
    """What a number field takes: its unit, and which of the four ways of giving a number. Reads the value from the file."""

    unit: Unit
    form: Form = "number"
    kind: ClassVar[str] = "number"
    """What else than a number the field takes: a ramp table, growth factors, or nothing."""

    def is_number(self, value: object) -> bool:
        """Whether a value as read is a number, and not one of the other things that some fields take."""
        return value is not None and value is not True

    def read(self, value: object) -> object:
        """The number that the file's ``value`` stands for; a pydantic error with every fault when it stands for none."""
        if isinstance(value, bool):
            raise faults_error([Fault((), f"must be a number, not {str(value).lower()}", value)])
        if isinstance(value, int | float):
            return self._constant(value)
        if isinstance(value, list | tuple):
            return self._yearly(value)
        if isinstance(value, str):
            return self._name(value)
        if isinstance(value, Uncertain):
            return value
        if isinstance(value, dict):
            return self._distribution(value)
        raise faults_error([Fault((), "must be a number", str(value))])

    def _constant(self, value: float) -> float:
        fault = constant_fault(value, self.unit)
        if fault is not None:
            raise faults_error([Fault((), fault, value)])
        return float(value)

    def _yearly(self, value: list[Any] | tuple[Any, ...]) -> tuple[float, ...]:
        if self.form == "base":
            raise faults_error([Fault((), "belongs to the base year: give one number, not a list", list(value))])
        if self.form == "constant":
            raise faults_error([Fault((), "is one constant, not a list", list(value))])
        faults = []
        for year, item in enumerate(value, start=1):
            fault = "a yearly list holds constants" if isinstance(item, dict) else constant_fault(item, self.unit)
            if fault is not None:
                faults.append(Fault((), f"in year {year}: {fault}", item if isinstance(item, bool | int | float | str) else None))
        if faults:
            raise faults_error(faults)
        return tuple(float(item) for item in value)

    def _name(self, value: str) -> str:
        fraction = percent(value)
        if fraction is not None:
            raise faults_error([Fault((), percent_fault(self.unit, fraction), value)])
        if _is_numeral(value):
            raise faults_error([Fault((), "is text: write the number without quotes", value)])
        if self.form in _NOT_DRAWN:
            raise faults_error([Fault((), _NOT_DRAWN[self.form], value)])
        if self.form == "declared":
            rule = "a declared driver is a distribution, a list or a constant, not the name of another"
            raise faults_error([Fault((), rule, value)])
        if name_fault(value) is not None:
            raise faults_error([Fault((), "must be a number or the name of a declared driver", value)])
        return value

    def _distribution(self, value: dict[str, Any]) -> Uncertain:
        if self.form in _NOT_DRAWN:
            raise faults_error([Fault((), _NOT_DRAWN[self.form])])
        faults = distribution_faults(value, self.unit, base_year=self.form == "base")
        if faults:
            raise faults_error(faults)
        return uncertain(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with this rule instead of pydantic's own reading of the union, whose errors name its branches."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A mark that ``schema_json.py`` replaces by the schema of this kind of number."""
        return {"x-number": [self.kind, self.unit, self.form]}


def uncertain(table: Mapping[str, Any]) -> Uncertain:
    """The distribution of a table in which no fault was found."""
    texts: dict[str, Any] = {key: str(table[key]) for key in ("risk", "stream", "label", "source", "owner") if key in table}
    own = {key: _floats(table[key]) for names in PATH_KEYS.values() for key in names if key in table}
    date = table.get(DATE_KEY)
    return Uncertain(
        dist=table["dist"],
        parameters=_parameters(table, without=(*COMMON_KEYS, *own)),
        path=table.get("path", "constant"),
        plan=_floats(table["plan"]) if "plan" in table else None,
        date=date.isoformat() if isinstance(date, datetime.date) else date,
        actual=_floats(table.get(ACTUAL_KEY, ())),
        **texts,
        **own,
    )


def _parameters(table: Mapping[str, Any], without: tuple[str, ...] = ()) -> dict[str, ParameterValue]:
    return {key: _parameter(value) for key, value in table.items() if key != "dist" and key not in without}


def _parameter(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Component(value["dist"], _parameters(value))
    if isinstance(value, list | tuple):
        return tuple(_parameter(item) for item in value)
    return value if isinstance(value, str | Component) else float(value)


def _floats(value: Any) -> Any:
    return tuple(float(item) for item in value) if isinstance(value, list | tuple) else float(value)


def _read_date(value: object) -> str:
    fault = date_fault(value)
    if fault is not None:
        raise faults_error([Fault((), fault, value if isinstance(value, bool | int | float | str) else None)])
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


Date: TypeAlias = Annotated[str, PlainValidator(_read_date, json_schema_input_type=str)]
"""A date, as a TOML date or as ISO text."""


def _is_numeral(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    # Words such as "nan" and "infinity" are spelt like names; a driver may bear them.
    return any(letter.isdigit() for letter in text)


Rate: TypeAlias = Annotated[Number, NumberRule("rate")]
Share: TypeAlias = Annotated[Number, NumberRule("share")]
PositiveShare: TypeAlias = Annotated[Number, NumberRule("positive_share")]
Impact: TypeAlias = Annotated[Number, NumberRule("impact")]
Money: TypeAlias = Annotated[Number, NumberRule("money")]
Amount: TypeAlias = Annotated[Number, NumberRule("amount")]
Currency: TypeAlias = Annotated[Number, NumberRule("currency")]
Positive: TypeAlias = Annotated[Number, NumberRule("positive")]
Ratio: TypeAlias = Annotated[Number, NumberRule("ratio")]
Years: TypeAlias = Annotated[Number, NumberRule("years")]
Factor: TypeAlias = Annotated[Number, NumberRule("factor")]
Declared: TypeAlias = Annotated[Number, NumberRule("any", "declared")]

BaseCount: TypeAlias = Annotated[Number, NumberRule("count", "base")]
BasePositive: TypeAlias = Annotated[Number, NumberRule("positive", "base")]
BaseCurrency: TypeAlias = Annotated[Number, NumberRule("currency", "base")]
BaseMoney: TypeAlias = Annotated[Number, NumberRule("money", "base")]
BaseRate: TypeAlias = Annotated[Number, NumberRule("rate", "base")]

Term: TypeAlias = float | tuple[float, ...]
ShareTerm: TypeAlias = Annotated[Term, NumberRule("share", "term")]
MoneyTerm: TypeAlias = Annotated[Term, NumberRule("money", "term")]
LimitTerm: TypeAlias = Annotated[Term, NumberRule("limit", "term")]
FreeTerm: TypeAlias = Annotated[Term, NumberRule("any", "term")]

ShareConstant: TypeAlias = Annotated[float, NumberRule("share", "constant")]
RatioConstant: TypeAlias = Annotated[float, NumberRule("ratio", "constant")]
PositiveConstant: TypeAlias = Annotated[float, NumberRule("positive", "constant")]
ChargeRate: TypeAlias = Annotated[float, NumberRule("charge_rate", "constant")]


def in_year(term: Term, year: int) -> float:
    """A term in a year, counted from 0; of a list that is too short its last entry, of an empty one 0."""
    if isinstance(term, tuple):
        return term[min(year, len(term) - 1)] if term else 0.0
    return term


def least(term: Term) -> float:
    """The smallest value of a term in any year."""
    return min(term, default=math.inf) if isinstance(term, tuple) else term


def any_above_zero(term: Term) -> bool:
    """Whether a term is above 0 in any year."""
    return any(value > 0 for value in term) if isinstance(term, tuple) else term > 0
