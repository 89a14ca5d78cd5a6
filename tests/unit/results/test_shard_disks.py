"""Disks that are full, limited or read-only, and two processes that want one folder: one message, nothing half done, and a way on."""

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.unit, pytest.mark.skipif(os.name != "posix", reason="limits and mounts of a POSIX system")]

#: Writes as many of 64 shards of 128 KiB as it can into x.parts under the current folder; prints what it came to.
WRITER = """
import json, os, resource, sys
from pathlib import Path
import numpy as np
from simengine.errors import ResultError
from simengine.results.manifest import Identity
from simengine.results.shards import ShardFolder
run = Identity("1f" * 32, "2e" * 32, ("base",), 1, "sobol", 64 * 1024, ("a",), 1024, "0.2.0", "1", "s")
found = {"error": None}
BEFORE
try:
    with ShardFolder.open(Path("x.parts"), run, resume=True) as opened:
        found["resumed"], found["messages"] = len(opened.shards), opened.messages
        try:
            for first, stop in opened.blocks_missing(LAST):
                for block in range(first, stop):
                    opened.add(block, block + 1, {"a": np.full((16, 1024), float(block))})
        finally:
            found["finished"] = len(opened.shards)
            found["right"] = all((opened.read(one)["a"] == one.first).all() for one in opened.shards)
except ResultError as problem:
    found["error"] = str(problem)
found["left"] = sorted(os.listdir("x.parts")) if os.path.isdir("x.parts") else None
AFTER
print(json.dumps(found))
"""


def writing(before="", after="", last=64):
    return WRITER.replace("BEFORE", before).replace("AFTER", after).replace("LAST", str(last))


@pytest.fixture
def write(project, tmp_path):
    """Run the writer in a process of its own; what it came to."""

    def started(*command, script):
        environment = {**os.environ, "PYTHONPATH": str(project)}
        done = subprocess.run(
            [*command, sys.executable, "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return started


@pytest.fixture
def mounts(tmp_path):
    """The start of a command that runs a process with mounts of its own; skips where that is not allowed."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        pytest.skip("no program to mount with")
    inside = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    trial = 'mkdir -p disk && mount -t tmpfs -o size=1m tmpfs disk && cd disk && "$@"'
    if subprocess.run([*inside, trial, "sh", "true"], cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode != 0:
        pytest.skip("this process may not mount a disk")
    return inside


def test_a_disk_that_fills_up_keeps_what_is_finished_and_goes_on_when_there_is_room(write, mounts):
    more = "os.system('mount -o remount,size=64m .')"
    after = f"""
first = dict(found)
assert {more} == 0
with ShardFolder.open(Path("x.parts"), run, resume=True) as opened:
    found["resumed_with"], found["messages"] = len(opened.shards), opened.messages
    for start, stop in opened.blocks_missing(64):
        for block in range(start, stop):
            opened.add(block, block + 1, {{"a": np.full((16, 1024), float(block))}})
    found["missing"] = opened.blocks_missing(64)
    found["all_right"] = all((opened.read(one)["a"] == one.first).all() for one in opened.shards)
    found["removed"] = opened.remove()
"""
    found = write(*mounts, 'mount -t tmpfs -o size=4m tmpfs disk && cd disk && "$@"', "sh", script=writing(after=after))
    assert "x.parts/shard-000000" in found["error"]
    assert found["error"].endswith(
        ".npz was not written: the disk is full; shards finished before it are kept: run again with --resume to go on from there"
    )
    assert 20 < found["finished"] < 32
    assert found["right"]
    assert [name for name in found["left"] if name.endswith(".part") or name == "run.lock"] == []
    assert (found["resumed_with"], found["messages"]) == (found["finished"], [])
    assert (found["missing"], found["all_right"], found["removed"]) == ([], True, [])


def test_a_disk_without_any_room(write, mounts):
    full = "os.system('dd if=/dev/zero of=fill bs=4k 2>/dev/null')"
    found = write(*mounts, 'mount -t tmpfs -o size=1m tmpfs disk && cd disk && "$@"', "sh", script=writing(before=full))
    assert found["error"] == "cannot write to x.parts: the disk is full"
    assert found["left"] in (None, [])


def test_a_read_only_disk(write, mounts, tmp_path):
    before = "os.system('mount -o remount,ro .')"
    found = write(*mounts, 'mount -t tmpfs -o size=4m tmpfs disk && cd disk && "$@"', "sh", script=writing(before=before))
    assert found["error"] == "cannot write to x.parts: read-only file system"
    later = f"""
assert {before} == 0
try:
    ShardFolder.open(Path("x.parts"), run, resume=True)
except ResultError as problem:
    found["later"] = str(problem)
"""
    found = write(*mounts, 'mount -t tmpfs -o size=4m tmpfs disk && cd disk && "$@"', "sh", script=writing(after=later, last=3))
    assert (found["error"], found["finished"]) == (None, 3)
    assert found["later"] == "cannot write to x.parts: read-only file system"


@pytest.mark.parametrize("begun", [False, True])
def test_a_folder_that_may_not_be_written(write, tmp_path, begun):
    before = "os.chmod('.', 0o555)"
    if begun:
        assert write(script=writing(last=3))["finished"] == 3
        before = "os.chmod('.', 0o755); os.chmod('x.parts', 0o555)"
    if os.geteuid() == 0:
        # root may write anywhere: go on as nobody, who has only what was loaded before
        before += "; import encodings.ascii; os.setgroups([]); os.setgid(65534); os.setuid(65534)"
    found = write(script=writing(before=before))
    tmp_path.chmod(0o755)
    assert found["error"] == "cannot write to x.parts: permission denied"
    kept = {"shard-00000000-00000000.npz", "shard-00000001-00000001.npz", "shard-00000002-00000002.npz", "manifest.json"}
    assert (set(found["left"]) if begun else found["left"]) == (kept if begun else None)


def test_a_limit_on_the_size_of_files(write):
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    found = write(script=writing(before=limit))
    assert "was not written: the file would be larger than this system allows; shards finished before it are kept" in found["error"]
    assert (found["finished"], found["left"]) == (0, ["manifest.json"])
    found = write(script=writing(last=3))
    assert (found["error"], found["resumed"], found["finished"], found["right"]) == (None, 0, 3, True)


def test_two_processes_into_one_folder(write, tmp_path, project):
    waits = writing(after="", last=2).replace("finally:", "finally:\n            print('there', flush=True); input()", 1)
    command = [sys.executable, "-c", waits]
    environment = {**os.environ, "PYTHONPATH": str(project)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "there\n"
        second = write(script=writing())
        assert second["error"].startswith(f"x.parts is in use by another run: process {first.pid} on this machine, since ")
        assert second["left"] == ["manifest.json", "run.lock", "shard-00000000-00000000.npz", "shard-00000001-00000001.npz"]
        first.kill()
    third = write(script=writing(last=3))
    assert (third["error"], third["resumed"], third["finished"], third["right"]) == (None, 2, 3, True)
    assert len(third["messages"]) == 1
    assert f"x.parts: the run that had this folder has ended (process {first.pid} on this machine, since " in third["messages"][0]
