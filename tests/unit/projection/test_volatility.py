"""volatility.py: the coefficient of variation by list size (RISKSHARE.md 2.1), and NaN."""

import math

import pytest

from simengine.projection.volatility import coefficient_of_variation

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("floor", "ref", "n_ref", "population", "wanted"),
    [
        (0.03, 0.04, 1000.0, 1000.0, 0.05),  # 3, 4, 5
        (0.0, 0.04, 1000.0, 4000.0, 0.02),  # four times the people, half the spread
        (0.0, 0.04, 1000.0, 250.0, 0.08),
        (0.03, 0.0, 1000.0, 7.0, 0.03),  # the floor does not depend on size
        (0.03, 0.08, 1000.0, 4000.0, 0.05),
        (0.0, 0.0, 1.0, 1.0, 0.0),
    ],
)
def test_coefficient_of_variation(floor: float, ref: float, n_ref: float, population: float, wanted: float) -> None:
    assert coefficient_of_variation(floor, ref, n_ref, population) == pytest.approx(wanted, rel=1e-15)


def test_never_below_the_floor() -> None:
    assert coefficient_of_variation(0.03, 0.5, 1000.0, 1e300) == 0.03


def test_nan_stays() -> None:
    assert math.isnan(coefficient_of_variation(0.03, 0.04, 1000.0, math.nan))
