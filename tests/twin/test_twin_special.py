"""Checks of the twin's special lines and budgets by cases computed by hand (model notes 21 to 32)."""

from __future__ import annotations

import math

import pytest

from .bands import integral
from .model import twin
from .reading import merged
from .test_twin import base_tree, column, one_draw, with_scheme


def two_lines(years: int = 1, **effect: object) -> dict:
    """100 units at 10 (care) and 1,000 at 2 (home); a scheme acts on care."""
    tree = base_tree(years)
    tree["money"] = {"unit": "GBP"}
    tree["services"] = {
        "care": {"provider": "acute", "activity": 100.0, "price": 10.0},
        "home": {"provider": "acute", "activity": 1000.0, "price": 2.0},
    }
    tree["schemes"] = {"team": {"effects": {"care": effect}}}
    return tree


def test_conversion_of_both_kinds_of_line() -> None:
    tree = base_tree(1, conversion={"growth": 0.1, "inflation": 0.2, "efficiency": 0.5})
    result = one_draw(tree)
    assert column(result, "activity", "care") == pytest.approx([1100.0])
    assert column(result, "price", "care") == pytest.approx([60.0])
    tree["services"]["care"] = {
        "provider": "acute",
        "spend": 10.0,
        "conversion": {"inflation": 0.1, "one_off": -1.0, "service_investment": 3.0},
    }
    assert column(one_draw(tree), "spend", "care") == pytest.approx([13000.0])


def test_qipp_is_off_the_activity_of_its_year_and_not_below_nothing() -> None:
    tree = base_tree(3, growth=1.0)
    tree["qipp"] = {"less": {"service": "care", "amount": [10.0, 0.0, 900.0], "achieved": 0.5}}
    assert column(one_draw(tree), "activity_do_nothing", "care") == pytest.approx([2000.0 - 50.0, 4000.0, 8000.0 - 4500.0])
    tree["qipp"]["less"]["amount"] = 1000.0
    assert column(one_draw(tree), "activity_do_nothing", "care") == pytest.approx([0.0, 0.0, 3000.0])


def test_price_and_activity_compound_on_spend_and_unit_cost_stands_by_itself() -> None:
    tree = with_scheme(base_tree(1), effects={"care": {"impact": 0.2}})
    other = {"a": {"service": "care", "acts_on": "price", "impact": 0.5}, "b": {"service": "care", "acts_on": "unit_cost", "impact": 0.1}}
    tree["schemes"]["other"] = {"effects": other}
    result = one_draw(tree)
    assert column(result, "activity", "care") == pytest.approx([800.0])
    assert column(result, "spend", "care") == pytest.approx([40000.0])
    assert column(result, "scheme_saving", "team") == pytest.approx([60000.0 * math.log(0.8) / math.log(0.4)])
    assert column(result, "provider_cost", "care") == pytest.approx([72000.0])
    assert column(result, "stranded_cost", "care") == pytest.approx([0.0])


def test_what_is_moved_costs_its_price_where_it_arrives() -> None:
    result = one_draw(two_lines(impact=0.2, shift={"home": 3.0}))
    assert column(result, "activity", "home") == pytest.approx([1060.0])
    assert column(result, "scheme_saving", "team") == pytest.approx([200.0 - 60.0 * 2.0])


def test_reinvestment_counts_the_shift_in_and_is_nothing_below_nothing() -> None:
    cost = {"staff": {"approach": "reinvestment", "share": 0.5}}
    tree = merged(two_lines(impact=0.2, shift={"home": 3.0}), {"schemes": {"team": {"costs": cost}}})
    assert column(one_draw(tree), "scheme_cost", "team") == pytest.approx([40.0])
    tree["schemes"]["team"]["effects"]["care"]["shift"]["home"] = 6.0
    assert column(one_draw(tree), "scheme_cost", "team") == [0.0]
    actual = merged(tree, {"schemes": {"team": {"costs": {"staff": {"of": "actual"}}}}})
    assert column(one_draw(actual), "scheme_cost", "team") == [0.0]


@pytest.mark.parametrize(("deviation", "found"), [(0.02, 0.01), (0.05, 0.02 + 0.1 * 0.01), (0.2, 0.02 + 0.1 * 0.06 + 0.1 * 1.0)])
def test_marginal_bands_are_integrals(deviation: float, found: float) -> None:
    assert integral(deviation, 0.5, [(0.04, 0.1), (0.1, 1.0)]) == pytest.approx(found)


def with_budget(tree: dict, **budget: object) -> dict:
    """The study with a budget of its line, held by its provider."""
    whole = {"commissioner": "ccg", "holder": "acute", "services": ["care"], "value": "plan", **budget}
    return merged(tree, {"budgets": {"whole": whole}})


def test_a_reset_has_no_foresight() -> None:
    growth = {"dist": "uniform", "min": 0.0, "max": 0.2, "path": "independent"}
    tree = with_budget(base_tree(3, growth=growth), resets={"years": [2, 3], "drivers": ["services.care.growth"], "threshold": 0.02})
    name = "services.care.growth"
    result = twin(tree, {name: [0.1] * 3}, [{name: [0.12, 0.2, 0.0]}])["draws"][0]
    again = 1.12 / 1.1
    # 1.8 % is below the threshold; the year after, both years are seen
    both = again * 1.2 / 1.1
    assert column(result, "budget_value", "whole") == pytest.approx([110000.0, 121000.0, 133100.0 * both])


def test_update_improvement_and_positions() -> None:
    tree = with_budget(
        base_tree(1),
        population_update={"all": {"value": 2.0}},
        improvement_payments={"a": {"weight": 0.1, "score": 0.4}},
        unearned_to="fund",
    )
    tree["parties"]["fund"] = {"role": "fund"}
    tree["population"] = {"size": {"dist": "uniform", "min": 0.0, "max": 2000.0}}
    result = twin(tree, {"population.size": [1000.0]}, [{"population.size": [1500.0]}])["draws"][0]
    assert column(result, "budget_value", "whole") == [101000.0]
    assert column(result, "ips_earned", "whole") == pytest.approx([4040.0])
    assert column(result, "party_position", "ccg") == pytest.approx([-1000.0])
    assert column(result, "party_position", "acute") == pytest.approx([101000.0 * 0.94 - 100000.0])
    assert column(result, "party_position", "fund") == pytest.approx([6060.0])


def test_a_gain_on_a_budget_is_held_by_its_holder_until_it_is_settled() -> None:
    tree = with_budget(with_scheme(base_tree(1), 0.2), plan_includes_schemes=0.5)
    tree["arrangements"] = {"deal": {"baseline": "budget", "budget": "whole", "gain_share": {"acute": 0.4}}}
    result = one_draw(tree)
    assert result["gain"] == [{"deal": pytest.approx(10000.0)}]
    assert result["settlement"] == [{"deal": {"ccg": pytest.approx(6000.0), "acute": pytest.approx(-6000.0)}}]


def test_affordability_of_a_stream_in_and_out_of_a_budget() -> None:
    tree = with_budget(
        base_tree(2, growth=0.1), value="allocation", streams={"own": {"services": ["care"], "growth": 0.2, "non_recurrent": 20.0}}
    )
    tree["services"]["home"] = {"provider": "acute", "spend": 10.0}
    tree["allocations"] = {"all": {"services": ["care", "home"], "base": 100.0, "growth": 0.0}}
    result = one_draw(tree)
    assert column(result, "budget_value", "whole") == pytest.approx([96000.0, 115200.0])
    assert column(result, "affordability_gap", "all") == pytest.approx([6000.0, 25200.0])
