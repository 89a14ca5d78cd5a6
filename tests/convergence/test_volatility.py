"""Year-to-year noise of a whole study: mean 1 and the stated coefficient of variation, for a constant and for a drawn population."""

import math
from typing import Any

import numpy as np
import pytest

from simengine.jit import Floats
from tests.convergence.estimates import DRAWS, Estimates, estimate, estimate_each
from tests.unit.engine.running import DESIGNS, Run, run_study

pytestmark = pytest.mark.convergence

FLOOR, REFERENCE, N_REF = 0.03, 0.04, 100_000.0
POPULATIONS: dict[str, dict[str, Any]] = {
    "constant": {"size": 400_000.0},
    "drawn": {"size": {"dist": "uniform", "min": 50_000.0, "max": 400_000.0}, "growth": {"dist": "uniform", "min": -0.1, "max": 0.1}},
}


def study(family: str, population: str) -> dict[str, Any]:
    volatility = {"cv_floor": FLOOR, "cv_ref": REFERENCE, "n_ref": N_REF, "family": family}
    return {
        "horizon": {"base": 2014, "years": 2},
        "money": {"unit": "GBP"},
        "population": POPULATIONS[population],
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
        "services": {"beds": {"provider": "acute", "activity": 1000.0, "price": 1.0, "volatility": volatility}},
    }


def noise(run: Run) -> Floats:
    """ε by year."""
    return run.draws("activity")[:, 0] / 1000.0


def variation(run: Run) -> Floats:
    """The coefficient of variation that the list size of each draw and year calls for."""
    drivers = run.drivers()
    size = drivers.get("population.size", np.array([[400_000.0]]))
    growth = drivers.get("population.growth", np.zeros((1, 1)))
    people = size * (1.0 + growth) ** np.array([[1], [2]])
    return np.sqrt(FLOOR**2 + REFERENCE**2 * N_REF / people)


@pytest.mark.parametrize("family", ["gamma", "lognormal"])
@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("sampler", DESIGNS)
def test_mean_one_and_the_stated_spread(family: str, population: str, sampler: str, request: pytest.FixtureRequest) -> None:
    def squared(run: Run, year: int) -> Floats:
        e = noise(run)
        return ((e - 1.0) / np.broadcast_to(variation(run), e.shape))[year] ** 2

    statistics = [(1.0, lambda run: noise(run)[0]), (1.0, lambda run: noise(run)[1])]
    squares = [(1.0, lambda run: squared(run, 0)), (1.0, lambda run: squared(run, 1))]
    found = estimate_each(study(family, population), statistics + squares, sampler, DRAWS // 4)
    request.node.user_properties.append(("largest z", max(float(np.abs(one.z).max()) for one in found)))
    for one in found:
        one.check()
    assert max(one.relative_error for one in found[:2]) < 5e-4
    assert max(one.relative_error_of_all for one in found[2:]) < 0.004


@pytest.mark.parametrize("family", ["gamma", "lognormal"])
def test_skewness_tells_the_families_apart(family: str) -> None:
    """Gamma: 2 cv. Lognormal: 3 cv + cv³. At cv = √(0.03² + 0.04²/4)."""
    cv = math.sqrt(FLOOR**2 + REFERENCE**2 / 4)
    exact = 2 * cv if family == "gamma" else 3 * cv + cv**3
    estimate(study(family, "constant"), exact, "lhs", lambda run: ((noise(run)[0] - 1.0) / cv) ** 3).check()


def test_a_small_list_varies_more_than_a_large_one() -> None:
    """The spread follows the list size of the draw, not an average one."""
    run = run_study(study("gamma", "drawn"), draws=DRAWS, sampler="sobol")
    people, e = run.drivers()["population.size"][0], noise(run)[0]
    small, large = np.std(e[people < 80_000]), np.std(e[people > 370_000])
    assert small == pytest.approx(math.sqrt(FLOOR**2 + REFERENCE**2 * N_REF / 64_000), rel=0.03)
    assert large == pytest.approx(math.sqrt(FLOOR**2 + REFERENCE**2 * N_REF / 385_000), rel=0.03)


def test_years_are_independent_unless_the_path_is_constant() -> None:
    tree = study("gamma", "constant")
    first, second = noise(run_study(tree, draws=DRAWS, sampler="sobol"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / math.sqrt(DRAWS)
    tree["services"]["beds"]["volatility"]["path"] = "constant"
    first, second = noise(run_study(tree, draws=DRAWS, sampler="sobol"))
    assert np.array_equal(first, second)


def test_the_check_sees_a_spread_that_is_two_percent_off() -> None:
    cv = 1.02 * math.sqrt(FLOOR**2 + REFERENCE**2 / 4)
    found = estimate(study("gamma", "constant"), 1.0, "lhs", lambda run: ((noise(run)[0] - 1.0) / cv) ** 2)
    with pytest.raises(AssertionError):
        Estimates(1.0, found.mean, found.error).check()
