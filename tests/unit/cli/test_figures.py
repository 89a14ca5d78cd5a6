"""Figures to the digits that their error supports."""

import math

import pytest

from simengine.cli.figures import money, probability, span

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (12.345, 0.4, "12.3 ±0.4"),
        (12.345, 0.04, "12.35 ±0.04"),
        (-0.0004, 0.04, "0.00 ±0.04"),
        (1234.5678, 0.002, "1,235"),
        (1234.5678, 30.0, "1,230 ±30"),
        (0.0006081, 0.000005, "0.001"),
        (70.584, None, "70.58"),
        (0.0, 0.0, "0.00"),
        (1.5, math.nan, "1.50"),
        (math.nan, 0.1, "-"),
        # 0.096 is 0.1 to its first digit, and 0.96 is 1
        (-1.9812, 0.096, "-2.0 ±0.1"),
        (-1.9812, 0.96, "-2 ±1"),
    ],
)
def test_money(value, error, text):
    assert money(value, error) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.1234, 0.004, "12.3 ±0.4%"),
        (0.00012, 0.00004, "0.012 ±0.004%"),
        # a rare chance is printed to what its error supports, one near 1 as well
        (0.0000104, 0.0000042, "0.0010 ±0.0004%"),
        (0.9999896, 0.0000042, "99.9990 ±0.0004%"),
        # four figures are enough, and an error below them is left out
        (0.62901234, 0.00000004, "62.90%"),
        (0.0000123456, 0.00000000004, "0.001235%"),
        (0.4885, 0.00096, "48.9 ±0.1%"),
        (0.0, 1 / 65_536, "<0.005%"),
        (1.0, 1 / 65_536, ">99.995%"),
        (0.0, 1 / 10, "<30%"),
        (0.0, 1.0, "-"),
        (0.0, 0.0, "0%"),
        (0.5, 0.0, "50%"),
        (0.5, math.nan, "50%"),
        (math.nan, 0.0, "-"),
    ],
)
def test_probability(value, error, text):
    assert probability(value, error) == text


@pytest.mark.parametrize(
    ("low", "high", "low_error", "high_error", "text"),
    [
        (-1.234, 12.345, 0.04, 0.01, "-1.23 to 12.35"),
        # an end that is certain (nothing is paid) has no error: the digits are those of the other
        (-0.0001, 0.0812, 0.0, 0.004, "0.000 to 0.081"),
        (0.0, 0.0, 0.0, 0.0, "0.00 to 0.00"),
        (1.0, 2.0, math.nan, 0.04, "1.00 to 2.00"),
        (math.nan, 2.0, 0.1, 0.1, "-"),
    ],
)
def test_span(low, high, low_error, high_error, text):
    assert span(low, high, low_error, high_error) == text
