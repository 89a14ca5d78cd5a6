"""Service lines: activity or spend of the base year, how it grows, at what price and cost, and how it is paid."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator

from simengine.study.actuals import Actual
from simengine.study.conversion import Conversion
from simengine.study.cost_weights import Weights
from simengine.study.growth import Growth
from simengine.study.numbers import (
    BaseCount,
    BaseCurrency,
    BaseMoney,
    Date,
    FreeTerm,
    Money,
    MoneyTerm,
    PositiveConstant,
    Rate,
    Ratio,
    Share,
    ShareConstant,
    ShareTerm,
)
from simengine.study.payment_bands import MarginalBand
from simengine.study.table import Fault, Name, Table, faults_error
from simengine.study.units import constant_fault

_LEAST_HISTORY = 3


def _read_history(value: object) -> object:
    """Figures of at least three earlier years."""
    rule = f"must be a list of figures of at least {_LEAST_HISTORY} earlier years, oldest first"
    if not isinstance(value, list | tuple) or len(value) < _LEAST_HISTORY:
        raise faults_error([Fault((), rule, list(value) if isinstance(value, list | tuple) else value)])
    faults = [Fault((at,), str(constant_fault(item, "any")), item) for at, item in enumerate(value) if constant_fault(item, "any")]
    if faults:
        raise faults_error(faults)
    return tuple(float(item) for item in value)


History: TypeAlias = Annotated[tuple[float, ...], PlainValidator(_read_history, json_schema_input_type=list[float])]


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
    family: Literal["gamma", "lognormal", "poisson", "negative_binomial"] = "gamma"
    path: Literal["independent", "constant", "ar1"] = "independent"
    rho: FreeTerm | None = Field(default=None, description="correlation of a year's normal score with that of the year before (path ar1)")
    source: str | None = None
    owner: str | None = None
    date: Date | None = None


class Service(Table):
    """One service line. Exactly one of ``activity``, ``spend`` and ``spend_by_year`` is given."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    need: str | None = Field(default=None, description="free text: the need or programme that the line serves")
    payer: str | None = Field(default=None, description="a party; default: the only commissioner")
    provider: str = Field(description="a party")
    activity: BaseCount | None = Field(default=None, description="units a year in the base year")
    price: BaseCurrency | None = Field(default=None, description="currency per unit in the base year")
    spend: BaseMoney | None = Field(default=None, description="money in the base year")
    spend_by_year: Money | None = Field(default=None, description="explicit do-nothing spend of each year")
    conversion: Conversion | None = Field(default=None, description="from a figure of the current year to the base year")
    history: History | None = Field(default=None, description="its own spend, or activity, of at least three earlier years, oldest first")
    growth: Growth = Field(default=0.0, description="a rate, or a table of factors applied in file order")
    growth_is: Literal["activity", "price"] = "activity"
    cost_weights: Weights = Field(default={}, description="share of each inflation category in price and unit cost, or the name of a set")
    efficiency_required: Rate = 0.0
    efficiency_achieved: Rate | None = Field(default=None, description="default: the plan value of efficiency_required")
    tariff_change: Rate | None = None
    tariff_change_on_top: bool = False
    unit_cost: BaseCurrency | None = None
    variable_share: Share = Field(default=1.0, description="1 activity payment, 0 block")
    marginal_bands: dict[Name, MarginalBand] = {}
    plan_includes_schemes: ShareTerm | None = Field(default=None, description="share of the planned scheme impact taken out of the plan")
    payment_price: Literal["tariff", "plan"] = "tariff"
    payment_baseline: MoneyTerm | None = None
    fixed_share: Share = 0.0
    release_years: int = Field(default=0, ge=0)
    overlap: Literal["disjoint", "independent", "additive"] = "disjoint"
    segments: dict[Name, Segment] = {}
    actual: Actual | None = Field(default=None, description="what was observed in the first years of a contract under way")
    volatility: LineVolatility | None = None
