"""margins.py: values made from a normal score against the distribution function, and what is drawn by its probability instead."""

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from simengine.distributions import FAMILIES, Distribution
from simengine.distributions.base import WHOLE_PIECES, Encoded, Row
from simengine.distributions.inverse_table import SMALLEST, TABLE_SIZE, build_table, fill_table
from simengine.distributions.margins import (
    COUNT_MARGIN,
    LAST_SCORE,
    LOGNORMAL_MARGIN,
    NORMAL_MARGIN,
    SCORE_PIECES,
    TABLE_MARGIN,
    by_score,
    fill_count_margin,
    fill_lognormal_margin,
    fill_margin,
    margin_table,
)
from simengine.engine.variates_builder import VariatesBuilder, sample

pytestmark = pytest.mark.unit

# Down to a tail of 2^-36, and between the pieces' nodes.
SCORES = np.linspace(-6.64, 6.64, 8009)
SMOOTH: list[tuple[str, dict[str, Any]]] = [
    ("pert", {"min": -0.02, "mode": 0.004, "max": 0.045}),
    ("pert", {"min": 0.0, "mode": 0.0, "max": 1.0}),
    ("gamma", {"mean": 3.0, "sd": 1.0}),
    ("weibull", {"shape": 1.0, "scale": 2.0}),
    ("student_t", {"location": 0.0, "scale": 1.0, "df": 3.0}),
]


def margin_of(distribution: Distribution) -> Encoded:
    """The distribution encoded by score."""
    found = by_score(distribution.encode())
    assert found is not None
    return found


def values(encoded: Encoded, z: Row) -> Row:
    """What the engine makes of scores."""
    n, x = z.size, np.empty(z.size)
    if encoded.code == LOGNORMAL_MARGIN:
        fill_lognormal_margin(x, z, encoded.args[0], encoded.args[1], n)
        return x
    assert encoded.table is not None
    fill = {TABLE_MARGIN: fill_margin, COUNT_MARGIN: fill_count_margin}[encoded.code]
    fill(x, z, np.empty(n, np.int64), np.empty(n), encoded.table, *encoded.args, n)
    return x


@pytest.mark.parametrize(("family", "parameters"), SMOOTH)
def test_error_in_probability(family: str, parameters: dict[str, Any]) -> None:
    distribution = FAMILIES[family](**parameters)
    x = values(margin_of(distribution), SCORES)
    nearer, lower = ndtr(-np.abs(SCORES)), SCORES < 0.0

    def tail(x: Row) -> Row:
        return np.where(lower, distribution.cdf(x), distribution.sf(x))

    # the rounding of x itself is no error
    slack = 1.5 * np.abs(tail(x + 2.0 * np.spacing(np.abs(x))) - tail(x - 2.0 * np.spacing(np.abs(x))))
    error = np.maximum(np.abs(tail(x) - nearer) - slack, 0.0)
    assert error.max() < 1e-10
    assert (error / nearer).max() < 1e-8


@pytest.mark.parametrize(("family", "parameters"), SMOOTH)
def test_monotone(family: str, parameters: dict[str, Any]) -> None:
    z = np.linspace(-7.0, 7.0, 60_001)
    x = values(margin_of(FAMILIES[family](**parameters)), z)
    assert np.all(np.diff(x) >= -4.0 * np.spacing(np.abs(x).max()))


def test_count_is_the_one_at_the_probability() -> None:
    distribution = FAMILIES["poisson"](mean=5000.0)
    encoded = margin_of(distribution)
    assert encoded.code == COUNT_MARGIN
    x = values(encoded, SCORES)
    assert np.all(x == np.rint(x))
    inner = np.abs(SCORES) < 6.0
    assert np.all(distribution.cdf(x)[inner] > ndtr(SCORES)[inner] - 1e-9)
    assert np.all(distribution.cdf(x - 1.0)[inner] < ndtr(SCORES)[inner] + 1e-9)


@pytest.mark.plain
def test_normal_and_lognormal_need_no_table() -> None:
    normal = margin_of(FAMILIES["normal"](mean=2.0, sd=3.0))
    assert normal == Encoded(NORMAL_MARGIN, (2.0, 3.0, 2.0, 3.0), None)
    lognormal = margin_of(FAMILIES["lognormal"](mu=0.5, sigma=0.25))
    z = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(values(lognormal, z), np.exp(0.5 + 0.25 * z), rtol=1e-15)


@pytest.mark.plain
def test_scores_beyond_the_table_are_held() -> None:
    pert = FAMILIES["pert"](min=1.0, mode=2.0, max=5.0).encode()
    assert pert.table is not None
    held = values(margin_of(FAMILIES["pert"](min=1.0, mode=2.0, max=5.0)), np.array([-50.0, -LAST_SCORE, LAST_SCORE, 50.0]))
    assert held[0] == held[1]
    assert held[2] == held[3]
    ends = np.empty(2)
    fill_table(ends, np.array([SMALLEST, 1.0 - SMALLEST]), np.empty(2, np.int64), np.empty(2), pert.table, *pert.args, 2)
    np.testing.assert_allclose(held[1:3], ends, rtol=1e-12)


@pytest.mark.plain
def test_sizes() -> None:
    table = margin_of(FAMILIES["pert"](min=0.0, mode=1.0, max=4.0)).table
    assert table is not None
    assert table.size == 2 * SCORE_PIECES * 6


@pytest.mark.plain
@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("uniform", {"min": 0.0, "max": 1.0}),
        ("triangular", {"min": 0.0, "mode": 1.0, "max": 3.0}),
        ("discrete", {"values": [1.0, 2.0], "weights": [0.5, 0.5]}),
        ("weibull", {"shape": 0.5, "scale": 2.0}),
    ],
)
def test_made_from_the_probability(family: str, parameters: dict[str, Any]) -> None:
    assert by_score(FAMILIES[family](**parameters).encode()) is None


@pytest.mark.plain
def test_a_table_that_scores_cannot_follow_is_noticed() -> None:
    # a wave in u of 300 radians: its own table has it, as do 16 pieces an octave, but 128 pieces of |z| do not
    wavy = build_table(lambda v: v + 1e-3 * np.sin(600.0 * v), lambda v: -v)
    assert wavy.size == TABLE_SIZE
    assert margin_table(wavy) is None
    assert margin_table(build_table(lambda v: v, lambda v: -v)) is not None


def test_in_a_copula_every_margin_is_at_its_own_probability() -> None:
    builder = VariatesBuilder("random", 3)
    families = [
        FAMILIES["pert"](min=0.0, mode=1.0, max=4.0),
        FAMILIES["lognormal"](mean=1.0, sd=0.3),
        FAMILIES["normal"](mean=1.0, sd=0.3),
        FAMILIES["triangular"](min=0.0, mode=1.0, max=3.0),
        FAMILIES["weibull"](shape=0.5, scale=2.0),
    ]
    members = [builder.add_uniform(f"d{k}") for k in range(len(families))]
    builder.add_group(members, np.linalg.cholesky(np.full((5, 5), 0.4) + 0.6 * np.eye(5)))
    for k, family in enumerate(families):
        builder.add_value(members[k], FAMILIES["uniform"](min=0.0, max=1.0).encode(), 2 * k)
        builder.add_value(members[k], family.encode(), 2 * k + 1)
    x = sample(builder.build(), 0, 3000)
    for k, family in enumerate(families):
        np.testing.assert_allclose(family.cdf(x[2 * k + 1]), x[2 * k], rtol=0.0, atol=1e-10)


def test_codes_are_apart_from_those_of_the_families() -> None:
    assert min(NORMAL_MARGIN, LOGNORMAL_MARGIN, TABLE_MARGIN, COUNT_MARGIN) > WHOLE_PIECES
