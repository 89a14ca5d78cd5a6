"""A run that ends as a file: gone on with where an earlier one stopped, saved on its way, written at once at the end."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simengine.engine.plan import Prepared
from simengine.engine.runner import Settings
from simengine.engine.tile import BLOCK
from simengine.results.frame import Frame
from simengine.results.manifest import Identity
from simengine.results.store import SUMMARY_GROUP, write_result
from simengine.results.tables import TABLES_GROUP
from simengine.runs.drawn import Drawing
from simengine.runs.earlier import find_earlier
from simengine.runs.execute import How, fits_in_memory, session_of, wanted_of
from simengine.runs.finished import Finished
from simengine.runs.job import Laid
from simengine.runs.precision import Outcome, Target
from simengine.runs.saves import Saves
from simengine.runs.simulate import Aim, Say, Watch, simulated
from simengine.runs.state import BLOCKS_GROUP
from simengine.sampling.streams import STREAM_VERSION
from simengine.schema import DRIVER_VARIABLES, SCHEMA_VERSION, stored_variables
from simengine.version import VERSION

__all__ = ["Request", "Stored", "Watch", "parts_of", "run_to_file", "stored_names"]


@dataclass(frozen=True)
class Request:
    """A run that is asked for: what is stored where, and how.

    ``identity`` is that of ``simengine.api.run_identity``; ``tables`` says that the inverse tables of another run were given; ``targets``
    are precisions at which the run may end before its draws are done; ``exact`` asks for a second pass over what is only counted.
    """

    ready: Prepared
    settings: Settings
    store: str | Sequence[str]
    path: Path
    identity: str
    how: How = How()
    resume: bool = False
    tables: str = ""
    targets: tuple[Target, ...] = ()
    exact: bool = False

    @property
    def stored(self) -> tuple[str, ...]:
        """The variables whose draws are stored."""
        return stored_names(self.store)

    @property
    def aim(self) -> Aim:
        """How far it is to go."""
        return Aim(self.settings.draws, self.how, self.targets, self.exact)

    @property
    def parts(self) -> Path:
        """The folder of unfinished blocks."""
        return parts_of(self.path)

    def shards(self) -> Identity:
        """What an unfinished run must be, to be this one."""
        ready, settings = self.ready, self.settings
        return Identity(
            identity=self.identity,
            study_hash=ready.study.digest,
            scenarios=ready.scenarios,
            seed=settings.seed,
            sampler=settings.sampler,
            draws=settings.draws,
            store=self.stored or ("summary",),
            block=BLOCK,
            version=VERSION,
            schema_version=SCHEMA_VERSION,
            stream_version=STREAM_VERSION,
            tables=self.tables,
        )


@dataclass(frozen=True)
class Stored:
    """A run that was written: what is in its file, its summary, and what came of the precisions that were asked for."""

    frame: Frame
    summary: Frame
    outcome: Outcome | None = None


def parts_of(path: Path) -> Path:
    """The folder of the unfinished blocks of a result."""
    return path.with_name(f"{path.stem}.parts")


def stored_names(store: str | Sequence[str]) -> tuple[str, ...]:
    """The variables that a ``store`` setting writes; drivers go with ``positions`` and ``all``, or by name."""
    drivers = DRIVER_VARIABLES if store in ("positions", "all") else tuple(name for name in DRIVER_VARIABLES if name in store)
    return (*stored_variables(store), *drivers)


def run_to_file(request: Request, watch: Watch) -> Stored:
    """Run a study and write its result.

    Raises SimulationError where the work failed, ResultError where something cannot be written, KeyboardInterrupt with a text that says
    how to go on.
    """
    ready, settings, say = request.ready, request.settings, watch.say
    in_memory = fits_in_memory(ready, settings, request.stored)
    laid = Laid.of(ready, settings, wanted_of(ready, request.stored, in_memory=in_memory))
    saves = Saves(request.parts, request.shards(), resume=request.resume, threads=request.how.threads)
    try:
        for message in saves.messages:
            say(message)
        asked = {"identity": request.identity, "seed": str(settings.seed)}
        names = tuple(Drawing(laid).nothing()[0])
        earlier, remark = (None, None) if request.tables else find_earlier(request.path, asked, laid, names)
        if remark:
            say(remark)
        with _told(saves, say), session_of(laid, request.how, saves, in_memory=in_memory, earlier=earlier, notice=say) as session:
            if session.state.stop:
                say(f"going on from draw {session.state.stop * BLOCK:,}")
            found = simulated(session, request.aim, watch, earlier)
            done, summary = found.done, found.summary
            try:
                write_result(request.path, _annotated(done.frame, request), _groups(done, summary), digested=True)
            except BaseException:
                session.save_rest()
                raise
        left = saves.remove()
    finally:
        saves.close()
    if left:
        say(f"{request.parts} keeps what was set aside: {', '.join(left)}")
    return Stored(done.frame, summary, found.outcome)


def _annotated(frame: Frame, request: Request) -> Frame:
    frame.attrs.update(store=json.dumps(request.store), identity=request.identity)
    return frame


def _groups(done: Finished, summary: Frame) -> dict[str, Frame]:
    return {SUMMARY_GROUP: summary, TABLES_GROUP: done.coefficients(), BLOCKS_GROUP: done.blocks()}


@contextmanager
def _told(saves: Saves, say: Say) -> Iterator[None]:
    """Whoever ends a run early is told what is kept of it, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        msg = f"interrupted: {saves.way_on()}"
        raise KeyboardInterrupt(msg) from None
    except Exception:
        if saves.saved:
            say(saves.way_on())
        raise
