"""variates.py: the one pass over all drivers against its parts, correlation, and the same bits with the compiler off."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from simengine.distributions import FAMILIES
from simengine.distributions.unit_gamma import UnitGamma
from simengine.distributions.unit_lognormal import UnitLognormal
from simengine.engine.tile import BLOCK, STRIDE, TILE
from simengine.engine.variates import Variates, draw_tile, fill_uniform, new_variate_scratch
from simengine.engine.variates_builder import VariatesBuilder, sample
from simengine.errors import ParameterError
from simengine.jit import JIT_OFF
from simengine.sampling.dependence import factor, kendall_to_pearson, spearman_to_pearson
from simengine.sampling.design import DESIGNS, uniforms

pytestmark = pytest.mark.unit

EVEN = FAMILIES["uniform"](min=0, max=1).encode()
NORMAL = FAMILIES["normal"](mean=0, sd=1).encode()


def study(design: str, *, with_tables: bool = True) -> Variates:
    """One driver of every kind: columns, paths by year, groups; rows 0 ... in order."""
    builder = VariatesBuilder(design, 7)
    drivers = [
        FAMILIES["uniform"](min=1, max=3),
        FAMILIES["triangular"](min=0, mode=1, max=5),
        FAMILIES["normal"](mean=1, sd=2),
        FAMILIES["lognormal"](mean=1, sd=0.2),
        FAMILIES["discrete"](values=[1, 2, 3], weights=[0.2, 0.3, 0.5]),
        FAMILIES["bernoulli"](p=0.3),
        FAMILIES["normal"](mean=2, sd=0),
        UnitLognormal(0.05),
    ]
    if with_tables:
        drivers += [FAMILIES["pert"](min=0, mode=1, max=5), FAMILIES["pert"](min=2, mode=3, max=7, shape=6), UnitGamma(0.05)]
    row = 0
    for column, driver in enumerate(drivers):
        builder.add_value(builder.add_uniform(f"d{column}", 0, column), driver.encode(), row)
        row += 1
    for year in range(5):
        builder.add_value(builder.add_uniform("path", year, 40), NORMAL, row)
        row += 1
    for year in range(2):
        members = [builder.add_uniform(f"g{j}", year, 20 + j) for j in range(3)]
        builder.add_group(members, factor("abc", [[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]))
        # by the probability, and by the score
        for member, driver in zip(members * 2, [drivers[1]] * 3 + (drivers[2:4] + drivers[8:9] if with_tables else []), strict=False):
            builder.add_value(member, driver.encode(), row)
            row += 1
    return builder.build()


def digest(*, with_tables: bool) -> str:
    found = hashlib.sha256()
    for design in DESIGNS:
        found.update(sample(study(design, with_tables=with_tables), 512 * 5 + 3, 40).tobytes())
    return found.hexdigest()


@pytest.mark.plain
def test_sizes() -> None:
    assert (TILE, STRIDE, BLOCK) == (512, 520, 4096)


@pytest.mark.plain
def test_known_bits() -> None:
    """The same on every machine and with the compiler off; table-driven families depend on scipy's last bits and are left out."""
    assert digest(with_tables=False) == "99dc284da519c7ef246722213e4db43feee34b590d826758b95809165b7e8186"


@pytest.mark.skipif(JIT_OFF, reason="compares with the compiler off")
def test_same_bits_with_the_compiler_off() -> None:
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['digest'](with_tables=True))"
    folders = os.pathsep.join([*filter(None, sys.path), os.getcwd()])
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": folders}
    done = subprocess.run([sys.executable, "-c", code, __file__], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [digest(with_tables=True)]


@pytest.mark.plain
@pytest.mark.parametrize("design", list(DESIGNS))
def test_uniforms_are_those_of_the_sampling_layer(design: str) -> None:
    """Singles, pairs of consecutive years (2 with 3, not 3 with 4) and a column, with rows out of order."""
    builder = VariatesBuilder(design, 11)
    wanted = []
    for row, (name, component, column) in enumerate([("a", 0, 3), ("a", 1, 3), ("b", 2, -1), ("b", 3, -1), ("c", 3, -1), ("c", 4, -1)]):
        builder.add_value(builder.add_uniform(name, component, column), EVEN, 5 - row)
        wanted.insert(0, uniforms(11, name, 20, design, column, component, first=1000))
    assert np.array_equal(sample(builder.build(), 1000, 20), wanted)


@pytest.mark.plain
def test_consecutive_years_share_a_call() -> None:
    variates = study("sobol", with_tables=False)
    # Year 0 of the path owns a column; years 2 and 3 are a pair, years 1 and 4 are single.
    assert variates.batch_kind.tolist() == [0] * 10 + [1, 0, 2, 2]
    assert study("random", with_tables=False).batch_kind.tolist() == [0] * 8 + [1, 1, 0, 2, 2]


@pytest.mark.plain
def test_design_by_code() -> None:
    for design, code in DESIGNS.items():
        assert VariatesBuilder(code, 1).build().uniforms.design == VariatesBuilder(design, 1).build().uniforms.design == code  # type: ignore[arg-type]


@pytest.mark.parametrize("design", list(DESIGNS))
def test_tiles_do_not_show(design: str) -> None:
    variates = study(design)
    run = sample(variates, 0, 1500)
    assert np.isfinite(run).all()
    for first, count in ((0, 512), (100, 1), (511, 2), (600, 900)):
        assert np.array_equal(sample(variates, first, count), run[:, first : first + count])


@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
def test_an_unrelated_driver_changes_no_other(design: str) -> None:
    def run(*, more: bool) -> np.ndarray:
        builder = VariatesBuilder(design, 3)
        if more and design != "sobol":
            builder.add_value(builder.add_uniform("earlier"), NORMAL, 2)
        builder.add_value(builder.add_uniform("a", 0, 0), NORMAL, 0)
        builder.add_value(builder.add_uniform("b", 0, 1), NORMAL, 1)
        if more:
            builder.add_value(builder.add_uniform("later", 0, 2), NORMAL, 3)
        return sample(builder.build(), 0, 600)[:2]

    assert np.array_equal(run(more=True), run(more=False))


def grouped(matrix: list[list[float]], design: str = "sobol", draws: int = 16384) -> np.ndarray:
    builder = VariatesBuilder(design, 5)
    members = [builder.add_uniform(f"g{j}", 0, j) for j in range(len(matrix))]
    builder.add_group(members, factor([f"g{j}" for j in range(len(matrix))], matrix))
    for row, member in enumerate(members):
        builder.add_value(member, EVEN, row)
    return sample(builder.build(), 0, draws)


@pytest.mark.parametrize("design", list(DESIGNS))
def test_rank_correlation_is_as_asked(design: str) -> None:
    wanted = np.array([[1, 0.5, -0.3], [0.5, 1, 0.2], [-0.3, 0.2, 1]])
    u = grouped([[1.0 if r == 1 else spearman_to_pearson(r) for r in row] for row in wanted.tolist()], design)
    np.testing.assert_allclose(spearmanr(u.T).statistic, wanted, atol=0.03)
    assert np.abs(u.mean(axis=1) - 0.5).max() < 0.01
    assert 0 < u.min() < u.max() < 1


def test_kendall_is_as_asked() -> None:
    from scipy.stats import kendalltau

    u = grouped([[1, kendall_to_pearson(0.4)], [kendall_to_pearson(0.4), 1]])
    assert kendalltau(*u).statistic == pytest.approx(0.4, abs=0.02)


@pytest.mark.plain
def test_group_by_hand() -> None:
    """Scores times the factor, in another order of operations."""
    matrix = [[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]
    u = np.array([uniforms(5, f"g{j}", 30) for j in range(3)])
    wanted = norm.cdf(np.linalg.cholesky(matrix) @ norm.ppf(u))
    np.testing.assert_allclose(grouped(matrix, "random", 30), wanted, rtol=1e-10)


@pytest.mark.plain
def test_perfect_correlation_gives_equal_and_opposite_values() -> None:
    u = grouped([[1, 1, -1], [1, 1, -1], [-1, -1, 1]], "random", 30)
    np.testing.assert_allclose(u[1], u[0], rtol=1e-13)
    np.testing.assert_allclose(u[2], 1 - u[0], rtol=1e-12)


@pytest.mark.plain
def test_yearly_parameters_share_the_uniform() -> None:
    builder = VariatesBuilder("random", 1)
    index = builder.add_uniform("a")
    for year in range(3):
        builder.add_value(index, FAMILIES["uniform"](min=year, max=year + 1).encode(), year)
    x = sample(builder.build(), 0, 20)
    np.testing.assert_allclose(x - np.arange(3)[:, None], np.broadcast_to(uniforms(1, "a", 20), (3, 20)), atol=1e-15)


@pytest.mark.plain
def test_equal_tables_are_kept_once() -> None:
    builder = VariatesBuilder("random", 1)
    pert = FAMILIES["pert"](min=0, mode=1, max=4).encode()
    wider = FAMILIES["pert"](min=0, mode=2, max=8).encode()
    other = FAMILIES["pert"](min=0, mode=3, max=8).encode()
    for row, encoded in enumerate((pert, wider, other, pert)):
        builder.add_value(builder.add_uniform(f"d{row}"), encoded, row)
    assert pert.table is not None
    assert builder.add_table(pert.table) == 0
    assert builder.add_table(None) == -1
    variates = builder.build()
    assert variates.tables.size == 2 * pert.table.size
    assert variates.table_start.tolist() == [0, 0, pert.table.size, 0]


@pytest.mark.plain
def test_rows_without_a_value_are_left_alone() -> None:
    builder = VariatesBuilder("random", 1)
    builder.add_value(builder.add_uniform("a"), EVEN, 1)
    variates = builder.build()
    rows = np.full(3 * STRIDE, -1.0)
    draw_tile(variates, 0, 20, rows, new_variate_scratch(variates))
    assert np.all(rows[:STRIDE] == -1.0)
    assert np.array_equal(rows[STRIDE : STRIDE + 20], uniforms(1, "a", 20))
    assert np.all(rows[STRIDE + 20 :] == -1.0)
    assert np.isnan(sample(variates, 0, 5)[0]).all()


@pytest.mark.plain
def test_one_uniform_for_a_volatility() -> None:
    variates = study("lhs", with_tables=False)
    u = np.empty(TILE)
    fill_uniform(u, variates, 9, 512, 20)
    assert np.array_equal(u[:20], uniforms(7, "path", 20, "lhs", 40, 1, first=512))


@pytest.mark.plain
def test_nothing_to_draw() -> None:
    assert sample(VariatesBuilder("sobol", 1).build(), 0, 5).shape == (0, 5)


@pytest.mark.plain
def test_a_driver_in_two_groups() -> None:
    builder = VariatesBuilder("random", 1)
    a, b, c = (builder.add_uniform(name) for name in "abc")
    builder.add_group([a, b], np.eye(2))
    with pytest.raises(ParameterError, match="b: stands in more than one correlation"):
        builder.add_group([b, c], np.eye(2))
    with pytest.raises(ParameterError, match="c: stands in more than one correlation"):
        builder.add_group([c, c], np.eye(2))
    with pytest.raises(ParameterError, match="factor: must have 1 rows and columns"):
        builder.add_group([c], np.eye(2))


@pytest.mark.plain
def test_wrong_design_and_seed() -> None:
    with pytest.raises(ParameterError, match="design: must be one of random, lhs, sobol"):
        VariatesBuilder("halton", 1).build()
    builder = VariatesBuilder("random", -1)
    builder.add_uniform("a")
    with pytest.raises(ParameterError, match="seed: must be a whole number"):
        builder.build()
