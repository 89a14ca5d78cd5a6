"""Rules of a whole population budget by hand."""

import math

import pytest

from simengine.projection.budget import less_planned_savings, reset_scale, stream_value

pytestmark = [pytest.mark.unit, pytest.mark.plain]


def test_a_stream_grows_from_what_recurs() -> None:
    assert stream_value(100.0, 0.0, 1.21) == pytest.approx(121.0)
    assert stream_value(100.0, 20.0, 1.25) == 100.0


@pytest.mark.parametrize(("kappa", "left"), [(0.0, 100.0), (0.5, 90.0), (1.0, 80.0)])
def test_the_stated_share_of_planned_savings_is_taken_out(kappa: float, left: float) -> None:
    assert less_planned_savings(100.0, kappa, 20.0) == left


@pytest.mark.parametrize(
    ("current", "observed", "threshold", "scale"),
    [
        (1.0, 1.5, 0.5, 1.5),  # inclusive
        (1.0, 1.5, 0.51, 1.0),
        (1.0, 0.5, 0.5, 0.5),
        (2.0, 2.5, 0.25, 2.5),  # against the current scale, not the first
        (2.0, 2.5, 0.5, 2.0),
        (1.0, 1.0, 0.0, 1.0),
    ],
)
def test_a_reset_moves_to_what_was_observed_from_its_threshold_on(current: float, observed: float, threshold: float, scale: float) -> None:
    assert reset_scale(current, observed, threshold) == scale


def test_a_reset_does_not_hide_what_is_no_number() -> None:
    assert math.isnan(reset_scale(1.0, math.nan, 0.5))
