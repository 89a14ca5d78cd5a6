"""A job of crews that costs nothing: chunks that say what they are, and workers that fail in every way that is asked for."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.errors import BaselineError, Problem, ResultError, SimulationError, StudyError

NOT_FINITE, NOT_READ = "more than one in a hundred draws is not finite", "x.nc cannot be read"


@dataclass(frozen=True)
class ToyChunk:
    first: int
    stop: int
    values: np.ndarray
    process: int


@dataclass(frozen=True)
class ToyWorker:
    job: "ToyJob"

    def run(self, first, stop):
        job = self.job
        if first == job.at:
            getattr(self, job.fault)()
        time.sleep(job.seconds)
        return ToyChunk(first, stop, np.sqrt(np.arange(first * job.rows, stop * job.rows, dtype=np.float64)), os.getpid())

    def once(self):
        """End this process in the middle of its work, the first time."""
        flag = Path(self.job.folder, "once")
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def always(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def wait(self):
        """Say that the work has begun, and take for ever."""
        Path(self.job.folder, "waiting").touch()
        time.sleep(600)

    def study_error(self):
        # a value that can be shown and not sent
        problems = [Problem("services.a.growth", "must be a rate", 5, "0.05", 12, "a.toml"), Problem("b", "no lock", threading.Lock())]
        raise StudyError(problems)

    def simulation_error(self):
        raise SimulationError(NOT_FINITE)

    def result_error(self):
        raise ResultError(NOT_READ)

    def baseline_error(self):
        raise BaselineError([("line", "cost", "must not be negative")])

    def fault_of_ours(self):
        return 1.0 / 0.0

    def no_memory(self):
        raise MemoryError

    def printing(self):
        print("printed by a worker")  # noqa: T201


@dataclass(frozen=True)
class ToyJob:
    """``fault`` names what happens in the chunk that begins with block ``at``; ``opening`` what happens when the job is opened."""

    at: int = -1
    fault: str = ""
    folder: str = ""
    rows: int = 50
    seconds: float = 0.0
    opening: str = ""

    def open(self):
        worker = ToyWorker(self)
        if self.opening:
            getattr(worker, self.opening)()
        return worker


def tasks(count, blocks=2):
    """``count`` tasks of ``blocks`` blocks, and a last one of a single block."""
    return [*((k * blocks, (k + 1) * blocks) for k in range(count)), (count * blocks, count * blocks + 1)]


def values(chunks):
    """What is the same about chunks whoever made them."""
    return [(chunk.first, chunk.stop, chunk.values.tobytes()) for chunk in chunks]


def await_that(condition, seconds=20.0):
    """Wait until a condition holds; whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
