"""The draws of every driver of a study from the package's uniforms: copulas, paths and quantiles by definition.

Places are pairs (p, q) with p + q = 1, so that both tails keep their digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, gammaincinv, ndtr, ndtri, stdtr

from simengine.sampling.design import uniforms

from . import dependence
from .law_of import at_places
from .laws import Row
from .paths import SUMS, carried, is_by_year, path_of, summed
from .values import driver_table


class Design(NamedTuple):
    """How the uniforms of a run are drawn; `columns` are the Sobol' columns of the drivers."""

    seed: int
    sampler: str
    draws: int
    columns: Mapping[str, int]


class Place(NamedTuple):
    """Probabilities up to and beyond a draw, both (year, draw), with one row where there is one draw for all years."""

    p: Row
    q: Row


def place_of_score(z: Row) -> Place:
    """The place of a normal score."""
    return Place(ndtr(z), ndtr(-z))


class Draws:
    """The draws of one tree (the study, or that of a scenario)."""

    def __init__(self, tree: dict, design: Design, matrices: Mapping[int, Row] | None = None):
        self.tree, self.design = tree, design
        self.years = int(tree["horizon"]["years"])
        self.specs = driver_table(tree)
        self.matrices = matrices or {}
        self._scores: dict[str, Row] = {}
        for k, group in enumerate(tree.get("correlation", [])):
            self._draw_group(k, group)

    def rows(self, name: str) -> int:
        """How many draws of its uniform a driver has: one, or one per year."""
        return self.years if is_by_year(self.specs[name]) else 1

    def uniform(self, stream: str, component: int, column: int = -1) -> Row:
        """Uniforms of a stream."""
        design = self.design
        return uniforms(design.seed, stream, design.draws, design.sampler, column, component)

    def own(self, name: str) -> Row:
        """The uniforms of a driver before any dependence."""
        stream, column = self.specs[name].get("stream", name), self.design.columns[name]
        return np.array([self.uniform(stream, k, column if k == 0 else -1) for k in range(self.rows(name))])

    def _draw_group(self, k: int, group: dict) -> None:
        names = dependence.members(self.tree, group)
        matrix = self.matrices[k] if k in self.matrices else dependence.matrix_of(self.tree, group)
        lower = dependence.factor(matrix)
        scores = np.array([ndtri(self.own(name)) for name in names])
        scores = np.tensordot(lower, scores, 1)
        if group.get("copula") == "student_t":
            df, stream = float(group["df"]), dependence.stream_of(self.tree, group)
            common = np.array([self.uniform(stream, year) for year in range(scores.shape[1])])
            chi = np.where(common < 0.5, 2 * gammaincinv(df / 2, common), chdtri(df, 1 - common))
            tail = stdtr(df, -np.abs(scores * np.sqrt(df / chi)))
            scores = np.sign(scores) * -ndtri(tail)
        self._scores.update(dict(zip(names, scores, strict=True)))

    def place(self, name: str) -> Place:
        """Where the draws of a driver stand in its law, after correlation and path."""
        spec = self.specs[name]
        if name not in self._scores and path_of(spec) != "ar1":
            u = self.own(name)
            return Place(u, 1 - u)
        fresh = self._scores[name] if name in self._scores else ndtri(self.own(name))
        return place_of_score(carried(spec, fresh) if path_of(spec) == "ar1" else fresh)

    def in_all_years(self, name: str) -> Place:
        """The places with one row per year."""
        p, q = self.place(name)
        shape = (self.years, self.design.draws)
        return Place(np.broadcast_to(p, shape), np.broadcast_to(q, shape))

    def steps(self, name: str) -> Row:
        """The quantiles of each year: values, or the steps of a sum; (year, draw)."""
        return at_places(self.specs[name], *self.in_all_years(name))

    def values(self, name: str) -> Row:
        """The values of a driver that is no volatility; (year, draw)."""
        steps = self.steps(name)
        return summed(self.specs[name], steps) if path_of(self.specs[name]) in SUMS else steps
