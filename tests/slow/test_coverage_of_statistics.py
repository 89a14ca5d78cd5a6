"""Nominal 95 % intervals of the summary's statistics, over 2,000 runs: how often they hold the truth, and how wide they are for it.

The truth is that of closed forms and quadrature, of two models of five normal drivers: a weighted sum, and a position that holds a
settlement which a cap and a collar limit. The interval is the product's own: Student's t with one degree of freedom less than there are
groups of draws, 15 for the 16 replicates (2.131) as for 16 batches of 256. The true half width is 1.96 standard deviations of the estimate
over the runs. Were the group means normal, the mean width would be 2.131 / 1.960 times that, times 0.983, the mean of s / sigma: 1.07.
"""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from simengine.sampling.design import uniforms
from simengine.statistics.interval import degrees_of_freedom, half_width
from simengine.statistics.series import STATISTICS, SeriesStatistics

pytestmark = [pytest.mark.slow, pytest.mark.convergence]

RUNS, DRAWS = 2_000, 4_096
SHOWN = ("mean", "q05", "q50", "q95", "p_below_zero", "value_at_risk", "expected_shortfall")
WEIGHTS = np.array([2.0, 1.0, 0.5, 0.25, 0.1])
MIDDLE = 1.0
#: Spread of what is outside the contract, spread of the gain, its share, collar and cap.
OUTSIDE, GAIN, COLLAR, CAP = math.hypot(1.0, 0.5), math.hypot(2.0, 0.25, 0.1), 1.0, 0.6


def smooth(z):
    return MIDDLE + WEIGHTS @ z


def settled(z):
    """What is outside the contract, and a gain held between collar and cap."""
    return z[1] + 0.5 * z[2] + np.clip(2.0 * z[0] + 0.25 * z[3] + 0.1 * z[4], -COLLAR, CAP)


def density(x):
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def truth_of_smooth():
    """Of a normal variable: the tail's mean is q - s (φ(z) / 0.05 - |z|)... of its worst 5 %, m - s φ(z) / 0.05."""
    spread = float(np.sqrt(WEIGHTS @ WEIGHTS))
    quantiles = {name: MIDDLE + spread * float(ndtri(level)) for name, level in (("q05", 0.05), ("q50", 0.5), ("q95", 0.95))}
    shortfall = -(MIDDLE - spread * density(float(ndtri(0.05))) / 0.05)
    return {"mean": MIDDLE, **quantiles, "p_below_zero": float(ndtr(-MIDDLE / spread)), "expected_shortfall": shortfall}


def truth_of_settled():
    """By quadrature over the gain, a normal variable whose ends are taken together at collar and cap."""

    def mean_over_gain(of):
        ends = float(ndtr(-COLLAR / GAIN)) * of(-COLLAR) + float(ndtr(-CAP / GAIN)) * of(CAP)
        return ends + quad(lambda w: density(w / GAIN) / GAIN * of(w), -COLLAR, CAP, epsabs=1e-13, epsrel=1e-12)[0]

    def below(y):
        return mean_over_gain(lambda w: float(ndtr((y - w) / OUTSIDE)))

    def short_of(y):
        """E[(y - x)+]."""
        return mean_over_gain(lambda w: (y - w) * float(ndtr((y - w) / OUTSIDE)) + OUTSIDE * density((y - w) / OUTSIDE))

    quantiles = {
        name: brentq(lambda y, p=p: below(y) - p, -20.0, 20.0, xtol=1e-12) for name, p in (("q05", 0.05), ("q50", 0.5), ("q95", 0.95))
    }
    shortfall = -(quantiles["q05"] - short_of(quantiles["q05"]) / 0.05)
    return {"mean": mean_over_gain(lambda w: w), **quantiles, "p_below_zero": below(0.0), "expected_shortfall": shortfall}


MODELS = {"smooth": (smooth, truth_of_smooth), "settled": (settled, truth_of_settled)}


def runs(sampler, draws=DRAWS, count=RUNS):
    """Estimates and errors (model, run, statistic) and the formula's error of the mean for independent draws (model, run)."""
    work = SeriesStatistics(draws, sampler)
    found, independent = np.empty((len(MODELS), count, 2, len(STATISTICS))), np.empty((len(MODELS), count))
    for seed in range(count):
        z = ndtri(np.stack([uniforms(seed, f"driver_{k}", draws, sampler, k) for k in range(len(WEIGHTS))]))
        for m, (model, _) in enumerate(MODELS.values()):
            y = model(z)
            found[m, seed] = work.statistics(y)
            independent[m, seed] = y.std(ddof=1) / math.sqrt(draws)
    return found, independent


@pytest.fixture(scope="module", params=["random", "lhs", "sobol"])
def drawn(request):
    return request.param, *runs(request.param)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("statistic", SHOWN)
def test_intervals_hold_the_truth_and_are_no_wider_than_they_must(drawn, model, statistic):
    sampler, found, _ = drawn
    truth = MODELS[model][1]()
    truth["value_at_risk"] = -truth["q05"]
    estimates, errors = found[list(MODELS).index(model), :, :, STATISTICS.index(statistic)].T
    half = half_width(1.0, degrees_of_freedom(sampler, DRAWS, counted=False)) * errors
    covered = float((np.abs(estimates - truth[statistic]) <= half).mean())
    wide = float(half.mean() / (1.959964 * estimates.std(ddof=1)))
    assert 0.935 <= covered <= 0.965, (covered, wide)
    assert wide <= 1.25, (covered, wide)


def test_the_formula_for_independent_draws_would_be_found_out(drawn):
    """The negative control: on a net its intervals are many times too wide, which coverage alone would let pass."""
    sampler, found, independent = drawn
    truth = truth_of_smooth()["mean"]
    estimates = found[0, :, 0, STATISTICS.index("mean")]
    covered = float((np.abs(estimates - truth) <= 1.959964 * independent[0]).mean())
    wide = float(independent[0].mean() / estimates.std(ddof=1))
    if sampler == "random":
        assert 0.935 <= covered <= 0.965
        assert wide == pytest.approx(1.0, abs=0.05)
    else:
        assert covered > 0.999
        assert wide > 4.0
