"""metalog.py and metalog_fit.py: the closed forms, feasibility against brute force, moments, exact fits."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from simengine.distributions.metalog import Metalog, log_integral, place_of_term, power_integral, square_integral
from simengine.distributions.metalog_fit import score_of, solve, terms_at, through, with_mean
from simengine.sampling.design import uniforms

pytestmark = [pytest.mark.unit, pytest.mark.plain]


def quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Points and weights over v in (0, 1/2), by octaves down to 2^-60."""
    node, weight = np.polynomial.legendre.leggauss(30)
    low = 2.0 ** -np.arange(2.0, 61.0)[:, None]
    return (low * (1.5 + 0.5 * node)).ravel(), (low * 0.5 * weight).ravel()


def test_terms_in_keelin_order() -> None:
    """1, L, s L, s, s^2, s^2 L, s^3, s^3 L."""
    assert [place_of_term(k) for k in range(8)] == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2), (0, 3), (1, 3)]
    odds = math.log(9.0)
    wanted = [1.0, odds, 0.4 * odds, 0.4, 0.16, 0.16 * odds]
    np.testing.assert_allclose([float(x) for x in terms_at(Fraction(9, 10), 6)], wanted, rtol=1e-15)


@pytest.mark.parametrize("k", range(8))
def test_integrals(k: int) -> None:
    v, weight = quadrature()
    s, odds = 0.5 - v, np.log1p(-v) - np.log(v)
    sign = 1.0 + (-1.0) ** k
    assert power_integral(k) == pytest.approx(sign * (s**k * weight).sum(), abs=1e-15)
    assert square_integral(k) == pytest.approx(sign * (s**k * odds**2 * weight).sum(), rel=1e-12, abs=1e-15)
    assert log_integral(k) == pytest.approx((2.0 - sign) * (s**k * odds * weight).sum(), rel=1e-12, abs=1e-15)


def test_logistic() -> None:
    """Two terms: mean a, variance (pi b)^2/3."""
    metalog = Metalog.of_terms([3.0, 2.0], -math.inf, math.inf)
    mean, variance = metalog.moments()
    assert mean == 3.0
    assert variance == pytest.approx(4.0 * math.pi**2 / 3.0, rel=1e-13)
    np.testing.assert_allclose(metalog.odds(np.array([3.0, 7.0, -99.0])), [0.0, 2.0, -51.0], atol=1e-13)
    assert metalog.falls() is None
    assert metalog.end_slopes() == (2.0, 2.0)


def test_log_logistic_moments() -> None:
    """Bounded below with M = ln(scale) + L/c: mean scale (pi/c)/sin(pi/c), second moment with 2/c; none where c is too small."""
    c = 3.0
    mean, variance = Metalog.of_terms([math.log(2.0), 1.0 / c], 1.0, math.inf).moments()
    first = 2.0 * (math.pi / c) / math.sin(math.pi / c)
    assert mean == pytest.approx(1.0 + first, rel=1e-12)
    assert variance == pytest.approx(4.0 * (2.0 * math.pi / c) / math.sin(2.0 * math.pi / c) - first**2, rel=1e-11)
    mean, variance = Metalog.of_terms([math.log(2.0), 1.0 / 1.05], 1.0, math.inf).moments()
    assert mean == pytest.approx(1.0 + 2.0 * (math.pi / 1.05) / math.sin(math.pi / 1.05), rel=1e-11)
    assert variance == math.inf
    assert Metalog.of_terms([0.0, 1.0], 1.0, math.inf).moments() == (math.inf, math.inf)
    # Mirrored.
    mean, variance = Metalog.of_terms([-math.log(2.0), 1.0 / c], -math.inf, 1.0).moments()
    assert mean == pytest.approx(1.0 - first, rel=1e-12)
    assert Metalog.of_terms([0.0, 1.2], -math.inf, 1.0).moments() == (-math.inf, math.inf)


def test_uniform_between_bounds() -> None:
    """M = L gives u itself between 0 and 1."""
    metalog = Metalog.of_terms([0.0, 1.0], 2.0, 5.0)
    assert metalog.moments() == pytest.approx((3.5, 0.75), rel=1e-12)
    u = np.array([1e-12, 0.1, 0.5, 0.7, 1.0 - 2.0**-50])
    np.testing.assert_allclose(metalog.quantile(u), 2.0 + 3.0 * u, rtol=1e-14)
    np.testing.assert_allclose(metalog.isf(u), 5.0 - 3.0 * u, rtol=1e-14)


@pytest.mark.parametrize("bounds", [(-math.inf, math.inf), (0.0, math.inf), (-math.inf, 12.0), (0.0, 12.0)])
def test_feasibility_against_brute_force(bounds: tuple[float, float]) -> None:
    """Random quantiles: what falls is found by differences on a grid of 40,000 points, and within the part that is named."""
    t = np.linspace(-36.0, 36.0, 40001)
    found = 0
    for seed in range(40):
        draw = uniforms(seed, "quantiles", 12)
        count = 3 + seed % 3
        places = sorted({Fraction(int(99 * x) + 1, 100) for x in draw[:count].tolist()})
        values = sorted((0.5 + 11.0 * draw[6 : 6 + len(places)]).tolist())
        metalog = through(places, values, len(places), *bounds)
        falling = np.flatnonzero(np.diff(metalog.score_at(t)) <= 0.0)
        part = metalog.falls()
        if part is None:
            assert not falling.size
            found += 1
        elif falling.size:
            low, high = (math.log(max(u, 1e-300) / max(1.0 - u, 1e-300)) for u in part)
            assert low - 0.01 <= t[falling[0]] <= high + 0.01
    assert 3 < found < 37


@pytest.mark.parametrize("terms", [3, 5, 9, 16])
def test_through_the_quantiles(terms: int) -> None:
    places = [Fraction(k, terms + 1) for k in range(1, terms + 1)]
    values = [float(4.0 + 2.0 * math.log(p / (1 - p)) + 0.3 * math.sin(5 * p)) for p in places]
    metalog = through(places, values, terms, -math.inf, math.inf)
    np.testing.assert_allclose(metalog.quantile(np.array([float(p) for p in places])), values, rtol=0, atol=1e-9)


def test_least_squares() -> None:
    places = [Fraction(k, 20) for k in (1, 3, 8, 10, 14, 19)]
    values = [1.0, 2.1, 3.2, 3.3, 4.4, 7.0]
    metalog = through(places, values, 3, 0.0, math.inf)
    design = np.array([[float(x) for x in terms_at(p, 3)] for p in places])
    wanted = np.linalg.lstsq(design, np.log(values), rcond=None)[0]
    np.testing.assert_allclose([metalog.p[0], metalog.q[0], metalog.q[1]], wanted, rtol=1e-12)


def test_solve() -> None:
    matrix = [[Fraction(0), Fraction(2)], [Fraction(3), Fraction(1)]]
    assert solve(matrix, [[Fraction(4), Fraction(5)]]) == [[Fraction(1), Fraction(2)]]


@pytest.mark.parametrize(
    ("bounds", "values", "means"),
    [((-math.inf, math.inf), (1.0, 4.0), (2.2, 2.9)), ((0.0, math.inf), (1.0, 4.0), (2.35, 2.7)), ((0.0, 1.0), (0.1, 0.4), (0.2, 0.28))],
)
def test_given_mean(bounds: tuple[float, float], values: tuple[float, float], means: tuple[float, float]) -> None:
    places = [Fraction(1, 10), Fraction(9, 10)]
    scores = [score_of(value, *bounds) for value in values]
    for mean in means:
        metalog: Any = with_mean(places, scores, 3, mean, bounds)
        assert isinstance(metalog, Metalog)
        assert metalog.falls() is None
        assert metalog.mean() == pytest.approx(mean, rel=1e-12)
        np.testing.assert_allclose(metalog.quantile(np.array([0.1, 0.9])), values, rtol=1e-13)
    outside: Any = with_mean(places, scores, 3, values[1], bounds)
    low, high = outside
    for mean, held in ((low + 0.01 * (high - low), True), (low - 0.01 * (high - low), False)):
        assert isinstance(with_mean(places, scores, 3, mean, bounds), Metalog) == held


def test_inversion_of_every_kind() -> None:
    v = 2.0 ** -np.linspace(1.0, 40.0, 201)
    for bounds in ((-math.inf, math.inf), (0.0, math.inf), (-math.inf, 0.0), (0.0, 1e9)):
        metalog = Metalog.of_terms([0.1, 0.4, 0.1, 0.3], *bounds)
        assert metalog.falls() is None
        np.testing.assert_allclose(1.0 / (1.0 + np.exp(-metalog.odds(metalog.quantile(v)))), v, rtol=1e-6 if bounds[1] == 0.0 else 1e-10)
        scores = metalog.score(v, upper=True)
        t = np.log1p(-v) - np.log(v)
        np.testing.assert_allclose(metalog.score_at(t), scores, rtol=1e-13)
