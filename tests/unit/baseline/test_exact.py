"""exact.py: fractions from what people write, halves away from zero."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from simengine.baseline.exact import exact, half_up, shown

pytestmark = pytest.mark.unit


def test_a_float_is_the_decimal_that_it_prints_as():
    assert exact(0.15) == Fraction(15, 100)
    assert exact(Decimal("0.15")) == exact(Fraction(3, 20)) == Fraction(3, 20)
    assert exact(1e-7) == Fraction(1, 10**7)
    assert exact(np.float64(0.15)) == Fraction(3, 20)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number(value):
    with pytest.raises(ValueError, match="Invalid literal"):
        exact(value)


@pytest.mark.parametrize(
    ("value", "places", "wanted"),
    [
        ("25/2", 0, "13"),
        ("-25/2", 0, "-13"),
        ("1/3", 2, "0.33"),
        ("-1/1000", 2, "0.00"),
        ("0", 2, "0.00"),
        ("1234567.895", 2, "1234567.90"),
    ],
)
def test_halves_go_away_from_zero(value, places, wanted):
    assert str(half_up(Fraction(value), places)) == wanted


def test_shown_has_commas():
    assert shown(Fraction("1234567.5"), 0) == "1,234,568"
    assert shown(Fraction(-1, 1000)) == "0.00"
