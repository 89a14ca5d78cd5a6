"""Outcomes of schemes: what is counted, to give a cost for each of them."""

from typing import Literal

from pydantic import Field

from simengine.study.numbers import Ratio
from simengine.study.ramps import Ramp
from simengine.study.table import Table


class Outcome(Table):
    """Something that a scheme achieves: a planned number a year, or the activity of a line that it avoids."""

    label: str | None = None
    amount: Ratio | None = Field(default=None, description="number a year, such as people reached")
    ramp: Ramp = 1.0
    counts: Literal["activity_avoided"] | None = Field(default=None, description="instead: counted from what the scheme does")
    service: str | None = Field(default=None, description="with counts: the line whose activity is counted")
