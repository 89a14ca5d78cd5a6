"""Volatility of a tile: the noise ε of each line and year (MODEL.md section 2).

Gamma and lognormal noise have the coefficient of variation that the drawn population gives. A count is Poisson with the line's drawn
activity for its mean, divided by it; the negative binomial one is Poisson about an activity that already has the gamma noise, so that
its squared coefficient of variation is that of the gamma plus one over the activity (a gamma mixture of Poissons).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from simengine.distributions import Encoded, Tables
from simengine.distributions.base import UNIT_GAMMA
from simengine.distributions.unit_gamma import UnitGamma, fill_unit_gamma
from simengine.distributions.unit_lognormal import fill_unit_lognormal
from simengine.distributions.unit_poisson import fill_poisson
from simengine.engine.ops import row_view
from simengine.engine.variates import VariateScratch
from simengine.jit import Floats, Ints, keep_apart, kernel, rows_apart

GAMMA, LOGNORMAL, POISSON, NEGATIVE_BINOMIAL = range(4)
FAMILIES = {"gamma": GAMMA, "lognormal": LOGNORMAL, "poisson": POISSON, "negative_binomial": NEGATIVE_BINOMIAL}
#: Families that start from a gamma of the drawn spread.
_WITH_GAMMA = ("gamma", "negative_binomial")


class Noises(NamedTuple):
    """Noise rows to fill, one per line and year: the uniform it comes from, its spread, its family and table."""

    uniform: Ints  # (noise,): row of the uniform
    count_uniform: Ints  # (noise,): row of the uniform of a count
    activity: Ints  # (noise,): row of the activity that a count is about
    activity_scale: Floats  # (noise,)
    spread: Ints  # (noise,): row of the coefficient of variation
    target: Ints  # (noise,): row to fill
    family: Ints  # (noise,)
    table_start: Ints  # (noise,)
    table_size: Ints  # (noise,)
    tables: Floats


class NoiseRow(NamedTuple):
    """One noise row as it is laid out, with the range that its coefficient of variation may take."""

    uniform: int
    count_uniform: int
    activity: int
    activity_scale: float
    spread: int
    target: int
    family: str
    low: float
    high: float


class _UnitGammaTable(NamedTuple):
    """The gamma of mean 1 for a range of coefficients of variation, as the book of tables takes it."""

    low: float
    high: float

    def encode(self) -> Encoded:
        """Its table, whatever the range."""
        return Encoded(UNIT_GAMMA, (self.low, self.high, 0.0, 0.0), UnitGamma(self.low, self.high).table())


def _unit_gamma(_dist: str, ends: Mapping[str, Any]) -> _UnitGammaTable:
    return _UnitGammaTable(ends["low"], ends["high"])


def build_noises(rows: Sequence[NoiseRow], book: Tables) -> Noises:
    """The noises as arrays; equal ranges share a table, taken from ``book`` where it has one."""
    tables: dict[tuple[float, float], tuple[int, Floats]] = {}
    end, place = 0, []
    for row in rows:
        key = (row.low, row.high)
        if row.family in _WITH_GAMMA and key not in tables:
            # a range of no spread has a table too, of ones: the pass over draws asks nothing
            table = book.encode("unit_gamma", {"low": row.low, "high": row.high}, _unit_gamma).table
            assert table is not None
            tables[key] = (end, table)
            end += table.size
        place.append((tables[key][0], tables[key][1].size) if row.family in _WITH_GAMMA else (0, 0))
    return Noises(
        uniform=np.array([row.uniform for row in rows], dtype=np.int64),
        count_uniform=np.array([row.count_uniform for row in rows], dtype=np.int64),
        activity=np.array([row.activity for row in rows], dtype=np.int64),
        activity_scale=np.array([row.activity_scale for row in rows], dtype=np.float64),
        spread=np.array([row.spread for row in rows], dtype=np.int64),
        target=np.array([row.target for row in rows], dtype=np.int64),
        family=np.array([FAMILIES[row.family] for row in rows], dtype=np.int64),
        table_start=np.array([start for start, _ in place], dtype=np.int64),
        table_size=np.array([size for _, size in place], dtype=np.int64),
        tables=np.concatenate([np.zeros(0), *(table for _, table in tables.values())]),
    )


@kernel
def _count(noise: Floats, u: Floats, activity: Floats, scale: float, mean: Floats, n: int) -> None:
    """Replace ``noise[i]`` by a count about ``noise[i] · scale · activity[i]``, over ``scale · activity[i]``; 1 where there is none.

    ``mean`` is scratch.
    """
    _count_mean(mean, noise, activity, scale, n)
    fill_poisson(noise, u, mean, n)
    _per_planned(noise, activity, scale, n)


@kernel
def _count_mean(mean: Floats, noise: Floats, activity: Floats, scale: float, n: int) -> None:
    """``mean[i]`` = ``noise[i]`` · ``scale`` · ``activity[i]``."""
    keep_apart()
    rows_apart()
    for i in range(n):
        mean[i] = noise[i] * (scale * activity[i])


@kernel
def _per_planned(noise: Floats, activity: Floats, scale: float, n: int) -> None:
    """Divide counts by what they are about; 1 where that is nothing."""
    keep_apart()
    rows_apart()
    for i in range(n):
        planned = scale * activity[i]
        noise[i] = 1.0 if planned == 0.0 else noise[i] / planned


@kernel
def draw_noises(noises: Noises, first: int, last: int, x: Floats, scratch: VariateScratch, n: int) -> None:
    """Fill the noise rows ``first`` to ``last`` of a tile."""
    for k in range(first, last):
        target, u, spread = row_view(x, noises.target[k]), row_view(x, noises.uniform[k]), row_view(x, noises.spread[k])
        family = noises.family[k]
        if family == LOGNORMAL:
            fill_unit_lognormal(target, u, spread, n)
        elif family == POISSON:
            target[:n] = 1.0
        else:
            table = noises.tables[noises.table_start[k] : noises.table_start[k] + noises.table_size[k]]
            fill_unit_gamma(target, u, spread, scratch.pieces, scratch.place, scratch.spare, table, n)
        if family >= POISSON:
            activity = row_view(x, noises.activity[k])
            _count(target, row_view(x, noises.count_uniform[k]), activity, noises.activity_scale[k], scratch.spare, n)
