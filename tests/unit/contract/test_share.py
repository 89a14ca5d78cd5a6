"""share.py: how much of a gain lies in a band (risk corridors), by hand, in decimal arithmetic, and NaN."""

import math
from decimal import Decimal

import pytest

from simengine.contract.share import width_in_band
from tests.unit.contract.decimals import body

pytestmark = [pytest.mark.unit, pytest.mark.plain]

EDGES = ["0", "0.03", "0.08", "inf"]
TABLE = [
    # start (0, or the rate under excess), |g|, widths in the three bands
    ("0", "0.02", ["0.02", "0", "0"]),
    ("0", "0.03", ["0.03", "0", "0"]),
    ("0", "0.05", ["0.03", "0.02", "0"]),
    ("0", "0.10", ["0.03", "0.05", "0.02"]),
    ("0.02", "0.10", ["0.01", "0.05", "0.02"]),
    ("0.05", "0.10", ["0", "0.03", "0.02"]),
    ("0.09", "0.10", ["0", "0", "0.01"]),
    ("0.05", "0.04", ["0", "0", "0"]),  # below the start nothing, never a negative width
]


@pytest.mark.parametrize("row", TABLE)
def test_width_in_band(row: tuple[str, str, list[str]]) -> None:
    start, rate, wanted = row
    bands = list(zip(EDGES, EDGES[1:], strict=False))
    found = [width_in_band(float(start), float(rate), float(low), float(high)) for low, high in bands]
    assert found == pytest.approx([float(width) for width in wanted], abs=1e-16)
    exact = [body(width_in_band)(Decimal(start), Decimal(rate), Decimal(low), Decimal(high)) for low, high in bands]
    assert exact == [Decimal(width) for width in wanted]
    assert sum(exact) == max(Decimal(rate) - Decimal(start), Decimal(0))


def test_marginal_shares_by_hand() -> None:
    """20 % of the first 3 %, 50 % up to 8 %, 80 % beyond, of a gain of 10 % on 1,000: 6 + 25 + 16 = 47."""
    shares = [Decimal("0.2"), Decimal("0.5"), Decimal("0.8")]
    bands = zip(EDGES, EDGES[1:], shares, strict=False)
    parts = [1000 * share * body(width_in_band)(Decimal(0), Decimal("0.1"), Decimal(low), Decimal(high)) for low, high, share in bands]
    assert parts == [Decimal(6), Decimal(25), Decimal(16)]


def test_nan_first() -> None:
    assert math.isnan(width_in_band(0.0, math.nan, 0.0, 0.03))
    assert math.isnan(width_in_band(0.0, math.nan, 0.03, math.inf))
