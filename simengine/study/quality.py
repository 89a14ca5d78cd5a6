"""Quality: scores of the provider side, and what they do to its gains and losses."""

from typing import Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from simengine.study.numbers import Share, ShareTerm
from simengine.study.table import Name, Table
from simengine.study.terms import Standards


class Quality(Table):
    """Quality scores and what they do to gains and losses of the provider side. Any further key is a party with a score of its own."""

    names_field = "scores"

    score: Share | None = None
    gain: Literal["multiplier", "gate", "none"] = "multiplier"
    gate: ShareTerm | None = None
    loss: Literal["none", "soften", "loss_rate"] = "none"
    soften: ShareTerm | None = None
    loss_share_max: ShareTerm | None = None
    loss_floor: ShareTerm | None = None
    loss_ceiling: ShareTerm | None = None
    standard: Standards = Field(default="none", description="what meeting a quality standard does; a list has one entry per year")
    met: Share | None = Field(default=None, description="1 where the standard is met, 0 where not")
    alternative_met: Share | None = Field(default=None, description="1 where the alternative standard is met")
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
