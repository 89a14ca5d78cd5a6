"""whole.py, listing.py: counts of very many values in mixtures, pools and events, or cut; beside a continuous part; refused by number."""

import math
import time
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from simengine.distributions import build
from simengine.distributions.base import DISCRETE, PIECES, WHOLE_PIECES
from simengine.distributions.listing import MOST_BESIDE, value_count
from simengine.distributions.tables import Tables, pack_tables, unpack_tables
from simengine.errors import ParameterError
from tests.unit.distributions.cases import draw, probability_errors

pytestmark = pytest.mark.unit

V = np.concatenate([2.0 ** -np.linspace(1.0, 36, 300)[1:], np.linspace(0.0003, 0.4997, 500)])


def count(mean: float, size: float | None = None, **ends: float) -> dict[str, Any]:
    return {"dist": "poisson", "mean": mean, **ends} if size is None else {"dist": "negative_binomial", "mean": mean, "size": size, **ends}


def pool(*experts: Any, **ends: float) -> tuple[str, dict[str, Any]]:
    return "pool", {"experts": list(experts), **ends}


def alone(mean: float, size: float | None = None, **ends: float) -> tuple[str, dict[str, Any]]:
    written = count(mean, size, **ends)
    return written.pop("dist"), written


NORMAL = {"dist": "normal", "mean": 7000, "sd": 1000}
CASES: dict[str, tuple[tuple[str, dict[str, Any]], int]] = {
    "poisson cut": (alone(1e7, upper=1e7), WHOLE_PIECES),
    "poisson cut on both sides": (alone(1e9, lower=1e9 - 30_000, upper=1e9 + 2.5), WHOLE_PIECES),
    "negative binomial cut": (alone(1e5, 10, lower=50_000), WHOLE_PIECES),
    "much at 0": (alone(1e6, 0.1, upper=1e6), WHOLE_PIECES),
    "pool of counts": (pool(count(7000, 2), count(9000, 3)), WHOLE_PIECES),
    "pool cut": (pool(count(1e6), count(9e5, 80), 900_000, count(30), lower=3, upper=1.2e6), WHOLE_PIECES),
    "event": (("event", {"probability": 0.1, "impact": count(1e9)}), WHOLE_PIECES),
    "event in a pool": (pool({"dist": "event", "probability": 0.3, "impact": count(1e5, 5)}, count(7e4, 9)), WHOLE_PIECES),
    "few enough to list": (pool(count(5000), count(6000)), DISCRETE),
    "beside a belief": (pool(count(7000, 2000), NORMAL), PIECES),
    "far in its tail": (pool(count(7000), {"dist": "lognormal", "mean": 700, "sd": 700}), PIECES),
    "beside a belief, cut": (pool(count(2000, 10), {"dist": "gamma", "mean": 1000, "sd": 400}, lower=0, upper=5000), PIECES),
}


@pytest.mark.parametrize("name", CASES)
def test_error_in_probability_and_cost(name: str) -> None:
    (dist, parameters), code = CASES[name]
    start = time.process_time()
    distribution = build(dist, parameters)
    encoded = distribution.encode()
    assert math.isfinite(distribution.mean() + distribution.variance())
    assert time.process_time() - start < 20.0
    assert encoded.code == code
    absolute, relative = probability_errors(distribution, V)
    assert absolute <= 1e-10
    assert relative <= 1e-8
    x, (low, high) = draw(distribution, 5000), distribution.support()
    assert low <= x.min() <= x.max() <= high
    if code != PIECES:
        assert np.all(x == np.floor(x))


def test_against_sums_of_scipy() -> None:
    """A cut negative binomial and a pool of counts: distribution function, quantile, mean and variance from every single probability."""
    size, mean = 10.0, 1e5
    k = np.arange(50_000, 700_000)
    weights = nbinom.pmf(k, size, size / (size + mean))
    weights /= weights.sum()
    cut = build(*alone(mean, size, lower=49_999.5))
    expected = float((k * weights).sum())
    assert cut.mean() == pytest.approx(expected, rel=1e-10)
    assert cut.variance() == pytest.approx(float(((k - expected) ** 2 * weights).sum()), rel=1e-8)
    at = np.array([49_999.0, 50_000.0, 50_000.7, 80_000.0, 123_456.0, 300_000.0])
    wanted = np.concatenate([[0.0], np.cumsum(weights)])[np.searchsorted(k, at, side="right")]
    np.testing.assert_allclose(cut.cdf(at), wanted, atol=2e-12)
    np.testing.assert_allclose(cut.sf(at), 1.0 - wanted, atol=2e-12)
    u = np.array([1e-4, 0.1, 0.5, 0.9, 0.9999])
    np.testing.assert_array_equal(cut.quantile(u), k[np.searchsorted(np.cumsum(weights), u)])

    mixed = build(*pool(count(20_000, 3), count(15_000, 40)))
    at = np.array([0.0, 7_000.0, 14_999.5, 15_000.0, 60_000.0])
    parts = [nbinom.cdf(np.floor(at), n, n / (n + m)) for m, n in ((20_000, 3), (15_000, 40))]
    np.testing.assert_allclose(mixed.cdf(at), 0.5 * (parts[0] + parts[1]), rtol=1e-10)
    assert mixed.mean() == 17_500.0


@pytest.mark.parametrize("ends", [{"upper": 1e8 + 1000}, {"lower": 1e8 - 30_000, "upper": 1e8 + 1000}, {"lower": 1e8 + 1000}])
def test_moments_of_a_cut_of_many_standard_deviations(ends: dict[str, float]) -> None:
    """Against the normal that a Poisson of 10^8 nearly is (skewness 1e-4), cut half a count beyond its ends."""
    mean, sd = 1e8, 1e4
    cut = build(*alone(mean, **ends))
    low, high = (
        (ends.get(key, default) + shift - mean) / sd for key, default, shift in (("lower", -math.inf, -0.5), ("upper", math.inf, 0.5))
    )
    x = np.linspace(max(low, -9.0), min(high, 9.0), 400_001)
    density = norm.pdf(x)
    expected = np.trapezoid(x * density, x) / np.trapezoid(density, x)
    spread = np.trapezoid((x - expected) ** 2 * density, x) / np.trapezoid(density, x)
    assert (cut.mean() - mean) / sd == pytest.approx(expected, abs=2e-4)
    assert cut.variance() / sd**2 == pytest.approx(spread, rel=1e-3)


def test_listed_atoms_of_a_cut_are_those_of_the_whole() -> None:
    cut = build(*alone(5000, lower=4990.5, upper=5010))
    values, weights = np.array(cut.atoms()).T
    assert values.tolist() == list(range(4991, 5011))
    mass = poisson.pmf(values, 5000)
    np.testing.assert_allclose(weights, mass / mass.sum(), rtol=1e-10)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (pool(count(1e6, 50), NORMAL), "experts.0"),
        (("mixture", {"components": [1.5, NORMAL, count(1e6, 50)], "weights": [0.0, 0.5, 0.5]}), "components.2"),
        (pool({"dist": "event", "probability": 0.5, "impact": count(1e9)}, {"dist": "normal", "mean": 0, "sd": 1}), "experts.0"),
        (pool(0.5, count(1e9, 0.1)), "experts.1"),
    ],
)
def test_too_many_values_are_refused_at_once(written: tuple[str, dict[str, Any]], place: str) -> None:
    start = time.process_time()
    with pytest.raises(ParameterError, match="possible values") as caught:
        build(*written)
    assert time.process_time() - start < 5.0
    ((path, rule),) = caught.value.faults
    assert path == place
    assert "gamma (or normal) with its mean and sd" in rule


@pytest.mark.slow
def test_what_is_just_not_too_much_beside_a_belief() -> None:
    parts = pool(count(7000, 50), NORMAL)
    distribution = build(*parts)
    assert 16_384 < value_count(distribution) <= MOST_BESIDE
    encoded = distribution.encode()
    assert encoded.code == PIECES
    assert encoded.table is not None
    assert encoded.table.nbytes < 8e6
    assert max(probability_errors(distribution, V[::7])) <= 1e-8


def test_a_stored_table_serves() -> None:
    dist, parameters = CASES["pool of counts"][0]
    tables = Tables()
    encoded = tables.encode(dist, parameters)
    (stored,) = unpack_tables(*pack_tables(tables.used())).values()
    assert (stored.code, stored.args) == (encoded.code, encoded.args)
    np.testing.assert_array_equal(stored.table, encoded.table)


def test_mean_of_a_list_of_many_values_that_is_cut() -> None:
    """More stretches than are integrated one by one: a list of 3000 values, the mean along its lines by hand."""
    values = np.arange(3000.0) ** 1.5
    cut = build("empirical", {"values": values.tolist(), "lower": float(values[100])})
    x = values[100:]
    assert cut.mean() == pytest.approx(float((0.5 * (x[:-1] + x[1:])).mean()), rel=1e-12)
    squares = float(((x[:-1] ** 2 + x[:-1] * x[1:] + x[1:] ** 2) / 3.0).mean())
    assert cut.variance() == pytest.approx(squares - cut.mean() ** 2, rel=1e-10)
