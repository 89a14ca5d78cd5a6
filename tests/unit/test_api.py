"""The public functions: what they accept, refuse and leave to the study."""

import numpy as np
import pytest
import xarray as xr

import simengine
from simengine import api
from simengine.errors import SimulationError, StudyError
from tests.unit.cli.care import study_file

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return simengine.load_study(study_file(tmp_path_factory.mktemp("api")))


def test_run_gives_every_position_of_the_base(study):
    result = simengine.run(study)
    assert isinstance(result, xr.Dataset)
    assert dict(result.sizes) == {
        "draw": 256, "year": 2, "scenario": 1, "party": 4, "arrangement": 1, "service": 3, "scheme": 1, "driver": 3, "path_driver": 1
    }  # fmt: skip
    assert list(result["scenario"].to_numpy()) == ["base"]


def test_what_is_given_stands_instead_of_the_study(study):
    result = simengine.run(study, draws=32, seed=0, sampler="random", store="all", threads=1)
    assert (result.attrs["seed"], result.attrs["sampler"], result.attrs["draws"]) == ("0", "random", 32)
    assert "cost_released" in result


def test_the_settlements_of_a_deal_sum_to_nothing(study):
    settled = simengine.run(study, draws=64)["settlement"].sum("party")
    assert float(np.abs(settled).max()) < 1e-6


def test_a_shorter_run_is_the_start_of_a_longer_one(study):
    short, long = (simengine.run(study, draws=draws, threads=2) for draws in (64, 9000))
    xr.testing.assert_equal(short["party_position"], long["party_position"].isel(draw=slice(64)))


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"draws": 0}, "simulation.draws: must be from 1 to 2^40 (found 0)"),
        ({"draws": 2**40 + 1}, "simulation.draws: must be from 1 to 2^40"),
        ({"seed": -1}, "simulation.seed: must be from 0 to 2^64 - 1 (found -1)"),
        ({"seed": 2**64}, "simulation.seed: must be from 0 to 2^64 - 1"),
        ({"sampler": "halton"}, 'simulation.sampler: must be "sobol", "lhs" or "random" (found "halton")'),
        ({"scenarios": ["bold"]}, "scenarios.bold: is not a scenario of this study, which has base, high_pay, slow"),
    ],
)
def test_a_setting_that_is_wrong(study, given, rule):
    with pytest.raises(StudyError) as caught:
        simengine.run(study, **given)
    assert rule in str(caught.value)


def test_draws_that_do_not_fit_in_memory(study):
    with pytest.raises(SimulationError, match=r"1,000,000,000,000 draws of this study need .* GiB .* at most [0-9,]+ draws fit"):
        simengine.run(study, draws=10**12)


def test_scenarios(study):
    assert api.scenario_names(study, ()) == ()
    assert api.scenario_names(study, ("all",)) == ("high_pay", "slow")
    assert api.scenario_names(study, ("slow", "base", "slow")) == ("slow",)
    alone, both = simengine.run(study, scenarios=["slow"]), simengine.run(study, scenarios=["all"])
    xr.testing.assert_equal(alone["net_position"], both["net_position"].sel(scenario=["base", "slow"]))


def test_progress_ends_with_all_draws_of_all_scenarios(study):
    seen = []
    ready = api.prepare(study, study.scenario_names)
    api.complete(ready, api.settings_of(study, 2), "summary", lambda done, total: seen.append((done, total)))
    assert seen[-1] == (768, 768)
    assert seen == sorted(seen)


def test_stored_names_and_sizes(study):
    ready = api.prepare(study, ())
    assert api.stored_names("summary") == ()
    assert api.stored_names(["funding", "driver_path"]) == ("funding", "driver_path")
    assert api.stored_bytes(ready, 1000, ["net_position"]) == 2 * 1000 * 8
    assert api.stored_bytes(ready, 1000, "all") > api.stored_bytes(ready, 1000, "positions") > 0


def test_identity_has_the_scenarios_but_not_the_draws(study):
    assert api.run_identity(study, ()) == api.run_identity(study, ())
    assert api.run_identity(study, ("slow",)) != api.run_identity(study, ())
