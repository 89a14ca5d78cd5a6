"""Under which conditions an event happens: a few boxes in the drivers' own units, found by a shallow tree and tried on other draws.

A tree splits half of the groups of draws so that the event is as frequent as can be in some of its leaves. A leaf is a box: limits on a few
drivers. Limits that do not matter are dropped, the others rounded to what can be read. Coverage is the share of all draws with the event
that lie in a box, density the share of the draws in the box that have it, mass the share of all draws in it (Bryant and Lempert 2010,
Technological Forecasting and Social Change 77, 34-49). The same is stated for the other half of the groups, that had no part in it.
"""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.errors import SimulationError
from simengine.sensitivity_analysis.driver_table import DriverTable

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_BOXES, MOST_LIMITS = 4, 3
#: An event with fewer draws, or without fewer, in either half has no conditions that could be told from chance.
FEWEST = 64
_DEPTH, _MOST_BUILT, _LEAF = 4, 2**15, 0.005
#: A box is worth a line when it covers this much of the event, and the event is this many times as frequent in it.
_LEAST_COVERAGE, _LEAST_LIFT = 0.03, 1.2
#: Limits are stated to this part of a driver's spread at least.
_STEPS = 30.0
#: Closer to 0 or 1 than this is 0 or 1.
_EXACTLY = 1e-6
#: Standard errors by which the event is more frequent in a box than elsewhere: a tree looks at many boxes.
_BEYOND_CHANCE = 5.0
#: A further box covers this much of the event that no other does.
_LEAST_MORE = 0.1
#: What density a limit must be worth to be kept, of the way from the chance of the event to certainty.
_WORTH = 0.03


def percent(share: float) -> str:
    """A share in whole per cent, near 0 and 1 to a tenth."""
    if 0.01 <= share <= 0.99 or min(share, 1.0 - share) < _EXACTLY:
        return f"{100.0 * share:.0f}%"
    return ("<0.1%" if share < 0.5 else ">99.9%") if min(share, 1.0 - share) < 0.0005 else f"{100.0 * share:.1f}%"


class Limit(NamedTuple):
    """What a box says of one driver: above ``low`` and at most ``high``; None: no limit on this side."""

    driver: str
    low: float | None
    high: float | None

    def text(self) -> str:
        """In words."""
        if self.low is None:
            return f"{self.driver} at most {self.high:.15g}"
        return f"{self.driver} above {self.low:.15g}" + ("" if self.high is None else f" and at most {self.high:.15g}")


class Share(NamedTuple):
    """How much of an event lies in a box (coverage), how much of the box has it (density), how much of all draws is in it (mass)."""

    coverage: float
    density: float
    mass: float


@dataclass(frozen=True)
class Box:
    """Limits, and how they hold in the draws that they were found in and in the others."""

    limits: tuple[Limit, ...]
    built: Share
    held: Share

    def text(self, event: str = "the event") -> str:
        """In a sentence, with what held on the other draws."""
        conditions = " and ".join(limit.text() for limit in self.limits)
        return f"{conditions}: {percent(self.held.coverage)} of the draws with {event}; {percent(self.held.density)} of such draws have it"


@dataclass(frozen=True)
class Conditions:
    """Boxes of an event, the one that explains most first; ``together`` is the share of any of them in the draws held out.

    ``chance`` is the share of the draws with the event, ``note`` says why there is no box, or is empty.
    """

    boxes: tuple[Box, ...]
    together: Share
    chance: float
    note: str = ""


def check_installed() -> None:
    """Raises SimulationError where the package that grows trees is not installed."""
    if importlib.util.find_spec("sklearn") is None:
        msg = 'conditions of an event need the package scikit-learn: pip install "simrisk[discovery]"'
        raise SimulationError(msg)


def conditions(table: DriverTable, flag: Flags) -> Conditions:
    """Find boxes for an event, ``flag`` (draw,) over all draws of the run.

    Raises SimulationError where scikit-learn is not installed.
    """
    check_installed()
    event = np.asarray(flag, dtype=np.bool_)[table.groups.order]
    chance = float(event.mean()) if event.size else math.nan
    halves = _halves(table)
    nothing = Share(math.nan, math.nan, math.nan)
    seen = [int(event[half].sum()) for half in halves]
    missed = [int(half.sum()) - count for half, count in zip(halves, seen, strict=True)]
    if min(seen + missed) < FEWEST:
        known = "too seldom" if sum(seen) <= sum(missed) else "too often"
        return Conditions((), nothing, chance, f"the event happens {known} for conditions ({sum(seen):,} of {event.size:,} draws)")
    sample = _Sample(table, event, *halves)
    found: list[Box] = []
    for limits in _leaves(table, sample):
        box = sample.box(limits)
        if sample.counts(box) and all(set(box.limits) != set(other.limits) for other in found):
            found.append(box)
    chosen = sample.few(found)
    note = "" if chosen else "no few conditions make the event much more likely"
    return Conditions(tuple(chosen), sample.together(chosen) if chosen else nothing, chance, note)


def _halves(table: DriverTable) -> tuple[Flags, Flags]:
    """Draws of every second group, and of the others; those in no whole group are in neither."""
    groups = table.groups
    group = np.repeat(np.arange(groups.count + 1), np.diff(groups.bounds))
    whole = group < groups.count
    return whole & (group % 2 == 0), whole & (group % 2 == 1)


def _leaves(table: DriverTable, sample: "_Sample") -> list[tuple[Limit, ...]]:
    """Leaves of a tree in which the event is more frequent than elsewhere, as limits; those that gain most first."""
    from sklearn.tree import DecisionTreeClassifier

    built = np.flatnonzero(sample.built)
    # evenly over the groups: every k-th of the draws in the order of the groups
    built = built[:: max(-(-built.size // _MOST_BUILT), 1)]
    x = np.ascontiguousarray(table.values[: len(table.names), built].T)
    leaf = max(int(_LEAF * built.size), 8)
    made: Any = DecisionTreeClassifier(max_depth=_DEPTH, min_samples_leaf=leaf, random_state=0).fit(x, sample.event[built])
    tree, found = made.tree_, []
    share = tree.value[:, 0, list(made.classes_).index(True)]

    def walk(node: int, limits: dict[int, tuple[float, float]]) -> None:
        driver, at = int(tree.feature[node]), float(tree.threshold[node])
        if tree.children_left[node] < 0:
            found.append((float(tree.n_node_samples[node] * (share[node] - share[0])), node, limits))
            return
        low, high = limits.get(driver, (-math.inf, math.inf))
        walk(int(tree.children_left[node]), {**limits, driver: (low, min(high, at))})
        walk(int(tree.children_right[node]), {**limits, driver: (max(low, at), high)})

    walk(0, {})
    best = sorted((one for one in found if one[0] > 0.0), key=lambda one: (-one[0], one[1]))
    return [tuple(_limit(table, driver, *ends) for driver, ends in sorted(limits.items())) for _, _, limits in best]


def _limit(table: DriverTable, driver: int, low: float, high: float) -> Limit:
    """Limits on distances from the driver's centre as limits on its values, rounded to a thirtieth of its spread or finer."""
    spread, centre = float(table.value_spreads[driver]), float(table.centre[driver])
    places = math.ceil(-math.log10(spread / _STEPS)) if spread > 0.0 else 15
    ends = (None if math.isinf(end) else round(end + centre, places) + 0.0 for end in (low, high))
    return Limit(table.names[driver], *ends)


class _Sample:
    """An event in two halves of the draws."""

    def __init__(self, table: DriverTable, event: Flags, built: Flags, held: Flags) -> None:
        self.table, self.event, self.built, self.held = table, event, built, held
        self.chance = float(event[built].mean())

    def within(self, limits: Sequence[Limit]) -> Flags:
        """Draws in a box."""
        inside = np.ones(self.event.shape, dtype=np.bool_)
        for limit in limits:
            row = self.table.names.index(limit.driver)
            value = self.table.values[row].astype(np.float64) + self.table.centre[row]
            inside &= (limit.low is None) | (value > (limit.low or 0.0))
            inside &= (limit.high is None) | (value <= (limit.high or 0.0))
        return inside

    def share(self, inside: Flags, half: Flags) -> Share:
        """How much of the event in half of the draws is inside."""
        own, event = inside & half, self.event & half
        both = int((own & event).sum())
        return Share(both / int(event.sum()), both / max(int(own.sum()), 1), float(own.sum() / half.sum()))

    def box(self, limits: Sequence[Limit]) -> Box:
        """The box of some limits, less those that do not matter."""
        kept = self._fewer([limit for one in limits for limit in _sides(one)])
        merged = _merged(kept)
        inside = self.within(merged)
        return Box(merged, self.share(inside, self.built), self.share(inside, self.held))

    def counts(self, box: Box) -> bool:
        """Whether a box is worth a line: it covers enough, and the event is more frequent in it by more than chance and by enough."""
        draws = box.built.mass * float(self.built.sum())
        beyond = _BEYOND_CHANCE * math.sqrt(self.chance * (1.0 - self.chance) / max(draws, 1.0))
        likelier = min(_LEAST_LIFT * self.chance, 1.0 - 0.5 * (1.0 - self.chance))
        return box.built.coverage >= _LEAST_COVERAGE and box.built.density >= max(likelier, min(self.chance + beyond, 1.0))

    def _fewer(self, limits: list[Limit]) -> list[Limit]:
        """Drop one limit after another: while there are too many, or one is worth too little."""
        while len(limits) > 1:
            density = self.share(self.within(limits), self.built).density
            without = [limits[:k] + limits[k + 1 :] for k in range(len(limits))]
            left = [self.share(self.within(rest), self.built).density for rest in without]
            best = int(np.argmax(left))
            if len(_merged(limits)) <= MOST_LIMITS and density - left[best] > _WORTH * (1.0 - self.chance):
                break
            limits = without[best]
        return limits

    def few(self, boxes: Sequence[Box]) -> list[Box]:
        """The boxes that add most to what those before them cover, weighed by how much likelier the event is in them."""
        chosen: list[Box] = []
        covered = np.zeros(self.event.shape, dtype=np.bool_)
        left = list(boxes)
        while left and len(chosen) < MOST_BOXES:
            more = [self.share(self.within(box.limits) & ~covered, self.built) for box in left]
            gain = [share.mass * (share.density - self.chance) for share in more]
            best = int(np.argmax(gain))
            if more[best].coverage < (_LEAST_MORE if chosen else _LEAST_COVERAGE):
                break
            chosen.append(left[best])
            covered |= self.within(left.pop(best).limits)
        return chosen

    def together(self, boxes: Sequence[Box]) -> Share:
        """Any of the boxes, in the draws held out."""
        return self.share(np.any([self.within(box.limits) for box in boxes], axis=0), self.held)


def _sides(limit: Limit) -> list[Limit]:
    """A limit on both sides as two."""
    sides = [Limit(limit.driver, limit.low, None)] if limit.low is not None else []
    return sides + ([Limit(limit.driver, None, limit.high)] if limit.high is not None else [])


def _merged(limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """One limit for each driver."""
    found: dict[str, Limit] = {}
    for one in limits:
        other = found.get(one.driver, Limit(one.driver, None, None))
        found[one.driver] = Limit(one.driver, one.low if other.low is None else other.low, one.high if other.high is None else other.high)
    return tuple(found.values())
