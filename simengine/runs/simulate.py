"""A session taken to its end: all draws, or as many as a precision needs, and a second pass where exact figures are asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.engine.tile import BLOCK
from simengine.results.frame import Frame, Series
from simengine.runs.earlier import Known
from simengine.runs.exact import exact_statistics
from simengine.runs.execute import How, finish
from simengine.runs.finished import Finished
from simengine.runs.precision import Look, Outcome, Target, until
from simengine.runs.session import Session

Say = Callable[[str], object]


@dataclass(frozen=True)
class Aim:
    """How far a run goes: ``draws`` draws at most, fewer where ``targets`` of precision hold before, and if ``exact`` a second pass."""

    draws: int
    how: How = How()
    targets: tuple[Target, ...] = ()
    exact: bool = False


@dataclass(frozen=True)
class Watch:
    """Who is told of a run: draws done of all draws, each look at a precision, and what somebody at a terminal should know."""

    progress: Callable[[int, int], None] = lambda done, total: None
    look: Callable[[Look], None] = lambda look: None
    say: Say = lambda text: None


@dataclass(frozen=True)
class Simulated:
    """A run at its end: what it has, exact statistics of what was counted where a second pass was made, what came of its targets."""

    done: Finished
    threads: int
    refined: npt.NDArray[np.float64] | None = None
    outcome: Outcome | None = None
    last: Frame | None = None

    @cached_property
    def summary(self) -> Frame:
        """Every statistic of every output with its standard error."""
        return self.done.summary(self.threads, self.refined) if self.last is None else self.last

    @property
    def counted(self) -> Mapping[str, Series]:
        """Of these the ones that are not from stored draws."""
        return self.done.counted(self.refined)


def simulated(session: Session, aim: Aim, watch: Watch, earlier: Known | None = None) -> Simulated:
    """Simulate all draws, or in doubling steps until every precision asked for is reached.

    Raises SimulationError where too many draws failed, or where a second pass draws other numbers than the first.
    """
    threads = aim.how.threads
    if not aim.targets:
        done = finish(session, aim.draws, watch.progress, earlier)
        return Simulated(done, threads, _refined(session, done, aim, watch))
    last: list[tuple[Finished, Frame]] = []

    def summary_at(draws: int) -> Frame:
        done = finish(session, draws, watch.progress, earlier)
        last[:] = [(done, done.summary(threads))]
        return last[0][1]

    outcome = until(aim.targets, aim.draws, summary_at, watch.look, session.state.stop * BLOCK)
    done, summary = last[0]
    refined = _refined(session, done, aim, watch)
    return Simulated(done, threads, refined, outcome, summary if refined is None else None)


def _refined(session: Session, done: Finished, aim: Aim, watch: Watch) -> npt.NDArray[np.float64] | None:
    """Exact statistics of what was counted, where they are asked for; what is finished is saved first, as that may be stopped too."""
    if not aim.exact or not session.laid.series.count:
        return None
    session.save_rest()
    return exact_statistics(session, done.settings.draws, aim.how, watch.progress, watch.say)
