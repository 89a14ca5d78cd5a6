"""ramp.py: the table of note 8 of docs/model-notes.md by hand: shapes, delay, 0 years, average, and NaN."""

import math

import pytest

from simengine.projection.ramp import SHAPES, ramp_at, ramp_in_year

pytestmark = [pytest.mark.unit, pytest.mark.plain]

LINEAR, S_CURVE, STEPPED = (SHAPES[name] for name in ("linear", "s_curve", "stepped"))
YEARS = (1.0, 2.0, 3.0, 4.0, 5.0)


@pytest.mark.parametrize(
    ("shape", "delay", "years", "wanted"),
    [
        (LINEAR, 0.0, 4.0, [0.25, 0.5, 0.75, 1.0, 1.0]),
        (LINEAR, 1.0, 4.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (LINEAR, 0.5, 2.0, [0.25, 0.75, 1.0, 1.0, 1.0]),
        (LINEAR, 0.0, 0.0, [1.0, 1.0, 1.0, 1.0, 1.0]),
        (LINEAR, 2.0, 0.0, [0.0, 0.0, 1.0, 1.0, 1.0]),  # a step just after the delay
        (LINEAR, 9.0, 1.0, [0.0, 0.0, 0.0, 0.0, 0.0]),
        (S_CURVE, 0.0, 4.0, [0.15625, 0.5, 0.84375, 1.0, 1.0]),  # 3x² - 2x³ at 1/4 and 3/4
        (S_CURVE, 1.0, 2.0, [0.0, 0.5, 1.0, 1.0, 1.0]),
        (STEPPED, 0.5, 2.0, [0.0, 0.5, 1.0, 1.0, 1.0]),  # whole years only
        (STEPPED, 0.0, 4.0, [0.25, 0.5, 0.75, 1.0, 1.0]),
        (STEPPED, 0.0, 2.5, [0.4, 0.8, 1.0, 1.0, 1.0]),
        (STEPPED, 1.5, 0.0, [0.0, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_ramp_at_year_ends(shape: int, delay: float, years: float, wanted: list[float]) -> None:
    assert [ramp_at(t, delay, years, shape) for t in YEARS] == wanted
    assert [ramp_in_year(t, delay, years, shape, False) for t in YEARS] == wanted


def test_nothing_before_the_base_year_end() -> None:
    assert ramp_at(0.0, 0.0, 4.0, LINEAR) == ramp_at(-3.0, 0.0, 4.0, STEPPED) == ramp_at(0.0, 0.0, 0.0, LINEAR) == 0.0


@pytest.mark.parametrize(
    ("shape", "delay", "years", "wanted"),
    [
        (LINEAR, 0.0, 4.0, [0.125, 0.375, 0.625, 0.875, 1.0]),
        (LINEAR, 1.0, 2.0, [0.0, 0.25, 0.75, 1.0, 1.0]),
        (S_CURVE, 0.0, 2.0, [0.25, 0.75, 1.0, 1.0, 1.0]),
        (STEPPED, 0.0, 2.0, [0.25, 0.75, 1.0, 1.0, 1.0]),
        (LINEAR, 1.0, 0.0, [0.0, 1.0, 1.0, 1.0, 1.0]),  # years = 0: as at the end
    ],
)
def test_average_of_a_year(shape: int, delay: float, years: float, wanted: list[float]) -> None:
    assert [ramp_in_year(t, delay, years, shape, True) for t in YEARS] == wanted


@pytest.mark.parametrize("shape", [LINEAR, S_CURVE, STEPPED])
@pytest.mark.parametrize("average", [False, True])
def test_nan_first(shape: int, average: bool) -> None:
    assert math.isnan(ramp_in_year(2.0, math.nan, 2.0, shape, average))
    assert math.isnan(ramp_in_year(2.0, 0.0, math.nan, shape, average))
    assert math.isnan(ramp_in_year(math.nan, 0.0, 2.0, shape, average))
    assert math.isnan(ramp_at(2.0, math.nan, 0.0, shape))  # not taken for "before the delay"
