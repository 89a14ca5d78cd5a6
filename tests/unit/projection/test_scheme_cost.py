"""scheme_cost.py: capital charges by hand (note 10 of docs/model-notes.md)."""

import pytest

from simengine.projection.scheme_cost import capital_charge_weights

pytestmark = [pytest.mark.unit, pytest.mark.plain]


def test_straight_line_and_a_rate_on_the_opening_value() -> None:
    """100 spent in year 1 over 4 years at 8 %: 25 + 8 % of 100, 75, 50, 25."""
    weights = capital_charge_weights(4, 0.08, 6)
    assert [100 * row[0] for row in weights] == pytest.approx([33.0, 31.0, 29.0, 27.0, 0.0, 0.0], rel=1e-15)


def test_later_spending_is_charged_from_its_own_year() -> None:
    assert capital_charge_weights(2, 0.5, 4) == [
        [1.0, 0.0, 0.0, 0.0],
        [0.75, 1.0, 0.0, 0.0],
        [0.0, 0.75, 1.0, 0.0],
        [0.0, 0.0, 0.75, 1.0],
    ]


def test_a_life_of_one_year_without_a_rate_is_cash() -> None:
    assert capital_charge_weights(1, 0.0, 3) == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_what_lies_beyond_the_horizon_is_not_charged() -> None:
    weights = capital_charge_weights(8, 0.0, 2)
    assert weights == [[0.125, 0.0], [0.125, 0.125]]
