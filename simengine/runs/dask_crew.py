"""The workers of a Dask cluster as a crew. We connect to a scheduler and start nothing: clusters are started by Dask's own tools.

Chunks stay with the workers until it is their turn, a few are fetched ahead; the coordinator holds no more of them than with threads.
"""

import contextlib
import hashlib
import logging
import math
import secrets
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any, Final, TypeAlias

from simengine.engine.in_order import in_order
from simengine.errors import Problem, SimulationError, StudyError
from simengine.runs.crews import Chunk, Crew, Job, Notice, Task, blocks_and_draws
from simengine.runs.dask_worker import handed_on, packed, refusal, work
from simengine.runs.failure import Failure
from simengine.runs.versions import differences, versions_here
from simengine.version import VERSION

#: A ``distributed.Client``: the package is an extra, imported only here and only when it is used.
Client: TypeAlias = Any
_Sent: TypeAlias = tuple[Task, Any]

#: Seconds for a scheduler to answer.
PATIENCE: Final = 10
#: Chunks on their way to the coordinator at once, fewer where they are more bytes together.
_FETCHES: Final = 4
_MOST_FETCHED: Final = 2**30
#: Fewest tasks given to the cluster at once, also while it has no worker: a cluster that grows with its work must see some.
_LEAST_AHEAD: Final = 16
#: Seconds between two looks at the size of the cluster.
_LOOK: Final = 2.0
#: Seconds without a chunk after which a cluster without workers is told of.
_SILENCE: Final = 5.0
#: Seconds that a task should take: a hundred times and more what the scheduler has to do for it.
_WORTH: Final = 0.5
#: Tasks whose seconds are known, of which the quickest by block counts: the first on a worker may have waited for a compiler.
_KNOWN: Final = 8
_LOGGER: Final = logging.getLogger("distributed.client")


class DaskCrew(Crew):
    """A cluster: ``cluster`` is the address of its scheduler, or a client of the caller's, which is left open."""

    def __init__(self, job: Job, cluster: Client | str, chunk_bytes: int = 0, notice: Notice | None = None) -> None:
        super().__init__(notice)
        self._distributed = _distributed()
        self._own = isinstance(cluster, str)
        self._log_level = _LOGGER.level
        self._client = _connected(self._distributed, cluster) if isinstance(cluster, str) else _checked(self._distributed, cluster)
        self._address = str(self._client.scheduler.address)
        self._fetches = min(_FETCHES, max(2, _MOST_FETCHED // chunk_bytes)) if chunk_bytes else _FETCHES
        self._pool = ThreadPoolExecutor(self._fetches, thread_name_prefix="simrisk")
        # the futures of one list of tasks, with whether it has been given up
        self._lock = threading.Lock()
        self._futures: dict[Task, Any] = {}
        self._job: Any = None
        self._threads, self._looked = 0, -_LOOK
        self._paces: deque[float] = deque(maxlen=_KNOWN)
        if self._own:  # what its client would print, a traceback for a connection that breaks, we say ourselves
            _LOGGER.setLevel(logging.CRITICAL)
        try:
            self._refuse_others()
            job_bytes = packed(job)
            self._name = hashlib.blake2b(job_bytes, digest_size=16).hexdigest()
            self._send(job_bytes)
        except BaseException:
            self.close()
            raise

    @property
    def described(self) -> str:
        """The crew in words."""
        workers = self._workers()
        threads = sum(workers.values())
        return f"Dask cluster {self._address}: {len(workers)} worker{'s' * (len(workers) != 1)}, {threads} thread{'s' * (threads != 1)}"

    def chunk_blocks(self, planned: int, most: int) -> int:
        """As many blocks as are worth a task, from the seconds that tasks took: which are in one task changes no number."""
        pace = min(self._paces, default=0.0)
        wanted = math.ceil(_WORTH / pace) if pace > 0.0 else planned
        return min(max(planned, wanted), most)

    def close(self) -> None:
        """Take back what the cluster has not done, and end the connection where it is ours."""
        self._let_go()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._job = None
        if self._own:
            with contextlib.suppress(Exception):  # a scheduler that is gone needs no good-bye
                self._client.close(timeout=PATIENCE)
            _LOGGER.setLevel(self._log_level)

    def _refuse_others(self) -> None:
        """Raise SimulationError where a worker that is there has other versions, or none."""
        found = self._client.run(versions_here, on_error="return")
        others = {}
        for worker, theirs in found.items():
            other = self._without_ours(worker, theirs) if isinstance(theirs, BaseException) else differences(theirs, versions_here())
            if other:
                others[worker] = other
        if others:
            worker, other = next(iter(others.items()))
            more = f" (as do {len(others) - 1} more of {len(found)} workers)" if len(others) > 1 else ""
            raise SimulationError(refusal(f"the worker {worker} {other}{more}"))
        if not found:
            self._tell(f"no worker has joined the cluster {self._address} yet: waiting for one")

    def _without_ours(self, worker: str, error: BaseException) -> str:
        """What is wrong with a worker that could not say its versions."""
        # what is installed there, which may be nothing
        stated = self._client.get_versions(packages=["simrisk"])["workers"].get(worker) or {}
        version = stated.get("packages", {}).get("simrisk")
        return f"has {f'simrisk {version}' if version else 'no simrisk'} where {VERSION} is needed, and cannot be used ({error})"

    def _send(self, job: bytes) -> None:
        import dask

        # the job is not small for a study of thousands of lines; it travels once
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            self._job = self._client.submit(handed_on, job, key=f"simrisk-job-{secrets.token_hex(8)}", pure=False)

    def _workers(self) -> dict[str, int]:
        """Threads of each worker."""
        try:
            return dict(self._client.nthreads())
        except Exception as error:  # many kinds, all of them a connection
            raise SimulationError(self._lost()) from error

    def _wanted(self) -> int:
        """How many tasks the cluster is given at once: two for each thread, whose number may change all the time."""
        if time.monotonic() - self._looked > _LOOK:
            self._threads, self._looked = sum(self._workers().values()), time.monotonic()
        return max(_LEAST_AHEAD, 2 * self._threads)

    def _results(self, tasks: Iterable[Task]) -> Generator[Chunk, None, None]:
        try:
            yield from in_order(self._pool, self._fetched, self._submitted(tasks), self._fetches, self._let_go)
        finally:
            self._let_go()

    def _submitted(self, tasks: Iterable[Task]) -> Iterator[_Sent]:
        """Tasks that have been given to the cluster, in order, while others are given ahead."""
        run, ahead = f"simrisk-{secrets.token_hex(8)}", deque[_Sent]()
        for task in tasks:
            if self._client.status != "running":  # it would go on trying for a while
                raise SimulationError(self._lost())
            try:
                future = self._client.submit(work, self._job, self._name, versions_here(), *task, key=(run, *task), pure=False)
            except Exception as error:  # many kinds, all of them a connection
                raise SimulationError(self._lost()) from error
            with self._lock:
                self._futures[task] = future
            ahead.append((task, future))
            while len(ahead) >= self._wanted():
                yield ahead.popleft()
        yield from ahead

    def _let_go(self) -> None:
        """Take back all that has been given to the cluster."""
        with self._lock:
            futures, self._futures = self._futures, {}
        if futures:
            with contextlib.suppress(Exception):  # nothing is left to take back where the connection is lost
                self._client.cancel(list(futures.values()))

    def _fetched(self, sent: _Sent) -> Chunk:
        """The chunk of a task, when it is done."""
        task, future = sent
        what = blocks_and_draws(task)
        try:
            self._await(future)
            answer = future.result()
        except SimulationError:
            raise
        except (CancelledError, OSError):  # its futures are cancelled with a connection; whoever fetches just then sees it break
            raise SimulationError(self._lost()) from None
        except self._distributed.KilledWorker as error:
            msg = f"{what} were given up by the cluster {self._address}: one worker after another was lost while it had them ({error})"
            raise SimulationError(msg) from error
        except Exception as error:
            msg = f"{what} could not be worked on by the cluster {self._address}: {type(error).__name__}: {error}"
            raise SimulationError(msg) from error
        finally:
            with self._lock:
                self._futures.pop(task, None)
        if isinstance(answer, Failure):
            raise answer.error(what, f"by the cluster {self._address}")
        self._paces.append(answer.seconds / (task[1] - task[0]))
        return answer.chunk

    def _await(self, future: Any) -> None:
        """Wait for a future, and say so where there is nobody to work on it."""
        told = False
        while not future.done():
            try:
                future.exception(timeout=_SILENCE)
            except TimeoutError:
                if not told and not self._workers():
                    self._tell(f"the cluster {self._address} has no worker: waiting for one")
                    told = True

    def _lost(self) -> str:
        return f"the connection to the scheduler of the cluster {self._address} was lost"


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        msg = 'a Dask cluster needs the packages dask and distributed: pip install "simrisk[scale]"'
        raise SimulationError(msg) from None
    return distributed


def _connected(distributed: Any, address: str) -> Client:
    """A client of our own; raises StudyError for what is no address, SimulationError where nobody answers."""
    try:
        return distributed.Client(address, timeout=PATIENCE, set_as_default=False, name="simrisk")
    except (ValueError, TypeError) as error:
        raise StudyError([Problem("scheduler", f"must be the address of a scheduler, HOST:PORT: {error}", address)]) from None
    except Exception as error:
        msg = f"no scheduler answers at {address} ({error}): check that it runs and that this machine reaches it"
        raise SimulationError(msg) from error


def _checked(distributed: Any, client: object) -> Client:
    """The caller's own client; raises StudyError for anything else."""
    if not isinstance(client, distributed.Client):
        raise StudyError([Problem("client", "must be a distributed.Client", client)])
    if client.asynchronous:
        raise StudyError([Problem("client", "must be a client that is not asynchronous")])
    if client.status != "running":
        raise StudyError([Problem("client", f"must be connected to a scheduler, and is {client.status}")])
    return client
