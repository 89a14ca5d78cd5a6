"""The unit of money is arbitrary: all money times 2^k gives every result times 2^k, bit for bit."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.study.load import Study
from simengine.study.walk import numbers
from tests.twin import random_study
from tests.twin.values import mean
from tests.unit.engine.running import ALL_VARIABLES, DESIGNS, Run, run_study

pytestmark = pytest.mark.property

SEEDS = range(200)
MONEY = ("money", "limit", "currency")
FLAGS = ("msr_met", "cap_hit", "collar_hit")
#: Parameters that are not of the dimension of what is drawn.
PURE = ("dist", "path", "weights", "shape", "risk", "source", "label")


def money_places(tree: dict[str, Any]) -> list[tuple[str, ...]]:
    """The places of all money of a study; the unit cost of a spend line is a multiple of its price, not money."""
    found = []
    for number in numbers(Study.from_dict(tree).spec):
        path = tuple(number.path.split("."))
        index = path[0] == "services" and path[-1] == "unit_cost" and "activity" not in tree["services"][path[1]]
        if number.unit in MONEY and not index:
            found.append(path)
    return found


def table_of(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for key in path[:-1]:
        tree = tree[key]
    return tree


def scalable(tree: dict[str, Any]) -> dict[str, Any]:
    """The study without what cannot be scaled bit for bit: lognormal money (its logarithm moves) and money named by a shared driver."""
    other = {key: value for key, value in copy.deepcopy(tree).items() if key not in ("scenarios", "correlation")}
    for path in money_places(other):
        table, key = table_of(other, path), path[-1]
        if isinstance(table[key], str):
            table[key] = 0.3
        elif isinstance(table[key], dict) and table[key]["dist"] == "lognormal":
            centre = mean(table[key], 1)
            table[key] = {
                "dist": "triangular",
                "min": 0.5 * centre,
                "mode": centre,
                "max": 2.0 * centre,
                "path": table[key].get("path", "constant"),
            }
    return other


def times(value: Any, factor: float) -> Any:
    if isinstance(value, list):
        return [factor * item for item in value]
    if isinstance(value, dict):
        return {key: item if key in PURE else times(item, factor) for key, item in value.items()}
    return factor * value


def scaled(tree: dict[str, Any], factor: float) -> dict[str, Any]:
    other = copy.deepcopy(tree)
    for path in money_places(tree):
        table_of(other, path)[path[-1]] = times(table_of(tree, path)[path[-1]], factor)
    return other


def factor_of(run: Run, name: str, factor: float) -> Any:
    """What a variable is multiplied by: flags by nothing, activity only where a line counts it in money."""
    if name in FLAGS:
        return 1.0
    if name in ("activity", "activity_do_nothing"):
        return np.array([1.0 if line.activity is not None else factor for line in run.prepared.study.spec.services.values()])[None, :, None]
    return factor


@pytest.mark.parametrize("seed", SEEDS)
def test_results_scale_with_money_bit_for_bit(seed: int) -> None:
    factor = 2.0 ** (-3, 1, 4, 10)[seed % 4]
    tree = scalable(random_study(seed))
    run, other = (run_study(one, draws=64, seed=seed, sampler=DESIGNS[seed % 3]) for one in (tree, scaled(tree, factor)))
    assert np.abs(run.draws("net_position")).max() > 0
    different = {}
    for name in ALL_VARIABLES:
        by = factor_of(run, name, factor)
        if not np.array_equal(other.draws(name), by * run.draws(name)) or not np.array_equal(other.plan(name), by * run.plan(name)):
            different[name] = float(np.abs(other.draws(name) - by * run.draws(name)).max())
    assert different == {}
