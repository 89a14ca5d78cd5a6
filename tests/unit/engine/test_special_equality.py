"""The engine equals the plain twin on random studies with special lines and whole population budgets, and keeps the identities there."""

from typing import Any

import pytest

from tests.properties.identities import LARGEST as LARGEST_RESIDUAL
from tests.properties.identities import with_do_nothing, worst
from tests.twin.random_special import special_study
from tests.unit.engine.comparison import COMPARED, differences, how_to_run
from tests.unit.engine.running import Run, run_study

pytestmark = pytest.mark.unit

STUDIES = 100
PLAIN = 8
LARGEST = 1e-12  # of Σ|terms| of the year

seeds = [pytest.param(seed, marks=[pytest.mark.plain] if seed < PLAIN else []) for seed in range(STUDIES)]


def run_special_study(seed: int) -> tuple[dict[str, Any], Run]:
    """A special study with the scenario that does nothing, read and simulated."""
    draws, sampler = how_to_run(seed)
    tree = with_do_nothing(special_study(seed))
    return tree, run_study(tree, draws=draws, seed=seed, sampler=sampler)


@pytest.mark.parametrize("seed", seeds)
def test_every_variable_equals_the_twin_and_the_identities_hold(seed: int, request: pytest.FixtureRequest) -> None:
    tree, run = run_special_study(seed)
    found = differences(run, tree)
    request.node.user_properties.append(("largest difference", max(value for value, _ in found.values())))
    assert set(found) == set(COMPARED)
    assert {name: place for name, place in found.items() if not place[0] <= LARGEST} == {}
    residuals = worst(run)
    request.node.user_properties.append(("largest residual", max(residuals.values())))
    assert {name: value for name, value in residuals.items() if not value <= LARGEST_RESIDUAL} == {}


def test_the_comparison_sees_a_small_difference() -> None:
    """A negative control: one part in ten thousand million more for a measure that a budget pays is seen there and not in activity."""
    seed = next(seed for seed in range(STUDIES) if measures(special_study(seed)))
    tree, run = run_special_study(seed)
    next(iter(measures(tree)))["weight"] *= 1 + 1e-8
    found = differences(run, tree)
    assert found["budget_paid"][0] > LARGEST
    assert found["activity"][0] <= LARGEST


def measures(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """The measures for which a budget withholds one share in all years."""
    budgets = tree.get("budgets", {}).values()
    found = [measure for budget in budgets for measure in budget.get("improvement_payments", {}).values()]
    return [measure for measure in found if isinstance(measure["weight"], float)]
