"""The waterfall: its levels are the engine's plan, its steps add up, and their order moves steps but no total."""

import numpy as np
import pytest

from simengine import api
from simengine.engine.plan import prepare
from simengine.statistics.summary import summarise
from simengine.statistics.waterfall import drawn_waterfall, planned_waterfall
from simengine.study.load import Study
from tests.unit.statistics.rich import random_tree, rich

pytestmark = pytest.mark.unit

#: Relative to the sum of the absolute terms.
LARGEST = 1e-13
LEVELS = {"pressure": "spend_pressure", "do_nothing": "spend_do_nothing", "outturn": "spend"}


def laid_out(tree):
    return prepare(Study.from_dict(tree))


def terms(found):
    """Σ|terms| by year and line."""
    return np.abs(found.base) + sum(np.abs(step.change) for step in found.steps)


def assert_adds_up(ready):
    found = planned_waterfall(ready)
    with_qipp = {item.service for item in ready.study.spec.qipp.values()}
    for level, variable in LEVELS.items():
        # the pressure is before QIPP (note 22)
        lines = [s for s, name in enumerate(found.lines) if level != "pressure" or name not in with_qipp]
        residual = np.abs(found.level(level) - ready.plan[variable])[:, lines] / terms(found).sum(axis=1, keepdims=True)
        assert residual.max() <= LARGEST, level
    whole = ready.plan["spend"].sum(axis=1) - found.base.sum()
    assert np.abs(sum(step.change.sum(axis=1) for step in found.steps) - whole).max() <= LARGEST * terms(found).sum(axis=1).min()
    steps = {step.name: step.change.sum(axis=1) for step in found.steps}
    for i, name in enumerate(ready.layout.schemes):
        saving = ready.plan["scheme_saving"][:, i]
        residual = np.abs(steps.get(f"schemes.{name}", np.zeros_like(saving)) + saving)
        assert (residual <= LARGEST * terms(found).sum(axis=1)).all(), name
    return found


def test_one_line_by_hand():
    tree = {
        "horizon": {"base": 2020, "years": 2},
        "money": {"unit": "GBP"},
        "inflation": {"pay": 0.10, "other": 0.05},
        "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}},
        "services": {
            "beds": {
                "provider": "trust",
                "spend": 1000,
                "growth": {"people": 0.1, "need": 0.5},
                "cost_weights": {"other": 0.4, "pay": 0.6},
                "efficiency_required": 0.2,
                "plan_includes_schemes": 0,
            }
        },
        "qipp": {"q": {"service": "beds", "amount": 30}},
        "schemes": {"ward": {"effects": {"beds": {"impact": 0.5}}}},
    }
    found = planned_waterfall(laid_out(tree))
    first = {step.name: float(step.change[0, 0]) for step in found.steps}
    # 1000, x 1.1 = 1100, x 1.5 = 1650, pay: x 1.06, other: x 1.08, x 0.8, less 30, half
    assert first == pytest.approx(
        {
            "growth.people": 100.0,
            "growth.need": 550.0,
            "inflation.pay": 99.0,
            "inflation.other": 33.0,
            "efficiency_required": -356.4,
            "qipp.q": -30.0,
            "schemes.ward": -697.8,
        },
        rel=1e-12,
    )
    assert list(first) == [
        "growth.people",
        "growth.need",
        "inflation.pay",
        "inflation.other",
        "efficiency_required",
        "qipp.q",
        "schemes.ward",
    ]
    second = {step.name: float(step.change[1, 0]) for step in found.steps}
    assert second["growth.people"] == pytest.approx(210.0)
    assert second["inflation.pay"] == pytest.approx(1000 * 1.1**2 * 1.5**2 * (1.06**2 - 1))


def test_steps_of_everything_add_up_with_effects_of_both_signs():
    found = assert_adds_up(laid_out(rich()))
    names = [step.name for step in found.steps]
    assert names == [
        "spend_by_year",
        "growth.population",
        "growth.need",
        "growth.prevention",
        "growth",
        "inflation.pay",
        "inflation.drugs",
        "inflation.energy",
        "tariff_change",
        "efficiency_required",
        "qipp.stock",
        "qipp.rota",
        "schemes.home_first",
        "schemes.buying",
        "schemes.visits",
    ]
    changes = {step.name: step.change for step in found.steps}
    assert (changes["growth.prevention"][:, 0] < 0).all()
    assert (changes["inflation.energy"][0, [0]] < 0).all()
    assert changes["tariff_change"][0, 1] < 0 < changes["tariff_change"][0, 2]
    # what is taken off beds arrives at nursing and clinics
    assert (changes["schemes.home_first"][:, 0] < 0).all()
    assert (changes["schemes.home_first"][:, 1:3] > 0).all()
    np.testing.assert_allclose(changes["qipp.stock"][:, 3], [-40_000, -64_000, -80_000, -80_000], rtol=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_steps_of_a_random_study_add_up(seed):
    assert_adds_up(laid_out(random_tree(seed)))


def turned(tree):
    """The study with its growth factors, categories, schemes, programmes and lines in the opposite order."""
    other = tree | {key: dict(reversed(tree[key].items())) for key in ("inflation", "services", "schemes", "qipp")}
    for line in other["services"].values():
        if isinstance(line.get("growth"), dict) and "dist" not in line["growth"]:
            line["growth"] = dict(reversed(line["growth"].items()))
    return other


def test_declared_order_moves_steps_and_no_total():
    one, other = (planned_waterfall(laid_out(tree)) for tree in (rich(), turned(rich())))
    assert one.lines == other.lines[::-1]
    size = terms(one)
    for level in LEVELS:
        assert (np.abs(one.level(level) - other.level(level)[:, ::-1]) <= LARGEST * size).all(), level
    before, after = ({step.name: step.change.sum(axis=1) for step in found.steps} for found in (one, other))
    assert set(before) == set(after)
    assert list(before) != list(after)
    moved = {name for name in before if not np.allclose(before[name], after[name], rtol=1e-6)}
    assert {"growth.need", "growth.population", "inflation.pay", "inflation.energy"} <= moved
    # savings are attributed by the log-mean rule, whatever the order
    assert not moved & {"schemes.home_first", "schemes.buying", "schemes.visits", "qipp.stock", "efficiency_required"}


def test_programme_beyond_its_line_takes_all_of_it_and_no_more():
    tree = rich()
    tree["qipp"]["stock"]["amount"] = 1e9
    found = planned_waterfall(laid_out(rich()))
    beyond = planned_waterfall(prepare(Study.from_dict(rich() | {"qipp": tree["qipp"]})))
    assert (beyond.level("do_nothing")[:, 3] == 0.0).all()
    assert (found.level("do_nothing")[:, 3] > 0.0).all()


@pytest.fixture(scope="module")
def ready():
    tree = rich()
    tree["services"]["beds"]["volatility"] = {"cv_floor": 0.03}
    return laid_out(tree)


@pytest.fixture(scope="module")
def runs(ready):
    """The same draws with everything stored, and with what a run stores unless asked for more."""
    settings, found = api.Settings(2048, 7, "sobol", 2), {}
    for store in ("all", "positions", "summary"):
        done = api.complete(ready, settings, store)
        found[store] = done.dataset, done.summary().to_xarray()
    return found


def test_drawn_levels_add_up_and_are_the_means_of_the_draws(runs):
    dataset, summary = runs["all"]
    found = drawn_waterfall(dataset, summary)
    for level, variable in LEVELS.items():
        totals = dataset[variable].sel(scenario="base").sum("service")
        np.testing.assert_allclose(found[level].of("mean"), totals.mean("draw"), rtol=1e-12)
        np.testing.assert_allclose(found[level].of("q95"), totals.quantile(0.95, "draw"), rtol=1e-12)
    efficiency, schemes = found["efficiency"].of("mean"), found["schemes"].of("mean")
    np.testing.assert_allclose(found["pressure"].of("mean") + efficiency + schemes, found["outturn"].of("mean"), rtol=1e-12)
    each = sum(found[f"schemes.{name}"].of("mean") for name in ("home_first", "buying", "visits", "later"))
    np.testing.assert_allclose(each, schemes, rtol=1e-10)
    assert (found["schemes"].of("q05") < schemes).all()
    assert (schemes < found["schemes"].of("q95")).all()
    assert (found["outturn"].of("mean_se") > 0.0).all()


@pytest.mark.parametrize("store", ["positions", "summary"])
def test_a_run_that_kept_less_has_the_same_means_and_no_more_than_it_knows(runs, store):
    full, some = drawn_waterfall(*runs["all"]), drawn_waterfall(*runs[store])
    assert set(some) == set(full)
    for name, found in some.items():
        np.testing.assert_allclose(found.of("mean"), full[name].of("mean"), rtol=1e-9, atol=1e-6)
        if name != "schemes":
            assert np.isnan(found.of("q05")).all(), name
    # without draws quantiles are counted
    rtol = 2e-3 if store == "summary" else 1e-9
    for statistic in ("q05", "q95", "mean_se"):
        np.testing.assert_allclose(some["schemes"].of(statistic), full["schemes"].of(statistic), rtol=rtol)


def test_a_study_without_schemes():
    tree = rich()
    del tree["schemes"], tree["risks"]["staff"]["scheme"]
    made = laid_out(tree)
    found = assert_adds_up(made)
    assert [step.name for step in found.steps if step.stage == "scheme"] == []
    done = api.complete(made, api.Settings(64, 1, "random", 1), "positions")
    assert set(drawn_waterfall(done.dataset, summarise(done.dataset, done.detail))) == {"pressure", "do_nothing", "outturn", "efficiency"}
