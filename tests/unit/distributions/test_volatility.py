"""unit_gamma.py and unit_lognormal.py: quantiles for constant and drawn cv, mean 1, and the cases cv = 0 and out of range."""

import numpy as np
import pytest
from scipy import stats

from simengine.distributions.unit_gamma import UnitGamma, deviate, fill_unit_gamma, fill_unit_gamma_fixed
from simengine.distributions.unit_lognormal import UnitLognormal, fill_unit_lognormal, fill_unit_lognormal_fixed
from simengine.errors import ParameterError
from simengine.sampling.design import uniforms

pytestmark = pytest.mark.unit


def draw_gamma(low: float, high: float, u: np.ndarray, cv: np.ndarray) -> np.ndarray:
    n = u.size
    x = np.empty(n)
    fill_unit_gamma(x, u, cv, np.empty(n, np.int64), np.empty(n), np.empty(n), UnitGamma(low, high).table(), n)
    return x


@pytest.mark.parametrize("cv", [0.02, 0.05, 0.3, 1.0, 1.4])
def test_gamma_quantile_against_scipy(cv: float) -> None:
    u = np.concatenate([2.0 ** -np.arange(1.0, 30.0), np.linspace(0.01, 0.99, 99)])
    wanted = stats.gamma(a=1 / cv**2, scale=cv**2).ppf(u)
    np.testing.assert_allclose(UnitGamma(cv).quantile(u, cv), wanted, rtol=1e-9, atol=1e-12)
    found = draw_gamma(cv, cv, u, np.full(u.size, cv))
    assert np.abs(found - wanted).max() < 1e-9 * cv


def test_expansion_meets_scipy() -> None:
    """At cv = 0.01, where the reference changes from one to the other."""
    v = 2.0 ** -np.linspace(1.0, 37.0, 200)
    for upper in (False, True):
        np.testing.assert_allclose(deviate(v, 0.01, upper=upper), deviate(v, np.nextafter(0.01, 0.0), upper=upper), atol=3e-11)


@pytest.mark.parametrize(("low", "high"), [(0.045, 0.055), (0.0, 0.1), (0.01, 0.2), (0.1, 1.0), (0.02, 0.02 + 1e-12)])
def test_gamma_with_drawn_cv(low: float, high: float) -> None:
    u = uniforms(1, "u", 600)
    u[:4] = [2.0**-37, 1 - 2.0**-37, 2.0**-20, 1 - 2.0**-20]
    cv = low + (high - low) * uniforms(1, "cv", 600)
    wanted = np.array([UnitGamma(low, high).quantile(np.array([a]), b)[0] for a, b in zip(u, cv, strict=True)])
    assert (np.abs(draw_gamma(low, high, u, cv) - wanted) / cv).max() < 1e-9


def test_gamma_moments() -> None:
    u = uniforms(2, "u", 65536, "sobol", 0)
    x = draw_gamma(0.1, 0.3, u, np.full(u.size, 0.25))
    assert x.mean() == pytest.approx(1.0, abs=2e-5)
    assert x.std() == pytest.approx(0.25, rel=1e-3)
    assert stats.skew(x) == pytest.approx(0.5, rel=1e-2)


def test_cv_outside_the_range_keeps_mean_and_spread() -> None:
    u = uniforms(2, "u", 65536, "sobol", 0)
    x = draw_gamma(0.1, 0.2, u, np.full(u.size, 0.25))
    assert x.mean() == pytest.approx(1.0, abs=2e-5)
    assert x.std() == pytest.approx(0.25, rel=1e-3)


@pytest.mark.plain
def test_cv_of_zero_gives_one() -> None:
    u, zero = uniforms(1, "u", 30), np.zeros(30)
    assert np.all(draw_gamma(0.0, 0.0, u, zero) == 1.0)
    assert np.all(draw_gamma(0.0, 0.02, u, zero) == 1.0)
    x = np.empty(30)
    fill_unit_lognormal(x, u, zero, 30)
    assert np.all(x == 1.0)
    for family in (UnitGamma, UnitLognormal):
        assert family(0.0).encode().args[0] == 1.0
        assert family(0.0).encode().table is None


@pytest.mark.plain
def test_one_cv_equals_a_row_of_it() -> None:
    u, cv = uniforms(1, "u", 30), np.full(30, 0.07)
    row, fixed = np.empty(30), np.empty(30)
    table = UnitGamma(0.07).table()
    fill_unit_gamma_fixed(fixed, u, 0.07, np.empty(30, np.int64), np.empty(30), table, 30)
    assert np.array_equal(fixed, draw_gamma(0.07, 0.07, u, cv))
    fill_unit_lognormal(row, u, cv, 30)
    fill_unit_lognormal_fixed(fixed, u, 0.07, 30)
    assert np.array_equal(fixed, row)


@pytest.mark.parametrize("cv", [1e-5, 0.03, 0.4, 1.5])
def test_lognormal_against_scipy(cv: float) -> None:
    u, x = uniforms(1, "u", 500), np.empty(500)
    fill_unit_lognormal(x, u, np.full(500, cv), 500)
    sigma = np.sqrt(np.log1p(cv * cv))
    wanted = stats.lognorm(s=sigma, scale=np.exp(-0.5 * sigma**2)).ppf(u)
    np.testing.assert_allclose(x, wanted, rtol=1e-13)
    np.testing.assert_allclose(UnitLognormal(cv).quantile(u, cv), wanted, rtol=1e-13)


@pytest.mark.plain
@pytest.mark.parametrize("ends", [(-0.1, 0.2), (0.3, 0.2), (float("nan"), 0.1), (0.1, float("nan")), (0.1, 2.5)])
def test_gamma_range(ends: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="cv: must run from a low to a high end within 0 to 2"):
        UnitGamma(*ends)


@pytest.mark.plain
def test_lognormal_range() -> None:
    with pytest.raises(ParameterError, match="cv: must run from a low to a high end, both at least 0"):
        UnitLognormal(0.3, 0.2)
