"""savings_rate.py: thresholds (inclusive, each side its own) and the shareable pool by hand, in decimal arithmetic, and NaN."""

import math
from decimal import Decimal

import pytest

from simengine.contract.savings_rate import KINDS, rate_met, shareable_pool
from tests.unit.contract.decimals import body

pytestmark = [pytest.mark.unit, pytest.mark.plain]

MET = [
    # gain, baseline, msr, mlr, met
    ("2", "100", "0.02", "0.04", 1),  # inclusive
    ("1.99", "100", "0.02", "0.04", 0),
    ("10", "100", "0.02", "0.04", 1),
    ("-2", "100", "0.02", "0.04", 0),  # the loss has a rate of its own
    ("-3.99", "100", "0.02", "0.04", 0),
    ("-4", "100", "0.02", "0.04", -1),
    ("-10", "100", "0.02", "0.04", -1),
    ("0", "100", "0.02", "0.04", 0),
    ("0", "100", "0", "0", 0),  # no gain and no loss is never met
    ("0.01", "100", "0", "0", 1),
    ("-0.01", "100", "0", "0", -1),
]
POOLS = [
    # gain, met, deducted from a gain, from a loss, pool
    ("10", 1, "2", "4", "8"),  # excess
    ("10", 1, "0", "4", "10"),  # first pound
    ("2", 1, "2", "4", "0"),  # at the threshold nothing lies above it
    ("1", 0, "2", "4", "0"),
    ("-3", 0, "2", "4", "0"),
    ("-10", -1, "2", "4", "-6"),
    ("-10", -1, "2", "0", "-10"),
    ("-4", -1, "2", "4", "0"),
]


@pytest.mark.parametrize("row", MET)
def test_rate_met(row: tuple[str, str, str, str, int]) -> None:
    *amounts, wanted = row
    assert rate_met(*map(float, amounts)) == wanted
    assert body(rate_met)(*map(Decimal, amounts)) == wanted


@pytest.mark.parametrize("row", POOLS)
def test_shareable_pool(row: tuple[str, int, str, str, str]) -> None:
    gain, met, off_gain, off_loss, wanted = row
    assert shareable_pool(float(gain), met, float(off_gain), float(off_loss)) == float(wanted)
    found = body(shareable_pool)(Decimal(gain), met, Decimal(off_gain), Decimal(off_loss))
    assert isinstance(found, Decimal)
    assert found == Decimal(wanted)


def test_kinds() -> None:
    assert KINDS == {"first_pound": 0, "excess": 1}


def test_nan_first() -> None:
    assert rate_met(math.nan, 100.0, 0.0, 0.0) == 0
    assert body(rate_met)(Decimal("nan"), Decimal(100), Decimal(0), Decimal(0)) == 0
    for met in (-1, 0, 1):
        assert math.isnan(shareable_pool(math.nan, met, 2.0, 4.0))
        assert body(shareable_pool)(Decimal("nan"), met, Decimal(2), Decimal(4)).is_nan()
