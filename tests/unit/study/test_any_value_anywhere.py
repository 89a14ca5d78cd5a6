"""Whatever stands at whatever place, a study is either sound or refused with an explanation."""

import copy
import datetime
import itertools
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from simengine.errors import Problem, StudyError
from simengine.study.load import Study

pytestmark = pytest.mark.unit

ODD: list[Any] = ["", "5%", -1, 10**400, True, [], [[1]], [{}], {}, {"a": 1}, {"dist": 3}, {"dist": "normal"}, datetime.date(2020, 1, 1)]


def places(node: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def problems_of(tree: dict[str, Any]) -> tuple[Problem, ...]:
    try:
        return Study.from_dict(tree).warnings
    except StudyError as error:
        return error.problems


def test_any_value_anywhere(full: str) -> None:
    tree = tomllib.loads(full)
    # Every third place, each with the next value in turn; no value meets the same kind of place only.
    for path, odd in zip(itertools.islice(places(tree), 0, None, 3), itertools.cycle(ODD), strict=False):
        changed = copy.deepcopy(tree)
        node: Any = changed
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = odd
        for problem in problems_of(changed):
            assert problem.rule
            assert problem.as_dict()["path"] == problem.path
