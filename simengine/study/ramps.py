"""Ramps: how a scheme, a cost or an outcome comes in over the years."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from simengine.study.numbers import Number, NumberRule, Years
from simengine.study.table import Table


class RampTable(Table):
    """A ramp by rule: x = clip((t - delay) / years, 0, 1) at year end, then its shape."""

    years: Years = Field(description="years from nothing to everything")
    delay: Years = 0.0
    shape: Literal["linear", "s_curve", "stepped"] = "linear"
    in_year: Literal["end", "average"] = "end"


class RampRule(NumberRule):
    """Reads a ramp: a share (normally a yearly list), or a ramp table."""

    kind = "ramp"

    def read(self, value: object) -> object:
        """The share, or the ramp table."""
        if isinstance(value, dict) and "dist" not in value:
            return RampTable.model_validate(value)
        return value if isinstance(value, RampTable) else super().read(value)


Ramp: TypeAlias = Annotated[Number | RampTable, RampRule("share")]
