"""How well the kernel's table inverts a distribution function: errors in u, apart from the rounding of x."""

from typing import Any

import numpy as np

from simengine.distributions import Distribution
from simengine.distributions.base import COUNT, DISCRETE, TABLE
from simengine.distributions.discrete import fill_discrete
from simengine.distributions.inverse_table import fill_count, fill_table

# Places between the nodes of the table, down to 2^-36 from either end; multiples of 2^-53, so that 1 - V is exact.
V = np.rint(2.0 ** (53.0 - np.linspace(1.0003, 36.0, 5003))) * 2.0**-53
U = np.concatenate([V, 1.0 - V])


def kernel_values(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    """What the engine draws at ``u``."""
    encoded = distribution.encode()
    n, x = u.size, np.empty(u.size)
    assert encoded.table is not None
    if encoded.code == DISCRETE:
        fill_discrete(x, u, encoded.table, int(encoded.args[0]), n)
        return x
    fill = {TABLE: fill_table, COUNT: fill_count}[encoded.code]
    fill(x, u, np.empty(n, np.int64), np.empty(n), encoded.table, *encoded.args, n)
    return x


def u_errors(distribution: Distribution) -> tuple[float, float]:
    """Largest error in u: absolute, and relative to the nearer tail."""
    x = kernel_values(distribution, U)
    nearer = np.minimum(U, 1.0 - U)
    lower = U < 0.5

    def tail(x: np.ndarray) -> np.ndarray:
        return np.where(lower, distribution.cdf(x), distribution.sf(x))

    slack = 1.5 * np.abs(tail(x + 2.0 * np.spacing(np.abs(x))) - tail(x - 2.0 * np.spacing(np.abs(x))))
    error = np.maximum(np.abs(tail(x) - nearer) - slack, 0.0)
    return float(error.max()), float((error / nearer).max())


def check_inversion(distribution: Distribution) -> None:
    """The accuracy that every table is to have."""
    absolute, relative = u_errors(distribution)
    assert absolute < 1e-10
    assert relative < 1e-8


def check_against_scipy(distribution: Distribution, reference: Any) -> None:
    """quantile, isf, cdf, sf, moments and support against ``scipy.stats``."""
    with np.errstate(all="ignore"):
        wanted = np.where(U < 0.5, reference.ppf(U), reference.isf(1.0 - U))
        tail = reference.isf(V)
    np.testing.assert_allclose(distribution.quantile(U), wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(distribution.isf(V), tail, rtol=1e-9, atol=1e-12)
    low, high = reference.ppf(0.001), reference.ppf(0.999)
    x = np.linspace(low - (high - low) / 3 - 0.1, high + (high - low) / 3 + 0.1, 201)
    np.testing.assert_allclose(distribution.cdf(x), reference.cdf(x), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(distribution.sf(x), reference.sf(x), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(distribution.mean(), reference.mean(), rtol=1e-12)
    np.testing.assert_allclose(distribution.variance(), reference.var(), rtol=1e-11)
    np.testing.assert_allclose(distribution.support(), reference.support(), atol=1e-15)


def check_constant(distribution: Distribution, value: float) -> None:
    """A distribution without spread."""
    assert distribution.encode().args[0] == value
    assert distribution.encode().table is None
    u = np.array([0.01, 0.5, 0.99])
    assert distribution.quantile(u).tolist() == distribution.isf(u).tolist() == [value] * 3
    x = np.array([value - 1e-9, value])
    assert distribution.cdf(x).tolist() == [0.0, 1.0]
    assert distribution.sf(x).tolist() == [1.0, 0.0]
    assert distribution.mean() == value
    assert distribution.variance() == 0.0
    assert distribution.support() == (value, value)
    assert distribution.atoms() == ((value, 1.0),)
