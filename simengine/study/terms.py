"""Terms of gain/loss sharing that are tables of their own: pool limits, rates by size, carry-forward, funds, what B follows."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainValidator, ValidationError

from simengine.contract.quality_standard import STANDARDS
from simengine.study.distribution_keys import nearest
from simengine.study.numbers import LimitTerm, PositiveConstant, ShareConstant, ShareTerm
from simengine.study.table import Fault, Table, faults_error, nested_faults


def _words(value: object, allowed: tuple[str, ...]) -> str | tuple[str, ...]:
    """One of some words, or one of them per year."""
    words = value if isinstance(value, list | tuple) else [value]
    quoted = [f'"{word}"' for word in allowed]
    rule = f"must be {', '.join(quoted[:-1])} or {quoted[-1]}"
    faults = []
    for at, word in enumerate(words):
        if word not in allowed:
            faults.append(Fault((at,) if words is value else (), rule, word, nearest(word, list(allowed))))
    if faults:
        raise faults_error(faults)
    return tuple(str(word) for word in words) if words is value else str(value)


def _read_sides(value: object) -> str | tuple[str, ...]:
    """Either word, or one word per year."""
    return _words(value, ("two", "one"))


_Side: TypeAlias = Literal["two", "one"]
Sides: TypeAlias = Annotated[str | tuple[str, ...], PlainValidator(_read_sides, json_schema_input_type=_Side | list[_Side])]


def _read_standards(value: object) -> str | tuple[str, ...]:
    """Either word, or one word per year."""
    return _words(value, tuple(STANDARDS))


_Standard: TypeAlias = Literal["none", "required", "full"]
Standards: TypeAlias = Annotated[str | tuple[str, ...], PlainValidator(_read_standards, json_schema_input_type=_Standard | list[_Standard])]


class PoolLimit(Table):
    """The most that is shared of a gain (pool_cap) or a loss (pool_collar) before it is shared; of several the smaller."""

    of_baseline: ShareTerm | None = None
    amount: LimitTerm | None = Field(default=None, description="money")


class SizeRow(Table):
    """One row of a table of rates by size of the list: the rate at the first and at the last number of people, linear between."""

    from_size: PositiveConstant = Field(alias="from", description="people")
    to_size: PositiveConstant | None = Field(default=None, alias="to", description="people; the last row has none")
    low: ShareConstant = Field(description="the rate at `from` people")
    high: ShareConstant = Field(description="the rate at `to` people")


class CarryForward(Table):
    """Losses that the provider side was not charged with reduce later gains, for some years."""

    years: int = Field(ge=1, description="a loss expires after so many years")


class Fund(Table):
    """A share off the top of a gain that goes to a party before the rest is shared; it bears no loss."""

    party: str
    share: ShareTerm


class BelowRate(Table):
    """What is shared of a gain below the minimum savings rate."""

    part: ShareTerm = Field(description="part of the gain that is shared all the same")
    from_size: PositiveConstant | None = Field(default=None, alias="from", description="people: for lists of at least this size only")


class Follow(Table):
    """A driver that the baseline follows: worked out again with the driver as drawn."""

    driver: str
    cap: ShareConstant | None = Field(default=None, description="the drawn value counts up to this much above its plan value")


def _tables(value: object, kind: type[Table], rule: str) -> tuple[Any, ...]:
    """A list of tables of one kind, every fault of every entry told."""
    if not isinstance(value, list | tuple) or not value:
        raise faults_error([Fault((), rule, value if isinstance(value, bool | int | float | str) else None)])
    made, faults = [], []
    for at, item in enumerate(value):
        try:
            made.append(kind.model_validate(item))
        except ValidationError as error:
            kinds = [item["type"] for item in error.errors(include_url=False)]
            faults += [_of_key(fault, which, kind) for fault, which in zip(nested_faults(error, at), kinds, strict=True)]
    if faults:
        raise faults_error(faults)
    return tuple(made)


def _of_key(fault: Fault, which: str, kind: type[Table]) -> Fault:
    """A fault of a key itself, missing or unknown, in the words of the other tables."""
    if which == "missing":
        return Fault(fault.place, "is required")
    if which == "extra_forbidden":
        known = [info.alias or name for name, info in kind.model_fields.items()]
        return fault._replace(rule="unknown key", nearest=nearest(fault.place[-1], known))
    if which in ("model_type", "model_attributes_type"):
        return fault._replace(rule="must be a table")
    return fault


def _read_sizes(value: object) -> object:
    """The name of a shipped table, or rows."""
    if isinstance(value, str):
        return value
    return _tables(value, SizeRow, "must be the name of a shipped table, or a list of rows { from, to, low, high }")


SizeTable: TypeAlias = Annotated[str | tuple[SizeRow, ...], PlainValidator(_read_sizes, json_schema_input_type=str | list[SizeRow])]


def _read_follows(value: object) -> object:
    """Names of drivers, or tables with a cap."""
    rule = "must be a list of drivers, each a name or { driver = NAME, cap = share }"
    items = [{"driver": item} if isinstance(item, str) else item for item in value] if isinstance(value, list | tuple) else value
    return () if items == [] else _tables(items, Follow, rule)


Follows: TypeAlias = Annotated[tuple[Follow, ...], PlainValidator(_read_follows, json_schema_input_type=list[str | Follow])]
