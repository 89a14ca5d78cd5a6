"""Standard errors that fit the design: 16 replicated scrambles for ``sobol``, batches of 256 draws for ``lhs`` and ``random``.

A statistic that is a mean of some function of the draw (or is so to first order: its influence function) has the error of the means of
independent groups. The formula for independent draws is wrong for both Latin hypercube and Sobol' points (PERFORMANCE.md section 6).
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

REPLICATES = 16
BATCH = 256


def group_means(values: npt.NDArray[np.generic], sampler: str, good: npt.NDArray[np.bool_] | None = None) -> Array:
    """Means of the independent groups of draws: replicate n % 16, or whole batches of 256 (an incomplete one is left out).

    ``good`` marks the draws that count: one that failed keeps its place, or all after it would change groups. Fewer draws than two groups
    give an empty array, whose standard error is NaN: not known.
    """
    draws = values.shape[0]
    if sampler == "sobol":
        shape, axis = (draws // REPLICATES, REPLICATES), 0
    else:
        shape, axis = (draws // BATCH, BATCH), 1
    if min(shape) < 1:
        return np.empty(0)
    used = shape[0] * shape[1]
    grouped = values[:used].reshape(shape)
    if good is None:
        return np.asarray(grouped.mean(axis=axis), dtype=np.float64)
    kept = good[:used].reshape(shape)
    counts = kept.sum(axis=axis)
    sums = np.where(kept, grouped, 0.0).sum(axis=axis)
    return np.asarray(sums[counts > 0] / counts[counts > 0], dtype=np.float64)


def standard_error(values: npt.NDArray[np.generic], sampler: str, good: npt.NDArray[np.bool_] | None = None) -> float:
    """Standard error of the mean of a series of draws, those that are ``good``; NaN where there are fewer than two groups."""
    means = group_means(values, sampler, good)
    return float(means.std(ddof=1) / np.sqrt(means.size)) if means.size >= 2 else np.nan
