"""Parameters of the families: constants, discrete values by hand, ranges, what is refused and with which words."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simengine.distributions import FAMILIES, build
from simengine.distributions.base import rounded
from simengine.errors import ParameterError
from simengine.sampling.design import uniforms
from tests.unit.distributions.cases import draw, fill

pytestmark = pytest.mark.unit

DISCRETE = {"values": [3.0, -1.0, 7.0, 3.0], "weights": [0.25, 0.5, 0.125, 0.125]}
MANY = {"values": list(range(400)), "weights": [1 / 400] * 400}
CONSTANTS: list[tuple[str, dict[str, Any], float]] = [
    ("uniform", {"min": 0.1, "max": 0.1}, 0.1),
    ("triangular", {"min": 0.1, "mode": 0.1, "max": 0.1}, 0.1),
    ("pert", {"min": 0.1, "mode": 0.1, "max": 0.1}, 0.1),
    ("normal", {"mean": 0.1, "sd": 0.0}, 0.1),
    ("normal", {"range": [0.1, 0.1], "coverage": 0.5}, 0.1),
    ("lognormal", {"mean": 0.1, "sd": 0.0}, 0.1),
    ("lognormal", {"range": [0.1, 0.1], "coverage": 0.5}, 0.1),
    ("bernoulli", {"p": 0.0}, 0.0),
    ("bernoulli", {"p": 1.0}, 1.0),
    ("discrete", {"values": [0.1, 2.0], "weights": [1.0, 0.0]}, 0.1),
    ("empirical", {"values": [0.1, 0.1, 0.1]}, 0.1),
    ("empirical", {"values": [0.1, 0.1], "method": "resampled"}, 0.1),
    ("mixture", {"components": [0.1, 0.1, 5], "weights": [0.5, 0.5, 0.0]}, 0.1),
    ("pool", {"experts": [0.1]}, 0.1),
    ("event", {"probability": 0.0, "impact": {"dist": "normal", "mean": 3, "sd": 1}}, 0.0),
    ("event", {"probability": 1.0, "impact": 0.1}, 0.1),
    ("discrete", {"values": [0.1, 2.0, 3.0], "weights": [0.2, 0.5, 0.3], "upper": 1.5}, 0.1),
]


@pytest.mark.plain
@pytest.mark.parametrize(("name", "parameters", "value"), CONSTANTS)
def test_degenerate_cases_are_constants(name: str, parameters: dict[str, Any], value: float) -> None:
    distribution = build(name, parameters)
    assert np.all(draw(distribution, 20) == value)
    assert np.all(distribution.quantile(np.array([0.01, 0.5, 0.99])) == value)
    assert np.all(distribution.isf(np.array([0.01, 0.5, 0.99])) == value)
    assert distribution.cdf(np.array([value - 1e-9, value])).tolist() == [0.0, 1.0]
    assert distribution.sf(np.array([value - 1e-9, value])).tolist() == [1.0, 0.0]
    assert distribution.mean() == value
    assert distribution.variance() == 0.0
    assert distribution.support() == (value, value)
    assert distribution.atoms() == ((value, 1.0),)


@pytest.mark.plain
def test_discrete_by_hand() -> None:
    distribution = FAMILIES["discrete"](**DISCRETE)
    assert distribution.mean() == 0.5 * -1 + 0.375 * 3 + 0.125 * 7
    assert distribution.variance() == 0.5 * 1 + 0.375 * 9 + 0.125 * 49 - 1.5**2
    assert distribution.support() == (-1.0, 7.0)
    assert distribution.quantile(np.array([0.25, 0.5, 0.51, 0.875, 0.876])).tolist() == [-1, -1, 3, 3, 7]
    assert distribution.isf(np.array([0.124, 0.125, 0.49, 0.5, 0.51])).tolist() == [7, 3, 3, -1, -1]
    assert distribution.cdf(np.array([-2.0, -1.0, 2.0, 3.0, 7.0])).tolist() == [0, 0.5, 0.5, 0.875, 1]
    assert distribution.sf(np.array([-2.0, -1.0, 2.0, 3.0, 7.0])).tolist() == [1, 0.5, 0.5, 0.125, 0]
    assert distribution.atoms() == ((-1.0, 0.5), (3.0, 0.375), (7.0, 0.125))
    assert distribution.breaks() == ()


@pytest.mark.parametrize("parameters", [DISCRETE, MANY])
def test_discrete_frequencies_and_search(parameters: dict[str, Any]) -> None:
    distribution = FAMILIES["discrete"](**parameters)
    x = draw(distribution, 20000)
    assert np.array_equal(x, distribution.quantile(uniforms(1, "x", 20000)))
    values, counts = np.unique(x, return_counts=True)
    weight = np.array([sum(w for v, w in zip(*parameters.values(), strict=True) if v == value) for value in values])
    assert stats.chisquare(counts, weight * counts.sum()).pvalue > 1e-4


@pytest.mark.plain
@pytest.mark.parametrize("weights", [[1 / 400] * 400, [0.5, *[1e-6] * 99, 0.5 - 99e-6], [*[0.01] * 40, 0.6], [1e-9] * 50 + [1 - 5e-8]])
def test_discrete_index_equals_a_search(weights: list[float]) -> None:
    """Also on the steps and next to them."""
    distribution = FAMILIES["discrete"](values=np.arange(len(weights)) ** 2.0, weights=weights)
    steps = np.cumsum(weights)[:: len(weights) // 7][:7]
    u = np.concatenate(
        [steps, np.nextafter(steps, 0.0), np.nextafter(steps, 1.0), [0.5, 0.25, 2.0**-53, 1 - 2.0**-53], uniforms(1, "x", 30)]
    )
    assert np.array_equal(fill(distribution, u), distribution.quantile(u))


@pytest.mark.plain
@pytest.mark.parametrize("method", ["interpolated", "resampled"])
def test_empirical_by_hand(method: str) -> None:
    values = [3.0, 1.0, 3.0, 7.0, 3.0]
    distribution = FAMILIES["empirical"](values=values, method=method)
    u = np.array([0.125, 0.2, 0.3, 0.7, 0.875])
    linear = method == "interpolated"
    wanted = np.quantile(values, u, method="linear" if linear else "inverted_cdf")
    np.testing.assert_allclose(distribution.quantile(u), wanted, rtol=1e-15)
    np.testing.assert_allclose(fill(distribution, u), wanted, rtol=1e-15)
    np.testing.assert_allclose(distribution.isf(np.array([0.1, 0.15, 0.5, 0.9])), [5.4, 4.6, 3, 1.8] if linear else [7, 7, 3, 1])
    assert distribution.cdf(np.array([0.0, 1.0, 2.0, 3.0, 5.0, 7.0])).tolist() == (
        [0, 0, 0.125, 0.75, 0.875, 1] if linear else [0, 0.2, 0.2, 0.8, 0.8, 1]
    )
    assert distribution.sf(np.array([0.0, 1.0, 2.0, 3.0, 5.0, 7.0])).tolist() == pytest.approx(
        [1, 1, 0.875, 0.25, 0.125, 0] if linear else [1, 0.8, 0.8, 0.2, 0.2, 0]
    )
    assert distribution.atoms() == (((3.0, 0.5),) if linear else ((1.0, 0.2), (3.0, 0.6), (7.0, 0.2)))
    assert distribution.breaks() == ((1.0, 3.0, 7.0) if linear else ())
    assert distribution.mean() == pytest.approx(0.25 * 2 + 0.5 * 3 + 0.25 * 5 if linear else 3.4)
    fine = distribution.quantile((np.arange(100000) + 0.5) / 100000)
    assert distribution.variance() == pytest.approx(fine.var(), rel=1e-6)


@pytest.mark.plain
def test_ranges_hold_their_coverage() -> None:
    for name, ends in (("normal", [-1.0, 4.0]), ("lognormal", [0.5, 4.0])):
        for coverage in (0.5, 0.8, 0.999):
            distribution = FAMILIES[name](range=ends, coverage=coverage)
            low, high = np.array(ends[:1]), np.array(ends[1:])
            assert distribution.cdf(low)[0] == pytest.approx((1 - coverage) / 2, rel=1e-12)
            assert distribution.sf(high)[0] == pytest.approx((1 - coverage) / 2, rel=1e-12)


@pytest.mark.plain
def test_rounded_keeps_44_bits() -> None:
    for x in (1 / 3, -1e-300 / 3, 2.0**1000 / 7):
        assert rounded(x) == pytest.approx(x, rel=2.0**-44)
        assert rounded(math.nextafter(x, math.inf)) == rounded(x) == rounded(rounded(x))
        assert (math.frexp(rounded(x))[0] * 2.0**44).is_integer()
    assert [rounded(x) for x in (0.0, -2.5, math.inf)] == [0.0, -2.5, math.inf]
    assert math.isnan(rounded(math.nan))


PAIRS = "give either mean and sd, or mu and sigma, or range and coverage, not a mixture"
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
    ("normal", {"mean": 1}, [("sd", "is needed together with mean")]),
    ("normal", {}, [("mean", "is needed together with sd"), ("sd", "is needed together with mean")]),
    ("normal", {"range": [1, 2]}, [("coverage", "is needed together with range")]),
    (
        "normal",
        {"mean": 1, "coverage": 0.9},
        [(n, "give either mean and sd, or range and coverage, not a mixture") for n in ("coverage", "mean")],
    ),
    ("normal", {"range": [2, 1], "coverage": 1}, [("range", "must hold the lower end first"), ("coverage", "must be above 0 and below 1")]),
    ("normal", {"range": 2, "coverage": "x"}, [("range", "must be a list of two numbers"), ("coverage", "must be a number")]),
    (
        "normal",
        {"range": [1, math.inf], "coverage": 0},
        [("range", "must hold finite numbers only"), ("coverage", "must be above 0 and below 1")],
    ),
    ("normal", {"range": [-1e308, 1e308], "coverage": 0.5}, [("range", "must not be that wide")]),
    ("lognormal", {"range": [0, 1], "coverage": 0.5}, [("range", "must be above 0")]),
    ("lognormal", {"mean": 0, "sd": 1}, [("mean", "must be above 0")]),
    ("lognormal", {"mean": -1, "sd": -1}, [("mean", "must be at least 0"), ("sd", "must be at least 0")]),
    ("lognormal", {"mean": 1}, [("sd", "is needed together with mean")]),
    ("lognormal", {"sigma": 1}, [("mu", "is needed together with sigma")]),
    ("lognormal", {}, [("mean", "is needed together with sd"), ("sd", "is needed together with mean")]),
    ("lognormal", {"mean": 1, "sigma": 1}, [(name, PAIRS) for name in ("mean", "sigma")]),
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
    ("empirical", {"values": [1]}, [("values", "must be a list of at least two numbers")]),
    (
        "empirical",
        {"values": [1, math.nan], "method": "x"},
        [("values", "must hold finite numbers only"), ("method", "must be one of interpolated, resampled")],
    ),
    ("empirical", {"values": [-1e308, 1e308]}, [("values", "must not be that far from each other")]),
    (
        "mixture",
        {"components": [], "weights": []},
        [("components", "must be a list of at least one distribution or number"), ("weights", "must be a list of at least one number")],
    ),
    (
        "mixture",
        {"components": [1, "x", math.nan], "weights": [0.5, 0.4]},
        [
            ("components.1", "must be a distribution or a number"),
            ("components.2", "must be finite"),
            ("weights", "must be as many as components"),
            ("weights", "must sum to one"),
        ],
    ),
    ("pool", {"experts": [1, 2], "weights": [0.5, 0.5, 0.5]}, [("weights", "must be as many as experts"), ("weights", "must sum to one")]),
    (
        "event",
        {"probability": 1.5, "impact": None},
        [("probability", "must be at most 1"), ("impact", "must be a distribution or a number")],
    ),
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
    assert [p.name for p in FAMILIES["discrete"].parameters if p.kind == "list"] == ["values", "weights"]
    assert [p.name for p in FAMILIES["normal"].parameters if p.is_value] == ["mean", "range"]


@pytest.mark.plain
def test_parameters_are_named() -> None:
    for family in FAMILIES.values():
        with pytest.raises(TypeError):
            family(1.0, 2.0)
