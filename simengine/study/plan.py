"""The plan value of a number: what the contract assumed, or else the mean."""

import math
from collections.abc import Mapping
from typing import Any

from simengine.errors import ParameterError
from simengine.study.distribution_keys import families, parameter_names
from simengine.study.numbers import Number, Uncertain


def plan_values(number: Number, years: int, drivers: Mapping[str, Number]) -> tuple[float, ...] | None:
    """The plan value of a number in years 1 to T; None where it has none (no such driver, no such distribution, no mean)."""
    if isinstance(number, str):
        declared = drivers.get(number)
        return None if declared is None or isinstance(declared, str) else plan_values(declared, years, {})
    if isinstance(number, tuple):
        return number if len(number) == years else None
    if isinstance(number, Uncertain):
        return _plan_of(number, years)
    return (float(number),) * years


def _plan_of(uncertain: Uncertain, years: int) -> tuple[float, ...] | None:
    if uncertain.plan is not None:
        return plan_values(uncertain.plan, years, {})
    try:
        built = built_per_year(uncertain, years)
    except (ParameterError, KeyError, IndexError):
        return None
    if not all(has_mean(one) for one in built):
        return None
    means = [float(one.mean()) for one in built]
    return tuple(means * years) if len(means) == 1 else tuple(means)


def built_per_year(uncertain: Uncertain, years: int) -> list[Any]:
    """The distribution itself: one object, or one per year where a parameter is a yearly list.

    Raises ``ParameterError`` where the parameters describe none.
    """
    family = families()[uncertain.dist]
    yearly = yearly_parameters(uncertain)
    if not yearly:
        return [family(**uncertain.parameters)]
    fixed = {name: value for name, value in uncertain.parameters.items() if name not in yearly}
    return [family(**fixed, **{name: value[year] for name, value in yearly.items()}) for year in range(years)]


def has_mean(distribution: Any) -> bool:
    """Whether a distribution has a mean that can be written down."""
    try:
        return math.isfinite(distribution.mean())
    except OverflowError:
        return False


def yearly_parameters(uncertain: Uncertain) -> dict[str, tuple[float, ...]]:
    """The parameters of a distribution that are given per year (values and weights are lists of another kind)."""
    declared = parameter_names(uncertain.dist)
    return {name: value for name, value in uncertain.parameters.items() if isinstance(value, tuple) and not declared[name].is_list}
