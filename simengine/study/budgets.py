"""Whole population budgets: what they hold, how their value is made and moved, and what is withheld of them until earned."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, PlainValidator, ValidationError

from simengine.study.numbers import BaseMoney, Money, MoneyTerm, Number, NumberRule, Rate, Share, ShareConstant, ShareTerm
from simengine.study.table import Fault, Name, Table, Texts, faults_error, name_fault, nested_faults

WHOLE_LIST = "all"
"""In ``population_update``: the whole list, in a study without population segments."""
AVERAGE_SPEND = "average_spend"


class Scope(Table):
    """The years in which a line is in scope: the first and the last, 1 to T."""

    from_year: int = Field(default=1, ge=1, alias="from", description="first year in scope, default 1")
    to_year: int | None = Field(default=None, ge=1, alias="to", description="last year in scope, default T")


def _read_scopes(value: object) -> object:
    """A list of lines, in scope in all years, or a table with the years of each."""
    if isinstance(value, list | tuple):
        faults = [Fault((at,), "must be text", item) for at, item in enumerate(value) if not isinstance(item, str)]
        if faults:
            raise faults_error(faults)
        return tuple(value)
    if not isinstance(value, dict):
        raise faults_error([Fault((), "must be a list of lines, or a table LINE = { from = year, to = year }", value)])
    made: dict[str, Scope] = {}
    faults = []
    for name, scope in value.items():
        try:
            made[name] = Scope.model_validate(scope)
        except ValidationError as error:
            for fault, kind in zip(nested_faults(error, name), error.errors(), strict=True):
                faults.append(fault._replace(rule=_SCOPE_RULES.get(kind["type"], fault.rule)))
        if name_fault(name) is not None:
            faults.append(Fault((name,), str(name_fault(name))))
    if faults:
        raise faults_error(faults)
    return made


_SCOPE_RULES = {
    "model_type": "must be a table { from = year, to = year }",
    "extra_forbidden": "unknown key: the scope of a line has from and to",
    "int_type": "must be a whole number, a year from 1 to T",
    "greater_than_equal": "must be a year of the study, from 1 on",
}

LineOrGroup: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}(\..+)?$")]
"""As a file writes it: a line, or TABLE.GROUP for the rows of a group."""
Scopes: TypeAlias = Annotated[
    tuple[str, ...] | dict[str, Scope], PlainValidator(_read_scopes, json_schema_input_type=list[str] | dict[LineOrGroup, Scope])
]


class HeadValueRule(NumberRule):
    """Reads the value of a person a year: a number in the currency, or the words that stand for average spend."""

    kind = "head_value"

    def is_number(self, value: object) -> bool:
        """Average spend is worked out, not given."""
        return super().is_number(value) and value != AVERAGE_SPEND

    def read(self, value: object) -> object:
        """The number, or the words."""
        return value if value == AVERAGE_SPEND else super().read(value)


HeadValue: TypeAlias = Annotated[Number | Literal["average_spend"], HeadValueRule("currency")]


class Stream(Table):
    """A funding stream of a budget that follows allocation growth: the lines it pays for, and how it grows."""

    label: str | None = None
    services: Texts
    growth: Rate = Field(description="allocation growth; the budget takes its plan")
    base: BaseMoney | None = Field(default=None, description="money in the base year; default: the base-year spend of its lines")
    non_recurrent: MoneyTerm = Field(default=0.0, description="money a year that is taken out of the base")


class PopulationUpdate(Table):
    """What one person more or less than planned adds to the budget a year."""

    value: HeadValue = Field(description='currency a person a year, or "average_spend"')


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Resets(Table):
    """When the budget is worked out again with what has been observed of some drivers, and how far off it must be to move."""

    years: Annotated[tuple[int, ...], BeforeValidator(_as_tuple)] = Field(description="years of a reset, from 2 to T")
    drivers: Texts = Field(description="drivers observed up to the year before")
    threshold: ShareConstant = Field(default=0.0, description="least change, a share of the budget's value, that moves it")


class ImprovementPayment(Table):
    """A share of the budget that is withheld, and the share of it that is earned."""

    label: str | None = None
    weight: ShareTerm = Field(description="share of the budget")
    score: Share = Field(description="share of the weight that is earned")


class Budget(Table):
    """One whole population budget: commissioner to holder, for the lines in scope."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    commissioner: str = Field(description="a party")
    holder: str = Field(description="a party; the payer of the lines in scope")
    services: Scopes = Field(description="the lines in scope, or a table LINE = { from, to } with their years")
    value: Literal["plan", "allocation", "explicit"]
    plan_includes_schemes: ShareTerm | None = Field(default=None, description="plan, allocation: share of the planned saving taken out")
    amount: MoneyTerm | None = Field(default=None, description="explicit: money a year")
    streams: dict[Name, Stream] = Field(default={}, description="allocation: its funding streams")
    unidentified_savings: MoneyTerm = Field(default=0.0, description="money a year that the budget expects and no scheme brings")
    population_update: dict[Name, PopulationUpdate] = Field(default={}, description="by population segment, or all")
    resets: Resets | None = None
    improvement_payments: dict[Name, ImprovementPayment] = {}
    unearned_to: str | None = Field(default=None, description="a party; default: the commissioner")

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are in scope in any year, in the order of the file."""
        return tuple(self.services)

    def in_scope(self, years: int) -> Mapping[str, tuple[bool, ...]]:
        """Whether each line is in scope in years 1 to ``years``, in the order of the file."""
        return {name: self.scope_of(name, years) for name in self.services}

    def scope_of(self, name: str, years: int) -> tuple[bool, ...]:
        """Whether a line is in scope in years 1 to ``years``."""
        if name not in self.services:
            return (False,) * years
        if isinstance(self.services, tuple):
            return (True,) * years
        scope = self.services[name]
        last = years if scope.to_year is None else scope.to_year
        return tuple(scope.from_year <= year <= last for year in range(1, years + 1))


class Allocation(Table):
    """``[allocations.STREAM]``: money of a funding stream, against which budgets and other plans are held."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    amount: Money | None = Field(default=None, description="money a year")
    base: BaseMoney | None = Field(default=None, description="instead: money in the base year, with growth")
    growth: Rate | None = None
    services: Texts = Field(description="the lines it pays for, in and out of scope")
