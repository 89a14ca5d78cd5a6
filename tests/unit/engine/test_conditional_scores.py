"""Correlated scores given some of them, against the formulae for the conditional normal distribution, set by set."""

from itertools import product

import numpy as np
import pytest

from simengine.engine.conditional_scores import scores_given

pytestmark = pytest.mark.unit


def matrix_of(size, seed, columns=None):
    """A correlation matrix; with fewer ``columns`` than drivers it is singular."""
    root = np.random.default_rng(seed).standard_normal((size, columns or size + 1))
    covariance = root @ root.T
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)


def call(matrix, given, known, fresh):
    size = len(matrix)
    out = np.full((2 * size + 1, given.shape[1]), 7.0)
    scores_given(out, matrix, given.astype(np.float64), known, fresh, np.empty((size + 1, size)), np.empty(size, dtype=np.int64))
    return out[:size], out[size:-1], out[-1]


@pytest.mark.plain
def test_every_set_of_four_drivers():
    """Mean R_ns R_ss⁻¹ z_s, covariance R_nn − R_ns R_ss⁻¹ R_sn: its Cholesky factor times what is drawn; distance z_s' R_ss⁻¹ z_s."""
    matrix, rng = matrix_of(4, 3), np.random.default_rng(1)
    given = np.array(list(product([False, True], repeat=4))).T
    known, fresh = rng.standard_normal((2, 4, 16))
    mean, left, distance = call(matrix, given, known, fresh)
    for p, members in enumerate(given.T):
        others = ~members
        assert (mean[members, p] == 7.0).all()
        weights = np.linalg.solve(matrix[np.ix_(members, members)], matrix[np.ix_(members, others)]).T
        np.testing.assert_allclose(mean[others, p], weights @ known[members, p], atol=1e-12)
        covariance = matrix[np.ix_(others, others)] - weights @ matrix[np.ix_(members, others)]
        np.testing.assert_allclose(left[others, p], np.linalg.cholesky(covariance) @ fresh[others, p], atol=1e-12)
        solved = np.linalg.solve(matrix[np.ix_(members, members)], known[members, p])
        np.testing.assert_allclose(distance[p], known[members, p] @ solved, atol=1e-12)


@pytest.mark.plain
def test_a_driver_that_is_a_combination_of_others_is_known_with_them():
    """Three drivers of rank two: any two give the third, whichever they are, and nothing is left to draw."""
    matrix, rng = matrix_of(3, 5, columns=2), np.random.default_rng(2)
    root = np.linalg.eigh(matrix)
    scores = root.eigenvectors[:, 1:] * np.sqrt(root.eigenvalues[1:]) @ rng.standard_normal((2, 3))
    given = ~np.eye(3, dtype=bool)
    mean, left, _ = call(matrix, given, scores, rng.standard_normal((3, 3)))
    for k in range(3):
        assert left[k, k] == 0.0
        assert mean[k, k] == pytest.approx(scores[k, k], abs=1e-9)
    everything, _, _ = call(matrix, np.array([[True], [True], [False]]), scores[:, 2:], np.zeros((3, 1)))
    assert np.isfinite(everything).all()


def test_hybrids_keep_the_joint_distribution():
    """Known scores of their own distribution, and others given these: again that distribution, whichever are known at each point."""
    matrix, rng, points = matrix_of(5, 7), np.random.default_rng(3), 60_000
    known = np.linalg.cholesky(matrix) @ rng.standard_normal((5, points))
    given = rng.random((5, points)) < 0.5
    mean, left, _ = call(matrix, given, known, rng.standard_normal((5, points)))
    hybrid = np.where(given, known, mean + left)
    # a correlation of n normals has a standard error of at most 1/√n
    np.testing.assert_allclose(hybrid @ hybrid.T / points, matrix, atol=4.5 * np.sqrt(2.0 / points))
    # the control: known and fresh scores side by side
    beside = np.where(given, known, np.linalg.cholesky(matrix) @ rng.standard_normal((5, points)))
    assert np.abs(beside @ beside.T / points - matrix).max() > 0.1
