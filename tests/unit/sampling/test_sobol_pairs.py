"""sobol_pairs.py: the measured rule against the design itself, with seeds that it was not measured with."""

import numpy as np
import pytest

from simengine.sampling.design import uniforms
from simengine.sampling.sobol_pairs import UNNOTED, chance_correlation

pytestmark = pytest.mark.unit

SEEDS = (11, 12)


@pytest.fixture(scope="module")
def designs() -> list[np.ndarray]:
    """All columns at 16,384 draws; fewer draws are the first ones."""
    return [np.array([uniforms(seed, f"d{k}", 16_384, "sobol", k) for k in range(128)]) for seed in SEEDS]


def largest(designs: list[np.ndarray], columns: int, draws: int) -> float:
    found = []
    for design in designs:
        r = np.corrcoef(design[:columns, :draws])
        found.append(float(np.abs(r - np.eye(columns)).max()))
    return max(found)


@pytest.mark.parametrize("columns", [21, 40, 60, 80, 100, 128])
@pytest.mark.parametrize("draws", [1024, 2048, 4096, 8192, 16_384])
def test_no_pair_is_worse_than_said(designs: list[np.ndarray], columns: int, draws: int) -> None:
    said = chance_correlation(columns, draws)
    assert largest(designs, columns, draws) <= (UNNOTED if said is None else said[0] * 1.1)


@pytest.mark.parametrize(("columns", "draws"), [(40, 2048), (60, 4096), (128, 4096), (128, 8192)])
def test_what_is_said_happens(designs: list[np.ndarray], columns: int, draws: int) -> None:
    said = chance_correlation(columns, draws)
    assert said is not None
    assert largest(designs, columns, draws) >= 0.5 * said[0]
    assert largest(designs, columns, said[1]) <= UNNOTED


def test_nothing_is_said_where_it_does_not_matter() -> None:
    assert chance_correlation(20, 100) is None
    assert chance_correlation(60, 8192) is None
    assert chance_correlation(128, 65_536) is None
    assert chance_correlation(60, 100) == (0.6, 8192)
    assert chance_correlation(60, 5000) == (0.2, 8192)
    assert chance_correlation(200, 2047) == (0.7, 16_384)
