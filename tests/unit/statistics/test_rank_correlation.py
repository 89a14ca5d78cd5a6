"""rank_correlation.py against scipy, with ties and draws that failed."""

import numpy as np
import pytest
from scipy.stats import kendalltau, rankdata, spearmanr

from simengine.statistics.rank_correlation import achieved, ranks

pytestmark = [pytest.mark.unit, pytest.mark.plain]

RNG = np.random.default_rng(1)
X = RNG.normal(size=(3, 500))
X[1] += X[0]
X[2] = np.round(X[1])


def test_ranks_share_ties() -> None:
    for row in X:
        assert np.array_equal(ranks(row), rankdata(row) - 1)


def test_spearman() -> None:
    np.testing.assert_allclose(achieved(X, "rank"), spearmanr(X.T).statistic, rtol=1e-12)


def test_kendall() -> None:
    found = achieved(X, "kendall")
    assert found[0][1] == pytest.approx(kendalltau(X[0], X[1]).statistic, rel=1e-12)
    assert [found[k][k] for k in range(3)] == [1.0, 1.0, 1.0]


def test_failed_draws_are_left_out() -> None:
    broken = np.concatenate([X, np.full((3, 2), np.nan), np.full((3, 1), np.inf)], axis=1)
    assert achieved(broken, "rank") == achieved(X, "rank")


def test_a_constant_has_no_correlation() -> None:
    found = achieved(np.array([X[0], np.ones(500)]), "rank")
    assert np.isnan(found[0][1])
