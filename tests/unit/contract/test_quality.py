"""quality.py: what a score does to gains and losses, by hand, in decimal arithmetic, and NaN."""

import math
from decimal import Decimal

import pytest

from simengine.contract.quality import GAIN_RULES, LOSS_RULES, gain_multiplier, loss_multiplier, loss_rate
from tests.unit.contract.decimals import body

pytestmark = [pytest.mark.unit, pytest.mark.plain]

GAINS = [
    ("none", "0.3", "0.5", "1"),
    ("multiplier", "0.3", "0.5", "0.3"),
    ("multiplier", "0", "0.5", "0"),
    ("multiplier", "1", "0.5", "1"),
    ("gate", "0.49", "0.5", "0"),
    ("gate", "0.5", "0.5", "1"),  # at the gate is through it
    ("gate", "0.9", "0.5", "1"),
]
LOSSES = [
    ("none", "0.75", "0.5", "1"),
    ("soften", "0.75", "0.5", "0.625"),
    ("soften", "0", "0.5", "1"),
    ("soften", "1", "1", "0"),
    ("loss_rate", "0.75", "0.5", "1"),  # the rate takes the place of the share: nothing to multiply
]
RATES = [
    ("0.5", "0.75", "0.4", "0.6", "0.6"),  # 1 - 0.375 = 0.625, held at the ceiling
    ("0.6", "0.75", "0.4", "0.6", "0.55"),
    ("0.8", "0.75", "0.4", "0.6", "0.4"),
    ("1", "0.75", "0.4", "0.6", "0.4"),  # 0.25, held at the floor
    ("0", "0.75", "0", "1", "1"),
]


@pytest.mark.parametrize("row", GAINS)
def test_gain_multiplier(row: tuple[str, str, str, str]) -> None:
    name, score, gate, wanted = row
    rule = GAIN_RULES[name]
    assert gain_multiplier(float(score), rule, float(gate)) == float(wanted)
    found = body(gain_multiplier)(Decimal(score), rule, Decimal(gate))
    assert isinstance(found, Decimal)
    assert found == Decimal(wanted)


@pytest.mark.parametrize("row", LOSSES)
def test_loss_multiplier(row: tuple[str, str, str, str]) -> None:
    name, score, soften, wanted = row
    rule = LOSS_RULES[name]
    assert loss_multiplier(float(score), rule, float(soften)) == float(wanted)
    found = body(loss_multiplier)(Decimal(score), rule, Decimal(soften))
    assert isinstance(found, Decimal)
    assert found == Decimal(wanted)


@pytest.mark.parametrize("row", RATES)
def test_loss_rate(row: tuple[str, str, str, str, str]) -> None:
    terms = row[:4]
    assert loss_rate(*map(float, terms)) == pytest.approx(float(row[4]), rel=1e-15)  # 1 - 0.6 · 0.75 has no exact binary value
    found = body(loss_rate)(*map(Decimal, terms))
    assert isinstance(found, Decimal)
    assert found == Decimal(row[4])


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_nan_first(rule: int) -> None:
    """A score that is not known is neither through the gate nor below it."""
    assert math.isnan(gain_multiplier(math.nan, rule, 0.5))
    assert math.isnan(loss_multiplier(math.nan, rule, 0.5))


def test_nan_is_not_held_at_floor_or_ceiling() -> None:
    assert math.isnan(loss_rate(math.nan, 0.75, 0.4, 0.6))
    assert body(loss_rate)(Decimal("nan"), Decimal("0.75"), Decimal("0.4"), Decimal("0.6")).is_nan()
