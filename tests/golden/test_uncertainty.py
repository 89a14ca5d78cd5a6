"""A study with every family, path, copula and volatility gives the same bits with any threads and tasks, and without the compiler."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simengine.distributions import FAMILIES
from simengine.engine import simulate as simulate_module
from simengine.engine.plan import Prepared, prepare
from simengine.engine.simulate import Simulated
from simengine.study.load import load_study
from simengine.study.numbers import Component, Uncertain
from simengine.study.walk import numbers
from tests.unit.engine.running import DESIGNS, simulate_one

pytestmark = pytest.mark.golden

STUDY = Path(__file__).parent / "uncertainty" / "uncertainty.toml"
#: Ten blocks, the last of them short and not a whole tile; and what the interpreter manages.
UNEVEN, FEW = 40_001, 64


def prepared() -> Prepared:
    return prepare(load_study(STUDY))


def digest(run: Simulated) -> str:
    text = hashlib.sha256(str(run.clipped).encode())
    for array in (run.store, run.detail, run.moments):
        text.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return text.hexdigest()


def few_draws() -> list[str]:
    made = prepared()
    return [digest(simulate_one(made, 0, FEW, 33, design)) for design in DESIGNS]


def families(value: object) -> set[str]:
    """Names of the families in a value, nested ones too."""
    if isinstance(value, tuple):
        return set().union(*map(families, value))
    if isinstance(value, Uncertain | Component):
        return {value.dist}.union(*map(families, value.parameters.values()))
    return set()


def test_the_study_has_everything() -> None:
    study = load_study(STUDY)
    drawn = [number.value for number in numbers(study.spec) if isinstance(number.value, Uncertain)]
    assert set().union(*map(families, drawn)) == FAMILIES.keys()
    assert {value.path for value in drawn} == {"constant", "independent", "ar1", "random_walk", "mean_reversion"}
    assert {group.copula for group in study.spec.correlation} == {"gaussian", "student_t"}
    lines = [line.volatility for line in study.spec.services.values()]
    assert {line.family for line in lines if line} == {"gamma", "lognormal", "poisson", "negative_binomial"}


@pytest.mark.parametrize("design", DESIGNS)
def test_threads_and_tasks_are_invisible(design: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = prepared()
    found = set()
    for blocks, threads in ((4, 1), (4, 2), (1, 2), (3, 1)):
        monkeypatch.setattr(simulate_module, "TASK_BLOCKS", blocks)
        found.add(digest(simulate_one(made, 0, UNEVEN, 33, design, threads)))
    assert len(found) == 1


@pytest.mark.parametrize("design", DESIGNS)
def test_the_first_draws_of_a_longer_run_are_those_of_a_shorter(design: str) -> None:
    made = prepared()
    short, long = (simulate_one(made, 0, draws, 33, design) for draws in (5000, UNEVEN))
    assert short.store.tobytes() == np.ascontiguousarray(long.store[:, :5000]).tobytes()
    assert short.detail.tobytes() == np.ascontiguousarray(long.detail[:, :5000]).tobytes()


def test_the_compiler_is_invisible(project: Path) -> None:
    """The first draws with the compiler off, in a process of its own."""
    program = "from tests.golden.test_uncertainty import few_draws; print(*few_draws())"
    other = os.environ | {"NUMBA_DISABLE_JIT": "1" if os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"} else "0"}
    found = subprocess.run([sys.executable, "-c", program], cwd=project, env=other, capture_output=True, text=True, check=True, timeout=300)
    assert found.stdout.split() == few_draws()
