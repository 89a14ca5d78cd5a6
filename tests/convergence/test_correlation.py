"""Ten drivers of ten families under one matrix of rank correlations: what was asked and what the draws of a whole study have."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from simengine.engine.simulate import Settings, simulate
from simengine.errors import StudyError
from simengine.jit import Floats
from simengine.run_account import Counted, provenance
from simengine.statistics.rank_correlation import achieved
from simengine.study.copulas import copulas
from simengine.study.load import Study
from tests.unit.engine.running import DESIGNS, prepare, simulate_one

pytestmark = pytest.mark.convergence

DRAWS = 2**16
SEEDS = range(6)
FAMILIES: list[dict[str, Any]] = [
    {"dist": "uniform", "min": -1.0, "max": 3.0},
    {"dist": "pert", "min": 0.0, "mode": 1.0, "max": 8.0},
    {"dist": "normal", "mean": 10.0, "sd": 2.0},
    {"dist": "lognormal", "mean": 2.0, "sd": 4.0},
    {"dist": "beta", "alpha": 0.6, "beta": 2.5},
    {"dist": "gamma", "shape": 0.5, "scale": 3.0},
    {"dist": "weibull", "shape": 0.8, "scale": 2.0},
    {"dist": "student_t", "df": 3.0},
    {"dist": "percentiles", "p10": 0.1, "p50": 0.2, "p90": 0.5, "min": 0.0, "max": 1.0},
    {
        "dist": "mixture",
        "components": [{"dist": "normal", "mean": 0.0, "sd": 1.0}, {"dist": "normal", "mean": 9.0, "sd": 2.0}],
        "weights": [0.4, 0.6],
        "lower": -2.0,
    },
]
SIZE = len(FAMILIES)
NAMES = [f"parties.fund_{k}.funding" for k in range(SIZE)]


def possible_matrix() -> list[list[float]]:
    """Correlations from -0.85 to 0.85 of vectors in four dimensions and a remainder, so that they can hold together."""
    loadings = np.random.default_rng(3).normal(size=(SIZE, 4))
    loadings *= np.sqrt(np.linspace(0.3, 0.9, SIZE))[:, None] / np.linalg.norm(loadings, axis=1, keepdims=True)
    found = np.round(loadings @ loadings.T, 3)
    np.fill_diagonal(found, 1.0)
    return [[float(value) for value in row] for row in found]


def impossible_matrix() -> list[list[float]]:
    """The same with three pairs that contradict each other."""
    found = possible_matrix()
    for i, j, value in ((0, 1, 0.9), (1, 2, 0.9), (0, 2, -0.6)):
        found[i][j] = found[j][i] = value
    return found


def study(rank: list[list[float]], **keys: Any) -> Study:
    """One line and ten funders, each with a funding that is drawn."""
    parties: dict[str, Any] = {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}}
    parties |= {f"fund_{k}": {"role": "funder", "funding": family | {"plan": 1.0}} for k, family in enumerate(FAMILIES)}
    return Study.from_dict(
        {
            "horizon": {"base": 2014, "years": 1},
            "money": {"unit": "GBP"},
            "parties": parties,
            "services": {"line": {"provider": "acute", "spend": 100.0}},
            "correlation": [{"drivers": NAMES, "rank": rank} | keys],
        }
    )


def off_diagonal(matrix: Any) -> Floats:
    return np.asarray(matrix)[np.triu_indices(SIZE, 1)]


def gaps(made: Study, design: str, seeds: range = SEEDS) -> Floats:
    """Achieved less asked by seed and pair; what is asked is what a repair left of it."""
    (group,) = copulas(made.spec, made.drivers)
    prepared, wanted = prepare(made), off_diagonal(group.used)
    found = []
    for seed in seeds:
        first = prepared.layout.starts[3]
        run = simulate_one(prepared, 0, DRAWS, seed, design)
        assert [name for name, _ in run.driver_names] == NAMES
        found.append(off_diagonal(achieved(run.store[first:], "rank")) - wanted)
    return np.array(found)


def check(found: Floats, request: pytest.FixtureRequest) -> None:
    """No gap of a run, nor a mean gap over all, beyond what 2^16 independent draws leave.

    The standard error of a rank correlation is 1/√n for independent drivers and less for others with a Gaussian copula; a little
    more with heavy joint tails (seen: 1.15/√n).
    """
    error = 1.2 / math.sqrt(DRAWS)
    largest, mean = float(np.abs(found).max()), float(np.abs(found.mean(axis=0)).max())
    request.node.user_properties.extend([("largest gap", largest), ("largest mean gap", mean)])
    assert largest < 4.5 * error
    assert mean < 4.5 * error / math.sqrt(len(found))


COPULAS: dict[str, dict[str, Any]] = {"gaussian": {}, "student_t": {"copula": "student_t", "df": 4.0}}


@cache
def made_study(copula: str, matrix: str) -> Study:
    if matrix == "repaired":
        return study(impossible_matrix(), repair=True, **COPULAS[copula])
    return study(possible_matrix(), **COPULAS[copula])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("copula", COPULAS)
@pytest.mark.parametrize("matrix", ["possible", "repaired"])
def test_asked_and_achieved(design: str, copula: str, matrix: str, request: pytest.FixtureRequest) -> None:
    made = made_study(copula, matrix)
    assert len(made.warnings) == (matrix == "repaired")
    check(gaps(made, design), request)


def test_a_matrix_that_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(StudyError, match=r"parties\.fund_0\.funding.*parties\.fund_1\.funding.*parties\.fund_2\.funding"):
        study(impossible_matrix())


def test_the_result_says_what_was_asked_and_got() -> None:
    prepared = prepare(study(possible_matrix()))
    settings = Settings(DRAWS, 1, "sobol", 1)
    run = simulate(prepared, 0, settings, (), lambda done: None)
    drivers = run.store[prepared.layout.starts[3] :]
    (said,) = provenance(prepared, settings, Counted(0, 0, run.driver_names, drivers)).correlations
    assert said["asked"] == said["used"] == tuple(tuple(row) for row in possible_matrix())
    assert np.abs(off_diagonal(said["got"]) - off_diagonal(said["asked"])).max() < 0.01
    np.testing.assert_array_equal(said["got"], achieved(drivers, "rank"))


def test_the_check_sees_a_copula_of_another_kind(request: pytest.FixtureRequest) -> None:
    """A negative control: the Pearson correlations of the scores taken for rank correlations are up to 0.018 off."""
    found = gaps(study([[1.0 if i == j else 0.5 for j in range(SIZE)] for i in range(SIZE)]), "random")
    mistaken = found + 0.5 - 2.0 * math.sin(math.pi * 0.5 / 6.0)
    with pytest.raises(AssertionError):
        check(mistaken, request)
