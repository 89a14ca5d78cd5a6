"""Files and folders that are whole or absent; what killed runs left is swept, what others write is not."""

import os
import signal
import subprocess
import sys

import pytest

from simengine.results import disk
from simengine.results.disk import PART, sweep, whole_file, whole_folder, write_all

pytestmark = [pytest.mark.unit, pytest.mark.skipif(os.name != "posix", reason="locks and renames of a POSIX system")]

WRITER = """
import sys, time
from pathlib import Path
from simengine.results import disk
with getattr(disk, sys.argv[1])(Path("x.zarr")) as given:
    (disk.write_all(given, b"half") if isinstance(given, int) else (given / "half").write_bytes(b"half"))
    print("there", flush=True)
    time.sleep(600)
"""


def fill(folder, text):
    (folder / "below").mkdir()
    (folder / "below" / "a").write_text(text)


def fill_twice(folder):
    fill(folder, "two")
    fill(folder, "three")


@pytest.mark.parametrize("kind", ["whole_file", "whole_folder"])
def test_what_a_killed_process_left_is_swept_and_what_another_writes_is_not(tmp_path, project, kind):
    command, environment = [sys.executable, "-c", WRITER, kind], {**os.environ, "PYTHONPATH": str(project)}
    others = [".x.zarr.part", ".x.zarr.1.part", ".y.zarr.1-1.part", "x.zarr.1-1.part"]
    for name in others:
        (tmp_path / name).write_text("")
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "there\n"
        (part,) = set(os.listdir(tmp_path)) - set(others)
        assert part == f".x.zarr.{writer.pid}-0{PART}"
        sweep(tmp_path / "x.zarr")
        assert part in os.listdir(tmp_path)
        writer.send_signal(signal.SIGKILL)
    sweep(tmp_path / "x.zarr")
    assert sorted(os.listdir(tmp_path)) == sorted(others)


def test_a_part_is_held_until_it_has_its_name(tmp_path, monkeypatch):
    replace = os.replace

    def swept_before(part, path):
        sweep(path)
        replace(part, path)

    monkeypatch.setattr(disk.os, "replace", swept_before)
    with whole_file(tmp_path / "x") as handle:
        write_all(handle, b"all")
    assert (tmp_path / "x").read_bytes() == b"all"


def test_without_locks_nothing_is_swept(tmp_path, monkeypatch):
    (tmp_path / ".x.123-0.part").write_text("")
    monkeypatch.setattr(disk, "hold", lambda *_, **__: False)
    sweep(tmp_path / "x")
    assert os.listdir(tmp_path) == [".x.123-0.part"]


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path, monkeypatch, exchanges):
    if not exchanges:
        monkeypatch.setattr(disk, "_exchanged", lambda *_: False)
    for text in ("one", "two"):
        with whole_folder(tmp_path / "x.zarr") as folder:
            fill(folder, text)
        assert os.listdir(tmp_path) == ["x.zarr"]
        assert (tmp_path / "x.zarr" / "below" / "a").read_text() == text


def test_a_folder_that_fails_leaves_what_was_there(tmp_path):
    with whole_folder(tmp_path / "x.zarr") as folder:
        fill(folder, "one")
    with pytest.raises(FileExistsError, match="below"), whole_folder(tmp_path / "x.zarr") as folder:
        fill_twice(folder)
    assert os.listdir(tmp_path) == ["x.zarr"]
    assert (tmp_path / "x.zarr" / "below" / "a").read_text() == "one"


def test_everything_in_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    steps, fsync, exchange = [], os.fsync, disk._in_place

    def noted(handle):
        steps.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(disk.os, "fsync", noted)
    monkeypatch.setattr(disk, "_in_place", lambda part, path: (steps.append("name"), exchange(part, path)))
    with whole_folder(tmp_path / "x.zarr") as folder:
        fill(folder, "one")
        part = str(folder)
    assert steps == [f"{part}/below/a", f"{part}/below", part, "name", str(tmp_path)]
