"""What a worker is told: everything that the numbers of a run rest on, small enough to be sent to another process or machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

import numpy as np

from simengine.distributions import Tables
from simengine.distributions.tables import pack_tables, unpack_tables
from simengine.engine.chunk import Place, Worker
from simengine.engine.plan import Prepared, prepare
from simengine.engine.runner import Runner, Settings
from simengine.engine.series import SeriesLayout
from simengine.jit import Floats, Ints
from simengine.schema import DETAIL_VARIABLES, DRIVER_VARIABLES, POSITION_VARIABLES
from simengine.study.load import Study


@dataclass(frozen=True)
class Wanted:
    """What of a run is kept: variables of positions, lines and schemes, and drivers, with their draws; variables that are counted."""

    positions: tuple[str, ...]
    details: tuple[str, ...]
    drivers: tuple[str, ...]
    counted: tuple[str, ...]

    @classmethod
    def of(cls, stored: Sequence[str], counted: Sequence[str]) -> "Wanted":
        """From the names of variables that are stored and of those that are counted."""
        positions = tuple(name for name in POSITION_VARIABLES if name in stored)
        details, drivers = (tuple(name for name in names if name in stored) for names in (DETAIL_VARIABLES, DRIVER_VARIABLES))
        return cls(positions, details, drivers, tuple(counted))


@dataclass(frozen=True)
class Laid:
    """A study laid out for running: its scenarios, and the series that are counted."""

    ready: Prepared
    settings: Settings
    wanted: Wanted
    runners: tuple[Runner, ...]
    series: SeriesLayout

    @classmethod
    def of(cls, ready: Prepared, settings: Settings, wanted: Wanted) -> "Laid":
        """Lay out every scenario; makes the inverse tables that are missing.

        Of drivers that are not stored only the correlated ones are drawn out, to say what rank correlation was reached.
        """
        settings = replace(settings, drivers=bool(wanted.drivers))
        runners = tuple(Runner.of(ready, k, settings, wanted.details) for k in range(len(ready.scenarios)))
        return cls(ready, settings, wanted, runners, SeriesLayout(ready.layout, wanted.counted, len(runners), ready.plan))

    @cached_property
    def kept(self) -> tuple[Ints, ...]:
        """Rows of each scenario's store whose draws are handed out: positions that are stored, then every driver row."""
        layout = self.ready.layout
        names = self.wanted.positions
        outputs = sorted({int(row) for name in names for row in layout.rows(name).ravel() if row >= 0})
        return tuple(np.array([*outputs, *range(layout.starts[3], runner.rows)], dtype=np.int64) for runner in self.runners)

    def worker(self, place: Place | None = None) -> Worker:
        """A worker for chunks of this study; with ``place`` its draws go straight there."""
        return Worker(self.runners, self.series, self.settings.draws, self.kept, self.settings.sampler, place)

    def job(self) -> "Job":
        """The same for another process."""
        study, numbers = self.ready.study, pack_tables(self.ready.tables.used())
        return Job(study, self.ready.scenarios[1:], self.settings, self.wanted, *numbers)


@dataclass(frozen=True)
class Job:
    """A study to be laid out again elsewhere, with the inverse tables of the process that asks, so that no library there changes a bit."""

    study: Study
    scenarios: tuple[str, ...]
    settings: Settings
    wanted: Wanted
    numbers: Floats
    index: str

    def open(self) -> Worker:
        """Lay the study out here."""
        tables = Tables(unpack_tables(np.asarray(self.numbers, np.float64), self.index))
        return Laid.of(prepare(self.study, self.scenarios, tables), self.settings, self.wanted).worker()

    @cached_property
    def key(self) -> str:
        """Equal for equal jobs."""
        stated = (self.study.digest, self.scenarios, self.settings, self.wanted, self.index, self.numbers.tobytes())
        return sha256(repr(stated).encode()).hexdigest()
