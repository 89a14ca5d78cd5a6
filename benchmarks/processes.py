"""Programs run in processes of their own: what a user waits for, start-up and all (POSIX systems tell what a process used)."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from benchmarks.harness import Timings


class Used(NamedTuple):
    """Seconds from start to end, by the clock on the wall and of all processors (user and system, all threads); most memory in MiB."""

    wall: float
    cpu: float
    peak: float


def run_process(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Used:
    """Run Python with these arguments, its output thrown away; raises CalledProcessError where it fails."""
    command = [sys.executable, *arguments]
    before = os.times().elapsed
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})}) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = os.times().elapsed - before
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    # Linux counts in kibibytes, macOS in bytes
    return Used(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / (2.0**20 if sys.platform == "darwin" else 1024.0))


def interleave_processes(programs: Mapping[str, Callable[[], Used]], rounds: int) -> tuple[Timings, Timings]:
    """Run programs in turns after one unmeasured run of each; seconds of processors, and by the clock on the wall."""
    names = list(programs)
    cpu: dict[str, list[float]] = {name: [] for name in names}
    wall: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        programs[name]()
    for k in range(rounds):
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            used = programs[name]()
            cpu[name].append(used.cpu)
            wall[name].append(used.wall)
    return Timings("cpu", cpu), Timings("wall", wall)
