"""What each effect does in the plan, value for money, payback and cost per outcome."""

import numpy as np
import pytest

from simengine import api
from simengine.engine.plan import prepare
from simengine.statistics.planned_effects import planned_effects
from simengine.statistics.value_for_money import SchemeValue, drawn_values, planned_outcomes, planned_values
from simengine.study.load import Study
from tests.unit.statistics.rich import random_tree, rich

pytestmark = pytest.mark.unit

TOWN = {
    "horizon": {"base": 2014, "years": 2},
    "money": {"unit": "GBP"},
    "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}},
    "services": {
        "admissions": {
            "provider": "trust",
            "activity": 20_000,
            "price": 1_490,
            "segments": {"target": {"share": 0.1}},
            "plan_includes_schemes": 0,
        }
    },
}


def laid_out(tree):
    return prepare(Study.from_dict(tree))


def town(**effects):
    schemes = {name: {"effects": {"admissions": {"segment": "target", "impact": impact}}} for name, impact in effects.items()}
    return laid_out(TOWN | {"schemes": schemes})


def test_the_guides_exhibit_4_twenty_per_cent_of_2000_admissions_are_400_fewer():
    (effect,) = planned_effects(town(care=0.2))
    np.testing.assert_allclose(effect.change, [-400.0, -400.0], rtol=1e-13)
    np.testing.assert_array_equal(effect.unit_price, [1_490.0, 1_490.0])
    np.testing.assert_allclose(effect.saving, [596_000.0] * 2, rtol=1e-13)
    assert (effect.scheme, effect.line, effect.segment, effect.acts_on, effect.together) == ("care", "admissions", "target", "activity", 1)


def test_two_schemes_of_half_on_the_same_tenth_save_three_quarters_of_it():
    one, other = planned_effects(town(first=0.5, second=0.5))
    np.testing.assert_allclose(one.change + other.change, [-1_500.0] * 2, rtol=1e-13)
    np.testing.assert_allclose(one.change, other.change, rtol=1e-13)
    assert one.together == 2


def test_effects_that_cancel():
    better, worse = planned_effects(town(better=0.2, worse=-0.25))
    np.testing.assert_allclose(better.saving + worse.saving, [0.0, 0.0], atol=1e-6)
    assert (better.saving > 0.0).all()


@pytest.mark.parametrize("seed", [*range(40), None])
def test_effects_add_up_to_the_engines_savings_and_activity(seed):
    ready = laid_out(rich() if seed is None else random_tree(seed))
    effects, layout = planned_effects(ready), ready.layout
    # effects of both signs can be many times the spend that they leave
    spend = ready.plan["spend_do_nothing"].sum(axis=1) + sum((np.abs(one.saving) for one in effects), np.zeros(layout.years))
    for i, name in enumerate(layout.schemes):
        saving = sum((one.saving for one in effects if one.scheme == name), np.zeros(layout.years))
        assert (np.abs(saving - ready.plan["scheme_saving"][:, i]) <= 1e-13 * spend).all(), name
    for s, name in enumerate(layout.services):
        on_line = [one for one in effects if one.line == name]
        do_nothing, outturn = ready.plan["activity_do_nothing"][:, s], ready.plan["activity"][:, s]
        size = do_nothing + sum((np.abs(one.change) for one in on_line), np.zeros(layout.years))
        change = sum((one.change for one in on_line), np.zeros(layout.years))
        assert (np.abs(do_nothing + change - outturn) <= 1e-13 * size).all(), name
        saving = sum((one.saving for one in on_line), np.zeros(layout.years))
        assert (np.abs(saving - ready.plan["gross_saving"][:, s]) <= 1e-13 * spend).all(), name
    for one in effects:
        if one.acts_on == "activity":
            np.testing.assert_allclose(-one.change * one.unit_price, one.saving, rtol=1e-12, atol=1e-6)
        else:
            assert not one.change.any()


def test_random_studies_have_every_kind_of_effect():
    found = [effect for seed in range(40) for effect in planned_effects(laid_out(random_tree(seed)))]
    assert {effect.acts_on for effect in found} == {"activity", "price", "unit_cost"}
    assert sum(effect.shifted_from is not None for effect in found) > 5
    assert any((effect.saving < 0.0).any() for effect in found if effect.shifted_from is None)


@pytest.mark.parametrize(
    ("net", "year"),
    [
        ([-3.0, 1.0, 1.0, 2.0], 4),
        ([-1.0, 2.0, -2.0, 2.0], 4),
        ([-1.0, 1.0, 0.5, 0.0], 2),
        ([0.0, 0.0, 1.0, 1.0], 1),
        ([-1.0, 0.5, 0.2, 0.2], None),
        ([5.0, 0.0, 0.0, -6.0], None),
        ([-1.0, float("nan"), 5.0, 5.0], None),
    ],
)
def test_payback_is_the_year_from_which_what_was_spent_is_back_for_good(net, year):
    zero = np.zeros(4)
    assert SchemeValue(np.array(net), zero, zero).payback == year


def test_value_for_money_by_year_and_over_the_term():
    value = SchemeValue(np.array([1.0, 3.0]), np.array([1.0, 0.0]), np.array([1.0, 0.0]))
    found = value.by_period
    np.testing.assert_array_equal(found["net_saving"], [-1.0, 3.0, 2.0])
    np.testing.assert_array_equal(found["benefit_cost_ratio"], [0.5, np.nan, 2.0])


def test_cost_per_outcome():
    ready = laid_out(rich())
    people, avoided = planned_outcomes(ready, planned_effects(ready))
    assert (people.label, avoided.label) == ("People reached", "avoided")
    np.testing.assert_allclose(people.by_period["number"], [500.0, 1_000.0, 1_000.0, 1_000.0, 3_500.0])
    # 300k a year, and 500k in the first
    np.testing.assert_allclose(people.by_period["cost_per_outcome"], [1_600.0, 300.0, 300.0, 300.0, 1_700_000 / 3_500])
    beds = [one for one in planned_effects(ready) if (one.scheme, one.line, one.shifted_from) == ("home_first", "beds", None)]
    np.testing.assert_allclose(avoided.number, -beds[0].change, rtol=1e-14)
    assert (avoided.number > 0.0).all()


def test_values_of_draws_where_they_are_stored_and_where_not():
    ready = laid_out(rich())
    settings, found = api.Settings(1024, 7, "sobol", 2), {}
    for store in ("all", "summary"):
        done = api.complete(ready, settings, store)
        found[store] = drawn_values(done.dataset, done.summary().to_xarray()), done.dataset
    full, dataset = found["all"]
    less, _ = found["summary"]
    parts = [dataset[name].sel(scenario="base", scheme="visits") for name in ("scheme_saving", "scheme_cost", "investment")]
    net = parts[0] - parts[1] - parts[2]
    np.testing.assert_allclose(full["visits"].mean.net_saving, net.mean("draw"), rtol=1e-9)
    np.testing.assert_allclose(full["visits"].spread["net_saving"]["q05"][-1], net.sum("year").quantile(0.05), rtol=1e-9)
    np.testing.assert_allclose(
        full["home_first"].spread["saving"]["q95"][-1],
        dataset["scheme_saving"].sel(scenario="base", scheme="home_first").sum("year").quantile(0.95),
    )
    for name in full:
        for figure in ("saving", "cost", "investment"):
            np.testing.assert_allclose(getattr(less[name].mean, figure), getattr(full[name].mean, figure), rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(less[name].spread["saving"]["sd"][:-1], full[name].spread["saving"]["sd"][:-1], rtol=1e-6, atol=1e-6)
        assert np.isnan(less[name].spread["net_saving"]["q05"]).all()
        assert np.isnan(less[name].spread["saving"]["q05"]).all()
    planned = planned_values(ready)
    assert list(planned) == list(full) == ["home_first", "buying", "visits", "later"]
    assert not planned["later"].saving.any()
