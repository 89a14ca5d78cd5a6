"""Terms about baseline and outturn as whole studies, by hand: adjustment, part of a year, baselines that follow drivers, line by line."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.engine.payoff import payoffs
from simengine.engine.plan import prepare
from simengine.errors import StudyError
from simengine.study.load import Study
from tests.unit.engine.deals import check_sums, deal, found
from tests.unit.engine.running import Run, run_study
from tests.unit.engine.test_budgets import DRAWS, close, draws, plan, uniform

pytestmark = [pytest.mark.unit, pytest.mark.plain]

THREE = ("board", "host", "trust")


def test_an_adjustment_is_taken_off_the_line() -> None:
    """Of 1,050 to 1,100 in a block of 1,000: o = 1,020 is what is settled, and paid a fifth of in the second year."""
    made = deal([1050, 1100], adjustment={"care": [30, uniform(60, 100)]})
    made["arrangements"]["deal"]["adjustment"] = {"care": {"dist": "uniform", "min": 30, "max": 80, "path": "independent"}}
    made["services"]["care"] |= {"variable_share": 0.2, "payment_baseline": 1000}
    run = run_study(made, draws=DRAWS)
    taken = run.drivers()["arrangements.deal.adjustment.care"]
    outturn = np.array([[1050], [1100]]) - taken
    close(draws(run, "outturn", "deal"), outturn)
    paid = 1000 + 0.2 * (outturn - 1000)
    gain = 1000 - outturn
    close(draws(run, "settlement", "deal", "trust"), 0.5 * gain - (paid - outturn))
    # what is paid for care itself is for all of it
    close(draws(run, "payment", "care"), 1000 + 0.2 * (np.array([[1050], [1100]]) - 1000) + 0 * taken)
    check_sums(run)


def test_part_of_a_year() -> None:
    """Half a year: baseline, outturn, what is held and limits in shares of the baseline are half; amounts are what they are."""
    made = deal([900, 900], proration=[0.5, 1], cap={"trust": {"of_baseline": 0.04}})
    made["services"]["care"] |= {"variable_share": 0, "payment_baseline": 1000}
    run = run_study(made, draws=1)
    close(found(run, "baseline"), [500, 1000])
    close(found(run, "outturn"), [450, 900])
    close(found(run, "payout", "trust"), [20, 40])
    close(found(run, "windfall", "trust"), [50, 100])
    check_sums(run)


def grown(**terms: Any) -> dict[str, Any]:
    """Two lines of 100 and 50 that grow by the list and by need; the host holds no budget here."""
    need = uniform(0.0, 0.04, path="independent", plan=0.01)
    return {
        "horizon": {"base": 2024, "years": 3},
        "money": {"unit": "GBP"},
        "population": {"size": 1000, "growth": uniform(0.0, 0.04, plan=0.02)},
        "parties": {"board": {"role": "commissioner"}, "host": {"role": "provider"}, "trust": {"role": "provider"}},
        "services": {
            "beds": {"provider": "trust", "activity": 10, "price": 10, "growth": {"population": True, "need": need}},
            "home": {"provider": "host", "spend": 50, "variable_share": 0.3, "growth": {"need": uniform(-0.1, 0.1)}},
        },
        "arrangements": {"deal": {"services": ["beds", "home"], "baseline": "plan", "gain_share": {"host": 0.5, "trust": 0.3}} | terms},
    }


def need(run: Run) -> Any:
    return run.drivers()["services.beds.growth.need"]


def test_a_baseline_that_follows_the_list() -> None:
    run = run_study(grown(population_adjusted=True, stretch=0.1), draws=DRAWS)
    years = np.arange(1, 4)[:, None]
    beds = 100 * 1.01**years * (1 + run.drivers()["population.growth"]) ** years
    close(plan(run, "baseline", "deal"), (100 * 1.01 ** years[:, 0] * 1.02 ** years[:, 0] + 50) * 0.9)
    close(draws(run, "baseline", "deal"), 0.9 * (beds + 50))
    # the board holds of the beds what their followed baseline is above their payment
    check_sums(run)
    assert run.draws("pool").std() > 0


def test_a_baseline_that_follows_need_up_to_a_cap() -> None:
    """The plan has 1 %; what is drawn counts up to 2 %, each year."""
    run = run_study(grown(baseline_follows=[{"driver": "services.beds.growth.need", "cap": 0.01}]), draws=DRAWS)
    years = np.arange(1, 4)[:, None]
    followed = np.cumprod(1 + np.minimum(need(run), 0.02), axis=0)
    assert (need(run) > 0.02).any()
    close(draws(run, "baseline", "deal"), 100 * 1.02**years * followed + 50)
    run = run_study(grown(baseline_follows=["services.beds.growth.need"], proration=0.5), draws=DRAWS)
    close(draws(run, "baseline", "deal"), 0.5 * (100 * 1.02**years * np.cumprod(1 + need(run), axis=0) + 50))
    check_sums(run)


def test_only_what_it_follows_is_no_gain() -> None:
    """A baseline that follows all that moves a line leaves no gain of it: here of the beds, in every draw."""
    made = grown(population_adjusted=True, baseline_follows=["services.beds.growth.need"])
    made["arrangements"]["deal"]["services"] = ["beds"]
    run = run_study(made, draws=DRAWS)
    close(draws(run, "gain", "deal") / 100, 0.0)


def test_a_scenario_that_fixes_a_driver_is_followed_too() -> None:
    made = grown(population_adjusted=True)
    made["scenarios"] = {"static": {"population": {"growth": 0.0}}}
    run = run_study(made, draws=4)
    years = np.arange(1, 4)[:, None]
    close(draws(run, "baseline", "deal", scenario=1), 100 * 1.01**years + 50 + np.zeros((3, 4)))


def test_a_baseline_follows_over_lines_of_a_budget() -> None:
    """The host holds the beds' budget of 120 a year; the board holds their followed baseline less that."""
    made = grown(population_adjusted=True, residual="board")
    made["budgets"] = {"whole": {"commissioner": "board", "holder": "host", "services": ["beds"], "value": "explicit", "amount": 120}}
    run = run_study(made, draws=DRAWS)
    years = np.arange(1, 4)[:, None]
    beds = 100 * 1.01**years * (1 + run.drivers()["population.growth"]) ** years
    home = draws(run, "activity", "home")
    host = 120 - draws(run, "activity", "beds") * 10 + (50 + 0.3 * (home - 50)) - home
    close(draws(run, "windfall", "deal", "host"), host)
    close(draws(run, "windfall", "deal", "board"), beds - 120 + 50 - (50 + 0.3 * (home - 50)))
    check_sums(run)


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        ({"baseline_follows": ["services.home.growth.need"], "services": ["beds"]}, "depends on services.home.growth.need"),
        ({"population_adjusted": True, "services": ["home"]}, "depends on the list"),
    ],
)
def test_a_driver_that_moves_no_covered_line_is_refused(terms: dict[str, Any], rule: str) -> None:
    made = grown(**terms)
    with pytest.raises(StudyError, match=rule):
        prepare(Study.from_dict(made))


def by_line(outturns: tuple[float, float], **terms: Any) -> dict[str, Any]:
    """Lines of 100 (a block by the trust) and 50 (paid for as done, by the host); shares .5 of the trust, .2 of the host."""
    beds, home = outturns
    return {
        "horizon": {"base": 2024, "years": 1},
        "money": {"unit": "GBP"},
        "parties": {"board": {"role": "commissioner"}, "host": {"role": "provider"}, "trust": {"role": "provider"}},
        "services": {
            "beds": {"provider": "trust", "spend": 100, "variable_share": 0.0, "plan_includes_schemes": 0.0},
            "home": {"provider": "host", "spend": 50, "plan_includes_schemes": 0.0},
        },
        "schemes": {"team": {"effects": {"beds": {"impact": 1 - beds / 100}, "home": {"impact": 1 - home / 50}}}},
        "arrangements": {
            "deal": {
                "services": ["beds", "home"],
                "baseline": "plan",
                "plan_includes_schemes": 0.0,
                "line_by_line": True,
                "gain_share": {"host": 0.2, "trust": 0.5},
            }
            | terms
        },
    }


def of(run: Run, variable: str) -> dict[str, float]:
    return {party: plan(run, variable, "deal", party)[0] for party in THREE}


def test_line_by_line() -> None:
    """Beds gain 10 (10 %), home loses 4 (8 %). At 9 % only the beds count: 5 to the trust, which holds the 10 of its block."""
    run = run_study(by_line((90, 54), msr=0.09, msr_kind="first_pound"), draws=1)
    close(plan(run, "gain", "deal"), [6])
    close(plan(run, "pool", "deal"), [10])
    assert plan(run, "msr_met", "deal") == [1]
    assert of(run, "payout") == pytest.approx({"board": 3, "host": 2, "trust": 5})
    assert of(run, "windfall") == pytest.approx({"board": 0, "host": 0, "trust": 10})
    assert of(run, "settlement") == pytest.approx({"board": 3, "host": 2, "trust": -5})
    check_sums(run)
    # at 8 % the loss of home counts too; netted, 6 of 150 is below either
    run = run_study(by_line((90, 54), msr=0.08, msr_kind="excess"), draws=1)
    close(plan(run, "pool", "deal"), [2 + 0])
    run = run_study(by_line((90, 54), msr=0.075, msr_kind="first_pound"), draws=1)
    close(plan(run, "pool", "deal"), [6])
    assert of(run, "windfall") == pytest.approx({"board": -4, "host": 0, "trust": 10})
    check_sums(run)


def test_line_by_line_bands_and_one_side() -> None:
    """Of the beds' 20 %: half of 10, a tenth of 10. Home's loss is the board's in a one-sided year."""
    bands = {"gain_bands": {"high": {"from": 0.1, "share": {"trust": 0.1, "host": 0.2}}}}
    run = run_study(by_line((80, 60), sides="one", **bands), draws=1)
    assert of(run, "payout") == pytest.approx({"board": 20 - 6 - 4 - 10, "host": 4, "trust": 6})
    check_sums(run)


def test_line_by_line_limits_quality_and_fund_are_once_on_the_sums() -> None:
    """Pool 30; a fund of 10 % takes 3. The trust's .5 · 27 = 13.5, at a score of .5 6.75, less 20 % 5.4, capped at 5."""
    terms = {"quality": {"score": 0.5}, "deduction": 0.2, "cap": {"trust": {"amount": 5}}, "fund": {"party": "fund", "share": 0.1}}
    made = by_line((80, 40), **terms)
    made["parties"]["fund"] = {"role": "fund"}
    run = run_study(made, draws=1)
    assert of(run, "payout") == pytest.approx({"board": 30 - 3 - 5 - 0.2 * 27 * 0.5 * 0.8, "host": 0.2 * 27 * 0.5 * 0.8, "trust": 5})
    close(plan(run, "payout", "deal", "fund"), [3])
    assert plan(run, "cap_hit", "deal", "trust") == [1]
    check_sums(run)


def test_line_by_line_with_a_budget_that_is_drawn() -> None:
    made = by_line((90, 54), baseline="budget", budget="whole", stretch=0.1, proration=0.5)
    del made["arrangements"]["deal"]["plan_includes_schemes"]
    made["population"] = {"size": uniform(90, 110)}
    made["budgets"] = {
        "whole": {
            "commissioner": "board",
            "holder": "host",
            "services": ["beds", "home"],
            "value": "explicit",
            "amount": 150,
            "population_update": {"all": {"value": 1}},
        }
    }
    run = run_study(made, draws=DRAWS)
    value = draws(run, "budget_value", "whole")
    # parts of the budget by planned worth after schemes
    parts = {"beds": 90 / 144, "home": 54 / 144}
    gains = {line: 0.5 * (0.9 * parts[line] * value - outturn) for line, outturn in (("beds", 90), ("home", 54))}
    close(draws(run, "gain", "deal"), gains["beds"] + gains["home"])
    close(draws(run, "baseline", "deal"), 0.45 * value)
    close(draws(run, "windfall", "deal", "board"), -0.05 * value)
    # the host provides home for itself; the beds are a block of 100
    close(draws(run, "windfall", "deal", "host"), 0.5 * (value - 100 - 54))
    close(draws(run, "windfall", "deal", "trust"), 0.5 * (100 - 90) + 0 * value)
    check_sums(run)


def test_line_by_line_that_follows_a_driver_with_an_adjustment_and_a_table() -> None:
    table = [{"from": 500, "low": 0.005, "high": 0.005}]
    terms = {"msr_table": table, "msr_kind": "first_pound", "adjustment": {"beds": 3}, "line_by_line": True, "population_adjusted": True}
    run = run_study(grown(**terms), draws=DRAWS)
    years = np.arange(1, 4)[:, None]
    beds = 100 * 1.01**years * (1 + run.drivers()["population.growth"]) ** years
    gains = beds - (draws(run, "activity", "beds") * 10 - 3), 50 - draws(run, "activity", "home")
    bases = beds, 50 + 0 * beds
    pool = sum(np.where(np.abs(gain) >= 0.005 * base, gain, 0.0) for gain, base in zip(gains, bases, strict=True))
    close(draws(run, "pool", "deal"), pool)
    close(draws(run, "payout", "deal", "trust"), 0.3 * pool)
    check_sums(run)


@pytest.mark.parametrize("by_lines", [False, True])
def test_payoff_curves_are_of_each_year_by_itself(by_lines: bool) -> None:
    made = copy.deepcopy(by_line((100, 50), proration=0.5, line_by_line=by_lines, term_cap={"trust": {"amount": 6}}))
    made["horizon"]["years"] = 2
    if not by_lines:
        made["arrangements"]["deal"] |= {"carry_forward": {"years": 1}}
    found = payoffs(prepare(Study.from_dict(made)), [-0.1, 0.1, 0.2])
    payout, met, baselines = found.payout, found.met, found.baselines
    close(baselines, [[75.0, 75.0]])
    close(payout[0, :, 2], [[-3.75, 3.75, 6.0]] * 2)
    close(met[0], [[-1, 1, 1]] * 2)
