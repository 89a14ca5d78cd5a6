"""Rules about distributions: their values against the field's unit, their parameters, their paths, and draws that would fall outside."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from simengine.errors import ParameterError
from simengine.study.check_paths import check_path
from simengine.study.checker import Checker
from simengine.study.distribution_keys import parameter_of
from simengine.study.numbers import Component, ParameterValue, Uncertain
from simengine.study.plan import SUMS, built_per_year, path_means, per_year, written_per_year, yearly_parameters
from simengine.study.units import Unit, bounds, range_fault

MOST_OUTSIDE = 0.001
"""Probability of a draw outside what the field allows above which ``simrisk check`` warns."""


class Value(NamedTuple):
    """A value of the quantity itself inside a distribution: its place below it, and the year of a yearly list (0: none)."""

    place: str
    value: float
    year: int


def check_distribution(checker: Checker, path: str, uncertain: Uncertain, unit: Unit) -> None:
    """Check one distribution against the unit of its field, then as the simulation will build it."""
    seen: set[str] = set()
    for value in quantities(uncertain):
        fault = range_fault(unit, value.value)
        if fault is not None and value.place not in seen:
            checker.say(f"{path}.{value.place}", (f"in year {value.year}: " if value.year else "") + fault, value.value)
            seen.add(value.place)
    lists = {**yearly_parameters(uncertain), **{key: getattr(uncertain, key) for key in ("plan", "rho", "level", "speed")}}
    lengths = [check_length(checker, f"{path}.{name}", value) for name, value in lists.items() if isinstance(value, tuple)]
    lengths.append(check_observed_length(checker, f"{path}.actual", uncertain.actual))
    if all(lengths) and checker.years is not None:
        _check_parameters(checker, path, uncertain, checker.years)


def check_length(checker: Checker, path: str, values: tuple[float, ...] | tuple[str, ...]) -> bool:
    """Whether a yearly list has one entry per year; a problem when it has not."""
    years = checker.years
    if years is None or len(values) == years:
        return True
    entries = f"{len(values)} value" + ("" if len(values) == 1 else "s")
    checker.say(path, f"a yearly list has one value for each of the {years} years, this one has {entries}", list(values))
    return False


def check_observed_length(checker: Checker, path: str, values: tuple[float, ...]) -> bool:
    """Whether no more years are observed than there are; a problem when there are."""
    years = checker.years
    if years is None or len(values) <= years:
        return True
    checker.say(path, f"has values of {len(values)} years; the study has {years}", list(values))
    return False


def quantities(uncertain: Uncertain) -> Iterator[Value]:
    """Every value of the quantity itself that a driver states, which keeps to the quantity's range (a spread or a weight does not).

    Where the path adds up changes, the distribution is that of a change, which may have any size.
    """
    if uncertain.path not in SUMS:
        yield from _values_of(uncertain.dist, uncertain.parameters.items(), "")
    for key in ("plan", "start", "level", "actual"):
        value = getattr(uncertain, key)
        if value not in (None, ()):
            yield from _each(key, value, yearly=True)


def _values_of(dist: str, parameters: Any, before: str) -> Iterator[Value]:
    for name, value in parameters:
        record = parameter_of(dist, name)
        if record is None:
            continue
        place = f"{before}{name}"
        if record.kind in ("distribution", "distributions"):
            yield from _parts(place, value)
        elif record.is_value and not isinstance(value, str | Component):
            yield from _each(place, value, yearly=record.kind == "number")


def _parts(place: str, value: ParameterValue) -> Iterator[Value]:
    if isinstance(value, Component):
        yield from _values_of(value.dist, value.parameters.items(), f"{place}.")
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            yield from _parts(f"{place}.{at}", part)
    elif isinstance(value, float):
        yield Value(place, value, 0)


def _each(place: str, value: Any, yearly: bool) -> Iterator[Value]:
    if isinstance(value, tuple):
        for at, item in enumerate(value, start=1):
            yield Value(place, item, at if yearly else 0)
    else:
        yield Value(place, value, 0)


def _check_parameters(checker: Checker, path: str, uncertain: Uncertain, years: int) -> None:
    """Build the distribution as the simulation will."""
    try:
        built = built_per_year(uncertain, years)
    except ParameterError as error:
        for parameter, rule in error.faults:
            checker.say(f"{path}.{parameter}" if parameter else path, rule, _shown(uncertain, parameter))
        return
    _check_table(checker, path, uncertain, years)
    sound = check_path(checker, path, uncertain, built)
    _warn_of_actuals_outside(checker, path, uncertain, built)
    if sound and uncertain.plan is None and path_means(uncertain, built, years) is None:
        checker.say(path, "has no mean, so it needs a plan value: write plan = …")


def _check_table(checker: Checker, path: str, uncertain: Uncertain, years: int) -> None:
    """Tabulate what the simulation will draw from, where that can fail: mixtures and cuts. The table is kept for the run."""
    if uncertain.dist not in _MIXTURES and not uncertain.parameters.keys() & {"lower", "upper"}:
        return
    from simengine.distributions import Tables

    for year, (dist, parameters) in enumerate(written_per_year(uncertain, years), start=1):
        try:
            Tables().encode(dist, parameters)
        except ParameterError as error:
            when = f"in year {year}: " if yearly_parameters(uncertain) else ""
            for _, rule in error.faults:
                checker.say(path, f"{when}{rule}: {_WAY_OUT}", uncertain.dist)
            return


_MIXTURES = ("mixture", "pool", "event")
_WAY_OUT = "give its parts larger spreads, leave out parts of next to no weight, or replace it by a list (discrete, empirical)"


def _warn_of_actuals_outside(checker: Checker, path: str, uncertain: Uncertain, built: list[Any]) -> None:
    """Warn of an observed value that the distribution could not have drawn; that of a path which adds up is one of changes."""
    for year, value in enumerate(uncertain.actual if uncertain.path not in SUMS else ()):
        low, high = built[year if len(built) > 1 else 0].support()
        if not low <= value <= high:
            said = f"{value:g} was observed in year {year + 1}, which this distribution holds impossible ({low:g} to {high:g})"
            checker.warn(f"{path}.actual", f"{said}: check its spread before its later years are believed")
            return


def _shown(uncertain: Uncertain, parameter: str) -> object:
    """The value at a dotted place inside a distribution; None for a distribution."""
    node: Any = uncertain
    for part in parameter.split(".") if parameter else ():
        if isinstance(node, Uncertain | Component):
            node = node.parameters.get(part)
        elif isinstance(node, tuple) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    plain = isinstance(node, float | str) or (isinstance(node, tuple) and all(isinstance(item, float) for item in node))
    return (list(node) if isinstance(node, tuple) else node) if plain else None


def warn_of_draws_outside(checker: Checker, path: str, uncertain: Uncertain, unit: Unit) -> None:
    """Warn where more than a tenth of a per cent of a driver's draws would fall outside what a field of this unit allows."""
    low, high = bounds(unit)
    if checker.years is None or checker.is_cut(checker.place(path)) or (math.isinf(low) and math.isinf(high)):
        return
    try:
        outside = _outside(uncertain, checker.years, low, high)
    except (ParameterError, OverflowError, ValueError, IndexError):
        return
    below, above = max((pair[0] for pair in outside), default=0.0), max((pair[1] for pair in outside), default=0.0)
    if not max(below + above for below, above in outside) > MOST_OUTSIDE:
        return
    named = [(below, "below", low, "lower"), (above, "above", high, "upper")]
    said = [f"{_per_cent(chance)} of its draws fall {word} {bound:g}" for chance, word, bound, _ in named if chance > MOST_OUTSIDE / 2]
    keys = [f"{key} = {bound:g}" for chance, _, bound, key in named if chance > MOST_OUTSIDE / 2]
    advice = "check its spread" if uncertain.path in SUMS else f"cut it with {' and '.join(keys)}, or check its spread"
    checker.warn(path, f"about {' and '.join(said)}, which {_KINDS.get(unit, 'this number')} cannot be: {advice}")


_KINDS = {
    "rate": "a rate",
    "charge_rate": "a rate",
    "share": "a share",
    "positive_share": "a share",
    "impact": "a share",
    "limit": "a limit",
    "currency": "a price or cost",
    "count": "a count",
    "years": "a number of years",
    "factor": "a factor",
}


def _per_cent(chance: float) -> str:
    return f"{100 * chance:.2g} %"


def _outside(uncertain: Uncertain, years: int, low: float, high: float) -> list[tuple[float, float]]:
    """Probability of a value below and above the bounds, in each year for which the distribution differs."""
    import numpy as np

    built = built_per_year(uncertain, years)
    if uncertain.path not in SUMS:
        # The bound itself is allowed (rounding aside): what counts is the probability beyond it.
        beneath = np.array([np.nextafter(low, -math.inf)])
        ends = [one.support() for one in built]
        return [
            (
                float(one.cdf(beneath)[0]) if end[0] < low else 0.0,
                float(one.sf(np.array([high]))[0]) if end[1] > high else 0.0,
            )
            for one, end in zip(built, ends, strict=True)
        ]
    return _outside_of_sums(uncertain, built, years, low, high)


def _outside_of_sums(uncertain: Uncertain, built: list[Any], years: int, low: float, high: float) -> list[tuple[float, float]]:
    """The same for a sum of yearly changes, as if it were normal."""
    means = path_means(uncertain, built, years)
    if means is None:
        return [(0.0, 0.0)]
    speeds = per_year(uncertain.speed, years) if uncertain.path == "mean_reversion" else (0.0,) * years
    variance, found = 0.0, []
    for year, (mean, speed) in enumerate(zip(means, speeds, strict=True)):
        variance = variance * (1.0 - speed) ** 2 + float(built[year if len(built) > 1 else 0].variance())
        spread = math.sqrt(2.0 * variance) if math.isfinite(variance) else 0.0
        found.append((_normal_tail(mean - low, spread), _normal_tail(high - mean, spread)))
    return found


def _normal_tail(distance: float, spread: float) -> float:
    """The probability of a normal deviation of more than ``distance``; ``spread`` is the standard deviation times the root of 2."""
    if spread == 0.0 or math.isinf(distance):
        return 0.0
    return 0.5 * math.erfc(distance / spread)
