"""The references themselves: values from formulae are those of the survey of peers, and simulation finds them (given the time)."""

import numpy as np
import pytest

from simengine.sensitivity_analysis.shapley import shapley
from simengine.sensitivity_analysis.sobol import sobol
from tests.convergence.reference_functions import (
    all_references,
    dirichlet_product,
    gaussian_linear_shapley,
    ishigami,
    linear_normal_evppi,
    portfolio,
    product_and_sum,
    sobol_g,
    two_normals_shapley,
)
from tests.unit.sensitivity.toy import Toy, uniforms

pytestmark = pytest.mark.convergence

#: PEERS.md section 4b, six decimals: variance, first order, total.
SURVEY = [
    (ishigami(), (13.844588, [0.313905, 0.442411, 0.0], [0.557589, 0.442411, 0.243684])),
    (ishigami(b=0.05), (8.916942, [0.218519, 0.686895, 0.0], [0.313105, 0.686895, 0.094587])),
    (
        sobol_g((0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)),
        (
            0.465424,
            [0.716192, 0.179048, 0.023676, 0.007162, *[0.000072] * 4],
            [0.787144, 0.242198, 0.034317, 0.010460, *[0.000105] * 4],
        ),
    ),
    (sobol_g((0.0, 9.0, 99.0)), (0.337822, [0.986712, 0.009867, 0.000099], [0.990034, 0.013157, 0.000132])),
    (product_and_sum(), (19 / 144, [3 / 19, 3 / 19, 12 / 19], [4 / 19, 4 / 19, 12 / 19])),
    (
        dirichlet_product(),
        (
            (1 + 1 / 4) * (1 + 1 / 9) * (1 + 1 / 16) - 1,
            [0.525547, 0.233577, 0.131387],
            [0.620438, 0.310219, 0.182482],
        ),
    ),
]


@pytest.mark.parametrize(("reference", "survey"), SURVEY, ids=[reference.name for reference, _ in SURVEY])
def test_formulae_are_those_of_the_survey(reference, survey):
    variance, first, total = survey
    assert reference.variance == pytest.approx(variance, abs=6e-7)
    np.testing.assert_allclose(reference.first, first, atol=6e-7)
    np.testing.assert_allclose(reference.total, total, atol=6e-7)
    assert reference.shapley.sum() == pytest.approx(1.0)


def test_standard_deviations_of_portfolios():
    amounts = ((100.0, 500.0, 1000.0), (300.0, 300.0, 300.0), (500.0, 400.0, 100.0))
    assert [np.sqrt(portfolio(a).variance) for a in amounts] == pytest.approx([1469.69, 1374.77, 2156.39], abs=0.005)


def test_the_general_formula_for_normals_holds_that_for_two():
    for rho in (-0.7, 0.0, 0.6):
        sd = np.array([1.0, 0.8])
        covariance = np.array([[1.0, rho], [rho, 1.0]]) * np.outer(sd, sd)
        np.testing.assert_allclose(
            gaussian_linear_shapley(np.array([1.0, 2.0]), covariance), two_normals_shapley((1.0, 2.0), (1.0, 0.8), rho)
        )
    np.testing.assert_allclose(two_normals_shapley((1.0, 2.0), (1.0, 0.8), 0.6), [0.408905, 0.591095], atol=5e-7)


def test_value_of_information_rises_with_what_is_known():
    shares = [linear_normal_evppi(0.4, 1.5, share) for share in (0.0, 0.2, 0.5, 1.0)]
    assert shares[0] == 0.0
    assert shares == sorted(shares)
    # of a decision at the edge: E max(N, 0) = s/√(2π)
    assert linear_normal_evppi(0.0, 2.0) == pytest.approx(2.0 / np.sqrt(2 * np.pi))
    draws = np.random.default_rng(0).normal(0.4, 1.5, 1_000_000)
    assert shares[-1] == pytest.approx(np.maximum(draws, 0).mean() - 0.4, abs=0.005)


@pytest.mark.parametrize("reference", all_references(), ids=lambda reference: reference.name)
def test_mean_and_variance_are_those_of_the_function(reference):
    y = reference.of_uniforms(uniforms("sobol", len(reference.names), 2**14, 1))
    assert y.mean() == pytest.approx(reference.mean, abs=0.01 * np.sqrt(reference.variance))
    assert y.var() == pytest.approx(reference.variance, rel=0.02)


@pytest.mark.parametrize("reference", all_references(), ids=lambda reference: reference.name)
def test_sobol_indices_and_shapley_effects_of_all_references(reference):
    """At 2,048 points every estimate is near its exact value, and so by what its interval claims."""
    subject = Toy(reference.of_uniforms, reference.names, 2048)
    found, _ = sobol(subject, 2048)
    # inputs that the survey leaves out have an index below 0.0005
    close, inside, slack = [], [], 1e-4 if reference.exact else 6e-4
    for m, exact in enumerate((reference.first, reference.total)):
        error = np.abs(found.value[m, :-1, 0] - exact)
        close.append(error.max())
        inside += list(error <= (found.high - found.value)[m, :-1, 0] * 1.6 + slack)
    assert max(close) < 0.025
    assert all(inside)
    effects = shapley(subject, 2048)
    assert effects.value.sum() == pytest.approx(1.0)
    if reference.shapley is not None:
        error = np.abs(effects.value[0, :, 0] - reference.shapley)
        assert error.max() < 0.03
        assert (error <= (effects.high - effects.value)[0, :, 0] * 1.6 + 1e-4).all()
    else:
        # between first order and total, of which it is a mean over orders
        room = (effects.high - effects.value)[0, :, 0] + slack
        assert ((effects.value[0, :, 0] >= reference.first - room) & (effects.value[0, :, 0] <= reference.total + room)).all()


@pytest.mark.parametrize("points", [256, 2048])
def test_errors_shrink_with_the_number_of_points(points):
    """The control of the test above: at an eighth of the points the errors of Ishigami's indices are at least twice as large."""
    reference = ishigami()
    squares = []
    for seed in range(8):
        found, _ = sobol(Toy(reference.of_uniforms, reference.names, points, seed=seed), points, threads=1)
        squares.append(((found.value[1, :-1, 0] - reference.total) ** 2).mean())
    rms = np.sqrt(np.mean(squares))
    assert rms > 0.015 if points == 256 else rms < 0.012
