"""Volatility of a line from its uniforms: gamma, lognormal, Poisson and negative binomial noise (MODEL.md section 2).

A count is about the line's activity before its own noise; the negative binomial draws a gamma noise from the driver's uniform and then
a Poisson count from the stream `services.NAME.volatility.count`, one draw per year.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from . import laws
from .activity import activity_do_nothing, population
from .drawn import Draws, Place
from .law_of import law_of
from .laws import Row
from .laws_discrete import poisson
from .reading import Reader


class Noise(NamedTuple):
    """One volatility over the draws: where it is drawn, its cv, the mean of its counts, and the places of counts; all (year, draw)."""

    family: str
    place: Place
    cv: Row
    expected: Row
    count: Place


def noise_of(draws: Draws, line: str, values: list[dict[str, list[float]]], plan: dict[str, list[float]], base_tree: dict) -> Noise:
    """The noise of a line, given the values of every other driver, draw by draw."""
    tree, name = draws.tree, f"services.{line}.volatility"
    table = tree["services"][line]["volatility"]
    years, n = draws.years, draws.design.draws
    cv, expected = np.zeros((years, n)), np.zeros((years, n))
    for i, one in enumerate(values):
        reader = Reader(tree, {**one, name: [1.0] * years}, is_plan=False)
        expected[:, i] = activity_do_nothing(reader, line)[1:]
        people = population(reader)[1:] if "population" in tree else None
        reference = table.get("n_ref", base_size(base_tree, plan))
        for k in range(years):
            ratio = 1.0 if people is None else reference / people[k]
            cv[k, i] = math.sqrt(table.get("cv_floor", 0.0) ** 2 + table.get("cv_ref", 0.0) ** 2 * ratio)
    family, place = table.get("family", "gamma"), draws.in_all_years(name)
    count = place
    if family == "negative_binomial":
        u = np.array([draws.uniform(f"{name}.count", k) for k in range(years)])
        count = Place(u, 1 - u)
    return Noise(family, place, cv, expected, count)


def base_size(tree: dict, plan: dict[str, list[float]]) -> float:
    """The planned list size of the base year of the study as written."""
    return Reader(tree, plan, is_plan=True).base_number("population.size") if "population" in tree else 1.0


def spread_values(noise: Noise, place: Place) -> Row:
    """Gamma or lognormal noise of mean 1 at given places."""
    found = np.empty(noise.cv.shape)
    for index in np.ndindex(found.shape):
        cv = float(noise.cv[index])
        p, q = place.p[index], place.q[index]
        if noise.family == "lognormal":
            law = law_of({"dist": "lognormal", "mean": 1.0, "sd": cv})
        else:
            law = laws.gamma(1 / cv**2, cv**2) if cv > 0 else None
        found[index] = 1.0 if law is None else float(law.at(p, q))
    return found


def count_at(mean: float, p: float, q: float) -> float:
    """The Poisson count at a place."""
    return 0.0 if mean == 0.0 else float(poisson(mean).at(p, q))
