"""Parties: every payer, provider, funder and fund of a study."""

from typing import Literal

from pydantic import Field

from simengine.study.numbers import Money
from simengine.study.table import Table


class Party(Table):
    """One party; ``in_system = false`` marks an outsider, whose money has left the system."""

    label: str | None = None
    role: Literal["commissioner", "provider", "funder", "fund"]
    in_system: bool = True
    funding: Money | None = Field(default=None, description="money a year; default: the planned do-nothing spend of the lines it pays")
