"""tables.py: a run keeps the inverse tables that it was drawn with, and another draws with them whatever SciPy says by then."""

import numpy as np
import pytest
import scipy.special
import xarray as xr

import simengine
from simengine import api
from simengine.distributions import Tables, tables
from simengine.results.store import write_result
from simengine.results.tables import read_tables, tables_dataset

pytestmark = pytest.mark.unit

STUDY = {
    "horizon": {"base": 2020, "years": 2},
    "money": {"unit": "GBP"},
    "parties": {"payer": {"role": "commissioner"}, "trust": {"role": "provider"}},
    "services": {
        "line": {
            "provider": "trust",
            "spend": 100,
            "growth": {"dist": "pert", "min": 0, "mode": 0.01, "max": 0.05, "path": "independent"},
            "volatility": {"cv_floor": 0.02},
        }
    },
}


def stored(path, draws=64):
    study = simengine.Study.from_dict(STUDY)
    ready = api.prepare(study)
    settings = api.settings_of(study)
    done = api.complete(ready, type(settings)(draws, 1, "random", 1), "positions")
    write_result(path, api.to_store(done.frame, "positions", "x"), {"summary": done.summary(1), "tables": done.tables}, digested=True)
    return done


def test_what_depends_on_scipy_is_kept(tmp_path):
    done = stored(tmp_path / "a.nc")
    found = read_tables(tmp_path / "a.nc")
    assert [key.split('"')[1] for key in found] == ["pert", "unit_gamma"]
    with xr.open_dataset(tmp_path / "a.nc", engine="h5netcdf", group="tables") as group:
        assert group["coefficients"].attrs["long_name"].startswith("coefficients of the inverse")
        xr.testing.assert_identical(group.load(), done.tables)


def test_a_run_from_stored_tables_has_the_same_bits_whatever_scipy_says(tmp_path, monkeypatch):
    study = simengine.Study.from_dict(STUDY)
    first = stored(tmp_path / "a.nc").dataset["net_position"].to_numpy()
    exact = scipy.special.betaincinv
    monkeypatch.setattr(scipy.special, "betaincinv", lambda a, b, v: exact(a, b, v) * (1 + 1e-9))
    monkeypatch.setattr(tables, "_made", type(tables._made)())
    again = simengine.run(study, draws=64, sampler="random", tables=tmp_path / "a.nc")["net_position"].to_numpy()
    other = simengine.run(study, draws=64, sampler="random")["net_position"].to_numpy()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    monkeypatch.setattr(tables, "_made", type(tables._made)())


def test_a_file_without_tables_gives_none(tmp_path):
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    assert read_tables(tmp_path / "x.nc") == {}
    assert read_tables(tmp_path / "none.nc") == {}


def test_nothing_to_keep():
    assert tables_dataset({})["coefficients"].size == 0
    assert Tables().used() == {}
