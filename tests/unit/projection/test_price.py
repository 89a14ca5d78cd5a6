"""price.py: which yearly factors a price and a unit cost have, and in which order (WPB 3.4)."""

import pytest

from simengine.projection.price import Change, efficiency_change, inflation_change, price_changes, rate_change, unit_cost_changes

pytestmark = [pytest.mark.unit, pytest.mark.plain]

INFLATION = inflation_change(("pay", "drugs"), (0.5, 0.25))


def index(changes: tuple[Change, ...], rates: dict[object, float]) -> float:
    """One year of an index by the definition: Π (1 + Σ weight · rate)."""
    value = 1.0
    for change in changes:
        value *= 1.0 + sum(weight * rates[rate] for rate, weight in zip(change.rates, change.weights, strict=True))
    return value


def test_single_factors() -> None:
    assert Change(("pay", "drugs"), (0.5, 0.25)) == INFLATION
    assert efficiency_change("saved") == Change(("saved",), (-1.0,))
    assert rate_change("tariff") == Change(("tariff",), (1.0,))


def test_price_is_inflation_less_required_efficiency() -> None:
    changes = price_changes(INFLATION, "required", None, None)
    assert changes == (INFLATION, efficiency_change("required"))
    assert index(changes, {"pay": 0.5, "drugs": 1.0, "required": 0.25}) == 1.5 * 0.75


def test_a_tariff_change_stands_alone_or_on_top() -> None:
    assert price_changes(None, None, "tariff", None) == (rate_change("tariff"),)
    on_top = price_changes(INFLATION, "required", "tariff", None)
    assert on_top == (INFLATION, efficiency_change("required"), rate_change("tariff"))
    assert index(on_top, {"pay": 0.5, "drugs": 1.0, "required": 0.25, "tariff": 0.5}) == 1.5 * 0.75 * 1.5


def test_growth_that_moves_the_price_comes_last() -> None:
    assert price_changes(None, None, None, "growth") == (rate_change("growth"),)
    assert price_changes(INFLATION, None, "tariff", "growth")[1:] == (rate_change("tariff"), rate_change("growth"))


def test_unit_cost_has_the_efficiency_achieved_and_never_a_tariff() -> None:
    changes = unit_cost_changes(INFLATION, "achieved", "growth")
    assert changes == (INFLATION, efficiency_change("achieved"), rate_change("growth"))
    assert index(changes, {"pay": 0.5, "drugs": 0.0, "achieved": 0.5, "growth": 1.0}) == 1.25 * 0.5 * 2.0
    assert unit_cost_changes(None, None, None) == ()


def test_a_rate_of_zero_is_a_rate() -> None:
    """Slots and numbers alike: only None means that there is no such factor."""
    assert price_changes(None, 0.0, 0.0, 0.0) == (efficiency_change(0.0), rate_change(0.0), rate_change(0.0))
