"""Thousands of drivers: no two streams are related, whatever their names, years or seeds (all pairs, by blocks of a matrix product)."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from simengine.sampling.design import uniforms

pytestmark = pytest.mark.convergence

DRAWS = 4096
BLOCK = 1000
Scores = npt.NDArray[np.float32]


def scores(u: list[npt.NDArray[np.float64]] | npt.NDArray[np.float64]) -> Scores:
    """Rows of mean 0 and length 1, so that a product of two is their correlation; single precision is 1e-5 of what is looked for."""
    rows = np.array([row - row.mean() for row in u])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def streams(names: list[str], design: str = "random", seed: int = 1) -> Scores:
    """The uniforms of drivers by name, ready to be multiplied."""
    found = np.empty((len(names), DRAWS), np.float32)
    for k in range(0, len(names), BLOCK):
        found[k : k + BLOCK] = scores([uniforms(seed, name, DRAWS, design) for name in names[k : k + BLOCK]])
    return found


def largest_and_mean_square(rows: Scores) -> tuple[float, float]:
    """Of |r| √n, and of its square, over all pairs."""
    largest, total, count = 0.0, 0.0, len(rows)
    for i in range(0, count, BLOCK):
        for j in range(0, i + 1, BLOCK):
            product = rows[i : i + BLOCK] @ rows[j : j + BLOCK].T
            found = product[np.tril_indices_from(product, -1)] if i == j else product.ravel()
            largest = max(largest, float(np.abs(found).max(initial=0.0)))
            total += float(np.square(found, dtype=np.float64).sum())
    return largest * math.sqrt(DRAWS), total / (count * (count - 1) / 2) * DRAWS


def check(rows: Scores, most: float, request: pytest.FixtureRequest) -> None:
    largest, square = largest_and_mean_square(rows)
    request.node.user_properties.extend([("largest |r| √n", largest), ("mean n r²", square)])
    assert largest < most
    # n r² has mean n/(n - 1) and variance 2 for independent rows
    pairs = len(rows) * (len(rows) - 1) / 2
    assert abs(square - DRAWS / (DRAWS - 1)) < 5.0 * math.sqrt(2.0 / pairs)


@pytest.mark.parametrize("design", ["random", "lhs"])
def test_500_names(design: str, request: pytest.FixtureRequest) -> None:
    """About 4.5 is the largest of 125,000 normal numbers."""
    check(streams([f"services.line_{k}.growth" for k in range(500)], design), 6.0, request)


def test_500_years_of_one_name_and_seeds_of_one_name(request: pytest.FixtureRequest) -> None:
    years = [uniforms(1, "services.line.growth", DRAWS, component=year) for year in range(250)]
    seeds = [uniforms(seed, "services.line.growth", DRAWS) for seed in range(2, 252)]
    check(scores(years + seeds), 6.0, request)


def test_sobol_columns() -> None:
    """At the default of 2^16 draws no two of the 128 columns are as related as independent draws would be (4.2 at the most of 8,128).

    With few draws some are: 256 points of a replicate (2^12 draws) leave correlations of up to 0.5 between columns beyond the 40th.
    """
    draws = 2**16
    rows = scores([uniforms(1, f"d{k}", draws, "sobol", column=k) for k in range(128)])
    largest, square = largest_and_mean_square(rows)
    assert largest * math.sqrt(draws / DRAWS) < 3.5
    assert square * draws / DRAWS < 0.05


def test_the_check_sees_two_streams_that_are_related(request: pytest.FixtureRequest) -> None:
    u = [uniforms(1, f"d{k}", DRAWS) for k in range(40)]
    u[7] = 0.8 * u[7] + 0.2 * u[31]
    with pytest.raises(AssertionError):
        check(scores(u), 6.0, request)


@pytest.mark.slow
def test_10_000_names(request: pytest.FixtureRequest) -> None:
    """About 6 is the largest of 50 million normal numbers."""
    check(streams([f"services.line_{k}.growth" for k in range(10_000)]), 7.0, request)
