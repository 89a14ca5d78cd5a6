"""Random studies of any seed, as hypothesis picks them: the engine equals the plain twin and keeps the identities, compiled or not."""

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from simengine.errors import StudyError
from simengine.jit import JIT_OFF
from tests.properties.against_twin import without_compiler
from tests.properties.identities import LARGEST, with_do_nothing, worst
from tests.properties.random_trees import tree_of
from tests.unit.engine.comparison import differences
from tests.unit.engine.running import DESIGNS, run_study

pytestmark = pytest.mark.property

#: Beyond those that other tests take one by one.
SEEDS = st.integers(1000, 1_000_000)
common = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)


def check(seed: int) -> None:
    tree = with_do_nothing(tree_of(seed))
    try:
        run = run_study(tree, draws=8, seed=seed, sampler=DESIGNS[seed % 3])
    except StudyError:
        # a metalog that is too steep, a mean that does not exist: rightly refused
        reject()
    found = {name: value for name, (value, _) in differences(run, tree).items()} | worst(run)
    assert {name: value for name, value in found.items() if not value <= LARGEST} == {}


@settings(common, max_examples=12)
@given(SEEDS)
def test_engine_and_twin_agree_and_money_is_kept(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@settings(common, max_examples=300)
@given(SEEDS)
def test_engine_and_twin_agree_and_money_is_kept_many_times(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.skipif(JIT_OFF, reason="starts a run with the compiler off by itself")
def test_special_studies_with_the_compiler_off() -> None:
    found = without_compiler(*(f"special-{seed}" for seed in range(100)))
    assert {name: value for name, value in found.items() if not value <= LARGEST} == {}
