"""``--exact``: the draws once more, by the same crew, for the quantiles and shortfalls of variables that were only counted.

The crew is told what to look for with its job, so that it reaches every kind of worker, also one that joins later.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simengine.engine.chunk import Worker
from simengine.engine.refine import Picked, Refined, Refinement
from simengine.engine.tile import BLOCK
from simengine.runs.crews import Notice
from simengine.runs.execute import Here, How, crew_of
from simengine.runs.job import Laid, Wanted
from simengine.runs.session import Session
from simengine.statistics.second_pass import SecondPass

Progress = Callable[[int, int], None]


class _Opens(Protocol):
    def open(self) -> Worker:
        """A worker for whole chunks."""
        ...


@dataclass(frozen=True)
class _Again:
    """A worker whose chunks are what a refinement asks for."""

    worker: Worker
    refinement: Refinement

    def run(self, first: int, stop: int) -> Refined:
        """What is picked out of blocks ``first`` up to but not including ``stop``."""
        return self.worker.refine(first, stop, self.refinement)


@dataclass(frozen=True)
class Refining:
    """A job that draws again what another one would draw."""

    job: _Opens
    refinement: Refinement

    def open(self) -> _Again:
        """Make ready to work."""
        return _Again(self.job.open(), self.refinement)


def exact_statistics(session: Session, draws: int, how: How, progress: Progress, say: Notice) -> npt.NDArray[np.float64]:
    """Exact statistics of every series that was counted, shape (statistic, series); NaN for those that are exact as they are.

    The crew of the session is let go: another one takes its place. Raises SimulationError where the draws come out otherwise.
    """
    session.crew.close()
    state, scenarios = session.state, len(session.laid.runners)
    assert state.sketch is not None
    again = _laid_again(session.laid)
    known = SecondPass(session.laid.series, state.sketch, state.series)
    job = Here(again.worker()) if how.here else again.job()
    while (refinement := known.next()) is not None:
        say(f"drawing {draws:,} draws again for exact quantiles")
        picked = Picked(refinement)
        with crew_of(Refining(job, refinement), how, notice=say) as crew, closing(crew.chunks(session.tasks(0, draws))) as chunks:
            for chunk in chunks:
                picked.add(chunk)
                progress(min(chunk.stop * BLOCK, draws) * scenarios, draws * scenarios)
        known.take(picked)
    return known.statistics()


def _laid_again(laid: Laid) -> Laid:
    """The study laid out for its counted series only: no line or scheme variables, no draws that are kept."""
    settings = replace(laid.settings, detail=False)
    return Laid.of(laid.ready, settings, Wanted((), (), (), laid.wanted.counted))
