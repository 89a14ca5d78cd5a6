"""Figures to the digits that their error supports."""

import math

import pytest

from simengine.cli.figures import money, probability

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
    ],
)
def test_money(value, error, text):
    assert money(value, error) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.1234, 0.004, "12.3 ±0.4%"),
        (0.00012, 0.00004, "0.012 ±0.004%"),
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
