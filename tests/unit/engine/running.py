"""Whole studies through the engine, and every variable of what comes out as an array (year, entity…, draw)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.engine.plan import Prepared, prepare
from simengine.engine.simulate import Settings, Simulated, simulate
from simengine.jit import Floats
from simengine.schema import DETAIL_VARIABLES, POSITION_VARIABLES, VARIABLES
from simengine.study.load import Study

DESIGNS = ("random", "lhs", "sobol")


@dataclass(frozen=True)
class Run:
    """A study that has been laid out and simulated: one result per scenario, the base first."""

    prepared: Prepared
    simulated: tuple[Simulated, ...]

    @property
    def scenarios(self) -> tuple[str, ...]:
        return self.prepared.scenarios

    def names(self, variable: str) -> tuple[tuple[str, ...], ...]:
        """The names along each entity axis of a variable."""
        layout = self.prepared.layout
        lists = {
            "service": layout.services,
            "scheme": layout.schemes,
            "party": layout.parties,
            "arrangement": layout.arrangements,
            "budget": layout.budgets,
            "stream": layout.streams,
            "segment": layout.segments,
        }
        return tuple(lists[entity] for entity in VARIABLES[variable].entity)

    def plan(self, variable: str) -> Floats:
        """A variable in the plan, with one draw."""
        return self.prepared.plan[variable][..., None]

    def draws(self, variable: str, scenario: int = 0) -> Floats:
        """The draws of a variable; 0 for a party outside an arrangement."""
        layout, found = self.prepared.layout, self.simulated[scenario]
        if variable in DETAIL_VARIABLES:
            rows = layout.detail_rows(variable)
            return found.detail[found.detail_row[rows]] if rows.size else np.zeros((*rows.shape, found.store.shape[1]))
        rows = layout.rows(variable)
        return np.where(rows[..., None] >= 0, found.store[np.maximum(rows, 0)], 0.0)

    def drivers(self, scenario: int = 0) -> dict[str, Floats]:
        """The draws of every driver of a scenario: (1 or year, draw)."""
        found, first = self.simulated[scenario], self.prepared.layout.starts[3]
        rows: dict[str, list[Floats]] = {}
        for k, (name, _) in enumerate(found.driver_names):
            rows.setdefault(name, []).append(found.store[first + k])
        return {name: np.array(values) for name, values in rows.items()}


def run_study(
    study: Study | Mapping[str, Any], *, draws: int, seed: int = 1, sampler: str = "random", scenarios: bool = True, threads: int = 1
) -> Run:
    """Simulate a study (or the tree of one), by default with all of its scenarios; everything is kept."""
    read = study if isinstance(study, Study) else Study.from_dict(study)
    prepared = prepare(read, read.scenario_names if scenarios else ())
    return Run(prepared, tuple(simulate_one(prepared, k, draws, seed, sampler, threads) for k in range(len(prepared.scenarios))))


def simulate_one(prepared: Prepared, scenario: int, draws: int, seed: int, sampler: str, threads: int = 1) -> Simulated:
    """One scenario with all of its line and scheme variables."""
    return simulate(prepared, scenario, Settings(draws, seed, sampler, threads), tuple(DETAIL_VARIABLES), lambda done: None)


#: Every variable of a result.
ALL_VARIABLES = (*POSITION_VARIABLES, *DETAIL_VARIABLES)
