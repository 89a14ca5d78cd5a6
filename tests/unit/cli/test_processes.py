"""Real processes: interrupts, a kill and a full disk while a file is being written, colours, a reader that goes away."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.unit.cli.care import study_file

pytestmark = [pytest.mark.unit, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")]


def start(folder, *arguments, before="", **options):
    """``simrisk`` in a process of its own, in ``folder``; ``before`` is Python that runs first."""
    # a shell starts background jobs deaf to interrupts, and they hand that on: the gate may be such a job
    heed = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heed}\n{before}\nfrom simengine.cli.main import main\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture
def environment(project):
    found = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    # however slow the machine is, no run here saves what it has so far: that has tests of its own
    return {**found, "PYTHONPATH": str(project), "SIMRISK_SHARD_SECONDS": "1000"}


#: A disk so slow that the signal finds the file half written, however busy the machine is.
SLOW_DISK = """
import time
from simengine.results import store
quick = store._Disk.write
store._Disk.write = lambda disk, data: (time.sleep(0.05), quick(disk, data))[1]
"""


def signalled_while_writing(folder, environment, number):
    """A run that is sent a signal as soon as its file is growing; the process when it has ended."""
    study_file(folder)
    run = start(folder, "run", "care.toml", "--draws", 120_000, "--store", "all", "--out", "out/x.nc", before=SLOW_DISK, env=environment)
    until = time.monotonic() + 300
    try:
        while not any(size_of(file) > 0 for file in parts(folder)):
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < until
            time.sleep(0.002)
        run.send_signal(number)
        return run, *run.communicate(timeout=300)
    finally:
        if run.poll() is None:
            run.kill()
            run.communicate()


def size_of(file):
    """Bytes in a file that may be gone by now (a run tries its folder with one that it removes at once)."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def parts(folder):
    return list((folder / "out").glob(".x.nc.*.part"))


def test_ctrl_c_while_writing_leaves_nothing(tmp_path, environment):
    run, out, err = signalled_while_writing(tmp_path, environment, signal.SIGINT)
    assert (run.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "error: interrupted: what was finished is kept, what was not is not written."
    assert "Traceback" not in err
    assert os.listdir(tmp_path / "out") == []


def test_ctrl_c_while_simulating_leaves_finished_blocks_and_no_result(tmp_path, environment, configs):
    run = start(tmp_path, "run", configs / "bettercaretown.toml", "--draws", 800_000, "--threads", 1, "--out", "out/x.nc", env=environment)
    time.sleep(4)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=300)
    assert (run.returncode, out) == (130, "")
    left = os.listdir(tmp_path / "out")
    assert left in ([], ["x.parts"])
    kept = "run again with --resume to go on from there." if left else "what was finished is kept, what was not is not written."
    assert err.splitlines()[-1].startswith("error: interrupted: ")
    assert err.splitlines()[-1].endswith(kept)


def test_a_kill_leaves_nothing_under_the_name_and_its_leftover_does_no_harm(tmp_path, environment):
    run, _, _ = signalled_while_writing(tmp_path, environment, signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "x.nc").exists()
    assert len(parts(tmp_path)) == 1
    again = start(tmp_path, "run", "care.toml", "--out", "out/x.nc", env=environment)
    again.communicate(timeout=300)
    assert again.returncode == 0
    assert (tmp_path / "out" / "x.nc").stat().st_size > 0


@pytest.mark.parametrize("limit", [1, 150_000])
def test_a_disk_that_fills_up_is_one_message(tmp_path, environment, limit):
    study_file(tmp_path)
    (tmp_path / "x.nc").write_bytes(b"")
    before = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    run = start(tmp_path, "run", "care.toml", "--out", "y.nc", "-q", before=before, env=environment)
    out, err = run.communicate(timeout=300)
    assert (run.returncode, out) == (1, "")
    assert err == (
        "error: y.nc was not written: the file would be larger than this system allows; "
        "nothing is left under that name that was not there before.\n"
    )
    assert sorted(os.listdir(tmp_path)) == ["care.toml", "x.nc"]


def test_a_reader_that_goes_away(tmp_path, environment):
    study_file(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "simengine", "run", "care.toml", "--out", "x.nc", "-q"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=300
    )
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert (tmp_path / "x.nc").exists()


def test_no_escape_codes_without_a_terminal_or_with_no_color(tmp_path, environment):
    for extra in ({}, {"NO_COLOR": "1"}):
        run = start(tmp_path, "run", "nofile.toml", env={**environment, **extra})
        out, err = run.communicate(timeout=60)
        assert (run.returncode, out, err) == (2, "", "error: nofile.toml: there is no such file.\n")
