"""The engine's drivers against the twin's SciPy values, copulas and paths on random studies, and the plan values of every driver."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.study.copulas import copulas
from simengine.study.load import Study
from simengine.study.plan import plan_values as engine_plan
from simengine.study.walk import numbers
from tests.unit.engine.running import DESIGNS, Run, run_study

from .dependence import is_possible, matrix_of, score_matrix
from .engine_draws import misses
from .random_studies import random_study
from .values import plan_values

pytestmark = pytest.mark.unit

STUDIES = 100
QUICK = 32
PLAIN = 6
#: Plan values: the engine keeps 44 bits of a mean that a library's function gives.
PLAN = 1e-11
#: Correlations of scores: a t copula's by quadrature, a repaired one with its eigenvalues lifted to 1e-8.
BY_FORMULA, BY_QUADRATURE, REPAIRED = 1e-14, 2e-7, 5e-8

#: Every random study; the first ones also without the compiler, the later ones only when asked for.
cases = [
    pytest.param(seed, marks=[pytest.mark.plain] if seed < PLAIN else [pytest.mark.slow] if seed >= QUICK else [])
    for seed in range(STUDIES)
]


def run_of(seed: int, tree: dict) -> tuple[Run, str]:
    """The study simulated: 16 to 64 draws, every design in turn."""
    sampler = DESIGNS[seed % 3]
    return run_study(tree, draws=16 * (1 + seed // 3 % 4), seed=seed, sampler=sampler), sampler


@pytest.mark.parametrize("seed", cases)
def test_every_driver_is_drawn_as_the_documents_say(seed: int) -> None:
    tree = random_study(seed)
    run, sampler = run_of(seed, tree)
    assert misses(run, tree, seed, sampler)[:3] == []


@pytest.mark.parametrize("change", ["seed", "parameter", "rho", "rank", "df"])
def test_the_comparison_sees_a_small_difference(change: str) -> None:
    """A negative control: what the engine drew is held against a study (or seed) that is a little different."""
    drivers = {
        "a": {"dist": "gamma", "mean": 0.02, "sd": 0.01, "path": "ar1", "rho": 0.5},
        "b": {"dist": "student_t", "df": 4.0, "location": 0.02, "scale": 0.001, "path": "independent"},
    }
    tree = {
        "horizon": {"base": 2014, "years": 3},
        "money": {"unit": "GBP"},
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
        "drivers": drivers,
        "services": {"care": {"provider": "acute", "spend": 10.0, "growth": "a", "efficiency_required": "b"}},
        "correlation": [{"drivers": ["a", "b"], "kendall": 0.5, "copula": "student_t", "df": 3.0}],
    }
    run = run_study(tree, draws=64, seed=1, sampler="random")
    assert misses(run, tree, 1, "random") == []
    other = {**tree, "drivers": {name: dict(spec) for name, spec in drivers.items()}, "correlation": [dict(tree["correlation"][0])]}
    if change == "parameter":
        other["drivers"]["a"]["mean"] *= 1 + 1e-8
    elif change == "rho":
        other["drivers"]["a"]["rho"] += 1e-8
    elif change == "rank":
        other["correlation"][0]["kendall"] += 1e-8
    elif change == "df":
        other["correlation"][0]["df"] += 1e-7
    found = misses(run, other, 2 if change == "seed" else 1, "random")
    assert len(found) > 20
    assert {miss.driver for miss in found} <= {"drivers.a", "drivers.b"}


@pytest.mark.parametrize("seed", range(STUDIES))
def test_matrices(seed: int) -> None:
    """Correlations of the scores, for every group: by formula, by quadrature, and repaired."""
    tree = random_study(seed)
    study = Study.from_dict(tree)
    for group, used in zip(tree.get("correlation", []), copulas(study.spec, study.drivers), strict=True):
        wanted, possible = matrix_of(tree, group), is_possible(score_matrix(tree, group))
        tolerance = BY_FORMULA if possible else REPAIRED
        if group.get("copula") == "student_t" and used.measure == "rank":
            tolerance = max(tolerance, BY_QUADRATURE)
        assert np.abs(np.array(used.matrix) - wanted).max() <= tolerance, group


@pytest.mark.parametrize("seed", cases)
def test_plan_values(seed: int) -> None:
    tree = random_study(seed)
    spec = Study.from_dict(tree).spec
    wanted = plan_values(tree)
    seen = set()
    for number in numbers(spec):
        if number.path not in wanted:
            continue
        found = engine_plan(number.value, spec.years, spec.drivers)
        assert found is not None, number.path
        scale = np.abs(wanted[number.path]).max() + 1e-3
        assert np.abs(np.array(found) - wanted[number.path]).max() <= PLAN * scale, (number.path, found, wanted[number.path])
        seen.add(number.path)
    assert seen >= {name for name in wanted if not name.endswith(".volatility")}
