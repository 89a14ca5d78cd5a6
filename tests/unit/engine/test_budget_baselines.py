"""A whole population budget as the baseline of an arrangement, by hand (MODEL.md section 6)."""

from typing import Any

import numpy as np
import pytest

from tests.unit.engine.running import Run, run_study
from tests.unit.engine.test_budgets import DRAWS, close, draws, plan, tree, uniform

pytestmark = [pytest.mark.unit, pytest.mark.plain]

PARTIES = ("board", "host", "trust")


def arranged(budget: dict[str, Any], **deal: Any) -> dict[str, Any]:
    """The budget of both lines and an arrangement on it; gains and losses are shared .2, .5, .3 unless stated."""
    made = tree(**budget)
    shares = {"board": 0.2, "host": 0.5, "trust": 0.3}
    made["arrangements"] = {"deal": {"services": ["beds", "home"], "baseline": "budget", "budget": "whole", "gain_share": shares} | deal}
    return made


def settled(run: Run, year: int = 0) -> dict[str, float]:
    return {party: plan(run, "settlement", "deal", party)[year] for party in PARTIES}


@pytest.mark.parametrize("provider", ["host", "trust"])
def test_the_worked_loss_of_a_one_sided_budget(provider: str) -> None:
    """Budget 100, O = 110, MLR 2 % excess, one-sided: holder +8, commissioner -8, whoever provides (MODEL.md section 6)."""
    made = {
        "horizon": {"base": 2014, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {party: {"role": "commissioner" if party == "board" else "provider"} for party in PARTIES},
        "services": {"care": {"provider": provider, "spend": 110}},
        "budgets": {"whole": {"commissioner": "board", "holder": "host", "services": ["care"], "value": "explicit", "amount": 100}},
        "arrangements": {
            "deal": {
                "services": ["care"],
                "baseline": "budget",
                "budget": "whole",
                "msr": 0.02,
                "msr_kind": "excess",
                "sides": "one",
                "gain_share": {"board": 0.2, "host": 0.5, "trust": 0.3},
            }
        },
    }
    run = run_study(made, draws=1)
    assert plan(run, "gain", "deal") == [-10.0]
    assert settled(run) == {"board": -8.0, "host": 8.0, "trust": 0.0}
    assert float(draws(run, "settlement", "deal", "host")[0, 0]) == 8.0


def test_what_parties_hold_adds_up_to_the_gain() -> None:
    """The board holds the stretch, the host its budget less what it pays, the trust what a block leaves it; all is shared (φ = 1)."""
    made = arranged({"value": "explicit", "amount": 140, "population_update": {"all": {"value": 1}}}, stretch=0.1)
    made["population"] = {"size": uniform(90, 110)}
    made["services"]["beds"] |= {"variable_share": 0.25, "growth": uniform(-0.2, 0.2)}
    run = run_study(made, draws=DRAWS)
    value = draws(run, "budget_value", "whole")
    beds, home = draws(run, "activity", "beds") * 10.0, 50.0
    block = 100.0 + 0.25 * (beds - 100.0)
    close(value[0], 140.0 + run.drivers()["population.size"][0] - 100.0)
    close(draws(run, "baseline", "deal"), 0.9 * value)
    gain = 0.9 * value - beds - home
    close(draws(run, "gain", "deal"), gain)
    held = {"board": -0.1 * value, "host": value - block - home, "trust": block - beds}
    for party, share in (("board", 0.2), ("host", 0.5), ("trust", 0.3)):
        close(draws(run, "windfall", "deal", party), held[party])
        close(draws(run, "settlement", "deal", party), share * gain - held[party])
    close(sum(draws(run, "settlement", "deal", party) for party in PARTIES), 0.0)


def test_limits_in_shares_of_a_budget_follow_it_as_drawn() -> None:
    """Host's cap 10 % of the budget, at most 16; its collar 4 % of it; the trust's are amounts."""
    limits = {
        "cap": {"host": {"of_baseline": 0.1, "amount": 16}, "trust": {"amount": 5}},
        "collar": {"host": {"of_baseline": 0.04}, "trust": {"amount": 5}},
    }
    made = arranged({"value": "explicit", "amount": 150, "population_update": {"all": {"value": 1}}}, **limits)
    made["population"] = {"size": uniform(1, 199)}
    made["services"]["beds"]["growth"] = uniform(-0.9, 0.9)
    run = run_study(made, draws=DRAWS)
    value, gain = draws(run, "budget_value", "whole"), draws(run, "gain", "deal")
    cap, collar = np.minimum(0.1 * value, 16.0), 0.04 * value
    host, trust = np.clip(0.5 * gain, -collar, cap), np.clip(0.3 * gain, -5.0, 5.0)
    close(draws(run, "payout", "deal", "host"), host)
    close(draws(run, "payout", "deal", "trust"), trust)
    close(draws(run, "payout", "deal", "board"), gain - host - trust)
    assert ((draws(run, "cap_hit", "deal", "host") == 1.0) == (0.5 * gain > cap)).all()
    assert 0.0 < draws(run, "collar_hit", "deal", "host").mean() < 1.0


def test_bands_and_thresholds_of_a_drawn_budget() -> None:
    bands = {"gain_bands": {"high": {"from": 0.1, "share": {"board": 0.6, "host": 0.4}}}, "msr": 0.05, "msr_kind": "excess", "mlr": 1.0}
    made = arranged(
        {"value": "explicit", "amount": 150, "population_update": {"all": {"value": 1}}}, gain_share={"board": 0.2, "host": 0.8}, **bands
    )
    made["arrangements"]["deal"]["gain_share"]["trust"] = 0.0
    made["arrangements"]["deal"]["gain_bands"]["high"]["share"]["trust"] = 0.0
    made["population"] = {"size": uniform(60, 140)}
    run = run_study(made, draws=DRAWS)
    value = draws(run, "budget_value", "whole")
    rate = (value - 150.0) / value
    wanted = value * (0.8 * np.clip(np.minimum(rate, 0.1) - 0.05, 0.0, None) + 0.4 * np.clip(rate - 0.1, 0.0, None))
    close(draws(run, "payout", "deal", "host"), np.where(rate >= 0.05, wanted, 0.0))


def test_a_baseline_that_falls_to_nothing_fails_the_draw() -> None:
    made = arranged({"value": "explicit", "amount": 150, "population_update": {"all": {"value": 10}}})
    made["population"] = {"size": uniform(80, 120)}
    run = run_study(made, draws=DRAWS)
    value = draws(run, "budget_value", "whole")
    assert (np.isnan(draws(run, "gain", "deal")) == (value <= 0.0)).all()
    assert (value <= 0.0).any()
    assert not np.isnan(draws(run, "gain", "deal")).all()


def test_lines_are_covered_while_they_are_in_scope() -> None:
    """Beds enter in year 2; home alone is covered before. The host holds 5 of a gain, then 10 of a loss, and bears half of each."""
    made = arranged({"services": {"beds": {"from": 2}, "home": {}}, "value": "explicit", "amount": [55, 140, 140]})
    run = run_study(made, draws=1)
    close(plan(run, "baseline", "deal"), [55.0, 140.0, 140.0])
    close(plan(run, "outturn", "deal"), [50.0, 150.0, 150.0])
    close(plan(run, "settlement", "deal", "host"), [-2.5, 5.0, 5.0])


def test_part_of_the_lines_of_a_budget() -> None:
    """Beds are two thirds of the budget of 120."""
    run = run_study(arranged({"value": "explicit", "amount": 120}, services=["beds"]), draws=1)
    close(plan(run, "baseline", "deal"), 80.0)
    assert settled(run) == pytest.approx({"board": -4.0, "host": 10.0, "trust": -6.0})


def test_a_planned_baseline_over_lines_of_a_budget() -> None:
    """Plan 150, budget 120, outturn 110 after a scheme: the board holds 30, the host 120 - 110, and the gain is 40."""
    made = arranged({"value": "explicit", "amount": 120}, baseline="plan", plan_includes_schemes=0.0)
    del made["arrangements"]["deal"]["budget"]
    made["arrangements"]["deal"]["residual"] = "board"
    made["schemes"] = {"team": {"effects": {"beds": {"impact": 0.4}}}}
    run = run_study(made, draws=1)
    close(plan(run, "gain", "deal"), 40.0)
    assert {party: plan(run, "windfall", "deal", party)[0] for party in PARTIES} == pytest.approx(
        {"board": 30.0, "host": 10.0, "trust": 0.0}
    )
    assert settled(run) == pytest.approx({"board": -22.0, "host": 10.0, "trust": 12.0})
