"""Rank correlations that the draws of a run have, to set beside those that the study asks for."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: Draws looked at: more would change the third digit of nothing.
MOST_DRAWS = 2**18
# Kendall's tau compares pairs, at a higher price.
_MOST_FOR_KENDALL = 2**14


def ranks(values: Array) -> Array:
    """Return the ranks of values, ties sharing their mean rank."""
    order = np.argsort(values)  # ties share a rank: their order is of no account
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.concatenate([first, [len(values)]]))
    found = np.empty(len(values))
    found[order] = np.repeat(first + 0.5 * (sizes - 1), sizes)
    return found


def achieved(values: Array, measure: str) -> list[list[float]]:
    """Return the matrix of rank correlations of drawn values, shape (driver, draw): Spearman's for ``rank``, or ``kendall``.

    Draws that are not finite are left out. A driver without spread has no correlation: NaN.
    """
    kept = values[:, np.isfinite(values).all(axis=0)][:, : MOST_DRAWS if measure == "rank" else _MOST_FOR_KENDALL]
    if measure == "rank":
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.corrcoef(np.array([ranks(row) for row in kept]))
        return [[float(value) for value in row] for row in np.atleast_2d(found)]
    from scipy.stats import kendalltau

    size = len(kept)
    matrix = np.eye(size)
    for i in range(size):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = kendalltau(kept[i], kept[j]).statistic
    return [[float(value) for value in row] for row in matrix]
