"""Standard errors from a sketch are right: 95 % intervals with 15 degrees of freedom cover the closed form in 90 to 99 % of runs."""

import math

import numpy as np
import pytest
from scipy import stats

from simengine.engine.sketch import empty_sketch
from simengine.engine.sketch_draws import add_rows
from simengine.sampling.design import uniforms
from simengine.statistics.series import STATISTICS
from simengine.statistics.sketched import sketched_statistics

pytestmark = pytest.mark.convergence

EDGE = stats.norm.ppf(0.05)
PARTS = (("first", 0.64), ("second", 0.32), ("third", 0.04))


def outcome(design, seed, draws):
    """A smooth function of three drivers: the sum of normals with variances 0.64, 0.32 and 0.04."""
    parts = [uniforms(seed, name, draws, design, column) for column, (name, _) in enumerate(PARTS)]
    return 0.3 + sum(math.sqrt(share) * stats.norm.ppf(u) for u, (_, share) in zip(parts, PARTS, strict=True))


def covered(design, runs, draws, plan, exact, low=-np.inf):
    """By statistic: share of runs, each a row of a sketch, whose interval covers the closed form; stated error over the spread of runs."""
    values = np.array([np.maximum(outcome(design, seed, draws), low) for seed in range(runs)])
    plans = np.full(runs, plan)
    found, errors = sketched_statistics(add_rows(empty_sketch(runs, design), values, plans, 0), plans)
    factor = stats.t.ppf(0.975, 15)
    places = {name: STATISTICS.index(name) for name in exact}
    shares = {name: np.mean(np.abs(found[k] - exact[name]) <= factor * errors[k]) for name, k in places.items()}
    return {name: (shares[name], np.sqrt((errors[k] ** 2).mean()) / found[k].std()) for name, k in places.items()}


#: Closed forms for 0.3 + a standard normal.
NORMAL = {
    "q05": 0.3 + EDGE,
    "q25": 0.3 + stats.norm.ppf(0.25),
    "q50": 0.3,
    "q95": 0.3 - EDGE,
    "expected_shortfall": -0.3 + stats.norm.pdf(EDGE) / 0.05,
    "p_below_zero": stats.norm.cdf(-0.3),
    "p_above_zero": stats.norm.cdf(0.3),
}
#: The same with a collar that 2 % of draws meet: the tail has an atom.
COLLAR = stats.norm.ppf(0.02)
COLLARED = {
    "q05": NORMAL["q05"],
    "expected_shortfall": -0.3 - (0.02 * COLLAR + stats.norm.pdf(COLLAR) - stats.norm.pdf(EDGE)) / 0.05,
}


@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
def test_intervals_cover_as_often_as_they_say(design):
    for name, (share, _) in covered(design, 300, 4096, 0.25, NORMAL).items():
        assert 0.90 <= share <= 0.99, f"{name}: {share:.3f}"


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_intervals_cover_where_a_collar_holds_part_of_the_tail(design):
    for name, (share, _) in covered(design, 300, 4096, 0.25, COLLARED, 0.3 + COLLAR).items():
        assert 0.90 <= share <= 0.99, f"{name}: {share:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("plan", [0.25, -1.5])
@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
def test_intervals_cover_at_the_default_number_of_draws(design, plan):
    for name, (share, stated) in covered(design, 300, 65_536, plan, NORMAL).items():
        assert 0.90 <= share <= 0.99, f"{name}: {share:.3f}"
        assert 0.85 <= stated <= 1.15, f"{name}: stated error {stated:.2f} of the spread of runs"
