"""The identities of MODEL.md section 5 on random and shipped studies, on every draw and in the plan."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.study.load import load_study
from tests.properties.identities import LARGEST, draws_of, with_do_nothing, worst
from tests.properties.random_trees import tree_of
from tests.twin import random_study
from tests.twin.seeds import quick
from tests.unit.engine.running import DESIGNS, Run, run_study

pytestmark = pytest.mark.property

SEEDS = range(60)
SHIPPED = sorted(path.name for path in (Path(__file__).resolve().parents[2] / "configs").glob("*.toml"))


def check(run: Run, request: pytest.FixtureRequest) -> None:
    found = worst(run)
    request.node.user_properties.append(("largest residual", max(found.values())))
    assert {name: value for name, value in found.items() if not value <= LARGEST} == {}


@pytest.mark.parametrize("seed", quick(range(200), 40))
def test_random_study(seed: int, request: pytest.FixtureRequest) -> None:
    check(run_study(with_do_nothing(tree_of(seed)), draws=256, seed=seed, sampler=DESIGNS[seed % 3]), request)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_study(name: str, configs: Path, request: pytest.FixtureRequest) -> None:
    tree = load_study(configs / name).tree
    check(run_study(with_do_nothing(tree), draws=draws_of(tree), sampler="sobol"), request)


def test_there_are_outsiders_and_studies_without() -> None:
    """So that both forms of the identities are tested."""
    outsiders = [any(not party.get("in_system", True) for party in random_study(seed)["parties"].values()) for seed in SEEDS]
    assert 6 < sum(outsiders) < 54
    assert SHIPPED


@pytest.mark.parametrize("seed", quick(range(100), 16))
def test_without_schemes_there_is_no_saving(seed: int) -> None:
    tree = without_schemes(tree_of(seed))
    run = run_study(tree, draws=64, seed=seed, sampler=DESIGNS[seed % 3])
    nothing = ("gross_saving", "gross_saving_total", "cost_released", "cost_released_total", "stranded_cost_total", "net_saving")
    for name in (*nothing, "scheme_saving", "scheme_cost", "investment"):
        assert not run.draws(name).any(), name
        assert not run.plan(name).any(), name
    assert np.array_equal(run.draws("activity"), run.draws("activity_do_nothing"))
    if "arrangements" not in tree:
        assert np.array_equal(run.draws("party_position"), run.draws("party_position_do_nothing"))


def without_schemes(tree: dict[str, Any]) -> dict[str, Any]:
    """The study with every scheme switched off."""
    other = copy.deepcopy(tree)
    other.pop("scenarios", None)
    for scheme in other["schemes"].values():
        scheme["enabled"] = False
    return other
