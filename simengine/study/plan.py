"""The plan value of a number: what the contract assumed, or else the mean, in each year of its path."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simengine.errors import ParameterError
from simengine.study.ar1 import conditional_means
from simengine.study.distribution_keys import parameter_of
from simengine.study.numbers import Component, Number, ParameterValue, Uncertain, Yearly

YEARLY_PATHS = ("independent", "ar1", "random_walk", "mean_reversion")
"""Paths that give a value of its own to each year."""
SUMS = ("random_walk", "mean_reversion")
"""Paths whose distribution is that of the change of a year, not of its value."""

_KNOWN: dict[str, Any] = {}
_MOST_KNOWN = 2048


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
        return path_means(uncertain, built, years)
    except (ParameterError, KeyError, IndexError, OverflowError, ValueError):
        return None


def path_means(uncertain: Uncertain, built: Sequence[Any], years: int) -> tuple[float, ...] | None:
    """The mean of every year's value under the driver's path; None where there is none.

    ``built`` is what ``built_per_year`` gives. Paths are those of docs/study-file.md, "Paths".
    """
    known = [mean_of(one) for one in built]
    means = [mean for mean in known if mean is not None]
    if len(means) < len(known):
        return None
    means = means * years if len(means) == 1 else means
    if uncertain.path == "random_walk":
        value, found = uncertain.start or 0.0, []
        for step in means:
            value += step
            found.append(value)
        return tuple(found)
    if uncertain.path == "mean_reversion":
        return _reverting(uncertain, means, years)
    if uncertain.path == "ar1" and uncertain.start is not None:
        score = start_score(built[0], uncertain.start)
        return conditional_means(uncertain.start, score, per_year(uncertain.rho, years), built)
    return tuple(means)


def start_score(built: Any, start: float) -> float:
    """The normal score of the value of the base year under the distribution of year 1; infinite at or beyond an end of the support.

    From the nearer tail; rounded, so that the last bits of a library do not show.
    """
    import numpy as np

    from simengine.distributions.base import rounded
    from simengine.special import normal_quantile

    at = np.array([start])
    below, above = rounded(float(built.cdf(at)[0])), rounded(float(built.sf(at)[0]))
    if not (below > 0.0 and above > 0.0):
        return math.inf if below > 0.0 else -math.inf
    return float(normal_quantile(below) if below < above else -normal_quantile(above))


def _reverting(uncertain: Uncertain, shocks: Sequence[float], years: int) -> tuple[float, ...]:
    levels, speeds = per_year(uncertain.level, years), per_year(uncertain.speed, years)
    value = levels[0] if uncertain.start is None else uncertain.start
    found = []
    for level, speed, shock in zip(levels, speeds, shocks, strict=True):
        value = value + speed * (level - value) + shock
        found.append(value)
    return tuple(found)


def per_year(value: Yearly | None, years: int) -> tuple[float, ...]:
    """A number of a path as one for each year; 0 where it is not given."""
    if isinstance(value, tuple):
        return value
    return (0.0 if value is None else value,) * years


def built_per_year(uncertain: Uncertain, years: int) -> list[Any]:
    """The distribution itself: one object, or one per year where a parameter is a yearly list.

    Raises ``ParameterError`` where the parameters describe none; a fault in a nested distribution has a dotted name (``components.0.sd``).
    """
    return [_built(dist, parameters) for dist, parameters in written_per_year(uncertain, years)]


def _built(dist: str, parameters: Mapping[str, Any]) -> Any:
    """A distribution, built once however many scenarios and checks ask for it."""
    from simengine.distributions import build

    key = repr((dist, parameters))
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = build(dist, parameters)
    return _KNOWN[key]


def written_per_year(uncertain: Uncertain, years: int) -> list[tuple[str, dict[str, Any]]]:
    """Family and parameters as ``distributions.build`` takes them: one pair, or one per year where a parameter is a yearly list."""
    yearly = yearly_parameters(uncertain)
    fixed = {name: plain_parameter(value) for name, value in uncertain.parameters.items() if name not in yearly}
    if not yearly:
        return [(uncertain.dist, fixed)]
    return [(uncertain.dist, {**fixed, **{name: value[year] for name, value in yearly.items()}}) for year in range(years)]


def plain_parameter(value: ParameterValue) -> Any:
    """A parameter as ``distributions.build`` takes it: a distribution inside is a mapping with ``dist``."""
    if isinstance(value, Component):
        return {"dist": value.dist, **{name: plain_parameter(inner) for name, inner in value.parameters.items()}}
    if isinstance(value, tuple):
        return [plain_parameter(item) for item in value]
    return value


def mean_of(distribution: Any) -> float | None:
    """The mean of a distribution; None where it has none that can be written down."""
    try:
        mean = float(distribution.mean())
    except OverflowError:
        return None
    return mean if math.isfinite(mean) else None


def is_yearly(uncertain: Uncertain) -> bool:
    """Whether a driver has a value of its own in each year: by its path, a parameter or a plan per year, or values observed."""
    by_path = uncertain.path in YEARLY_PATHS or bool(yearly_parameters(uncertain))
    return by_path or isinstance(uncertain.plan, tuple) or bool(uncertain.actual)


def yearly_parameters(uncertain: Uncertain) -> dict[str, tuple[float, ...]]:
    """The parameters of a distribution that are given per year (values and weights are lists of another kind)."""
    found: dict[str, tuple[float, ...]] = {}
    for name, value in uncertain.parameters.items():
        declared = parameter_of(uncertain.dist, name)
        if isinstance(value, tuple) and declared is not None and declared.kind == "number":
            found[name] = tuple(item for item in value if isinstance(item, float))
    return found
