"""Decisions that a stored run bears on: what each party would sign, which terms, and what is worth finding out first, in words."""

import numpy as np
import pytest

from simengine.cli.information_text import information_text
from simengine.errors import ResultError
from simengine.results.frame import as_frame
from simengine.runs import decisions
from simengine.runs.decisions import choosing_terms, information_of, signing
from tests.unit.cli.care import read_once, simrisk, study_file

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module", autouse=True)
def _each_file_is_read_once():
    with pytest.MonkeyPatch.context() as patch:
        read_once(patch, decisions)
        yield


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    place = tmp_path_factory.mktemp("decisions")
    done = simrisk("run", study_file(place), "--scenario", "all", "--draws", "4096", "--out", place / "all.nc")
    assert done.exit_code == 0, done.stderr
    return place / "all.nc"


@pytest.fixture(scope="module")
def run(result):
    return decisions.read_result(result)[0]


@pytest.fixture(scope="module")
def found(result):
    return {one.decision: one for one in information_of(result)}


def test_to_sign_is_the_term_with_the_settlement_or_without(run):
    decision = signing(as_frame(run), ["hospice"])
    assert decision.options == ("not sign", "sign")
    # the hospice is no party of the deal; nothing leaves the system, whose position the deal leaves as it is
    assert [dict(output.entity)["party"] for output in decision.outputs] == ["board", "trust", "community"]
    settled = run["settlement"].sel(scenario="base", arrangement="deal", party="trust").sum("year").to_numpy()
    assert decision.benefit[1, 1] - decision.benefit[0, 1] == pytest.approx(settled, abs=1e-3)


def test_what_leaves_the_system_is_the_systems_decision(run):
    """Were the trust an outsider, its settlement would be the system's loss."""
    frame = as_frame(run)
    decision = signing(frame, ["hospice", "trust"])
    assert decision.outputs[-1].name == "net_position"
    settled = run["settlement"].sel(scenario="base", arrangement="deal", party="trust").sum("year").to_numpy()
    assert decision.benefit[0, -1] - decision.benefit[1, -1] == pytest.approx(settled, abs=1e-3)


def test_terms_are_the_scenarios_of_the_run(run):
    decision = choosing_terms(as_frame(run))
    assert decision.options == ("base", "high_pay", "slow")
    assert (decision.outputs[-1].name, decision.outputs[-1].entity) == ("net_position", ())
    position = run["net_position"].sum("year").transpose("scenario", "draw").to_numpy()
    assert np.array_equal(decision.benefit[:, -1], position)


def test_worth_is_that_of_the_draws_themselves(found, run):
    """EVPI by hand: the better of both on every draw, less the better mean."""
    position = [
        run[name].sel(scenario="base", party="trust").sum("year").to_numpy() for name in ("party_position_before", "party_position")
    ]
    by_hand = np.maximum(*position).mean() - max(position[0].mean(), position[1].mean())
    party = [dict(output.entity)["party"] for output in found["sign"].evpi.outputs].index("trust")
    assert found["sign"].evpi.value[0, 0, party] == pytest.approx(by_hand, rel=1e-9)


def test_every_driver_and_every_category_is_judged(found, run):
    drivers = {*run["driver"].to_numpy(), *run["path_driver"].to_numpy()} if "path_driver" in run.coords else {*run["driver"].to_numpy()}
    sign = found["sign"]
    assert set(sign.evppi.units) == drivers
    assert set(sign.by_group.units) == {"other", "volatility"}
    assert (sign.evppi.value[0] <= sign.evpi.value[0, 0] + 1e-9).all()
    both = {name: [u for u in sign.evppi.units if ("volatility" in u) == (name == "volatility")] for name in sign.by_group.units}
    for k, name in enumerate(sign.by_group.units):
        for unit in both[name]:
            assert (sign.evppi.value[0, sign.evppi.units.index(unit)] <= sign.by_group.value[0, k]).all()


def test_in_words(found):
    text = information_text(list(found.values()), "GBP m", 1e6)
    assert text.startswith("What is worth finding out before signing (GBP ")
    assert "What is worth finding out before choosing the terms (GBP " in text
    for party in ("board", "trust", "community"):
        assert f"\n{party} would " in text
    assert information_text([], "GBP m", 1e6).startswith("There is no decision to inform")


def test_only_what_is_asked_for(result):
    assert [one.decision for one in information_of(result, decisions=("terms",))] == ["terms"]
    slow = information_of(result, decisions=("sign",), scenario="slow")[0]
    assert slow.evpi.outputs[0].scenario == "slow"


def test_what_a_run_must_hold(tmp_path, result):
    done = simrisk("run", study_file(tmp_path), "--store", "net_position", "--out", tmp_path / "few.nc")
    assert done.exit_code == 0, done.stderr
    lacking = "does not hold the draws of party_position, party_position_before, driver_value, which are needed"
    with pytest.raises(ResultError, match=lacking):
        information_of(tmp_path / "few.nc")
    with pytest.raises(ResultError, match="has no scenario fast: it has base, high_pay, slow"):
        information_of(result, scenario="fast")
    with pytest.raises(ResultError, match="buy is no decision: sign or terms"):
        information_of(result, decisions=("buy",))
