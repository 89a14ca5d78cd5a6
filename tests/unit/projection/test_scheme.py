"""scheme.py: size of an effect, how segments combine (BCF 3a), the log-mean rule, and NaN."""

import math

import pytest

from simengine.projection.scheme import LARGEST_EFFECT, effect_size, join_segment, log_mean_factor, outturn_activity

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("impact", "ramp", "delivery", "captured", "wanted"),
    [
        (0.5, 1.0, 1.0, 1.0, 0.5),
        (0.5, 0.5, 1.0, 1.0, 0.25),
        (0.5, 0.5, 0.5, 0.5, 0.0625),
        (0.0, 1.0, 1.0, 1.0, 0.0),
        (-0.5, 1.0, 0.5, 1.0, -0.25),  # a scheme may add activity
        (1.0, 1.0, 1.0, 1.0, 1.0 - 1e-12),
        (3.0, 1.0, 1.0, 1.0, 1.0 - 1e-12),
        (3.0, 0.25, 1.0, 1.0, 0.75),  # held after the ramp, not before
    ],
)
def test_effect_size(impact: float, ramp: float, delivery: float, captured: float, wanted: float) -> None:
    assert effect_size(impact, ramp, delivery, captured) == wanted


def test_two_schemes_of_half_on_the_same_tenth_save_seven_and_a_half_percent() -> None:
    """BCF 3a: 7.5 %, not 9.75 %."""
    assert join_segment(0.0, 0.1, (1.0 - 0.5) * (1.0 - 0.5), False) == pytest.approx(0.075, rel=1e-15)


def test_segments_add_where_disjoint_and_compound_where_independent() -> None:
    first = join_segment(0.0, 0.5, 0.5, False)
    assert first == join_segment(0.0, 0.5, 0.5, True) == 0.25
    assert join_segment(first, 0.5, 0.0, False) == 0.75
    assert join_segment(first, 0.5, 0.0, True) == 1.0 - 0.75 * 0.5
    assert join_segment(0.75, 1.0, 0.5, False) == 1.25  # held at 1 by the caller, which counts the draw


def test_outturn_activity() -> None:
    assert outturn_activity(80.0, 0.25) == 60.0
    assert outturn_activity(80.0, -0.25) == 100.0
    assert outturn_activity(80.0, 1.0) == 0.0


def test_log_mean_by_hand() -> None:
    """L(1, a) = (1 - a) / -ln a: L(1, 1/e) = 1 - 1/e, L(1, 1) = 1, L(1, e) = e - 1."""
    e = math.e
    assert log_mean_factor(1 / e, -1.0) == 1 - 1 / e
    assert log_mean_factor(e, 1.0) == e - 1
    assert log_mean_factor(1.0, 0.0) == 1.0


@pytest.mark.parametrize("x", [1e-3, -1e-3, 9.99e-4, -9.99e-4, 5e-4, 1e-8, -1e-8, 1e-300])
def test_log_mean_near_one_against_expm1(x: float) -> None:
    assert log_mean_factor(math.exp(x), x) == pytest.approx(math.expm1(x) / x, rel=1e-13)


@pytest.mark.parametrize("effects", [(0.5, 0.5), (0.3, 0.1, 0.7), (0.4, -0.3), (0.999999, 1e-9), (-0.2, -0.1)])
def test_attributed_parts_add_up_to_the_saving_of_the_segment(effects: tuple[float, ...]) -> None:
    remaining = math.prod(1.0 - r for r in effects)
    logs = [math.log1p(-r) for r in effects]
    factor = log_mean_factor(remaining, math.fsum(logs))
    assert sum(-log * factor for log in logs) == pytest.approx(1.0 - remaining, rel=1e-12)


def test_two_equal_schemes_share_equally() -> None:
    log = math.log(0.5)
    assert -log * log_mean_factor(0.25, 2 * log) == 0.375


def test_nan_first() -> None:
    for k in range(4):
        assert math.isnan(effect_size(*[math.nan if j == k else 1.0 for j in range(4)]))  # not held at the largest effect
    assert math.isnan(join_segment(0.5, 0.5, math.nan, True))
    assert math.isnan(outturn_activity(80.0, math.nan))
    assert math.isnan(log_mean_factor(math.nan, math.nan))
    assert LARGEST_EFFECT < 1.0
