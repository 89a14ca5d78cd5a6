"""pieces.py, segments.py, truncated.py, mixture.py: atoms, gaps, valleys, cuts to the last digits, moments of heavy tails."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from simengine.distributions import build
from simengine.distributions.base import CONSTANT, DISCRETE, PIECES, TABLE, UNIFORM, Continuous, Row
from simengine.distributions.pieces import tabulate
from simengine.distributions.roots import find_roots
from simengine.distributions.segments import moments, segments
from simengine.distributions.truncated import truncate
from simengine.errors import ParameterError
from tests.unit.distributions.cases import draw, fill, probability_errors

pytestmark = pytest.mark.unit

V = np.concatenate([2.0 ** -np.linspace(1.0, 36, 700)[1:], np.linspace(0.0003, 0.4997, 1500)])


def normal(mean: float, sd: float, **ends: float) -> dict[str, Any]:
    return {"dist": "normal", "mean": mean, "sd": sd, **ends}


HARD: dict[str, tuple[str, dict[str, Any], int]] = {
    "valley": ("mixture", {"components": [normal(0, 1), normal(20, 1)], "weights": [0.3, 0.7]}, PIECES),
    "wide valley": ("mixture", {"components": [normal(0, 1), normal(1e6, 1)], "weights": [0.5, 0.5]}, PIECES),
    "rare": ("mixture", {"components": [normal(0, 1), normal(50, 5)], "weights": [0.9999, 1e-4]}, PIECES),
    "rare below": ("mixture", {"components": [normal(0, 1), normal(-50, 5)], "weights": [0.99999, 1e-5]}, PIECES),
    "narrow": ("mixture", {"components": [normal(0, 1), normal(0, 1e-5)], "weights": [0.5, 0.5]}, PIECES),
    "wide": ("mixture", {"components": [normal(0, 1), normal(0, 100)], "weights": [0.999, 0.001]}, PIECES),
    "count beside a narrow belief": ("pool", {"experts": [normal(3.5, 0.1), {"dist": "poisson", "mean": 2.7}]}, PIECES),
    "count in a tail": ("pool", {"experts": [normal(3.5, 1), {"dist": "poisson", "mean": 20}]}, PIECES),
    "count far out": ("pool", {"experts": [{"dist": "gamma", "shape": 4.8, "scale": 6.9}, {"dist": "poisson", "mean": 373}]}, PIECES),
    "gap": (
        "mixture",
        {"components": [{"dist": "uniform", "min": 0, "max": 1}, {"dist": "uniform", "min": 5, "max": 6}], "weights": [0.25, 0.75]},
        PIECES,
    ),
    "gap of perts": (
        "mixture",
        {
            "components": [{"dist": "pert", "min": 0, "mode": 0, "max": 1}, {"dist": "pert", "min": 5, "mode": 5.5, "max": 6}],
            "weights": [0.2, 0.8],
        },
        PIECES,
    ),
    "event": ("event", {"probability": 0.1, "impact": {"dist": "lognormal", "mean": 1e6, "sd": 2e6}}, PIECES),
    "event around 0": ("event", {"probability": 0.4, "impact": normal(1, 1)}, PIECES),
    "rare event": ("event", {"probability": 1e-6, "impact": normal(5, 1)}, PIECES),
    "event cut": ("event", {"probability": 0.4, "impact": normal(1, 1, lower=0)}, PIECES),
    "atoms between": (
        "mixture",
        {"components": [{"dist": "discrete", "values": list(range(20)), "weights": [0.05] * 20}, normal(10, 5)], "weights": [0.5, 0.5]},
        PIECES,
    ),
    "empirical": (
        "mixture",
        {"components": [{"dist": "empirical", "values": [1, 5, 2, 2, 9, 4.5]}, normal(3, 2)], "weights": [0.5, 0.5]},
        PIECES,
    ),
    "cut empirical": ("empirical", {"values": [1, 5, 2, 2, 9, 4.5], "lower": 1.5, "upper": 7}, PIECES),
    "cut kink": ("triangular", {"min": 0, "mode": 1, "max": 4, "lower": 0.5, "upper": 2}, PIECES),
    "cut at the kink": ("triangular", {"min": 0, "mode": 1, "max": 4, "lower": 1}, TABLE),
    "cut in a gap": (
        "mixture",
        {
            "components": [{"dist": "uniform", "min": 0, "max": 1}, {"dist": "uniform", "min": 5, "max": 6}],
            "weights": [0.25, 0.75],
            "lower": 2,
        },
        UNIFORM,
    ),
    "cut mixture": ("mixture", {"components": [normal(0, 1), normal(20, 1)], "weights": [0.3, 0.7], "lower": 0, "upper": 20}, PIECES),
    "cut far out": ("normal", {"mean": 0, "sd": 1, "lower": 8}, TABLE),
    "cut far below": ("normal", {"mean": 0, "sd": 1, "upper": -25, "lower": -26}, TABLE),
    "cut that hardly shows": ("normal", {"mean": 1e6, "sd": 1, "lower": 0}, TABLE),
    "narrow cut": ("normal", {"mean": 0, "sd": 1, "lower": 0.5, "upper": 0.501}, TABLE),
    "pool of many": ("pool", {"experts": [{"dist": "pert", "min": 0, "mode": k, "max": 8} for k in range(1, 8)]}, PIECES),
}


@pytest.mark.parametrize("name", HARD)
def test_error_in_probability(name: str) -> None:
    dist, parameters, code = HARD[name]
    distribution = build(dist, parameters)
    assert distribution.encode().code in {code, TABLE}
    absolute, relative = probability_errors(distribution, V)
    assert absolute <= 1e-10
    assert relative <= 1e-8
    low, high = distribution.support()
    x = draw(distribution, 5000)
    assert x.min() >= low
    assert x.max() <= high


def test_a_wrong_table_is_noticed() -> None:
    dist, parameters, _ = HARD["valley"]
    other = build(dist, {**parameters, "weights": [0.3001, 0.6999]})
    distribution = build(dist, parameters)

    class Crossed:
        encode, cdf, sf = other.encode, distribution.cdf, distribution.sf

    assert probability_errors(Crossed(), V)[0] > 1e-5


@pytest.mark.parametrize("ends", [{"lower": 0.5}, {"upper": -1.0}, {"lower": -2.0, "upper": 0.3}, {"lower": 3.0}, {"upper": -6.0}])
def test_probability_next_to_a_cut(ends: dict[str, float]) -> None:
    """Against the integral of the density from the cut, which has no cancellation: 1e-8 of u down to 2^-36."""
    distribution = build("normal", {"mean": 0.0, "sd": 1.0, **ends})
    node, weight = np.polynomial.legendre.leggauss(30)
    u = 2.0 ** -np.linspace(6.0, 36.0, 200)
    for name, points in (("lower", u), ("upper", 1.0 - u)):
        if name not in ends:
            continue
        exact = points if name == "lower" else 1.0 - points
        x, cut = fill(distribution, points), ends[name]
        places = cut + (x - cut)[:, None] * (0.5 + 0.5 * node)
        mass = np.abs(x - cut) * (np.exp(-0.5 * places**2) @ weight) * 0.5 / math.sqrt(2.0 * math.pi) / distribution.share
        rounding = np.spacing(np.abs(x)) / np.abs(x - cut)
        assert np.all(np.abs(mass / exact - 1.0) < 1e-8 + 4 * rounding)
        found = distribution.cdf(x) if name == "lower" else distribution.sf(x)
        np.testing.assert_allclose(found, mass, rtol=1e-9)


@pytest.mark.plain
def test_atoms_are_exact() -> None:
    """A dyadic case by hand: 0 with 3/4, else uniform on [-1, 1]."""
    event = build("event", {"probability": 0.25, "impact": {"dist": "uniform", "min": -1, "max": 1}})
    u = np.array([0.0625, 0.125, 0.1250001, 0.5, 0.875, 0.8750001, 0.9375])
    np.testing.assert_allclose(fill(event, u), [-0.5, 0, 0, 0, 0, 8e-7, 0.5], rtol=1e-6, atol=1e-12)
    assert np.all(fill(event, u)[2:5] == 0.0)
    np.testing.assert_allclose(event.quantile(u), [-0.5, 0, 0, 0, 0, 8e-7, 0.5], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(event.isf(1 - u), [-0.5, 0, 0, 0, 0, 8e-7, 0.5], rtol=1e-6, atol=1e-12)
    assert event.cdf(np.array([-1e-9, 0.0])) == pytest.approx([0.125, 0.875])


@pytest.mark.plain
def test_gap_by_hand() -> None:
    dist, parameters, _ = HARD["gap"]
    u = np.array([0.125, 0.2499999, 0.2500001, 0.5, 0.625])
    for x in (fill(build(dist, parameters), u), build(dist, parameters).quantile(u)):
        np.testing.assert_allclose(x, [0.5, 0.9999996, 5.0000001333, 5 + 1 / 3, 5.5], rtol=1e-9)


@pytest.mark.plain
def test_codes_of_simple_cases() -> None:
    assert build("event", {"probability": 0.25, "impact": 8}).encode().code == DISCRETE
    assert build("mixture", {"components": [{"dist": "bernoulli", "p": 0.5}, 2], "weights": [0.5, 0.5]}).encode().table.tolist() == [
        0.25,
        0.5,
        1,
        0,
        1,
        2,
    ]
    assert build("event", {"probability": 1e-18, "impact": normal(1, 1)}).encode().code == CONSTANT
    one = build("mixture", {"components": [normal(1, 2), 3], "weights": [1, 0]}).encode()
    assert (one.code, one.args) == (TABLE, (1.0, 2.0, 1.0, 2.0))
    assert [part.is_atom for part in segments(build("event", {"probability": 0.25, "impact": 8}))] == [True, True, True]


def test_moments_of_mixtures_and_cuts() -> None:
    mixture = build("mixture", {"components": [normal(0, 1), normal(4, 2)], "weights": [0.25, 0.75]})
    assert mixture.mean() == 3.0
    assert mixture.variance() == pytest.approx(0.25 * (1 + 9) + 0.75 * (4 + 1))
    assert moments(mixture, (True, True)) == pytest.approx((3.0, 6.25), rel=1e-12)
    event = build("event", {"probability": 0.4, "impact": normal(1, 1)})
    assert moments(event, (True, True)) == pytest.approx((0.4, 0.4 * 2 - 0.16), rel=1e-12)
    discrete = build("discrete", {"values": [1, 2, 3, 4], "weights": [0.25] * 4, "lower": 1.5})
    assert (discrete.mean(), discrete.variance()) == pytest.approx((3.0, 2 / 3))
    assert discrete.quantile(np.array([0.3, 0.4, 0.9])).tolist() == [2, 3, 4]


class Pareto(Continuous):
    """F = 1 - x^-a from 1 on: tails as heavy as wanted."""

    name, parameters = "pareto", ()

    def __init__(self, a: float) -> None:
        self.a = a

    def support(self) -> tuple[float, float]:
        return 1.0, math.inf

    def mean(self) -> float:
        return math.inf

    variance = mean

    def isf(self, v: Row) -> Row:
        return np.asarray(v) ** (-1.0 / self.a)

    def quantile(self, u: Row) -> Row:
        return np.exp(-np.log1p(-np.asarray(u)) / self.a)

    def sf(self, x: Row) -> Row:
        return np.maximum(x, 1.0) ** -self.a

    def cdf(self, x: Row) -> Row:
        return -np.expm1(-self.a * np.log(np.maximum(x, 1.0)))


@pytest.mark.parametrize("a", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_heavy_tails(a: float) -> None:
    cut = truncate(Pareto(a), {"lower": 2.0})
    # A Pareto beyond a cut is the same Pareto, scaled.
    mean = 2.0 * a / (a - 1.0) if a > 1.0 else math.inf
    assert cut.mean() == pytest.approx(mean, rel=1e-10)
    if a > 2.0:
        assert cut.variance() == pytest.approx(4.0 * (a / (a - 2.0) - (a / (a - 1.0)) ** 2), rel=1e-9)
    else:
        assert not math.isfinite(cut.variance())
    assert cut.encode().code == TABLE
    assert probability_errors(cut, V)[1] < 1e-8


def test_what_cannot_be_tabulated_is_refused() -> None:
    class Broken(Pareto):
        def isf(self, v: Row) -> Row:
            return super().isf(v) * (1.0 + 1e-6 * np.sin(1e9 * np.asarray(v)))

    with pytest.raises(ParameterError, match="to be tabulated"):
        tabulate(Broken(2.0))


@pytest.mark.plain
def test_roots() -> None:
    wanted = np.array([1e-12, 0.5, 3.0, 1e12, 2.0])
    low, high = np.array([0.0, 0.0, 0.0, 0.0, 5.0]), np.array([1.0, 1.0, 9.0, 1e6, 7.0])
    found = find_roots(lambda x, p: x * x * x - p, low, high, wanted)
    np.testing.assert_allclose(found[:4], np.cbrt(wanted[:4]), rtol=1e-15)
    # No root: the nearer end.
    assert found[4] == 5.0


def test_a_pool_that_is_cut_above_one_of_its_values() -> None:
    """What is left of a distribution function beside a weight that was cut off would have few digits far out in the tail."""
    beta = {"dist": "beta", "mean": 0.64264, "sd": 0.022848, "min": 0.56644, "max": 0.79681}
    pool = build("pool", {"experts": [beta, 0.53212], "lower": 0.55297, "upper": 0.8902})
    alone = build("beta", {key: value for key, value in beta.items() if key != "dist"})
    np.testing.assert_allclose(draw(pool, 3000), draw(alone, 3000), rtol=1e-12)


def test_a_cut_mixture_is_the_mixture_of_its_cut_parts() -> None:
    parts = [normal(0, 1), {"dist": "uniform", "min": 1, "max": 4}, 0.5, -9]
    mixed = build("mixture", {"components": parts, "weights": [0.4, 0.3, 0.2, 0.1], "lower": 0.2, "upper": 2.0})
    x = np.linspace(0.2, 2.0, 50)
    mass = 0.4 * (ndtr(2.0) - ndtr(0.2)) + 0.3 / 3 + 0.2
    wanted = (0.4 * (ndtr(x) - ndtr(0.2)) + 0.3 * np.clip((x - 1) / 3, 0, 1 / 3) + 0.2 * (x >= 0.5)) / mass
    np.testing.assert_allclose(mixed.cdf(x), wanted, rtol=1e-12, atol=1e-15)
    assert mixed.support() == (0.2, 2.0)


@pytest.mark.plain
@pytest.mark.parametrize("probability", [k / 10 for k in range(1, 10)] + [0.01, 0.99, 0.001, 0.999])
def test_the_edge_of_an_atom_belongs_to_the_atom(probability: float) -> None:
    """An event that does not happen with 0.9: its P90 is 0, and not the smallest impact, whichever way 1 - 0.1 is rounded."""
    event = build("event", {"probability": probability, "impact": {"dist": "lognormal", "mean": 5, "sd": 3}})
    stays = 1 - probability
    for u in (stays, float(f"{stays:.6g}"), np.nextafter(stays, 0.0)):
        assert event.quantile(np.array([u])).tolist() == [0.0]
        assert event.isf(np.array([1.0 - u])).tolist() == [0.0]
    assert event.quantile(np.array([stays + 1e-12]))[0] > 0.0
    assert event.isf(np.array([probability - 1e-12 * probability]))[0] > 0.0
