"""payment.py: plan payment, block, activity and blended payment by hand (WPB 1.1, 3.5), and NaN."""

import math

import pytest

from simengine.projection.payment import payment, planned_payment

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("kappa", "wanted"),
    [(0.0, 200.0), (1.0, 160.0), (0.5, 180.0), (0.25, 190.0)],
)
def test_planned_payment_takes_out_a_share_of_what_schemes_are_planned_to_save(kappa: float, wanted: float) -> None:
    assert planned_payment(100.0, 80.0, 2.0, kappa) == wanted


def test_planned_payment_without_schemes_does_not_depend_on_kappa() -> None:
    assert planned_payment(100.0, 100.0, 2.0, 0.0) == planned_payment(100.0, 100.0, 2.0, 0.75) == 200.0


@pytest.mark.parametrize(
    ("planned", "variable_share", "worth", "wanted"),
    [
        (100.0, 1.0, 84.0, 84.0),  # activity
        (100.0, 0.0, 84.0, 100.0),  # block
        (100.0, 0.25, 84.0, 96.0),  # blended
        (100.0, 0.25, 116.0, 104.0),
        (100.0, 0.5, 100.0, 100.0),
        (0.0, 0.5, 10.0, 5.0),
    ],
)
def test_payment(planned: float, variable_share: float, worth: float, wanted: float) -> None:
    assert payment(planned, variable_share, worth) == wanted


def test_nan_stays() -> None:
    assert math.isnan(payment(100.0, 0.5, math.nan))
    assert math.isnan(payment(100.0, math.nan, 84.0))
    assert math.isnan(planned_payment(math.nan, 80.0, 2.0, 0.5))
