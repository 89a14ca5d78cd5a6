"""The summary of a stored run worked out again, from its stored draws, sums and counts: the same bits, or a difference.

Digests show that a summary is the one that was written; this shows that it is the one of these draws. Sums and counts stop at the last
whole block: the part of a block behind it is drawn again.
"""

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.engine.runner import Settings
from simengine.engine.tile import BLOCK
from simengine.results.frame import Frame, Series
from simengine.results.stored import read_group
from simengine.runs.difference import Difference, differences_in
from simengine.runs.finished import counted_of, detail_of, summary_of
from simengine.runs.from_result import StoredRun
from simengine.runs.job import Laid, Wanted
from simengine.runs.state import BLOCKS_GROUP, State
from simengine.schema import DETAIL_VARIABLES
from simengine.statistics.series import STATISTICS

#: What a second pass over all draws made exact, and no stored count gives again.
_DRAWN_AGAIN = [k for k, name in enumerate(STATISTICS) if name[0] == "q" or name in ("value_at_risk", "expected_shortfall")]


def summary_differences(run: StoredRun, frame: Frame, summary: Frame, threads: int) -> tuple[list[Difference], tuple[str, ...]]:
    """Statistics in a stored summary that are not those of what is stored beside it, and what could not be told.

    ``frame`` and ``summary`` are the file's own, still in it. Variables whose draws the run held in memory are summarised from their stored
    draws, the others from stored sums and counts.
    """
    stored = tuple(name for name in frame.data_vars if not name.startswith("plan_") and name != "failed")
    ready, settings = run.prepare(), Settings(run.draws, run.seed, run.sampler, threads)
    group = read_group(run.path, BLOCKS_GROUP)
    wanted = Wanted.of(stored, json.loads(str(group.attrs.get("wanted", "[]"))) if group is not None else ())
    laid = Laid.of(ready, settings, wanted)
    state = None if group is None else _state(run, laid, group)
    if state is None:
        return [], ("the file has no sums and counts of this run: its summary was not worked out again",)
    exact = "exact" in summary.attrs
    counted, in_memory = counted_of(laid, state, frame), _from_draws(stored, wanted.counted, summary)
    made = summary_of(frame, detail_of(laid, state), counted, threads, in_memory=in_memory)
    found = [
        Difference(f"summary/{name} is not in the file", f"summary/{name}") for name in made.data_vars if name not in summary.data_vars
    ]
    for name, one in made.data_vars.items():
        if name in summary.data_vars:
            there = summary[name].to_numpy()
            again = _without_second_pass(one, there) if exact and name in counted else one.to_numpy()
            found += differences_in(f"summary/{name}", one.dims, there, again, lambda dim, at: made.labels(dim)[at], how="worked out again")
    note = "exact quantiles and shortfalls of counted outputs (--exact) were not drawn again: the rest of the summary was compared"
    return found, (note,) if exact and counted else ()


def _from_draws(stored: Sequence[str], counted: Sequence[str], summary: Frame) -> bool:
    """Whether stored draws were summarised themselves: a run with too many of them counts them, or sums those of lines and schemes."""
    summed = [name for name in stored if name in DETAIL_VARIABLES and np.isnan(summary[name].to_numpy()[_DRAWN_AGAIN]).all()]
    return not summed and not set(stored) & set(counted)


def _state(run: StoredRun, laid: Laid, group: Frame) -> State | None:
    """Sums and counts of all draws; None where the file has none that fit."""
    state = State.from_arrays({name: one.to_numpy() for name, one in group.data_vars.items()}, laid)
    if state is None or state.stop != run.draws // BLOCK:
        return None
    if run.draws % BLOCK:
        state.add(laid.worker().run(state.stop, state.stop + 1))
    return state


def _without_second_pass(one: Series, stored: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Statistics of a counted variable, with those of a second pass as they are stored."""
    found = one.to_numpy().copy()
    found[_DRAWN_AGAIN] = stored[_DRAWN_AGAIN]
    return found
