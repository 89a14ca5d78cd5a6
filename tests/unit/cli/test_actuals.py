"""``--actuals``: a study under way on the command line, what check and the summary say of it."""

import json

import pytest
import xarray as xr

from tests.unit.cli.care import simrisk

pytestmark = pytest.mark.unit

ROWS = "service,year,activity,price\nbeds,2025,20400,4050\nnursing,2025,30.5,\n"


@pytest.fixture
def seen(folder):
    (folder / "seen.csv").write_text(ROWS, encoding="utf-8")
    return folder / "seen.csv"


def test_check_says_what_was_observed_and_what_is_open(seen):
    done = simrisk("check", "care.toml", "--actuals", seen)
    assert done.exit_code == 0, done.stderr
    assert "observed: beds in 2025; nursing in 2025\n" in done.stdout
    assert "contract deal in 2025: all that it settles on was observed\n" in done.stdout
    found = json.loads(simrisk("check", "care.toml", "--actuals", seen, "--json").stdout)
    assert found["result"]["observed"] == {"services": {"beds": ["2025"], "nursing": ["2025"]}, "arrangements": {"deal": {"2025": []}}}
    assert "observed" not in json.loads(simrisk("check", "care.toml", "--json").stdout)["result"]


def test_run_settles_the_year_and_forecasts_the_rest(seen, folder):
    done = simrisk("run", "care.toml", "--actuals", seen, "--out", "under_way.nc", "--store", "all", "--scenario", "all")
    assert done.exit_code == 0, done.stderr
    assert "\nObserved: beds in 2025; nursing in 2025\nContract deal in 2025: all that it settles on was observed\n" in done.stdout
    assert simrisk("summary", "under_way.nc").stdout == done.stdout
    with xr.open_dataset(folder / "under_way.nc", engine="h5netcdf") as found:
        spread = found["settlement"].max("draw") - found["settlement"].min("draw")
        assert float(abs(spread.sel(year="2025")).max()) == 0.0
        assert float(abs(spread.sel(year="2026")).max()) > 0.0
        # the file says enough to run it again without the table
        assert "20400" in found.attrs["study_text"]
        text, digest = found.attrs["study_text"], found.attrs["study_hash"]
    (folder / "again.toml").write_text(text, encoding="utf-8")
    assert json.loads(simrisk("check", "again.toml", "--json").stdout)["study"]["hash"] == digest


def test_a_file_that_does_not_fit_is_refused_with_its_line(folder):
    (folder / "seen.csv").write_text(ROWS + "bed,2026,1,\n", encoding="utf-8")
    for command in ("run", "check"):
        done = simrisk(command, "care.toml", "--actuals", "seen.csv")
        assert done.exit_code == 2
        assert "seen.csv:4: tables.actuals.key: is not a service line of this study" in done.stderr
