"""Baseline conversion: the base year from a figure of the current year, with what is known to change between the two."""

from simengine.study.numbers import BaseMoney, BaseRate
from simengine.study.table import Table


class Conversion(Table):
    """``spend``, or ``activity`` and ``price``, are those of the current year; the base year's follow (whole population budgets, 2.2, 2.7).

    spend: current (1 + inflation) (1 - efficiency) (1 + growth) + service_investment + one_off.
    activity: current (1 + growth); price: current (1 + inflation) (1 - efficiency).
    """

    inflation: BaseRate = 0.0
    efficiency: BaseRate = 0.0
    growth: BaseRate = 0.0
    service_investment: BaseMoney = 0.0
    one_off: BaseMoney = 0.0
