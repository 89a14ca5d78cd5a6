"""gamma.py: against scipy, inversion over the whole range of shapes, the two ways to give it, errors."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simengine.distributions.gamma import Gamma
from simengine.errors import ParameterError
from tests.unit.distributions.accuracy import check_against_scipy, check_constant, check_inversion

pytestmark = pytest.mark.unit


@pytest.mark.plain
@pytest.mark.parametrize(("shape", "scale"), [(0.12, 1.0), (0.5, 3.0), (1.0, 2.0), (7.3, 0.1), (250.0, 1e4), (1e4, 1.0)])
def test_against_scipy(shape: float, scale: float) -> None:
    check_against_scipy(Gamma(shape=shape, scale=scale), stats.gamma(a=shape, scale=scale))


@pytest.mark.parametrize("shape", [0.12, 0.15, 0.3, 1.0, 2.0, 10.0, 100.0, 1e3, 1e4, 1.00001e4, 1e5, 1e6, 1e8])
def test_inversion(shape: float) -> None:
    check_inversion(Gamma(shape=shape, scale=3.0))


@pytest.mark.plain
def test_expansion_meets_scipy() -> None:
    """At shape 10^4, where the reference changes; and at 10^5, where scipy still holds."""
    v = 2.0 ** -np.linspace(1.0, 36.0, 100)
    for shape in (1e4 + 1e-6, 1e5):
        reference = stats.gamma(a=shape)
        distribution = Gamma(shape=shape, scale=1.0)
        sd = math.sqrt(shape)
        np.testing.assert_allclose(distribution.isf(v), reference.isf(v), rtol=0, atol=1e-10 * sd)
        np.testing.assert_allclose(distribution.quantile(v), reference.ppf(v), rtol=0, atol=1e-10 * sd)
        x = shape + sd * np.linspace(-6.5, 6.5, 53)
        np.testing.assert_allclose(distribution.cdf(x), reference.cdf(x), rtol=1e-9)
        np.testing.assert_allclose(distribution.sf(x), reference.sf(x), rtol=1e-9)


@pytest.mark.plain
def test_largest_shape_is_nearly_normal() -> None:
    """Skewness 2/sqrt(shape): x = shape + sqrt(shape) z + (z^2 - 1)/3 + ..."""
    z = np.array([-6.0, -1.0, 0.0, 2.0, 6.0])
    x = Gamma(shape=1e8, scale=1.0).quantile(stats.norm.cdf(z))
    np.testing.assert_allclose(x, 1e8 + 1e4 * z + (z * z - 1.0) / 3.0, atol=1e-2)


@pytest.mark.plain
def test_by_mean_and_sd() -> None:
    distribution = Gamma(mean=4.0, sd=3.0)
    assert distribution.mean() == 4.0
    assert distribution.variance() == pytest.approx(9.0, rel=1e-15)
    assert (distribution.shape, distribution.scale) == pytest.approx((16 / 9, 9 / 4), rel=1e-15)
    assert distribution.support() == (0.0, math.inf)
    assert distribution.breaks() == (0.0,)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("parameters", "value"), [({"mean": 3.1, "sd": 0.0}, 3.1), ({"mean": 0.0, "sd": 0.0}, 0.0), ({"shape": 2.0, "scale": 0.0}, 0.0)]
)
def test_constants(parameters: dict[str, Any], value: float) -> None:
    check_constant(Gamma(**parameters), value)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("parameters", "faults"),
    [
        ({}, [("shape", "is needed together with scale"), ("scale", "is needed together with shape")]),
        ({"sd": 0.5}, [("mean", "is needed together with sd")]),
        ({"shape": 0.01, "scale": -1.0}, [("shape", "must be at least 0.12"), ("scale", "must be at least 0")]),
        ({"mean": -1.0, "sd": "x"}, [("mean", "must be at least 0"), ("sd", "must be a number")]),
        ({"mean": 0.0, "sd": 1.0}, [("mean", "must be above 0 where sd is")]),
        (
            {"mean": 1.0, "sd": 10.0},
            [("sd", "must be from 0.0001 to 2.88675 times the mean (or 0), so that the shape (mean/sd)^2 is from 0.12 to 1e+08")],
        ),
    ],
)
def test_faults(parameters: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        Gamma(**parameters)
    assert list(caught.value.faults) == faults
