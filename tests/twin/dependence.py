"""Correlation groups: the matrix of the scores for what is asked of the ranks, from definitions (docs/study-file.md, Correlation).

Gaussian copula: 2 sin(pi r / 6) for Spearman's r, sin(pi t / 2) for Kendall's t; the latter holds for Student's t as well. Spearman's r
of a t copula is 12 E[T(X) T(Y)] - 3 with (X, Y) bivariate t, here by quadrature over X and over Y given X.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import brentq, root
from scipy.special import stdtr, stdtrit

from .laws import Row


def full_name(tree: dict, name: str) -> str:
    """The full name of a driver of a group."""
    return "drivers." + name if name in tree.get("drivers", {}) else name


def members(tree: dict, group: dict) -> list[str]:
    """The drivers of a group: those listed, else those of the pairs in order of appearance."""
    named = group.get("drivers") or [name for pair in group["pairs"] for name in pair[:2]]
    return list(dict.fromkeys(full_name(tree, name) for name in named))


def stream_of(tree: dict, group: dict) -> str:
    """The stream of a t copula's common factor."""
    return "correlation." + group.get("name", "+".join(members(tree, group)))


def asked(tree: dict, group: dict) -> tuple[str, Row]:
    """What is measured, and the value of every pair."""
    names = members(tree, group)
    matrix = np.eye(len(names))
    if "pairs" in group:
        for first, second, value in group["pairs"]:
            i, j = names.index(full_name(tree, first)), names.index(full_name(tree, second))
            matrix[i, j] = matrix[j, i] = value
        return group.get("measure", "rank"), matrix
    measure = "rank" if "rank" in group else "kendall"
    given = group[measure]
    return measure, np.array(given, float) if isinstance(given, list) else np.where(matrix == 1.0, 1.0, given)


@cache
def grid() -> tuple[Row, Row, Row]:
    """Tanh-sinh nodes of the interval from 0 to 1, the distances from 1, and their weights."""
    s = np.linspace(-3.4, 3.4, 103)
    tail = 1 / (1 + np.exp(math.pi * np.sinh(np.abs(s))))
    weight = np.cosh(s) * tail * (1 - tail)
    return np.where(s < 0, tail, 1 - tail), np.where(s < 0, 1 - tail, tail), weight / weight.sum()


def t_spearman(rho: float, df: float) -> float:
    """Spearman's rank correlation under a t copula.

    Far out in X its partner's T(Y) is nearly a step: each side of the step is integrated by itself.
    """
    u, rest, weight = grid()
    x = np.where(u < rest, stdtrit(df, u), -stdtrit(df, rest))[:, None]
    spread = np.sqrt((df + x**2) * (1 - rho**2) / (df + 1))
    step = -rho * x / spread
    below, above = stdtr(df + 1, step), stdtr(df + 1, -step)
    # From the step down, and from the step up, both counted from their own tail.
    down, up = stdtrit(df + 1, below * u), -stdtrit(df + 1, above * u)
    mean = below * stdtr(df, rho * x + spread * down) @ weight[:, None] + above * stdtr(df, rho * x + spread * up) @ weight[:, None]
    return 12 * math.fsum((weight * (u - 0.5) * (mean[:, 0] - 0.5)).tolist())


@cache
def t_score(rank: float, df: float) -> float:
    """The correlation of the scores of a t copula that gives a rank correlation."""
    if rank in (0.0, 1.0, -1.0):
        return rank
    return brentq(lambda rho: t_spearman(rho, df) - rank, -1.0 + 1e-12, 1.0 - 1e-12, xtol=1e-14)


def score_matrix(tree: dict, group: dict) -> Row:
    """The correlations of the scores before any repair."""
    measure, ranks = asked(tree, group)
    if measure == "kendall":
        found = np.sin(math.pi / 2 * ranks)
    elif group.get("copula", "gaussian") == "student_t":
        found = np.array([[t_score(float(value), float(group["df"])) for value in row] for row in ranks])
    else:
        found = 2 * np.sin(math.pi / 6 * ranks)
    np.fill_diagonal(found, 1.0)
    return found


def nearest(matrix: Row) -> Row:
    """The nearest correlation matrix, from its dual: the shift of the diagonal that leaves ones there (Qi and Sun 2006)."""

    def part(shift: Row) -> Row:
        values, vectors = np.linalg.eigh(matrix + np.diag(shift))
        return (vectors * np.maximum(values, 0.0)) @ vectors.T

    found = root(lambda shift: np.diag(part(shift)) - 1.0, np.zeros(len(matrix)), tol=1e-13)
    return part(found.x)


def is_possible(matrix: Row) -> bool:
    """Whether no eigenvalue is below zero."""
    return bool(np.linalg.eigvalsh(matrix)[0] >= -1e-9)


def matrix_of(tree: dict, group: dict) -> Row:
    """The correlations of the scores in use."""
    found = score_matrix(tree, group)
    return found if is_possible(found) else nearest(found)


def factor(matrix: Any) -> Row:
    """The lower triangular L with L L' = matrix: from its root by an orthogonal transformation, so that it may be semi-definite."""
    values, vectors = np.linalg.eigh(np.asarray(matrix, float))
    values = np.where(values < 1e-11, 0.0, values)
    upper = np.linalg.qr((vectors * np.sqrt(values)).T, mode="r")
    return (upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]).T
