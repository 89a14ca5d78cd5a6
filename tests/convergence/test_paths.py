"""Paths over the years in whole studies, as a reader of ``driver_path`` sees them, against their formulas; and counts as noise.

AR(1) on normal scores: variance of each year as stated, correlation of scores rho^k between years k apart; from a start with the
score z0, mean z0 rho^t and variance 1 - rho^2t. Walk: t times the variance of a step. Mean reversion of speed s: variance of a shock
times (1 - (1 - s)^2t)/(1 - (1 - s)^2).
"""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import gamma

import simengine
from simengine.jit import Floats
from tests.convergence.estimates import DRAWS, estimate_each
from tests.unit.engine.running import DESIGNS, Run

pytestmark = pytest.mark.convergence

YEARS, RHO, START = 6, 0.7, 9.0
NORMAL = {"dist": "normal", "mean": 5.0, "sd": 2.0}
GAMMA = {"dist": "gamma", "shape": 2.0, "scale": 3.0}
WALK = NORMAL | {"path": "random_walk", "start": 100.0}
REVERSION = {"dist": "normal", "mean": 0.0, "sd": 2.0, "path": "mean_reversion", "level": 50.0, "speed": 0.4, "start": 80.0}
NAME = "parties.fund.funding"


def study(funding: dict[str, Any], **line: Any) -> dict[str, Any]:
    """A funder whose funding follows the path, and a line of 400 cases a year."""
    return {
        "horizon": {"base": 2014, "years": YEARS},
        "money": {"unit": "GBP"},
        "parties": {
            "ccg": {"role": "commissioner"},
            "acute": {"role": "provider"},
            "fund": {"role": "funder", "funding": funding | {"plan": 1.0}},
        },
        "services": {"line": {"provider": "acute", "activity": 400.0, "price": 1.0} | line},
    }


def check_moments(
    funding: dict[str, Any], score: Any, mean: Floats, covariance: Floats, sampler: str, request: pytest.FixtureRequest
) -> None:
    """Mean of each year and every product of two years, of scores (or values), against the formula over 20 seeds."""
    pairs = [(s, t) for t in range(YEARS) for s in range(t + 1)]

    def centred(run: Run, t: int) -> Floats:
        return np.asarray(score(run.drivers()[NAME][t]) - mean[t])

    # one is added so that a relative error has something to be relative to
    firsts = [(1.0, lambda run, t=t: 1.0 + centred(run, t)) for t in range(YEARS)]
    seconds = [(1.0 + covariance[s, t], lambda run, s=s, t=t: 1.0 + centred(run, s) * centred(run, t)) for s, t in pairs]
    found = estimate_each(study(funding), firsts + seconds, sampler, DRAWS // 4)
    request.node.user_properties.append(("largest z", max(float(np.abs(one.z).max()) for one in found)))
    z = np.array([np.mean(one.z) * math.sqrt(one.z.size) for one in found])
    request.node.user_properties.append(("largest z of all runs", float(np.abs(z).max())))
    # with 16 replicates a z has 15 degrees of freedom: largest of 27 statistics and 20 seeds
    assert max(float(np.abs(one.z).max()) for one in found) < 6.5
    assert np.abs(z).max() < 4.5
    assert max(one.relative_error_of_all for one in found[:YEARS]) < 0.01 * max(1.0, math.sqrt(covariance.max()))


LAG = np.abs(np.arange(YEARS)[:, None] - np.arange(YEARS)[None, :])
YEAR = np.arange(1, YEARS + 1)
EARLIER = np.minimum(YEAR[:, None], YEAR[None, :])


@pytest.mark.parametrize("sampler", DESIGNS)
class TestPaths:
    @pytest.mark.parametrize("family", ["normal", "gamma"])
    def test_stationary(self, family: str, sampler: str, request: pytest.FixtureRequest) -> None:
        if family == "normal":
            funding, score = NORMAL, lambda x: (x - 5.0) / 2.0
        else:
            funding, score = GAMMA, lambda x: ndtri(gamma.cdf(x, a=2, scale=3))
        check_moments(funding | {"path": "ar1", "rho": RHO}, score, np.zeros(YEARS), RHO**LAG, sampler, request)

    def test_from_a_start(self, sampler: str, request: pytest.FixtureRequest) -> None:
        """Covariance of years s <= t: rho^(t - s) (1 - rho^2s)."""
        funding = NORMAL | {"path": "ar1", "rho": RHO, "start": START}
        mean = 2.0 * RHO**YEAR
        covariance = RHO**LAG * (1.0 - RHO ** (2.0 * EARLIER))
        check_moments(funding, lambda x: (x - 5.0) / 2.0, mean, covariance, sampler, request)

    def test_rho_by_year(self, sampler: str, request: pytest.FixtureRequest) -> None:
        rho = np.array([0.0, 0.9, -0.5, 0.3, 0.0, 0.99])
        covariance = np.array([[np.prod(rho[min(s, t) + 1 : max(s, t) + 1]) for t in range(YEARS)] for s in range(YEARS)])
        funding = NORMAL | {"path": "ar1", "rho": rho.tolist()}
        check_moments(funding, lambda x: (x - 5.0) / 2.0, np.zeros(YEARS), covariance, sampler, request)

    def test_random_walk(self, sampler: str, request: pytest.FixtureRequest) -> None:
        """In standard deviations of a step: covariance of years s <= t is s."""
        check_moments(WALK, lambda x: (x - 100.0) / 2.0, 2.5 * YEAR, EARLIER.astype(float), sampler, request)

    def test_mean_reversion(self, sampler: str, request: pytest.FixtureRequest) -> None:
        keep = 0.6
        covariance = keep**LAG * (1.0 - keep ** (2.0 * EARLIER)) / (1.0 - keep * keep)
        check_moments(REVERSION, lambda x: (x - 50.0) / 2.0, 15.0 * keep**YEAR, covariance, sampler, request)


def test_the_result_holds_the_path() -> None:
    """Through the public function: autocorrelation and variance of ``driver_path`` over draws, by year."""
    tree = study(NORMAL | {"path": "ar1", "rho": RHO})
    result = simengine.run(simengine.Study.from_dict(tree), draws=DRAWS)
    path = result["driver_path"].sel(path_driver=NAME).isel(scenario=0).transpose("year", "draw").to_numpy()
    # a product of two normal numbers of correlation r has variance 1 + r²
    np.testing.assert_allclose(np.cov(path) / 4.0, RHO**LAG, atol=4.5 * math.sqrt(2.0 / DRAWS))


def test_the_check_sees_another_rho(request: pytest.FixtureRequest) -> None:
    funding = NORMAL | {"path": "ar1", "rho": RHO}
    with pytest.raises(AssertionError):
        check_moments(funding, lambda x: (x - 5.0) / 2.0, np.zeros(YEARS), (RHO + 0.01) ** LAG, "lhs", request)


COUNTS = {
    "poisson": ({"family": "poisson"}, 1.0 / 400.0),
    "negative binomial": ({"family": "negative_binomial", "cv_floor": 0.08}, 0.08**2 + 1.0 / 400.0),
}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("sampler", DESIGNS)
def test_counts_as_noise(name: str, sampler: str, request: pytest.FixtureRequest) -> None:
    """ε of a line of 400 cases: whole numbers of cases, mean 1, variance 1/400, and cv² more for the negative binomial."""
    volatility, variance = COUNTS[name]

    def noise(run: Run) -> Floats:
        return np.asarray(run.draws("activity")[:, 0] / 400.0)

    def whole(run: Run) -> Floats:
        cases = noise(run) * 400.0
        assert np.abs(cases - np.rint(cases)).max() < 1e-9
        return noise(run)[0]

    statistics = [(1.0, whole), (1.0, lambda run: noise(run)[-1])]
    squares = [(variance, lambda run, t=t: (noise(run)[t] - 1.0) ** 2) for t in (0, YEARS - 1)]
    found = estimate_each(
        study({"dist": "uniform", "min": 0.0, "max": 1.0}, volatility=volatility), statistics + squares, sampler, DRAWS // 4
    )
    request.node.user_properties.append(("largest z", max(float(np.abs(one.z).max()) for one in found)))
    for one in found:
        one.check()
    assert max(one.relative_error_of_all for one in found[2:]) < 0.004
