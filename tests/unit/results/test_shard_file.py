"""A shard: what is written is read, no bit of it changes unseen, and equal content has equal bytes."""

import errno
import os
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from simengine.errors import ResultError
from simengine.results import disk, shard_file
from simengine.results.manifest import UnusableError
from simengine.results.shard_file import ForeignError, check_shard, read_shard, shard_name, write_shard

pytestmark = pytest.mark.unit


def same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == np.asarray(array).dtype
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_what_is_written_is_read(tmp_path, run, arrays):
    shard = write_shard(tmp_path, run(), 8, 10, arrays(8, 10))
    path = tmp_path / "shard-00000008-00000009.npz"
    assert os.listdir(tmp_path) == [path.name]
    assert (shard.name, shard.first, shard.stop, shard.size) == (path.name, 8, 10, path.stat().st_size)
    about = check_shard(path)
    assert (about.shard, about.identity) == (shard, run())
    assert about.arrays == {"count": ("<i8", ()), "failed": ("|b1", (8,)), "store": ("<f8", (2, 8))}
    same(read_shard(path), arrays(8, 10))
    same(read_shard(path, ["failed"]), {"failed": arrays(8, 10)["failed"]})


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 4)),
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.array([np.nan, -0.0, np.inf]),
        np.array(["Zürich", ""]),
        np.arange(3, dtype=">i2"),
        np.float32(1.5),
        np.arange(2**20 + 3, dtype=np.uint8),
    ],
)
def test_arrays_of_every_shape_and_kind(tmp_path, run, array):
    shard = write_shard(tmp_path, run(), 0, 1, {"a": array})
    found = read_shard(tmp_path / shard.name)["a"]
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert check_shard(tmp_path / shard.name).arrays["a"] == (array.dtype.str, array.shape)


def test_numpy_opens_a_shard_without_this_package(tmp_path, run, arrays):
    shard = write_shard(tmp_path, run(), 0, 3, arrays(0, 3))
    with np.load(tmp_path / shard.name) as found:
        np.testing.assert_array_equal(found["store"], arrays(0, 3)["store"])
    with zipfile.ZipFile(tmp_path / shard.name) as archive:
        assert archive.testzip() is None
        assert archive.comment.decode() == f"simrisk shard blake2b {shard.digest}"


@pytest.mark.parametrize("bad", [{"a": np.array([{}])}, {"../a": np.zeros(1)}, {"a": np.zeros(1, "M8[s]")}])
def test_what_cannot_be_stored_is_refused(tmp_path, run, bad):
    with pytest.raises(ValueError, match="cannot be stored in a shard: "):
        write_shard(tmp_path, run(), 0, 1, bad)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("first", "stop"), [(3, 3), (4, 3), (-1, 2)])
def test_a_shard_holds_a_block(tmp_path, run, first, stop):
    with pytest.raises(ValueError, match="at least one block"):
        write_shard(tmp_path, run(), first, stop, {})


def test_any_byte_that_changes_is_seen(tmp_path, run, arrays):
    shard = write_shard(tmp_path, run(), 0, 2, arrays(0, 2))
    path = tmp_path / shard.name
    whole = path.read_bytes()
    unseen = []
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        try:
            check_shard(path)
            unseen.append(at)
        except UnusableError:
            pass
    assert unseen == []
    path.write_bytes(whole)
    assert check_shard(path).shard == shard


def test_a_shard_cut_anywhere_is_seen(tmp_path, run, arrays):
    shard = write_shard(tmp_path, run(), 0, 2, arrays(0, 2))
    path = tmp_path / shard.name
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(UnusableError, match=re.escape(f"cut short, or altered at its end ({size:,} bytes)")):
            check_shard(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(UnusableError, match="altered at its end"):
        check_shard(path)


def test_an_altered_value_is_named_as_altered(tmp_path, run, arrays):
    path = tmp_path / write_shard(tmp_path, run(), 0, 2, arrays(0, 2)).name
    whole = bytearray(path.read_bytes())
    at = whole.index(arrays(0, 2)["store"].tobytes())
    whole[at] ^= 1
    path.write_bytes(whole)
    with pytest.raises(UnusableError, match="^altered: its digest is not that of its content$"):
        check_shard(path)
    with pytest.raises(ResultError, match="was damaged since it was checked: run again with --resume"):
        read_shard(path)
    assert read_shard(path, ["failed"])["failed"].tolist() == arrays(0, 2)["failed"].tolist()


def test_a_shard_under_another_name_is_seen(tmp_path, run, arrays):
    path = tmp_path / write_shard(tmp_path, run(), 0, 2, arrays(0, 2)).name
    path.rename(tmp_path / shard_name(2, 4))
    with pytest.raises(UnusableError, match="^named after other blocks: it holds blocks 0 to 1$"):
        check_shard(tmp_path / shard_name(2, 4))


def test_another_layout_is_not_damage(tmp_path, run, arrays, monkeypatch):
    monkeypatch.setattr(shard_file, "LAYOUT", 2)
    path = tmp_path / write_shard(tmp_path, run(), 0, 2, arrays(0, 2)).name
    monkeypatch.undo()
    with pytest.raises(ForeignError, match="written with layout 2 of unfinished runs, this version of simrisk reads layout 1"):
        check_shard(path)


def test_a_missing_array_is_named(tmp_path, run, arrays):
    path = tmp_path / write_shard(tmp_path, run(), 0, 2, arrays(0, 2)).name
    with pytest.raises(ResultError, match="holds no stor: it holds store, failed, count"):
        read_shard(path, ["stor"])
    with pytest.raises(ResultError, match="cannot be read: no such file"):
        read_shard(tmp_path / "none.npz")


ELSEWHERE = """
import locale, sys, time
from pathlib import Path
import numpy as np
from simengine.results.manifest import Identity, Shard, write_manifest
from simengine.results.shard_file import write_shard
locale.setlocale(locale.LC_ALL, "")
time.time = lambda: 2.5e9
time.localtime = lambda *_: time.gmtime(2.5e9)
run = Identity.from_json({stated!a})
shard = write_shard(Path(sys.argv[1]), run, 0, 2, {{"a": np.linspace(0, 1, 9)}})
write_manifest(Path(sys.argv[1]), run, [shard])
"""


def test_bytes_do_not_depend_on_clock_time_zone_or_locale(tmp_path, project, run):
    script, found = ELSEWHERE.format(stated=run().as_json()), []
    for k, settings in enumerate(
        [{"LC_ALL": "C", "TZ": "UTC", "PYTHONUTF8": "0"}, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "PYTHONUTF8": "1"}]
    ):
        folder = tmp_path / str(k)
        folder.mkdir()
        environment = {**os.environ, "PYTHONPATH": str(project), **settings}
        subprocess.run([sys.executable, "-c", script, folder], env=environment, check=True, timeout=60)
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    write_shard(tmp_path, run(), 0, 2, {"a": np.linspace(0, 1, 9)})
    assert found[0] == found[1]
    assert found[0][shard_name(0, 2)] == (tmp_path / shard_name(0, 2)).read_bytes()


def test_data_are_on_the_disk_before_the_name_and_the_name_before_the_end(tmp_path, run, arrays, monkeypatch):
    """What outlives a loss of power: file synced, then renamed, then its folder synced."""
    steps = []
    quick, move = os.fsync, os.replace

    def sync(handle):
        steps.append("sync folder" if os.fstat(handle).st_mode & 0o40000 else f"sync {os.fstat(handle).st_size}")
        quick(handle)

    def rename(*names):
        steps.append("rename")
        move(*names)

    monkeypatch.setattr(disk.os, "fsync", sync)
    monkeypatch.setattr(disk.os, "replace", rename)
    shard = write_shard(tmp_path, run(), 0, 2, arrays(0, 2))
    assert steps == [f"sync {shard.size}", "rename", "sync folder"]


@pytest.mark.parametrize(
    ("call", "code", "text"),
    [
        ("write", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.EDQUOT, "the disk is full"),
        ("fsync", errno.EIO, "input/output error"),
        ("close", errno.EIO, "input/output error"),
        ("replace", errno.EROFS, "read-only file system"),
    ],
)
def test_a_disk_that_fails_at_any_step_leaves_nothing(tmp_path, run, arrays, monkeypatch, call, code, text):
    real = getattr(os, call)

    def fails(*given):
        if call == "close":
            real(*given)
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, call, fails)
        with pytest.raises(ResultError, match=f"shard-00000000-00000001.npz was not written: {text}; shards finished before it are kept"):
            write_shard(tmp_path, run(), 0, 2, arrays(0, 2))
    assert os.listdir(tmp_path) == []


def test_a_write_that_takes_less_than_it_is_given(tmp_path, run, arrays, monkeypatch):
    real = os.write
    monkeypatch.setattr(disk.os, "write", lambda handle, data: real(handle, data[:7]))
    shard = write_shard(tmp_path, run(), 0, 2, arrays(0, 2))
    monkeypatch.undo()
    assert check_shard(tmp_path / shard.name).shard == shard


def test_the_part_of_a_process_that_had_our_number_is_not_written_over(tmp_path, run, arrays, monkeypatch):
    monkeypatch.setattr(disk, "_count", iter(range(9)))
    left = tmp_path / f".{shard_name(0, 2)}.{os.getpid()}-0.part"
    left.write_bytes(b"left")
    write_shard(tmp_path, run(), 0, 2, arrays(0, 2))
    assert left.read_bytes() == b"left"
