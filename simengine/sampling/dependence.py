"""Dependence between drivers: rank correlations to those of a Gaussian copula, and the factor that imposes them.

The engine turns independent uniforms into normal scores, multiplies by the lower triangular factor and turns the result back.
Relations: Pearson correlation of the scores = 2 sin(pi r / 6) for Spearman's r, sin(pi t / 2) for Kendall's t (Kruskal 1958,
Ordinal measures of association, J. Am. Stat. Assoc. 53, 814-861, section 6).
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simengine.errors import ParameterError

# A pivot below this is a driver that the earlier ones determine.
_DETERMINED = 1e-10
_SYMMETRY = 1e-12
_FINE = 2.0**50
_COARSE = 2.0**36
# Points of the interpolation in the angle: its error is below that of the sums, but for 2e-6 at one degree of freedom.
_POINTS = 16


def _rounded(value: float) -> float:
    """Round to a multiple of 2^-50, so that the last bits of a library's sine do not show."""
    return round(value * _FINE) / _FINE


def spearman_to_pearson(rank: float) -> float:
    """Return the correlation of normal scores that gives Spearman's rank correlation ``rank``."""
    return _rounded(2.0 * math.sin(math.pi * rank / 6.0))


def kendall_to_pearson(tau: float) -> float:
    """Return the correlation of normal scores that gives Kendall's ``tau``."""
    return _rounded(math.sin(math.pi * tau / 2.0))


def pearson_to_spearman(rho: float) -> float:
    """Return Spearman's rank correlation of two normal scores with correlation ``rho``."""
    return 6.0 / math.pi * math.asin(0.5 * rho)


def pearson_to_kendall(rho: float) -> float:
    """Return Kendall's tau of two normal scores with correlation ``rho``; the same for every Student t copula."""
    return 2.0 / math.pi * math.asin(rho)


@cache
def _mixed_angles(df: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the products of scale ratios in Spearman's correlation of a t copula, and their weights (summing to one).

    Three independent chi-squared variables in their quantiles, each over a double exponential rule (Takahasi and Mori 1974), whose
    nodes crowd at both ends, where the ratios are not smooth.
    """
    from scipy.special import gammainccinv, gammaincinv

    x = np.linspace(-3.2, 3.2, 65)
    v = 1.0 / (1.0 + np.exp(np.pi * np.sinh(np.abs(x))))
    weight = np.pi * np.cosh(x) * v * (1.0 - v)
    weight /= weight.sum()
    chi = np.where(x < 0.0, gammaincinv(0.5 * df, v), gammainccinv(0.5 * df, v))
    ratio = np.sqrt(chi[None, :] / (chi[:, None] + chi[None, :]))
    products = ratio[:, :, None] * ratio[:, None, :]
    weights = weight[:, None, None] * weight[None, :, None] * weight[None, None, :]
    return products.ravel(), weights.ravel()


@cache
def student_t_spearman(rho: float, df: float) -> float:
    """Return Spearman's rank correlation under a t copula with correlation ``rho`` of its scores and ``df`` degrees of freedom.

    (6/pi) E[arcsin(rho sqrt(W2 W3 / ((W1 + W2)(W1 + W3))))] with W1, W2, W3 independent chi-squared: the scores of a pair are compared
    with those of two independent draws (Kruskal 1958, section 6, for a scale mixture of normals). At most 1e-7 from the exact value.
    """
    if abs(rho) == 1.0:
        return math.copysign(1.0, rho)
    products, weights = _mixed_angles(df)
    return float(6.0 / math.pi * (weights @ np.arcsin(rho * products)))


@cache
def _spearman_series(df: float) -> NDArray[np.float64]:
    """Return the Chebyshev coefficients of Spearman's correlation in the angle arcsin(rho) over pi/2, an odd and smooth function."""
    points = np.cos(np.pi * (np.arange(_POINTS) + 0.5) / (2 * _POINTS))
    values = [student_t_spearman(math.sin(0.5 * math.pi * x), df) for x in points.tolist()]
    degrees = 2 * np.arange(_POINTS) + 1
    return np.asarray(2.0 / _POINTS * (np.cos(np.outer(degrees, np.arccos(points))) @ np.array(values)), np.float64)


@cache
def spearman_to_student_t(rank: float, df: float) -> float:
    """Return the correlation of the scores of a t copula that gives Spearman's rank correlation ``rank``."""
    if rank == 0.0 or abs(rank) == 1.0:
        return rank
    from scipy.optimize import brentq

    series, degrees = _spearman_series(df), 2 * np.arange(_POINTS) + 1
    # a series at one angle costs nothing beside the threefold sum that it stands for
    angle = brentq(lambda x: float(series @ np.cos(degrees * math.acos(x))) - abs(rank), 0.0, 1.0, xtol=1e-14)
    found = math.sin(0.5 * math.pi * angle)
    # coarser than for a Gaussian copula: what is rounded away are the bits of a library's special functions
    return math.copysign(round(found * _COARSE) / _COARSE, rank)


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
