"""A run that stays in memory: its draws as far as they are wanted, and statistics of the rest."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from simengine.engine.plan import Prepared, driver_rows
from simengine.engine.runner import Settings
from simengine.errors import SimulationError
from simengine.results.frame import Frame, Series
from simengine.runs.carried import Carried, carry
from simengine.runs.execute import How, Progress, session_of, wanted_of
from simengine.runs.job import Laid, Wanted
from simengine.runs.precision import Outcome
from simengine.runs.saves import Saves
from simengine.runs.simulate import Aim, Say, Watch, simulated
from simengine.runs.stored_run import stored_names
from simengine.schema import DETAIL_VARIABLES, DRIVER_VARIABLES, POSITION_VARIABLES, VARIABLES
from simengine.statistics.summary import DetailMoments

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Completed:
    """A run in memory: the draws, statistics of what has no draws here, and the inverse tables that were used.

    ``detail`` are moments of line and scheme variables; ``counted`` the statistics of outputs that were only counted, ``exact`` where a
    second pass made them so; ``outcome`` what came of the precisions that were asked for. ``frame`` and ``coefficients`` need no xarray;
    ``dataset`` and ``tables`` are the same for whoever does.
    """

    frame: Frame
    detail: DetailMoments
    coefficients: Frame
    counted: Mapping[str, Series] = field(default_factory=dict)
    exact: bool = False
    outcome: Outcome | None = None

    @cached_property
    def dataset(self) -> "xr.Dataset":
        """The draws as a dataset of xarray, which carries what ``summarise`` needs besides."""
        made = self.frame.to_xarray()
        return carry(made, self._carried({str(name): size for name, size in made.sizes.items()}))

    @cached_property
    def tables(self) -> "xr.Dataset":
        """The inverse tables as a dataset of xarray."""
        return self.coefficients.to_xarray()

    def summary(self, threads: int = 2) -> Frame:
        """Every statistic of every output with its standard error."""
        return self._carried({}).summary(self.frame, threads)

    def _carried(self, sizes: Mapping[str, int]) -> Carried:
        names = [name for name in self.counted if name in VARIABLES]
        counted = {"counted": json.dumps(names)} if names else {}
        return Carried(sizes, self.detail, self.counted, {"exact": 1} if self.exact else counted)


def complete(
    ready: Prepared,
    settings: Settings,
    store: str | Sequence[str],
    progress: Progress = lambda done, total: None,
    aim: Aim | None = None,
    say: Say = lambda text: None,
) -> Completed:
    """Simulate a study that has been laid out, base and scenarios, reporting progress.

    ``store`` is "positions" or "all", both with every position, "summary" or names of variables. Drivers are part of the dataset where it
    keeps any: thousands of lines with drivers of their own are gigabytes. Raises SimulationError as ``simengine.api.run``.
    """
    stored, aim = stored_names(store), aim or Aim(settings.draws, How(settings.threads))
    drivers = settings.drivers and bool(set(DRIVER_VARIABLES) & set(stored))
    details = tuple(name for name in stored if name in DETAIL_VARIABLES)
    if stored:
        _check_memory(ready, settings, details, drivers=drivers)
    wanted = wanted_of(ready, stored, in_memory=bool(stored))
    if store in ("positions", "all"):
        # whoever has the draws at hand has all positions: nothing is counted
        wanted = Wanted(tuple(POSITION_VARIABLES), details, wanted.drivers, ())
    wanted = wanted if drivers else replace(wanted, drivers=())
    laid = Laid.of(ready, settings, wanted)
    with session_of(laid, aim.how, Saves(None, None), in_memory=bool(stored), notice=say) as session:
        found = simulated(session, aim, Watch(progress, say=say))
        done = found.done
        return Completed(done.frame, done.detail, done.coefficients(), found.counted, found.refined is not None, found.outcome)


def _check_memory(ready: Prepared, settings: Settings, kept: Sequence[str], *, drivers: bool) -> None:
    """Refuse draws that would not fit in memory, with the sizes."""
    draws = settings.draws
    rows = ready.layout.starts[3] + sum(ready.layout.detail_rows(name).size for name in kept)
    rows += sum(count for _, count, _ in driver_rows(ready.drafts[0]).values()) if drivers else 0
    needed = rows * draws * 8 * len(ready.scenarios)
    try:
        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return
    if needed > 0.8 * there:
        msg = (
            f"{draws:,} draws of this study need {needed / 2**30:,.1f} GiB of memory and this machine has {there / 2**30:,.1f} GiB: "
            f"at most {int(draws * 0.8 * there / needed):,} draws fit; "
            'with out="run.nc" they stream to a file, with store="summary" none is kept'
        )
        raise SimulationError(msg)
