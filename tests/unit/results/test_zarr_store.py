"""A result as a Zarr store: what a file of the same run holds, in chunks along the draws, whole or absent, read by xarray alone."""

import errno
import json
import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

from simengine.errors import ResultError
from simengine.results import provenance, zarr_store
from simengine.results.store import check_folder, check_replacement, read_result, write_result
from simengine.results.stored import read_group
from simengine.results.tables import read_tables, tables_dataset
from tests.unit.results.results_by_hand import groups, run

pytest.importorskip("zarr")
pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    for end in ("nc", "zarr"):
        write_result(folder / f"x.{end}", run(40_000), groups(), digested=True)
    return folder


@pytest.fixture
def small(tmp_path):
    write_result(tmp_path / "x.zarr", run(), groups(), digested=True)
    return tmp_path / "x.zarr"


def test_a_store_holds_what_a_file_holds(stored):
    for one, other in zip(read_result(stored / "x.nc"), read_result(stored / "x.zarr"), strict=True):
        with one, other:
            xr.testing.assert_equal(one.load(), other.load())
            seals = {"attributes_seal"}
            assert {k: v for k, v in one.attrs.items() if k not in seals} == {k: v for k, v in other.attrs.items() if k not in seals}
            for name, variable in one.variables.items():
                assert variable.attrs == other.variables[name].attrs
                assert variable.dims == other.variables[name].dims
    assert provenance.check(stored / "x.zarr") == []
    found, expected = (read_group(stored / f"x.{end}", "blocks") for end in ("zarr", "nc"))
    assert found.attrs == expected.attrs
    for name, one in expected.data_vars.items():
        np.testing.assert_array_equal(found[name].to_numpy(), one.to_numpy(), strict=True)


def test_draws_are_in_chunks_of_whole_blocks_and_labels_whole(stored):
    with xr.open_zarr(stored / "x.zarr", chunks=None) as found:
        assert found["worth"].encoding["chunks"] == (16_384, 2, 3, 1)
        assert found["draw"].encoding["chunks"] == (16_384,)
        assert found["plan_worth"].encoding["chunks"] == (2, 3)
    about = json.loads((stored / "x.zarr" / "worth" / "zarr.json").read_text())
    assert (about["zarr_format"], about["dimension_names"]) == (3, ["draw", "year", "party", "scenario"])
    assert [codec["name"] for codec in about["codecs"]] == ["bytes"]
    assert "worth" in json.loads((stored / "x.zarr" / "zarr.json").read_text())["consolidated_metadata"]["metadata"]


def test_xarray_opens_it_without_this_package(stored, tmp_path):
    code = """
import sys, warnings
warnings.simplefilter("error")
import xarray as xr
with xr.open_dataset(sys.argv[1], engine="zarr") as one, xr.open_zarr(sys.argv[1], group="summary", chunks=None) as summary:
    assert one["worth"].dims == ("draw", "year", "party", "scenario")
    assert list(one["party"].values) == ["board", "tr\\u00fcst", "z"]
    assert float(summary["worth"][0, 0]) == 1.0
assert sorted(xr.open_datatree(sys.argv[1], engine="zarr").children) == ["blocks", "summary", "tables"]
assert not any(name.startswith("simengine") for name in sys.modules)
"""
    command = [sys.executable, "-I", "-c", code, str(stored / "x.zarr")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_of_the_same_identity_is_replaced_and_no_other(small):
    with pytest.raises(ResultError, match="the result of another study, seed or scenarios and is left alone"):
        check_replacement(small, "2e" * 32, 7, 300, ["worth"], force=False)
    with pytest.raises(ResultError, match=r"more draws \(300\) and more variables: --force replaces it"):
        check_replacement(small, "1f" * 32, 7, 299, [], force=False)
    check_replacement(small, "1f" * 32, 7, 300, ["worth"], force=False)
    write_result(small, run(title="again"), groups(), digested=True)
    assert os.listdir(small.parent) == ["x.zarr"]
    assert read_result(small)[0].attrs["title"] == "again"


def test_a_folder_that_is_no_result_is_left_alone(tmp_path):
    (tmp_path / "x.zarr").mkdir()
    with pytest.raises(ResultError, match="is not a result of simrisk and is left alone"):
        check_replacement(tmp_path / "x.zarr", "1f", 7, 1, [], force=True)
    with pytest.raises(ResultError, match="not a result file of simrisk, or a damaged one"):
        read_result(tmp_path / "x.zarr")


def test_a_disk_that_fills_up_leaves_what_was_there(small, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(zarr_store, "write_all", full)
    with pytest.raises(ResultError, match=r"x.zarr was not written: the disk is full; nothing is left under that name"):
        write_result(small, run(title="again"), groups(), digested=True)
    monkeypatch.undo()
    assert os.listdir(small.parent) == ["x.zarr"]
    assert provenance.check(small) == []
    assert read_result(small)[0].attrs["title"] == "£ and €"


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(zarr_store.importlib.util, "find_spec", lambda name: None)
    for call in (lambda: check_folder(tmp_path / "x.zarr", 0), lambda: write_result(tmp_path / "x.zarr", run(), {})):
        with pytest.raises(ResultError, match=r'needs the package zarr: pip install "simrisk\[scale\]"'):
            call()
    assert os.listdir(tmp_path) == []


def test_tables_are_read_from_a_store(tmp_path):
    write_result(tmp_path / "x.zarr", run(), {"summary": groups()["summary"], "tables": tables_dataset({})}, digested=True)
    assert read_tables(tmp_path / "x.zarr") == {}
    assert read_group(tmp_path / "x.zarr", "tables").attrs["index"] == tables_dataset({}).attrs["index"]


def shown(path, consolidated):
    """Everything that xarray shows of a store."""
    found = {}
    for group in (None, "summary", "blocks", "tables"):
        with xr.open_dataset(path, engine="zarr", group=group, consolidated=consolidated) as one:
            one.load()
            found[group] = (
                repr(one.attrs),
                {
                    name: (v.dims, v.values.tolist() if v.dtype.kind in "OTU" else v.values.tobytes(), repr(v.attrs), repr(v.dtype))
                    for name, v in one.variables.items()
                },
            )
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("places", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_every_bit_that_a_reader_sees_is_found(small, places):
    before = {way: shown(small, way) for way in (True, False)}
    missed, seen, tried = [], 0, 0
    for path in sorted(path for path in small.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        bounds = np.linspace(0, len(whole), max(2, min(len(whole) // 16, places)), dtype=int)
        for at in {int(a) for a, _ in pairwise(bounds)}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
            try:
                differs = any(shown(small, way) != before[way] for way in before)
            except Exception:
                differs = True
            seen, tried = seen + differs, tried + 1
            missed += [(path.relative_to(small), at)] if differs and not provenance.check(small) else []
        path.write_bytes(whole)
    assert missed == []
    # the rest are names and settings that mean the same: zero chunks, order of codecs' defaults, spaces between words
    assert seen > 0.6 * tried
    assert provenance.check(small) == []


def test_a_chunk_that_is_gone_is_found(small):
    (small / "worth" / "c.0.0.0.0").unlink()
    assert provenance.check(small) == ["worth has other values than were written"]
