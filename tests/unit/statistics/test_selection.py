"""Quantiles by selection against numpy, and every statistic of a series against the plain twin."""

import numpy as np
import pytest

from simengine.statistics.selection import Selection
from simengine.statistics.series import QUANTILES, STATISTICS, SeriesStatistics, series_statistics
from tests.unit.statistics.plain_series import plain_statistics

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(5)
DRAWS = 20_000
_NORMAL = RNG.normal(1e6, 1e5, DRAWS)
SERIES = {
    "normal": _NORMAL,
    "heavy tail": np.exp(RNG.normal(0.0, 3.0, DRAWS)),
    "mostly nothing": np.maximum(_NORMAL - 1.1e6, 0.0),
    "between a cap and a collar": np.clip(_NORMAL, 0.95e6, 1.02e6) - 1e6,
    "a flag seldom set": (_NORMAL > 1.24e6).astype(float),
    "three values": np.sign(np.round((_NORMAL - 1e6) / 2e5)),
    "rounded": np.round(_NORMAL, -3),
    "rising: the first draws are unlike the rest": np.sort(_NORMAL),
    "one far out": np.where(np.arange(DRAWS) == 7, 1e300, _NORMAL),
    "next to the smallest numbers": (_NORMAL - 1e6) * 1e-320,
    "two neighbours": np.where(_NORMAL > 1e6, 1.0, np.nextafter(1.0, 2.0)),
    "all but the first few the same": np.where(np.arange(DRAWS) < 5, _NORMAL, 3.0),
    "both zeros": np.where(_NORMAL > 1e6, 0.0, -0.0) + np.where(_NORMAL > 1.1e6, 1.0, 0.0),
}
LEVELS = np.array([0.0, 1e-4, 0.05, 0.1234, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99995, 1.0])


@pytest.mark.parametrize("margin", [0.0, 40.0])
@pytest.mark.parametrize("draws", [1, 2, 3, 511, 512, 1025, DRAWS])
@pytest.mark.parametrize("name", SERIES)
def test_quantiles_are_those_of_numpy_to_the_last_bit(name, draws, margin):
    values = np.ascontiguousarray(SERIES[name][:draws])
    selection = Selection(draws)
    selection.read(values, draws, selection.sample(values))
    few = selection.quantiles(LEVELS[2:5], np.full(3, margin))
    np.testing.assert_array_equal(few, np.quantile(values, LEVELS[2:5]))
    np.testing.assert_array_equal(selection.quantiles(LEVELS, np.zeros(LEVELS.size)), np.quantile(values, LEVELS))


def test_a_selection_turns_to_another_series():
    selection = Selection(DRAWS)
    for values in SERIES.values():
        selection.read(values, DRAWS, selection.sample(values))
        np.testing.assert_array_equal(selection.quantiles(LEVELS, np.zeros(LEVELS.size)), np.quantile(values, LEVELS))


@pytest.mark.parametrize(("sampler", "draws"), [("sobol", DRAWS), ("sobol", 1000), ("lhs", DRAWS), ("lhs", 4096), ("random", 4999)])
@pytest.mark.parametrize("name", ["normal", "heavy tail", "mostly nothing", "between a cap and a collar", "three values", "rounded"])
def test_statistics_are_those_of_the_plain_twin(name, sampler, draws):
    values = SERIES[name][:draws]
    _compare(series_statistics(values, sampler), plain_statistics(values, sampler))


@pytest.mark.parametrize("sampler", ["sobol", "lhs"])
@pytest.mark.parametrize("name", ["normal", "mostly nothing", "three values"])
def test_draws_that_failed_are_left_out_as_in_the_plain_twin(name, sampler):
    good = RNG.uniform(size=DRAWS) > 0.3
    spoilt = np.where(good, SERIES[name], np.where(np.arange(DRAWS) % 2, np.nan, np.inf))
    expected = plain_statistics(SERIES[name], sampler, good)
    _compare(series_statistics(spoilt, sampler, good), expected)
    # a draw may have failed elsewhere and be finite here
    _compare(series_statistics(SERIES[name], sampler, good), expected)


def test_the_first_draws_may_all_have_failed():
    good = np.arange(DRAWS) > 2000
    spoilt = np.where(good, _NORMAL, np.nan)
    _compare(series_statistics(spoilt, "sobol", good), plain_statistics(_NORMAL, "sobol", good))


def test_work_areas_used_again_change_no_bit():
    series = SeriesStatistics(DRAWS, "sobol")
    for values in (SERIES["heavy tail"], SERIES["mostly nothing"], _NORMAL):
        for one, other in zip(series.statistics(values), series_statistics(values, "sobol"), strict=True):
            np.testing.assert_array_equal(one, other)


def _compare(found, expected):
    """Quantiles and chances to the last bit, the rest to rounding."""
    exact = [STATISTICS.index(name) for name in (*QUANTILES, "p_below_zero", "p_above_zero", "value_at_risk")]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    np.testing.assert_array_equal(found[0][exact], expected[0][exact])
    # one unit in the last place may decide which side of a quantile a level falls on, so not to the last bit
    np.testing.assert_allclose(found[1][exact], expected[1][exact], rtol=1e-12)
