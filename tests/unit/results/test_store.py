"""Writing a file: all of it or nothing, with the reason."""

import errno
import os
from pathlib import Path

import pytest
import xarray as xr

from simengine.errors import ResultError
from simengine.results.store import _Disk, _size, _write, check_folder, read_result, write_result

pytestmark = pytest.mark.unit

DATA = xr.Dataset({"a": ("x", [1.0, 2.0]), "n": ("x", ["one", "two"])}, attrs={"simrisk_schema_version": "1", "k": 3})


def test_what_is_written_is_read(tmp_path):
    write_result(tmp_path / "x.nc", DATA, DATA, DATA)
    found, summary = read_result(tmp_path / "x.nc")
    with found, summary:
        xr.testing.assert_identical(found.load(), DATA)
        xr.testing.assert_identical(summary.load(), DATA)
    assert os.listdir(tmp_path) == ["x.nc"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_known_after_hdf5_has_closed_the_file():
    with _Disk(Path("/dev/full")) as disk, pytest.raises(OSError, match="No space left") as caught:
        _write(disk, DATA, {"summary": DATA})
    assert caught.value.errno == errno.ENOSPC


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "x.nc").write_bytes(b"before")
    monkeypatch.setattr("simengine.results.store._write", full)
    with pytest.raises(ResultError, match="x.nc was not written: the disk is full; nothing is left under that name"):
        write_result(tmp_path / "x.nc", DATA, DATA, DATA)
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
