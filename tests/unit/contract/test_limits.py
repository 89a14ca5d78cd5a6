"""limits.py: cap and collar by hand, at their edges, in decimal arithmetic, and NaN."""

import math
from decimal import Decimal

import pytest

from simengine.contract.limits import limit_to_corridor
from tests.unit.contract.decimals import body

pytestmark = [pytest.mark.unit, pytest.mark.plain]

TABLE = [
    # payout, collar, cap, wanted
    ("12.60", "3.00", "5.00", "5.00"),
    ("5.00", "3.00", "5.00", "5.00"),
    ("4.99", "3.00", "5.00", "4.99"),
    ("0.00", "3.00", "5.00", "0.00"),
    ("-2.99", "3.00", "5.00", "-2.99"),
    ("-3.00", "3.00", "5.00", "-3.00"),
    ("-9.00", "3.00", "5.00", "-3.00"),
    ("9.00", "0.00", "0.00", "0.00"),
    ("-9.00", "0.00", "0.00", "0.00"),
]


@pytest.mark.parametrize("row", TABLE)
def test_corridor(row: tuple[str, str, str, str]) -> None:
    payout, collar, cap, wanted = row
    assert limit_to_corridor(float(payout), float(collar), float(cap)) == float(wanted)
    found = body(limit_to_corridor)(Decimal(payout), Decimal(collar), Decimal(cap))
    assert isinstance(found, Decimal)
    assert found == Decimal(wanted)


def test_no_limit() -> None:
    assert limit_to_corridor(-1e300, math.inf, math.inf) == -1e300
    assert limit_to_corridor(1e300, math.inf, math.inf) == 1e300


def test_nan_first() -> None:
    assert math.isnan(limit_to_corridor(math.nan, 3.0, 5.0))  # neither the cap nor the collar
    assert body(limit_to_corridor)(Decimal("nan"), Decimal(3), Decimal(5)).is_nan()
