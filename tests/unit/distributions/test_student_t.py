"""student_t.py: against scipy and closed forms, inversion over the whole range of df, moments that there are not, errors."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simengine.distributions.student_t import StudentT
from simengine.errors import ParameterError
from tests.unit.distributions.accuracy import V, check_against_scipy, check_constant, check_inversion

pytestmark = pytest.mark.unit


@pytest.mark.plain
@pytest.mark.parametrize("df", [2.5, 4.0, 30.0, 1e5])
def test_against_scipy(df: float) -> None:
    check_against_scipy(StudentT(df=df), stats.t(df=df))
    check_against_scipy(StudentT(df=df, location=3.0, scale=0.2), stats.t(df=df, loc=3.0, scale=0.2))


@pytest.mark.parametrize("df", [0.3, 0.4, 0.7, 1.0, 2.0, 5.0, 30.0, 1e3, 1e6])
def test_inversion(df: float) -> None:
    check_inversion(StudentT(df=df, scale=2.0))


@pytest.mark.plain
def test_closed_forms() -> None:
    """df = 1: the Cauchy quantile cot(pi v); df = 2: (1 - 2v)/sqrt(2 v (1 - v))."""
    v = V[::50]
    np.testing.assert_allclose(StudentT(df=1.0).isf(v), 1.0 / np.tan(math.pi * v), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(StudentT(df=2.0).isf(v), (1.0 - 2.0 * v) / np.sqrt(2.0 * v * (1.0 - v)), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(StudentT(df=2.0).quantile(v), -StudentT(df=2.0).isf(v), rtol=0)
    assert StudentT(df=3.0, location=2.0).quantile(np.array([0.5])).tolist() == [2.0]


@pytest.mark.plain
def test_moments_that_there_are_not() -> None:
    assert math.isnan(StudentT(df=1.0).mean())
    assert math.isnan(StudentT(df=0.5).variance())
    assert StudentT(df=1.5, location=2.0).mean() == 2.0
    assert StudentT(df=2.0).variance() == math.inf
    assert StudentT(df=4.0, scale=3.0).variance() == 18.0
    assert StudentT(df=4.0).support() == (-math.inf, math.inf)
    assert StudentT(df=4.0).breaks() == ()


@pytest.mark.plain
def test_constant() -> None:
    check_constant(StudentT(df=0.5, location=1.7, scale=0.0), 1.7)


@pytest.mark.plain
@pytest.mark.parametrize(
    ("parameters", "faults"),
    [
        ({"df": 0.1, "scale": -1.0}, [("df", "must be at least 0.3"), ("scale", "must be at least 0")]),
        ({"df": 1e7, "location": "x"}, [("df", "must be at most 1e+06"), ("location", "must be a number")]),
    ],
)
def test_faults(parameters: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError) as caught:
        StudentT(**parameters)
    assert list(caught.value.faults) == faults
