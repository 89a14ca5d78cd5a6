"""sobol.py: against scipy without scramble, balance of every elementary interval, and the scramble's keys."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import qmc

from simengine.errors import ParameterError
from simengine.sampling.design import uniforms
from simengine.sampling.sobol import COLUMNS, REPLICATES, apply_rows, direction_numbers, scramble_rows, sobol_tables

pytestmark = pytest.mark.unit


def points(numbers: np.ndarray, count: int) -> np.ndarray:
    """Points 0 ... count - 1 in Gray code order, as scipy gives them."""
    index = np.arange(count)
    index ^= index >> 1
    value = np.zeros(count, np.int64)
    for bit in range(count.bit_length()):
        value[(index >> bit & 1) == 1] ^= numbers[bit]
    return value


def test_unscrambled_equals_scipy() -> None:
    identity = scramble_rows(np.zeros((1, 52), np.int64))
    wanted = qmc.Sobol(COLUMNS, scramble=False, bits=32).random(256)
    for column in range(COLUMNS):
        numbers = apply_rows(identity, direction_numbers()[column])[:, 0]
        assert np.array_equal(points(numbers, 256) / 2.0**52, wanted[:, column])


def test_scramble_rows_are_lower_triangular() -> None:
    rows = scramble_rows(np.random.default_rng(1).integers(0, 2**32, (3, 52)))
    bits = rows[:, :, None] >> np.arange(31, -1, -1) & 1
    assert np.all(bits[:, np.arange(32), np.arange(32)] == 1)
    assert not np.any(np.triu(bits[:, :32], 1))
    assert 0.4 < bits[:, 32:].mean() < 0.6


def replicate(column: int, r: int, count: int, name: str = "a") -> np.ndarray:
    return uniforms(4, name, count * REPLICATES, "sobol", column)[r::REPLICATES]


@pytest.mark.parametrize("column", [0, 1, 2, 17, 127])
@pytest.mark.parametrize("m", [3, 6, 8])
def test_each_replicate_is_a_net_in_one_dimension(column: int, m: int) -> None:
    for r in (0, 7, 15):
        assert np.array_equal(np.sort(np.floor(replicate(column, r, 2**m) * 2**m)), np.arange(2**m))


def test_first_two_columns_fill_every_elementary_interval() -> None:
    m = 8
    for r in (0, 5, 15):
        a, b = replicate(0, r, 2**m, "a"), replicate(1, r, 2**m, "b")
        for split in range(m + 1):
            cells = np.floor(a * 2**split) * 2 ** (m - split) + np.floor(b * 2 ** (m - split))
            assert np.array_equal(np.sort(cells), np.arange(2**m))


def test_random_points_do_not_fill_every_interval() -> None:
    u = uniforms(4, "a", 256)
    assert not np.array_equal(np.sort(np.floor(u * 256)), np.arange(256))


def test_further_columns_are_balanced_in_pairs() -> None:
    """The t-value of a projection is small: 2^10 points put 2^(10 - t) into every interval of volume 2^(t - 10), here t = 5."""
    m, t = 10, 5
    rows = [replicate(column, 3, 2**m, f"d{column}") for column in range(6)]
    for one, other in combinations(rows, 2):
        for split in range(m - t + 1):
            cells = np.floor(one * 2**split) * 2 ** (m - t - split) + np.floor(other * 2 ** (m - t - split))
            assert np.all(np.bincount(cells.astype(np.int64), minlength=2 ** (m - t)) == 2**t)


def test_replicates_are_scrambled_independently() -> None:
    """Over 250 scrambles: the values of all replicates at one point, and their means over 16 points, are uncorrelated."""
    draws = np.array([uniforms(seed, "a", 16 * REPLICATES, "sobol", 2).reshape(-1, REPLICATES) for seed in range(250)])
    for sample in (draws[:, 5, :], draws[:, :, :].mean(axis=1)):
        assert np.abs(np.corrcoef(sample.T) - np.eye(REPLICATES)).max() < 5 / np.sqrt(250)
    assert np.abs(draws.mean(axis=0) - 0.5).max() < 5 / np.sqrt(12 * 250)


@pytest.mark.plain
def test_scramble_depends_on_seed_and_name() -> None:
    one = uniforms(4, "a", 30, "sobol", 2)
    assert not np.array_equal(one, uniforms(5, "a", 30, "sobol", 2))
    assert not np.array_equal(one, uniforms(4, "b", 30, "sobol", 2))


def test_integration_error_falls_faster_than_by_random() -> None:
    """Replicate means of a smooth integrand: standard error far below that of random draws."""
    draws = 2**14
    error = {}
    for design in ("random", "sobol"):
        total = sum(np.exp(uniforms(6, f"d{c}", draws, design, c)) for c in range(4))
        error[design] = total.reshape(-1, REPLICATES).mean(axis=0).std()
    assert error["sobol"] < error["random"] / 20


def test_draws_far_out_are_a_net_too() -> None:
    u = uniforms(4, "a", 64 * REPLICATES, "sobol", 3, first=2**35)[::REPLICATES]
    assert np.array_equal(np.sort(np.floor(u * 64)), np.arange(64))


@pytest.mark.plain
@pytest.mark.parametrize("column", [-1, 128])
def test_column_out_of_range(column: int) -> None:
    with pytest.raises(ParameterError, match="column: must be a whole number from 0 to 127"):
        sobol_tables([column], [1])
