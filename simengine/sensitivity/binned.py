"""First-order Sobol' index from stored draws: how much of the variance is between bins of one driver.

The driver's draws are put into bins of equal probability. The spread of the means of the bins has their noise in it; that is taken off
as the spread between the independent groups of draws in the same bin, which is right for Latin hypercube and Sobol' points too. What varies
within a bin is made up for by a second look with bins twice as wide (Richardson's extrapolation: what is missed grows with the square of
the width).
"""

import numpy as np
import numpy.typing as npt

from simengine.sensitivity.reading import Reading
from simengine.sensitivity.regression import Fitted, without_each

Array = npt.NDArray[np.float64]

#: A driver with draws in fewer of its bins than this is one of single values: wider bins would mix them.
_MOSTLY = 0.9


def first_order(reading: Reading) -> Fitted:
    """First-order index of every row."""
    counts, sums = reading.table.in_bins, reading.sums
    fine = _between(counts, sums)
    wide = _between(_pairs(counts), _pairs(sums))
    smooth = (counts.sum(axis=1) > 0).mean(axis=1) > _MOSTLY
    found = np.where(smooth, (4.0 * fine - wide) / 3.0, fine)
    groups = without_each(reading.table.groups.sizes), without_each(reading.totals), without_each(reading.squares)
    variance = groups[2] / groups[0] - (groups[1] / groups[0]) ** 2
    found = found / variance[:, None]
    return Fitted(found[0], found[1:])


def _pairs(values: Array) -> Array:
    return np.asarray(values[..., 0::2] + values[..., 1::2])


def _between(counts: Array, sums: Array) -> Array:
    """Variance between bins, less noise: with all draws, then without each group, shape (1 + group, row)."""
    n, s = (without_each(np.swapaxes(one, 0, 1)) for one in (counts, sums))
    squares = [without_each(np.swapaxes(np.append(one[:, :-1], np.zeros_like(one[:, :1]), axis=1), 0, 1)) for one in _squares(counts, sums)]
    ss, sn, nn = squares
    some = n > 0.0
    size = np.where(some, n, 1.0)
    mean = s / size
    # draws of a bin spread over groups: those of one group alone say nothing of the noise
    apart = np.maximum(1.0 - nn / size**2, 0.0)
    noise = np.where(apart > 0.0, (ss - 2.0 * mean * sn + mean**2 * nn) / np.where(apart > 0.0, apart, 1.0), 0.0)
    draws = n.sum(axis=-1)
    centre = s.sum(axis=-1) / draws
    return np.asarray(((s * mean - noise / size).sum(axis=-1)) / draws - centre**2)


def _squares(counts: Array, sums: Array) -> tuple[Array, Array, Array]:
    return sums * sums, sums * counts, counts * counts
