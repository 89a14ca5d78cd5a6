"""Schemes: what they change, how fast, what they cost to run and to set up, and who funds them."""

from typing import Literal

from pydantic import Field

from simengine.study.numbers import ChargeRate, Currency, Impact, Money, Positive, PositiveShare, Ratio, Share
from simengine.study.outcomes import Outcome
from simengine.study.ramps import Ramp
from simengine.study.table import Name, Table
from simengine.study.units import Unit


class Effect(Table):
    """What a scheme does to one line, or to one segment of it."""

    label: str | None = None
    service: str | None = Field(default=None, description="a service; default: the one that the effect is named after")
    segment: str | None = Field(default=None, description="a segment of that service; default: the whole line")
    impact: Impact = Field(description="share saved of the segment, or units or money a year")
    impact_is: Literal["share", "units", "money"] = "share"
    acts_on: Literal["activity", "price", "unit_cost"] = "activity"
    shift: dict[Name, Ratio] = Field(default={}, description="units of another line for each unit of activity moved off this one")
    ramp: Ramp | None = Field(default=None, description="default: the scheme's ramp")

    def unit_of(self, field: str, declared: Unit) -> Unit:
        """``impact_is`` decides the unit of the impact."""
        if field == "impact" and self.impact_is != "share":
            return "money" if self.impact_is == "money" else "any"
        return declared


class Tier(Table):
    """An intensity tier of a bottom-up cost: the share of people in it and the time each of them takes."""

    label: str | None = None
    share: Ratio
    contacts: Ratio
    hours: Ratio


class Cost(Table):
    """A running cost; which keys it takes depends on its approach."""

    label: str | None = None
    approach: Literal["budget", "reinvestment", "bottom_up"]
    funded_by: str | None = Field(default=None, description="a party; default: the only commissioner")
    ramp: Ramp = 1.0
    inflation: str | None = Field(default=None, description="an inflation category; default: none")
    absorbed: Share = 0.0
    amount: Money | None = Field(default=None, description="budget: money a year")
    share: Ratio | None = Field(default=None, description="reinvestment: share of the planned end-state gross saving")
    of: Literal["plan", "actual"] = Field(default="plan", description="reinvestment: of the planned end-state saving or the realised one")
    people: Ratio | None = Field(default=None, description="bottom-up: people in scope")
    contacts: Ratio | None = Field(default=None, description="bottom-up: contacts per person and year")
    hours: Ratio | None = Field(default=None, description="bottom-up: hours per contact")
    tiers: dict[Name, Tier] = {}
    hours_per_wte: Positive | None = Field(default=None, description="bottom-up: hours per whole-time equivalent and year")
    utilisation: PositiveShare | None = Field(default=None, description="bottom-up: share of the hours used")
    cost_per_wte: Currency | None = Field(default=None, description="bottom-up: currency per whole-time equivalent and year")
    non_pay: Money = Field(default=0.0, description="bottom-up: money a year")


class Investment(Table):
    """Money spent once or each year to make a scheme possible."""

    label: str | None = None
    kind: Literal["one_off", "capital", "programme_office", "information_systems", "double_running"]
    amount: Money = Field(description="money a year, or in the one year given by year")
    year: int | None = Field(default=None, ge=1)
    funded_by: str | None = Field(default=None, description="a party; default: the only commissioner")
    inflation: str | None = None
    life: int | None = Field(default=None, ge=1, description="capital: years over which it is charged instead of cash")
    charge_rate: ChargeRate | None = Field(default=None, description="capital: rate on the opening value, a fraction a year")


class Scheme(Table):
    """One scheme with its effects, running costs and investments."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    enabled: bool = True
    evidence: str | None = None
    lead: str | None = Field(default=None, description="a party")
    organisation: str | None = Field(default=None, description="free text, for the benefits plan: who saves")
    calculation: str | None = Field(default=None, description="free text, for the benefits plan: how the saving is worked out")
    monitoring: str | None = Field(default=None, description="free text, for the benefits plan: how it is monitored")
    ramp: Ramp = 1.0
    delivery: Share = 1.0
    captured: Share = 1.0
    effects: dict[Name, Effect] = {}
    costs: dict[Name, Cost] = {}
    investments: dict[Name, Investment] = {}
    outcomes: dict[Name, Outcome] = {}
