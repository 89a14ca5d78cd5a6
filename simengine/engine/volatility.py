"""Volatility of a tile: the noise ε of each line and year, with the coefficient of variation that the drawn population gives."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simengine.distributions.unit_gamma import UnitGamma, fill_unit_gamma
from simengine.distributions.unit_lognormal import fill_unit_lognormal
from simengine.engine.ops import row_view
from simengine.engine.variates import VariateScratch
from simengine.jit import Floats, Ints, kernel

GAMMA, LOGNORMAL = 0, 1
FAMILIES = {"gamma": GAMMA, "lognormal": LOGNORMAL}


class Noises(NamedTuple):
    """Noise rows to fill, one per line and year: the uniform it comes from, its spread, its family and table."""

    uniform: Ints  # (noise,): row of the uniform
    spread: Ints  # (noise,): row of the coefficient of variation
    target: Ints  # (noise,): row to fill
    family: Ints  # (noise,)
    table_start: Ints  # (noise,)
    table_size: Ints  # (noise,)
    tables: Floats


class NoiseRow(NamedTuple):
    """One noise row as it is laid out, with the range that its coefficient of variation may take."""

    uniform: int
    spread: int
    target: int
    family: str
    low: float
    high: float


def build_noises(rows: Sequence[NoiseRow]) -> Noises:
    """The noises as arrays; equal ranges share a table."""
    tables: dict[tuple[float, float], tuple[int, Floats]] = {}
    end, place = 0, []
    for row in rows:
        key = (row.low, row.high)
        if row.family == "gamma" and key not in tables:
            table = UnitGamma(row.low, row.high).table()
            tables[key] = (end, table)
            end += table.size
        place.append((tables[key][0], tables[key][1].size) if row.family == "gamma" else (0, 0))
    return Noises(
        uniform=np.array([row.uniform for row in rows], dtype=np.int64),
        spread=np.array([row.spread for row in rows], dtype=np.int64),
        target=np.array([row.target for row in rows], dtype=np.int64),
        family=np.array([FAMILIES[row.family] for row in rows], dtype=np.int64),
        table_start=np.array([start for start, _ in place], dtype=np.int64),
        table_size=np.array([size for _, size in place], dtype=np.int64),
        tables=np.concatenate([np.zeros(0), *(table for _, table in tables.values())]),
    )


@kernel
def draw_noises(noises: Noises, x: Floats, scratch: VariateScratch, n: int) -> None:
    """Fill every noise row of a tile."""
    for k in range(noises.target.shape[0]):
        target, u, spread = row_view(x, noises.target[k]), row_view(x, noises.uniform[k]), row_view(x, noises.spread[k])
        if noises.family[k] == GAMMA:
            table = noises.tables[noises.table_start[k] : noises.table_start[k] + noises.table_size[k]]
            fill_unit_gamma(target, u, spread, scratch.pieces, scratch.place, table, n)
        else:
            fill_unit_lognormal(target, u, spread, n)
