"""weibull.py: against scipy, inversion over the whole range of shapes, errors."""

import math
from typing import Any

import pytest
from scipy import stats

from simengine.distributions.base import rounded
from simengine.distributions.weibull import Weibull
from simengine.errors import ParameterError
from tests.unit.distributions.accuracy import check_against_scipy, check_constant, check_inversion

pytestmark = pytest.mark.unit


@pytest.mark.plain
@pytest.mark.parametrize(("shape", "scale"), [(0.15, 1.0), (0.5, 3.0), (1.0, 2.0), (3.6, 0.1), (20.0, 1e4)])
def test_against_scipy(shape: float, scale: float) -> None:
    check_against_scipy(Weibull(shape=shape, scale=scale), stats.weibull_min(c=shape, scale=scale))


@pytest.mark.parametrize("shape", [0.15, 0.2, 0.5, 1.0, 2.0, 10.0, 100.0])
def test_inversion(shape: float) -> None:
    check_inversion(Weibull(shape=shape, scale=3.0))


@pytest.mark.plain
def test_moments_do_not_show_a_library() -> None:
    distribution = Weibull(shape=2.0, scale=3.0)
    assert distribution.mean() == rounded(distribution.mean()) == pytest.approx(3.0 * math.sqrt(math.pi) / 2.0, rel=1e-13)
    assert distribution.variance() == rounded(distribution.variance()) == pytest.approx(9.0 * (1.0 - math.pi / 4.0), rel=1e-12)
    # At the largest shape nearly a logarithm of an exponential: variance (pi scale/shape)^2 / 6 to first order.
    assert Weibull(shape=100.0, scale=1.0).variance() == pytest.approx((math.pi / 100.0) ** 2 / 6.0, rel=0.03)


@pytest.mark.plain
def test_constant() -> None:
    check_constant(Weibull(shape=2.0, scale=0.0), 0.0)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("parameters", "faults"),
    [
        ({"shape": 0.1, "scale": -1.0}, [("shape", "must be at least 0.15"), ("scale", "must be at least 0")]),
        ({"shape": 101, "scale": math.inf}, [("shape", "must be at most 100"), ("scale", "must be finite")]),
    ],
)
def test_faults(parameters: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        Weibull(**parameters)
    assert list(caught.value.faults) == faults
