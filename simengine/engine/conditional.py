"""Correlated drivers drawn given some of them: what Shapley effects take from a copula.

Scores of a Gaussian copula with matrix R, given those of the drivers S, are normal with mean R_-S,S R_SS^-1 z_S and covariance
R_-S,-S - R_-S,S R_SS^-1 R_S,-S. Those of a Student t copula are Student t about the same mean, with df + |S| degrees of freedom and that
covariance times (df + z_S' R_SS^-1 z_S) / (df + |S|) (Ding 2016, The American Statistician 70, 293-295).

Years of a path are drawn one after another from independent scores, so each year has its own copula, and a driver is all its years.
Sums are written out in the order of the drivers: the bits are the same on every processor, but for the two functions of SciPy that a
Student t copula needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.engine.conditional_scores import scores_given
from simengine.engine.given_scores import add_up_paths, draw_independent_scores, fill_from_scores
from simengine.engine.tile import TILE
from simengine.engine.variates import Variates, VariateScratch
from simengine.jit import Floats

Given = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cluster:
    """Drivers that are correlated: their places among the units, in the order of the copula; batches of both designs by year."""

    units: tuple[int, ...]
    matrix: Floats
    df: float | None
    batches: tuple[tuple[int, int], ...]
    factor: Floats


def batches_of(variates: Variates, key: int) -> tuple[int, ...]:
    """The batches of a design whose first driver has this stream, by rising year."""
    low, high = variates.uniforms.key_low, variates.uniforms.key_high
    first = variates.order[variates.batch_start[:-1]]
    return tuple(int(b) for b in np.flatnonzero((low[first] == key & 0xFFFFFFFF) & (high[first] == key >> 32)))


class ConditionalDraws:
    """Draws of clusters for the points of a piece, given some of their drivers; for one thread.

    Parameters
    ----------
    first_design, second_design
        What designs A and B draw.
    clusters
        What is correlated.
    """

    def __init__(self, first_design: Variates, second_design: Variates, clusters: Sequence[Cluster], scratch: VariateScratch) -> None:
        self._designs, self._clusters, self._scratch = (first_design, second_design), clusters, scratch
        self._scores: list[list[tuple[Floats, Floats]]] = []
        self._first, self._count = 0, 0

    def draw(self, first: int, count: int) -> None:
        """Take the scores of both designs for the points of a piece."""
        self._count = count
        self._scores = []
        for cluster in self._clusters:
            by_year = []
            for batches in cluster.batches:
                room = np.zeros((2, len(cluster.units) + 1, TILE))
                for scores, variates, batch in zip(room, self._designs, batches, strict=True):
                    draw_independent_scores(variates, batch, first, count, scores, self._scratch)
                by_year.append((_correlated(cluster, room[0, :, :count]), room[1, :, :count]))
            self._scores.append(by_year)

    def fill(self, take: npt.NDArray[np.uint8], rows: Floats) -> None:
        """Fill the rows of all clusters for one selection, ``take`` (unit, point) or (unit, 1): 0 what is given.

        Rows of drivers that are given are filled too, with what they are up to rounding.
        """
        variates = self._designs[0]
        for cluster, by_year in zip(self._clusters, self._scores, strict=True):
            given = np.broadcast_to(take[list(cluster.units)] == 0, (len(cluster.units), self._count))
            for (batch, _), (known, fresh) in zip(cluster.batches, by_year, strict=True):
                filled = np.zeros((len(cluster.units) + 1, TILE))
                filled[: len(cluster.units), : self._count] = _given(cluster, given, known, fresh)
                fill_from_scores(variates, batch, filled, self._count, rows, self._scratch)
        add_up_paths(variates, rows, self._count)


def _times(matrix: Floats, rows: Floats) -> Floats:
    """The product of a small matrix and rows of scores, its sums in the order of the columns."""
    found = np.zeros((matrix.shape[0], rows.shape[1]))
    for j in range(matrix.shape[1]):
        found += matrix[:, j, np.newaxis] * rows[j]
    return found


def _mixing(u: Floats, df: float | Floats) -> Floats:
    """sqrt(df / W) at the uniform of W, which is chi-squared with ``df`` degrees of freedom."""
    from scipy.special import gammaincinv

    return np.asarray(np.sqrt(0.5 * df / gammaincinv(0.5 * df, u)))


def _correlated(cluster: Cluster, scores: Floats) -> Floats:
    """Scores of a copula (driver, point), Student t ones as such, from independent ones with the uniform of the common factor last."""
    found = _times(cluster.factor, scores[:-1])
    return found if cluster.df is None else found * _mixing(scores[-1], cluster.df)


def _given(cluster: Cluster, given: Given, known: Floats, fresh: Floats) -> Floats:
    """Normal scores (driver, point): those known where they are given, the others drawn given these."""
    drivers, count = len(cluster.units), given.sum(axis=0)
    found = known.copy()
    alone, some = count == 0, (count > 0) & (count < drivers)
    found[:, alone] = _correlated(cluster, fresh[:, alone])
    if some.any():
        out, work = np.zeros((2 * drivers + 1, given.shape[1])), np.empty((drivers + 1, drivers))
        scores = np.ascontiguousarray(known), np.ascontiguousarray(fresh)
        scores_given(out, cluster.matrix, np.ascontiguousarray(given, dtype=np.float64), *scores, work, np.empty(drivers, dtype=np.int64))
        left = out[drivers:-1]
        if cluster.df is not None:
            df = cluster.df + count
            left *= np.sqrt((cluster.df + out[-1]) / df) * _mixing(fresh[-1], df)
        found = np.where(some & ~given, out[:drivers] + left, found)
    return found if cluster.df is None else _normal(found, cluster.df)


def _normal(scores: Floats, df: float) -> Floats:
    """Normal scores with the probabilities of Student t ones, from the nearer tail."""
    from scipy.special import ndtri, stdtr

    below = ndtri(stdtr(df, -np.abs(scores)))
    return np.asarray(np.where(scores < 0.0, below, -below))
