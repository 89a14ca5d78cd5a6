"""Correlation matrices that cannot hold together: who is to blame, and the nearest matrix that can.

Nearest correlation matrix: Higham 2002, Computing the nearest correlation matrix: a problem from finance, IMA Journal of Numerical
Analysis 22, 329-343 (alternating projections with Dykstra's correction).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimulationError

Matrix = NDArray[np.float64]

#: An eigenvalue above minus this is taken for zero.
TOLERANCE = 1e-9
# The repaired matrix keeps its eigenvalues at least this large, so that rounding cannot undo the repair.
_FLOOR = 1e-8
_STEPS = 1000
_FINE = 2.0**40


def is_positive_semidefinite(matrix: Sequence[Sequence[float]] | Matrix) -> bool:
    """Tell whether a symmetric matrix has no eigenvalue below zero (but for rounding)."""
    return float(np.linalg.eigvalsh(np.asarray(matrix, np.float64))[0]) >= -TOLERANCE


def offenders(names: Sequence[str], matrix: Sequence[Sequence[float]] | Matrix) -> tuple[str, ...]:
    """Return names whose correlations contradict each other while those of any fewer of them do not; nothing where none do.

    Parameters
    ----------
    names
        The drivers, in the order of the rows of ``matrix``.
    matrix
        Symmetric with a diagonal of ones: correlations of the scores of the copula.
    """
    whole = np.asarray(matrix, np.float64)
    if is_positive_semidefinite(whole):
        return ()
    kept = list(range(len(names)))
    # Leave out every name without which the contradiction remains: what is left needs each of them.
    for place in range(len(names) - 1, -1, -1):
        fewer = [other for other in kept if other != place]
        if fewer and not is_positive_semidefinite(whole[np.ix_(fewer, fewer)]):
            kept = fewer
    return tuple(names[place] for place in kept)


def _onto_semidefinite(matrix: Matrix) -> Matrix:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T, np.float64)


def repaired(matrix: Sequence[Sequence[float]] | Matrix) -> Matrix:
    """Return the correlation matrix that is nearest (in the sum of squared changes) to a symmetric ``matrix`` with a diagonal of ones.

    One that is positive semi-definite already comes back as it is. Results are rounded to multiples of 2^-40, so that the last bits
    of a library's eigenvalues do not show.

    Raises
    ------
    SimulationError
        When the projections do not settle (not seen).
    """
    asked = np.asarray(matrix, np.float64)
    if is_positive_semidefinite(asked):
        return asked.copy()
    current, correction = asked.copy(), np.zeros_like(asked)
    for _ in range(_STEPS):
        before = current
        part = _onto_semidefinite(current - correction)
        correction = part - (current - correction)
        current = part.copy()
        np.fill_diagonal(current, 1.0)
        if float(np.abs(current - before).max()) < 1e-13:
            break
    else:
        msg = "the nearest correlation matrix was not found"
        raise SimulationError(msg)
    values, vectors = np.linalg.eigh(current)
    lifted = (vectors * np.maximum(values, _FLOOR)) @ vectors.T
    scale = np.sqrt(np.diag(lifted))
    found = np.rint(lifted / np.outer(scale, scale) * _FINE) / _FINE
    found = np.triu(found, 1)
    return np.asarray(found + found.T + np.eye(len(asked)), np.float64)
