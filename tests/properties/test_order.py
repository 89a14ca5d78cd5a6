"""Order is arbitrary: lines, schemes, effects, parties, budgets and categories in another order give the same to rounding, name by name."""

from typing import Any

import numpy as np
import pytest

from simengine.jit import Floats
from tests.properties.identities import LARGEST
from tests.properties.random_trees import tree_of, without_scenarios
from tests.properties.relative import FLAGS, largest, scale
from tests.twin import random_study
from tests.twin.seeds import quick
from tests.unit.engine.running import ALL_VARIABLES, Run, run_study

pytestmark = pytest.mark.property

TURNED = ("services", "schemes", "parties", "arrangements", "budgets", "allocations", "qipp", "inflation", "drivers")
#: Tables inside those of budgets, lines and schemes. Not growth: its factors are applied in sequence, which is rounded in sequence.
TURNED_INSIDE = ("effects", "costs", "segments", "marginal_bands", "streams", "improvement_payments", "population_update", "shift")


def backwards(table: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(table.items()))


def turned(tree: dict[str, Any]) -> dict[str, Any]:
    """The study with its tables backwards. With `random` and `lhs` a driver's draws rest on its name alone."""
    other = without_scenarios(tree)
    for key in TURNED:
        if key in other:
            other[key] = backwards({name: inside(one) for name, one in other[key].items()})
    people = other.get("population", {})
    if "segments" in people:
        other["population"] = people | {"segments": backwards(people["segments"])}
    return other


def inside(table: Any) -> Any:
    """A table with the tables inside it backwards, however deep."""
    if not isinstance(table, dict) or "dist" in table:
        return table
    found = {key: inside(value) for key, value in table.items()}
    return {key: backwards(value) if key in TURNED_INSIDE else value for key, value in found.items()}


def by_name(run: Run, name: str, values: Floats) -> Floats:
    """A variable with its entities in the order of their names."""
    for axis, names in enumerate(run.names(name), start=1):
        values = np.take(values, np.argsort(names), axis=axis)
    return values


@pytest.mark.parametrize("seed", quick(range(200), 32))
def test_turned_tables_change_nothing(seed: int, request: pytest.FixtureRequest) -> None:
    tree = without_scenarios(tree_of(seed))
    sampler = ("random", "lhs")[seed // 2 % 2]
    run, other = (run_study(one, draws=64, seed=seed, sampler=sampler) for one in (tree, turned(tree)))
    worst = {}
    for name in ALL_VARIABLES:
        if name not in FLAGS:
            own = "activity" in name or name == "population"
            against = by_name(run, name, np.asarray(scale(run, name))) if own else scale(run, name)
            worst[name] = largest(by_name(other, name, other.draws(name)) - by_name(run, name, run.draws(name)), against)
    request.node.user_properties.append(("largest residual", max(worst.values())))
    assert {name: value for name, value in worst.items() if not value <= LARGEST} == {}


def test_the_order_really_is_another_one() -> None:
    tree = random_study(0)
    run, other = (run_study(one, draws=4) for one in (tree, turned(tree)))
    assert run.names("spend")[0] == other.names("spend")[0][::-1]
    assert not np.array_equal(run.draws("spend"), other.draws("spend"))
