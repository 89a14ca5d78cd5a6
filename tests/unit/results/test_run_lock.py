"""The lock of a folder: one run at a time, taken over from a process that has ended and from no other."""

import errno
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import asdict, replace

import pytest

from simengine.errors import ResultError
from simengine.results import run_lock
from simengine.results.run_lock import LOCK, Holder, RunLock, has_ended, this_process

pytestmark = [pytest.mark.unit, pytest.mark.skipif(os.name != "posix", reason="processes are asked about in another way")]

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the system does not tell when a process started")


@pytest.fixture
def ended():
    """A process of this machine that has ended."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json,dataclasses as d,simengine.results.run_lock as r; print(json.dumps(d.asdict(r.this_process())))",
        ],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return Holder(**json.loads(done.stdout))


def hold(folder, holder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOCK).write_text(json.dumps(asdict(holder)))


def test_a_lock_is_taken_and_released(tmp_path):
    lock = RunLock.take(tmp_path / "a" / "x.parts")
    assert lock.taken_over is None
    assert os.listdir(tmp_path / "a" / "x.parts") == [LOCK]
    assert json.loads((tmp_path / "a" / "x.parts" / LOCK).read_text())["pid"] == os.getpid()
    lock.release()
    assert os.listdir(tmp_path / "a" / "x.parts") == []


def test_a_second_run_is_refused_and_told_by_whom(tmp_path):
    lock = RunLock.take(tmp_path)
    with pytest.raises(
        ResultError, match=rf"is in use by another run: this process \({os.getpid()}\), since 2\d.* UTC: wait for it, or give"
    ):
        RunLock.take(tmp_path)
    lock.release()
    RunLock.take(tmp_path).release()


def test_a_running_process_keeps_its_lock(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        hold(tmp_path, replace(this_process(), pid=other.pid, started=run_lock._started(other.pid)))
        with pytest.raises(ResultError, match=rf"in use by another run: process {other.pid} on this machine, since .*: wait for it"):
            RunLock.take(tmp_path)
        other.communicate(b"\n")
    assert RunLock.take(tmp_path).taken_over.pid == other.pid


def test_the_lock_of_an_ended_process_is_taken_over(tmp_path, ended):
    hold(tmp_path, ended)
    lock = RunLock.take(tmp_path)
    assert lock.taken_over == ended
    assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


@needs_proc
def test_a_process_that_was_killed_and_not_yet_waited_for_has_ended():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        holder = replace(this_process(), pid=other.pid, started=run_lock._started(other.pid))
        assert not has_ended(holder)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(holder)


@needs_proc
def test_a_number_given_to_another_process_is_no_holder():
    here = this_process()
    assert here.started > 0
    assert not has_ended(here)
    assert has_ended(replace(here, started=here.started - 1))
    assert not has_ended(replace(here, started=-1))


def test_what_cannot_be_known_from_here_counts_as_running(tmp_path, ended):
    hold(tmp_path, replace(ended, host="another-host"))
    text = rf"process {ended.pid} on host another-host, since .*: wait for it, or .*; if that run is no more, remove .*run.lock$"
    with pytest.raises(ResultError, match=text):
        RunLock.take(tmp_path)
    assert has_ended(ended)
    assert not has_ended(replace(ended, space="pid:[1]"))
    assert not has_ended(replace(ended, machine="another machine of this name"))


def test_a_machine_started_again_holds_nothing(monkeypatch):
    here = replace(this_process(), boot="now", machine="one")
    monkeypatch.setattr(run_lock, "this_process", lambda: here)
    assert has_ended(replace(here, boot="before"))
    assert not has_ended(replace(here, boot=""))
    monkeypatch.setattr(run_lock, "this_process", lambda: replace(here, machine=""))
    assert not has_ended(replace(here, boot="before", machine=""))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}', "\xff"])
def test_a_lock_that_says_nothing_is_left_alone(tmp_path, text):
    (tmp_path / LOCK).write_bytes(text.encode("latin-1"))
    message = re.escape(f"{tmp_path / LOCK} does not say which run holds this folder: if no run is writing to it, remove that file")
    with pytest.raises(ResultError, match=message):
        RunLock.take(tmp_path)
    assert (tmp_path / LOCK).exists()


@pytest.mark.parametrize("pid", [0, -1, 2**70, True, "1"])
def test_a_number_that_no_process_has_is_never_signalled(tmp_path, pid, monkeypatch):
    asked = []
    monkeypatch.setattr(run_lock.os, "kill", lambda *given: asked.append(given))
    hold(tmp_path, replace(this_process(), pid=pid))
    with pytest.raises(ResultError):
        RunLock.take(tmp_path)
    assert asked in ([], [(2**70, 0)])


def test_a_lock_that_was_removed_and_taken_by_another_stays(tmp_path):
    lock = RunLock.take(tmp_path)
    hold(tmp_path, replace(this_process(), host="another-host"))
    lock.release()
    assert (tmp_path / LOCK).exists()


def test_a_forked_child_does_not_release(tmp_path, monkeypatch):
    lock = RunLock.take(tmp_path)
    monkeypatch.setattr(lock, "_pid", os.getpid() + 1)
    lock.release()
    assert (tmp_path / LOCK).exists()


def test_of_many_that_ask_at_once_one_has_it(tmp_path, ended):
    for round_ in range(20):
        folder = tmp_path / str(round_)
        hold(folder, ended)
        won, refused, start = [], [], threading.Barrier(8)

        def ask(folder=folder, won=won, refused=refused, start=start):
            start.wait()
            try:
                won.append(RunLock.take(folder))
            except ResultError as problem:
                refused.append(str(problem))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(refused)) == (1, 7)
        assert all("is in use by another run" in text for text in refused)
        assert os.listdir(folder) == [LOCK]


def test_a_file_system_without_links(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(run_lock.os, "link", none)
    lock = RunLock.take(tmp_path)
    with pytest.raises(ResultError, match="in use by another run"):
        RunLock.take(tmp_path)
    lock.release()
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "x.parts").write_text("")
    for folder in (tmp_path / "x.parts", tmp_path / "x.parts" / "below"):
        with pytest.raises(ResultError, match="cannot be made: a file has that name, or one above it: give another --out"):
            RunLock.take(folder)


def test_a_disk_that_is_full(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(run_lock, "write_all", full)
    with pytest.raises(ResultError, match=re.escape(f"cannot write to {tmp_path}: the disk is full")):
        RunLock.take(tmp_path)
    assert os.listdir(tmp_path) == []
