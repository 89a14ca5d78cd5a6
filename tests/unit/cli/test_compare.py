"""``simrisk compare``: differences draw by draw with their errors, and what are not the same draws."""

import json

import numpy as np
import pytest

from simengine.runs import comparison
from simengine.runs.comparison import not_common
from simengine.statistics.standard_error import standard_error
from tests.unit.cli import care
from tests.unit.cli.care import STUDY, read_once, simrisk, study_file

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _each_file_is_read_once(monkeypatch):
    read_once(monkeypatch, comparison)


def opened(path, group=0):
    """What a comparison read of a file: its draws, or its summary."""
    return care._READ[path][group]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The study with all scenarios, with a higher minimum savings rate on more draws, with another seed, design and driver."""
    place = tmp_path_factory.mktemp("compared")
    study = study_file(place)
    changes = {
        "base": ("--scenario", "all"),
        "msr": ("--set", "arrangements.deal.msr=0.02", "--draws", "512"),
        "seed": ("--seed", "4"),
        "driver": ("--set", "schemes.ward.costs.staff.amount={ dist = 'uniform', min = 0.5, max = 0.7 }"),
        "summary": ("--store", "summary"),
    }
    for name, options in changes.items():
        done = simrisk("run", study, *options, "--out", place / f"{name}.nc")
        assert done.exit_code == 0, done.stderr
    return place


def compared(first, second, *options):
    done = simrisk("compare", first, second, "--json", *options)
    assert done.exit_code == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def row(found, output, statistic, year="term", **entity):
    for one in found["result"]["differences"]:
        if (one["output"], one["statistic"], one["year"]) == (output, statistic, year) and all(one[key] == entity[key] for key in entity):
            return one
    raise AssertionError(output)


def test_differences_are_those_of_the_same_draws(runs):
    found = compared(runs / "base.nc", runs / "msr.nc")
    one, other = (opened(runs / f"{name}.nc") for name in ("base", "msr"))
    sides = [run["party_position"].sel(scenario="base", party="trust").sum("year").to_numpy()[:256] for run in (one, other)]
    difference = sides[1] - sides[0]
    mean = row(found, "party_position", "mean", party="trust")
    assert mean["value"] == pytest.approx(difference.mean(), rel=1e-9)
    assert mean["standard_error"] == pytest.approx(standard_error(difference, "sobol"), rel=1e-9)
    assert mean["unpaired_error"] == pytest.approx(np.hypot(*(standard_error(side, "sobol") for side in sides)), rel=1e-9)
    assert mean["first"] == pytest.approx(sides[0].mean(), rel=1e-9)
    assert row(found, "party_position", "p_above_zero", party="trust")["value"] == pytest.approx((difference > 0.0).mean())
    assert found["draws"] == 256
    assert found["result"]["paired"] is True
    assert found["warnings"] == ["of the second run only the first 256 of 512 draws are compared"]


def test_pairing_gains(runs):
    """What the deal does not reach is the same, and the rest is known better than from draws of its own."""
    found = compared(runs / "base.nc", runs / "msr.nc")
    assert row(found, "net_saving", "mean")["standard_error"] == 0.0
    one = row(found, "party_position", "mean", party="trust")
    assert 0.0 < one["standard_error"] < one["unpaired_error"] / 2.0


def test_two_scenarios_of_one_run(runs):
    found = compared(runs / "base.nc", runs / "base.nc", "--scenario", "base", "--scenario", "slow")
    summary = opened(runs / "base.nc", 1)
    for statistic in ("mean", "sd"):
        at = {"statistic": statistic, "period": "term", "scenario": "slow"}
        one = row(found, "net_position", statistic)
        assert one["value"] == pytest.approx(float(summary["net_position_difference"].sel(at)), rel=1e-9)
        assert one["standard_error"] == pytest.approx(float(summary["net_position_difference_se"].sel(at)), rel=1e-6)


def test_in_words(runs):
    done = simrisk("compare", runs / "base.nc", runs / "msr.nc")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A: Three providers (")
    assert lines[2].startswith("GBP m; B less A draw by draw over 256 draws; ±")
    assert any(line.startswith("party position: trust") for line in lines)
    assert any(line.startswith("    ± with other draws") for line in lines)
    assert "The same in both: net position" in done.stdout
    assert "note: of the second run only the first 256 of 512 draws are compared" in done.stderr


def test_other_draws_are_refused(runs):
    done = simrisk("compare", runs / "base.nc", runs / "seed.nc")
    assert done.exit_code == 2
    assert "are not on the same draws: the seed is 3 in the first and 4 in the second. --unpaired compares them" in done.stderr


def test_a_driver_more_is_noted(runs):
    """It stands behind the others in the file: these keep their columns."""
    done = simrisk("compare", runs / "base.nc", runs / "driver.nc")
    assert done.exit_code == 0
    assert "note: only the second run draws schemes.ward.costs.staff.amount" in done.stderr


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"draws": 512}, []),
        ({"sampler": "lhs"}, ["the design is sobol in the first and lhs in the second"]),
        ({"stream_version": "2"}, ["the version of the random streams is 1 in the first and 2 in the second"]),
        ({"column_map": '{"a": 1, "b": 0}'}, ["a, b have another column of the design (columns = [...] keeps them)"]),
        ({"column_map": '{"a": 0, "c": 1, "b": 2}'}, ["b has another column of the design (columns = [...] keeps them)"]),
        ({"column_map": '{"c": 0}'}, ["they have no driver in common"]),
        (
            {"seed": "4", "sampler": "random"},
            ["the seed is 3 in the first and 4 in the second", "the design is sobol in the first and random in the second"],
        ),
    ],
)
def test_what_makes_other_draws(changes, reasons):
    about = {"seed": "3", "sampler": "sobol", "stream_version": "1", "draws": 256, "column_map": '{"a": 0, "b": 1}'}
    assert not_common(about, {**about, **changes}) == reasons


def test_columns_are_of_no_account_in_other_designs():
    about = {"seed": "3", "sampler": "lhs", "stream_version": "1", "column_map": '{"a": 0, "b": 1}'}
    assert not_common(about, {**about, "column_map": '{"a": 1, "b": 0}'}) == []


def test_independent_runs_on_request(runs):
    found = compared(runs / "base.nc", runs / "seed.nc", "--unpaired")
    summaries = [opened(runs / f"{name}.nc", 1) for name in ("base", "seed")]
    at = {"statistic": "q05", "period": "2025", "scenario": "base"}
    one = next(
        each
        for each in found["result"]["differences"]
        if (each["output"], each["year"], each["statistic"], each["level"]) == ("net_position", "2025", "quantile", 0.05)
    )
    values, errors = ([float(summary[name].sel(at)) for summary in summaries] for name in ("net_position", "net_position_se"))
    assert one["value"] == pytest.approx(values[1] - values[0], rel=1e-9)
    assert one["standard_error"] == pytest.approx(np.hypot(*errors), rel=1e-9)
    assert found["result"]["paired"] is False
    assert any("not on the same draws: the seed is 3" in note for note in found["warnings"])


def test_a_run_without_draws_is_told_so(runs):
    done = simrisk("compare", runs / "base.nc", runs / "summary.nc")
    assert done.exit_code == 2
    assert "hold no draws of the same output (--store positions keeps them). --unpaired compares summaries" in done.stderr
    assert simrisk("compare", runs / "base.nc", runs / "summary.nc", "--unpaired").exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "are the same run: name two scenarios of it"),
        (("--scenario", "fast", "--scenario", "slow"), "has no scenario fast: it has base, high_pay, slow"),
        (("--scenario", "a", "--scenario", "b", "--scenario", "c"), "--scenario is given at most twice"),
    ],
)
def test_mistakes(runs, options, message):
    done = simrisk("compare", runs / "base.nc", runs / "base.nc", *options)
    assert done.exit_code == 2
    assert message in done.stderr


def test_amounts_of_another_currency_are_not_compared(runs, tmp_path):
    study = study_file(tmp_path, STUDY.replace('unit = "GBP m"', 'unit = "EUR m"'))
    assert simrisk("run", study, "--out", tmp_path / "euro.nc").exit_code == 0
    done = simrisk("compare", runs / "base.nc", tmp_path / "euro.nc", "--unpaired")
    assert done.exit_code == 2
    assert "amounts in GBP and EUR cannot be compared" in done.stderr
