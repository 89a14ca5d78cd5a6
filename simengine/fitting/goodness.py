"""Does the fitted family describe the data at all? A parametric bootstrap: fitted parameters are allowed for.

A statistic of the distance between data and fitted distribution is small by construction, since the parameters were chosen to
make the distance small; tables for known parameters then hardly ever reject. So the family, as fitted, is drawn from some
hundred times, fitted anew to each of these samples, and the statistic of the data is placed among theirs (Stute, Gonzalez
Manteiga, Presedo Quindimil 1993, Metrika 40, 243-256). Continuous data: Anderson-Darling, which weighs the tails. Counts:
chi-square over pooled cells.

Samples of the bootstrap hold at most 500 values: the distribution of either statistic under a fitted family hardly depends
on the size beyond that, and no wait grows with the data.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from simengine.fitting.candidate import Candidate
from simengine.fitting.newton import Array
from simengine.sampling.design import uniforms

RESAMPLES: Final = 199
_LARGEST_SAMPLE: Final = 500
#: Cells of a chi-square: no more than this many, none expected to hold fewer than this.
_CELLS: Final = 20
_EXPECTED: Final = 5.0
#: A bootstrap of which more could not be fitted says nothing.
_LOST: Final = 0.2
#: Half the width of the central range of a normal that holds this share is one standard deviation.
_CENTRAL: Final = (0.158655, 0.841345)


@dataclass(frozen=True)
class Goodness:
    """Statistic of the data, its p-value (NaN: not known) and the bootstrap's standard errors of the estimates."""

    name: str
    statistic: float
    p_value: float
    standard_errors: dict[str, float]


def anderson_darling(candidate: Candidate, theta: Array, x: Array) -> Array:
    """A² (B) of sorted samples (B, n)."""
    n = x.shape[1]
    with np.errstate(all="ignore"):
        below, above = candidate.tails(theta, x)
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    return np.asarray(-n - np.sum(weights * (below + above[:, ::-1]), axis=1) / n, np.float64)


def cell_edges(candidate: Candidate, theta: Array, largest: float, n: int) -> Array:
    """Upper ends (c - 1) of c cells of counts that are nearly equally likely; the last cell has none."""
    counts = np.arange(largest + 1.0)
    below = np.exp(candidate.tails(theta[None, :], counts[None, :])[0][0])
    share = max(1.0 / _CELLS, _EXPECTED / n)
    edges, used = [], 0.0
    while (at := int(np.searchsorted(below, used + share))) < counts.size and below[at] <= 1.0 - share:
        edges.append(counts[at])
        used = float(below[at])
    return np.array(edges)


def chi_square(candidate: Candidate, theta: Array, x: Array, edges: Array) -> Array:
    """Pearson's statistic (B) of samples (B, n) over the cells."""
    n = x.shape[1]
    with np.errstate(all="ignore"):
        below = np.exp(candidate.tails(theta, np.tile(edges, (x.shape[0], 1)))[0])
    ends = ((0, 0), (1, 1))
    expected = n * np.diff(np.pad(below, ends, constant_values=((0.0, 0.0), (0.0, 1.0))), axis=1)
    reached = np.stack([np.sum(x <= edge, axis=1) for edge in edges], axis=1)
    seen = np.diff(np.pad(reached, ends, constant_values=((0, 0), (0, n))), axis=1)
    return np.asarray(np.sum((seen - expected) ** 2 / np.maximum(expected, 1e-12), axis=1), np.float64)


def goodness(candidate: Candidate, theta: Array, x: Array, seed: int, resamples: int = RESAMPLES) -> Goodness:
    """Goodness of fit of the candidate at its estimates ``theta`` (k) to the values ``x`` (n)."""
    n = x.size
    size = min(n, _LARGEST_SAMPLE)
    u = uniforms(seed, f"fit.{candidate.name}", resamples * size).reshape(resamples, size)
    samples = np.sort(candidate.draw(theta, u), axis=1)
    estimates = candidate.estimate(samples, theta)
    kept = np.all(np.isfinite(estimates), axis=1)
    samples, estimates = samples[kept], estimates[kept]
    name = "chi_square" if candidate.is_count else "anderson_darling"
    if kept.mean() < 1.0 - _LOST:
        return Goodness(name, math.nan, math.nan, {})
    if candidate.is_count:
        edges = cell_edges(candidate, theta, float(max(x.max(), samples.max())), n)
        if edges.size < 1 + len(candidate.names):
            return Goodness(name, math.nan, math.nan, _errors(candidate, estimates, size / n))
        statistic = float(chi_square(candidate, theta[None, :], x[None, :], edges)[0])
        others = chi_square(candidate, estimates, samples, edges)
    else:
        tested = candidate.for_test(theta[None, :], n), candidate.for_test(estimates, size)
        statistic = float(anderson_darling(candidate, tested[0], np.sort(x)[None, :])[0])
        others = anderson_darling(candidate, tested[1], samples)
    p_value = (1.0 + float(np.sum(others >= statistic))) / (1.0 + others.size)
    return Goodness(name, statistic, p_value, _errors(candidate, estimates, size / n))


def _errors(candidate: Candidate, estimates: Array, share: float) -> dict[str, float]:
    """Standard errors from the spread of the bootstrap's estimates, brought to the size of the data."""
    if not candidate.names:
        return {}
    low, high = np.quantile(estimates, _CENTRAL, axis=0)
    return {name: float(value) * share**candidate.rate for name, value in zip(candidate.names, 0.5 * (high - low), strict=True)}
