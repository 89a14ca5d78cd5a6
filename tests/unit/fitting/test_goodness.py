"""Goodness of fit: p-values are uniform when the family is the true one, small when it is not, and the same for the same seed."""

import numpy as np
import pytest
from scipy import stats

from simengine.fitting.fit import Options, candidate_of, fit
from simengine.fitting.goodness import cell_edges, chi_square, goodness
from tests.unit.fitting.samples import TRUTH, sample

pytestmark = pytest.mark.unit

WRONG = [
    ("normal", "lognormal"),
    ("gamma", "lognormal"),
    ("uniform", "beta"),
    ("triangular", "uniform"),
    ("weibull", "lognormal"),
    ("lognormal", "gamma"),
    ("student_t", "gamma"),
    ("weibull", "beta"),
    ("poisson", "negative_binomial"),
]


def p_value(family, x, resamples=99, **options):
    return fit(x, Options(families=(family,), resamples=resamples, **options)).fitted[0].p_value


@pytest.mark.parametrize("family", TRUTH)
def test_p_values_are_uniform_under_the_true_family(family):
    # 60 samples: Kolmogorov-Smirnov at 0.1 %, so that one run of this file in a hundred would fail by chance
    # (a sample of 60 from a t is now and then no wider than a normal's, and not fitted)
    size = 300 if family == "student_t" else 60
    found = [p_value(family, sample(family, size, seed), 49, seed=seed) for seed in range(60)]
    jittered = np.array(found) - np.random.default_rng(0).uniform(0.0, 0.02, len(found))
    assert stats.kstest(jittered, "uniform").pvalue > 0.001
    assert np.mean(np.array(found) <= 0.1) < 0.27


@pytest.mark.parametrize(("family", "truth"), WRONG)
def test_a_wrong_family_is_rejected(family, truth):
    assert p_value(family, sample(truth, 3000)) == 0.01


def test_known_parameters_would_have_been_accepted():
    """Why a bootstrap: as if the parameters had not been fitted, a hundred normal samples are hardly ever doubted."""
    naive, honest = [], []
    for seed in range(40):
        x = sample("normal", 60, seed)
        naive.append(stats.kstest(x, "norm", args=(x.mean(), x.std())).pvalue)
        honest.append(p_value("normal", x, 49))
    assert np.mean(naive) > 0.7
    assert 0.35 < np.mean(honest) < 0.65


def test_same_seed_same_p_value():
    x = sample("gamma", 200)
    assert p_value("gamma", x) == p_value("gamma", x)
    assert p_value("gamma", x, seed=2) != pytest.approx(p_value("gamma", x), abs=1e-12) or p_value("gamma", x) == 0.01


def test_anderson_darling_is_that_of_scipy():
    x = sample("normal", 80)
    candidate = candidate_of("normal", Options())
    theta = candidate.estimate(x[None, :], None)[0]
    found = goodness(candidate, theta, x, 1, 19)
    theirs = stats.goodness_of_fit(stats.norm, x, known_params={"loc": theta[0], "scale": theta[1]}, statistic="ad", n_mc_samples=9)
    assert found.name == "anderson_darling"
    assert found.statistic == pytest.approx(float(theirs.statistic), rel=1e-9)


def test_p_value_is_near_that_of_scipys_bootstrap():
    x = stats.gumbel_r.rvs(3.0, 1.0, size=60, random_state=4)
    candidate = candidate_of("normal", Options())
    found = goodness(candidate, candidate.estimate(x[None, :], None)[0], x, 1, 1999).p_value
    theirs = stats.goodness_of_fit(stats.norm, x, statistic="ad", n_mc_samples=1999, rng=np.random.default_rng(1)).pvalue
    assert found == pytest.approx(theirs, abs=0.03)


def test_cells_hold_at_least_five_and_are_at_most_twenty():
    for n in (30, 200, 5000):
        x = sample("poisson", n)
        candidate = candidate_of("poisson", Options())
        theta = candidate.estimate(x[None, :], None)[0]
        edges = cell_edges(candidate, theta, float(x.max()), n)
        expected = n * np.diff(stats.poisson(theta[0]).cdf([-1.0, *edges, np.inf]))
        assert expected.min() >= 5.0
        assert 2 <= expected.size <= 20
        seen = np.histogram(x, [-1.0, *(edges + 0.5), np.inf])[0]
        assert chi_square(candidate, theta[None, :], x[None, :], edges)[0] == pytest.approx(np.sum((seen - expected) ** 2 / expected))


def test_counts_that_fill_too_few_cells_are_not_tested():
    row = fit([0.0] * 40 + [1.0], Options(families=("poisson",), resamples=19)).fitted[0]
    assert np.isnan(row.p_value)
    assert row.verdict == "best, fit not tested"


def test_a_hundred_thousand_values_take_no_longer_than_seconds():
    import time

    x = np.random.default_rng(1).gamma(2.3, 1.9, 100_000)
    fit(x[:100])
    began = time.perf_counter()
    result = fit(x)
    assert time.perf_counter() - began < 20.0
    assert result.fitted[0].family == "gamma"
    assert result.fitted[0].p_value > 0.01


def test_notes():
    assert any("counts" in note for note in fit(sample("poisson", 100), Options(resamples=19)).notes)
    rounded = np.round(sample("normal", 200), 1)
    assert any("repeat another" in note for note in fit(rounded, Options(resamples=19)).notes)
    two = np.concatenate([sample("normal", 500), 100.0 + sample("normal", 500)])
    assert any("the data reject every family" in note for note in fit(two, Options(families=("normal", "uniform"))).notes)
    mixed = fit(sample("poisson", 100), Options(families=("poisson", "gamma", "normal"), resamples=19))
    assert any("densities" in note for note in mixed.notes)
    assert any("few" in note or "poorly" in note for note in fit(sample("normal", 10), Options(resamples=19)).notes)
