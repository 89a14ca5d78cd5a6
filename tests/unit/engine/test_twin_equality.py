"""The engine equals the plain twin on random studies: every variable of the plan, the base study and its scenarios."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import simengine
from simengine.jit import JIT_OFF
from tests.unit.engine.comparison import COMPARED, differences, run_random_study

pytestmark = pytest.mark.unit

STUDIES = 100
PLAIN = 12
LARGEST = 1e-12  # of Σ|terms| of the year
PROJECT = Path(__file__).resolve().parents[3]

seeds = [pytest.param(seed, marks=[pytest.mark.plain] if seed < PLAIN else []) for seed in range(STUDIES)]


@pytest.mark.parametrize("seed", seeds)
def test_every_variable_equals_the_twin(seed: int, request: pytest.FixtureRequest) -> None:
    tree, run = run_random_study(seed)
    found = differences(run, tree)
    request.node.user_properties.append(("largest difference", max(value for value, _ in found.values())))
    assert set(found) == set(COMPARED)
    assert {name: place for name, place in found.items() if not place[0] <= LARGEST} == {}


def test_the_comparison_sees_a_small_difference() -> None:
    """A negative control: one price in ten thousand million off is found in what it moves and in nothing before it."""
    tree, run = run_random_study(0)
    line = next(line for line in tree["services"].values() if isinstance(line.get("activity", line.get("spend")), float))
    key = "price" if isinstance(line.get("price"), float) else "spend" if "spend" in line else "activity"
    line[key] *= 1 + 1e-10
    found = differences(run, tree)
    assert found["spend_do_nothing"][0] > LARGEST
    assert found["net_position"][0] > LARGEST


@pytest.mark.slow
@pytest.mark.skipif(JIT_OFF, reason="starts a run with the compiler off by itself")
def test_all_studies_with_the_compiler_off() -> None:
    package = Path(simengine.__file__).parent.parent
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(package), str(PROJECT)])}
    command = [sys.executable, "-W", "error", "-m", "tests.unit.engine.comparison", "0", str(STUDIES)]
    done = subprocess.run(command, env=environment, cwd=package, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert set(found) == set(COMPARED)
    assert {name: value for name, value in found.items() if not value <= LARGEST} == {}
