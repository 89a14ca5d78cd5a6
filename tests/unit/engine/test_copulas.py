"""copulas.py and the group kernel: the Student t copula against its formulas, and its tables against scipy."""

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr, t

from simengine.distributions import FAMILIES
from simengine.distributions.base import Row
from simengine.engine.copulas import fill_student_t_cdf, mixing_table, student_t_table
from simengine.engine.tile import STRIDE
from simengine.engine.variates_builder import VariatesBuilder, sample
from simengine.sampling.dependence import factor, kendall_to_pearson, spearman_to_student_t
from simengine.sampling.design import DESIGNS, uniforms

pytestmark = pytest.mark.unit

EVEN = FAMILIES["uniform"](min=0, max=1).encode()


def pair(rho: float, df: float, draws: int, design: str = "sobol", seed: int = 5) -> Row:
    builder = VariatesBuilder(design, seed)
    members = [builder.add_uniform(name, 0, column) for column, name in enumerate("ab")]
    mixing = builder.add_uniform("correlation.a+b")
    builder.add_group(members, factor("ab", [[1, rho], [rho, 1]]), mixing, df)
    for row, member in enumerate(members):
        builder.add_value(member, EVEN, row)
    return sample(builder.build(), 0, draws)


@pytest.mark.parametrize("df", [1.0, 2.5, 4.0, 30.0, 1000.0])
def test_distribution_function_against_scipy(df: float) -> None:
    # below 1e-3 scipy's own function has lost digits; beyond 2^-34 the place in the table is held
    x = np.concatenate([[0.0], np.geomspace(1e-3, t.isf(2.0**-34, df), 199)])
    for start in range(0, len(x), 100):
        part = x[start : start + 100]
        for sign in (-1.0, 1.0):
            row, spare = np.zeros(STRIDE), np.zeros(STRIDE)
            row[: len(part)] = sign * part
            fill_student_t_cdf(row, spare, df, np.zeros(STRIDE, np.int64), np.zeros(STRIDE), student_t_table(df), len(part))
            wanted = t.cdf(sign * part, df)
            np.testing.assert_allclose(row[: len(part)], wanted, rtol=1e-9 if sign < 0 else 1e-15, atol=1e-11)


def test_not_a_number_stays_one() -> None:
    row = np.full(STRIDE, np.nan)
    fill_student_t_cdf(row, np.zeros(STRIDE), 3.0, np.zeros(STRIDE, np.int64), np.zeros(STRIDE), student_t_table(3.0), 4)
    assert np.isnan(row[:4]).all()


@pytest.mark.plain
def test_pair_by_hand() -> None:
    """The definition, written out: normal scores times the factor, over the root of a chi-squared over its degrees of freedom."""
    from scipy.stats import chi2, norm

    rho, df = 0.6, 3.0
    z = norm.ppf([uniforms(5, name, 30) for name in "ab"])
    w = chi2.ppf(uniforms(5, "correlation.a+b", 30), df)
    scores = np.array([z[0], rho * z[0] + np.sqrt(1 - rho * rho) * z[1]]) * np.sqrt(df / w)
    np.testing.assert_allclose(pair(rho, df, 30, "random"), t.cdf(scores, df), rtol=1e-9)


@pytest.mark.parametrize("design", list(DESIGNS))
def test_margins_stay_uniform(design: str) -> None:
    u = pair(0.7, 2.0, 16384, design)
    for row in u:
        assert np.abs(np.sort(row) - (np.arange(16384) + 0.5) / 16384).max() < 1.63 / np.sqrt(16384)


@pytest.mark.parametrize(("rank", "df"), [(0.5, 2.0), (-0.7, 4.0), (0.3, 10.0)])
def test_rank_correlation_is_as_asked(rank: float, df: float) -> None:
    u = pair(spearman_to_student_t(rank, df), df, 2**17)
    assert spearmanr(*u).statistic == pytest.approx(rank, abs=0.006)


def test_kendall_is_as_asked() -> None:
    u = pair(kendall_to_pearson(0.4), 3.0, 2**14)
    assert kendalltau(*u).statistic == pytest.approx(0.4, abs=0.015)


@pytest.mark.parametrize(("rho", "df"), [(0.5, 2.0), (0.3, 4.0), (0.8, 4.0)])
def test_tail_dependence_against_its_formula(rho: float, df: float) -> None:
    """lambda = 2 T_{df+1}(-sqrt((df + 1)(1 - rho)/(1 + rho))) (Demarta and McNeil 2005, equation 13); a Gaussian pair has none."""
    wanted = 2 * t.cdf(-np.sqrt((df + 1) * (1 - rho) / (1 + rho)), df + 1)
    draws, level = 2**20, 0.001
    u = pair(rho, df, draws, "random")
    for side in (u, 1 - u):
        found = ((side[0] < level) & (side[1] < level)).mean() / level
        # at a finite level the ratio still lies a little above its limit
        assert found == pytest.approx(wanted, abs=4 * np.sqrt(wanted / (level * draws)) + 0.03)
    builder = VariatesBuilder("random", 5)
    members = [builder.add_uniform(name) for name in "ab"]
    builder.add_group(members, factor("ab", [[1, rho], [rho, 1]]))
    for row, member in enumerate(members):
        builder.add_value(member, EVEN, row)
    gaussian = sample(builder.build(), 0, draws)
    assert ((gaussian[0] < level) & (gaussian[1] < level)).mean() / level < 0.6 * wanted


@pytest.mark.plain
def test_mixing_factor_against_scipy() -> None:
    from scipy.stats import chi2

    builder = VariatesBuilder("random", 2)
    table = mixing_table(4.0)
    from simengine.distributions.base import TABLE, Encoded

    builder.add_value(builder.add_uniform("w"), Encoded(TABLE, (0.0, 1.0, 0.0, 1.0), table), 0)
    np.testing.assert_allclose(sample(builder.build(), 0, 40)[0], np.sqrt(4.0 / chi2.ppf(uniforms(2, "w", 40), 4.0)), rtol=1e-10)
