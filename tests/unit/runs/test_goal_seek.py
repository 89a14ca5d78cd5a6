"""Goal seek: the value at which a statistic is as wanted, once, several times or never, and every mistake by its text."""

import json
from dataclasses import replace

import numpy as np
import pytest

from simengine import api
from simengine.errors import DataError, StudyError
from simengine.runs import goal_seek
from simengine.runs.goal_seek import Point, seek
from simengine.runs.target import parse_amounts, places_of
from simengine.study.load import load_study
from tests.unit.cli.care import simrisk, study_file

pytestmark = pytest.mark.unit
AMOUNT = "schemes.ward.costs.staff.amount"
T15 = 2.13145


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return load_study(study_file(tmp_path_factory.mktemp("study")))


def sought(study, vary, between, text, **how):
    settings = replace(api.settings_of(study, 1), draws=256)
    until = parse_amounts([text], places_of(study), "--until")[0]
    return seek(study, settings, vary, between, until, **how)


@pytest.fixture
def instead(monkeypatch):
    """A function of the value in place of runs."""

    def of(function, error=0.01):
        monkeypatch.setattr(goal_seek._Tried, "_run", lambda self, value: Point(value, function(value), error))

    return of


def test_a_cost_is_found_that_leaves_a_stated_position(study):
    """A budget of 0.6 m more in each of two years leaves 1.2 m less."""
    now = api.run(study, draws=256)["net_position"].sum("year").mean().item()
    found = sought(study, AMOUNT, (0.0, 2.0), f"net_position={now / 1e6 - 1.2!r}")
    (one,) = found.solutions
    assert one.value == pytest.approx(1.2, abs=0.02 * one.at.error / 2e6 + 1e-9)
    assert one.slope == pytest.approx(-2e6, rel=1e-9)
    assert (one.high - one.low) / 2.0 == pytest.approx(T15 * one.at.error / 2e6, rel=1e-4)
    assert found.monotone
    assert found.runs <= 12


def test_the_plan_stays_unless_it_is_made_anew(study):
    """The plan's cost is in no baseline here, but the settlement of a changed impact is: with a plan that knows of it, it is another."""
    until = "settlement[deal,trust]=0"
    (as_written,) = {sought(study, "schemes.ward.effects.beds.impact.mode", (0.02, 0.06), until, points=3).scanned[-1].statistic}
    (anew,) = {sought(study, "schemes.ward.effects.beds.impact.mode", (0.02, 0.06), until, points=3, replan=True).scanned[-1].statistic}
    assert as_written != anew


def test_the_scan_is_of_the_same_draws_as_a_run(study):
    found = sought(study, "drivers.pay.mean", (0.03, 0.05), "net_position.sd=1", points=3)
    run = api.run(study, draws=256)["net_position"].sum("year").to_numpy()
    assert found.scanned[0].statistic == pytest.approx(run.std(ddof=1), rel=1e-9)


def test_a_distribution_is_moved_as_it_is(study):
    """A triangular impact from 0.01 by 0.04 to 0.06 has mean 0.11 / 3."""
    tree = goal_seek._with_value(study.tree, ("schemes", "ward", "effects", "beds", "impact"), 0.11 / 3 + 0.005)
    moved = tree["schemes"]["ward"]["effects"]["beds"]["impact"]
    assert [moved[key] for key in ("min", "mode", "max")] == pytest.approx([0.015, 0.045, 0.065])
    assert goal_seek._as_changes(tree, ("schemes", "ward", "effects", "beds", "impact")) == {
        "schemes": {"ward": {"effects": {"beds": {"impact": moved}}}}
    }


def test_a_value_in_a_list_takes_the_list_along(study):
    tree = goal_seek._with_value(study.tree, ("schemes", "ward", "ramp", 0), 0.5)
    assert goal_seek._as_changes(tree, ("schemes", "ward", "ramp", 0)) == {"schemes": {"ward": {"ramp": [0.5, 1]}}}
    assert study.tree["schemes"]["ward"]["ramp"] == [0.4, 1]


def test_every_crossing_is_found(study, instead):
    instead(lambda x: (x - 0.3) * (x - 0.7) * 1e6)
    found = sought(study, AMOUNT, (0.0, 1.0), "net_position=0")
    assert [one.value for one in found.solutions] == pytest.approx([0.3, 0.7], abs=1e-6)
    assert not found.monotone
    assert [one.jumps for one in found.solutions] == [False, False]


def test_none_is_none(study, instead):
    instead(lambda x: 1e6 * (1.0 + x))
    found = sought(study, AMOUNT, (0.0, 1.0), "net_position=0")
    assert found.solutions == ()
    assert found.runs == 9


def test_a_step_is_said_to_be_one(study, instead):
    instead(lambda x: 1e6 if x > 0.4321 else -1e6)
    (one,) = sought(study, AMOUNT, (0.0, 1.0), "net_position=0").solutions
    assert one.value == pytest.approx(0.4321, abs=1e-3)
    assert one.jumps


def test_where_the_statistic_stays_as_wanted_both_ends_are_told(study, instead):
    instead(lambda x: 1e6 * max(0.0, abs(x - 0.5) - 0.25))
    found = sought(study, AMOUNT, (0.0, 1.0), "net_position=0")
    assert [one.value for one in found.solutions] == [0.25, 0.75]


def test_errors_that_hide_a_rise_are_no_turn(study, instead):
    wave = np.array([0.0, 1.0, 0.98, 2.0, 3.0, 3.97, 3.99, 5.0, 6.0])
    instead(lambda x: float(wave[round(8 * x)]), error=0.05)
    assert sought(study, AMOUNT, (0.0, 1.0), "net_position=7").monotone
    instead(lambda x: float(wave[round(8 * x)]), error=0.0001)
    assert not sought(study, AMOUNT, (0.0, 1.0), "net_position=7").monotone


@pytest.mark.parametrize(
    ("vary", "rule", "near"),
    [
        (
            "schemes.ward.costs.staf.amount",
            "unknown path: schemes.ward.costs.staf is not in the study",
            "schemes.ward.costs.staff.amount",
        ),
        ("services.beds.growth", "is the name of a driver: vary drivers.pay instead", None),
        ("schemes.ward.ramp", "is not a single number", None),
        ("title", "is not a single number", None),
    ],
)
def test_numbers_that_cannot_be_varied(study, vary, rule, near):
    with pytest.raises(StudyError) as caught:
        sought(study, vary, (0.0, 1.0), "net_position=0")
    (problem,) = caught.value.problems
    assert (problem.file, problem.path, problem.rule, problem.nearest) == ("--vary", vary, rule, near)


def test_a_value_that_the_study_cannot_have_is_named(study):
    with pytest.raises(StudyError) as caught:
        sought(study, "schemes.ward.effects.beds.impact.min", (0.05, 0.5), "net_position=0")
    problem = caught.value.problems[0]
    assert problem.file == "--vary"
    assert problem.path.startswith("schemes.ward.effects.beds.impact")
    assert problem.rule.startswith("with 0.05: ")


def test_a_range_and_a_goal_are_needed(study):
    with pytest.raises(DataError, match="is a range LOW:HIGH of two numbers, the lower one first"):
        sought(study, AMOUNT, (1.0, 0.0), "net_position=0")
    places = places_of(study)
    with pytest.raises(DataError) as caught:
        parse_amounts(["net_position", "net_positon=1", "net_position.q05=x"], places, "--until")
    assert [problem.file for problem in caught.value.problems] == ["--until"] * len(caught.value.problems)
    rules = [(problem.rule, problem.nearest) for problem in caught.value.problems]
    assert ("is not of the form OUTPUT[NAMES].STATISTIC.YEAR=AMOUNT", None) in rules
    assert ("is not an output of this study", "net_position") in rules
    (found,) = parse_amounts(["party_position[trust].p_below_zero=10%"], places, "--until")
    assert found[1] == pytest.approx(0.1)


def test_on_the_command_line(tmp_path, instead):
    instead(lambda x: 1e6 * (x - 0.25))
    asked = ("seek", study_file(tmp_path), "--vary", AMOUNT, "--between", "0:1", "--until", "net_position=0.5")
    done = simrisk(*asked)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(f"{AMOUNT} = 0.75")
    assert "net_position, mean, term is 0.5 GBP m" in done.stdout
    found = json.loads(simrisk(*asked, "--json").stdout)["result"]
    assert found["solutions"][0]["value"] == pytest.approx(0.75)
    assert found["until"] == {"output": "net_position", "year": "term", "statistic": "mean", "value": 500000.0, "unit": "GBP"}
    none = simrisk(*asked[:-1], "net_position=5")
    assert none.exit_code == 1
    assert none.stdout.startswith(f"At no value of {AMOUNT} tried does it come about that net_position, mean, term is 5 GBP m")
    assert simrisk(*asked[:4], "--between", "0-1", *asked[6:]).exit_code == 2
