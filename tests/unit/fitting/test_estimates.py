"""Maximum likelihood: the estimates are SciPy's where it has them, near the truth where the truth is known, and bounded."""

import numpy as np
import pytest
from scipy import stats

from simengine.distributions import FAMILIES, build
from simengine.errors import DataError
from simengine.fitting.candidate import Ends
from simengine.fitting.fit import COUNT_FAMILIES, Options, candidate_of, fit, verdict
from simengine.fitting.newton import maximise
from tests.unit.fitting.samples import TRUTH, sample

pytestmark = pytest.mark.unit

FEW = 19


def fit_one(family, x, **options):
    return fit(x, Options(families=(family,), resamples=FEW, **options))


@pytest.mark.parametrize("family", TRUTH)
def test_true_parameters_are_within_four_standard_errors(family):
    row = fit_one(family, sample(family, 4000)).fitted[0]
    truth = TRUTH[family][1]
    assert set(row.standard_errors) == set(truth)
    for name, value in truth.items():
        # the estimates of uniform ends are always inside: by one mean gap, an exponential
        assert abs(row.parameters[name] - value) < (4.0 if family != "uniform" else 8.0) * row.standard_errors[name], name


@pytest.mark.parametrize("family", TRUTH)
def test_standard_errors_are_the_spread_of_estimates_over_samples(family):
    candidate = candidate_of(family, Options())
    estimates = candidate.estimate(np.stack([sample(family, 400, seed) for seed in range(200)]), None)
    spread = 0.5 * np.diff(np.quantile(estimates, (0.158655, 0.841345), axis=0), axis=0)[0]
    row = fit(sample(family, 400), Options(families=(family,), resamples=199)).fitted[0]
    for name, expected in zip(candidate.names, spread, strict=True):
        assert row.standard_errors[name] == pytest.approx(expected, rel=0.5), name


@pytest.mark.parametrize("family", TRUTH)
def test_aic_finds_the_true_family_in_a_large_sample(family):
    result = fit(sample(family, 4000), Options(resamples=FEW))
    assert result.kind == ("counts" if family in COUNT_FAMILIES else "continuous")
    within = [row.family for row in result.fitted if row.aic - result.fitted[0].aic < 2.0]
    assert family in within
    assert sum(row.weight for row in result.fitted) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("family", "scipy_fit"),
    [
        ("gamma", lambda x: {"shape": (found := stats.gamma.fit(x, floc=0.0))[0], "scale": found[2]}),
        ("weibull", lambda x: {"shape": (found := stats.weibull_min.fit(x, floc=0.0))[0], "scale": found[2]}),
        ("beta", lambda x: dict(zip(("alpha", "beta"), stats.beta.fit(x, floc=0.0, fscale=1.0)[:2], strict=True))),
        ("lognormal", lambda x: {"sigma": (found := stats.lognorm.fit(x, floc=0.0))[0], "mu": np.log(found[2])}),
        ("normal", lambda x: dict(zip(("mean", "sd"), stats.norm.fit(x), strict=True))),
    ],
)
def test_estimates_are_those_of_scipy(family, scipy_fit):
    x = sample(family, 500)
    row = fit_one(family, x).fitted[0]
    for name, value in scipy_fit(x).items():
        assert row.parameters[name] == pytest.approx(value, rel=2e-5), name


SCIPY = {
    "normal": lambda p: stats.norm(p["mean"], p["sd"]),
    "lognormal": lambda p: stats.lognorm(p["sigma"], scale=np.exp(p["mu"])),
    "uniform": lambda p: stats.uniform(p["min"], p["max"] - p["min"]),
    "triangular": lambda p: stats.triang((p["mode"] - p["min"]) / (p["max"] - p["min"]), p["min"], p["max"] - p["min"]),
    "beta": lambda p: stats.beta(p["alpha"], p["beta"], p["min"], p["max"] - p["min"]),
    "gamma": lambda p: stats.gamma(p["shape"], scale=p["scale"]),
    "weibull": lambda p: stats.weibull_min(p["shape"], scale=p["scale"]),
    "student_t": lambda p: stats.t(p["df"], p["location"], p["scale"]),
    "poisson": lambda p: stats.poisson(p["mean"]),
    "negative_binomial": lambda p: stats.nbinom(p["size"], p["size"] / (p["size"] + p["mean"])),
}


@pytest.mark.parametrize("family", TRUTH)
def test_likelihood_tails_and_draws_are_those_of_scipy(family):
    x = sample(family, 200)
    candidate = candidate_of(family, Options())
    theta = candidate.estimate(x[None, :], None)
    theirs = SCIPY[family](candidate.parameters(theta[0]))
    density = theirs.logpmf(x) if candidate.is_count else theirs.logpdf(x)
    assert candidate.log_likelihood(theta[0], x) == pytest.approx(float(np.sum(density)), rel=1e-9)
    below, above = candidate.tails(theta, np.sort(x)[None, 1:-1])
    np.testing.assert_allclose(below[0], theirs.logcdf(np.sort(x)[1:-1]), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(above[0], theirs.logsf(np.sort(x)[1:-1]), rtol=1e-9, atol=1e-12)
    u = np.linspace(0.001, 0.999, 500)
    np.testing.assert_allclose(candidate.draw(theta[0], u), theirs.ppf(u), rtol=1e-9)


@pytest.mark.parametrize("family", ["beta", "triangular", "student_t", "weibull", "gamma"])
def test_no_neighbour_is_likelier(family):
    x = sample(family, 300)
    options = Options(free_ends=family == "beta")
    candidate = candidate_of(family, options)
    theta = candidate.estimate(x[None, :], None)[0]
    best = candidate.log_likelihood(theta, x)
    for i in range(theta.size):
        for step in (-1e-3, 1e-3):
            other = theta.copy()
            other[i] += step * (x.std() if candidate.limits[i][0] == -np.inf else theta[i])
            assert not candidate.log_likelihood(other, x) > best + 1e-9, candidate.names[i]


def test_estimates_follow_the_unit_of_the_data():
    for family in ("normal", "gamma", "weibull", "student_t", "triangular", "lognormal"):
        x = sample(family, 300)
        one, other = (fit_one(family, scale * x).fitted[0] for scale in (1.0, 1e6))
        n = x.size
        assert other.log_likelihood == pytest.approx(one.log_likelihood - n * np.log(1e6), rel=1e-6), family
        assert other.p_value == pytest.approx(one.p_value, abs=0.11), family


def test_stated_ends_of_beta_uniform_and_triangular_are_not_estimated():
    x = 10.0 + 5.0 * sample("beta", 1000)
    for family in ("beta", "uniform", "triangular"):
        row = fit_one(family, x, ends=Ends(10.0, 15.0)).fitted[0]
        assert (row.parameters["min"], row.parameters["max"]) == (10.0, 15.0)
        assert not {"min", "max"} & set(row.standard_errors)
    with_one = fit_one("triangular", x, ends=Ends(low=10.0)).fitted[0]
    assert set(with_one.standard_errors) == {"mode", "max"}


def test_free_ends_of_a_beta():
    x = 10.0 + 3.0 * sample("beta", 4000)
    row = fit_one("beta", x, free_ends=True).fitted[0]
    assert set(row.standard_errors) == {"alpha", "beta", "min", "max"}
    for name, value in {"alpha": 2.0, "beta": 5.0, "min": 10.0, "max": 13.0}.items():
        assert abs(row.parameters[name] - value) < 4.0 * row.standard_errors[name], name
    found = fit_one("beta", np.random.default_rng(1).beta(0.5, 0.5, 500), free_ends=True)
    assert "highest at an end" in found.refused[0].reason


@pytest.mark.parametrize("family", ["normal", "gamma", "lognormal", "weibull"])
def test_truncated_families_know_their_ends(family):
    x = sample(family, 20_000)
    low, high = np.quantile(x, (0.15, 0.9))
    inside = x[(x > low) & (x < high)]
    row = fit_one(family, inside, ends=Ends(low, high), truncate=True).fitted[0]
    assert (row.parameters["lower"], row.parameters["upper"]) == (low, high)
    for name, value in TRUTH[family][1].items():
        assert abs(row.parameters[name] - value) < 4.0 * row.standard_errors[name], name


def test_a_truncated_family_that_the_data_cannot_tell_is_refused():
    x = np.random.default_rng(2).exponential(1.0, 300)
    found = fit_one("normal", x, ends=Ends(low=0.0), truncate=True)
    assert found.fitted == ()
    assert "run away" in found.refused[0].reason


NOT_APPLICABLE = [
    ("lognormal", [1.0, 2.0, 0.0, 3.0, -1.0], "2 of 5 values are nought or less"),
    ("gamma", [1.0, 2.0, 0.0, 3.0, 4.0], "1 of 5 values are nought or less"),
    ("weibull", [-1.0, 2.0, 1.0, 3.0, 4.0], "1 of 5 values are nought or less"),
    ("beta", [0.1, 0.2, 0.3, 0.4, 1.4], "1 of 5 values lie outside 0 to 1; state --min and --max"),
    ("beta", [0.1, 0.2, 0.3, 0.4, 1.0], "1 of 5 values lie on the end 0 or 1"),
    ("poisson", [1.0, 2.0, 2.5, 4.0, 1.0], "1 of 5 values are not whole numbers of at least 0"),
    ("negative_binomial", [4.0, 5.0, 5.0, 4.0, 4.0], "vary no more than a Poisson's"),
    ("student_t", [1.0, 1.0, 1.0, 4.0, 5.0], "one value is 3 of 5"),
    ("student_t", list(np.linspace(0.0, 1.0, 50)), "tails are no heavier than the normal's"),
]


@pytest.mark.parametrize(("family", "values", "reason"), NOT_APPLICABLE)
def test_a_family_that_does_not_apply_says_why(family, values, reason):
    found = fit_one(family, values)
    assert found.fitted == ()
    assert reason in found.refused[0].reason


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.0, 2.0, 3.0, 4.0], "4 values are too few to fit a distribution to: at least 5 are needed"),
        ([], "0 values are too few"),
        ([7.0] * 12, "all 12 values are 7: there is nothing to fit"),
        ([1.0, 2.0, np.nan, 3.0, 4.0], "every value must be a finite number"),
    ],
)
def test_data_to_which_nothing_can_be_fitted(values, text):
    with pytest.raises(DataError, match=text):
        fit(values)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (Options(families=("gama", "nrmal")), 'Did you mean "gamma"'),
        (Options(ends=Ends(2.0, 1.0)), "the smallest possible value 2 must be below the largest, 1"),
        (Options(truncate=True), "a truncation needs an end"),
    ],
)
def test_wrong_options(options, text):
    with pytest.raises(DataError, match=text):
        fit([1.0, 2.0, 3.0, 4.0, 5.5], options)


@pytest.mark.parametrize("family", TRUTH)
def test_what_is_fitted_can_be_built(family):
    assert family in FAMILIES
    x = sample(family, 1000)
    row = fit_one(family, x).fitted[0]
    built = build(row.family, dict(row.parameters))
    assert built.mean() == pytest.approx(x.mean(), abs=0.25 * x.std())


@pytest.mark.parametrize("family", TRUTH)
def test_limits_of_estimates_are_within_what_the_family_takes(family):
    candidate = candidate_of(family, Options())
    known = {parameter.name: parameter for parameter in FAMILIES[family].parameters}
    for name, (low, high) in zip(candidate.names, candidate.limits, strict=True):
        assert known[name].low <= low or low == -np.inf, name
        assert high <= known[name].high or high == np.inf, name


def test_extreme_samples_give_an_answer_or_a_reason():
    g = np.random.default_rng(5)
    cases = [
        [1.0, 1.0, 1.0, 1.0, 1.0 + 1e-9],
        [1e-300, 2e-300, 3e-300, 1e-299, 5e-300],
        [1e300, 2e300, 3e300, 1.5e300, 5e300],
        [0.0, 0.0, 0.0, 0.0, 1.0],
        [-1e9, 1.0, 2.0, 3.0, 4.5],
        np.exp(g.normal(0.0, 30.0, 50)),
        g.standard_cauchy(200),
        np.repeat([1.5, 2.5], 20),
        g.negative_binomial(0.01, 0.001, 100),
    ]
    for values in cases:
        result = fit(values, Options(resamples=FEW))
        assert result.fitted or result.refused
        for row in result.fitted:
            assert np.isfinite(row.aic), row
            assert np.isnan(row.p_value) or 0.0 < row.p_value <= 1.0, row


def test_maximise_meets_a_bound_and_a_saddle():
    def objective(theta, data):
        return -((theta[:, 0] - data[0]) ** 2) + 0.2 * np.cos(3.0 * theta[:, 1])

    targets = np.array([0.5, 9.0])
    found = maximise(objective, np.array([[0.0, 0.9], [0.0, 0.1]]), [(-1.0, 2.0), (-1.0, 1.0)], (targets,))
    np.testing.assert_allclose(found, [[0.5, 0.0], [2.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize(
    ("difference", "p_value", "words"),
    [
        (0.0, 0.4, "best"),
        (0.0, 0.03, "best, doubtful"),
        (1.9, 0.001, "about as good, rejected by the data"),
        (9.0, 0.5, "less likely"),
        (11.0, float("nan"), "far less likely, fit not tested"),
    ],
)
def test_verdict(difference, p_value, words):
    assert verdict(difference, p_value) == words
