"""Runs that stop when their results are precise enough: doubling steps, each going on from the draws of the one before.

A target holds when the half width of the 95 % interval (Student's t times the standard error) is at most its tolerance. What stops a run
is an estimate itself, so an interval covers a little less often than it says: 93.4 to 94.3 % of the time where a run may stop at any of
nine steps, and the tolerance, which is the wider, 97.5 % (tests/slow/test_coverage_of_stopping.py). Doubling keeps the loss that small:
there are few looks, and each has as many new draws as old ones.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from simengine.engine.tile import BLOCK
from simengine.results.frame import Frame
from simengine.runs.target import Places, Target, parse_targets, places_of
from simengine.statistics.interval import degrees_of_freedom, half_width

__all__ = [
    "FIRST",
    "Look",
    "Outcome",
    "Places",
    "Reached",
    "Target",
    "draws_needed",
    "parse_targets",
    "places_of",
    "reached",
    "steps",
    "until",
]

#: Draws of the first step: four blocks, a power of two of draws for each of the 16 replicates of ``sobol``.
FIRST = 4 * BLOCK
#: How fast an error of ``sobol`` falls with the draws: between that of independent draws, and one over their number.
_SLOWEST, _FASTEST = 0.5, 1.0
_MOST_DRAWS = 2**40


@dataclass(frozen=True)
class Reached:
    """How well a target's statistic is known after so many draws.

    ``value``, ``half_width`` and ``wanted`` are in the target's ``unit``; NaN where not known. ``remark`` says what keeps the target from
    holding other than too few draws, or what a reader should know; empty for none.
    """

    target: Target
    draws: int
    value: float
    half_width: float
    wanted: float
    ok: bool
    remark: str = ""


@dataclass(frozen=True)
class Look:
    """All targets after one step."""

    draws: int
    found: tuple[Reached, ...]

    @property
    def ok(self) -> bool:
        """Whether every target holds."""
        return all(one.ok for one in self.found)


@dataclass(frozen=True)
class Outcome:
    """The steps that were taken, and whether the last met every target."""

    looks: tuple[Look, ...]
    sampler: str
    limit: int

    @property
    def last(self) -> Look:
        """The targets at the end."""
        return self.looks[-1]

    @property
    def ok(self) -> bool:
        """Whether every target holds."""
        return self.last.ok

    def needed(self) -> dict[Target, int | None]:
        """About how many draws each target that does not hold would take; None where that cannot be told."""
        histories = zip(*(look.found for look in self.looks), strict=True)
        return {history[-1].target: draws_needed(history, self.sampler) for history in histories if not history[-1].ok}

    def shortfalls(self) -> list[str]:
        """Each target that does not hold, in words: how close it came, and how many draws it would take."""
        needed, found = self.needed(), []
        for one in (one for one in self.last.found if not one.ok):
            half, wanted = one.half_width / one.target.scale, one.wanted / one.target.scale
            draws = needed.get(one.target)
            came = one.remark or f"the 95 % interval is ±{half:.3g} and was to be ±{wanted:.3g}"
            more = "" if draws is None or one.remark else f"; about {draws:,} draws would reach it"
            found.append(f"precision of {one.target.name} not reached at {one.draws:,} draws: {came}{more}")
        return found


def steps(first: int, limit: int, done: int = 0) -> Iterator[int]:
    """Numbers of draws at which to look: ``first``, twice that and so on, and at the end ``limit``.

    Those before ``done``, draws that are there already, are left out. The steps are multiples of 4,096, but for a limit that is none.
    """
    draws = max(BLOCK, first - first % BLOCK)
    while draws < limit:
        if draws >= done:
            yield draws
        draws *= 2
    yield limit


def reached(summary: Frame, target: Target, draws: int) -> Reached:
    """How well a summary of so many draws knows a target's statistic."""
    value = float(summary.at(target.output, **target.place))
    error = float(summary.at(f"{target.output}_se", **target.place))
    counted = target.output.removesuffix("_difference") in json.loads(str(summary.attrs.get("counted", "[]")))
    df = degrees_of_freedom(str(summary.attrs["sampler"]), draws, counted=counted)
    half = half_width(error, df)
    wanted = target.tolerance * abs(value) if target.relative else target.tolerance
    known = math.isfinite(value) and math.isfinite(half)
    ok = known and half <= wanted
    return Reached(target, draws, value, half, wanted, ok, _remark(target, draws, value, half, ok=ok))


def _remark(target: Target, draws: int, value: float, half: float, *, ok: bool) -> str:
    """What a reader should know of a target, beside how wide its interval is."""
    if math.isnan(value):
        return "it has no value in this run"
    if not math.isfinite(half):
        return f"its error is not known from {draws:,} draws"
    if half == 0.0:
        return f"it has not varied in {draws:,} draws"
    if not ok and target.relative and value == 0.0:
        return "its value is 0, of which every share is 0: state an amount instead of a share"
    if not ok and target.relative and abs(value) <= half:
        return "its value may be 0, of which no share is ever reached: state an amount instead of a share"
    return ""


def draws_needed(history: Sequence[Reached], sampler: str) -> int | None:
    """About how many draws a target would take, from what its steps had; None where that cannot be told.

    Errors of ``random`` and ``lhs`` fall with the root of the draws. For ``sobol`` the rate is that of a straight line through the steps on
    logarithmic scales, between the root and the number itself. Rounded up: to a step for ``sobol``, else to two figures.
    """
    last = history[-1]
    known = [one for one in history if one.half_width > 0.0]
    if not known or known[-1] is not last or not last.wanted > 0.0 or math.isinf(last.half_width):
        return None
    rate = _observed_rate(known) if sampler == "sobol" else 0.5
    found: float = last.draws * (last.half_width / last.wanted) ** (1.0 / rate)
    if not found <= _MOST_DRAWS:
        return None
    if sampler == "sobol":
        # a step that is short by less than 4 % will do: the estimate is no better
        return FIRST << max(math.ceil(math.log2(found / FIRST) - 0.05), 0)
    unit: int = 10 ** max(math.floor(math.log10(found)) - 1, 0)
    return math.ceil(found / unit) * unit


def _observed_rate(known: Sequence[Reached]) -> float:
    """Minus the slope of the logarithm of the half width over that of the draws, by least squares."""
    if len(known) < 2:
        return _SLOWEST
    x = [math.log(one.draws) for one in known]
    y = [math.log(one.half_width) for one in known]
    middle, level = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - middle) * (b - level) for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)
    return min(max(-slope, _SLOWEST), _FASTEST)


def until(
    targets: Sequence[Target],
    limit: int,
    summary_at: Callable[[int], Frame],
    told: Callable[[Look], None] = lambda look: None,
    done: int = 0,
) -> Outcome:
    """Run step by step until every target holds or the limit is reached.

    Parameters
    ----------
    targets
        What has to hold, all of it.
    limit
        Most draws.
    summary_at
        Goes on to so many draws in all and gives the summary of them.
    told
        Called after each step.
    done
        Draws that are there already: no look is taken before them.
    """
    looks: list[Look] = []
    sampler = ""
    for draws in steps(FIRST, limit, done):
        summary = summary_at(draws)
        sampler = str(summary.attrs["sampler"])
        looks.append(Look(draws, tuple(reached(summary, target, draws) for target in targets)))
        told(looks[-1])
        if looks[-1].ok:
            break
    return Outcome(tuple(looks), sampler, limit)
