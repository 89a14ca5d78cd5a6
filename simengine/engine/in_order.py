"""Tasks worked on side by side, their results handed on strictly in the order of the tasks.

Sums are folded in the order of the blocks (INTERFACE.md, Determinism), whoever was first to finish. Look-ahead is bounded, because whatever
is finished early waits in memory.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def in_order(
    pool: Executor,
    call: Callable[[_T], _R],
    tasks: Iterable[_T],
    ahead: int,
    stop: Callable[[], object] = lambda: None,
) -> Generator[_R, None, None]:
    """Results of ``call`` for each of ``tasks``, in their order.

    At most ``ahead`` tasks (1 or more) are waiting, running, finished or in the hands of whoever asked, all together. Tasks are taken one
    by one as there is room. The first error in the order of the tasks is raised, however many follow: it too does not depend on who was
    quick.

    Where it does not come to its end (an error, an interrupt, or the iterator is closed), what has not begun is cancelled, ``stop`` is
    called, so that calls under way may end early, and they are waited for.
    """
    waiting: deque[Future[_R]] = deque()
    try:
        for task in tasks:
            waiting.append(pool.submit(call, task))
            if len(waiting) >= ahead:
                # taken out only when it is done: an interrupt while waiting must find it here
                waiting[0].exception()
                yield waiting.popleft().result()
        while waiting:
            waiting[0].exception()
            yield waiting.popleft().result()
    finally:
        running = [future for future in waiting if not future.cancel()]
        if running:
            stop()
            wait(running)
