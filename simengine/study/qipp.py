"""Planned efficiency programmes outside the schemes (QIPP; Better Care Fund guide, appendix 4a, item 10)."""

from pydantic import Field

from simengine.study.numbers import Amount, Share
from simengine.study.table import Table


class Qipp(Table):
    """A planned amount a year taken off one line, and the share of it that is achieved."""

    label: str | None = None
    notes: str | None = None
    source: str | None = None
    service: str = Field(description="a service")
    amount: Amount = Field(description="money a year, at least 0")
    achieved: Share = 1.0
