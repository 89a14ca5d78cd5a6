"""The engine against the plain twin: every variable of the base study, its scenarios and its plan, on the same draws.

``python -m tests.unit.engine.comparison 0 100`` compares the random studies 0 to 99 and prints the largest difference of each variable.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from simengine.jit import Floats
from tests.twin import random_study, twin
from tests.twin.values import plan_values
from tests.unit.engine.running import ALL_VARIABLES, DESIGNS, Run, run_study

#: Totals that the twin does not name; they are sums of what it does.
TOTALS = ("gross_saving_total", "cost_released_total", "stranded_cost_total")
COMPARED = ALL_VARIABLES


def how_to_run(seed: int) -> tuple[int, str]:
    """Draws and design of a random study: 16 to 64 draws, every design in turn."""
    return 16 * (1 + seed // 3 % 4), DESIGNS[seed % 3]


def run_random_study(seed: int) -> tuple[dict[str, Any], Run]:
    """A random study, read and simulated."""
    draws, sampler = how_to_run(seed)
    tree = random_study(seed)
    return tree, run_study(tree, draws=draws, seed=seed, sampler=sampler)


def driver_values(run: Run, scenario: int) -> list[dict[str, list[float]]]:
    """The values of every driver, draw by draw."""
    years, drivers = run.prepared.layout.years, run.drivers(scenario)
    draws = run.simulated[scenario].store.shape[1]
    by_year = {name: np.broadcast_to(values, (years, draws)) for name, values in drivers.items()}
    return [{name: [float(value) for value in values[:, i]] for name, values in by_year.items()} for i in range(draws)]


def with_totals(outcome: dict[str, Any]) -> dict[str, Any]:
    """What the twin says, with the totals over lines."""
    years = range(len(outcome["net_position"]))
    totals = {
        f"{name}_total": [sum(outcome[name][t].values()) for t in years] for name in ("gross_saving", "cost_released", "stranded_cost")
    }
    scale = outcome["scale"] | dict.fromkeys(TOTALS, outcome["scale"]["net_position"])
    return outcome | totals | {"scale": scale}


def as_array(by_year: list[Any], names: tuple[tuple[str, ...], ...]) -> Floats:
    """A variable of the twin as an array (year, entity…), 0 for a party outside an arrangement."""
    shape = tuple(len(axis) for axis in names)
    found = np.zeros((len(by_year), *shape))
    for place in np.ndindex(len(by_year), *shape):
        value = by_year[place[0]]
        for axis, k in zip(names, place[1:], strict=True):
            value = value.get(axis[k], 0.0) if isinstance(value, dict) else value
        found[place] = value
    return found


def relative_difference(engine: Floats, wanted: Floats, scale: list[float]) -> float:
    """Largest difference relative to Σ|terms| of the year; NaN where anything is not finite."""
    if not engine.size:
        return 0.0
    against = np.array([max(value, 1e-300) for value in scale]).reshape(-1, *[1] * (engine.ndim - 1))
    return float(np.max(np.abs(engine - wanted) / against))


def _outcomes(run: Run, tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Floats]]]:
    """Where, what the twin says, and what the engine says, for the plan and for every draw of every scenario."""
    planned = plan_values(tree)
    for k, scenario in enumerate(run.scenarios):
        out = twin(tree, planned, driver_values(run, k), None if k == 0 else scenario)
        if k == 0:
            yield "plan", with_totals(out["plan"]), {name: run.plan(name)[..., 0] for name in ALL_VARIABLES}
        arrays = {name: run.draws(name, k) for name in ALL_VARIABLES}
        for i, outcome in enumerate(out["draws"]):
            yield f"{scenario}, draw {i}", with_totals(outcome), {name: array[..., i] for name, array in arrays.items()}


def differences(run: Run, tree: dict[str, Any]) -> dict[str, tuple[float, str]]:
    """For every variable the largest relative difference between engine and twin, and where it is."""
    worst = dict.fromkeys(COMPARED, (0.0, ""))
    for where, outcome, engine in _outcomes(run, tree):
        for name in COMPARED:
            found = relative_difference(engine[name], as_array(outcome[name], run.names(name)), outcome["scale"][name])
            if not found <= worst[name][0]:
                worst[name] = (found, where)
    return worst


def main(first: int, last: int) -> None:
    """Compare a range of random studies and write the largest differences as JSON."""
    worst = dict.fromkeys(COMPARED, 0.0)
    for seed in range(first, last):
        tree, run = run_random_study(seed)
        for name, (found, _) in differences(run, tree).items():
            worst[name] = found if not found <= worst[name] else worst[name]
    json.dump(worst, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
