"""Checks of the twin's own laws, paths and copulas by definitions and by cases computed by hand."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from .dependence import factor, matrix_of, nearest, t_spearman
from .law_of import law_of
from .laws import integrated_mean
from .paths import carried, means, summed
from .random_families import Range, makers

MAKERS = makers(Range(0.0, 12.0, hard=False, zero=True, count=True))
U = np.array([1e-6, 0.001, 0.02, 0.1003, 0.3001, 0.4987, 0.6999, 0.9, 0.98, 0.999, 1 - 1e-6])


@pytest.mark.parametrize("maker", dict.fromkeys(MAKERS), ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("seed", range(10))
def test_quantile_and_distribution_function_belong_together(maker: object, seed: int) -> None:
    where = Range(0.0, 12.0, hard=seed % 2 == 0, zero=True, count=True)
    spec = maker(random.Random(seed), where)  # type: ignore[operator]
    law = law_of(spec)
    x, y = law.quantile(U), law.isf(1 - U)
    assert np.all(np.diff(x) >= 0)
    assert np.allclose(x, y, rtol=1e-8, atol=1e-12)
    # A value itself is only known to its last digit, which may be much in u: on one side and the other of it.
    slack, step = 1e-12 + 1e-9 * np.minimum(U, 1 - U), 1e-12 + 1e-9 * np.abs(x)
    assert np.all(law.cdf(x + step) >= U - slack)
    assert np.all(law.below(x - step) <= U + slack)
    assert np.allclose(law.cdf(x) + law.sf(x), 1.0, rtol=0, atol=1e-12)
    if spec.get("df", 9) > 2:
        middle = (np.arange(4000) + 0.5) / 4000
        assert law.mean() == pytest.approx(float(law.at(middle, 1 - middle).mean()), rel=0.02)
        if not law.is_discrete and law.high < math.inf:
            assert law.mean() == pytest.approx(integrated_mean(law), rel=1e-6)


def test_percentiles_go_through_what_is_given() -> None:
    law = law_of({"dist": "percentiles", "p10": 0.03, "p2_5": 0.01, "p90": 0.25, "mean": 0.12, "min": 0.0, "max": 1.0})
    assert law.quantile(np.array([0.025, 0.1, 0.9])) == pytest.approx([0.01, 0.03, 0.25], rel=1e-12)
    assert law.mean() == pytest.approx(0.12, rel=1e-12)
    assert integrated_mean(law) == pytest.approx(0.12, rel=1e-10)


def test_paths_by_hand() -> None:
    fresh = np.array([[1.0], [0.5], [-1.0]])
    assert carried({"rho": [0.9, 0.6, 0.8]}, fresh)[:, 0] == pytest.approx([1.0, 1.0, 0.8 - 0.6])
    started = {"dist": "normal", "mean": 1.0, "sd": 2.0, "rho": 0.6, "start": 5.0}
    assert carried(started, fresh)[:, 0] == pytest.approx([2.0, 1.6, 0.96 - 0.8])
    assert means({**started, "path": "ar1"}, 3) == pytest.approx([1 + 4 * 0.6, 1 + 4 * 0.36, 1 + 4 * 0.216], rel=1e-12)
    steps = np.array([[1.0], [2.0], [-4.0]])
    assert summed({"path": "random_walk", "start": 10.0}, steps)[:, 0] == pytest.approx([11.0, 13.0, 9.0])
    assert summed({"path": "random_walk"}, steps)[:, 0] == pytest.approx([1.0, 3.0, -1.0])
    reverting = {"path": "mean_reversion", "level": [2.0, 4.0, 4.0], "speed": [0.5, 0.5, 1.0]}
    assert summed(reverting, steps)[:, 0] == pytest.approx([3.0, 5.5, 0.0])
    assert summed({**reverting, "start": 0.0}, steps)[:, 0] == pytest.approx([2.0, 5.0, 0.0])


def test_the_rank_correlation_of_a_t_copula() -> None:
    assert t_spearman(0.5, 1e6) == pytest.approx(6 / math.pi * math.asin(0.25), abs=1e-6)
    assert t_spearman(0.0, 3.0) == pytest.approx(0.0, abs=1e-14)
    assert -t_spearman(-0.7, 2.0) == pytest.approx(t_spearman(0.7, 2.0), abs=1e-12)
    rng = np.random.default_rng(1)
    z = rng.standard_normal((2, 400000))
    t = np.array([z[0], 0.7 * z[0] + math.sqrt(0.51) * z[1]]) / np.sqrt(rng.chisquare(2.0, 400000) / 2.0)
    ranks = t.argsort(axis=1).argsort(axis=1)
    assert t_spearman(0.7, 2.0) == pytest.approx(np.corrcoef(ranks)[0, 1], abs=0.004)


def test_the_nearest_correlation_matrix_of_higham() -> None:
    """Higham 2002, the example of section 4: 0.7607 and 0.1573."""
    found = nearest(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]))
    assert found == pytest.approx(np.array([[1.0, 0.76069, 0.15730], [0.76069, 1.0, 0.76069], [0.15730, 0.76069, 1.0]]), abs=1e-5)
    assert np.linalg.eigvalsh(found)[0] == pytest.approx(0.0, abs=1e-12)


def test_factors_of_definite_and_singular_matrices() -> None:
    matrix = np.array([[1.0, 0.3, -0.2], [0.3, 1.0, 0.4], [-0.2, 0.4, 1.0]])
    assert factor(matrix) == pytest.approx(np.linalg.cholesky(matrix), abs=1e-14)
    assert factor([[1.0, -1.0], [-1.0, 1.0]]) == pytest.approx(np.array([[1.0, 0.0], [-1.0, 0.0]]), abs=1e-14)
    tree = {"drivers": {"a": 1, "b": 2, "c": 3}}
    pairs = [["a", "b", 0.5], ["c", "a", -0.2]]
    assert matrix_of(tree, {"pairs": pairs, "measure": "kendall"}) == pytest.approx(
        np.array([[1.0, math.sqrt(0.5), math.sin(-0.1 * math.pi)], [math.sqrt(0.5), 1.0, 0.0], [math.sin(-0.1 * math.pi), 0.0, 1.0]])
    )
