"""Student's t and the degrees of freedom of standard errors."""

import math

import pytest
from scipy import stats

from simengine.statistics.interval import degrees_of_freedom, half_width, t_quantile

pytestmark = pytest.mark.unit


def test_quantiles_are_those_of_student_s_t():
    for df in (*range(1, 200), 1000, 4095, 10**6, 2**40):
        assert t_quantile(df) == pytest.approx(stats.t.ppf(0.975, df), abs=1e-6), df


def test_no_degree_of_freedom_is_no_quantile():
    assert math.isnan(t_quantile(0))
    assert math.isnan(t_quantile(-1))
    assert math.isnan(half_width(0.0, 0))


@pytest.mark.parametrize(
    ("sampler", "draws", "counted", "df"),
    [
        ("sobol", 15, False, 0),
        ("sobol", 16, False, 15),
        ("sobol", 2**30, True, 15),
        ("random", 255, False, 0),
        ("lhs", 511, False, 0),
        ("lhs", 512, False, 1),
        ("random", 16_384, False, 63),
        ("random", 16_384, True, 15),
        ("random", 2_048, True, 7),
    ],
)
def test_degrees_of_freedom_are_the_groups_less_one(sampler, draws, counted, df):
    assert degrees_of_freedom(sampler, draws, counted=counted) == df


def test_half_width_is_the_quantile_times_the_error():
    assert half_width(2.0, 15) == pytest.approx(2.0 * 2.1314495, rel=1e-6)
    assert math.isnan(half_width(math.nan, 15))
    assert half_width(0.0, 15) == 0.0
