"""Every family: moments, quantiles against scipy, kernels against the reference, parameters and error texts."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.stats import kstest

from simengine.distributions import FAMILIES, Distribution
from simengine.engine.variates import VariatesBuilder, sample
from simengine.errors import ParameterError
from simengine.sampling.design import uniforms

pytestmark = pytest.mark.unit

# No point stands on the step of the Bernoulli case.
U = np.concatenate([2.0 ** -np.arange(2.0, 37.0), np.linspace(0.00101, 0.99899, 999), 1.0 - 2.0 ** -np.arange(2.0, 37.0)])


def pert_by_scipy(low: float, mode: float, high: float, shape: float = 4.0) -> Any:
    a, b = 1 + shape * (mode - low) / (high - low), 1 + shape * (high - mode) / (high - low)
    return stats.beta(a=a, b=b, loc=low, scale=high - low)


CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("uniform", {"min": -1.0, "max": 3.0}, stats.uniform(loc=-1, scale=4)),
    ("triangular", {"min": 1.0, "mode": 2.0, "max": 5.0}, stats.triang(c=0.25, loc=1, scale=4)),
    ("triangular", {"min": 1.0, "mode": 1.0, "max": 5.0}, stats.triang(c=0.0, loc=1, scale=4)),
    ("triangular", {"min": 1.0, "mode": 5.0, "max": 5.0}, stats.triang(c=1.0, loc=1, scale=4)),
    ("pert", {"min": 0.25, "mode": 0.3, "max": 0.4}, pert_by_scipy(0.25, 0.3, 0.4)),
    ("pert", {"min": 0.0, "mode": 0.0, "max": 2.0, "shape": 10.0}, pert_by_scipy(0, 0, 2, 10)),
    ("pert", {"min": -3.0, "mode": 2.0, "max": 2.0, "shape": 2.0}, pert_by_scipy(-3, 2, 2, 2)),
    ("normal", {"mean": -2.0, "sd": 0.5}, stats.norm(loc=-2, scale=0.5)),
    ("lognormal", {"mu": 0.3, "sigma": 0.4}, stats.lognorm(s=0.4, scale=math.exp(0.3))),
    ("lognormal", {"mean": 2.0, "sd": 1.0}, stats.lognorm(s=math.sqrt(math.log(1.25)), scale=2.0 / math.sqrt(1.25))),
    ("bernoulli", {"p": 0.3}, stats.bernoulli(p=0.3)),
]
DISCRETE = {"values": [3.0, -1.0, 7.0, 3.0], "weights": [0.25, 0.5, 0.125, 0.125]}
MANY = {"values": list(range(400)), "weights": [1 / 400] * 400}
CONSTANTS: list[tuple[str, dict[str, Any], float]] = [
    ("uniform", {"min": 0.1, "max": 0.1}, 0.1),
    ("triangular", {"min": 0.1, "mode": 0.1, "max": 0.1}, 0.1),
    ("pert", {"min": 0.1, "mode": 0.1, "max": 0.1}, 0.1),
    ("normal", {"mean": 0.1, "sd": 0.0}, 0.1),
    ("lognormal", {"mean": 0.1, "sd": 0.0}, 0.1),
    ("bernoulli", {"p": 0.0}, 0.0),
    ("bernoulli", {"p": 1.0}, 1.0),
    ("discrete", {"values": [0.1, 2.0], "weights": [1.0, 0.0]}, 0.1),
]


def identity(case: tuple[Any, ...]) -> str:
    return case[0] + "-" + "-".join(f"{key}{value}" for key, value in case[1].items())


def draw(distribution: Distribution, count: int, seed: int = 1) -> np.ndarray:
    builder = VariatesBuilder("random", seed)
    builder.add_value(builder.add_uniform("x"), distribution.encode(), 0)
    return sample(builder.build(), 0, count)[0]


def check_moments(distribution: Distribution, quantile: Callable[[np.ndarray], np.ndarray]) -> None:
    """Mean and variance against quadrature of the quantile function over u (Gauss-Legendre on octaves of both tails)."""
    node, weight = np.polynomial.legendre.leggauss(20)
    edge = 2.0 ** -np.arange(1.0, 49.0)
    v = ((edge[:-1] + edge[1:])[:, None] + (edge[:-1] - edge[1:])[:, None] * node) / 2.0
    w = ((edge[:-1] - edge[1:])[:, None] * weight / 2.0).ravel()
    x = np.concatenate([quantile(v.ravel()), quantile(1.0 - v.ravel())])
    w = np.concatenate([w, w])
    mean = float((x * w).sum())
    variance = float(((x - mean) ** 2 * w).sum())
    assert distribution.mean() == pytest.approx(mean, rel=1e-9, abs=1e-12)
    assert distribution.variance() == pytest.approx(variance, rel=1e-7)


@pytest.mark.parametrize(("name", "parameters", "reference"), CASES, ids=map(identity, CASES))
class TestFamily:
    def test_quantile_against_scipy(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        found = FAMILIES[name](**parameters).quantile(U)
        np.testing.assert_allclose(found, np.where(U < 0.5, reference.ppf(U), reference.isf(1.0 - U)), rtol=1e-9, atol=1e-12)

    def test_cdf_against_scipy(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        low, high = reference.ppf(0.001), reference.ppf(0.999)
        x = np.linspace(low - (high - low) / 3 - 0.1, high + (high - low) / 3 + 0.1, 201)
        np.testing.assert_allclose(FAMILIES[name](**parameters).cdf(x), reference.cdf(x), rtol=1e-9, atol=1e-14)

    def test_moments_and_support_against_scipy(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        distribution = FAMILIES[name](**parameters)
        assert distribution.mean() == pytest.approx(reference.mean(), rel=1e-12)
        assert distribution.variance() == pytest.approx(reference.var(), rel=1e-12)
        assert distribution.support() == pytest.approx(reference.support(), abs=1e-15)

    def test_moments_by_quadrature(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        if name == "bernoulli":
            pytest.skip("a step: quadrature does not converge fast")
        distribution = FAMILIES[name](**parameters)
        check_moments(distribution, distribution.quantile)
        with pytest.raises(AssertionError):
            check_moments(distribution, lambda u: distribution.quantile(u) * 1.0001 + 0.0001)

    def test_kernel_against_reference(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        distribution = FAMILIES[name](**parameters)
        wanted = distribution.quantile(uniforms(1, "x", 3000))
        np.testing.assert_allclose(draw(distribution, 3000), wanted, rtol=1e-9, atol=1e-12)

    def test_values_stay_in_the_support(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        distribution = FAMILIES[name](**parameters)
        low, high = distribution.support()
        x = draw(distribution, 20000)
        assert x.min() >= low
        assert x.max() <= high

    def test_draws_follow_the_distribution(self, name: str, parameters: dict[str, Any], reference: Any) -> None:
        distribution = FAMILIES[name](**parameters)
        if name == "bernoulli":
            count = sum(draw(distribution, 2000, seed).sum() for seed in range(10))
            assert stats.binomtest(int(count), 20000, 0.3).pvalue > 1e-4
            return
        p = [kstest(draw(distribution, 2000, seed), reference.cdf).pvalue for seed in range(10)]
        assert min(p) > 1e-4
        shifted = [kstest(draw(distribution, 2000, seed) + 0.3 * reference.std(), reference.cdf).pvalue for seed in range(10)]
        assert max(shifted) < 1e-4


@pytest.mark.plain
@pytest.mark.parametrize(("name", "parameters"), [case[:2] for case in CASES] + [("discrete", DISCRETE)])
def test_kernel_with_few_draws(name: str, parameters: dict[str, Any]) -> None:
    distribution = FAMILIES[name](**parameters)
    np.testing.assert_allclose(draw(distribution, 20), distribution.quantile(uniforms(1, "x", 20)), rtol=1e-9, atol=1e-12)


@pytest.mark.plain
@pytest.mark.parametrize(("name", "parameters", "value"), CONSTANTS)
def test_degenerate_cases_are_constants(name: str, parameters: dict[str, Any], value: float) -> None:
    distribution = FAMILIES[name](**parameters)
    assert np.all(draw(distribution, 20) == value)
    assert np.all(distribution.quantile(np.array([0.01, 0.5, 0.99])) == value)
    assert distribution.cdf(np.array([value - 1e-9, value])).tolist() == [0.0, 1.0]
    assert distribution.mean() == value
    assert distribution.variance() == 0.0
    assert distribution.support() == (value, value)


@pytest.mark.plain
def test_discrete_by_hand() -> None:
    distribution = FAMILIES["discrete"](**DISCRETE)
    assert distribution.mean() == 0.5 * -1 + 0.375 * 3 + 0.125 * 7
    assert distribution.variance() == 0.5 * 1 + 0.375 * 9 + 0.125 * 49 - 1.5**2
    assert distribution.support() == (-1.0, 7.0)
    assert distribution.quantile(np.array([0.25, 0.5, 0.51, 0.875, 0.876])).tolist() == [-1, -1, 3, 3, 7]
    assert distribution.cdf(np.array([-2.0, -1.0, 2.0, 3.0, 7.0])).tolist() == [0, 0.5, 0.5, 0.875, 1]


@pytest.mark.parametrize("parameters", [DISCRETE, MANY])
def test_discrete_frequencies_and_search(parameters: dict[str, Any]) -> None:
    distribution = FAMILIES["discrete"](**parameters)
    x = draw(distribution, 20000)
    assert np.array_equal(x, distribution.quantile(uniforms(1, "x", 20000)))
    values, counts = np.unique(x, return_counts=True)
    weight = np.array([sum(w for v, w in zip(*parameters.values(), strict=True) if v == value) for value in values])
    assert stats.chisquare(counts, weight * counts.sum()).pvalue > 1e-4


@pytest.mark.plain
def test_discrete_search_equals_passes() -> None:
    distribution = FAMILIES["discrete"](**MANY)
    assert np.array_equal(draw(distribution, 30), distribution.quantile(uniforms(1, "x", 30)))


BAD: list[tuple[str, dict[str, Any], Sequence[tuple[str, str]]]] = [
    ("uniform", {"min": 2, "max": 1}, [("min", "must not be above max")]),
    ("uniform", {"min": "x", "max": math.inf}, [("min", "must be a number"), ("max", "must be finite")]),
    ("uniform", {"min": True, "max": math.nan}, [("min", "must be a number"), ("max", "must be finite")]),
    ("uniform", {"min": -1e308, "max": 1e308}, [("max", "must not be that far above min")]),
    ("triangular", {"min": 2, "mode": 1, "max": 3}, [("min", "must not be above mode")]),
    ("triangular", {"min": 3, "mode": 2, "max": 1}, [("min", "must not be above mode"), ("mode", "must not be above max")]),
    ("pert", {"min": 1, "mode": 4, "max": 3, "shape": -1}, [("shape", "must be at least 0"), ("mode", "must not be above max")]),
    ("pert", {"min": 1, "mode": 2, "max": 3, "shape": 1e6}, [("shape", "must be at most 1000")]),
    ("normal", {"mean": math.nan, "sd": -1}, [("mean", "must be finite"), ("sd", "must be at least 0")]),
    ("lognormal", {"mean": 0, "sd": 1}, [("mean", "must be above 0")]),
    ("lognormal", {"mean": -1, "sd": -1}, [("mean", "must be at least 0"), ("sd", "must be at least 0")]),
    ("lognormal", {"mean": 1}, [("sd", "is needed together with mean")]),
    ("lognormal", {"sigma": 1}, [("mu", "is needed together with sigma")]),
    ("lognormal", {}, [("mean", "is needed together with sd"), ("sd", "is needed together with mean")]),
    (
        "lognormal",
        {"mean": 1, "sigma": 1},
        [(name, "give either mean and sd, or mu and sigma, not a mixture") for name in ("mean", "sigma")],
    ),
    ("bernoulli", {"p": 1.1}, [("p", "must be at most 1")]),
    ("bernoulli", {"p": -0.1}, [("p", "must be at least 0")]),
    ("discrete", {"values": [], "weights": 3}, [(n, "must be a list of at least one number") for n in ("values", "weights")]),
    ("discrete", {"values": [1, "x"], "weights": [math.nan, 1]}, [(n, "must hold finite numbers only") for n in ("values", "weights")]),
    (
        "discrete",
        {"values": [1, 2], "weights": [1.5, -0.4, 0.1]},
        [("weights", "must be as many as values"), ("weights", "must not be negative"), ("weights", "must sum to one")],
    ),
    ("discrete", {"values": [1, 2], "weights": [0.5, 0.5 + 1e-8]}, [("weights", "must sum to one")]),
]


@pytest.mark.plain
@pytest.mark.parametrize(("name", "parameters", "faults"), BAD)
def test_all_faults_are_reported(name: str, parameters: dict[str, Any], faults: Sequence[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        FAMILIES[name](**parameters)
    assert list(caught.value.faults) == list(faults)


@pytest.mark.plain
def test_families_declare_their_parameters() -> None:
    for name, family in FAMILIES.items():
        assert family.name == name
        assert len({parameter.name for parameter in family.parameters}) == len(family.parameters)
        assert all(parameter.meaning for parameter in family.parameters)
    assert [p.name for p in FAMILIES["pert"].parameters if not p.required] == ["shape"]
    assert FAMILIES["pert"].parameters[-1].default == 4.0
    assert [p.name for p in FAMILIES["discrete"].parameters if p.is_list] == ["values", "weights"]


@pytest.mark.plain
def test_parameters_are_named() -> None:
    for family in FAMILIES.values():
        with pytest.raises(TypeError):
            family(1.0, 2.0)
