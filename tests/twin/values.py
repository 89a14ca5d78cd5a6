"""Plan values and simple random values of the drivers of a study, for tests of the twin."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from .law_of import at_places, law_of
from .paths import SUMS, carried, is_by_year, path_of, plan_of, summed
from .reading import is_distribution, scenario_tree

SKIPPED = ("scenarios", "correlation", "simulation")


def driver_table(tree: dict) -> dict[str, dict]:
    """Every driver of a tree: its full dotted path and its distribution. Volatility drivers have `dist = "volatility"`."""
    found: dict[str, dict] = {}

    def walk(path: list[str], value: Any) -> None:
        if is_distribution(value):
            found[".".join(path)] = value
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(path + [key], inner)

    for key, value in tree.items():
        if key not in SKIPPED:
            walk([key], value)
    for line, service in tree.get("services", {}).items():
        if "volatility" in service:
            table = service["volatility"]
            path = {key: table[key] for key in ("path", "rho") if key in table}
            found[f"services.{line}.volatility"] = {"dist": "volatility", "path": "independent", "plan": 1.0, **path}
    return found


def mean(spec: dict, t: int) -> float:
    """The mean of a distribution in year t."""
    return law_of(spec, t).mean()


def plan_values(tree: dict) -> dict[str, list[float]]:
    """The plan value of every driver: what it states, or its mean."""
    years = int(tree["horizon"]["years"])
    return {name: plan_of(spec, years) for name, spec in driver_table(tree).items()}


def random_rows(name: str, spec: dict, seed: str | int, years: int, draws: int) -> np.ndarray:
    """Random values of one driver, (year, draw); with a constant path the years share their randomness."""
    rows = years if is_by_year(spec) else 1
    rngs = [random.Random(f"{seed}/{name}/{k}") for k in range(rows)]
    if spec["dist"] == "volatility":
        found = np.array([[rng.gammavariate(400.0, 1 / 400.0) for _ in range(draws)] for rng in rngs])
        return np.broadcast_to(found, (years, draws))
    u = np.array([[min(max(rng.random(), 1e-9), 1 - 1e-9) for _ in range(draws)] for rng in rngs])
    if path_of(spec) == "ar1":
        u = ndtr(carried(spec, ndtri(u)))
    u = np.broadcast_to(u, (years, draws))
    steps = at_places(spec, u, 1 - u)
    return summed(spec, steps) if path_of(spec) in SUMS else steps


def random_values(
    tree: dict, seed: int, draws: int, scenario: str | None = None
) -> tuple[dict[str, list[float]], list[dict[str, list[float]]]]:
    """Plan values of the study as written, and `draws` sets of random values of the drivers of its scenario."""
    drawn_tree = scenario_tree(tree, scenario)
    years = int(tree["horizon"]["years"])
    rows = {name: random_rows(name, spec, seed, years, draws) for name, spec in driver_table(drawn_tree).items()}
    return plan_values(tree), [{name: values[:, k].tolist() for name, values in rows.items()} for k in range(draws)]
