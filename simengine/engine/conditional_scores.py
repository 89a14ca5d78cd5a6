"""Correlated normal scores given some of them, whichever these are at each point.

With the given drivers first, the Cholesky factor L of the correlation matrix in that order turns independent scores e into correlated
ones z = L e, row by row. The first rows can be solved for the e of the given drivers; the rest of e is drawn anew, and L does what is left:
the mean of the others given these, and the factor of their covariance (the conditional normal distribution). So one factor a point serves
any set of given drivers, where formulae for each set would need as many as there are sets: each point may have its own.
"""

import math

from simengine.jit import Floats, Ints, kernel

#: A variance below this, of a score of variance 1 given others, is rounding: the driver is a combination of them.
_NOTHING = 1e-12


@kernel
def _put_first(order: Ints, given: Floats, p: int) -> int:
    """Drivers in their order, those given at point ``p`` first; returns how many these are."""
    count = 0
    for j in range(order.shape[0]):
        count += 1 if given[j, p] != 0.0 else 0
    first, other = 0, count
    for j in range(order.shape[0]):
        if given[j, p] != 0.0:
            order[first] = j
            first += 1
        else:
            order[other] = j
            other += 1
    return count


@kernel
def _factor(root: Floats, matrix: Floats, order: Ints) -> None:
    """Fill the lower triangle of ``root`` with the Cholesky factor of the matrix in this order; a column is 0 where it is singular."""
    for j in range(order.shape[0]):
        left = matrix[order[j], order[j]]
        for i in range(j):
            value = matrix[order[j], order[i]]
            for k in range(i):
                value -= root[j, k] * root[i, k]
            root[j, i] = value / root[i, i] if root[i, i] > 0.0 else 0.0
            left -= root[j, i] * root[j, i]
        root[j, j] = math.sqrt(left) if left > _NOTHING else 0.0


@kernel
def scores_given(out: Floats, matrix: Floats, given: Floats, known: Floats, fresh: Floats, work: Floats, order: Ints) -> None:
    """For d drivers fill ``out`` (2 d + 1, point): the mean of each given the known ones, what is drawn beyond it, and z' R⁻¹ z of these.

    Parameters
    ----------
    out
        Rows of drivers that are given at a point are left as they are.
    matrix
        Correlations (driver, driver).
    given
        1 where a driver is given, else 0, (driver, point).
    known, fresh
        Scores of those given, and independent scores for the others (driver, point).
    work, order
        Room, (driver + 1, driver) and (driver,).
    """
    drivers = matrix.shape[0]
    count = 0
    for p in range(given.shape[1]):
        same = p > 0
        for j in range(drivers):
            same = same and given[j, p] == given[j, p - 1]
        if not same:
            count = _put_first(order, given, p)
            _factor(work, matrix, order)
        distance = 0.0
        for j in range(count):
            value = known[order[j], p]
            for k in range(j):
                value -= work[j, k] * work[drivers, k]
            value = value / work[j, j] if work[j, j] > 0.0 else 0.0
            work[drivers, j] = value
            distance += value * value
        for j in range(count, drivers):
            mean, left = 0.0, 0.0
            for k in range(count):
                mean += work[j, k] * work[drivers, k]
            for k in range(count, j + 1):
                left += work[j, k] * fresh[order[k], p]
            out[order[j], p] = mean
            out[drivers + order[j], p] = left
        out[2 * drivers, p] = distance
