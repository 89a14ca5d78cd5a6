"""The engine equals the plain twin on random studies with every contract term, in the plan, the base study and its scenarios."""

from typing import Any

import pytest

from tests.twin.random_terms import term_study
from tests.unit.engine.comparison import COMPARED, differences, how_to_run
from tests.unit.engine.running import Run, run_study

pytestmark = pytest.mark.unit

STUDIES = 200
QUICK = 16
DRAWS = 16
PLAIN = 8
LARGEST = 1e-12  # of Σ|terms| of the year

#: Every study; the first ones also without the compiler, the later ones only when asked for.
seeds = [
    pytest.param(seed, marks=[pytest.mark.plain] if seed < PLAIN else [pytest.mark.slow] if seed >= QUICK else [])
    for seed in range(STUDIES)
]


def run_term_study(seed: int) -> tuple[dict[str, Any], Run]:
    """A study with further terms, read and simulated."""
    tree = term_study(seed)
    return tree, run_study(tree, draws=DRAWS, seed=seed, sampler=how_to_run(seed)[1])


@pytest.mark.parametrize("seed", seeds)
def test_every_variable_equals_the_twin(seed: int, request: pytest.FixtureRequest) -> None:
    tree, run = run_term_study(seed)
    found = differences(run, tree)
    request.node.user_properties.append(("largest difference", max(value for value, _ in found.values())))
    assert set(found) == set(COMPARED)
    assert {name: place for name, place in found.items() if not place[0] <= LARGEST} == {}


def test_the_comparison_sees_a_small_difference() -> None:
    """A negative control: a fund's share that is a millionth larger is seen in payouts and not in the pool."""
    for seed in range(STUDIES):
        tree, run = run_term_study(seed)
        funds = [terms["fund"] for terms in tree.get("arrangements", {}).values() if isinstance(terms.get("fund", {}).get("share"), float)]
        for fund in funds:
            fund["share"] *= 1 + 1e-6
        found = differences(run, tree) if funds else {}
        if funds and found["payout"][0] > LARGEST:
            assert found["pool"][0] <= LARGEST
            assert found["gain"][0] <= LARGEST
            return
    pytest.fail("no fund is paid anything")
