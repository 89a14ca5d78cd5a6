"""How statistics settle: estimates and intervals of the first draws, after each doubling."""

import numpy as np
import pytest

from simengine.statistics.convergence import FOLLOWED, convergence, steps
from simengine.statistics.interval import half_width
from simengine.statistics.series import STATISTICS, series_statistics

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("draws", "looked_at"), [(100, [100]), (256, [256]), (257, [256, 257]), (1_000, [256, 512, 1_000]), (1_024, [256, 512, 1_024])]
)
def test_doublings(draws, looked_at):
    assert steps(draws) == looked_at


@pytest.mark.parametrize(("sampler", "df"), [("sobol", 15), ("lhs", 3)])
def test_each_step_is_the_summary_of_the_first_draws(sampler, df):
    values = np.random.default_rng(1).standard_normal(1_024)
    good = np.ones(1_024, dtype=bool)
    good[700] = False
    found = [one for one in convergence(values, sampler, good) if one.draws == 1_024]
    expected, errors = series_statistics(values, sampler, good)
    assert [one.statistic for one in found] == list(FOLLOWED)
    for one in found:
        k = STATISTICS.index(one.statistic)
        assert one.value == expected[k]
        assert one.high - one.value == pytest.approx(half_width(errors[k], df))
        assert one.value - one.low == pytest.approx(half_width(errors[k], df))
    early = next(one for one in convergence(values, sampler, good) if one.draws == 512)
    assert early.value == pytest.approx(values[:512].mean(), abs=1e-12)


def test_what_too_few_draws_do_not_tell_is_not_known():
    found = next(convergence(np.arange(256.0), "random", statistics=("mean",)))
    assert (found.value, np.isnan(found.low), np.isnan(found.high)) == (127.5, True, True)


def test_an_unknown_statistic_is_refused():
    with pytest.raises(ValueError, match="not in"):
        next(convergence(np.arange(256.0), "sobol", statistics=("middle",)))
