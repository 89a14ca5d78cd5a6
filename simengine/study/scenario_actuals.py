"""What was observed is the same in every scenario: a scenario may not change it, nor lose it by replacing a distribution."""

import copy
from collections.abc import Iterator
from typing import Any

from simengine.study.distribution_keys import ACTUAL_KEY
from simengine.study.places import child, is_distribution
from simengine.study.structure import Path, Tree

RULE = "what was observed is the same in every scenario: the study's own stays, leave this out"


def observed_in(changes: object, path: Path = ()) -> Iterator[Path]:
    """The places below ``changes`` that state what was observed: of a line, or of a driver."""
    if not isinstance(changes, dict):
        return
    if ACTUAL_KEY in changes and (is_distribution(changes) or (len(path) == 2 and path[0] == "services")):
        yield (*path, ACTUAL_KEY)
    for key, value in changes.items():
        if not is_distribution(changes):
            yield from observed_in(value, (*path, key))


def without_observed(changes: Tree) -> tuple[Tree, list[Path]]:
    """The changes without what they say was observed, and where they said it."""
    found = list(observed_in(changes))
    if not found:
        return changes, []
    kept = copy.deepcopy(changes)
    for path in found:
        node: Any = kept
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]
    return kept, found


def keep_observed(base: Tree, together: Tree, years: object) -> None:
    """Give a number that takes the place of a driver with observed values these values in the years observed."""
    for path in list(observed_in(base)):
        if path[:1] == ("services",) and len(path) == 3:
            continue
        above: Any = together
        for part in path[:-2]:
            above = child(above, part)
        driver: Any = base
        for part in path[:-1]:
            driver = driver[part]
        name, observed = path[-2], driver[ACTUAL_KEY]
        if not isinstance(above, dict) or not isinstance(observed, list):
            continue
        number = above.get(name)
        if isinstance(number, dict) and is_distribution(number):
            number.setdefault(ACTUAL_KEY, copy.deepcopy(observed))
        elif isinstance(number, list):
            above[name] = [*observed[: len(number)], *number[len(observed) :]]
        elif isinstance(number, int | float) and not isinstance(number, bool) and isinstance(years, int):
            above[name] = [*observed[:years], *[number] * (years - len(observed))]
