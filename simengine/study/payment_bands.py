"""Marginal bands of a payment: beyond a deviation from plan another share of the difference is paid."""

from typing import Literal

from pydantic import Field

from simengine.study.numbers import RatioConstant, ShareTerm
from simengine.study.table import Table


class MarginalBand(Table):
    """From this deviation |x| on, x = A1 P* / plan_pay - 1, the marginal share replaces ``variable_share`` on the side stated."""

    label: str | None = None
    side: Literal["above", "below", "both"]
    from_edge: RatioConstant = Field(alias="from", description="lower edge, a share of the planned payment, at least 0")
    share: ShareTerm = Field(description="share of the difference from plan that is paid beyond the edge")
