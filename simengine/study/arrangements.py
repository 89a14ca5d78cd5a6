"""Arrangements: how the gain or loss against a baseline is shared between the parties."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ModelWrapValidatorHandler, PlainValidator, model_validator

from simengine.study.distribution_keys import nearest
from simengine.study.numbers import LimitTerm, MoneyTerm, Share, ShareConstant, ShareTerm
from simengine.study.table import Fault, Name, Table, Texts, faults_error


def _read_sides(value: object) -> str | tuple[str, ...]:
    """Either word, or one word per year."""
    words = value if isinstance(value, list | tuple) else [value]
    faults = []
    for at, word in enumerate(words):
        if word not in ("two", "one"):
            faults.append(Fault((at,) if words is value else (), 'must be "two" or "one"', word, nearest(word, ["two", "one"])))
    if faults:
        raise faults_error(faults)
    return tuple(str(word) for word in words) if words is value else str(value)


_Side: TypeAlias = Literal["two", "one"]
Sides: TypeAlias = Annotated[str | tuple[str, ...], PlainValidator(_read_sides, json_schema_input_type=_Side | list[_Side])]


class Band(Table):
    """A risk corridor: from this share of the baseline on, measured on the size of the gain or loss, these shares apply."""

    from_edge: ShareConstant = Field(alias="from", description="lower edge, a share of the baseline, above 0")
    share: dict[Name, ShareTerm]


class Limit(Table):
    """The most a party can gain (cap) or lose (collar) in a year; of several the smaller."""

    of_baseline: ShareTerm | None = None
    of_income: ShareTerm | None = Field(default=None, description="share of the party's planned income of the year")
    amount: LimitTerm | None = Field(default=None, description="money")


class Quality(Table):
    """Quality scores and what they do to gains and losses of the provider side. Any further key is a party with a score of its own."""

    names_field = "scores"

    score: Share | None = None
    gain: Literal["multiplier", "gate", "none"] = "multiplier"
    gate: ShareConstant | None = None
    loss: Literal["none", "soften", "loss_rate"] = "none"
    soften: ShareConstant | None = None
    loss_share_max: ShareConstant | None = None
    loss_floor: ShareConstant | None = None
    loss_ceiling: ShareConstant | None = None
    scores: dict[Name, Share] = Field(default={}, exclude=True)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_order(cls, data: Any, handler: ModelWrapValidatorHandler["Quality"]) -> "Quality":
        """Put the keys that are parties into ``scores``."""
        if not isinstance(data, dict):
            return handler(data)
        own = {key: value for key, value in data.items() if key in cls.model_fields and key != "scores"}
        parties = {key: value for key, value in data.items() if key not in own}
        made = handler({**own, "scores": parties})
        made._keys = tuple(data)
        return made


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
    cap: dict[Name, Limit] = {}
    collar: dict[Name, Limit] = {}
    quality: Quality | None = None
