"""A stored run as another program finds it: dimensions, labels, units, flags, attributes, digests (INTERFACE.md, "The result")."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import simengine
from simengine import schema
from simengine.results.provenance import content_hash, digests
from simengine.schema import DETAIL_VARIABLES, FLAGS, POSITION_VARIABLES
from simengine.version import VERSION
from tests.unit.cli.care import simrisk, study_file

pytestmark = pytest.mark.unit

#: The study has no budget, no allocation and no population segment: nor has its result variables of theirs.
VARIABLES = {name: one for name, one in schema.VARIABLES.items() if not {"budget", "stream", "segment"}.intersection(one.entity)}
POSITIONS = {name for name, variable in POSITION_VARIABLES.items() if variable.stored and name in VARIABLES}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def file(place):
    done = simrisk("run", study_file(place), "--scenario", "all", "--out", place / "all.nc")
    assert done.exit_code == 0, done.stderr
    return place / "all.nc"


@pytest.fixture(scope="module")
def result(file):
    return xr.load_dataset(file, engine="h5netcdf")


@pytest.fixture(scope="module")
def summary(file):
    return xr.load_dataset(file, engine="h5netcdf", group="summary")


def test_xarray_opens_it_without_this_package(file, tmp_path):
    code = """
import sys, xarray as xr
with xr.open_dataset(sys.argv[1], engine="h5netcdf") as result, xr.open_dataset(sys.argv[1], engine="h5netcdf", group="summary") as summary:
    assert result["net_position"].dims == ("draw", "year", "scenario")
    assert float(abs(result["net_position"].mean("draw")[0, 0] - summary["net_position"].sel(statistic="mean")[0, 0])) < 1e-3
    assert list(result["party"].values) == ["board", "trust", "community", "hospice"]
assert not any(name.startswith("simengine") for name in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(file)], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_dimensions_and_labels(result):
    labels = {name: list(result[name].to_numpy()) for name in result.coords if name != "draw"}
    assert labels == {
        "year": ["2025", "2026"],
        "scenario": ["base", "high_pay", "slow"],
        "party": ["board", "trust", "community", "hospice"],
        "arrangement": ["deal"],
        "service": ["beds", "nursing", "hospice"],
        "scheme": ["ward"],
        "driver": ["drivers.pay", "services.nursing.growth", "schemes.ward.effects.beds.impact"],
        "path_driver": ["services.beds.volatility"],
    }
    assert result["draw"].to_numpy().tolist() == list(range(256))


def test_a_default_run_stores_positions_drivers_failures_and_the_plan(result):
    plans = {f"plan_{name}" for name in VARIABLES}
    assert {str(name) for name in result.data_vars} == POSITIONS | plans | {"driver_value", "driver_path", "failed"}


def test_scenario_comes_last_and_the_plan_has_none(result):
    for name, variable in result.data_vars.items():
        if str(name).startswith("plan_"):
            assert variable.dims == ("year", *VARIABLES[str(name).removeprefix("plan_")].entity)
        else:
            assert variable.dims[0] == "draw"
            assert variable.dims[-1] == "scenario"


def test_everything_says_its_meaning_and_unit(result, summary):
    for dataset in (result, summary):
        for name, variable in dataset.data_vars.items():
            assert variable.attrs["long_name"], name
            assert variable.attrs["units"], name
    assert all(result[name].attrs["long_name"] for name in result.coords)
    assert result["net_position"].attrs == {"long_name": "net position of the system: sum over parties in the system", "units": "GBP"}
    assert result["plan_gain"].attrs["long_name"].startswith("plan: ")


def test_flags_are_small_integers(result):
    for name in ("failed", *FLAGS):
        assert result[name].dtype == np.int8
        assert set(np.unique(result[name])) <= {-1, 0, 1}
    assert -1 in result["msr_met"]
    assert 1 in result["msr_met"]


def test_driver_values(result):
    pay = result["driver_value"].sel(driver="drivers.pay")
    assert abs(float(pay.sel(scenario="base").mean()) - 0.03) < 0.0005
    assert np.isnan(pay.sel(scenario="high_pay")).all()
    volatility = result["driver_path"].sel(path_driver="services.beds.volatility")
    assert volatility.dims == ("draw", "year", "scenario")
    assert abs(float(volatility.mean()) - 1.0) < 0.005
    np.testing.assert_array_equal(volatility.sel(scenario="base"), volatility.sel(scenario="slow"))


def test_attributes(result, place):
    about = result.attrs
    study = simengine.load_study(place / "care.toml")
    assert about["title"] == "Three providers"
    assert about["created"].endswith("+00:00")
    assert json.loads(about["versions"])["simrisk"] == VERSION
    assert {"numpy", "scipy", "numba", "xarray", "h5py"} <= set(json.loads(about["versions"]))
    assert "Python" in about["platform"]
    assert simengine.Study is type(study)
    assert 'title = "Three providers"' in about["study_text"]
    assert (about["study_name"], about["study_hash"]) == ("care", study.digest)
    assert (about["seed"], about["sampler"], about["stream_version"]) == ("3", "sobol", "simrisk-stream-1")
    assert (int(about["draws"]), int(about["failed"]), int(about["clipped"])) == (256, 0, 0)
    assert json.loads(about["column_map"])["drivers.pay"] == 0
    assert json.loads(about["drivers"])["drivers.pay"]["parameters"] == {"mean": 0.03, "sd": 0.01}
    assert json.loads(about["store"]) == "positions"


def test_digests_are_those_of_what_the_file_holds(result):
    found, stated = digests(result), json.loads(result.attrs["digests"])
    assert {name: stated[name] for name in found} == found
    assert all(name == "attributes" or "/" in name for name in stated.keys() - found.keys())
    assert result.attrs["content_hash"] == content_hash(stated)
    changed = result.assign(net_position=result["net_position"] + 1.0)
    assert {name for name, digest in digests(changed).items() if digest != found[name]} == {"net_position"}


def test_numbers_are_those_of_the_python_function(result, place):
    again = simengine.run(simengine.load_study(place / "care.toml"), scenarios=("all",), threads=1)
    for name in (*POSITIONS, "driver_value", "driver_path"):
        np.testing.assert_array_equal(result[name], again[name])


def test_the_summary_holds_every_output_with_its_error(summary):
    assert set(VARIABLES) | {f"{name}_se" for name in VARIABLES} <= {str(name) for name in summary.data_vars}
    assert summary["net_position"].dims == ("statistic", "period", "scenario")
    assert list(summary["period"].to_numpy()) == ["2025", "2026", "term"]
    assert summary["settlement"].dims == ("statistic", "period", "arrangement", "party", "scenario")


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("summary", set()),
        ("all", {*VARIABLES, "driver_value", "driver_path"}),
        ("net_position,cost_released,driver_value", {"net_position", "cost_released", "driver_value"}),
    ],
)
def test_store(place, store, expected):
    path = place / f"only-{store}.nc"
    done = simrisk("run", study_file(place), "--store", store, "--out", path)
    assert done.exit_code == 0, done.stderr
    with xr.open_dataset(path, engine="h5netcdf") as found:
        kept = {str(name) for name in found.data_vars}
    # which draws failed is said beside draws only
    assert kept == expected | {f"plan_{name}" for name in VARIABLES} | ({"failed"} if expected else set())
    assert simrisk("summary", path).stdout == done.stdout


def test_lines_and_schemes_have_means_in_the_summary_however_little_is_stored(place):
    with xr.open_dataset(place / "only-summary.nc", engine="h5netcdf", group="summary") as found:
        assert all(np.isfinite(found[name].sel(statistic="mean")).all() for name in DETAIL_VARIABLES)


def test_a_long_study_text_fits(place):
    text = study_file(place).read_text(encoding="utf-8") + "# a comment of many words\n" * 10_000
    path = study_file(place, text, "long.toml")
    done = simrisk("run", path, "--draws", 16, "--out", place / "long.nc")
    assert done.exit_code == 0, done.stderr
    with xr.open_dataset(place / "long.nc", engine="h5netcdf") as found:
        assert found.attrs["study_text"] == text
