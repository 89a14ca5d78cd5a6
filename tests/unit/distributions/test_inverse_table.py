"""inverse_table.py: error in probability, tails, monotone, and the exact interpolation matrix."""

import numpy as np
import pytest
from scipy import special as sp

from simengine.distributions.inverse_table import (
    TABLE_SIZE,
    build_table,
    coefficients,
    evaluate,
    inverse_of_nodes,
    locate,
    table_points,
)
from simengine.distributions.pert import Pert

pytestmark = pytest.mark.unit

PERTS = [(0.3, 4.0), (0.0, 4.0), (1.0, 4.0), (0.5, 1000.0), (0.001, 50.0), (0.9, 0.5), (0.0, 1000.0), (0.5, 0.0)]


def look_up(table: np.ndarray, u: np.ndarray) -> np.ndarray:
    index, place, x = np.empty(u.size, np.int64), np.empty(u.size), np.empty(u.size)
    locate(index, place, u, u.size)
    evaluate(x, index, place, table, u.size)
    return x


@pytest.mark.parametrize(("mode", "shape"), PERTS)
def test_error_in_probability(mode: float, shape: float) -> None:
    """Distances from both ends: at most 1e-10 in the bulk and 1e-8 of the tail's probability down to 2^-36."""
    pert = Pert(min=0, mode=mode, max=1, shape=shape)
    a, b = 1 + shape * mode, 1 + shape * (1 - mode)
    table = pert.encode().table
    assert table is not None
    rng = np.random.default_rng(1)
    v = np.concatenate([2.0 ** -rng.uniform(1, 36, 3000), rng.uniform(0, 0.5, 3000)])
    exact = 1.0 - (1.0 - v)
    for alpha, beta, u, wanted in ((a, b, v, v), (b, a, 1.0 - v, exact)):
        error = np.abs(sp.betainc(alpha, beta, look_up(table, u)) - wanted)
        assert error.max() < 1e-10
        assert (error / wanted).max() < 1e-8


def test_a_wrong_table_is_noticed() -> None:
    table = build_table(lambda v: sp.betaincinv(2.0, 3.0001, v), lambda v: sp.betaincinv(3.0, 2.0, v))
    u = np.linspace(0.01, 0.49, 50)
    assert np.abs(sp.betainc(2, 3, look_up(table, u)) - u).max() > 1e-6


@pytest.mark.parametrize(("mode", "shape"), PERTS)
def test_monotone(mode: float, shape: float) -> None:
    """Along a fine grid, and across the edges of pieces to within the rounding of coefficients."""
    table = Pert(min=0, mode=mode, max=1, shape=shape).encode().table
    assert table is not None
    grid = np.sort(np.concatenate([2.0 ** -np.linspace(1.0, 37.0, 40001)[1:], np.linspace(1e-4, 0.5, 20001)[:-1]]))
    for u, sign in ((grid, 1.0), (1.0 - grid, 1.0)):
        step = sign * np.diff(look_up(table, u))
        assert step.min() >= -1e-12
    edges = np.unique((table_points()[:, 0] // 2.0**-45) * 2.0**-45)
    near = look_up(table, np.nextafter(edges, 1.0)) - look_up(table, edges)
    assert near.min() >= -1e-12


@pytest.mark.plain
def test_both_ends_and_the_middle() -> None:
    table = build_table(lambda v: v, lambda v: 1.0 - v)
    assert table.shape == (TABLE_SIZE,)
    u = np.array([2.0**-53, 2.0**-37, 0.25, 0.49999999999999994, 0.5, 0.75, 1 - 2.0**-37, 1 - 2.0**-53])
    wanted = np.clip(u, 2.0**-37, 1 - 2.0**-37)
    np.testing.assert_allclose(look_up(table, u), wanted, rtol=1e-13)


@pytest.mark.plain
def test_interpolation_matrix_is_exact() -> None:
    nodes = (-0.5, -0.125, 0.25, 1.0)
    matrix = inverse_of_nodes(nodes)
    np.testing.assert_allclose(matrix @ np.vander(nodes, increasing=True), np.eye(4), atol=1e-15)


@pytest.mark.plain
def test_coefficients_are_rounded_to_44_bits() -> None:
    table = coefficients(np.exp(table_points()))
    largest = np.abs(table).max(axis=1, keepdims=True)
    quantum = 2.0 ** (np.floor(np.log2(largest)) + 1 - 44)
    assert np.array_equal(table / quantum, np.round(table / quantum))
