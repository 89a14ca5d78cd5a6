"""The program of a worker process: takes tasks from a pipe, answers on another, ends as soon as its coordinator does.

It is started as a fresh interpreter and knows nothing of the program that started it, so that a script or a notebook needs no guard
around its main part.
"""

import contextlib
import io
import os
import pickle
import queue
import signal
import sys
import threading
from typing import IO, TypeAlias

from simengine.runs.crews import Job, Task, Worker, opened
from simengine.runs.failure import Done, Failure
from simengine.runs.sent import send_small

#: What is read from the pipe: the pickled job first, then tasks.
_Read: TypeAlias = "queue.SimpleQueue[bytes | Task]"


def serve() -> None:
    """Open the job that comes first, then answer one task after another; never returns.

    Each answer is a ``Done`` or a ``Failure``, pickled; the first, a ``Done`` of None, says that the job is open.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = _pipes()
    read: _Read = queue.SimpleQueue()
    threading.Thread(target=_take, args=(tasks, read), daemon=True).start()
    worker = _opened(read.get())
    send_small()
    _answer(answers, worker if isinstance(worker, Failure) else Done(None))
    while isinstance(task := read.get(), tuple):
        _answer(answers, worker if isinstance(worker, Failure) else _worked(worker, task))


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes, out of reach of whatever reads standard input or prints; what is printed goes to standard error."""
    tasks, answers = io.BufferedReader(io.FileIO(os.dup(0), "rb")), io.BufferedWriter(io.FileIO(os.dup(1), "wb"))
    sys.stdin = io.StringIO()
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
    return tasks, answers


def _take(tasks: IO[bytes], read: _Read) -> None:
    """Read ahead. The pipe ends with the coordinator, even one that was killed: so does this process, whatever it is at."""
    try:
        while True:
            read.put(pickle.load(tasks))
    except Exception:  # nothing to be said to anybody: the other end is gone
        os._exit(0)


def _opened(job: bytes | Task) -> Worker | Failure:
    assert isinstance(job, bytes)
    try:
        made: Job = pickle.loads(job)
        return opened(made)
    except Exception as error:
        return Failure.of(error)


def _worked(worker: Worker, task: Task) -> "Done[object] | Failure":
    try:
        return Done(worker.run(*task))
    except Exception as error:
        return Failure.of(error)


def _answer(answers: IO[bytes], answer: "Done[object] | Failure") -> None:
    try:
        pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()
    except BrokenPipeError:
        os._exit(0)
