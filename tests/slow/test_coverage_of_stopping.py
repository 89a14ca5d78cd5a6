"""A run that stops when its interval is tight enough: the interval still covers about as often as it says."""

import numpy as np
import pytest

from simengine.results.frame import Frame, Series
from simengine.runs.precision import FIRST, until
from simengine.runs.target import Target
from simengine.statistics.series import STATISTICS

pytestmark = [pytest.mark.slow, pytest.mark.convergence]

RUNS, STEPS, GROUPS = 6_000, 6, 16
#: Half width of the interval, in standard errors of the first step's mean, that a run stops at on average after so many doublings.
T15 = 2.1314495


def summary(values, errors):
    """The mean of one output over one term, and its error."""
    shape = (len(STATISTICS), 1, 1)
    found = {name: np.full(shape, number) for name, number in (("net_position", values), ("net_position_se", errors))}
    labels = {"statistic": STATISTICS, "period": ("term",), "scenario": ("base",)}
    coordinates = {name: Series((name,), np.array(names)) for name, names in labels.items()}
    dims = ("statistic", "period", "scenario")
    return Frame({name: Series(dims, number) for name, number in found.items()}, coordinates, {"sampler": "sobol"})


def group_means(generator, rate):
    """Means of 16 independent groups after each step: of independent draws (rate ½), or as those of a net whose errors fall faster."""
    if rate == 0.5:
        new = np.concatenate([[1.0], 2.0 ** np.arange(STEPS - 1)])
        sums = np.cumsum(generator.standard_normal((STEPS, GROUPS)) * np.sqrt(new)[:, None], axis=0)
        return sums / np.cumsum(new)[:, None]
    return generator.standard_normal((STEPS, GROUPS)) * 2.0 ** (-rate * np.arange(STEPS))[:, None]


@pytest.mark.parametrize("rate", [0.5, 1.0])
@pytest.mark.parametrize("wanted_after", [1, 3])
def test_intervals_at_which_runs_stop_cover_the_truth(rate, wanted_after):
    generator = np.random.default_rng(20_261_122 + wanted_after)
    half = T15 * 2.0 ** (-rate * wanted_after) / np.sqrt(GROUPS)
    target = Target("net_position", "mean", "term", (), "base", half, False, "GBP", "GBP", 1.0)
    limit = FIRST << (STEPS - 1)
    by_interval, by_tolerance, stopped = [], [], []
    for _ in range(RUNS):
        means = group_means(generator, rate)

        def summary_at(draws, means=means):
            found = means[(draws // FIRST).bit_length() - 1]
            return summary(found.mean(), found.std(ddof=1) / np.sqrt(GROUPS))

        found = until([target], limit, summary_at).last.found[0]
        # the truth is 0
        by_interval.append(abs(found.value) <= found.half_width)
        by_tolerance.append(abs(found.value) <= half)
        stopped.append(found.draws)
    # some stop before and some after the step at which the error is, on average, as small as was asked for
    assert min(stopped) < FIRST << wanted_after < max(stopped)
    assert 0.93 <= np.mean(by_interval) <= 0.97
    assert np.mean(by_tolerance) >= 0.95
