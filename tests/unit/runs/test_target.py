"""Targets of precision as they are written, and every mistake in them with the nearest name."""

import pytest

from simengine.errors import DataError
from simengine.runs.target import Target, parse_targets, places_of
from simengine.study.load import load_study
from tests.unit.cli.care import study_file

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Three providers in GBP m, one arrangement (board, trust, community), scenarios high_pay and slow."""
    study = load_study(study_file(tmp_path_factory.mktemp("study")))
    return places_of(study, study.scenario_names)


def one(places, text):
    (found,) = parse_targets([text], places)
    return found


def faults(places, *texts):
    with pytest.raises(DataError) as caught:
        parse_targets(texts, places)
    return [(problem.value, problem.rule, problem.nearest) for problem in caught.value.problems]


def test_a_tolerance_alone_is_of_the_mean_net_position_of_the_term(places):
    assert one(places, "0.5%") == Target("net_position", "mean", "term", (), "base", 0.005, True, "GBP", "GBP m", 1e6)


@pytest.mark.parametrize(
    ("text", "statistic", "period", "entity", "scenario"),
    [
        ("net_position=1%", "mean", "term", (), "base"),
        ("net_position.q05=1%", "q05", "term", (), "base"),
        ("net_position.2026=1%", "mean", "2026", (), "base"),
        ("net_position.sd.2026=1%", "sd", "2026", (), "base"),
        ("net_position.2026.sd=1%", "sd", "2026", (), "base"),
        (" net_position . sd . term = 1 % ", "sd", "term", (), "base"),
        ("net_position[slow]=1%", "mean", "term", (), "slow"),
        ("party_position[trust].expected_shortfall=1%", "expected_shortfall", "term", (("party", "trust"),), "base"),
        ("party_position[ trust , slow ]=1%", "mean", "term", (("party", "trust"),), "slow"),
        ("settlement[deal,trust].mean.2026=1%", "mean", "2026", (("arrangement", "deal"), ("party", "trust")), "base"),
        ("settlement[deal, trust, high_pay]=1%", "mean", "term", (("arrangement", "deal"), ("party", "trust")), "high_pay"),
        ("gain=1%", "mean", "term", (("arrangement", "deal"),), "base"),
        ("msr_met=1%", "p_above_zero", "term", (("arrangement", "deal"),), "base"),
        ("msr_met.mean.2025=1%", "mean", "2025", (("arrangement", "deal"),), "base"),
        ("spend[beds].2025=1%", "mean", "2025", (("service", "beds"),), "base"),
        ("party_position_difference[trust,slow]=1%", "mean", "term", (("party", "trust"),), "slow"),
    ],
)
def test_every_part_may_be_stated(places, text, statistic, period, entity, scenario):
    found = one(places, text)
    assert (found.statistic, found.period, found.entity, found.scenario) == (statistic, period, entity, scenario)


def test_an_amount_is_in_the_unit_of_money_of_the_study(places):
    found = one(places, "net_position=0.25")
    assert (found.tolerance, found.relative, found.unit) == (250_000.0, False, "GBP")
    assert found.tolerance_text == "±0.25 GBP m"
    assert one(places, "net_position=1_000").tolerance == 1e9


def test_an_amount_of_a_chance_is_a_fraction(places):
    found = one(places, "net_position.p_below_zero=0.01")
    assert (found.tolerance, found.relative, found.unit, found.tolerance_text) == (0.01, False, "1", "±0.01")


def test_a_target_says_what_it_is_of(places):
    assert one(places, "settlement[deal,trust].q05.2026=1%").name == "settlement of deal, trust, q05, 2026"
    assert one(places, "net_position[slow]=1%").name == "net_position, mean, term, scenario slow"


def test_a_target_stated_twice_is_one(places):
    assert len(parse_targets(["1%", "net_position.mean=1%", "2%"], places)) == 2


@pytest.mark.parametrize(
    ("text", "value", "rule", "near"),
    [
        ("net_positon=1%", "net_positon", "is not an output of this study", "net_position"),
        ("net_position.q5=1%", "q5", "is neither a statistic (mean, sd, q05", "q05"),
        ("net_position.P95=1%", "P95", "is neither a statistic", "q95"),
        ("net_position.median=1%", "median", "is neither a statistic", "q50"),
        ("net_position.mean.2062=1%", "2062", "nor a year of this study (2025, 2026, term)", "2026"),
        ("party_position[trsut]=1%", "trsut", "is not a party of this study", "trust"),
        ("party_position[trust,slwo]=1%", "slwo", "is not a scenario that is run", "slow"),
        ("settlement[deel,trust]=1%", "deel", "is not an arrangement of this study", "deal"),
        ("settlement[deal,hospice]=1%", "hospice", "is not a party of deal, whose parties are", None),
        ("party_position=1%", None, "party_position takes [party, scenario], the last may be left out; party: board, trust", None),
        ("net_position[a,b]=1%", "a, b", "net_position takes [scenario], which may be left out; scenario: base, high_pay", None),
        ("budget_value[x]=1%", "budget_value", "has no value in this study, which has no budget", None),
        ("net_position=", None, "states no tolerance", None),
        ("net_position", None, "states no tolerance", None),
        ("net_position=-1%", "-1%", "states no tolerance", None),
        ("net_position=0", "0", "states no tolerance", None),
        ("nan", None, "states no tolerance", None),
        ("net_position=inf", "inf", "states no tolerance", None),
        ("net_position]=1%", "net_position]", "is not of the form", None),
        ("spend[beds]=1%", "mean.term", "only the mean by year of spend has an error", None),
        ("spend[beds].q05.2025=1%", "q05.2025", "only the mean by year of spend has an error", None),
        ("msr_met.mean=1%", "mean", "over the term only p_below_zero and p_above_zero are known", "p_above_zero"),
        ("net_position_difference=1%", None, "is a difference from the base: name one of high_pay, slow", None),
    ],
)
def test_a_mistake_is_named_with_what_is_nearest(places, text, value, rule, near):
    found = faults(places, text)
    assert any(rule in stated and (value, near) == (was, hint) for was, stated, hint in found), found


def test_all_mistakes_are_named_at_once(places):
    found = faults(places, "net_positon=0%", "party_position[trsut].q5=1%", "1%")
    assert len(found) == 4


def test_a_mistake_says_which_option_it_is_in(places):
    with pytest.raises(DataError, match=r"--precision: net_positon=1%: is not an output of this study \(found \"net_positon\"\)\."):
        parse_targets(["net_positon=1%"], places)


def test_a_difference_needs_a_scenario_that_is_run(tmp_path):
    alone = places_of(load_study(study_file(tmp_path)))
    assert "name a scenario to run" in faults(alone, "net_position_difference=1%")[0][1]


def test_line_variables_whose_draws_are_stored_have_every_statistic(tmp_path):
    kept = places_of(load_study(study_file(tmp_path)), stored=("spend",))
    assert one(kept, "spend[beds].q05=1%").statistic == "q05"
