"""What a worker of a Dask cluster runs: tasks that are pure functions of the job and their blocks.

The job travels once to each worker, as bytes that the cluster itself passes on, and is opened once. A worker that joins later gets it the
same way. Imported by the scheduler too, so nothing numerical is imported here.
"""

import pickle
import threading
import time
import zlib
from collections import OrderedDict
from typing import Any

from simengine.errors import SimulationError
from simengine.runs.crews import Job, Worker, opened
from simengine.runs.failure import Done, Failure
from simengine.runs.sent import send_small
from simengine.runs.versions import Versions, differences, versions_here

#: Jobs kept open on a worker: those of two runs that take turns.
_KEPT = 2

_open: OrderedDict[str, Worker] = OrderedDict()
_lock = threading.Lock()


def packed(job: Job) -> bytes:
    """A job as bytes to send."""
    return zlib.compress(pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL), 1)


def handed_on(job: bytes) -> bytes:
    """The job itself, as a task: lost with the last worker that had it, it is made again."""
    return job


def work(job: bytes, name: str, ours: Versions, first: int, stop: int) -> "Done[Any] | Failure":
    """The chunk of blocks ``first`` to ``stop - 1``, or why there is none.

    ``name`` is unique to the job; ``ours`` are the coordinator's versions: a worker that joined after they were compared is refused here.
    """
    try:
        _refuse_other(ours)
        worker, start = _worker(job, name), time.perf_counter()
        return Done(worker.run(first, stop), time.perf_counter() - start)
    except Exception as error:
        return Failure.of(error)


def refusal(other: str) -> str:
    """The message for a worker with other versions."""
    return f"{other}: numbers of different versions must not be mixed, install the same on all machines"


def _refuse_other(ours: Versions) -> None:
    if other := differences(versions_here(), ours):
        raise SimulationError(refusal(f"the worker {_address()} {other}"))


def _worker(job: bytes, name: str) -> Worker:
    """The open job; tasks that come while it is being opened wait for it."""
    with _lock:
        if name not in _open:
            made: Job = pickle.loads(zlib.decompress(job))
            _open[name] = opened(made)
            send_small()
            while len(_open) > _KEPT:
                _open.popitem(last=False)
        _open.move_to_end(name)
        return _open[name]


def _address() -> str:
    import distributed

    return str(distributed.get_worker().address)
