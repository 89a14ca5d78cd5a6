"""``--precision``: the option, what it says while a run goes on and at its end, and its rows of JSON."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simengine.runs.precision import Look, Outcome, Reached
    from simengine.runs.target import Target

#: Exit code of a run that finished, but without the precision that was asked for (INTERFACE.md, "Commands").
NOT_PRECISE = 3

_HELP = (
    "Run until a 95% interval is that tight, in doubling steps up to --draws: 0.5% of the mean net position of the term, or "
    "WHAT=0.5%, WHAT=AMOUNT (either side of the value; money in the study's unit, chances as fractions). WHAT is "
    "OUTPUT[NAMES].STATISTIC.YEAR, all but the output may be left out: net_position.q05, settlement[acute,trust].mean.2027. "
    "Repeatable: all must hold. Exit code 3 where --draws comes first."
)


def precision_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--precision``, which gives ``precision``: a tuple of texts for ``simengine.runs.precision.parse_targets``."""
    option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
        "--precision", "precision", multiple=True, metavar="[WHAT=]TOLERANCE", help=_HELP
    )
    return option(function)


def start_line(targets: "Sequence[Target]", limit: int) -> str:
    """What a run is going to stop at."""
    asked = "; ".join(f"{target.name} {target.tolerance_text}" for target in targets)
    return f"until the 95% interval is as tight as asked ({asked}), or {limit:,} draws"


def step_line(look: "Look") -> str:
    """How far a run is after a step: the target that is farthest from holding, and how many hold."""
    worst = max(look.found, key=_ratio)
    held = sum(one.ok for one in look.found)
    counted = "" if len(look.found) == 1 else f", {held} of {len(look.found)} targets hold"
    return f"{look.draws:,} draws: {_stated(worst)}{counted}"


def end_lines(outcome: "Outcome") -> Iterator[str]:
    """Each target at the end, and where the limit came first how many draws it would take."""
    needed = outcome.needed()
    for one in outcome.last.found:
        verdict = "reached" if one.ok else "not reached"
        line = f"precision {verdict} at {one.draws:,} draws: {_stated(one)}"
        draws = needed.get(one.target)
        if draws is not None and not one.remark:
            line += f"; about {draws:,} draws would reach it (--draws {draws})"
        yield line


def precision_rows(outcome: "Outcome") -> Iterator[dict[str, object]]:
    """A row of JSON for each target; keys as in the rows of statistics, amounts in ``unit``, ``draws_needed`` null where not known."""
    from simengine.cli.statistics_json import ENTITIES, LEVELS

    needed = outcome.needed()
    for one in outcome.last.found:
        target, entity = one.target, dict(one.target.entity)
        yield {
            "output": target.output,
            "scenario": target.scenario,
            "year": target.period,
            **{dimension: entity.get(dimension) for dimension in ENTITIES},
            **{dimension: label for dimension, label in target.entity if dimension not in ENTITIES},
            "statistic": "quantile" if target.statistic[0] == "q" else target.statistic,
            "level": LEVELS.get(target.statistic),
            "value": one.value,
            "half_width": one.half_width,
            "confidence": 0.95,
            "wanted": one.wanted,
            "tolerance": target.tolerance,
            "relative": target.relative,
            "unit": target.unit,
            "draws": one.draws,
            "reached": one.ok,
            "draws_needed": needed.get(target),
            "remark": one.remark or None,
        }


def _ratio(one: "Reached") -> float:
    """How many times as wide as wanted; infinite where that is not known."""
    if not math.isfinite(one.half_width) or not math.isfinite(one.wanted):
        return math.inf
    if one.half_width == 0.0:
        return 0.0
    return one.half_width / one.wanted if one.wanted > 0.0 else math.inf


def _stated(one: "Reached") -> str:
    """``net_position, mean, term: 12.34 ±0.11 GBP m (0.9%), wanted ±0.5%``."""
    target = one.target
    unit = "" if target.shown_unit == "1" else f" {target.shown_unit}"
    if not math.isfinite(one.value):
        shown = "no value"
    elif not math.isfinite(one.half_width):
        shown = f"{_number(one.value / target.scale, 0.0)}{unit}"
    else:
        value, half = one.value / target.scale, one.half_width / target.scale
        shown = f"{_number(value, half)} ±{_number(half, half)}{unit}"
    share = abs(one.half_width / one.value) if one.value and math.isfinite(one.half_width) else math.nan
    if target.relative and math.isfinite(share):
        shown += f" ({100.0 * share:.2g}%)"
    remark = f": {one.remark}" if one.remark else ""
    return f"{target.name}: {shown}, wanted {target.tolerance_text}{remark}"


def _number(value: float, error: float) -> str:
    """A number to the second figure of its error; to four figures where there is none."""
    scale = error if error > 0.0 else abs(value) / 100.0
    places = max(1 - math.floor(math.log10(scale)), 0) if scale > 0.0 else 0
    return f"{value:,.{min(places, 15)}f}"
