"""Crews: who works on the chunks of a run. Threads of this process, processes of this machine, or the workers of a Dask cluster.

A chunk depends on the job and its blocks only, and every crew hands chunks on strictly in order: which crew it was cannot be seen in the
numbers. The one coordinating process folds, stores and reports; a crew only computes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

from simengine.engine.in_order import in_order
from simengine.engine.tile import BLOCK
from simengine.errors import Problem, StudyError

#: A part of a run: the first of its blocks, and the first block after it.
Task: TypeAlias = tuple[int, int]
#: What a worker makes of a task; a crew only hands it on.
Chunk: TypeAlias = Any
#: Tells the user something that is neither an error nor progress.
Notice: TypeAlias = Callable[[str], object]

#: Bytes of finished chunks that may wait for their turn in the coordinator.
MOST_WAITING = 2**26


class Worker(Protocol):
    """Works on the blocks of one run; safe to call from several threads."""

    def run(self, first: int, stop: int) -> Chunk:
        """The chunk of blocks ``first`` to ``stop - 1``."""
        ...


class Job(Protocol):
    """A run as something that can be sent: picklable, and the same wherever it is opened."""

    def open(self) -> Worker:
        """Make ready to work: read, lay out, allocate."""
        ...


def opened(job: Job) -> Worker:
    """The worker of a job."""
    return job.open()


def blocks_and_draws(task: Task) -> str:
    """A task in words, for messages: ``blocks 8 to 11 (draws 32,768 to 49,151)``."""
    first, stop = task
    blocks = f"block {first}" if stop == first + 1 else f"blocks {first} to {stop - 1}"
    return f"{blocks} (draws {first * BLOCK:,} to {stop * BLOCK - 1:,})"


def look_ahead(size: int, chunk_bytes: int) -> int:
    """How many tasks a crew of ``size`` holds at once: one for each, and as many that wait, fewer where chunks are large.

    One at least waits, for whoever is done while the coordinator is at a chunk.
    """
    waiting = MOST_WAITING // chunk_bytes if chunk_bytes else size
    return size + min(max(waiting, 1), size)


class Crew(ABC):
    """A crew at work, to be used with ``with``; ``chunks`` may be asked for more than once, one after another.

    ``notice`` is told, in whatever thread of this process, what the user should know: a worker was lost, a cluster has no worker yet.
    """

    def __init__(self, notice: Notice | None) -> None:
        self._tell: Notice = notice or (lambda text: None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let everybody go; nothing that was started is left behind."""
        self.close()

    @property
    @abstractmethod
    def described(self) -> str:
        """The crew in words, for messages."""

    @abstractmethod
    def close(self) -> None:
        """End the crew."""

    def chunk_blocks(self, planned: int, most: int) -> int:
        """How many blocks the next task should have: ``planned`` where handing out tasks costs nothing, and never more than ``most``."""
        return min(planned, most)

    def chunks(self, tasks: Iterable[Task]) -> Generator[Chunk]:
        """The chunks of ``tasks``, strictly in their order, a bounded number of them ahead.

        An error of ours arrives as itself; what another process met besides is a SimulationError that names the blocks. Either comes when
        it is the turn of its task: every chunk before it has been handed on. What has not begun is then cancelled.
        """
        with closing(self._results(tasks)) as results:
            yield from results

    @abstractmethod
    def _results(self, tasks: Iterable[Task]) -> Generator[Chunk]:
        """The chunks of ``tasks`` in their order, from whoever works on them."""


class ThreadCrew(Crew):
    """Threads of this process: they share what the job was opened to, and a chunk is never copied."""

    def __init__(self, job: Job, threads: int, chunk_bytes: int = 0, notice: Notice | None = None) -> None:
        super().__init__(notice)
        self._worker = opened(job)
        self._threads, self._ahead = threads, look_ahead(threads, chunk_bytes)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="simrisk")

    @property
    def described(self) -> str:
        """The crew in words."""
        return f"{self._threads} thread{'s' * (self._threads != 1)}"

    def close(self) -> None:
        """End the threads when what they are at is done."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _results(self, tasks: Iterable[Task]) -> Generator[Chunk]:
        return in_order(self._pool, lambda task: self._worker.run(*task), tasks, self._ahead)


def crew(
    job: Job,
    *,
    threads: int,
    workers: int = 0,
    scheduler: str | None = None,
    client: Any = None,
    chunk_bytes: int = 0,
    notice: Notice | None = None,
) -> Crew:
    """The crew for a run, to be used with ``with``.

    Parameters
    ----------
    threads
        Threads of this process, where none of the following is given.
    workers
        Processes of this machine, each with one thread; 0 for none.
    scheduler
        Address of the scheduler of a Dask cluster, ``HOST:PORT`` or ``tls://HOST:PORT``.
    client
        A ``distributed.Client`` of the caller's, which is left open.
    chunk_bytes
        Size of a chunk in memory where it is known: bounds how many wait for their turn.
    notice
        Told, in whatever thread of this process, of workers that were lost and the like.

    Raises
    ------
    StudyError
        Where more than one kind of crew is asked for.
    SimulationError
        Where a cluster cannot be reached or its workers have another version.
    """
    asked = {"workers": workers > 0, "scheduler": scheduler is not None, "client": client is not None}
    named = [name for name, given in asked.items() if given]
    if len(named) > 1:
        rule = f"give one of workers, scheduler and client at a time, not {' and '.join(named)}"
        raise StudyError([Problem(name, rule) for name in named[1:]])
    if workers < 0:
        raise StudyError([Problem("workers", "must be 0 or more", workers)])
    if scheduler is not None or client is not None:
        from simengine.runs.dask_crew import DaskCrew

        return DaskCrew(job, scheduler if client is None else client, chunk_bytes, notice)
    if workers > 0:
        from simengine.runs.process_crew import ProcessCrew

        return ProcessCrew(job, workers, chunk_bytes, notice)
    return ThreadCrew(job, max(1, threads), chunk_bytes, notice)
