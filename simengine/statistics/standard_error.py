"""Standard errors that fit the design: 16 replicated scrambles for ``sobol``, batches of 256 draws for ``lhs`` and ``random``.

A statistic that is a mean of some function of the draw (or is so to first order: its influence function) has the error of the means of
independent groups. The formula for independent draws is wrong for both Latin hypercube and Sobol' points (PERFORMANCE.md section 6).
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

REPLICATES = 16
BATCH = 256


def group_means(values: npt.NDArray[np.generic], sampler: str) -> Array:
    """Means of the independent groups along the first axis: replicate n % 16, or whole batches of 256 (an incomplete one is left out).

    Fewer draws than two groups give an empty array, whose standard error is NaN: not known.
    """
    draws = values.shape[0]
    if sampler == "sobol":
        rows = draws // REPLICATES
        grouped = values[: rows * REPLICATES].reshape(rows, REPLICATES, *values.shape[1:])
        return np.asarray(grouped.mean(axis=0), dtype=np.float64) if rows >= 1 else np.empty((0, *values.shape[1:]))
    batches = draws // BATCH
    grouped = values[: batches * BATCH].reshape(batches, BATCH, *values.shape[1:])
    return np.asarray(grouped.mean(axis=1), dtype=np.float64)


def standard_error(values: npt.NDArray[np.generic], sampler: str) -> Array:
    """Standard error of the mean of ``values`` along the first axis; NaN where there are fewer than two groups."""
    means = group_means(values, sampler)
    if means.shape[0] < 2:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(means.shape[0]), dtype=np.float64)
