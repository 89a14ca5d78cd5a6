"""All random values of a tile in one compiled pass: uniforms by design, copulas, paths over the years, quantiles of the families.

``VariatesBuilder`` (variates_builder.py) turns drivers into flat arrays (``Variates``); ``draw_tile`` fills the rows of a tile from
them. Nothing in the pass is compiled for one study: families are chosen by code. Uniforms are worked off in batches, each a single
one, two consecutive components of one stream (one call of the generator gives both), or uniforms of one year that go through normal
scores: correlated with each other by a copula, carried on from the year before, or both. A batch's values are made right after it,
those of a scored batch from the score itself where the family allows (distributions/margins.py), else from its probability.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.distributions import base
from simengine.distributions.base import Row
from simengine.distributions.bernoulli import fill_bernoulli
from simengine.distributions.discrete import fill_discrete
from simengine.distributions.empirical import fill_empirical
from simengine.distributions.inverse_table import evaluate, fill_count, fill_table, locate
from simengine.distributions.lognormal import fill_lognormal
from simengine.distributions.margins import (
    COUNT_MARGIN,
    LOGNORMAL_MARGIN,
    NORMAL_MARGIN,
    TABLE_MARGIN,
    fill_count_margin,
    fill_lognormal_margin,
    fill_margin,
)
from simengine.distributions.pieces import fill_pieces, fill_whole_pieces
from simengine.distributions.triangular import fill_triangular
from simengine.distributions.uniform import fill_uniform as fill_even
from simengine.distributions.unit_gamma import fill_unit_gamma_fixed
from simengine.distributions.unit_lognormal import fill_unit_lognormal_fixed
from simengine.engine.copulas import fill_student_t_cdf
from simengine.engine.tile import STRIDE
from simengine.jit import allocating_kernel, inlined, keep_apart, kernel, rows_apart
from simengine.sampling import design as designs
from simengine.sampling.design import Uniforms, fill_uniform_pair
from simengine.special import fill_normal_cdf

Index = NDArray[np.int64]

SINGLE: Final = 0
PAIR: Final = 1
SCORED: Final = 2
#: No copula but the Gaussian; no score to carry on.
NONE: Final = -1


class Variates(NamedTuple):
    """What to draw, as arrays. Batch b takes the uniforms ``order[batch_start[b]:batch_start[b + 1]]``.

    Of a scored batch, ``factors`` holds the packed rows of its lower triangular factor from ``factor_start[b]``; ``mixing[b]`` is
    the uniform that a Student t copula shares (-1: Gaussian), ``copula_df[b]`` its degrees of freedom and ``copula_start[b, 2]`` where
    its tables start (mixing factor, distribution function). The score at place k of ``order`` becomes
    ``carry[k] · before + fresh[k] · score + shift[k]``, with ``before`` kept in row ``state[k]`` (-1: none, and the score stays).

    The values made from uniform k are ``value_start[k]`` ... ``value_start[k + 1] - 1``: family code, arguments ``args[value, 4]``,
    ``table_start`` and ``table_size`` in ``tables``, and the target ``row``; ``by_probability[k]`` tells whether any value of a scored
    uniform needs its probability. Then the rows ``sum_row[r] + t`` become
    ``sum_keep[r, t] · (row of the year before) + row + sum_add[r, t]``: walks and mean reversion.
    ``scratch_rows`` is the largest number of uniforms of a batch, ``state_rows`` the number of scores carried.
    """

    uniforms: Uniforms
    batch_kind: Index
    batch_start: Index
    order: Index
    factor_start: Index
    factors: Row
    mixing: Index
    copula_df: Row
    copula_start: Index
    state: Index
    carry: Row
    fresh: Row
    shift: Row
    value_start: Index
    by_probability: NDArray[np.bool_]
    code: Index
    args: Row
    table_start: Index
    table_size: Index
    row: Index
    sum_row: Index
    sum_keep: Row
    sum_add: Row
    tables: Row
    score_start: int
    scratch_rows: int
    state_rows: int


class VariateScratch(NamedTuple):
    """Working rows of one thread: uniforms or scores of a batch, scores carried on, two more rows, and the two of the inverse tables."""

    u: Row
    state: Row
    spare: Row
    shared: Row
    place: Row
    pieces: Index


@allocating_kernel
def new_variate_scratch(variates: Variates) -> VariateScratch:
    """Return working rows for ``draw_tile``; one set per thread."""
    u, state = np.empty(variates.scratch_rows * STRIDE), np.empty(variates.state_rows * STRIDE)
    return VariateScratch(u, state, np.empty(STRIDE), np.empty(STRIDE), np.empty(STRIDE), np.empty(STRIDE, np.int64))


@inlined
def tile_row(rows: Row, k: int) -> Row:
    """Return row ``k`` of a tile array as a view that starts at index 0."""
    return rows[k * STRIDE : k * STRIDE + STRIDE]


@kernel
def fill_uniform(u: Row, variates: Variates, index: int, first: int, n: int) -> None:
    """``u[i]`` = uniform ``index`` (as ``add_uniform`` returned it) at draw ``first + i``, before any correlation.

    ``first`` is a multiple of 512, n <= 512; ``u`` has room for a whole tile.
    """
    designs.fill_uniform(u, variates.uniforms, index, first, n)


@kernel
def _fill_value(x: Row, u: Row, variates: Variates, value: int, scratch: VariateScratch, n: int) -> None:
    """Fill ``x`` with the quantiles of ``u`` under one value's distribution; of the codes of a margin ``u`` holds scores."""
    code = variates.code[value]
    args = variates.args[value]
    start = variates.table_start[value]
    table = variates.tables[start : start + variates.table_size[value]]
    if code == base.UNIFORM:
        fill_even(x, u, args[0], args[1], n)
    elif code == base.TRIANGULAR:
        fill_triangular(x, u, args[0], args[1], args[2], args[3], n)
    elif code == base.TABLE:
        fill_table(x, u, scratch.pieces, scratch.place, table, args[0], args[1], args[2], args[3], n)
    elif code == base.COUNT:
        fill_count(x, u, scratch.pieces, scratch.place, table, args[0], args[1], args[2], args[3], n)
    elif code == base.LOGNORMAL:
        fill_lognormal(x, u, scratch.pieces, scratch.place, table, args[0], args[1], n)
    elif code == base.DISCRETE:
        fill_discrete(x, u, table, int(args[0]), n)
    elif code == base.EMPIRICAL:
        fill_empirical(x, u, table, int(args[0]), n)
    elif code == base.PIECES:
        fill_pieces(x, u, scratch.pieces, scratch.place, table, n)
    elif code == base.WHOLE_PIECES:
        fill_whole_pieces(x, u, scratch.pieces, scratch.place, table, args[0], args[1], n)
    elif code == base.BERNOULLI:
        fill_bernoulli(x, u, args[0], n)
    elif code == NORMAL_MARGIN:
        fill_even(x, u, args[0], args[1], n)
    elif code == LOGNORMAL_MARGIN:
        fill_lognormal_margin(x, u, args[0], args[1], n)
    elif code == TABLE_MARGIN:
        fill_margin(x, u, scratch.pieces, scratch.place, table, args[0], args[1], args[2], args[3], n)
    elif code == COUNT_MARGIN:
        fill_count_margin(x, u, scratch.pieces, scratch.place, table, args[0], args[1], args[2], args[3], n)
    elif code == base.UNIT_GAMMA:
        fill_unit_gamma_fixed(x, u, args[0], scratch.pieces, scratch.place, table, n)
    elif code == base.UNIT_LOGNORMAL:
        fill_unit_lognormal_fixed(x, u, args[0], n)
    else:
        x[:n] = args[0]


@kernel
def _add_scaled(y: Row, weight: float, x: Row, n: int) -> None:
    """``y[i] += weight * x[i]``; ``y`` and ``x`` are different rows."""
    keep_apart()
    rows_apart()
    for i in range(n):
        y[i] += weight * x[i]


@kernel
def _add_four(y: Row, weights: Row, rows: Row, n: int) -> None:
    """Add the first four of ``rows``, each by its weight and in their order; ``y`` is none of them."""
    keep_apart()
    rows_apart()
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    p, q, r, s = tile_row(rows, 0), tile_row(rows, 1), tile_row(rows, 2), tile_row(rows, 3)
    for i in range(n):
        y[i] = (((y[i] + a * p[i]) + b * q[i]) + c * r[i]) + d * s[i]


@kernel
def _scale(y: Row, weight: float, n: int) -> None:
    """``y[i] *= weight``."""
    keep_apart()
    for i in range(n):
        y[i] *= weight


@kernel
def to_score(z: Row, u: Row, variates: Variates, scratch: VariateScratch, n: int) -> None:
    """``z[i]`` = standard normal quantile of ``u[i]``; ``z`` and ``u`` may be one row."""
    locate(scratch.pieces, scratch.place, u, n)
    evaluate(z, scratch.pieces, scratch.place, variates.tables[variates.score_start :], n)


@kernel
def _correlate(variates: Variates, batch: int, n: int, scratch: VariateScratch) -> None:
    """Multiply the scores of a batch by its triangular factor, in place.

    From the last member to the first, so that a score is overwritten only when no other needs it.
    """
    for k in range(variates.batch_start[batch + 1] - variates.batch_start[batch] - 1, -1, -1):
        packed = variates.factor_start[batch] + k * (k + 1) // 2
        score = tile_row(scratch.u, k)
        _scale(score, variates.factors[packed + k], n)
        for q in range(0, k - 3, 4):
            _add_four(score, variates.factors[packed + q : packed + q + 4], scratch.u[q * STRIDE :], n)
        for q in range(k - k % 4, k):
            _add_scaled(score, variates.factors[packed + q], tile_row(scratch.u, q), n)


@kernel
def _mix(variates: Variates, batch: int, first: int, n: int, scratch: VariateScratch) -> None:
    """Turn correlated normal scores into those of a Student t copula: one factor for all, then back to normal scores."""
    df, mixing_start, cdf_start = variates.copula_df[batch], variates.copula_start[batch, 0], variates.copula_start[batch, 1]
    designs.fill_uniform(scratch.spare, variates.uniforms, variates.mixing[batch], first, n)
    locate(scratch.pieces, scratch.place, scratch.spare, n)
    evaluate(scratch.shared, scratch.pieces, scratch.place, variates.tables[mixing_start:], n)
    for k in range(variates.batch_start[batch + 1] - variates.batch_start[batch]):
        score = tile_row(scratch.u, k)
        for i in range(n):
            score[i] *= scratch.shared[i]
        fill_student_t_cdf(score, scratch.spare, df, scratch.pieces, scratch.place, variates.tables[cdf_start:], n)
        to_score(score, score, variates, scratch, n)


@kernel
def carry_on(variates: Variates, batch: int, n: int, scratch: VariateScratch) -> None:
    """Let each score of a batch that has a past be drawn towards its score of the year before."""
    start = variates.batch_start[batch]
    for k in range(variates.batch_start[batch + 1] - start):
        kept = variates.state[start + k]
        if kept == NONE:
            continue
        score, before = tile_row(scratch.u, k), tile_row(scratch.state, kept)
        carry, fresh, shift = variates.carry[start + k], variates.fresh[start + k], variates.shift[start + k]
        if carry == 0.0:  # the first year: what the row holds is of another tile
            for i in range(n):
                score[i] = fresh * score[i] + shift
        else:
            for i in range(n):
                score[i] = carry * before[i] + (fresh * score[i] + shift)
        for i in range(n):
            before[i] = score[i]


@kernel
def _draw_batch(variates: Variates, batch: int, first: int, n: int, scratch: VariateScratch) -> None:
    """Fill the scratch rows with a batch's uniforms, or with its normal scores."""
    kind = variates.batch_kind[batch]
    start = variates.batch_start[batch]
    if kind == PAIR:
        fill_uniform_pair(tile_row(scratch.u, 0), tile_row(scratch.u, 1), variates.uniforms, variates.order[start], first, n)
        return
    for k in range(variates.batch_start[batch + 1] - start):
        designs.fill_uniform(tile_row(scratch.u, k), variates.uniforms, variates.order[start + k], first, n)
        if kind == SCORED:
            to_score(tile_row(scratch.u, k), tile_row(scratch.u, k), variates, scratch, n)
    if kind == SCORED:
        _correlate(variates, batch, n, scratch)
        if variates.mixing[batch] != NONE:
            _mix(variates, batch, first, n, scratch)
        carry_on(variates, batch, n, scratch)


@kernel
def add_up(variates: Variates, rows: Row, n: int) -> None:
    """Walks and mean reversion: each year rests on the value of the year before."""
    for r in range(variates.sum_row.shape[0]):
        for t in range(variates.sum_keep.shape[1]):
            row, keep, add = tile_row(rows, variates.sum_row[r] + t), variates.sum_keep[r, t], variates.sum_add[r, t]
            for i in range(n):
                row[i] += add
            if t > 0:
                _add_scaled(row, keep, tile_row(rows, variates.sum_row[r] + t - 1), n)


@kernel
def make_values(variates: Variates, batch: int, n: int, rows: Row, scratch: VariateScratch) -> None:
    """Fill the rows of a batch whose uniforms, or normal scores, have been drawn."""
    start = variates.batch_start[batch]
    scored = variates.batch_kind[batch] == SCORED
    for k in range(variates.batch_start[batch + 1] - start):
        index = variates.order[start + k]
        if scored and variates.by_probability[index]:
            fill_normal_cdf(scratch.spare, tile_row(scratch.u, k), n)
        # The only place where values are made: a second one would double the time to compile.
        for value in range(variates.value_start[index], variates.value_start[index + 1]):
            u = scratch.spare if scored and variates.code[value] < NORMAL_MARGIN else tile_row(scratch.u, k)
            _fill_value(tile_row(rows, variates.row[value]), u, variates, value, scratch, n)


@kernel
def draw_tile(variates: Variates, first: int, n: int, rows: Row, scratch: VariateScratch) -> None:
    """Fill the rows of a tile with the draws ``first`` ... ``first + n - 1``.

    Parameters
    ----------
    first, n
        A multiple of 512, and at most 512.
    rows
        Flat tile array; row k stands at ``rows[k * STRIDE : k * STRIDE + n]``. Rows that no value targets are left alone.
    scratch
        From ``new_variate_scratch``; one per thread.
    """
    for batch in range(variates.batch_kind.shape[0]):
        _draw_batch(variates, batch, first, n, scratch)
        make_values(variates, batch, n, rows, scratch)
    add_up(variates, rows, n)
