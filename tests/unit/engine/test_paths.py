"""paths.py and the path kernels: AR(1) on normal scores, walks and mean reversion, by hand and against their formulas."""

import numpy as np
import pytest
from scipy.stats import norm

from simengine.distributions import FAMILIES
from simengine.distributions.base import Row
from simengine.engine.paths import carries, sums, yearly
from simengine.engine.variates_builder import VariatesBuilder, sample
from simengine.sampling.dependence import factor
from simengine.sampling.design import DESIGNS, uniforms
from simengine.study.numbers import Uncertain

pytestmark = pytest.mark.unit

NORMAL = FAMILIES["normal"](mean=0, sd=1).encode()


def ar1(rho: list[float], start: float | None, draws: int, design: str = "sobol") -> Row:
    builder = VariatesBuilder(design, 4)
    members = [builder.add_uniform("path", year, 0) for year in range(len(rho))]
    builder.add_path(members, carries(rho, start))
    for row, member in enumerate(members):
        builder.add_value(member, NORMAL, row)
    return sample(builder.build(), 0, draws)


@pytest.mark.plain
@pytest.mark.parametrize("start", [None, 1.5])
def test_ar1_by_hand(start: float | None) -> None:
    rho = [0.6, 0.8, -0.3, 0.0]
    e = norm.ppf([uniforms(4, "path", 30, component=year) for year in range(4)])
    z, rows = start, []
    for year, r in enumerate(rho):
        z = e[0] if year == 0 and start is None else r * z + np.sqrt(1 - r * r) * e[year]
        rows.append(z)
    np.testing.assert_allclose(ar1(rho, start, 30, "random"), rows, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("design", list(DESIGNS))
def test_stationary_variance_and_autocorrelation(design: str) -> None:
    """Variance 1 in every year, correlation rho^k between years k apart, for a stationary path."""
    x = ar1([0.7] * 6, None, 65536, design)
    covariance = x @ x.T / 65536
    lag = np.abs(np.arange(6)[:, None] - np.arange(6)[None, :])
    # standard error of a product moment of n normals: sqrt((1 + r^2)/n)
    np.testing.assert_allclose(covariance, 0.7**lag, atol=4.5 * np.sqrt(2 / 65536))


def test_from_a_start_value() -> None:
    """Mean z0 rho^t, variance 1 - rho^2t."""
    x = ar1([0.6] * 5, 2.0, 65536)
    t = np.arange(1, 6)
    np.testing.assert_allclose(x.mean(axis=1), 2.0 * 0.6**t, atol=4.5 / 256)
    np.testing.assert_allclose(x.var(axis=1), 1 - 0.36**t, atol=4.5 * np.sqrt(2) / 256)


def test_paths_that_are_correlated_year_by_year() -> None:
    builder = VariatesBuilder("random", 4)
    members = [[builder.add_uniform(name, year) for year in range(4)] for name in "ab"]
    for year in range(4):
        builder.add_group([members[0][year], members[1][year]], factor("ab", [[1, 0.5], [0.5, 1]]))
    for name in range(2):
        builder.add_path(members[name], carries([0.7] * 4, None))
        for year in range(4):
            builder.add_value(members[name][year], NORMAL, 4 * name + year)
    x = sample(builder.build(), 0, 65536)
    found = np.corrcoef(x)
    for year in range(4):
        assert found[year, 4 + year] == pytest.approx(0.5, abs=0.015)
        assert found[0, year] == pytest.approx(0.7**year, abs=0.018)
    assert found[0, 5] == pytest.approx(0.5 * 0.7, abs=0.018)


def test_tiles_do_not_show() -> None:
    run = ar1([0.9] * 3, None, 1500)
    builder = VariatesBuilder("sobol", 4)
    members = [builder.add_uniform("path", year, 0) for year in range(3)]
    builder.add_path(members, carries([0.9] * 3, None))
    for row, member in enumerate(members):
        builder.add_value(member, NORMAL, row)
    for first, count in ((0, 512), (511, 2), (600, 900)):
        assert np.array_equal(sample(builder.build(), first, count), run[:, first : first + count])


def summed(spec: Uncertain, years: int, draws: int) -> Row:
    builder = VariatesBuilder("random", 4)
    for year in range(years):
        builder.add_value(builder.add_uniform("path", year), NORMAL, year)
    builder.add_sum(0, *sums(spec, years))
    return sample(builder.build(), 0, draws)


@pytest.mark.plain
def test_walk_by_hand() -> None:
    spec = Uncertain("normal", {"mean": 0.0, "sd": 1.0}, path="random_walk", start=10.0)
    steps = norm.ppf([uniforms(4, "path", 30, component=year) for year in range(4)])
    np.testing.assert_allclose(summed(spec, 4, 30), 10.0 + np.cumsum(steps, axis=0), rtol=1e-10)


@pytest.mark.plain
@pytest.mark.parametrize("start", [None, 5.0])
def test_mean_reversion_by_hand(start: float | None) -> None:
    level, speed = (1.0, 2.0, 3.0), (0.5, 0.25, 0.5)
    spec = Uncertain("normal", {"mean": 0.0, "sd": 1.0}, path="mean_reversion", level=level, speed=speed, start=start)
    shocks = norm.ppf([uniforms(4, "path", 30, component=year) for year in range(3)])
    x, rows = np.full(30, level[0] if start is None else start), []
    for year in range(3):
        x = x + speed[year] * (level[year] - x) + shocks[year]
        rows.append(x)
    np.testing.assert_allclose(summed(spec, 3, 30), rows, rtol=1e-10)


@pytest.mark.plain
def test_parameters_by_year() -> None:
    assert yearly(0.5, 3) == (0.5, 0.5, 0.5)
    assert yearly((1.0, 2.0), 2) == (1.0, 2.0)
    assert yearly(None, 2) == (0.0, 0.0)
