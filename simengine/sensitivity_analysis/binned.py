"""First-order Sobol' index from stored draws: how much of the variance the mean of the output, given one driver, has.

The straight line in the driver is taken first; what is left of the mean is found in bins of equal probability. The spread of the means of
the bins has their noise in it; that is taken off as the spread between the independent groups of draws in the same bin, which is right
for Latin hypercube and Sobol' points too. What varies within a bin is made up for by a second look with bins twice as wide (Richardson's
extrapolation: what is missed grows with the square of the width).
"""

import numpy as np
import numpy.typing as npt

from simengine.sensitivity_analysis.reading import Reading
from simengine.sensitivity_analysis.regression import Fitted, without_each

Array = npt.NDArray[np.float64]

#: A driver with draws in fewer of its bins than this is one of single values: wider bins would mix them.
_MOSTLY = 0.9


def first_order(reading: Reading) -> Fitted:
    """First-order index of every row."""
    table = reading.table
    counts, sizes = table.in_bins, table.groups.sizes
    squares = np.diagonal(table.value_products, axis1=1, axis2=2)[:, :-1].T
    products = (reading.linear - table.value_means[:, None] * reading.totals) / table.value_spreads[:, None]
    # values are in standard deviations: the slope of the line is the covariance
    slope = products.sum(axis=1) / sizes.sum()
    about, noise = _single(sizes, products - slope[:, None] * squares)
    line = slope**2 * _single(sizes, squares)[0] + 2.0 * slope * about - noise
    left = reading.sums - slope[:, None, None] * table.values_in_bins
    fine, wide = _between(counts, left), _between(_pairs(counts), _pairs(left))
    smooth = (counts.sum(axis=1) > 0).mean(axis=1) > _MOSTLY
    rest = np.where(smooth, (4.0 * fine - wide) / 3.0, fine)
    draws, total, square = without_each(sizes), without_each(reading.totals), without_each(reading.squares)
    variance = square / draws - (total / draws) ** 2
    found = np.where(table.varies, (line + rest) / variance[:, None], 0.0)
    return Fitted(found[0], found[1:])


def _pairs(values: Array) -> Array:
    return np.asarray(values[..., 0::2] + values[..., 1::2])


def _between(counts: Array, sums: Array) -> Array:
    """Variance between bins, less noise: with all draws, then without each group, shape (1 + group, row)."""
    n = without_each(np.swapaxes(counts, 0, 1))
    mean, noise = _means(counts, sums)
    draws = n.sum(axis=-1)
    return np.asarray((n * (mean**2 - noise)).sum(axis=-1) / draws - ((n * mean).sum(axis=-1) / draws) ** 2)


def _single(sizes: Array, sums: Array) -> tuple[Array, Array]:
    """Means of all draws and the squares of their errors, (1 + group, row), from sums (row, group + 1)."""
    mean, noise = _means(np.broadcast_to(sizes, sums.shape)[..., None], sums[..., None])
    return mean[..., 0], noise[..., 0]


def _means(counts: Array, sums: Array) -> tuple[Array, Array]:
    """Means by bin and the squares of their errors from the spread over groups: with all draws, then without each group.

    From counts and sums (row, group + 1, bin) to (1 + group, row, bin).
    """
    n, s = (without_each(np.swapaxes(one, 0, 1)) for one in (counts, sums))
    whole = np.arange(counts.shape[1])[:, None] < counts.shape[1] - 1
    grouped = (np.where(whole, one, 0.0) for one in (sums * sums, sums * counts, counts * counts))
    ss, sn, nn = (without_each(np.swapaxes(one, 0, 1)) for one in grouped)
    size = np.where(n > 0.0, n, 1.0)
    mean = s / size
    # draws of a bin spread over groups: those of one group alone say nothing of the noise
    apart = np.maximum(1.0 - nn / size**2, 0.0)
    known = apart > 0.0
    noise = np.where(known, (ss - 2.0 * mean * sn + mean**2 * nn) / np.where(known, apart, 1.0), 0.0)
    return mean, noise / size**2
