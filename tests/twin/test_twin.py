"""Checks of the twin itself by cases computed by hand (contracts and identities: `test_twin_contract.py`, `test_twin_identities.py`)."""

from __future__ import annotations

import math

import pytest

from .model import twin
from .population import population
from .reading import Reader, merged
from .schemes import ramp_at


def base_tree(years: int = 3, **line: object) -> dict:
    """A study of one activity line of 1,000 at a price of 100."""
    return {
        "horizon": {"base": 2014, "years": years},
        "money": {"unit": "GBP k"},
        "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
        "services": {"care": {"provider": "acute", "activity": 1000.0, "price": 100.0, **line}},
    }


def one_draw(tree: dict, scenario: str | None = None, **values: list[float]) -> dict:
    """The one draw of a study without drivers (or with the values given, also as the plan)."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    return twin(tree, named, [named], scenario)["draws"][0]


def column(result: dict, variable: str, *names: str) -> list[float]:
    """A variable of one name over the years."""
    found = []
    for in_year in result[variable]:
        value = in_year
        for name in names:
            value = value[name]
        found.append(value)
    return found


def with_scheme(tree: dict, impact: float = 0.2, **scheme: object) -> dict:
    """The study with one scheme on its line."""
    return merged(tree, {"schemes": {"team": {"effects": {"care": {"impact": impact}}, **scheme}}})


# Do nothing


def test_growth_population_and_price() -> None:
    tree = base_tree(
        2,
        growth={"population": True, "demographic": 0.1},
        cost_weights={"pay": 0.5, "drugs": 0.25},
        efficiency_required=[0.0, 0.1],
        efficiency_achieved=0.05,
    )
    tree["population"] = {"size": 5000.0, "growth": [0.0, 0.2]}
    tree["inflation"] = {"pay": 0.1, "drugs": 0.2}
    result = one_draw(tree)
    assert population(Reader(tree, {}, is_plan=True))[1:] == [5000.0, 6000.0]
    assert column(result, "activity_do_nothing", "care") == pytest.approx([1100.0, 1100.0 * 1.2 * 1.1])
    assert column(result, "price", "care") == pytest.approx([110.0, 110.0 * 1.1 * 0.9])
    assert column(result, "unit_cost", "care") == pytest.approx([100 * 1.1 * 0.95, 100 * (1.1 * 0.95) ** 2])
    assert column(result, "spend_do_nothing", "care") == pytest.approx([121000.0, 1452.0 * 108.9])


def test_tariff_instead_and_on_top() -> None:
    assert column(one_draw(base_tree(2, tariff_change=0.1)), "price", "care") == pytest.approx([110.0, 121.0])
    tree = base_tree(1, tariff_change=0.1, tariff_change_on_top=True, cost_weights={"pay": 1.0}, efficiency_required=0.5)
    tree["inflation"] = {"pay": 0.2}
    result = one_draw(tree)
    assert column(result, "price", "care") == pytest.approx([100 * 1.2 * 0.5 * 1.1])
    assert column(result, "unit_cost", "care") == pytest.approx([100 * 1.2 * 0.5])


def test_efficiency_achieved_is_the_plan_value_of_the_one_required() -> None:
    tree = base_tree(1, efficiency_required={"dist": "uniform", "min": 0.0, "max": 0.2})
    name = "services.care.efficiency_required"
    result = twin(tree, {name: [0.1]}, [{name: [0.2]}])["draws"][0]
    assert column(result, "price", "care") == pytest.approx([80.0])
    assert column(result, "unit_cost", "care") == pytest.approx([90.0])
    assert column(result, "party_position", "acute") == pytest.approx([80000.0 - 90000.0])


def test_spend_lines() -> None:
    tree = base_tree(2)
    tree["services"] = {
        "grows": {"provider": "acute", "spend": 10.0, "growth": 0.1},
        "dearer": {"provider": "acute", "spend": 10.0, "growth": 0.1, "growth_is": "price", "unit_cost": 0.5},
        "listed": {"provider": "acute", "spend_by_year": [1.0, 2.0], "unit_cost": 2.0},
    }
    result = one_draw(tree)
    assert column(result, "activity_do_nothing", "grows") == pytest.approx([11000.0, 12100.0])
    assert column(result, "price", "grows") == [1.0, 1.0]
    assert column(result, "activity_do_nothing", "dearer") == [10000.0, 10000.0]
    assert column(result, "price", "dearer") == pytest.approx([1.1, 1.21])
    assert column(result, "unit_cost", "dearer") == pytest.approx([0.55, 0.605])
    assert column(result, "spend_do_nothing", "listed") == [1000.0, 2000.0]
    assert column(result, "provider_cost", "listed") == [2000.0, 4000.0]


def test_volatility_multiplies_activity_in_draws_only() -> None:
    tree = base_tree(2, volatility={"cv_floor": 0.1})
    tree["volatility"] = {"common": {"dist": "normal", "mean": 1.0, "sd": 0.1}}
    draw = {"services.care.volatility": [1.1, 0.9], "volatility.common": [1.2, 1.0]}
    result = twin(tree, {"services.care.volatility": [1.0, 1.0], "volatility.common": [1.0, 1.0]}, [draw])
    assert column(result["plan"], "activity", "care") == [1000.0, 1000.0]
    assert column(result["draws"][0], "activity", "care") == pytest.approx([1320.0, 900.0])


def test_a_declared_driver_is_shared_and_a_declared_list_is_constant() -> None:
    tree = base_tree(2, growth="trend", efficiency_required="steps")
    tree["drivers"] = {"trend": {"dist": "uniform", "min": 0.0, "max": 1.0}, "steps": [0.0, 0.5]}
    result = twin(tree, {"drivers.trend": [0.0, 0.0]}, [{"drivers.trend": [0.1, 0.2]}])["draws"][0]
    assert column(result, "activity", "care") == pytest.approx([1100.0, 1320.0])
    assert column(result, "price", "care") == pytest.approx([100.0, 50.0])


# Schemes


def test_ramps() -> None:
    assert [ramp_at(t, 2, 1, "linear") for t in range(1, 5)] == [0.0, 0.5, 1.0, 1.0]
    assert [ramp_at(t, 4, 0, "s_curve") for t in (1, 2, 4)] == [3 / 16 - 2 / 64, 0.5, 1.0]
    assert [ramp_at(t, 2, 0.5, "stepped") for t in range(1, 5)] == [0.0, 0.5, 1.0, 1.0]
    assert [ramp_at(t, 0, 1, "linear") for t in range(1, 4)] == [0.0, 1.0, 1.0]
    average = with_scheme(base_tree(3), 0.5, ramp={"years": 2, "in_year": "average"})
    assert column(one_draw(average), "activity", "care") == pytest.approx([875.0, 625.0, 500.0])
    at_once = with_scheme(base_tree(3), 0.5, ramp={"years": 0, "in_year": "average"})
    assert column(one_draw(at_once), "activity", "care") == pytest.approx([500.0, 500.0, 500.0])


def two_schemes(overlap: str, first: str, second: str, impact: float = 0.5, share: float = 0.1) -> dict:
    """Two schemes of one impact on segments of one share."""
    tree = base_tree(1, overlap=overlap, segments={"old": {"share": share}, "young": {"share": share}})
    tree["schemes"] = {
        "a": {"effects": {"care": {"impact": impact, "segment": first}}},
        "b": {"effects": {"care": {"impact": impact, "segment": second}}},
    }
    return one_draw(tree)


def test_two_schemes_of_half_on_the_same_tenth_save_7_5_per_cent() -> None:
    result = two_schemes("disjoint", "old", "old")
    assert column(result, "activity", "care") == pytest.approx([925.0])
    assert column(result, "scheme_saving", "a") == pytest.approx([3750.0])


def test_the_three_overlap_rules() -> None:
    assert column(two_schemes("disjoint", "old", "young"), "activity", "care") == pytest.approx([900.0])
    assert column(two_schemes("additive", "old", "young"), "activity", "care") == pytest.approx([900.0])
    independent = two_schemes("independent", "old", "young")
    assert column(independent, "activity", "care") == pytest.approx([1000 * 0.95 * 0.95])
    assert column(independent, "scheme_saving", "a") == pytest.approx([9750.0 / 2])
    clipped = two_schemes("additive", "old", "young", 0.9, 0.8)
    assert column(clipped, "activity", "care") == [0.0]
    assert column(clipped, "scheme_saving", "b") == pytest.approx([50000.0])


def test_the_log_mean_rule_with_signs() -> None:
    tree = base_tree(1)
    tree["schemes"] = {"a": {"effects": {"care": {"impact": 0.5}}}, "b": {"effects": {"care": {"impact": -0.25}}}}
    result = one_draw(tree)
    s0, s1 = 100000.0, 100000.0 * 0.5 * 1.25
    log_mean = (s0 - s1) / math.log(s0 / s1)
    assert column(result, "spend", "care") == pytest.approx([s1])
    assert column(result, "scheme_saving", "a") == pytest.approx([log_mean * -math.log(0.5)])
    assert column(result, "scheme_saving", "b") == pytest.approx([log_mean * -math.log(1.25)])


def test_delivery_and_captured_multiply_and_disabled_does_nothing() -> None:
    scheme = {"delivery": 0.5, "captured": 0.5, "ramp": [0.5, 1.0]}
    assert column(one_draw(with_scheme(base_tree(2), 0.8, **scheme)), "activity", "care") == pytest.approx([900.0, 800.0])
    costs = {"staff": {"approach": "budget", "amount": 1.0}}
    off = one_draw(with_scheme(base_tree(2), 0.8, enabled=False, costs=costs))
    assert column(off, "activity", "care") == [1000.0, 1000.0]
    assert column(off, "scheme_cost", "team") == [0, 0]


def test_impacts_in_units_and_money_refer_to_the_planned_end_state() -> None:
    tree = base_tree(2, growth=1.0, tariff_change=0.5, segments={"old": {"people": 10.0, "rate": 50.0}})
    units = with_scheme(tree, effects={"care": {"impact": 200.0, "impact_is": "units", "segment": "old"}}, ramp=[0.5, 1.0])
    # The plan's end state is 4,000 units, half of them old: r = 0.1 of the segment, 0.05 of the line.
    assert column(one_draw(units), "activity", "care") == pytest.approx([2000 * 0.975, 4000 * 0.95])
    money = with_scheme(tree, effects={"care": {"impact": 90.0, "impact_is": "money", "segment": "old"}})
    # 2,000 units at 225 are 450,000: r = 0.2 of the segment.
    assert column(one_draw(money), "activity", "care") == pytest.approx([1800.0, 3600.0])


def test_segment_by_people_uses_the_base_activity_as_drawn() -> None:
    tree = base_tree(1, segments={"old": {"people": 100.0, "rate": 1.0}}, activity={"dist": "uniform", "min": 500.0, "max": 1500.0})
    tree = with_scheme(tree, effects={"care": {"impact": 0.5, "segment": "old"}})
    name = "services.care.activity"
    result = twin(tree, {name: [1000.0]}, [{name: [500.0]}])["draws"][0]
    assert column(result, "activity", "care") == pytest.approx([450.0])


# Costs


def test_budget_bottom_up_and_absorbed() -> None:
    tree = base_tree(2)
    tree["inflation"] = {"pay": 0.1}
    tiers = {"high": {"share": 0.5, "contacts": 10.0, "hours": 2.0}, "low": {"share": 0.5, "contacts": 2.0, "hours": 1.0}}
    wte = {"people": 100.0, "tiers": tiers, "hours_per_wte": 1000.0, "utilisation": 0.5, "cost_per_wte": 30000.0, "non_pay": 4.0}
    costs = {
        "fixed": {"approach": "budget", "amount": 10.0, "inflation": "pay", "ramp": [0.5, 1.0], "absorbed": 0.2},
        "team": {"approach": "bottom_up", **wte},
    }
    result = one_draw(with_scheme(tree, costs=costs))
    pay = 100 * (0.5 * 10 * 2 + 0.5 * 2 * 1) / 500 * 30000
    assert column(result, "scheme_cost", "team") == pytest.approx([10000 * 0.5 * 1.1 * 0.8 + pay + 4000, 10000 * 1.21 * 0.8 + pay + 4000])


def test_reinvestment_is_of_the_planned_end_state_whatever_is_delivered() -> None:
    tree = base_tree(2, growth=1.0, tariff_change=0.5)
    cost = {"staff": {"approach": "reinvestment", "share": 0.5, "ramp": [0.2, 1.0]}}
    scheme = {"costs": cost, "ramp": [0.1, 0.4], "captured": 0.5, "delivery": {"dist": "uniform", "min": 0.0, "max": 1.0}}
    name = "schemes.team.delivery"
    result = twin(with_scheme(tree, **scheme), {name: [0.5, 0.5]}, [{name: [0.0, 1.0]}])["draws"][0]
    # 0.2 × 0.5 of 4,000 units: 400 at a price of 150, then 225.
    assert column(result, "scheme_cost", "team") == pytest.approx([0.5 * 400 * 150 * 0.2, 0.5 * 400 * 225])


def test_investments_in_cash_and_as_a_capital_charge() -> None:
    tree = base_tree(4)
    tree["inflation"] = {"drugs": 0.1}
    items = {
        "office": {"kind": "programme_office", "amount": 1.0},
        "once": {"kind": "one_off", "amount": 5.0, "year": 3},
        "building": {"kind": "capital", "amount": 10.0, "year": 2, "life": 2, "charge_rate": 0.04, "inflation": "drugs"},
    }
    result = one_draw(with_scheme(tree, investments=items))
    x = 10000 * 1.21
    charges = [0.0, x * (0.5 + 0.04), x * (0.5 + 0.04 * 0.5), 0.0]
    assert column(result, "investment", "team") == pytest.approx([1000 + a + b for a, b in zip([0, 0, 5000, 0], charges, strict=True)])


# Payment and positions


@pytest.mark.parametrize(("variable", "kappa", "paid"), [(1.0, 0.0, 80000), (0.0, 0.0, 100000), (0.0, 1.0, 90000), (0.5, 0.5, 87500)])
def test_payment(variable: float, kappa: float, paid: float) -> None:
    """The plan saves 10 %, the draw 20 %, of 100,000."""
    tree = base_tree(1, variable_share=variable, plan_includes_schemes=kappa)
    tree = with_scheme(tree, 0.2, delivery={"dist": "uniform", "min": 0.0, "max": 1.0})
    result = twin(tree, {"schemes.team.delivery": [0.5]}, [{"schemes.team.delivery": [1.0]}])["draws"][0]
    assert column(result, "payment", "care") == pytest.approx([paid])


def test_payment_at_the_planned_price_and_from_an_explicit_baseline() -> None:
    price = {"price": {"dist": "uniform", "min": 50.0, "max": 150.0}}
    draws = [{"services.care.price": [120.0]}]
    plan = {"services.care.price": [100.0]}
    assert twin(base_tree(1, **price), plan, draws)["draws"][0]["payment"] == [{"care": 120000.0}]
    assert twin(base_tree(1, payment_price="plan", **price), plan, draws)["draws"][0]["payment"] == [{"care": 100000.0}]
    stated = base_tree(1, payment_baseline=60.0, variable_share=0.5, **price)
    assert twin(stated, plan, draws)["draws"][0]["payment"] == [{"care": 90000.0}]


def test_payer_is_provider_bears_only_the_cost() -> None:
    result = one_draw(base_tree(1, payer="acute", unit_cost=70.0))
    assert column(result, "payment", "care") == [0.0]
    assert column(result, "party_position", "acute") == [30000.0]
    assert column(result, "party_position", "ccg") == [0.0]


def test_a_lasting_drop_releases_nothing_then_half_then_all() -> None:
    result = one_draw(with_scheme(base_tree(3, fixed_share=1.0, release_years=2), 0.4))
    assert column(result, "cost_released", "care") == pytest.approx([0.0, 20000.0, 40000.0])
    at_once = one_draw(with_scheme(base_tree(3, fixed_share=1.0), 0.4))
    assert column(at_once, "cost_released", "care") == pytest.approx([40000.0] * 3)


def test_outsider_and_leakage() -> None:
    tree = with_scheme(base_tree(1), 0.2, costs={"staff": {"approach": "budget", "amount": 5.0, "funded_by": "acute"}})
    tree["parties"]["acute"]["in_system"] = False
    result = one_draw(tree)
    assert result["leakage"] == pytest.approx([80000.0])
    assert result["net_position"] == pytest.approx([20000.0])
    assert result["net_benefit"] == pytest.approx([20000.0])
    assert result["net_saving"] == pytest.approx([15000.0])
    assert column(result, "party_position", "acute") == pytest.approx([-5000.0])


def test_scenario_changes_the_draws_and_not_the_plan() -> None:
    tree = with_scheme(base_tree(1, variable_share=0.0, plan_includes_schemes=1.0), 0.2)
    tree["scenarios"] = {"none": {"label": "x", "schemes": {"team": {"enabled": False}}}}
    result = twin(tree, {}, [{}], "none")
    assert column(result["plan"], "activity", "care") == pytest.approx([800.0])
    assert column(result["draws"][0], "activity", "care") == [1000.0]
    assert column(result["draws"][0], "payment", "care") == pytest.approx([80000.0])
    base = {"a": {"dist": "normal", "mean": 1}, "b": {"x": 1, "y": [1]}}
    changed = {"a": {"dist": "uniform", "min": 0}, "b": {"y": [2, 3]}, "c": 1}
    assert merged(base, changed) == {"a": {"dist": "uniform", "min": 0}, "b": {"x": 1, "y": [2, 3]}, "c": 1}
