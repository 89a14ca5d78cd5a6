"""special.py against numpy's extended precision, scipy and 60-digit decimals."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy.special import ndtri

from simengine import special

pytestmark = pytest.mark.unit

FEW = np.array([-700.25, -30.0, -1.5, -0.1, 0.0, 1e-9, 0.3, 1.0, 2.5, 40.0, 650.5])
KNOWN_BITS = [
    "0x1.5bf0a8b14576ap+1",
    "0x1.a3b8dc86d1c8ep-30",
    "0x1.26bb1bbb55516p+1",
    "-0x1.29c5c4630ff0ep+1",
    "0x1.96f4e57e49ce4p-8",
]
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def each(function: Callable[[float], float], points: np.ndarray) -> np.ndarray:
    return np.array([function(float(point)) for point in points])


def ulps(found: np.ndarray, wanted: np.ndarray) -> float:
    near = wanted.astype(np.float64)
    return float(np.max(np.abs(found - wanted) / np.spacing(np.abs(near))))


def normal_cdf_by_decimals(z: float) -> Decimal:
    """Phi(z) for z < 0: a series near 0, a continued fraction in the tail."""
    with localcontext() as context:
        context.prec = 60
        y = Decimal(-z)
        density = (-(y * y) / 2).exp() / (2 * PI).sqrt()
        if y < 3:
            term = total = y
            for k in range(1, 200):
                term = term * y * y / (2 * k + 1)
                total += term
            return Decimal("0.5") - density * total
        rest = Decimal(0)
        for k in range(900, 0, -1):
            rest = k / (y + rest)
        return density / (y + rest)


def test_exp_is_accurate_to_an_ulp() -> None:
    x = np.concatenate([np.random.default_rng(1).uniform(-745, 709.7, 5000), np.random.default_rng(2).uniform(-1, 1, 5000)])
    assert ulps(each(special.exp, x), np.exp(x.astype(np.longdouble))) < 1.0


def test_log_is_accurate_to_an_ulp() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([np.exp(rng.uniform(-744, 709, 5000)), rng.uniform(0.4, 2.0, 5000)])
    assert ulps(each(special.log, x), np.log(x.astype(np.longdouble))) < 1.0


def test_log1p_is_accurate() -> None:
    x = 10.0 ** np.random.default_rng(4).uniform(-300, 300, 5000)
    assert ulps(each(special.log1p, x), np.log1p(x.astype(np.longdouble))) < 3.0


@pytest.mark.plain
def test_exp_and_log_at_few_points() -> None:
    np.testing.assert_allclose(each(special.exp, FEW), np.exp(FEW), rtol=3e-16)
    positive = np.exp(FEW)
    np.testing.assert_allclose(each(special.log, positive), np.log(positive), rtol=3e-16, atol=2e-16)


@pytest.mark.plain
def test_ends_of_the_range() -> None:
    assert special.exp(math.inf) == math.inf
    assert special.exp(-math.inf) == 0.0
    assert special.exp(709.79) == math.inf
    assert special.exp(709.78) == pytest.approx(math.exp(709.78), rel=1e-15)
    assert special.exp(-745.14) == 0.0
    assert special.exp(-745.0) == 5e-324
    assert special.exp(0.0) == 1.0
    assert special.log(0.0) == -math.inf
    assert special.log(math.inf) == math.inf
    assert special.log(1.0) == 0.0
    assert special.log(5e-324) == pytest.approx(math.log(5e-324), rel=1e-15)
    assert special.log1p(0.0) == 0.0
    assert special.log1p(math.inf) == math.inf
    assert special.normal_quantile(0.0) == -math.inf
    assert special.normal_quantile(1.0) == math.inf
    assert special.normal_quantile(0.5) == 0.0
    assert special.normal_cdf(-math.inf) == 0.0
    assert special.normal_cdf(math.inf) == 1.0
    assert special.normal_cdf(0.0) == 0.5


@pytest.mark.plain
def test_not_a_number_stays() -> None:
    for function in (special.exp, special.log, special.log1p, special.normal_quantile, special.normal_cdf):
        assert math.isnan(function(math.nan))
    for outside in (-1.0, -math.inf):
        assert math.isnan(special.log(outside))
    for outside in (-0.1, 1.1, math.inf, -math.inf):
        assert math.isnan(special.normal_quantile(outside))


def test_normal_quantile_against_scipy() -> None:
    rng = np.random.default_rng(5)
    u = np.concatenate([rng.random(5000), 2.0 ** -rng.uniform(1, 1000, 5000)])
    np.testing.assert_allclose(each(special.normal_quantile, u), ndtri(u), rtol=2e-15)


def test_normal_cdf_against_decimals() -> None:
    z = -np.concatenate([np.linspace(0.01, 3, 60), np.linspace(3, 37.4, 120)])
    error = [abs(float(Decimal(float(special.normal_cdf(point))) / normal_cdf_by_decimals(point) - 1)) for point in z.tolist()]
    assert max(error) < 1e-15


def test_normal_cdf_is_symmetric() -> None:
    z = np.linspace(0, 9, 500)
    np.testing.assert_allclose(each(special.normal_cdf, z), 1.0 - each(special.normal_cdf, -z), rtol=0, atol=1.2e-16)


@pytest.mark.plain
def test_rows_equal_scalars() -> None:
    u = (np.arange(60) + 0.5) / 60
    u[:4] = [2.0**-53, 1 - 2.0**-53, 1e-11, 1e-300]
    z = np.empty(60)
    special.fill_normal_quantile(z, u, 60)
    assert np.array_equal(z, each(special.normal_quantile, u))
    back = np.empty(60)
    special.fill_normal_cdf(back, z, 60)
    assert np.array_equal(back[4:], each(special.normal_cdf, z)[4:])
    np.testing.assert_allclose(back, np.maximum(u, 2.0**-53), rtol=2e-14)


@pytest.mark.plain
def test_row_of_cdf_is_kept_inside_and_passes_nan_on() -> None:
    z = np.array([-50.0, 50.0, np.nan])
    u = np.empty(3)
    special.fill_normal_cdf(u, z, 3)
    assert u[0] == 2.0**-53
    assert u[1] == 1 - 2.0**-53
    assert np.isnan(u[2])


@pytest.mark.plain
def test_known_bits() -> None:
    """The same bits on every machine and with the compiler off."""
    found = [special.exp(1.0), special.exp(-20.3), special.log(10.0), special.normal_quantile(0.01), special.normal_cdf(-2.5)]
    assert [float(value).hex() for value in found] == KNOWN_BITS
