"""What ``simrisk sensitivity`` looks at unless its options say otherwise. It changes no result of a run."""

from typing import Literal

from pydantic import Field

from simengine.study.table import Name, Table, Texts

#: Methods by name, with what each is for.
METHODS = {
    "sobol": "first-order and total indices: how much of the variance each driver brings, alone and with others",
    "shapley": "shares of the variance that add up to one, for correlated drivers too",
    "morris": "screening: which of many drivers can be forgotten, which act in a straight line, which interact",
    "tornado": "what each driver does to an output from its low end to its high end, with the driver's values there",
    "given-data": "rank and partial correlation, regression, first order and delta, from the draws of a run",
    "events": "which driver meets the minimum savings rate, hits a cap, makes a party lose",
    "discovery": "the conditions under which a party loses, in a few readable boxes",
    "risk": "where the risk sits: by risk category and party, before and after the contract",
    "information": "what it would be worth to find out before signing, or before choosing terms",
}
#: Ways of judging drivers together.
GROUPINGS = ("category", "correlation", "scheme")


class Sensitivity(Table):
    """Settings of sensitivity analysis."""

    methods: Texts = Field(default=(), description="methods; default: tornado, and sobol, or shapley where drivers are correlated")
    outputs: Texts = Field(default=(), description="output variables; default: net_position and party_position")
    points: int | None = Field(default=None, ge=16, le=2**36, description="points of methods that draw their own; default: 16,384")
    group_by: Literal["category", "correlation", "scheme"] | None = Field(default=None, description="judge drivers together")
    groups: dict[Name, Texts] = Field(default={}, description="groups of drivers, each judged as one; any other driver by itself")


def stated_groups(stated: Sensitivity, drivers: tuple[str, ...]) -> str | dict[str, list[str]] | None:
    """The groups as an analysis takes them, of drivers by their full names."""
    if stated.groups:
        return {group: [name if name in drivers else f"drivers.{name}" for name in members] for group, members in stated.groups.items()}
    return stated.group_by
