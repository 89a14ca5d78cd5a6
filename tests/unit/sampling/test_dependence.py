"""dependence.py: conversions, the factor, and every error text."""

import numpy as np
import pytest

from simengine.errors import ParameterError
from simengine.sampling.dependence import (
    factor,
    kendall_to_pearson,
    pearson_to_kendall,
    pearson_to_spearman,
    spearman_to_pearson,
    spearman_to_student_t,
    student_t_spearman,
)

pytestmark = [pytest.mark.unit, pytest.mark.plain]


@pytest.mark.parametrize("r", [-1.0, -0.4, 0.0, 0.5, 1.0])
def test_conversions(r: float) -> None:
    assert spearman_to_pearson(r) == pytest.approx(2 * np.sin(np.pi * r / 6), abs=2**-50)
    assert kendall_to_pearson(r) == pytest.approx(np.sin(np.pi * r / 2), abs=2**-50)


def test_ends_convert_exactly() -> None:
    assert [spearman_to_pearson(r) for r in (-1.0, 0.0, 1.0)] == [-1.0, 0.0, 1.0]
    assert [kendall_to_pearson(r) for r in (-1.0, 0.0, 1.0)] == [-1.0, 0.0, 1.0]


def test_factor_reproduces_the_matrix() -> None:
    matrix = np.corrcoef(np.random.default_rng(1).normal(size=(6, 30)))
    np.fill_diagonal(matrix, 1.0)
    matrix = (matrix + matrix.T) / 2
    lower = factor(list("abcdef"), matrix.tolist())
    np.testing.assert_allclose(lower @ lower.T, matrix, atol=1e-14)
    np.testing.assert_allclose(lower, np.linalg.cholesky(matrix), atol=1e-13)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_perfect_correlation_is_accepted(sign: float) -> None:
    lower = factor(["a", "b", "c"], [[1, sign, 0.5], [sign, 1, 0.5 * sign], [0.5, 0.5 * sign, 1]])
    assert lower[1].tolist() == [sign, 0.0, 0.0]
    np.testing.assert_allclose(lower[2], [0.5, 0.0, np.sqrt(0.75)], rtol=1e-15)


def test_contradiction_names_the_drivers() -> None:
    with pytest.raises(ParameterError, match="these correlations contradict each other") as caught:
        factor(["a", "b", "c", "d"], [[1, 0.9, -0.9, 0], [0.9, 1, 0.9, 0], [-0.9, 0.9, 1, 0], [0, 0, 0, 1]])
    assert caught.value.faults[0][0] == "a, b, c"


def test_contradiction_beside_a_perfect_correlation() -> None:
    with pytest.raises(ParameterError, match="a, b, c: these correlations contradict each other"):
        factor(["a", "b", "c"], [[1, 1, 0.5], [1, 1, 0.2], [0.5, 0.2, 1]])


def test_all_faults_are_reported() -> None:
    with pytest.raises(ParameterError) as caught:
        factor(["a", "b", "c"], [[0.9, 0.1, 2], [0.2, 1, 0], [2, 0, 1]])
    assert caught.value.faults == (
        ("a", "the correlation of a driver with itself must be 1"),
        ("b, a", "the matrix must be symmetric"),
        ("c, a", "a correlation must lie between -1 and 1"),
    )


def test_not_a_number_is_no_correlation() -> None:
    with pytest.raises(ParameterError, match="b, a: a correlation must lie between -1 and 1"):
        factor(["a", "b"], [[1, float("nan")], [float("nan"), 1]])


def test_wrong_shape() -> None:
    with pytest.raises(ParameterError, match="a, b: the matrix must have 2 rows of 2 values"):
        factor(["a", "b"], [[1, 0.5]])


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5, 1.0])
def test_back_from_scores(rho: float) -> None:
    assert spearman_to_pearson(pearson_to_spearman(rho)) == pytest.approx(rho, abs=1e-14)
    assert kendall_to_pearson(pearson_to_kendall(rho)) == pytest.approx(rho, abs=1e-14)


@pytest.mark.parametrize("df", [1.0, 2.0, 5.0, 30.0])
@pytest.mark.parametrize("rho", [-0.95, 0.3, 0.8])
def test_spearman_of_a_t_copula(rho: float, df: float) -> None:
    """Against the same expectation by another rule: a fixed scrambled Sobol' set of chi-squared values."""
    from scipy.stats import chi2
    from scipy.stats.qmc import Sobol

    w = chi2.ppf(Sobol(3, seed=7).random_base2(17), df)
    ratio = np.sqrt(w[:, 1] * w[:, 2] / ((w[:, 0] + w[:, 1]) * (w[:, 0] + w[:, 2])))
    wanted = 6 / np.pi * np.arcsin(rho * ratio).mean()
    assert student_t_spearman(rho, df) == pytest.approx(wanted, abs=3e-5)


def test_spearman_of_a_t_copula_has_the_gaussian_one_for_its_limit() -> None:
    for rho in (-0.9, 0.4, 0.7):
        assert student_t_spearman(rho, 1e6) == pytest.approx(pearson_to_spearman(rho), abs=1e-6)


@pytest.mark.parametrize("rank", [-1.0, -0.6, 0.0, 0.25, 0.9, 1.0])
def test_asked_rank_correlation_of_a_t_copula(rank: float) -> None:
    assert student_t_spearman(spearman_to_student_t(rank, 3.0), 3.0) == pytest.approx(rank, abs=1e-9)
