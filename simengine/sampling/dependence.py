"""Dependence between drivers: rank correlations to those of a Gaussian copula, and the factor that imposes them.

The engine turns independent uniforms into normal scores, multiplies by the lower triangular factor and turns the result back.
Relations: Pearson correlation of the scores = 2 sin(pi r / 6) for Spearman's r, sin(pi t / 2) for Kendall's t (Kruskal 1958,
Ordinal measures of association, J. Am. Stat. Assoc. 53, 814-861, section 6).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.errors import ParameterError

# A pivot below this is a driver that the earlier ones determine.
_DETERMINED = 1e-10
_SYMMETRY = 1e-12
_FINE = 2.0**50


def _rounded(value: float) -> float:
    """Round to a multiple of 2^-50, so that the last bits of a library's sine do not show."""
    return round(value * _FINE) / _FINE


def spearman_to_pearson(rank: float) -> float:
    """Return the correlation of normal scores that gives Spearman's rank correlation ``rank``."""
    return _rounded(2.0 * math.sin(math.pi * rank / 6.0))


def kendall_to_pearson(tau: float) -> float:
    """Return the correlation of normal scores that gives Kendall's ``tau``."""
    return _rounded(math.sin(math.pi * tau / 2.0))


def factor(names: Sequence[str], matrix: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return the lower triangular L with L L' = ``matrix``; drivers in the order of ``names``.

    A correlation of 1 or -1 and other semi-definite matrices are accepted. Computed by Cholesky's recursion in a fixed order
    on plain floats, so that the bits are the same everywhere (LAPACK's are not).

    Raises
    ------
    ParameterError
        When the matrix is not a correlation matrix; the faults name the drivers concerned.
    """
    faults = _faults(names, matrix)
    if faults:
        raise ParameterError(faults)
    size = len(names)
    lower = [[0.0] * size for _ in range(size)]
    for j in range(size):
        pivot = 1.0
        for k in range(j):
            pivot -= lower[j][k] * lower[j][k]
        if pivot < -_DETERMINED:
            raise ParameterError([_contradiction(names[: j + 1])])
        root = math.sqrt(pivot) if pivot > _DETERMINED else 0.0
        lower[j][j] = root
        for i in range(j + 1, size):
            rest = float(matrix[i][j])
            for k in range(j):
                rest -= lower[i][k] * lower[j][k]
            if root > 0.0:
                lower[i][j] = rest / root
            elif abs(rest) > math.sqrt(_DETERMINED):
                raise ParameterError([_contradiction([*names[: j + 1], names[i]])])
    return np.array(lower, np.float64)


def _contradiction(names: Sequence[str]) -> tuple[str, str]:
    return ", ".join(names), "these correlations contradict each other (the matrix is not positive semi-definite)"


def _faults(names: Sequence[str], matrix: Sequence[Sequence[float]]) -> list[tuple[str, str]]:
    """Return everything that keeps ``matrix`` from being a matrix of correlations, as (names, rule)."""
    size = len(names)
    if len(matrix) != size or any(len(row) != size for row in matrix):
        return [(", ".join(names), f"the matrix must have {size} rows of {size} values")]
    faults = [(names[i], "the correlation of a driver with itself must be 1") for i in range(size) if matrix[i][i] != 1.0]
    for i in range(size):
        for j in range(i):
            pair = f"{names[i]}, {names[j]}"
            if not (abs(matrix[i][j]) <= 1.0 and abs(matrix[j][i]) <= 1.0):
                faults.append((pair, "a correlation must lie between -1 and 1"))
            elif abs(matrix[i][j] - matrix[j][i]) > _SYMMETRY:
                faults.append((pair, "the matrix must be symmetric"))
    return faults
