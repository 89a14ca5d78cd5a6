"""Measures from stored draws against closed forms, textbook definitions and other libraries."""

import math

import numpy as np
import pytest
from scipy import stats

from simengine.errors import ParameterError
from simengine.sensitivity_analysis.driver_table import DriverTable, places_of
from simengine.sensitivity_analysis.given_data import MEASURES, given_arrays, given_data, joined
from simengine.sensitivity_analysis.groups import Groups
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE, NOT_KNOWN, PLAIN, Output
from simengine.sensitivity_analysis.reading import read_output
from tests.unit.sensitivity.stored_subjects import NAMES, drawn, ishigami, normals, table

pytestmark = pytest.mark.unit

Y = [Output("y")]


def measured(x, y, sampler="sobol", **more):
    return given_arrays(x, [f"x{k + 1}" for k in range(x.shape[1])], y[:, None], Y, sampler, **more)


def row(given, measure):
    return given.found.value[MEASURES.index(measure), :, 0]


def inside(given, measure, exact, slack=0.0):
    """Whether the intervals of a measure hold the exact values."""
    m = MEASURES.index(measure)
    return (given.found.low[m, :, 0] - slack <= exact) & (exact <= given.found.high[m, :, 0] + slack)


@pytest.mark.parametrize("sampler", ["sobol", "lhs", "random"])
def test_in_a_linear_model_squared_coefficients_are_first_order_indices(sampler):
    x = normals(16384, 3, sampler)
    share = np.array([0.6, 0.3, 0.1])
    given = measured(x, x @ np.sqrt(share), sampler)
    assert given.explained[0, 0] == pytest.approx(1.0, abs=1e-9)
    assert row(given, "src") == pytest.approx(np.sqrt(share), abs=0.02)
    assert row(given, "first") == pytest.approx(share, abs=0.02)
    assert (given.found.verdict == PLAIN).all()


def test_rank_correlation_is_that_of_the_textbook_with_ties():
    x = drawn(2000, 2, "random")
    x[:, 1] = np.round(4.0 * x[:, 1])
    y = np.maximum(x[:, 0] - 0.5, 0.0) + 0.05 * x[:, 1]
    expected = [stats.spearmanr(x[:, k], y).statistic for k in range(2)]
    assert row(measured(x, y, "random"), "rank") == pytest.approx(expected, abs=1e-6)


def test_coefficients_and_partial_correlations_are_those_of_the_definition():
    z = normals(3000, 3, "random")
    x = z @ np.array([[1.0, 0.6, 0.0], [0.0, 0.8, 0.0], [0.0, 0.0, 1.0]])
    y = x[:, 0] - 2.0 * x[:, 1] + 0.3 * x[:, 2] ** 3
    given = measured(x, y, "random")

    def standard(values):
        return (values - values.mean(axis=0)) / values.std(axis=0)

    assert row(given, "src") == pytest.approx(np.linalg.lstsq(standard(x), standard(y), rcond=None)[0], abs=1e-6)
    ranks = standard(np.stack([stats.rankdata(column) for column in (*x.T, y)], axis=1))
    assert row(given, "srrc") == pytest.approx(np.linalg.lstsq(ranks[:, :3], ranks[:, 3], rcond=None)[0], abs=1e-5)
    for k in range(3):
        others = ranks[:, [j for j in range(3) if j != k]]
        left = [one - others @ np.linalg.lstsq(others, one, rcond=None)[0] for one in (ranks[:, k], ranks[:, 3])]
        assert row(given, "prcc")[k] == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-5)
    assert "correlated: x1 with x2 (0." in given.found.notes[0]


def test_ishigami_shows_what_each_measure_is_blind_to():
    given = measured(drawn(65536, 3), ishigami(drawn(65536, 3)))
    # closed forms, a = 7, b = 0.1: V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2, V1 = (1 + bπ⁴/5)²/2, V2 = a²/8
    b = 0.1 * math.pi**4
    variance = 49.0 / 8.0 + b / 5.0 + b * b / 18.0 + 0.5
    assert row(given, "first") == pytest.approx([0.5 * (1.0 + b / 5.0) ** 2 / variance, 49.0 / 8.0 / variance, 0.0], abs=0.004)
    assert inside(given, "first", np.array([0.5 * (1.0 + b / 5.0) ** 2 / variance, 49.0 / 8.0 / variance, 0.0])).all()
    verdict = dict(zip(MEASURES, given.found.verdict[:, :, 0].tolist(), strict=True))
    assert verdict["rank"] == verdict["src"] == [PLAIN, NOT_DISTINGUISHABLE, NOT_DISTINGUISHABLE]
    assert verdict["first"] == [PLAIN, PLAIN, NOT_DISTINGUISHABLE]
    assert verdict["delta"] == [PLAIN, PLAIN, PLAIN]
    # 0.264, 0.425, 0.210: distances of histograms (256 cells) at 48 values of each driver, 2^19 points; ours is a lower bound
    delta = row(given, "delta")
    assert ((np.array([0.264, 0.425, 0.210]) * 0.9 < delta) & (delta < np.array([0.266, 0.427, 0.213]))).all()


@pytest.mark.parametrize(
    ("function", "spreads", "exact"),
    [
        (lambda u: u[:, 0] * u[:, 1] + u[:, 2], None, [3 / 19, 3 / 19, 12 / 19]),  # Borgonovo
        # Saltelli 2004: C = (500, 400, 100), standard deviations 4, 2, 1: (Cσ)² / V
        (lambda u: u @ np.array([500.0, 400.0, 100.0]), (4.0, 2.0, 1.0), np.array([4e6, 64e4, 1e4]) / 465e4),
        # product of 1 + α(2u - 1)√3: V_i = α², V = Π(1 + α²) - 1
        (
            lambda u: np.prod(1.0 + np.array([1 / 2, 1 / 3, 1 / 4]) * (2.0 * u - 1.0) * math.sqrt(3.0), axis=1),
            None,
            np.array([1 / 4, 1 / 9, 1 / 16]) / (1.25 * (10 / 9) * (17 / 16) - 1.0),
        ),
    ],
    ids=["product and sum", "portfolio", "product"],
)
def test_first_order_of_functions_with_closed_forms(function, spreads, exact):
    x = drawn(16384, 3) if spreads is None else normals(16384, 3) * spreads
    given = measured(x, function(x))
    assert row(given, "first") == pytest.approx(exact, abs=0.003)
    assert inside(given, "first", np.array(exact), slack=3e-4).all()


def delta_of_normals(rho):
    """Total variation distance between two normals with a correlation and independent ones, by quadrature."""
    x, y = np.linspace(-6.0, 6.0, 1201)[:, None], np.linspace(-8.0, 8.0, 3201)[None]
    spread = math.sqrt(1.0 - rho * rho)
    apart = np.abs(stats.norm.pdf(y) - stats.norm.pdf((y - rho * x) / spread) / spread)
    return float((0.5 * apart.sum(axis=1) * (y[0, 1] - y[0, 0]) * stats.norm.pdf(x[:, 0])).sum() * (x[1, 0] - x[0, 0]))


@pytest.mark.parametrize(("rho", "least"), [(0.8, 0.97), (0.5, 0.96), (0.2, 0.85)])
def test_delta_of_two_normals(rho, least):
    z = normals(65536, 2)
    given = measured(z[:, :1], rho * z[:, 0] + math.sqrt(1.0 - rho * rho) * z[:, 1])
    exact = delta_of_normals(rho)
    assert least * exact < row(given, "delta")[0] < exact + 0.003


def test_delta_has_no_bias_without_an_effect_where_distances_of_counts_have():
    z = normals(16384, 8, "random")
    reading = read_output(table(z[:, :7], "random"), z[:, 7])
    ours = reading.distances.mean(axis=1)
    joint = reading.counts.sum(axis=1) / 16384
    summed = 0.5 * np.abs(joint - joint.sum(axis=1, keepdims=True) * joint.sum(axis=2, keepdims=True)).sum(axis=(1, 2))
    assert np.abs(ours).max() < 0.02
    assert summed.min() > 0.15


def test_values_that_come_up_again_and_again():
    u = drawn(16384, 3)
    x = np.stack([np.floor(2.0 * u[:, 0]), np.floor(3.0 * u[:, 1]), u[:, 2]], axis=1)
    # the output is the first driver itself: f given it is one of two points, half of all draws each, so delta is 1/2
    given = measured(x, x[:, 0])
    assert row(given, "delta")[0] == pytest.approx(0.5, abs=0.002)
    assert row(given, "first")[0] == pytest.approx(1.0, abs=1e-6)
    # variance of a value from 0, 1, 2 is 2/3, of a uniform 1/12
    given = measured(x, x[:, 1] + x[:, 2])
    assert row(given, "first") == pytest.approx([0.0, 8 / 9, 1 / 9], abs=0.002)


def test_a_constant_output_and_a_constant_driver():
    x = drawn(1024, 3)
    x[:, 2] = 7.0
    given = given_arrays(x, NAMES, np.stack([np.full(1024, 3.0), x[:, 0]], axis=1), [*Y, Output("z")], "sobol")
    assert (given.found.verdict[:, :, 0] == NO_VARIATION).all()
    assert (given.found.value[:, 2, 1] == 0.0).all()
    assert (given.found.verdict[:, 2, 1] == NOT_DISTINGUISHABLE).all()
    assert "x3: the same in all draws, so without effect here" in given.found.notes


def test_failed_draws_are_left_out_and_no_other_draw_changes_its_group():
    x = drawn(4096, 3)
    y = ishigami(x)
    y[[5, 100, 4000]] = [np.nan, np.inf, np.nan]
    given = measured(x, y)
    good = np.isfinite(y)
    by_hand = measured(x, np.where(good, y, 0.0), good=good)
    assert given.found.attrs["failed"] == 3
    assert given.found.attrs["draws"] == 4093
    for key in ("value", "low", "high"):
        assert np.array_equal(getattr(given.found, key), getattr(by_hand.found, key))
    groups = Groups.of(4096, "sobol", good)
    assert all((groups.order[a:b] % 16 == g).all() for g, (a, b) in enumerate(zip(groups.bounds[:-2], groups.bounds[1:-1], strict=True)))


def test_a_driver_without_values_is_left_out_and_named():
    x = drawn(1024, 3)
    x[:, 1] = np.nan
    given = measured(x, x[:, 0])
    assert given.found.units == ("x1", "x3")
    assert given.found.notes == ("x2: without a value in some draws, left out",)


@pytest.mark.parametrize(("draws", "sampler"), [(48, "sobol"), (300, "lhs"), (16, "random"), (1, "random")])
def test_too_few_draws_are_not_known(draws, sampler):
    given = measured(drawn(draws, 3), ishigami(drawn(draws, 3)), sampler)
    assert (given.found.verdict == NOT_KNOWN).all()
    assert np.isnan(given.found.value).all()
    assert given.found.notes == (f"{draws} draws are too few for measures with intervals",)


def test_drivers_that_follow_from_each_other_are_named_and_the_others_stay_right():
    x = normals(4096, 4, "random")
    x[:, 2] = 3.0 - 2.0 * x[:, 0]
    y = x[:, 0] + x[:, 1] + 0.5 * x[:, 3]
    given = measured(x, y, "random")
    assert given.entangled == (("x1", "x3"),)
    assert np.isnan(row(given, "src")[[0, 2]]).all()
    assert (given.found.verdict[MEASURES.index("prcc"), [0, 2], 0] == NOT_KNOWN).all()
    alone = measured(x[:, [0, 1, 3]], y, "random")
    assert row(given, "src")[[1, 3]] == pytest.approx(row(alone, "src")[1:], abs=1e-5)
    assert "x1, x3 follow from each other in these draws: partial and regression measures cannot tell them apart" in given.found.notes


def test_a_driver_that_is_used_by_nothing_is_below_the_noise_of_the_dummies():
    x = drawn(4096, 40, "random")
    given = measured(x, x[:, 0] + 0.2 * x[:, 1], "random")
    wrong = (given.found.verdict[:, 2:, 0] == PLAIN).mean(axis=1)
    # an interval alone would call one in twenty different from zero
    assert (wrong <= 0.09).all()
    assert (given.found.verdict[:, 0, 0] == PLAIN).all()
    assert (given.floor > 0.0).all()


def test_drivers_read_in_pieces_are_the_same():
    x = drawn(3000, 3, "lhs")
    groups = Groups.of(3000, "lhs")
    pieces = DriverTable.read(NAMES, (x[a : a + 700] for a in range(0, 3000, 700)), groups, 3000)
    whole = DriverTable.of(x, NAMES, "lhs")
    assert np.array_equal(pieces.places, whole.places)
    assert np.array_equal(pieces.values, whole.values)


def test_small_differences_far_from_nought_are_kept():
    u = drawn(4096, 2)
    x = np.stack([2.0e5 + 1e-3 * u[:, 0], u[:, 1]], axis=1)
    assert row(measured(x, u[:, 0]), "src") == pytest.approx([1.0, 0.0], abs=2e-3)


def test_places_share_the_middle_of_ties():
    assert places_of(np.array([3.0, 1.0, 1.0, 2.0])).tolist() == [57344, 16384, 16384, 40960]


def test_hypercubes_are_kept_whole_and_what_is_left_counts_in_no_group():
    groups = Groups.of(17 * 256 + 10, "lhs")
    assert groups.count == 16
    assert sorted(set(np.diff(groups.bounds)[:-1].tolist())) == [256, 512]
    assert groups.sizes[-1] == 10


def test_the_jackknife_of_a_mean_is_its_t_interval():
    y = normals(4096, 1, "random")[:, 0]
    groups = Groups.of(4096, "random")
    means = y[groups.order][: groups.bounds[-2]].reshape(16, -1).mean(axis=1)
    without = (means.sum() - means) / 15.0
    expected = stats.t.ppf(0.975, 15) * means.std(ddof=1) / 4.0
    assert groups.jackknife(without) == pytest.approx(expected)
    assert groups.spread(means) == pytest.approx(expected)


def test_errors_say_what_is_wrong():
    with pytest.raises(ParameterError, match="sampler: must be one of sobol, lhs, random"):
        Groups.of(100, "halton")
    with pytest.raises(ValueError, match="an output is not finite in a draw that counts"):
        given_data(table(drawn(1024, 2)), Y, [np.full(1024, np.nan)])


def test_parts_are_joined_in_the_order_of_all_outputs():
    x = drawn(1024, 3)
    first = given_data(table(x), [Output("a"), Output("c")], [x[:, 0], x[:, 2]])
    second = given_arrays(x[:, :2], NAMES[:2], x[:, 1:2], [Output("b")], "sobol")
    found = joined([([0, 2], first), ([1], second)]).found
    assert [output.name for output in found.outputs] == ["a", "b", "c"]
    assert np.array_equal(found.value[:, :, [0, 2]], first.found.value)
    assert np.isnan(found.value[:, 2, 1]).all()
    assert (found.verdict[:, 2, 1] == NOT_KNOWN).all()
    assert len(list(found.rows())) == len(MEASURES) * 3 * 3


@pytest.mark.plain
def test_what_is_read_is_what_numpy_counts():
    x = drawn(64, 2, "random")
    y = np.round(8.0 * x[:, 0] * x[:, 1])
    made = table(x, "random")
    reading = read_output(made, y)
    order = made.groups.order
    place, rank = made.places.astype(np.int64), places_of(y[order]).astype(np.int64)
    for row_, own in enumerate(place):
        for group in range(16):
            at = slice(made.groups.bounds[group], made.groups.bounds[group + 1])
            sums = np.bincount((own[at] * made.bins) >> 16, y[order][at] - y.mean(), made.bins)
            assert reading.sums[row_, group] == pytest.approx(sums)
            counts = np.histogram2d(own[at], rank[at], made.cells, [[0, 65536], [0, 65536]])[0]
            assert np.array_equal(reading.counts[row_, group], counts)
            assert reading.ranked[row_, group] == ((own[at] - 32768) * (rank[at] - 32768)).sum()
            assert reading.linear[row_, group] == pytest.approx((made.values[row_, at] * (y[order][at] - y.mean())).sum())
        assert reading.distances[row_] == pytest.approx(held_out(reading.counts[row_].astype(float)))


def held_out(counts):
    """Delta by each group alone, written as it is described: signs by the finest cell in which they are clear."""

    def apart(one):
        return one - one.sum(axis=1, keepdims=True) * one.sum(axis=0, keepdims=True) / one.sum()

    found = []
    for group in range(16):
        others, levels = counts.sum(axis=0) - counts[group], []
        while len(others) >= 4:
            levels.append(others)
            others = others[::2, ::2] + others[1::2, ::2] + others[::2, 1::2] + others[1::2, 1::2]
        sign = np.sign(apart(levels[-1]))
        for level in levels[-2::-1]:
            expected = level.sum(axis=1, keepdims=True) * level.sum(axis=0, keepdims=True) / level.sum()
            sign = np.where(apart(level) ** 2 > 2.25 * expected, np.sign(apart(level)), np.kron(sign, np.ones((2, 2))))
        found.append(0.5 * (sign * apart(counts[group])).sum() / counts[group].sum())
    return np.array(found)
