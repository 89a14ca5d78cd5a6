"""Service lines: activity or spend of the base year, how it grows, at what price and cost, and how it is paid."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationError

from simengine.study.numbers import (
    BaseCount,
    BaseCurrency,
    BaseMoney,
    Money,
    MoneyTerm,
    Number,
    NumberRule,
    PositiveConstant,
    Rate,
    Ratio,
    Share,
    ShareConstant,
    ShareTerm,
)
from simengine.study.table import Fault, Name, Table, faults_error, name_fault, nested_faults


class GrowthRule(NumberRule):
    """Reads a rate of growth, or named factors that apply one after another, each a rate or ``population = true``."""

    kind = "growth"

    def read(self, value: object) -> object:
        """One number, or the factors in the order of the file."""
        if not isinstance(value, dict) or "dist" in value:
            return super().read(value)
        made: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, factor in value.items():
            try:
                made[name] = self._factor(name, factor)
            except ValidationError as error:
                faults.extend(nested_faults(error, name))
        if faults:
            raise faults_error(faults)
        return made

    def _factor(self, name: str, factor: object) -> object:
        fault = name_fault(name)
        if name == "population" and factor is not True:
            fault = "is true, the growth of the list itself; give a rate of your own another name"
        if fault is not None:
            raise faults_error([Fault((), fault, factor if not isinstance(factor, dict) else None)])
        return True if factor is True and name == "population" else super().read(factor)


Growth: TypeAlias = Annotated[Number | dict[str, Number | Literal[True]], GrowthRule("rate")]


class Segment(Table):
    """A part of a line's activity: its share, or the people in it and how often each uses the service."""

    label: str | None = None
    share: Share | None = None
    people: BaseCount | None = None
    rate: Ratio | None = Field(default=None, description="uses of the service per person and year")


class LineVolatility(Table):
    """Chance from year to year: cv² = cv_floor² + cv_ref² · n_ref / N[t], N the list size."""

    cv_floor: ShareConstant = 0.0
    cv_ref: ShareConstant = 0.0
    n_ref: PositiveConstant | None = Field(default=None, description="people; default: population.size")
    family: Literal["gamma", "lognormal"] = "gamma"
    path: Literal["independent", "constant"] = "independent"


class Service(Table):
    """One service line. Exactly one of ``activity``, ``spend`` and ``spend_by_year`` is given."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    payer: str | None = Field(default=None, description="a party; default: the only commissioner")
    provider: str = Field(description="a party")
    activity: BaseCount | None = Field(default=None, description="units a year in the base year")
    price: BaseCurrency | None = Field(default=None, description="currency per unit in the base year")
    spend: BaseMoney | None = Field(default=None, description="money in the base year")
    spend_by_year: Money | None = Field(default=None, description="explicit do-nothing spend of each year")
    growth: Growth = Field(default=0.0, description="a rate, or a table of factors applied in file order")
    growth_is: Literal["activity", "price"] = "activity"
    cost_weights: dict[Name, ShareConstant] = Field(default={}, description="share of each inflation category in price and unit cost")
    efficiency_required: Rate = 0.0
    efficiency_achieved: Rate | None = Field(default=None, description="default: the plan value of efficiency_required")
    tariff_change: Rate | None = None
    tariff_change_on_top: bool = False
    unit_cost: BaseCurrency | None = None
    variable_share: Share = Field(default=1.0, description="1 activity payment, 0 block")
    plan_includes_schemes: ShareTerm | None = Field(default=None, description="share of the planned scheme impact taken out of the plan")
    payment_price: Literal["tariff", "plan"] = "tariff"
    payment_baseline: MoneyTerm | None = None
    fixed_share: Share = 0.0
    release_years: int = Field(default=0, ge=0)
    overlap: Literal["disjoint", "independent", "additive"] = "disjoint"
    segments: dict[Name, Segment] = {}
    volatility: LineVolatility | None = None
