"""Putting a run together: what is stored and what only counted, where it goes on from, who works, and where finished parts are saved."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from simengine.engine.chunk import Worker
from simengine.engine.plan import Prepared, driver_rows
from simengine.engine.runner import Settings
from simengine.errors import SimulationError
from simengine.runs.crews import Crew, Notice, crew
from simengine.runs.crews import Job as CrewJob
from simengine.runs.drawn import Drawing
from simengine.runs.earlier import Known
from simengine.runs.finished import Finished
from simengine.runs.job import Laid, Wanted
from simengine.runs.keeper import InMemory, Passing
from simengine.runs.saves import Saves
from simengine.runs.session import Session, chunk_blocks, chunk_bytes, most_blocks
from simengine.runs.state import State
from simengine.schema import DRIVER_VARIABLES, POSITION_VARIABLES

#: Bytes of draws up to which a run is held in memory and summarised exactly. Part of what a summary says, so no machine decides on it.
MOST_IN_MEMORY = 2**31
#: Share of failed draws above which a run fails as a whole (INTERFACE.md, Determinism).
MOST_FAILED = 0.01
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class How:
    """Ways of running that change no number: threads, or processes, or a cluster of Dask; ``blocks`` is the size of a chunk."""

    threads: int = 1
    workers: int = 0
    scheduler: str | None = None
    client: Any = None
    blocks: int | None = None

    @property
    def here(self) -> bool:
        """Whether threads of this process do the work."""
        return not self.workers and self.scheduler is None and self.client is None


def fits_in_memory(ready: Prepared, settings: Settings, stored: Sequence[str]) -> bool:
    """Whether a run holds its draws: all rows of them are within ``MOST_IN_MEMORY``, and any are stored."""
    layout, found = ready.layout, set(stored)
    rows = layout.starts[3] + sum(layout.detail_rows(name).size for name in stored if name not in (*POSITION_VARIABLES, *DRIVER_VARIABLES))
    rows += sum(count for _, count, _ in driver_rows(ready.drafts[0]).values()) if found & set(DRIVER_VARIABLES) else 0
    return bool(stored) and rows * settings.draws * 8 * len(ready.scenarios) <= MOST_IN_MEMORY


def wanted_of(ready: Prepared, stored: Sequence[str], *, in_memory: bool) -> Wanted:
    """What is kept of a run with these stored variables: what is in memory need not be counted."""
    counted = [name for name in POSITION_VARIABLES if ready.layout.rows(name).size and not (in_memory and name in stored)]
    return Wanted.of(stored, counted)


class Here:
    """A worker of this process, as a job that is open already."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def open(self) -> Worker:
        """The worker."""
        return self._worker


def crew_of(job: CrewJob, how: How, chunk_bytes: int = 0, notice: Notice | None = None) -> Crew:
    """Who works on a job, as asked for."""
    others = {"workers": how.workers, "scheduler": how.scheduler, "client": how.client}
    return crew(job, threads=how.threads, **others, chunk_bytes=chunk_bytes, notice=notice)


@contextlib.contextmanager
def session_of(
    laid: Laid, how: How, saves: Saves, *, in_memory: bool, earlier: Known | None = None, notice: Notice | None = None
) -> Iterator[Session]:
    """A session that goes on from what was saved, or from an earlier result, or begins."""
    drawing = Drawing(laid)
    keeper = InMemory(drawing) if in_memory else Passing(drawing)
    saves.begin_after(earlier.state.stop if earlier else 0)
    state = saves.state(laid) or (earlier.state if earlier else State.new(laid))
    if isinstance(keeper, InMemory):
        for first, variables in chain(() if earlier is None else earlier.pieces(), saves.draws()):
            keeper.put_back(first, variables)
    place = keeper.place if isinstance(keeper, InMemory) and how.here else None
    job = Here(laid.worker(place)) if how.here else laid.job()
    blocks = how.blocks or chunk_blocks(laid, in_memory=in_memory)
    size = chunk_bytes(laid, blocks, in_place=place is not None)
    with crew_of(job, how, chunk_bytes=size, notice=notice) as working:
        yield Session(laid, working, keeper, state, saves, blocks, how.blocks or most_blocks(laid))


def finish(session: Session, draws: int, progress: Progress, earlier: Known | None = None) -> Finished:
    """Take a session on to ``draws`` draws; raises SimulationError where too many of them failed."""
    scenarios = session.laid.ready.scenarios
    total = draws * len(scenarios)
    session.advance(draws, lambda done: progress(done * len(scenarios), total))
    found = Finished(session, replace(session.laid.settings, draws=draws), None if earlier is None else earlier.draws)
    failed = found.failed_by_scenario()
    worst = int(np.argmax(failed))
    if failed[worst] > MOST_FAILED * draws:
        where = "" if worst == 0 else f" of scenario {scenarios[worst]}"
        message = (
            f"{int(failed[worst]):,} of {draws:,} draws{where} are not finite (more than {MOST_FAILED:.0%}): "
            "look for a division by a number that can be 0, or a distribution with extreme values"
        )
        raise SimulationError(message)
    return found
