"""Whole population budgets by hand: their value, what moves it, and where the money goes (MODEL.md section 5)."""

import copy
from typing import Any

import numpy as np
import pytest

from simengine.errors import StudyError
from simengine.jit import Floats
from simengine.study.load import Study
from tests.unit.engine.running import Run, run_study

pytestmark = [pytest.mark.unit, pytest.mark.plain]

DRAWS = 64
#: Two lines of 100 and 50 a year, the second provided by the holder itself.
TREE: dict[str, Any] = {
    "horizon": {"base": 2024, "years": 3},
    "money": {"unit": "GBP"},
    "parties": {"board": {"role": "commissioner"}, "host": {"role": "provider"}, "trust": {"role": "provider"}},
    "services": {"beds": {"provider": "trust", "activity": 10, "price": 10}, "home": {"provider": "host", "spend": 50}},
    "budgets": {"whole": {"commissioner": "board", "holder": "host", "services": ["beds", "home"], "value": "plan"}},
}
SCHEME = {"team": {"effects": {"beds": {"impact": 0.2}}}}


def tree(schemes: dict[str, Any] | None = None, parties: dict[str, Any] | None = None, **budget: Any) -> dict[str, Any]:
    made = copy.deepcopy(TREE)
    made["budgets"]["whole"] |= budget
    made["parties"] |= parties or {}
    return made | ({"schemes": schemes} if schemes else {})


def uniform(low: float, high: float, **keys: Any) -> dict[str, Any]:
    return {"dist": "uniform", "min": low, "max": high, **keys}


def plan(run: Run, variable: str, *names: str) -> list[float]:
    """A planned variable by year."""
    values = run.plan(variable)[..., 0]
    for axis, name in zip(run.names(variable), names, strict=True):
        values = np.take(values, axis.index(name), axis=1)
    return [float(value) for value in values]


def draws(run: Run, variable: str, *names: str, scenario: int = 0) -> Floats:
    """The draws of a variable (year, draw)."""
    values = run.draws(variable, scenario)
    for axis, name in zip(run.names(variable), names, strict=True):
        values = np.take(values, axis.index(name), axis=1)
    return values


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, np.broadcast_to(wanted, np.shape(found)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kappa", "value"), [(0.0, 150.0), (0.5, 140.0), (1.0, 130.0)])
def test_the_plan_takes_out_the_stated_share_of_planned_savings(kappa: float, value: float) -> None:
    run = run_study(tree(SCHEME, plan_includes_schemes=kappa), draws=1)
    close(plan(run, "budget_value", "whole"), value)
    close(draws(run, "budget_value", "whole"), value)


def test_allocation_growth_by_stream() -> None:
    """110, then 20 that do not recur are out of the base of 100; a stated base of 40 that shrinks; less the planned saving of 20."""
    streams = {
        "acute": {"services": ["beds"], "growth": uniform(0.0, 0.2), "non_recurrent": [0, 20, 0]},
        "other": {"services": ["home"], "growth": [-0.5, 0, 0], "base": 40},
    }
    run = run_study(tree(SCHEME, value="allocation", plan_includes_schemes=1.0, streams=streams), draws=DRAWS)
    wanted = [110.0 + 20.0 - 20.0, 80.0 * 1.21 + 20.0 - 20.0, 133.1 + 20.0 - 20.0]
    close(plan(run, "budget_value", "whole"), wanted)
    # a drawn allocation never moves the budget
    close(draws(run, "budget_value", "whole"), np.array(wanted)[:, None])


def test_a_stated_amount_is_in_the_unit_of_money_of_the_study() -> None:
    made = tree(value="explicit", amount=[100, 110, 120], unidentified_savings=[0, 5, 10])
    made["money"]["unit"] = "GBP k"
    assert plan(run_study(made, draws=1), "budget_value", "whole") == [100e3, 105e3, 110e3]


def test_a_line_is_paid_by_the_holder_in_the_years_in_scope() -> None:
    """Beds cost 100 and are in scope in year 2 only; the budget is 5 short of it."""
    run = run_study(tree(services={"beds": {"from": 2, "to": 2}}, value="explicit", amount=95), draws=1)
    close(plan(run, "funding", "board"), 150.0)
    close(plan(run, "funding", "host"), 0.0)
    # the host is paid 50 for home, by the board, in all years
    close(plan(run, "party_position", "board"), [-95.0, 5.0, -95.0])
    close(plan(run, "party_position", "host"), [95.0, -5.0, 95.0])
    close(plan(run, "party_position", "trust"), 0.0)


def test_a_budget_of_one_year_pays_only_while_lines_are_in_scope() -> None:
    run = run_study(tree(services={"beds": {"from": 2, "to": 2}}), draws=1)
    close(plan(run, "budget_value", "whole"), [0.0, 100.0, 0.0])
    close(plan(run, "party_position", "host"), 0.0)


def test_savings_that_nobody_has_identified_are_the_holder_s_planned_deficit() -> None:
    run = run_study(tree(unidentified_savings=[0, 4, 8]), draws=1)
    close(plan(run, "party_position", "host"), [0.0, -4.0, -8.0])
    close(plan(run, "party_position", "board"), [0.0, 4.0, 8.0])
    close(plan(run, "party_position_do_nothing", "host"), [0.0, -4.0, -8.0])
    close(plan(run, "net_saving"), 0.0)
    close(plan(run, "net_position"), 0.0)


def test_people_beyond_those_planned_move_the_budget_by_their_segment_s_value() -> None:
    made = tree(population_update={"young": {"value": 3}, "old": {"value": "average_spend"}}, unidentified_savings=30)
    made["population"] = {"segments": {"young": {"size": uniform(80, 120)}, "old": {"size": 100, "growth": uniform(0, 0.2)}}}
    run = run_study(made, draws=DRAWS)
    young, old = draws(run, "population", "young"), draws(run, "population", "old")
    drawn = run.drivers()
    close(young, drawn["population.segments.young.size"])
    close(old, 100.0 * (1.0 + drawn["population.segments.old.growth"]) ** np.arange(1, 4)[:, None])
    planned_old = 100.0 * 1.1 ** np.arange(1, 4)[:, None]
    close(plan(run, "population", "old"), planned_old[:, 0])
    close(plan(run, "budget_value", "whole"), 120.0)
    average = 120.0 / (100.0 + planned_old)
    close(draws(run, "budget_value", "whole"), 120.0 + 3.0 * (young - 100.0) + average * (old - planned_old))


def test_growth_of_the_list_is_that_of_its_segments_together() -> None:
    made = copy.deepcopy(TREE)
    made["population"] = {"segments": {"young": {"size": 100, "growth": 0.5}, "old": {"size": 300, "growth": uniform(0, 0.2)}}}
    made["services"]["beds"]["growth"] = {"population": True}
    made["services"]["home"]["growth"] = {"population": "old"}
    run = run_study(made, draws=DRAWS)
    young, old = draws(run, "population", "young"), draws(run, "population", "old")
    close(draws(run, "activity", "beds"), 10.0 * (young + old) / 400.0)
    close(draws(run, "activity", "home"), 50.0 * old / 300.0)


def growing(growth: Any, **resets: Any) -> dict[str, Any]:
    """Beds grow at ``growth``; plan 10 %."""
    made = tree(resets={"drivers": ["rate"], **resets})
    made["drivers"] = {"rate": growth}
    made["services"]["beds"]["growth"] = "rate"
    return made


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.9])
def test_resets_see_what_was_observed_until_the_year_before(threshold: float) -> None:
    """Resets in years 2 and 3; growth of a year is known the year after; noise is not seen."""
    made = growing(uniform(-0.2, 0.4, path="independent"), years=[2, 3], threshold=threshold)
    made["services"]["beds"]["volatility"] = {"cv_floor": 0.1}
    run = run_study(made, draws=DRAWS)
    rate = run.drivers()["drivers.rate"]
    first = (100.0 * (1.0 + rate[0]) * 1.1 + 50.0) / (100.0 * 1.1**2 + 50.0)
    second = (100.0 * (1.0 + rate[0]) * (1.0 + rate[1]) * 1.1 + 50.0) / (100.0 * 1.1**3 + 50.0)
    scale_2 = np.where(np.abs(first - 1.0) >= threshold, first, 1.0)
    scale_3 = np.where(np.abs(second / scale_2 - 1.0) >= threshold, second, scale_2)
    planned = [160.0, 171.0, 183.1]
    close(plan(run, "budget_value", "whole"), planned)
    close(draws(run, "budget_value", "whole"), np.array(planned)[:, None] * np.array([np.ones(DRAWS), scale_2, scale_3]))
    assert threshold == 0.0 or (scale_2 == 1.0).any()
    assert threshold == 0.9 or (scale_3 != 1.0).any()


def test_a_reset_has_no_foresight() -> None:
    """What happens from year 2 on changes nothing in the budget of year 2."""
    values = []
    for last in (0.2, 0.6):
        rate = {"dist": "uniform", "min": [0.0, 0.0, 0.0], "max": [0.2, last, last], "path": "independent", "plan": 0.1}
        values.append(draws(run_study(growing(rate, years=[2, 3]), draws=DRAWS), "budget_value", "whole"))
    assert (values[0][:2] == values[1][:2]).all()
    assert (values[0][2] != values[1][2]).any()


def test_a_driver_with_one_value_for_all_years_is_known_after_the_first() -> None:
    run = run_study(growing(uniform(0.0, 0.2), years=[2]), draws=DRAWS)
    rate = run.drivers()["drivers.rate"][0]
    scale = (100.0 * (1.0 + rate) ** 2 + 50.0) / (100.0 * 1.1**2 + 50.0)
    close(draws(run, "budget_value", "whole"), np.array([[160.0], [171.0], [183.1]]) * np.array([np.ones(DRAWS), scale, scale]))


def test_a_reset_keeps_the_planned_reduction_and_applies_to_the_updated_value() -> None:
    made = growing(uniform(0.0, 0.2), years=[2])
    made["schemes"] = SCHEME
    made["population"] = {"size": uniform(90, 110)}
    made["budgets"]["whole"] |= {"plan_includes_schemes": 0.5, "population_update": {"all": {"value": 2}}}
    run = run_study(made, draws=DRAWS)
    drawn = run.drivers()
    rate, people = drawn["drivers.rate"][0], drawn["population.size"][0]
    planned = np.array([90.0 * 1.1**t + 50.0 for t in (1, 2, 3)])[:, None]
    scale = (90.0 * (1.0 + rate) ** 2 + 50.0) / planned[1]
    close(draws(run, "budget_value", "whole"), (planned + 2.0 * (people - 100.0)) * np.array([np.ones(DRAWS), scale, scale]))


def test_a_reset_that_could_see_nothing_is_refused() -> None:
    made = growing(uniform(0.0, 0.2), years=[2])
    made["services"]["beds"]["growth"] = 0.0
    made["services"]["home"]["fixed_share"] = "rate"
    with pytest.raises(StudyError, match=r"budgets\.whole\.resets\.drivers\.0: moves no activity or price of a line in scope"):
        Study.from_dict(made)


def test_a_reset_sees_nothing_of_a_line_that_is_in_scope_in_other_years() -> None:
    made = growing(uniform(0.0, 0.2), years=[2])
    made["budgets"]["whole"]["services"] = {"beds": {"from": 3}, "home": {}}
    with pytest.raises(StudyError, match=r"moves no activity or price of a line in scope in a year of a reset"):
        Study.from_dict(made)
    made["budgets"]["whole"]["resets"]["years"] = [2, 3]
    Study.from_dict(made)


def test_a_scenario_may_hold_a_reset_driver_constant() -> None:
    """It is observed as any other: 100 beds grow at 20 % in place of 10 %, and the budget of year 2 on follows."""
    made = growing(uniform(0.0, 0.2), years=[2])
    made["scenarios"] = {"more": {"drivers": {"rate": 0.2}}}
    run = run_study(made, draws=4)
    scale = (100.0 * 1.2**2 + 50.0) / (100.0 * 1.1**2 + 50.0)
    found = run.draws("budget_value", 1)[:, 0]
    assert np.allclose(found, np.array([160.0 * np.ones(4), 171.0 * scale * np.ones(4), 183.1 * scale * np.ones(4)]), rtol=1e-12)


def test_improvement_payments_of_several_elements() -> None:
    """4 % and 2 % of 150 are withheld; what is not earned goes to a fund."""
    elements = {"access": {"weight": 0.04, "score": uniform(0, 1)}, "safety": {"weight": [0.02, 0.02, 0.0], "score": 0.5}}
    run = run_study(tree(parties={"fund": {"role": "fund"}}, improvement_payments=elements, unearned_to="fund"), draws=DRAWS)
    score = run.drivers()["budgets.whole.improvement_payments.access.score"]
    earned = 6.0 * score + np.array([[1.5], [1.5], [0.0]])
    withheld = np.array([[9.0], [9.0], [6.0]])
    close(draws(run, "ips_earned", "whole"), earned)
    close(draws(run, "budget_value", "whole"), 150.0)
    close(draws(run, "budget_paid", "whole"), 150.0 - withheld + earned)
    close(draws(run, "party_position", "host"), earned - withheld)
    close(draws(run, "party_position", "fund"), withheld - earned)
    close(draws(run, "party_position", "board"), 0.0)


def test_affordability_of_two_streams() -> None:
    """Beds (100 before and 80 after a scheme) are in the budget, home (50) is not; the budget is what was agreed."""
    made = tree(SCHEME, services=["beds"], value="explicit", amount=90)
    made["allocations"] = {
        "acute": {"services": ["beds"], "amount": uniform(80, 100)},
        "other": {"services": ["home"], "base": 40, "growth": 0.25},
    }
    run = run_study(made, draws=DRAWS)
    close(plan(run, "affordability_gap", "acute"), 0.0)
    close(draws(run, "affordability_gap", "acute"), 90.0 - run.drivers()["allocations.acute.amount"])
    close(draws(run, "affordability_gap", "other"), np.array([[0.0], [-12.5], [-28.125]]))


def test_streams_share_a_budget_by_the_planned_worth_of_their_lines() -> None:
    made = tree(value="explicit", amount=300)
    made["allocations"] = {name: {"services": [line], "amount": 10} for name, line in (("acute", "beds"), ("other", "home"))}
    run = run_study(made, draws=1)
    close(plan(run, "affordability_gap", "acute"), 190.0)
    close(plan(run, "affordability_gap", "other"), 90.0)


def test_the_money_that_moves_leaves_the_sum_of_all_positions_alone() -> None:
    """The holder is no part of the system: what it is paid beyond what it pays leaks."""
    made = tree(improvement_payments={"all": {"weight": 0.1, "score": uniform(0, 1)}}, population_update={"all": {"value": 2}})
    made["parties"]["host"]["in_system"] = False
    made["population"] = {"size": uniform(90, 110)}
    run = run_study(made, draws=DRAWS)
    system = sum(draws(run, "party_position", party) for party in ("board", "trust"))
    close(draws(run, "leakage"), draws(run, "budget_paid", "whole") - 100.0)
    close(draws(run, "net_position"), system)
    close(system + draws(run, "party_position", "host"), 0.0)
    close(draws(run, "net_benefit"), 0.0)


def test_a_scenario_keeps_the_plan_that_was_agreed() -> None:
    """Growth of 20 % in a scenario: only the reset, which observes it, moves the budget."""
    made = growing(uniform(0.0, 0.2), years=[3])
    made["scenarios"] = {"fast": {"drivers": {"rate": {"dist": "normal", "mean": 0.2, "sd": 0.0}}}}
    run = run_study(made, draws=4)
    scale = (100.0 * 1.2**3 + 50.0) / 183.1
    close(draws(run, "budget_value", "whole", scenario=1), np.array([[160.0], [171.0], [183.1 * scale]]))
