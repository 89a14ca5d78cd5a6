"""Random studies with every contract term, and what their arrangements pay."""

import copy
from typing import Any

from simengine.jit import Floats
from tests.twin.coverage import members, residual_party
from tests.twin.random_terms import term_study
from tests.twin.reading import Reader
from tests.unit.engine.running import DESIGNS, Run, run_study

DRAWS = 64


def shared(seed: int) -> dict[str, Any]:
    """A study with terms and without scenarios."""
    return {key: value for key, value in term_study(seed).items() if key != "scenarios"}


def with_arrangement(seeds: range) -> list[int]:
    """The seeds whose study has an arrangement with somebody beside the residual party."""
    return [seed for seed in seeds if any(side_of(shared(seed), name) for name in shared(seed).get("arrangements", {}))]


def side_of(tree: dict[str, Any], arrangement: str) -> list[str]:
    """The provider side: every party but the residual one and the fund."""
    reader = Reader(tree, {}, is_plan=True)
    fund = tree["arrangements"][arrangement].get("fund", {}).get("party")
    return [party for party in members(reader, arrangement) if party not in (residual_party(reader, arrangement), fund)]


def run_shared(tree: dict[str, Any], seed: int) -> Run:
    """The study simulated; the seed tells the design."""
    return run_study(tree, draws=DRAWS, seed=seed, sampler=DESIGNS[seed % 3])


def of(run: Run, variable: str, arrangement: str, party: str | None = None) -> Floats:
    """A variable of an arrangement (and a party) as (year, draw)."""
    names = run.names(variable)
    values = run.draws(variable)[:, names[0].index(arrangement)]
    return values if party is None else values[:, names[1].index(party)]


def changed(tree: dict[str, Any], arrangement: str, **terms: Any) -> dict[str, Any]:
    """The study with other terms; None leaves a term out."""
    other = copy.deepcopy(tree)
    for key, value in terms.items():
        if value is None:
            other["arrangements"][arrangement].pop(key, None)
        else:
            other["arrangements"][arrangement][key] = value
    return other
