"""growth.py: a yearly index by hand, and NaN."""

import math

import pytest

from simengine.projection.growth import grow

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("index", "rate", "wanted"),
    [(1.0, 0.0, 1.0), (1.0, 0.25, 1.25), (1.25, 0.5, 1.875), (2.0, -0.5, 1.0), (3.0, 1.0, 6.0), (8.0, -0.75, 2.0)],
)
def test_growth(index: float, rate: float, wanted: float) -> None:
    assert grow(index, rate) == wanted


def test_factors_apply_one_after_the_other() -> None:
    assert grow(grow(1.0, 0.5), 0.25) == 1.875  # not 1 + 0.5 + 0.25


def test_nan_stays() -> None:
    assert math.isnan(grow(math.nan, 0.5))
    assert math.isnan(grow(1.0, math.nan))
