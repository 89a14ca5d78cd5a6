"""Stress: drivers restricted to a band of their range, as a scenario on the same draws (MODEL.md section 1: the plan stays as it is).

A band from a to b, in probabilities, turns the uniform u of a driver into a + (b - a) u: its distribution given that it lies between its
own quantiles at a and b, which is what ``lower`` and ``upper`` say. Each driver is held to its band whatever the others do: drivers that
are correlated with it keep their own distributions, and the correlation of ranks is now that within the band.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simengine.errors import ParameterError, Problem, StudyError
from simengine.study.copulas import copulas
from simengine.study.distribution_keys import nearest
from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.plan import SUMS, built_per_year
from simengine.study.walk import numbers

OPTION = "--stress"
NAME = "stress"
#: How far the chance of what is left may be from the one asked for: rounding of quantiles.
_ROUNDING = 1e-7
Band = tuple[float, float]


@dataclass(frozen=True)
class Stressed:
    """A study with a scenario of stress; ``notes`` say what of it a reader might take otherwise."""

    study: Study
    notes: tuple[str, ...]


def parse_bands(texts: Sequence[str]) -> dict[str, Band]:
    """Bands by driver from texts such as ``drivers.pay_inflation=0.9:1``. Raises StudyError with every problem."""
    found: dict[str, Band] = {}
    problems = []
    for text in texts:
        path, equals, stated = (part.strip() for part in text.partition("="))
        parts = stated.split(":")
        try:
            low, high = (float(part) for part in parts)
        except ValueError:
            low = high = math.nan
        if not equals or not path or not (math.isfinite(low) and math.isfinite(high)):
            problems.append(Problem(path, "takes DRIVER=LOW:HIGH, two probabilities such as 0.9:1", text, file=OPTION))
        elif path in found:
            problems.append(Problem(path, "is given twice", stated, file=OPTION))
        else:
            found[path] = low, high
    if problems:
        raise StudyError(problems)
    return found


def stressed(study: Study, bands: Mapping[str, Band], name: str = NAME) -> Stressed:
    """The study with one more scenario, in which each of some drivers lies within a band of its range.

    Parameters
    ----------
    study
        As it was loaded.
    bands
        Ends by driver, as probabilities: (0.9, 1.0) is the tenth of the distribution with the largest values.
    name
        What the scenario is called.

    Raises
    ------
    StudyError
        With every problem: a driver that the study has none of, a band that is none or that cuts a step of a distribution in two, a
        scenario of the same name.
    """
    drawn = {number.path: number.value for number in numbers(study.spec) if isinstance(number.value, Uncertain)}
    problems = []
    if name in study.scenarios:
        problems.append(Problem(f"scenarios.{name}", "the study has a scenario of this name already", file=OPTION))
    if not bands:
        problems.append(Problem("", "no driver is named", file=OPTION))
    ends: dict[str, dict[str, Any]] = {}
    for path, band in bands.items():
        rule = _fault(path, band, drawn)
        if rule is not None:
            problems.append(rule)
            continue
        try:
            ends[path] = _ends(drawn[path], band, study.spec.years)
        except ParameterError as error:
            problems.append(Problem(path, str(error.faults[0][1]), _shown(band), file=OPTION))
    if problems:
        raise StudyError(problems)
    return Stressed(_with_scenario(study, name, ends), tuple(_notes(study, bands, drawn)))


def _shown(band: Band) -> str:
    return f"{band[0]:g}:{band[1]:g}"


def _fault(path: str, band: Band, drawn: Mapping[str, Uncertain]) -> Problem | None:
    """What is wrong with a driver or the band itself."""
    low, high = band
    if path.endswith(".volatility") and path not in drawn:
        rule = "is a volatility, whose noise is stated by its spread: a scenario may change the spread (cv)"
        return Problem(path, rule, _shown(band), file=OPTION)
    if path not in drawn:
        return Problem(path, "is not a driver of this study", None, nearest(path, list(drawn)), file=OPTION)
    if not (0.0 <= low <= 1.0 and 0.0 <= high <= 1.0):
        return Problem(path, "a band lies between the probabilities 0 and 1", _shown(band), file=OPTION)
    if low >= high:
        return Problem(path, "the lower end of a band is below the upper one", _shown(band), file=OPTION)
    return None


def _ends(driver: Uncertain, band: Band, years: int) -> dict[str, Any]:
    """``lower`` and ``upper`` of the band, one number each, or one per year where a parameter is per year."""
    by_year = [_cut(one, band) for one in built_per_year(driver, years)]
    found: dict[str, Any] = {}
    for k, key in enumerate(("lower", "upper")):
        values = [cut[k] for cut in by_year]
        if math.isfinite(values[0]):
            found[key] = values[0] if len(values) == 1 else values
    return found


def _cut(distribution: Any, band: Band) -> Band:
    """Where a distribution is cut; infinite where it is not. Raises ParameterError where a step of it would be cut in two."""
    low, high = band
    lower = float(distribution.quantile(np.array([low]))[0]) if low > 0.0 else -math.inf
    upper = float(distribution.isf(np.array([1.0 - high]))[0]) if high < 1.0 else math.inf
    before = float(distribution.cdf(np.array([np.nextafter(lower, -math.inf)]))[0]) if low > 0.0 else 0.0
    until = float(distribution.cdf(np.array([upper]))[0]) if high < 1.0 else 1.0
    if lower == upper or abs(before - low) > _ROUNDING or abs(until - high) > _ROUNDING:
        kept = f"{before:.6g}:{until:.6g}"
        step = lower if abs(before - low) > _ROUNDING else upper
        rule = f"the distribution has a step at {step:.6g}, which this band would cut in two: {kept} takes all of it"
        raise ParameterError([("band", rule)])
    return lower, upper


def _with_scenario(study: Study, name: str, ends: Mapping[str, Mapping[str, Any]]) -> Study:
    """The study with the scenario in its tree; lines and order of drivers as they were, so that all keep their draws."""
    tree = copy.deepcopy(study.tree)
    changes: dict[str, Any] = {}
    for path, cut in ends.items():
        parts = path.split(".")
        table = _at(tree, parts)
        # what was observed is the study's, in every scenario
        own = {key: value for key, value in table.items() if key != "actual"}
        _put(changes, parts, {**own, **cut})
    tree.setdefault("scenarios", {})[name] = changes
    made = Study.from_dict(tree, study.name)
    return replace(made, file=study.file, text=study.text, positions=study.positions, origins=study.origins, warnings=study.warnings)


def _at(tree: Any, parts: Sequence[str]) -> dict[str, Any]:
    for part in parts:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    found: dict[str, Any] = tree
    return found


def _put(changes: dict[str, Any], parts: Sequence[str], table: Mapping[str, Any]) -> None:
    for part in parts[:-1]:
        changes = changes.setdefault(part, {})
    changes[parts[-1]] = dict(table)


def _notes(study: Study, bands: Mapping[str, Band], drawn: Mapping[str, Uncertain]) -> list[str]:
    notes = []
    for group in copulas(study.spec, study.drivers):
        held = [path for path in group.names if path in bands]
        others = [path for path in group.names if path not in bands]
        if held and others:
            notes.append(
                f"stress holds {', '.join(held)} to a band and not what is correlated with it ({', '.join(others)}): these keep their own "
                "distributions"
            )
    for path in bands:
        if drawn[path].path in SUMS:
            notes.append(f"{path} adds up over the years: the band is that of the change of each year")
        elif drawn[path].path != "constant":
            notes.append(f"{path} is drawn by year: it is held to the band in every year")
    return notes
