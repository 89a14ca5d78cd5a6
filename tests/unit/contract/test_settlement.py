"""settlement.py: what is shared, what is held already, what changes hands: by hand, in decimal arithmetic, and NaN."""

import math
from decimal import Decimal

import pytest

from simengine.contract.settlement import held_by_payer, held_by_provider, settlement, shared_part
from tests.unit.contract.decimals import body

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize(
    ("pool", "gain", "wanted"),
    [("8", "10", "0.8"), ("10", "10", "1"), ("0", "10", "0"), ("-8", "-10", "0.8"), ("0", "-1", "0"), ("0", "0", "0")],
)
def test_shared_part(pool: str, gain: str, wanted: str) -> None:
    assert shared_part(float(pool), float(gain)) == float(wanted)
    found = body(shared_part)(Decimal(pool), Decimal(gain))
    assert isinstance(found, Decimal)
    assert found == Decimal(wanted)


@pytest.mark.parametrize(
    ("baseline", "payment", "outturn", "payer", "provider"),
    [
        (100, 90, 90, 10, 0),  # activity: the payer holds it all
        (100, 100, 90, 0, 10),  # block: the provider holds it all
        (100, 98, 90, 2, 8),  # v = .2
        (100, 95, 93, 5, 2),  # a block with schemes taken out
        (100, 100, 110, 0, -10),
    ],
)
def test_held(baseline: int, payment: int, outturn: int, payer: int, provider: int) -> None:
    for kind in (float, Decimal):
        mine = body(held_by_payer)(kind(baseline), kind(payment)), body(held_by_provider)(kind(payment), kind(outturn))
        assert mine == (kind(payer), kind(provider))
        assert sum(mine) == kind(baseline) - kind(outturn)  # ΣW = G
    assert held_by_payer(float(baseline), float(payment)) == payer
    assert held_by_provider(float(payment), float(outturn)) == provider


@pytest.mark.parametrize(
    ("payout", "phi", "held", "wanted"),
    [("2.4", "0.8", "10", "-5.6"), ("2.4", "0.8", "0", "2.4"), ("4", "0.8", "0", "4"), ("1.6", "0.8", "2", "0"), ("0", "0.8", "-10", "8")],
)
def test_settlement(payout: str, phi: str, held: str, wanted: str) -> None:
    assert settlement(float(payout), float(phi), float(held)) == pytest.approx(float(wanted), abs=1e-15)
    assert body(settlement)(Decimal(payout), Decimal(phi), Decimal(held)) == Decimal(wanted)


def test_nan_first() -> None:
    assert math.isnan(shared_part(8.0, math.nan))
    assert math.isnan(shared_part(math.nan, 10.0))
    assert body(shared_part)(Decimal(8), Decimal("nan")).is_nan()
    assert math.isnan(settlement(math.nan, 0.5, 1.0))
    assert math.isnan(settlement(1.0, 0.5, math.nan))
