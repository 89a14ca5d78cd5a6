"""A run that is done: its draws, what was summed and counted of them, and where they came from, as they are stored and summarised."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simengine.engine.runner import Settings
from simengine.engine.tile import BLOCK
from simengine.results.dataset import assemble, plan_variables
from simengine.results.frame import Frame, Series
from simengine.results.merge import Earlier
from simengine.results.pieces import counted
from simengine.results.provenance import attributes
from simengine.results.tables import tables_dataset
from simengine.run_account import Counted, provenance
from simengine.runs.job import Laid
from simengine.runs.keeper import InMemory
from simengine.runs.session import Session
from simengine.runs.state import State
from simengine.schema import DETAIL_VARIABLES
from simengine.statistics.streamed import counted_summary
from simengine.statistics.summary import DetailMoments, moments_to_statistics, summarise


@dataclass(frozen=True)
class Finished:
    """A run of ``settings.draws`` draws; ``earlier`` are its first draws where an earlier result of the same run has them."""

    session: Session
    settings: Settings
    earlier: Earlier | None = None

    @property
    def state(self) -> State:
        """Everything that was summed and counted."""
        return self.session.state

    def failed_by_scenario(self) -> npt.NDArray[np.int64]:
        """How many draws failed in each scenario."""
        return np.bincount(self.state.all_failed()[:, 1], minlength=len(self.state.detail))

    @cached_property
    def frame(self) -> Frame:
        """The draws that are stored, the plan, and everything needed to run the study again."""
        laid, draws = self.session.laid, self.settings.draws
        drawing = self.session.keeper.drawing
        found, names = self._draws()
        found |= plan_variables({name: values for name, values in laid.ready.plan.items() if values.size}, drawing.labels)
        frame = assemble(found, drawing.labels, names, draws if isinstance(self.session.keeper, InMemory) else 0)
        if "draw" in frame.coords and not isinstance(self.session.keeper, InMemory):
            frame.coords["draw"] = Series(("draw",), counted(draws, "draw"), frame.coords["draw"].attrs)
        frame.attrs.update(attributes(provenance(laid.ready, self.settings, self._counted())))
        return frame

    def _counted(self) -> Counted:
        session = self.session
        names = session.laid.runners[0].driver_names
        drivers = session.drivers_of_first_draws() if names else np.empty((0, 0))
        failed = np.unique(self.state.all_failed()[:, 0]).size
        return Counted(failed, int(self.state.clipped[0]), names, drivers)

    def _draws(self) -> tuple[dict[str, Series], dict[str, list[str]]]:
        """What is stored of all draws: arrays, or where they are in shards."""
        keeper, draws = self.session.keeper, self.settings.draws
        if isinstance(keeper, InMemory):
            return keeper.of_draws(0, draws)
        template, names = keeper.drawing.nothing()
        rest = keeper.variables(self.session.saves.saved, -(-draws // BLOCK))
        streamed = self.session.saves.streamed(template, self.earlier, rest, draws)
        return {name: Series(one.dims, streamed[name], one.attrs) for name, one in template.items()}, names

    @cached_property
    def detail(self) -> DetailMoments:
        """Mean and spread of every line and scheme variable (year, entity, scenario)."""
        return detail_of(self.session.laid, self.state)

    def counted(self, refined: npt.NDArray[np.float64] | None = None) -> dict[str, Series]:
        """Statistics, and their errors, of the variables that were only counted; ``refined`` as for ``summary``."""
        return counted_of(self.session.laid, self.state, self.frame, refined)

    def summary(self, threads: int, refined: npt.NDArray[np.float64] | None = None) -> Frame:
        """The summary: exact of variables whose draws are in memory, from counts of the others.

        ``refined`` are exact statistics of the counted series (``runs.exact``): nothing is then said to be counted.
        """
        in_memory = isinstance(self.session.keeper, InMemory)
        return summary_of(self.frame, self.detail, self.counted(refined), threads, in_memory=in_memory, exact=refined is not None)

    def coefficients(self) -> Frame:
        """The inverse tables that the draws were made with."""
        return tables_dataset(self.session.laid.ready.tables.used())

    def blocks(self) -> Frame:
        """What goes beside the draws: digests of every block, and the state after the last whole one, from which more draws go on."""
        arrays = self.session.whole.arrays() | {"digest": self.state.all_digests(), "failed_draws": self.state.all_failed()}
        about = {"wanted": json.dumps(self.session.laid.wanted.counted)}
        made = {name: Series(tuple(f"{name}_{axis}" for axis in range(one.ndim)), one) for name, one in sorted(arrays.items()) if one.size}
        return Frame(made, attrs=about)


def detail_of(laid: Laid, state: State) -> DetailMoments:
    """Mean and spread of every line and scheme variable (year, entity, scenario) from the sums of a state."""
    pairs = zip(laid.runners, state.detail, strict=True)
    found = [moments_to_statistics(runner.all_moments(sums), laid.ready.plan_detail, laid.settings.sampler) for runner, sums in pairs]
    values, errors = {}, {}
    for name in DETAIL_VARIABLES:
        rows = laid.ready.layout.detail_rows(name)
        if rows.size:
            values[name] = {key: np.stack([one[0][key][rows] for one in found], axis=-1) for key in ("mean", "sd")}
            errors[name] = {key: np.stack([one[1][key][rows] for one in found], axis=-1) for key in ("mean", "sd")}
    return DetailMoments(values, errors)


def counted_of(laid: Laid, state: State, frame: Frame, refined: npt.NDArray[np.float64] | None = None) -> dict[str, Series]:
    """Statistics, and their errors, of the variables that a state has counts of, with the units of the plan in ``frame``."""
    if state.sketch is None:
        return {}
    return counted_summary(laid.series, state.sketch, state.series, laid.settings.sampler, frame, refined)


def summary_of(
    frame: Frame, detail: DetailMoments, counted: Mapping[str, Series], threads: int, *, in_memory: bool, exact: bool = False
) -> Frame:
    """The summary of a run: of the draws in ``frame`` where they are ``in_memory``, of sums and counts besides.

    ``exact`` says that what is counted was made exact by a second pass.
    """
    if not in_memory:
        plan = {name: one for name, one in frame.data_vars.items() if name.startswith("plan_")}
        frame = Frame(plan, frame.coords, frame.attrs)
    found = summarise(frame, detail, threads, counted)
    if exact:
        found.attrs.pop("counted", None)
        found.attrs["exact"] = 1
    return found
