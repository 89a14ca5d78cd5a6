"""provider_cost.py: fixed and variable cost by hand, the released drop of MODEL.md section 5, and NaN."""

import math

import pytest

from simengine.projection.provider_cost import cost_released, provider_cost

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("fixed_share", "activity", "capacity", "wanted"),
    [
        (0.0, 80.0, 100.0, 160.0),  # all variable: capacity does not matter
        (1.0, 80.0, 100.0, 200.0),  # all fixed: activity does not matter
        (0.5, 80.0, 100.0, 180.0),
        (0.25, 80.0, 100.0, 170.0),
        (0.25, 80.0, 80.0, 160.0),  # all released
        (0.5, 120.0, 100.0, 220.0),  # more than was planned for
    ],
)
def test_provider_cost(fixed_share: float, activity: float, capacity: float, wanted: float) -> None:
    assert provider_cost(2.0, fixed_share, activity, capacity) == wanted


@pytest.mark.parametrize(
    ("fixed_share", "avoided", "released", "wanted"),
    [(0.0, 20.0, 0.0, 40.0), (1.0, 20.0, 0.0, 0.0), (0.5, 20.0, 0.0, 20.0), (0.5, 20.0, 10.0, 30.0), (0.5, 20.0, 20.0, 40.0)],
)
def test_cost_released(fixed_share: float, avoided: float, released: float, wanted: float) -> None:
    assert cost_released(2.0, fixed_share, avoided, released) == wanted


def test_cost_released_is_the_difference_that_schemes_make_to_the_cost() -> None:
    before = provider_cost(4.0, 0.75, 100.0, 96.0)
    after = provider_cost(4.0, 0.75, 84.0, 88.0)
    assert before - after == cost_released(4.0, 0.75, 16.0, 8.0) == 40.0


def test_a_lasting_drop_is_released_over_two_years() -> None:
    """A drop of 8 from year 1 with L = 2 releases 0, 4, 8: R[t] is half the sum of the two gaps before, none before year 1."""
    gaps = {-1: 0.0, 0: 0.0, 1: 8.0, 2: 8.0, 3: 8.0}
    released = [0.5 * (gaps[t - 2] + gaps[t - 1]) for t in (1, 2, 3)]
    assert released == [0.0, 4.0, 8.0]
    assert [provider_cost(1.0, 1.0, 92.0, 100.0 - r) for r in released] == [100.0, 96.0, 92.0]


def test_nan_stays() -> None:
    assert math.isnan(provider_cost(2.0, 0.5, math.nan, 100.0))
    assert math.isnan(provider_cost(2.0, 0.5, 80.0, math.nan))
    assert math.isnan(cost_released(math.nan, 0.5, 20.0, 10.0))
