"""Processes of this machine as a crew: each opens the job once; one that dies is replaced and its chunk worked on again.

A process is a fresh interpreter joined to the coordinator by two pipes and by nothing else: no port is opened. It is in a group of its
own, so that Ctrl-C reaches the coordinator only, and it ends when its pipe does.
"""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import IO, Any, Final

from simengine.engine.in_order import in_order
from simengine.errors import SimulationError
from simengine.runs.crews import Chunk, Crew, Job, Notice, Task, blocks_and_draws, look_ahead
from simengine.runs.failure import Done, Failure

#: How often a chunk is tried before the run ends: a process that memory runs out for is not the chunk's fault, three of them are.
ATTEMPTS: Final = 3
#: The program of a process. The search path is the caller's own, also where the caller has changed it.
_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[1:]; from simengine.runs.process_worker import serve; serve()"
#: Seconds for an idle process to end by itself.
_PATIENCE: Final = 5.0
#: Bytes a pipe holds where the system lets us say so: an answer takes fewer turns.
_PIPE_BYTES: Final = 2**20


class _Died(Exception):
    """A process ended in the middle of its work; the text says how."""


class _Process:
    """A worker process and its two pipes; the job is sent with the first task."""

    def __init__(self, job: bytes) -> None:
        self._job = job
        self._open = self._killed = False
        groups: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {"creationflags": _windows_group()}
        self._popen = subprocess.Popen([sys.executable, "-c", _PROGRAM, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **groups)
        self._tasks, self._answers = _pipe(self._popen.stdin), _pipe(self._popen.stdout)

    @property
    def running(self) -> bool:
        # the system may take a moment to end one that was killed
        return not self._killed and self._popen.poll() is None

    def ask(self, task: Task) -> Chunk | Failure:
        """Have a task worked on; raises ``_Died`` where the process ends before it has answered."""
        try:
            if not self._open:
                self._send(self._job)
                if isinstance(answer := self._receive(), Failure):
                    return answer
                self._open = True
            self._send(task)
            answer = self._receive()
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise _Died(self._ending()) from error
        except BaseException:  # part of an answer is still in the pipe
            self.kill()
            raise
        return answer.chunk if isinstance(answer, Done) else answer

    def kill(self) -> None:
        """End it at once, whatever it is at."""
        self._killed = True
        self._popen.kill()

    def close(self) -> None:
        """End it and leave nothing behind."""
        with contextlib.suppress(OSError):
            self._tasks.close()  # which an idle process takes as the end
        try:
            self._popen.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            self._popen.wait()
        self._answers.close()

    def _send(self, message: object) -> None:
        pickle.dump(message, self._tasks, protocol=pickle.HIGHEST_PROTOCOL)
        self._tasks.flush()

    def _receive(self) -> Any:
        return pickle.load(self._answers)

    def _ending(self) -> str:
        """How it ended, in words; where only its pipe is broken it is ended now."""
        try:
            code = self._popen.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._popen.wait()
        if code >= 0:
            return f"exit code {code}"
        name = signal.Signals(-code).name if -code in {int(known) for known in signal.Signals} else f"signal {-code}"
        return f"{name}, as when memory runs out" if name == "SIGKILL" else name


class ProcessCrew(Crew):
    """Processes, each served by a thread of the coordinator that sends it tasks and takes its answers."""

    def __init__(self, job: Job, workers: int, chunk_bytes: int = 0, notice: Notice | None = None) -> None:
        super().__init__(notice)
        self._job = pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)
        self._workers, self._ahead = workers, look_ahead(workers, chunk_bytes)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="simrisk")
        # guards the two below: a process that replaces another must not be missed by whoever ends them all
        self._lock = threading.Lock()
        self._stopped = False
        self._processes: list[_Process] = []
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        try:
            for _ in range(workers):
                self._idle.put(self._start())
        except BaseException:
            self.close()
            raise

    @property
    def described(self) -> str:
        """The crew in words."""
        return f"{self._workers} process{'es' * (self._workers != 1)}"

    def close(self) -> None:
        """End the processes; those at work are not waited for."""
        if self._idle.qsize() < len(self._processes):
            self._stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            gone, self._processes = self._processes, []
        for process in gone:
            process.close()

    def _results(self, tasks: Iterable[Task]) -> Generator[Chunk, None, None]:
        with self._lock:
            self._stopped = False
        return in_order(self._pool, self._worked, tasks, self._ahead, self._stop)

    def _start(self) -> _Process:
        with self._lock:
            if self._stopped:
                raise CancelledError  # seen by nobody: whoever stopped it has left
            self._processes.append(process := _Process(self._job))
        return process

    def _stop(self) -> None:
        """End all at once: what they are at is not wanted any more. Later tasks are given to new ones."""
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.kill()

    def _replaced(self, process: _Process) -> _Process:
        with self._lock:
            self._processes = [other for other in self._processes if other is not process]
        process.close()
        return self._start()

    def _worked(self, task: Task) -> Chunk:
        """The chunk of a task, from whichever process is free."""
        process = self._idle.get()
        try:
            for left in reversed(range(ATTEMPTS)):
                if not process.running:  # ended between two tasks, by no fault of this one
                    process = self._replaced(process)
                try:
                    answer = process.ask(task)
                except _Died as ending:
                    if self._stopped:
                        raise CancelledError from None
                    if not left:
                        raise SimulationError(_given_up(task, str(ending))) from None
                    self._tell(f"a worker process ended ({ending}): working on {blocks_and_draws(task)} again")
                    continue
                if isinstance(answer, Failure):
                    raise answer.error(blocks_and_draws(task), "in a worker process")
                return answer
        finally:
            self._idle.put(process)
        raise AssertionError  # the last attempt has returned or raised


def _given_up(task: Task, ending: str) -> str:
    return (
        f"{blocks_and_draws(task)} ended {ATTEMPTS} worker processes, the last with {ending}; "
        "where memory is short, fewer --workers or --threads need less of it"
    )


def _pipe(found: IO[bytes] | None) -> IO[bytes]:
    """One end of a pipe of a process, with room for more where that can be had."""
    assert found is not None
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(found.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return found


def _windows_group() -> int:
    return int(getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))
