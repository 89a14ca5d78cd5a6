"""unit_poisson.py: exact quantiles at means that vary by draw, the expansion above mean 1000, odd means."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaincc, ndtri, pdtr

from simengine.distributions.unit_poisson import fill_poisson, poisson_deviate
from simengine.sampling.design import uniforms

pytestmark = pytest.mark.unit


def draw(u: np.ndarray, mean: np.ndarray) -> np.ndarray:
    x = np.empty(u.size)
    fill_poisson(x, u, mean, u.size)
    return x


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.0, 8.0), (7.9, 8.1), (8.0, 20.0), (20.0, 100.0), (100.0, 1000.0)])
def test_exact_against_scipy(low: float, high: float) -> None:
    """Draws throughout, in both tails, and next to a step."""
    n = 6000
    mean, u = low + (high - low) * uniforms(1, "mean", n), uniforms(1, "u", n)
    u[:1000] = 2.0 ** (-36.0 * u[:1000])
    u[1000:2000] = 1.0 - 2.0 ** (-36.0 * u[1000:2000])
    steps = pdtr(np.maximum(np.floor(mean[2000:] + 6.0 * np.sqrt(mean[2000:]) * (uniforms(2, "k", n - 2000) - 0.5)), 0.0), mean[2000:])
    gaps = np.array([-1e-8, 1e-8, -1e-10, 1e-10, -2e-13, 2e-13, 0.5, -0.5])
    near = steps + np.resize(gaps, n - 2000)
    u[2000:] = np.where((near > 1e-15) & (near < 1.0 - 2.0**-53), near, u[2000:])
    x = draw(u, mean)
    wanted = stats.poisson(mu=mean).ppf(u)
    step = np.minimum(np.abs(pdtr(np.minimum(x, wanted), mean) - u), 1.0)
    assert np.all((x == wanted) | (step < 1e-13))
    assert np.mean(x == wanted) > 0.999


def test_negative_control() -> None:
    """The comparison above sees an error of 1e-8 in u."""
    mean = 10.0 + 90.0 * uniforms(1, "mean", 4000)
    u = pdtr(np.floor(mean), mean) - 1e-9
    assert np.mean(draw(u + 1e-8, mean) == stats.poisson(mu=mean).ppf(u)) < 0.01


@pytest.mark.parametrize("mean", [1000.0, 3e3, 1e4, 1e6, 1e9])
def test_error_of_the_expansion(mean: float) -> None:
    """F at the real x against u, for the lower half, where scipy's incomplete gamma function holds at every mean."""
    v = 2.0 ** -np.linspace(1.0, 36.0, 701)
    deviates = np.array([poisson_deviate(z, math.sqrt(mean)) for z in ndtri(v)])
    found = gammaincc(mean + deviates + 1.0, mean)
    assert np.abs(found - v).max() < 1e-12
    assert np.abs(found / v - 1.0).max() < 2e-8


@pytest.mark.parametrize("mean", [1e3 + 0.5, 1e4, 1e5])
def test_large_means_against_scipy(mean: float) -> None:
    u = uniforms(1, "u", 4000)
    np.testing.assert_array_equal(draw(u, np.full(4000, mean)), stats.poisson(mu=mean).ppf(u))


@pytest.mark.parametrize("mean", [3.0, 40.0, 2000.0])
def test_moments(mean: float) -> None:
    x = draw(uniforms(2, "u", 65536, "sobol", 0), np.full(65536, mean))
    assert x.mean() == pytest.approx(mean, rel=2e-5)
    assert x.var() == pytest.approx(mean, rel=2e-3)


@pytest.mark.plain
def test_odd_means() -> None:
    u = np.full(6, 0.5)
    x = draw(u, np.array([0.0, -1.0, math.nan, math.inf, 1e-300, -0.0]))
    assert x[[0, 4, 5]].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(x[1:4]).all()


@pytest.mark.plain
def test_few_draws() -> None:
    """Also with the compiler off: both ends of u at means on every branch."""
    means = np.repeat([0.5, 8.0, 8.5, 300.0, 1000.0, 1e5], 5)
    u = np.tile([2.0**-53, 1e-3, 0.5, 0.999, 1.0 - 2.0**-36], 6)
    np.testing.assert_array_equal(draw(u, means)[5:25], stats.poisson(mu=means).ppf(u)[5:25])
    assert draw(u, means)[:4].tolist() == [0.0, 0.0, 0.0, 4.0]
    x = draw(np.array([1.0 - 2.0**-53, 1.0 - 2.0**-53]), np.array([2.0, 500.0]))
    assert 15.0 < x[0] < 30.0
    assert 680.0 < x[1] < 720.0
