"""negative_binomial.py: exact tables against fractions and scipy; the continuous extension above mean 1000; errors."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simengine.distributions.base import COUNT, DISCRETE
from simengine.distributions.negative_binomial import NegativeBinomial
from simengine.errors import ParameterError
from tests.unit.distributions.accuracy import U, V, check_constant, kernel_values

pytestmark = pytest.mark.unit


def scipy_of(mean: float, size: float) -> Any:
    return stats.nbinom(n=size, p=size / (size + mean))


@pytest.mark.plain
def test_table_is_rounded_once() -> None:
    """size = 1 is geometric: P(X > k) = (3/4)^(k + 1) at mean 3."""
    distribution = NegativeBinomial(mean=3.0, size=1.0)
    k = np.arange(30.0)
    assert distribution.sf(k).tolist() == [float(Fraction(3, 4) ** (j + 1)) for j in range(30)]
    # 3^27/2^54 stands halfway between two float64.
    np.testing.assert_allclose(distribution.cdf(k), [float(1 - Fraction(3, 4) ** (j + 1)) for j in range(30)], rtol=0, atol=1.2e-16)


@pytest.mark.plain
@pytest.mark.parametrize(("mean", "size"), [(0.01, 0.1), (3.0, 0.1), (3.0, 5.0), (200.0, 12.5), (1000.0, 2.5)])
def test_exact_against_scipy(mean: float, size: float) -> None:
    distribution, reference = NegativeBinomial(mean=mean, size=size), scipy_of(mean, size)
    assert distribution.encode().code == DISCRETE
    u = np.concatenate([U[::7], np.linspace(0.0005, 0.9995, 1999)])
    x = distribution.quantile(u)
    gap = np.minimum(np.abs(u - reference.cdf(x)), np.abs(u - reference.cdf(x - 1.0)))
    far = gap > 1e-14
    np.testing.assert_array_equal(x[far], reference.ppf(u)[far])
    k = np.unique(x)
    np.testing.assert_allclose(distribution.cdf(k), reference.cdf(k), atol=2e-15)
    np.testing.assert_allclose(distribution.sf(k), reference.sf(k), rtol=1e-9, atol=1e-15)
    values, weights = zip(*distribution.atoms(), strict=True)
    np.testing.assert_allclose(weights[:500], reference.pmf(values[:500]), rtol=1e-9, atol=1e-17)
    np.testing.assert_array_equal(kernel_values(distribution, u), x)


@pytest.mark.parametrize(
    ("mean", "size"), [(1000.0, 0.1), (1001.0, 0.1), (1e6, 0.3), (1e9, 1.0), (1e4, 1.0), (1e5, 20.0), (1e6, 1e3), (1e4, 1e9), (1e9, 1e9)]
)
def test_large_means(mean: float, size: float) -> None:
    """F(x - 1) < u <= F(x) but for 1e-9, by the incomplete beta function of the smaller share."""
    distribution = NegativeBinomial(mean=mean, size=size)
    assert distribution.encode().code == COUNT
    x, y = kernel_values(distribution, V), kernel_values(distribution, 1.0 - V)
    assert np.all(distribution.cdf(x) >= V - 1e-9)
    assert np.all(distribution.cdf(x - 1.0) < V + 1e-9)
    assert np.all(distribution.sf(y) <= V * (1.0 + 1e-8))
    assert np.all(distribution.sf(y - 1.0) > V * (1.0 - 1e-8))
    assert x.min() >= 0.0
    u = np.linspace(0.013, 0.983, 401)
    z = distribution.quantile(u)
    assert np.all(distribution.cdf(z) >= u - 1e-10)
    assert np.all(distribution.cdf(z - 1.0) < u + 1e-10)
    assert np.mean(z == kernel_values(distribution, u)) > 0.97
    assert np.mean(z == distribution.isf(1.0 - u)) > 0.97


def test_large_means_against_scipy() -> None:
    distribution, reference = NegativeBinomial(mean=3000.0, size=4.0), scipy_of(3000.0, 4.0)
    u = np.linspace(0.0005, 0.9995, 1999)
    np.testing.assert_array_equal(kernel_values(distribution, u), reference.ppf(u))
    k = np.floor(np.linspace(0.0, 20000.0, 41))
    np.testing.assert_allclose(distribution.cdf(k), reference.cdf(k), rtol=1e-12)
    np.testing.assert_allclose(distribution.sf(k), reference.sf(k), rtol=1e-11)
    weights = dict(distribution.atoms())
    assert weights[2500.0] == pytest.approx(reference.pmf(2500), rel=1e-9)
    assert math.fsum(weights.values()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.plain
def test_by_mean_and_sd() -> None:
    distribution = NegativeBinomial(mean=10.0, sd=4.0)
    assert distribution.size == pytest.approx(100.0 / 6.0)
    assert distribution.mean() == 10.0
    assert distribution.variance() == pytest.approx(16.0, rel=1e-14)
    assert distribution.support() == (0.0, math.inf)
    assert distribution.breaks() == ()


@pytest.mark.plain
@pytest.mark.parametrize("parameters", [{"mean": 0.0, "size": 2.0}, {"mean": 0.0, "sd": 0.0}])
def test_mean_zero(parameters: dict[str, float]) -> None:
    check_constant(NegativeBinomial(**parameters), 0.0)


POISSON = "must be above sqrt(mean) = {}: with just that the distribution is poisson, with less there is none"
MIXED = "give either mean and size, or mean and sd, not a mixture"


@pytest.mark.plain
@pytest.mark.parametrize(
    ("parameters", "faults"),
    [
        ({"mean": 9.0, "sd": 3.0}, [("sd", POISSON.format(3))]),
        ({"mean": 9.0, "sd": 0.0}, [("sd", POISSON.format(3))]),
        ({"mean": 4.0, "sd": 2.000000001}, [("sd", "is so near to sqrt(mean) = 2 that the distribution is poisson; use that")]),
        ({"mean": 1.0, "sd": 10.0}, [("sd", "must be at most 3.31662 with this mean (size = 0.1)")]),
        ({"mean": 1.0}, [("size", "is needed together with mean")]),
        ({"mean": 1.0, "size": 1.0, "sd": 2.0}, [(name, MIXED) for name in ("mean", "sd", "size")]),
        ({"mean": -1.0, "size": 0.01}, [("mean", "must be at least 0"), ("size", "must be at least 0.1")]),
    ],
)
def test_faults(parameters: dict[str, float], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        NegativeBinomial(**parameters)
    assert list(caught.value.faults) == faults
