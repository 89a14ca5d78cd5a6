"""The unit of money is arbitrary: all money and all limits in money times 2^k give every result times 2^k, bit for bit."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.study.load import Study
from simengine.study.walk import numbers
from tests.properties.random_trees import tree_of
from tests.properties.relative import FLAGS
from tests.twin.random_studies import plain_study
from tests.twin.random_terms import with_terms
from tests.twin.seeds import quick
from tests.twin.values import mean
from tests.unit.engine.running import ALL_VARIABLES, DESIGNS, Run, run_study

pytestmark = pytest.mark.property

MONEY = ("money", "limit", "amount", "currency")
#: Families whose draws are not scaled bit for bit: their logarithm moves, they are fitted, or they count.
MOVED = ("lognormal", "percentiles", "poisson", "negative_binomial")
#: Parameters of the dimension of what is drawn; all others are pure numbers.
SCALED = ("min", "max", "mode", "mean", "sd", "location", "scale", "lower", "upper", "level", "start", "plan", "values", "range", "impact")
NESTED = ("components", "experts", "impact")


def money_places(tree: dict[str, Any]) -> dict[tuple[str, ...], int]:
    """The places of all money of a study, with 1: in money, or -1: per money.

    The unit cost of a spend line is a multiple of its price, not money. What is moved between a line of activity and one of spend, which
    counts money, is money per unit or units per money.
    """
    found = {}
    for number in numbers(Study.from_dict(tree).spec):
        path = tuple(number.path.split("."))
        index = path[0] == "services" and path[-1] == "unit_cost" and counts_money(tree, path[1])
        if number.unit in MONEY and not index:
            found[path] = 1
    for scheme, table in tree["schemes"].items():
        for name, effect in table["effects"].items():
            for target in effect.get("shift", {}):
                power = counts_money(tree, target) - counts_money(tree, effect.get("service", name))
                found |= {("schemes", scheme, "effects", name, "shift", target): power} if power else {}
    return found


def counts_money(tree: dict[str, Any], line: str) -> bool:
    return "activity" not in tree["services"][line]


def table_of(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for key in path[:-1]:
        tree = tree[key]
    return tree


def is_moved(spec: Any) -> bool:
    """Whether a distribution, or one that it is made of, is not scaled bit for bit."""
    if not isinstance(spec, dict):
        return False
    inner = [one for key in NESTED for one in (spec[key] if isinstance(spec.get(key), list) else [spec.get(key)])]
    return spec["dist"] in MOVED or any(is_moved(one) for one in inner)


def scalable(tree: dict[str, Any]) -> dict[str, Any]:
    """The study without what cannot be scaled bit for bit, and without money named by a shared driver, which may be other things too."""
    other = {key: value for key, value in copy.deepcopy(tree).items() if key not in ("scenarios", "correlation")}
    for path in money_places(other):
        table, key = table_of(other, path), path[-1]
        if isinstance(table[key], str):
            table[key] = 0.3
        elif is_moved(table[key]):
            centre = mean(table[key], 1)
            size = {"min": centre - 0.5 * abs(centre), "mode": centre, "max": centre + abs(centre)}
            path_of_it = {"path": "independent"} if table[key].get("path", "constant") != "constant" else {}
            table[key] = {"dist": "triangular", **size, **path_of_it}
    return other


def times(value: Any, factor: float) -> Any:
    if isinstance(value, list):
        return [times(item, factor) for item in value]
    if isinstance(value, dict):
        return {key: times(item, factor) if is_scaled(key) else item for key, item in value.items()}
    return factor * value


def is_scaled(key: str) -> bool:
    return key in (*SCALED, *NESTED) or key[0] == "p" and key[1:].replace("_", "").isdigit()


def scaled(tree: dict[str, Any], factor: float) -> dict[str, Any]:
    other = copy.deepcopy(tree)
    for path, power in money_places(tree).items():
        table_of(other, path)[path[-1]] = times(table_of(tree, path)[path[-1]], factor**power)
    return other


def factor_of(run: Run, name: str, factor: float) -> Any:
    """What a variable is multiplied by: flags and people by nothing, activity only where a line counts it in money."""
    if name in (*FLAGS, "population"):
        return 1.0
    if name in ("activity", "activity_do_nothing"):
        return np.array([1.0 if line.activity is not None else factor for line in run.prepared.study.spec.services.values()])[None, :, None]
    return factor


def what_differs(tree: dict[str, Any], seed: int) -> dict[str, float]:
    """The variables that do not scale with all money, and by how much."""
    factor = 2.0 ** (-3, 1, 4, 10)[seed % 4]
    run, other = (run_study(one, draws=64, seed=seed, sampler=DESIGNS[seed % 3]) for one in (tree, scaled(tree, factor)))
    assert np.abs(run.draws("net_position")).max() > 0
    return different(run, other, factor)


@pytest.mark.parametrize("seed", quick(range(200), 40))
def test_results_scale_with_money_bit_for_bit(seed: int) -> None:
    assert what_differs(scalable(tree_of(seed)), seed) == {}


@pytest.mark.parametrize("seed", quick(range(120), 12))
def test_every_term_of_a_contract_scales_with_money(seed: int) -> None:
    assert what_differs(scalable(with_terms(plain_study(seed), seed)), seed) == {}


def different(run: Run, other: Run, factor: float) -> dict[str, float]:
    """The variables of which not every bit is as it should be, with how far they are off."""
    found = {}
    for name in ALL_VARIABLES:
        by = factor_of(run, name, factor)
        if not np.array_equal(other.draws(name), by * run.draws(name)) or not np.array_equal(other.plan(name), by * run.plan(name)):
            found[name] = float(np.abs(other.draws(name) - by * run.draws(name)).max())
    return found


def test_money_that_is_not_scaled_is_seen() -> None:
    """A negative control: of the special study 5, one amount left as it was changes something (but for those of a scheme that is off)."""
    tree = scalable(tree_of(5))
    run = run_study(tree, draws=4)
    places, seen = list(money_places(tree))[:8], []
    for path in places:
        one = scaled(tree, 4.0)
        table_of(one, path)[path[-1]] = table_of(tree, path)[path[-1]]
        seen += [path] if different(run, run_study(one, draws=4), 4.0) else []
    assert len(seen) >= 5, set(places) - set(seen)
