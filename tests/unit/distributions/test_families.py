"""Every family, truncation and mixtures: one class of tests over all cases, against scipy with keyword arguments."""

import numpy as np
import pytest
from scipy.stats import binomtest, kstest

from simengine.distributions import build
from simengine.sampling.design import uniforms
from tests.unit.distributions.cases import CASES, MIXED, Case, U, V, draw, probability_errors, quadrature

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("case", CASES, ids=str)
class TestFamily:
    # The beta quantile of scipy.stats overflows on its way to a right answer.
    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_quantile_against_scipy(self, case: Case) -> None:
        u = U[:: case.every]
        wanted, below = np.empty_like(u), u < 0.5
        wanted[below], wanted[~below] = case.reference.ppf(u[below]), case.reference.isf(1.0 - u[~below])
        np.testing.assert_allclose(case.build().quantile(u), wanted, rtol=1e-9, atol=1e-12)

    def test_isf_against_scipy(self, case: Case) -> None:
        v = V[case.reliable < V][:: case.every // 4 + 1]
        np.testing.assert_allclose(case.build().isf(v), case.reference.isf(v), rtol=1e-9, atol=1e-12)

    def test_cdf_and_sf_against_scipy(self, case: Case) -> None:
        low, high = case.build().quantile(np.array([0.001, 0.999]))
        x = np.linspace(low - (high - low) / 3 - 0.1, high + (high - low) / 3 + 0.1, 201)
        np.testing.assert_allclose(case.build().cdf(x), case.reference.cdf(x), rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(case.build().sf(x), case.reference.sf(x), rtol=1e-9, atol=1e-14)

    def test_sf_inverts_isf_far_out(self, case: Case) -> None:
        if case.has_atoms:
            pytest.skip("an atom has many probabilities")
        distribution = case.build()
        v = 2.0 ** -np.arange(2.0, 37.0)
        x = distribution.isf(v)
        step = 2 * np.spacing(np.abs(x))
        assert np.all(distribution.sf(x + step) <= v * (1 + 1e-9))
        assert np.all(distribution.sf(x - step) >= v * (1 - 1e-9))
        x = distribution.quantile(v)
        step = 2 * np.spacing(np.abs(x))
        assert np.all(distribution.cdf(x - step) <= v * (1 + 1e-9))
        assert np.all(distribution.cdf(x + step) >= v * (1 - 1e-9))

    def test_moments_and_support_against_scipy(self, case: Case) -> None:
        distribution = case.build()
        assert distribution.mean() == pytest.approx(case.reference.mean(), rel=case.moments)
        assert distribution.variance() == pytest.approx(case.reference.var(), rel=100 * case.moments)
        assert distribution.support() == pytest.approx(case.reference.support(), abs=1e-15)

    def test_moments_by_quadrature(self, case: Case) -> None:
        if case.has_atoms or case in MIXED or case.dist == "empirical":
            pytest.skip("not smooth: quadrature does not converge fast")
        distribution = case.build()
        mean, variance = quadrature(distribution.quantile, distribution.isf)
        # A kink at a mode leaves a little.
        assert distribution.mean() == pytest.approx(mean, rel=2e-8, abs=1e-12)
        assert distribution.variance() == pytest.approx(variance, rel=1e-6)
        wrong, _ = quadrature(lambda u: distribution.quantile(u) * 1.0001 + 0.0001, distribution.isf)
        assert distribution.mean() != pytest.approx(wrong, rel=2e-8, abs=1e-12)

    def test_kernel_against_reference(self, case: Case) -> None:
        distribution = case.build()
        wanted = distribution.quantile(uniforms(1, "x", 3000))
        np.testing.assert_allclose(draw(distribution, 3000), wanted, rtol=1e-7, atol=1e-9)

    def test_error_in_probability(self, case: Case) -> None:
        """What the engine draws: |F(x) - u| at most 1e-10, and 1e-8 of the distance from the nearer end down to 2^-36."""
        rng = np.random.default_rng(1)
        v = np.concatenate([2.0 ** -rng.uniform(1, 36, 2000), rng.uniform(0, 0.5, 2000)])
        absolute, relative = probability_errors(case.build(), v)
        assert absolute <= 1e-10
        assert relative <= 1e-8

    def test_values_stay_in_the_support(self, case: Case) -> None:
        low, high = case.build().support()
        x = draw(case.build(), 20000)
        assert x.min() >= low
        assert x.max() <= high

    def test_draws_follow_the_distribution(self, case: Case) -> None:
        distribution = case.build()
        if case.has_atoms:
            middle = case.reference.median()
            count = sum((draw(distribution, 2000, seed) <= middle).sum() for seed in range(10))
            assert binomtest(int(count), 20000, case.reference.cdf(middle)).pvalue > 1e-4
            return
        p = [kstest(draw(distribution, 2000, seed), case.reference.cdf).pvalue for seed in range(10)]
        assert min(p) > 1e-4
        moved = 0.3 * float(np.diff(distribution.quantile(np.array([0.25, 0.75])))[0])
        shifted = [kstest(draw(distribution, 2000, seed) + moved, case.reference.cdf).pvalue for seed in range(10)]
        assert max(shifted) < 1e-4

    def test_truncation_by_definition(self, case: Case) -> None:
        """F^-1(u) of what is left is F0^-1(a + u (b - a)); its moments by quadrature; its table as accurate as any."""
        whole = case.build()
        if case.has_atoms:
            pytest.skip("tested by hand")
        lower, upper = (float(x) for x in whole.quantile(np.array([0.1, 0.7])))
        given = {**case.parameters, "lower": lower, "upper": upper}
        cut = build(case.dist, given)
        u = np.linspace(0.003, 0.997, 200)
        a, b = whole.cdf(np.array([lower, upper]))
        np.testing.assert_allclose(cut.quantile(u), whole.quantile(a + u * (b - a)), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(cut.isf(1.0 - u), cut.quantile(u), rtol=1e-9, atol=1e-12)
        assert cut.support() == (lower, upper)
        inner = np.linspace(lower, upper, 50)
        np.testing.assert_allclose(cut.cdf(inner), (whole.cdf(inner) - a) / (b - a), atol=1e-12)
        np.testing.assert_allclose(cut.sf(inner), 1.0 - cut.cdf(inner), atol=1e-12)
        assert cut.cdf(np.array([lower - 1e-3, upper])).tolist() == [0.0, 1.0]
        fine = (np.arange(20000) + 0.5) / 20000
        x = cut.quantile(fine)
        assert cut.mean() == pytest.approx(x.mean(), abs=1e-4 * (upper - lower))
        assert cut.variance() == pytest.approx(x.var(), rel=1e-3)
        v = np.concatenate([2.0 ** -np.linspace(1.0, 36, 300)[1:], np.linspace(0.01, 0.49, 300)])
        absolute, relative = probability_errors(cut, v)
        assert absolute <= 1e-10
        assert relative <= 1e-8


@pytest.mark.plain
@pytest.mark.parametrize("case", CASES, ids=str)
def test_kernel_with_few_draws(case: Case) -> None:
    distribution = case.build()
    np.testing.assert_allclose(draw(distribution, 20), distribution.quantile(uniforms(1, "x", 20)), rtol=1e-8, atol=1e-10)
