"""poisson.py and counts.py: exact tables against whole-number arithmetic and scipy; the expansion above mean 1000."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from simengine.distributions.base import COUNT, DISCRETE
from simengine.distributions.poisson import Poisson
from simengine.errors import ParameterError
from tests.unit.distributions.accuracy import U, V, check_constant, kernel_values

pytestmark = pytest.mark.unit


@pytest.mark.plain
def test_table_is_rounded_once() -> None:
    """Against P(X <= k) e^mean = sum mean^j / j! in fractions."""
    below = [sum(Fraction(7, 4) ** j / math.factorial(j) for j in range(k + 1)) for k in range(60)]
    encoded = Poisson(mean=1.75).encode()
    assert encoded.code == DISCRETE
    assert encoded.table is not None
    count = int(encoded.args[0])
    assert encoded.table[: count - 1].tolist() == [float(share / below[-1]) for share in below[: count - 1]]
    assert encoded.table[count - 1] == 1.0
    assert encoded.table[count:].tolist() == list(range(count))
    assert float(1 - below[count - 1] / below[-1]) < 2.0**-54


@pytest.mark.plain
@pytest.mark.parametrize("mean", [1e-5, 0.3, 5.0, 77.7, 1000.0])
def test_exact_against_scipy(mean: float) -> None:
    distribution, reference = Poisson(mean=mean), stats.poisson(mu=mean)
    u = np.concatenate([U, np.linspace(0.0005, 0.9995, 1999)])
    k = np.arange(0.0, mean + 12.0 * math.sqrt(mean) + 20.0)
    far = np.abs(u[:, None] - reference.cdf(k)).min(axis=1) > 1e-14
    np.testing.assert_array_equal(distribution.quantile(u)[far], reference.ppf(u)[far])
    np.testing.assert_allclose(distribution.cdf(k), reference.cdf(k), atol=1e-15)
    np.testing.assert_allclose(distribution.sf(k), reference.sf(k), rtol=1e-9, atol=1e-16)
    assert distribution.cdf(np.array([-0.5, 0.5])).tolist() == [0.0, distribution.cdf(np.array([0.0]))[0]]
    assert distribution.isf(np.array([2.0**-53]))[0] >= reference.ppf(1.0 - 2.0**-50)
    values, weights = zip(*distribution.atoms(), strict=True)
    np.testing.assert_allclose(weights, reference.pmf(values), rtol=1e-11)
    assert math.fsum(weights) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("mean", [0.3, 77.7, 1000.0, 1000.5, 1e4, 1e7])
def test_kernel_against_reference(mean: float) -> None:
    distribution = Poisson(mean=mean)
    u = np.linspace(0.00013, 0.99983, 4001)
    np.testing.assert_array_equal(kernel_values(distribution, u), distribution.quantile(u))
    np.testing.assert_array_equal(distribution.isf(1.0 - u), distribution.quantile(u))


@pytest.mark.parametrize("mean", [1000.5, 1e4, 1e5])
def test_large_means_against_scipy(mean: float) -> None:
    """Where scipy's own tails hold: F(x - 1) < u <= F(x) but for 1e-9 of u and of 1 - u."""
    distribution, reference = Poisson(mean=mean), stats.poisson(mu=mean)
    assert distribution.encode().code == COUNT
    x, y = kernel_values(distribution, V), kernel_values(distribution, 1.0 - V)
    assert np.all(reference.cdf(x) >= V * (1.0 - 2e-8))
    assert np.all(reference.cdf(x - 1.0) < V * (1.0 + 2e-8))
    assert np.all(reference.sf(y) <= V * (1.0 + 2e-8))
    assert np.all(reference.sf(y - 1.0) > V * (1.0 - 2e-8))
    k = np.floor(mean + math.sqrt(mean) * np.linspace(-6.0, 6.0, 25)) + 0.5
    np.testing.assert_allclose(distribution.cdf(k), reference.cdf(k), rtol=2e-8)
    np.testing.assert_allclose(distribution.sf(k), reference.sf(k), rtol=2e-8)


def test_largest_mean() -> None:
    distribution = Poisson(mean=1e9)
    z = np.array([-6.0, -1.0, 0.0, 2.0, 6.0])
    x = kernel_values(distribution, stats.norm.cdf(z))
    np.testing.assert_allclose(x, 1e9 + math.sqrt(1e9) * z + (z * z - 1.0) / 6.0, atol=1.1)
    assert distribution.cdf(np.array([-1.0])).tolist() == [0.0]
    np.testing.assert_allclose(distribution.cdf(np.array([1e9])), 0.5 + 2.0 / 3.0 / math.sqrt(2.0 * math.pi * 1e9), rtol=1e-9)


@pytest.mark.plain
def test_moments_and_shape() -> None:
    distribution = Poisson(mean=3.2)
    assert distribution.mean() == distribution.variance() == 3.2
    assert distribution.support() == (0.0, math.inf)
    assert distribution.breaks() == ()
    weights = dict(Poisson(mean=1500.0).atoms())
    assert weights[1500.0] == pytest.approx(stats.poisson.pmf(1500, mu=1500.0), rel=1e-9)
    assert math.fsum(weights.values()) == pytest.approx(1.0, abs=1e-13)


@pytest.mark.plain
def test_mean_zero() -> None:
    check_constant(Poisson(mean=0.0), 0.0)


@pytest.mark.plain
@pytest.mark.parametrize(("mean", "rule"), [(-1.0, "must be at least 0"), (2e9, "must be at most 1e+09"), (math.nan, "must be finite")])
def test_faults(mean: float, rule: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Poisson(mean=mean)
    assert list(caught.value.faults) == [("mean", rule)]
