"""Shapley effects against closed forms, for independent and for correlated units, and what must hold on every draw."""

import numpy as np
import pytest
from scipy.special import ndtri

from simengine.errors import SimulationError, StudyError
from simengine.sensitivity_analysis.measures import NO_VARIATION, NOT_DISTINGUISHABLE
from simengine.sensitivity_analysis.shapley import shapley
from simengine.sensitivity_analysis.subject import FROM_A, FROM_B, Unit
from simengine.sensitivity_analysis.walk import orders
from tests.convergence.reference_functions import gaussian_linear_shapley, ishigami, product_and_sum, two_normals_shapley
from tests.unit.sensitivity.toy import Toy

pytestmark = pytest.mark.unit

BETA, SD, RHO = (1.0, 2.0), (1.0, 0.8), 0.6


def of_reference(reference, points, **further):
    return Toy(reference.f, reference.names, points, marginal=reference.marginal, **further)


def two_normals(points, cluster=0, **further):
    units = [Unit("a", "cost", cluster), Unit("b", "quality", cluster)]
    rho = np.array([[1.0, RHO], [RHO, 1.0]])
    return Toy(lambda x: BETA[0] * SD[0] * x[0] + BETA[1] * SD[1] * x[1], units, points, rho=rho, **further)


def inside(found, exact, unit, output=0):
    value, low, high = found.at("shapley", unit, output)
    width = high - low
    assert abs(value - exact) < 1.5 * (width / 2) + 1e-12, (unit, value, exact, width)
    return width


@pytest.mark.parametrize("sampler", ["sobol", "random", "lhs"])
def test_interactions_are_shared_equally(sampler):
    reference = ishigami()
    found = shapley(of_reference(reference, 8192, sampler=sampler), 8192)
    # S + S13/2 for x1, S for x2, S13/2 for x3: PEERS.md has S and S13
    np.testing.assert_allclose(reference.shapley, [0.313905 + 0.121842, 0.442411, 0.121842], atol=1e-6)
    assert max(inside(found, exact, unit) for unit, exact in zip(reference.names, reference.shapley, strict=True)) < 0.1


def test_correlated_units_are_drawn_given_each_other():
    exact = two_normals_shapley(BETA, SD, RHO)
    np.testing.assert_allclose(exact, [0.408905, 0.591095], atol=1e-6)
    found = shapley(two_normals(4096), 4096)
    assert max(inside(found, exact[k], unit) for k, unit in enumerate("ab")) < 0.01
    assert found.attrs["runs"] == 4096 * 4


def test_as_if_they_were_independent_the_answer_is_another():
    """The control: values correlated in both designs, but mixed as if they were not."""
    root = np.linalg.cholesky([[1.0, RHO], [RHO, 1.0]])
    found = shapley(two_normals(4096, cluster=-1, marginal=lambda u: root @ ndtri(u)), 4096)
    value, low, high = found.at("shapley", "a")
    assert abs(value - two_normals_shapley(BETA, SD, RHO)[0]) > 5 * (high - low)


def test_gaussian_sum_of_two_clusters_and_a_unit_alone():
    covariance = np.eye(5)
    covariance[0, 1] = covariance[1, 0] = 0.7
    covariance[2, 3] = covariance[3, 2] = -0.5
    beta = np.array([1.0, -0.5, 2.0, 1.0, 0.8])
    units = [Unit("a", cluster=0), Unit("b", cluster=0), Unit("c", cluster=1), Unit("d", cluster=1), Unit("e")]

    def marginal(u):
        x = np.zeros_like(u)
        x[4] = ndtri(u[4])
        return x

    found = shapley(Toy(lambda x: beta @ x, units, 4096, rho=covariance, marginal=marginal), 4096)
    for k, exact in enumerate(gaussian_linear_shapley(beta, covariance)):
        assert inside(found, exact, "abcde"[k]) < 0.1


def test_effects_of_every_output_sum_to_one_whatever_the_size():
    subject = Toy(lambda x: np.stack([x[0] * x[1] + x[2], np.exp(x[0]) - x[2], x[1] ** 3]), "abc", 64)
    found = shapley(subject, 48)
    np.testing.assert_allclose(found.value[0].sum(axis=0), 1.0, rtol=0, atol=1e-14)
    np.testing.assert_allclose(shapley(two_normals(64), 32).value[0].sum(axis=0), 1.0, rtol=0, atol=1e-14)


@pytest.mark.plain
@pytest.mark.parametrize("cluster", [-1, 0])
def test_sums_of_a_plain_walk(cluster):
    """The same estimator written down point by point."""
    units = [Unit("a", cluster=cluster), Unit("b", cluster=cluster), Unit("c")]
    subject = Toy(lambda x: x[0] * x[1] + np.sin(x[2]), units, 48, rho=np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1.0]]))
    found = shapley(subject, 48, seed=7, threads=1)
    order, piece, sums = orders(7, "sensitivity.shapley", 3, (0, 48)), subject.piece(0, 48), np.zeros(3)

    def f(members, point):
        take = np.array([FROM_A if k in members else FROM_B for k in range(3)], dtype=np.uint8)[None, :, None]
        return piece.evaluate(take, conditional=cluster >= 0)[0, 0, point]

    for n in range(48):
        for way in (order[:, n], order[::-1, n]) if cluster >= 0 else (order[:, n],):
            a, b = f({0, 1, 2}, n), f(set(), n)
            for k, joins in enumerate(way):
                last, now = f(set(way[:k]), n), f(set(way[: k + 1]), n)
                sums[joins] += (a - (now + last) / 2) * (now - last) if cluster >= 0 else 0.5 * (a - b) * (now - last)
    np.testing.assert_allclose(found.value[0, :, 0], sums / sums.sum(), rtol=1e-12)


def test_threads_do_not_show():
    reference = product_and_sum()
    one, two = (shapley(of_reference(reference, 8192 + 512), 8192 + 512, threads=threads) for threads in (1, 2))
    assert one.value.tobytes() == two.value.tobytes()
    assert one.low.tobytes() == two.low.tobytes()


def test_a_unit_of_no_effect_has_exactly_none():
    found = shapley(Toy(lambda x: x[0] + x[1], "abc", 64), 64)
    assert found.at("shapley", "c") == (0.0, 0.0, 0.0)
    assert found.verdict[0, 2, 0] == NOT_DISTINGUISHABLE


def test_an_output_that_does_not_vary_is_said_to():
    found = shapley(Toy(lambda x: np.stack([x[0], 0.0 * x[0] + 3.0]), "ab", 64), 64)
    assert (found.verdict[0, :, 1] == NO_VARIATION).all()
    assert np.isnan(found.value[0, :, 1]).all()
    assert found.value[0, 0, 0] == 1.0


def test_groups_are_players_also_where_they_are_correlated():
    found = shapley(two_normals(1024), 1024, groups="category")
    assert found.units == ("cost", "quality")
    assert found.kind == "group"
    alone = shapley(two_normals(1024), 1024)
    np.testing.assert_array_equal(found.value, alone.value)
    together = shapley(two_normals(1024), 1024, groups={"both": ["a", "b"]})
    assert together.value.tolist() == [[[1.0]]]
    assert together.attrs["conditional"] == 0


def test_a_point_that_fails_is_left_out_and_the_rest_is_right():
    reference = product_and_sum()

    def f(x):
        value = reference.f(x)
        return np.stack([value, np.where(x[2] > 0.9999, np.nan, value)])

    found = shapley(Toy(f, reference.names, 8192), 8192)
    assert 0 < found.attrs["failed"] < 82
    assert f"{found.attrs['failed']:,} of 8,192 points left out: an output was not finite" in found.notes[-1]
    np.testing.assert_array_equal(found.value[:, :, 0], found.value[:, :, 1])
    for exact, unit in zip(reference.shapley, reference.names, strict=True):
        inside(found, exact, unit)


def test_too_many_failed_points_end_it():
    subject = Toy(lambda x: np.where(x[0] > 0.9, np.nan, x[0]), "ab", 512)
    with pytest.raises(SimulationError, match="points left out: an output was not finite .*: more than 1 %"):
        shapley(subject, 512)


def test_errors_name_everything_at_once():
    with pytest.raises(StudyError) as caught:
        shapley(Toy(lambda x: x[0], ["price", "need"], 16), 16, groups={"g": ["prise", "need"], "h": ["need"]})
    assert str(caught.value) == (
        'groups.g: is not a driver in use (found "prise"). Did you mean "price"?\ngroups.h: is in group g already (found "need").'
    )
    with pytest.raises(StudyError, match="points: must be 1 or more \\(found 0\\)"):
        shapley(Toy(lambda x: x[0], ["price"], 16), 0)
    nothing = Toy(lambda x: x[0], ["price"], 16)
    nothing.units = ()
    nothing.outputs = ()
    with pytest.raises(StudyError, match="drivers: nothing is drawn.*\noutputs: no output is asked for"):
        shapley(nothing, 16)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["sobol", "random"])
@pytest.mark.parametrize("correlated", [False, True])
def test_coverage(sampler, correlated):
    """Over 2,000 repeats 93.5 to 96.5 % of the intervals hold the exact effect, and are at most 1.25 times as wide as they need to be."""
    reference = product_and_sum()
    exact = two_normals_shapley(BETA, SD, RHO) if correlated else reference.shapley
    values, half, repeats = [], [], 2000
    for seed in range(repeats):
        subject = two_normals(256, sampler=sampler, seed=seed) if correlated else of_reference(reference, 256, sampler=sampler, seed=seed)
        found = shapley(subject, 256, seed=seed, threads=1)
        values.append(found.value[0, :, 0])
        half.append((found.high - found.low)[0, :, 0] / 2)
    values, half = np.array(values), np.array(half)
    covered = (np.abs(values - exact) <= half).mean(axis=0)
    assert ((covered >= 0.935) & (covered <= 0.965)).all(), covered
    assert (half.mean(axis=0) <= 1.25 * 1.96 * values.std(axis=0)).all(), half.mean(axis=0) / (1.96 * values.std(axis=0))
