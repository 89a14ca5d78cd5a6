"""Writing a file: all of it or nothing, with the reason."""

import errno
import os

import numpy as np
import pytest
import xarray as xr

from simengine.errors import ResultError
from simengine.results.frame import Frame, Series, as_frame
from simengine.results.pieces import Streamed
from simengine.results.store import _Disk, _size, _write_file, check_folder, read_result, write_result

pytestmark = pytest.mark.unit

DATA = xr.Dataset({"a": ("x", [1.0, 2.0]), "n": ("x", ["one", "two"])}, attrs={"simrisk_schema_version": "1", "k": 3})


def test_what_is_written_is_read(tmp_path):
    write_result(tmp_path / "x.nc", DATA, {"summary": DATA, "tables": DATA})
    found, summary = read_result(tmp_path / "x.nc")
    with found, summary:
        xr.testing.assert_identical(found.load(), DATA)
        xr.testing.assert_identical(summary.load(), DATA)
    assert os.listdir(tmp_path) == ["x.nc"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_known_after_hdf5_has_closed_the_file():
    handle, frame = os.open("/dev/full", os.O_RDWR), as_frame(DATA)
    with _Disk(handle) as disk, pytest.raises(OSError, match="No space left") as caught:
        _write_file(disk, {"": frame, "summary": frame}, True)
    os.close(handle)
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_what_is_streamed_is_not_read_to_its_end_when_the_disk_is_full(tmp_path):
    read = []

    def blocks():
        for k in range(1_000):
            read.append(k)
            yield np.zeros((100, 5_000))

    frame = Frame({"x": Series(("draw", "column"), Streamed((100_000, 5_000), float, [blocks], "x"))})
    handle = os.open("/dev/full", os.O_RDWR)
    with _Disk(handle) as disk, pytest.raises(OSError, match="No space left"):
        _write_file(disk, {"": frame}, True)
    os.close(handle)
    assert len(read) < 3


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "x.nc").write_bytes(b"before")
    monkeypatch.setattr("simengine.results.store._write_file", full)
    with pytest.raises(ResultError, match="x.nc was not written: the disk is full; nothing is left under that name"):
        write_result(tmp_path / "x.nc", DATA, {"summary": DATA, "tables": DATA})
    assert (tmp_path / "x.nc").read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["x.nc"]


def test_a_disk_without_room_is_refused_beforehand(tmp_path):
    with pytest.raises(
        ResultError, match=r"the result needs 1,024 TiB and the folder .* free: use --store summary, fewer draws or another"
    ):
        check_folder(tmp_path / "x.nc", 2**50)
    assert os.listdir(tmp_path) == []


def test_a_file_without_a_summary_is_damaged(tmp_path):
    DATA.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(ResultError, match="the summary in this file cannot be read: the file is damaged"):
        read_result(tmp_path / "x.nc")


@pytest.mark.parametrize(
    ("size", "text"),
    [(3 * 2**20, "3 MiB"), (1023 * 2**20, "1,023 MiB"), (3 * 2**29, "1.5 GiB"), (2**50, "1,024 TiB"), (100 * 2**30, "100 GiB")],
)
def test_sizes(size, text):
    assert _size(size) == text


def test_a_disk_with_room_for_the_result_and_not_for_its_finished_blocks(tmp_path):
    text = r"the result needs 2 MiB, with its finished blocks beside it until it is written 1,024 TiB, and the folder .* free: use --store"
    with pytest.raises(ResultError, match=text):
        check_folder(tmp_path / "x.nc", 2**21, peak=2**50)
    check_folder(tmp_path / "x.nc", 2**21, peak=2**22)
    assert os.listdir(tmp_path) == []


def test_what_a_killed_run_left_is_taken_away_first(tmp_path):
    (tmp_path / ".x.nc.99-0.part").write_text("half")
    check_folder(tmp_path / "x.nc", 0)
    assert os.listdir(tmp_path) == []


def test_a_store_where_a_file_is_and_a_file_where_a_folder_is(tmp_path):
    pytest.importorskip("zarr")
    (tmp_path / "x.zarr").write_text("")
    (tmp_path / "x.nc").mkdir()
    with pytest.raises(ResultError, match=r"x.zarr is a file: a name that ends in .zarr is that of a folder"):
        check_folder(tmp_path / "x.zarr", 0)
    with pytest.raises(ResultError, match=r"x.nc is a folder: --out names a file"):
        check_folder(tmp_path / "x.nc", 0)
