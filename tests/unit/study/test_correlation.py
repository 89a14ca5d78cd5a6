"""Correlation groups: what they state, how they are named, and repairs that are said."""

from typing import Any

import pytest

from simengine.study.check_correlation import matrix_fault, written_members
from simengine.study.copulas import asked_matrix, copulas
from simengine.study.load import Study

pytestmark = pytest.mark.unit

CONTRADICTING = [["a", "b", 0.9], ["b", "c", 0.9], ["a", "c", -0.5]]


@pytest.fixture
def tree(minimal: dict[str, Any]) -> dict[str, Any]:
    """A study with the drivers a, b and c."""
    minimal["drivers"] = {name: {"dist": "uniform", "min": 0.01, "max": 0.03} for name in "abc"}
    minimal["services"]["emergency"] |= {"growth": "a", "fixed_share": "b", "efficiency_required": "c"}
    return minimal


def group(tree: dict[str, Any], **keys: Any) -> Study:
    tree["correlation"] = [keys]
    return Study.from_dict(tree)


def test_pairs_make_a_matrix_in_order_of_appearance(tree: dict[str, Any]) -> None:
    (made,) = group(tree, pairs=[["b", "a", 0.5], ["a", "drivers.c", -0.2]]).spec.correlation
    assert written_members(made) == ("b", "a", "drivers.c")
    assert asked_matrix(made) == ("rank", ((1.0, 0.5, 0.0), (0.5, 1.0, -0.2), (0.0, -0.2, 1.0)))


def test_pairs_of_listed_drivers_keep_their_order(tree: dict[str, Any]) -> None:
    (made,) = group(tree, drivers=["a", "b", "c"], pairs=[["c", "a", 0.5]], measure="kendall").spec.correlation
    assert asked_matrix(made) == ("kendall", ((1.0, 0.0, 0.5), (0.0, 1.0, 0.0), (0.5, 0.0, 1.0)))


def test_a_repair_is_said_with_what_it_changes(tree: dict[str, Any]) -> None:
    study = group(tree, pairs=CONTRADICTING, repair=True)
    (warning,) = study.warnings
    assert warning.path == "correlation.0"
    assert warning.rule.startswith("these values contradict each other and are replaced by the nearest that do not (largest change 0.")
    assert "a and c: " in warning.rule
    assert " for -0.5" in warning.rule
    (made,) = copulas(study.spec, study.drivers)
    assert made.names == ("drivers.a", "drivers.b", "drivers.c")
    assert made.used[0][2] > made.asked[0][2]


def test_a_repair_that_is_not_needed_changes_nothing(tree: dict[str, Any]) -> None:
    study = group(tree, pairs=[["a", "b", 0.5]], repair=True)
    (made,) = copulas(study.spec, study.drivers)
    assert study.warnings == ()
    assert made.used == made.asked


@pytest.mark.parametrize(
    "keys",
    [
        {"path": "independent"},
        {"path": "ar1", "rho": 0.5},
        {"path": "random_walk", "start": 0.5},
        {"path": "mean_reversion", "level": 0.02, "speed": 0.5},
    ],
)
def test_drivers_of_different_yearly_paths_go_together(tree: dict[str, Any], keys: dict[str, Any]) -> None:
    tree["drivers"]["a"] |= {"path": "independent"}
    tree["drivers"]["b"] |= keys
    assert len(group(tree, drivers=["a", "b"], rank=0.5, copula="student_t", df=3).spec.correlation) == 1


def test_a_contradiction_of_shares_in_a_matrix(tree: dict[str, Any]) -> None:
    assert matrix_fault([[1, 0.5], [0.5, 1]], 2) is None
    assert matrix_fault([[1, 0.5], [0.4, 1]], 2) is not None
