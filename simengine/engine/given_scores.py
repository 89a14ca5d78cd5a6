"""Drivers from scores that are given to them, not drawn with them: the steps of ``variates.draw_tile`` apart, for conditional draws."""

from simengine.distributions.base import Row
from simengine.engine.ops import copy_row
from simengine.engine.variates import NONE, Variates, VariateScratch, add_up, carry_on, make_values, tile_row, to_score
from simengine.jit import kernel
from simengine.sampling.design import fill_uniform


@kernel
def draw_independent_scores(variates: Variates, batch: int, first: int, n: int, scores: Row, scratch: VariateScratch) -> int:
    """Fill ``scores`` (member, draw) with the normal scores of a scored batch before they are correlated; returns how many members it has.

    The row after them gets the uniform of the common factor of a Student t copula, where there is one.
    """
    start, size = variates.batch_start[batch], variates.batch_start[batch + 1] - variates.batch_start[batch]
    for k in range(size):
        fill_uniform(scratch.spare, variates.uniforms, variates.order[start + k], first, n)
        to_score(scratch.spare, scratch.spare, variates, scratch, n)
        copy_row(scores[k], scratch.spare, n)
    if variates.mixing[batch] != NONE:
        fill_uniform(scratch.spare, variates.uniforms, variates.mixing[batch], first, n)
        copy_row(scores[size], scratch.spare, n)
    return int(size)


@kernel
def fill_from_scores(variates: Variates, batch: int, scores: Row, n: int, rows: Row, scratch: VariateScratch) -> int:
    """Fill the rows of a scored batch from ``scores`` (member, draw) of its copula; batches of one path by rising year."""
    for k in range(variates.batch_start[batch + 1] - variates.batch_start[batch]):
        copy_row(tile_row(scratch.u, k), scores[k], n)
    carry_on(variates, batch, n, scratch)
    make_values(variates, batch, n, rows, scratch)
    return n


@kernel
def add_up_paths(variates: Variates, rows: Row, n: int) -> int:
    """Turn changes of each year into walks and mean reversion, once all of them are filled."""
    add_up(variates, rows, n)
    return n
