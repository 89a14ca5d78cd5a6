"""Statistics of one series of draws against numpy, scipy and closed forms."""

import numpy as np
import pytest
from scipy import stats

from simengine.statistics.series import QUANTILES, STATISTICS, SeriesStatistics, series_statistics
from simengine.statistics.standard_error import group_means, standard_error
from simengine.statistics.summary import _flag_of_term, _flag_statistics

pytestmark = pytest.mark.unit

DISTRIBUTIONS = {
    "normal": stats.norm(0.3, 1.0),
    "lognormal": stats.lognorm(0.5, scale=2.0),
    "uniform": stats.uniform(-1.0, 3.0),
    "gamma far from nought": stats.gamma(4.0, loc=1e6),
}


def shown(values, sampler="sobol", good=None):
    found, errors = series_statistics(np.asarray(values, dtype=np.float64), sampler, good)
    return dict(zip(STATISTICS, found, strict=True)), dict(zip(STATISTICS, errors, strict=True))


def mean_of_worst(values, share=0.05):
    """Mean of the worst 5 %, the draw at the edge counted in part."""
    ordered, count = np.sort(values), share * values.size
    whole = int(count)
    return (ordered[:whole].sum() + (count - whole) * ordered[whole]) / count


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_statistics_are_those_of_numpy(name):
    values = DISTRIBUTIONS[name].rvs(size=10_000, random_state=7)
    found, _ = shown(values)
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-13)
    assert found["sd"] == pytest.approx(values.std(ddof=1), rel=1e-10)
    for label, level in QUANTILES.items():
        assert found[label] == np.quantile(values, level)
    assert found["p_below_zero"] == (values < 0).mean()
    assert found["p_above_zero"] == (values > 0).mean()
    assert found["value_at_risk"] == -found["q05"]
    assert found["expected_shortfall"] == pytest.approx(-mean_of_worst(values), rel=1e-3)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_statistics_are_near_the_closed_form_and_errors_have_the_right_size(name):
    exact = DISTRIBUTIONS[name]
    found, errors = shown(exact.rvs(size=65_536, random_state=11), "random")
    expected = {"mean": exact.mean(), "sd": exact.std(), **{label: exact.ppf(level) for label, level in QUANTILES.items()}}
    expected["p_below_zero"] = exact.cdf(0.0)
    expected["expected_shortfall"] = -exact.expect(lambda x: x, lb=exact.support()[0], ub=exact.ppf(0.05)) / 0.05
    for statistic, value in expected.items():
        assert abs(found[statistic] - value) <= 4.5 * errors[statistic], statistic
    assert errors["mean"] == pytest.approx(exact.std() / 256.0, rel=0.25)
    density = exact.pdf(exact.ppf(0.5))
    assert errors["q50"] == pytest.approx(0.5 / 256.0 / density, rel=0.35)


def test_groups_are_replicates_for_sobol_and_batches_otherwise():
    values = np.arange(1024.0)
    np.testing.assert_array_equal(group_means(values, "sobol"), np.arange(16) + 504.0)
    np.testing.assert_array_equal(group_means(values, "lhs"), 127.5 + 256.0 * np.arange(4))
    assert standard_error(values, "random") == pytest.approx(np.std(127.5 + 256.0 * np.arange(4), ddof=1) / 2.0)


@pytest.mark.parametrize(("sampler", "draws"), [("sobol", 15), ("lhs", 511), ("random", 511), ("lhs", 1)])
def test_too_few_draws_have_no_error(sampler, draws):
    found, errors = shown(np.arange(float(draws)), sampler)
    assert np.isnan(errors["mean"])
    assert np.isnan(errors["q05"])
    assert np.isfinite(found["mean"])


def test_a_draw_that_failed_keeps_its_place_in_the_groups():
    values = np.tile(np.arange(16.0), 64)
    good = np.ones(values.size, dtype=bool)
    good[[3, 40, 500]] = False
    spoilt = np.where(good, values, np.nan)
    np.testing.assert_array_equal(group_means(spoilt, "sobol", good), np.arange(16.0))
    found, errors = shown(spoilt, "sobol", good)
    assert found["mean"] == pytest.approx(values[good].mean(), rel=1e-14)
    assert found["sd"] == pytest.approx(values[good].std(ddof=1), rel=1e-14)
    assert found["q25"] == np.quantile(values[good], 0.25)
    assert found["p_above_zero"] == (values[good] > 0).mean()
    assert errors["mean"] == pytest.approx(np.std(np.arange(16.0), ddof=1) / 4.0)


def test_a_single_draw_says_nothing_of_spread_or_error():
    found, errors = shown([5.0])
    assert (found["mean"], found["q05"]) == (5.0, 5.0)
    assert np.isnan(found["sd"])
    assert all(np.isnan(error) for error in errors.values())


def test_a_constant_is_certain():
    found, errors = shown(np.full(100, -2.0))
    assert (found["mean"], found["sd"], found["p_below_zero"], found["value_at_risk"], found["expected_shortfall"]) == (-2, 0, 1, 2, 2)
    assert set(errors.values()) == {0.0}


def test_no_draws_have_no_statistics():
    found, errors = shown([])
    assert all(np.isnan(value) for value in (*found.values(), *errors.values()))


def test_what_was_never_seen_is_not_certain():
    values = np.arange(1.0, 1601.0)
    found, errors = shown(values)
    assert (found["p_below_zero"], errors["p_below_zero"]) == (0.0, 1 / 1600)
    _, errors = _flag_statistics(SeriesStatistics(1600, "sobol"), np.zeros(1600))
    assert errors[STATISTICS.index("p_above_zero")] == 1 / 1600


def test_a_flag_of_the_term_holds_where_it_holds_in_any_year():
    values = np.zeros((1600, 2))
    values[:400, 0] = 1.0
    values[200:800, 1] = -1.0
    found, _ = _flag_of_term(SeriesStatistics(1600, "sobol"), values, None)
    shown_as = dict(zip(STATISTICS, found, strict=True))
    assert (shown_as["p_above_zero"], shown_as["p_below_zero"]) == (0.25, 0.375)
    assert np.isnan(shown_as["mean"])
