"""Arrangements: how the gain or loss against a baseline is shared between the parties."""

from typing import Literal

from pydantic import Field

from simengine.study.numbers import Amount, LimitTerm, MoneyTerm, Share, ShareTerm
from simengine.study.quality import Quality
from simengine.study.table import Name, Table, Texts
from simengine.study.terms import BelowRate, CarryForward, Follows, Fund, PoolLimit, Sides, SizeTable


class Band(Table):
    """A risk corridor: from this share of the baseline on, measured on the size of the gain or loss, these shares apply."""

    from_edge: ShareTerm = Field(alias="from", description="lower edge, a share of the baseline, above 0")
    share: dict[Name, ShareTerm]


class Limit(Table):
    """The most a party can gain (cap) or lose (collar) in a year; of several the smaller."""

    of_baseline: ShareTerm | None = None
    of_income: ShareTerm | None = Field(default=None, description="share of the party's planned income of the year")
    amount: LimitTerm | None = Field(default=None, description="money")


class Arrangement(Table):
    """One gain/loss sharing arrangement over the lines it covers."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    services: Texts = Field(default=(), description="covered lines; with a budget: default its lines in scope, year by year")
    baseline: Literal["plan", "budget", "explicit"]
    budget: str | None = Field(default=None, description='with baseline = "budget": a budget')
    plan_includes_schemes: ShareTerm | None = None
    baseline_value: MoneyTerm | None = None
    stretch: ShareTerm = 0.0
    residual: str | None = Field(default=None, description="a party; default: the only commissioner among the payers")
    msr: ShareTerm = Field(default=0.0, description="minimum savings rate")
    mlr: ShareTerm | None = Field(default=None, description="minimum loss rate; default: the minimum savings rate")
    msr_kind: Literal["first_pound", "excess"] | None = None
    mlr_kind: Literal["first_pound", "excess"] | None = None
    sides: Sides = Field(default="two", description="one: only gains are shared; a list has one entry per year")
    gain_share: dict[Name, ShareTerm]
    loss_share: dict[Name, ShareTerm] | None = Field(default=None, description="default: the gain shares")
    gain_bands: dict[Name, Band] = {}
    loss_bands: dict[Name, Band] = {}
    msr_table: SizeTable | None = Field(default=None, description="rates by size of the list, in place of msr")
    mlr_table: SizeTable | None = Field(default=None, description="rates by size of the list, in place of mlr; default: the msr_table")
    below_msr: BelowRate | None = None
    guardrail: Share = Field(default=0.0, description="1 where no gain is paid because the baseline was raised")
    pool_cap: PoolLimit | None = None
    pool_collar: PoolLimit | None = None
    carry_forward: CarryForward | None = None
    fund: Fund | None = None
    deduction: ShareTerm = Field(default=0.0, description="part taken off the payouts of gains")
    cap: dict[Name, Limit] = {}
    collar: dict[Name, Limit] = {}
    include_ips: bool = Field(default=False, description="unearned improvement payments count towards the collar of a budget's holder")
    term_cap: dict[Name, Limit] = Field(default={}, description="limits over the whole term")
    term_collar: dict[Name, Limit] = {}
    quality: Quality | None = None
    adjustment: dict[Name, Amount] = Field(default={}, description="events outside control: money taken off the outturn of a covered line")
    loss_adjustment: Amount = Field(default=0.0, description="events outside control: money taken off the provider side's loss")
    proration: ShareTerm = Field(default=1.0, description="part of the year that is settled")
    line_by_line: bool = Field(default=False, description="each covered line settles by itself; default: gains and losses are netted")
    baseline_follows: Follows = Field(default=(), description="drivers that the baseline follows as drawn")
    population_adjusted: bool = Field(default=False, description="the baseline follows the drivers of [population]")
    order: Texts = Field(default=(), description="the movable steps in the order of this contract")
    programme: str | None = Field(default=None, description="a programme whose terms these are, where nothing else is stated")
    performance_year: int | None = Field(default=None, description="performance year of the programme in year 1")
    agreement_start: int | None = Field(default=None, description="first performance year of the agreement")
    revenue_category: Literal["low", "high"] | None = None
    split: dict[Name, ShareTerm] = Field(default={}, description="how the provider side of a programme divides its part; sums to 1")
