"""Plan values of the paths over the years, and what an AR(1) path that starts from a value expects."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.plan import built_per_year, is_yearly, path_means, plan_values, start_score

pytestmark = pytest.mark.unit


def plan(**keys: Any) -> tuple[float, ...] | None:
    return plan_values(Uncertain(**keys), 3, {})


def test_a_walk_adds_up_the_means_of_its_steps() -> None:
    assert plan(dist="normal", parameters={"mean": (1.0, 2.0, 4.0), "sd": 1.0}, path="random_walk") == (1.0, 3.0, 7.0)
    assert plan(dist="normal", parameters={"mean": 0.5, "sd": 1.0}, path="random_walk", start=10.0) == (10.5, 11.0, 11.5)


def test_a_mean_reversion_follows_its_recursion() -> None:
    shock = {"dist": "normal", "parameters": {"mean": 0.0, "sd": 1.0}, "path": "mean_reversion"}
    assert plan(**shock, level=4.0, speed=0.5, start=0.0) == (2.0, 3.0, 3.5)
    assert plan(**shock, level=(4.0, 8.0, 8.0), speed=(1.0, 0.5, 0.0)) == (4.0, 6.0, 6.0)


def test_a_stationary_path_has_the_mean_of_each_year() -> None:
    normal = {"mean": (1.0, 2.0, 3.0), "sd": 1.0}
    assert plan(dist="normal", parameters=normal, path="ar1", rho=0.9) == (1.0, 2.0, 3.0)
    assert plan(dist="normal", parameters=normal, path="ar1", rho=0.9, start=5.0, plan=7.0) == (7.0, 7.0, 7.0)


def test_a_normal_path_from_a_start_decays_to_its_mean() -> None:
    found = plan(dist="normal", parameters={"mean": 2.0, "sd": 3.0}, path="ar1", rho=(0.5, 0.5, -0.5), start=10.0)
    assert found == (6.0, 4.0, 1.0)
    changing = plan(dist="normal", parameters={"mean": (1.0, 2.0, 2.0), "sd": (2.0, 1.0, 0.0)}, path="ar1", rho=0.5, start=5.0)
    # The score of the start is 2: its mean is 1, 1/2 and 1/4 of a standard deviation.
    assert changing == (3.0, 2.5, 2.0)


def test_a_lognormal_path_from_a_start_has_its_closed_form() -> None:
    mu, sigma, rho, start = 0.3, 0.8, 0.6, 5.0
    score = (math.log(start) - mu) / sigma
    found = plan(dist="lognormal", parameters={"mu": mu, "sigma": sigma}, path="ar1", rho=rho, start=start)
    expected = [math.exp(mu + sigma * score * rho**t + 0.5 * sigma**2 * (1 - rho ** (2 * t))) for t in (1, 2, 3)]
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_uniform_path_from_a_start_has_its_closed_form() -> None:
    rho, start = -0.7, 0.9
    found = plan(dist="uniform", parameters={"min": 0.0, "max": 1.0}, path="ar1", rho=rho, start=start)
    expected = [ndtr(ndtri(start) * rho**t / math.sqrt(2 - rho ** (2 * t))) for t in (1, 2, 3)]
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_path_with_a_kink_agrees_with_another_quadrature() -> None:
    uncertain = Uncertain("triangular", {"min": 0.0, "mode": 0.2, "max": 1.0}, path="ar1", rho=0.8, start=0.7)
    built = built_per_year(uncertain, 1)
    m, s = 0.8 * start_score(built[0], 0.7), 0.6

    def value(z: float) -> float:
        at = built[0].quantile(np.array([ndtr(z)]))[0]
        return float(at * math.exp(-0.5 * ((z - m) / s) ** 2) / (s * math.sqrt(2 * math.pi)))

    expected = quad(value, m - 7, m + 7, points=[float(ndtri(0.2)), m], limit=200, epsabs=1e-13)[0]
    assert path_means(uncertain, built, 1) == pytest.approx((expected,), rel=1e-10)


def test_the_score_of_a_start_comes_from_the_nearer_tail() -> None:
    normal = built_per_year(Uncertain("normal", {"mean": 1.0, "sd": 2.0}), 1)[0]
    assert start_score(normal, 17.0) == pytest.approx(8.0, rel=1e-9)
    assert start_score(normal, -15.0) == pytest.approx(-8.0, rel=1e-9)
    uniform = built_per_year(Uncertain("uniform", {"min": 0.0, "max": 1.0}), 1)[0]
    assert (start_score(uniform, 0.0), start_score(uniform, 2.0)) == (-math.inf, math.inf)


def test_which_drivers_have_a_value_in_each_year() -> None:
    normal = {"mean": 0.0, "sd": 1.0}
    assert not is_yearly(Uncertain("normal", normal))
    assert is_yearly(Uncertain("normal", {"mean": (0.0, 1.0), "sd": 1.0}))
    assert is_yearly(Uncertain("normal", normal, plan=(0.0, 1.0)))
    assert is_yearly(Uncertain("normal", normal, path="random_walk"))


def test_steps_may_have_a_size_that_values_may_not(minimal: dict[str, Any]) -> None:
    walk = {"dist": "uniform", "min": -0.1, "max": 0.05, "path": "random_walk", "start": 0.5}
    minimal["services"]["emergency"]["variable_share"] = walk
    minimal["services"]["emergency"]["plan_includes_schemes"] = 1
    study = Study.from_dict(minimal)
    assert study.warnings == ()
    minimal["services"]["emergency"]["variable_share"] = {**walk, "start": 0.1}
    (warning,) = Study.from_dict(minimal).warnings
    assert warning.rule.startswith("about ")
    assert "of its draws fall below 0, which a share cannot be" in warning.rule
