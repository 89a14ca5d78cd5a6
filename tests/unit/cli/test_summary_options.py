"""``simrisk summary``: risk against plan, chances below a level, how figures settle, and draws that failed by name."""

import json

import numpy as np
import pytest

from simengine.results import store
from tests.unit.cli import care
from tests.unit.cli.care import SOMETIMES_EMPTY, read_once, simrisk, study_file

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _each_file_is_read_once(monkeypatch):
    read_once(monkeypatch, store)


@pytest.fixture
def run(stored):
    store.read_result(stored)
    return care._READ[stored][0]


def result(*arguments):
    done = simrisk("summary", *arguments, "--json")
    assert done.exit_code == 0, done.stdout
    return json.loads(done.stdout)["result"]


def test_risk_against_plan_is_how_much_less_than_planned(stored, run):
    rows = {(one["output"], one["party"], one["statistic"]): one for one in result(stored, "--risk")["risk"]}
    trust = run["party_position"].sel(scenario="base", party="trust").sum("year").to_numpy()
    plan = float(run["plan_party_position"].sel(party="trust").sum())
    low = np.quantile(trust, 0.05)
    assert rows["party_position", "trust", "value_at_risk"]["value"] == pytest.approx(-low)
    against = rows["party_position", "trust", "value_at_risk_against_plan"]
    assert against["value"] == pytest.approx(plan - low)
    assert against["standard_error"] == rows["party_position", "trust", "value_at_risk"]["standard_error"]
    shortfall = -(low + np.minimum(trust - low, 0.0).mean() / 0.05)
    assert rows["party_position", "trust", "expected_shortfall_against_plan"]["value"] == pytest.approx(plan + shortfall)
    assert rows["party_position", "trust", "p_below_plan"]["value"] == pytest.approx((trust < plan).mean())


def test_risk_of_a_run_without_draws_comes_from_its_summary(tmp_path, stored):
    assert simrisk("run", study_file(tmp_path), "--store", "summary", "--out", tmp_path / "few.nc").exit_code == 0
    few, whole = (
        {(one["party"], one["statistic"]): one for one in result(path, "--risk")["risk"]} for path in (tmp_path / "few.nc", stored)
    )
    assert few.keys() == whole.keys()
    # counted, within 0.2 % of the distance from the plan
    name = "trust", "expected_shortfall_against_plan"
    assert few[name]["value"] == pytest.approx(whole[name]["value"], rel=0.005)
    assert few["trust", "p_below_plan"]["value"] is None


def test_risk_in_words(stored):
    done = simrisk("summary", stored, "--risk")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split()[:6] == ["Risk", "over", "the", "term,", "GBP", "m"]
    assert done.stdout.count("  against plan") == 2
    assert "  chance below plan" in done.stdout


def test_the_chance_of_less_than_a_level(stored, run):
    rows = result(stored, "--below", "party_position[trust].2025=-1.5", "--below", "net_position[slow]=0")["below"]
    first = run["party_position"].sel(scenario="base", party="trust", year="2025").to_numpy()
    second = run["net_position"].sel(scenario="slow").sum("year").to_numpy()
    assert [one["value"] for one in rows] == pytest.approx([(first < -1.5e6).mean(), (second < 0.0).mean()])
    assert [one["level"] for one in rows] == [-1.5e6, 0.0]
    groups = (first < -1.5e6).reshape(16, 16).mean(axis=0)
    expected = groups.std(ddof=1) / 4.0
    assert rows[0]["standard_error"] == pytest.approx(expected if 0.0 < rows[0]["value"] < 1.0 else 1 / 256)
    text = simrisk("summary", stored, "--below", "party_position[trust].2025=-1.5").stdout
    assert text.startswith("Chance that party position, trust, 2025, is below -1.5 GBP m: ")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("party_position[trus]=1", 'Did you mean "trust"?'),
        ("net_position=x", "is not of the form OUTPUT[NAMES].STATISTIC.YEAR=AMOUNT"),
        ("net_position.q05=1", "states a level of the output itself, not of a statistic"),
        ("activity[beds].2025=1", "the draws of activity are not in this result"),
    ],
)
def test_levels_that_cannot_be(stored, asked, message):
    done = simrisk("summary", stored, "--below", asked)
    assert done.exit_code == 2
    assert message in done.stderr


def test_how_figures_settle(stored, run):
    rows = result(stored, "--convergence", "--scenario", "slow")["convergence"]
    assert {one["draws"] for one in rows} == {256}
    mean = next(one for one in rows if (one["output"], one["statistic"]) == ("net_position", "mean"))
    assert mean["value"] == pytest.approx(run["net_position"].sel(scenario="slow").sum("year").mean().item())
    assert mean["low"] < mean["value"] < mean["high"]
    text = simrisk("summary", stored, "--convergence").stdout
    assert text.startswith("How the figures settle (GBP m, all years together)")
    assert "  256 draws" in text


def test_draws_that_failed_are_named(tmp_path):
    study = study_file(tmp_path, SOMETIMES_EMPTY)
    assert simrisk("run", study, "--out", tmp_path / "empty.nc").exit_code == 0
    failed = store.read_result(tmp_path / "empty.nc")[0]["failed"].sel(scenario="base").to_numpy()
    found = result(tmp_path / "empty.nc")["failed_draws"]
    assert [one["draw"] for one in found] == np.flatnonzero(failed)[:5].tolist()
    assert all(one["drivers"]["drivers.list"] == [0.0] for one in found)
    assert all("net_position" in one["outputs"] for one in found)
    text = simrisk("summary", tmp_path / "empty.nc").stdout
    assert "Draws that are not finite, the first of them" in text
    assert "    drivers.list = 0\n" in text
