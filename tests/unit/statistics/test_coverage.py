"""Stated standard errors are right: 95 % intervals cover the closed form in 90 to 99 % of runs, for every design."""

import math

import numpy as np
import pytest
from scipy import stats

from simengine.sampling.design import uniforms
from simengine.statistics.series import STATISTICS, series_statistics

pytestmark = pytest.mark.convergence

RUNS, DRAWS = 500, 4096
EDGE = stats.norm.ppf(0.05)
#: Closed forms for 0.3 + a standard normal.
EXACT = {
    "mean": 0.3,
    "sd": 1.0,
    "q05": 0.3 + EDGE,
    "q50": 0.3,
    "expected_shortfall": -0.3 + stats.norm.pdf(EDGE) / 0.05,
    "p_below_zero": stats.norm.cdf(-0.3),
}


def outcome(design, seed):
    """A smooth function of three drivers: the sum of normals with variances 0.64, 0.32 and 0.04."""
    parts = [uniforms(seed, name, DRAWS, design, column) for column, name in enumerate(("first", "second", "third"))]
    return 0.3 + sum(math.sqrt(share) * stats.norm.ppf(u) for share, u in zip((0.64, 0.32, 0.04), parts, strict=True))


@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
def test_intervals_cover_as_often_as_they_say(design):
    found = [series_statistics(outcome(design, seed), design) for seed in range(RUNS)]
    values, errors = (np.array([run[k] for run in found]) for k in (0, 1))
    # 16 replicates, or 4,096 / 256 = 16 batches: 15 degrees of freedom
    factor = stats.t.ppf(0.975, 15)
    for statistic, exact in EXACT.items():
        k = STATISTICS.index(statistic)
        covered = np.mean(np.abs(values[:, k] - exact) <= factor * errors[:, k])
        assert 0.90 <= covered <= 0.99, f"{design}, {statistic}: {covered:.3f}"
