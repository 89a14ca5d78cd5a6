"""correlation_repair.py: who contradicts whom, and the nearest matrix that holds."""

import numpy as np
import pytest

from simengine.sampling.correlation_repair import is_positive_semidefinite, offenders, repaired
from simengine.sampling.dependence import factor

pytestmark = [pytest.mark.unit, pytest.mark.plain]

TRIANGLE = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]


def beside(*matrices: list[list[float]]) -> np.ndarray:
    """Blocks on a diagonal, with 0.1 between them."""
    size = sum(len(matrix) for matrix in matrices)
    whole, at = np.full((size, size), 0.1), 0
    for matrix in matrices:
        whole[at : at + len(matrix), at : at + len(matrix)] = matrix
        at += len(matrix)
    np.fill_diagonal(whole, 1.0)
    return whole


def test_a_sound_matrix_has_no_offenders_and_stays() -> None:
    sound = [[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]
    assert offenders("abc", sound) == ()
    assert np.array_equal(repaired(sound), sound)
    singular = [[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]]
    assert offenders("abc", singular) == ()


def test_only_those_who_contradict_are_named() -> None:
    assert offenders("abcde", beside([[1, 0.2], [0.2, 1]], TRIANGLE)) == ("c", "d", "e")
    assert offenders("abcde", beside(TRIANGLE, [[1, 0.2], [0.2, 1]])) == ("a", "b", "c")


def test_without_any_one_of_them_the_rest_holds() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        values = rng.uniform(-0.9, 0.9, (6, 6))
        matrix = np.triu(values, 1) + np.triu(values, 1).T + np.eye(6)
        named = [int(name) for name in offenders("012345", matrix)]
        if named:
            assert not is_positive_semidefinite(matrix[np.ix_(named, named)])
            for name in named:
                fewer = [other for other in named if other != name]
                assert is_positive_semidefinite(matrix[np.ix_(fewer, fewer)])


def test_published_example() -> None:
    """Higham 2002, section 4: the tridiagonal matrix of ones; distance 0.5278 in the Frobenius norm."""
    asked = [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    wanted = [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]
    found = repaired(asked)
    np.testing.assert_allclose(found, wanted, atol=5.1e-5)
    assert np.linalg.norm(found - asked) == pytest.approx(0.5278, abs=5e-5)


@pytest.mark.parametrize("size", [3, 8, 25])
def test_what_is_repaired_is_a_correlation_matrix(size: int) -> None:
    values = np.random.default_rng(size).uniform(-1, 1, (size, size))
    asked = np.triu(values, 1) + np.triu(values, 1).T + np.eye(size)
    found = repaired(asked)
    assert np.all(np.diag(found) == 1.0)
    assert np.array_equal(found, found.T)
    assert np.linalg.eigvalsh(found)[0] > 0.0
    names = [f"d{k}" for k in range(size)]
    lower = factor(names, found.tolist())
    np.testing.assert_allclose(lower @ lower.T, found, atol=1e-9)
    # nearer than the clipped spectrum, the usual shortcut
    spectrum, vectors = np.linalg.eigh(asked)
    clipped = (vectors * np.maximum(spectrum, 0)) @ vectors.T
    scale = np.sqrt(np.diag(clipped))
    assert np.linalg.norm(found - asked) <= np.linalg.norm(clipped / np.outer(scale, scale) - asked) + 1e-6


def test_a_repair_is_not_repaired_again() -> None:
    once = repaired(TRIANGLE)
    assert np.array_equal(repaired(once), once)
