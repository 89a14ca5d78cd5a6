"""The risk log: what could go wrong, how likely, how bad, and who does what about it. It changes no result."""

from pydantic import Field

from simengine.study.numbers import Date
from simengine.study.table import Table, Texts


class Risk(Table):
    """One entry of the risk log; its score is likelihood times impact."""

    label: str | None = None
    notes: str | None = None
    scheme: str | None = Field(default=None, description="a scheme; default: the whole programme")
    likelihood: int = Field(ge=1, le=5, description="1 (rare) to 5 (almost certain)")
    impact: int = Field(ge=1, le=5, description="1 (negligible) to 5 (catastrophic)")
    mitigation: str | None = None
    owner: str | None = None
    date: Date | None = None
    drivers: Texts = Field(default=(), description="drivers of the study in which the risk shows")
