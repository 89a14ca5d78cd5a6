"""Goal seek on a simulated statistic: at which value of a number of the study a statistic of an output is as wanted.

All runs have the same draws, so that the statistic is a function of the number alone and its error is nearly the same everywhere. The
number is changed as a scenario would, so that the plan stays (or in the study itself, with ``replan``). A coarse scan comes first: it shows
where the statistic crosses what is wanted, once, several times or never; each crossing is then looked for by bracketing (Brent 1973,
Algorithms for Minimization without Derivatives, chapter 4), until the statistic is within a small part of its own error.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simengine.distributions import Tables
from simengine.engine.plan import Prepared, prepare
from simengine.engine.runner import Settings
from simengine.errors import DataError, Problem, StudyError
from simengine.runs.execute import How, finish, session_of
from simengine.runs.job import Laid, Wanted
from simengine.runs.saves import Saves
from simengine.runs.target import Target
from simengine.schema import DETAIL_VARIABLES, POSITION_VARIABLES
from simengine.statistics.interval import degrees_of_freedom, half_width
from simengine.statistics.summary import summarise
from simengine.study.load import Study
from simengine.study.overrides import apply_overrides
from simengine.study.places import is_distribution

VARY, BETWEEN = "--vary", "--between"
POINTS = 9
_NAME = "seek"
#: A statistic this part of its standard error away from what is wanted is there.
_NEAR = 0.02
_MOST_STEPS = 40
#: Points closer together than this part of the range say little of the slope.
_APART = 0.02
#: Families that keep their shape where all their values are moved by the same amount.
_MOVED = ("uniform", "triangular", "pert", "normal", "discrete", "percentiles")
Step = Callable[[int, float], None]


@dataclass(frozen=True)
class Point:
    """A value of the number that is varied, the statistic there and its standard error, in the unit of the result."""

    value: float
    statistic: float
    error: float


@dataclass(frozen=True)
class Solution:
    """A value at which the statistic is as wanted.

    ``low`` and ``high`` are the 95 % interval that the Monte Carlo error of the statistic leaves, over its local slope; infinite where
    that is 0. ``jumps`` where the statistic steps over what is wanted.
    """

    value: float
    low: float
    high: float
    at: Point
    slope: float
    jumps: bool = False


@dataclass(frozen=True)
class Sought:
    """What goal seek found: every solution within the range, the scan, whether the statistic goes one way, and how many runs it took."""

    target: Target
    wanted: float
    scanned: tuple[Point, ...]
    solutions: tuple[Solution, ...]
    monotone: bool
    runs: int


def seek(
    study: Study,
    settings: Settings,
    vary: str,
    between: tuple[float, float],
    until: tuple[Target, float],
    *,
    replan: bool = False,
    points: int = POINTS,
    step: Step = lambda runs, value: None,
) -> Sought:
    """The values of a number of the study at which a statistic is as wanted.

    Parameters
    ----------
    study, settings
        What is run, and how.
    vary
        Path of a number, as ``--set`` takes it: of a constant, of a parameter of a distribution (``….mean``), or of a distribution that
        keeps its shape and is moved: the value is then its mean.
    between
        The range in which to look, in the number's own unit.
    until
        A statistic and the amount that it is to have, in the unit of the result (``runs.target.parse_amounts``).
    replan
        Whether the plan is made with the value, too.
    points
        How many values are tried, evenly over the range, before any crossing is looked for.
    step
        Told before each run how many there were, and the value.

    Raises
    ------
    StudyError
        Where there is no such number, or the study is not valid with a value of the range.
    DataError
        Where the range is none.
    """
    low, high = between
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DataError([Problem("", "is a range LOW:HIGH of two numbers, the lower one first", f"{low:g}:{high:g}", file=BETWEEN)])
    target, wanted = until
    tried = _Tried(study, settings, vary, target, replan=replan, step=step)
    scan = [tried.at(low + (high - low) * k / (points - 1)) for k in range(points)]
    found = []
    for k, point in enumerate(scan):
        beside = [scan[at].statistic for at in (k - 1, k + 1) if 0 <= at < points]
        if point.statistic == wanted:
            # of values next to each other that are all as wanted, the first and the last
            found += [point] if len(beside) < 2 or any(one != wanted for one in beside) else []
        elif k + 1 < points and scan[k + 1].statistic != wanted and (point.statistic < wanted) != (scan[k + 1].statistic < wanted):
            found.append(_crossing(tried, point, scan[k + 1], wanted))
    df = degrees_of_freedom(settings.sampler, settings.draws, counted=False)
    solutions = tuple(_solution(tried, one, wanted, high - low, df) for one in found)
    return Sought(target, wanted, tuple(scan), solutions, _one_way(scan), len(tried.known))


class _Tried:
    """Runs by the value of the number, each made once."""

    def __init__(self, study: Study, settings: Settings, vary: str, target: Target, *, replan: bool, step: Step) -> None:
        self.study, self.settings, self.vary, self.target = study, settings, vary, target
        self._replan, self._step, self._tables = replan, step, Tables()
        self.known: dict[float, Point] = {}
        self.path = _path_of(study, vary)

    def at(self, value: float) -> Point:
        """The statistic at a value."""
        if value not in self.known:
            self._step(len(self.known), value)
            self.known[value] = self._run(value)
        return self.known[value]

    def _run(self, value: float) -> Point:
        ready = self._prepared(value)
        name = self.target.output
        positions, details = ((name,), ()) if name in POSITION_VARIABLES else ((), (name,))
        wanted = Wanted(positions, details if name in DETAIL_VARIABLES else (), (), ())
        laid = Laid.of(ready, replace(self.settings, drivers=False), wanted)
        with session_of(laid, How(self.settings.threads), Saves(None, None), in_memory=True) as session:
            frame = finish(session, self.settings.draws, lambda done, total: None).frame
        found = summarise(frame, threads=self.settings.threads)
        place = {**self.target.place, "scenario": "base"}
        return Point(value, float(found.at(name, **place)), float(found.at(f"{name}_se", **place)))

    def _prepared(self, value: float) -> Prepared:
        """The study laid out with the value; the scenario stands in the place of the base, which need not be run."""
        tree = _with_value(self.study.tree, self.path, value)
        if self._replan:
            return prepare(self._remade(tree, value), (), self._tables)
        scenarios = {**self.study.tree.get("scenarios", {}), _NAME: _as_changes(tree, self.path)}
        tree = {**self.study.tree, "scenarios": scenarios}
        ready = prepare(self._remade(tree, value), (_NAME,), self._tables)
        return replace(ready, scenarios=("base",), drafts=(ready.drafts[1],))

    def _remade(self, tree: Mapping[str, Any], value: float) -> Study:
        try:
            made = Study.from_dict(tree, self.study.name)
        except StudyError as error:
            prefix = f"scenarios.{_NAME}."
            raise StudyError(
                [
                    Problem(one.path.removeprefix(prefix), f"with {value:.12g}: {one.rule}", one.value, one.nearest, file=VARY)
                    for one in error.problems
                ]
            ) from None
        return replace(made, file=self.study.file, text=self.study.text, positions=self.study.positions, origins=self.study.origins)


def _path_of(study: Study, vary: str) -> tuple[str | int, ...]:
    """The path of a number that there is. Raises StudyError where there is none."""
    path = tuple(int(part) if part.isdigit() else part.strip() for part in vary.split("."))
    findings, _ = apply_overrides(copy.deepcopy(study.tree), [f"{vary}=0.5"])
    problems = [Problem(vary, one.rule, None, one.nearest, file=VARY) for one in findings]
    node: Any = study.tree
    for part in path if not problems else ():
        node = node[int(part)] if isinstance(node, list) else node.get(part) if isinstance(node, dict) else None
    rule = None
    if isinstance(node, str) and node in study.tree.get("drivers", {}):
        rule = f"is the name of a driver: vary drivers.{node} instead"
    elif is_distribution(node):
        fixed = node["dist"] not in _MOVED
        rule = f"a {node['dist']} distribution cannot be moved as it is: vary one of its parameters, such as {vary}.mean" if fixed else None
    elif isinstance(node, bool) or not isinstance(node, int | float | type(None)):
        rule = "is not a single number"
    if rule is not None and not problems:
        problems = [Problem(vary, rule, file=VARY)]
    if problems:
        raise StudyError(problems)
    return path


def _with_value(tree: Mapping[str, Any], path: Sequence[str | int], value: float) -> dict[str, Any]:
    """A copy of the study's tree with the value in it; a distribution at the end of the path is moved."""
    made = copy.deepcopy(dict(tree))
    node: Any = made
    for part in path[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
    there = node.get(path[-1]) if isinstance(node, dict) else None
    node[path[-1]] = _moved(there, value) if isinstance(there, dict) else value
    return made


def _as_changes(changed: Mapping[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    """The same as the changes of a scenario: a distribution or a list on the way stands there whole, as a scenario replaces it."""
    found: dict[str, Any] = {}
    node, into = changed, found
    for part in path:
        below = node[str(part)]
        if is_distribution(below):
            # what was observed is the study's in every scenario
            below = {key: value for key, value in below.items() if key != "actual"}
        if is_distribution(below) or not isinstance(below, dict):
            into[str(part)] = copy.deepcopy(below)
            break
        node, into = below, into.setdefault(str(part), {})
    return found


def _moved(table: Mapping[str, Any], mean: float) -> dict[str, Any]:
    """A distribution moved so that its mean is as stated: every parameter that is a value of the number by the same amount."""
    from simengine.distributions import build
    from simengine.study.distribution_keys import COMMON_KEYS, parameter_of

    own = {key: value for key, value in table.items() if key not in (*COMMON_KEYS, "dist")}
    by = mean - float(build(table["dist"], own).mean())
    found = {key: value for key, value in table.items() if key != "actual"}
    for key, value in own.items():
        declared = parameter_of(table["dist"], key)
        if declared is not None and declared.is_value:
            found[key] = [one + by for one in value] if isinstance(value, list | tuple) else value + by
    return found


def _crossing(tried: _Tried, left: Point, right: Point, wanted: float) -> Point:
    """A point between two at which the statistic is as wanted, or the nearest to where it steps over that."""
    from scipy.optimize import brentq

    def off(value: float) -> float:
        point = tried.at(value)
        distance = point.statistic - wanted
        return 0.0 if abs(distance) <= _NEAR * point.error else distance

    ends = [point for point in (left, right) if off(point.value) == 0.0]
    if ends:
        return min(ends, key=lambda point: abs(point.statistic - wanted))
    fine = 1e-9 * (right.value - left.value)
    value = float(brentq(off, left.value, right.value, xtol=fine, maxiter=_MOST_STEPS, disp=False))
    return tried.at(value)


def _solution(tried: _Tried, at: Point, wanted: float, width: float, df: int) -> Solution:
    """A crossing with the interval that the error of the statistic leaves it."""
    others = [point for point in tried.known.values() if abs(point.value - at.value) >= _APART * width]
    below = max((point for point in others if point.value < at.value), key=lambda point: point.value, default=at)
    above = min((point for point in others if point.value > at.value), key=lambda point: point.value, default=at)
    slope = (above.statistic - below.statistic) / (above.value - below.value)
    off = abs(at.statistic - wanted)
    jumps = off > max(at.error, 1e-9 * abs(wanted))
    half = half_width(at.error, df) / abs(slope) if slope != 0.0 else math.inf
    return Solution(at.value, at.value - half, at.value + half, at, slope, jumps)


def _one_way(scan: Sequence[Point]) -> bool:
    """Whether the statistic only rises or only falls over the scan, as far as its errors tell."""
    steps = [(b.statistic - a.statistic, 2.0 * math.hypot(a.error, b.error)) for a, b in zip(scan, scan[1:], strict=False)]
    rises, falls = any(step > error for step, error in steps), any(step < -error for step, error in steps)
    return not (rises and falls)
