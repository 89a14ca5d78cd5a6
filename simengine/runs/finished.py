"""A run that is done: its draws, what was summed and counted of them, and where they came from, as they are stored and summarised."""

import json
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
        laid = self.session.laid
        pairs = zip(laid.runners, self.state.detail, strict=True)
        found = [moments_to_statistics(runner.all_moments(sums), laid.ready.plan_detail, self.settings.sampler) for runner, sums in pairs]
        values, errors = {}, {}
        for name in DETAIL_VARIABLES:
            rows = laid.ready.layout.detail_rows(name)
            if rows.size:
                values[name] = {key: np.stack([one[0][key][rows] for one in found], axis=-1) for key in ("mean", "sd")}
                errors[name] = {key: np.stack([one[1][key][rows] for one in found], axis=-1) for key in ("mean", "sd")}
        return DetailMoments(values, errors)

    def summary(self, threads: int, refined: npt.NDArray[np.float64] | None = None) -> Frame:
        """The summary: exact of variables whose draws are in memory, from counts of the others.

        ``refined`` are exact statistics of the counted series (``runs.exact``): nothing is then said to be counted.
        """
        laid, state, keeper = self.session.laid, self.state, self.session.keeper
        of_counts: dict[str, Series] = {}
        if state.sketch is not None:
            of_counts = counted_summary(laid.series, state.sketch, state.series, self.settings.sampler, self.frame, refined)
        frame = self.frame
        if not isinstance(keeper, InMemory):
            plan = {name: one for name, one in frame.data_vars.items() if name.startswith("plan_")}
            frame = Frame(plan, frame.coords, frame.attrs)
        found = summarise(frame, self.detail, threads, of_counts)
        if refined is not None:
            found.attrs.pop("counted", None)
            found.attrs["exact"] = 1
        return found

    def coefficients(self) -> Frame:
        """The inverse tables that the draws were made with."""
        return tables_dataset(self.session.laid.ready.tables.used())

    def blocks(self) -> Frame:
        """What goes beside the draws: digests of every block, and the state after the last whole one, from which more draws go on."""
        arrays = self.session.whole.arrays() | {"digest": self.state.all_digests(), "failed_draws": self.state.all_failed()}
        about = {"wanted": json.dumps(self.session.laid.wanted.counted)}
        made = {name: Series(tuple(f"{name}_{axis}" for axis in range(one.ndim)), one) for name, one in sorted(arrays.items()) if one.size}
        return Frame(made, attrs=about)
