"""Nominal 95 % intervals of Sobol' indices over two thousand repeats, under every design: how often they hold, and how wide they are.

Negative control: the bootstrap over points, which others use on scrambled nets, is far too wide there (PEERS.md section 4b).
"""

import sys

import numpy as np
import pytest

from simengine.runs.function_subject import FunctionSubject
from simengine.sensitivity_analysis.sobol import sobol

pytestmark = pytest.mark.slow

REPEATS = 2000
NORMAL = {"dist": "normal", "mean": 0.0, "sd": 1.0}
UNIT = {"dist": "uniform", "min": 0.0, "max": 1.0}
# a = (0, 1, 4.5): V_i = 1 / (3 (1 + a_i)^2), V = prod(1 + V_i) - 1 (Saltelli and Sobol' 1995)
COEFFICIENTS = np.array([0.0, 1.0, 4.5])


def g_function(x):
    return np.prod([(np.abs(4.0 * x[f"x{k}"] - 2.0) + a) / (1.0 + a) for k, a in enumerate(COEFFICIENTS)], axis=0)


def g_exact():
    parts = 1.0 / (3.0 * (1.0 + COEFFICIENTS) ** 2)
    variance = np.prod(1.0 + parts) - 1.0
    return parts / variance, parts * np.prod(1.0 + parts) / (1.0 + parts) / variance


def capped(x):
    """A share of a gain with a cap: a kink, two drivers that interact through it."""
    return np.minimum(x["x0"] + 0.5 * x["x1"], 0.5)


def capped_exact():
    # by Gauss-Hermite quadrature: E[f | x] of a cap on a normal is Black's formula; 200 nodes, error below 1e-4
    from scipy.special import roots_hermitenorm
    from scipy.stats import norm

    nodes, weights = roots_hermitenorm(200)
    weights = weights / weights.sum()

    def mean_given(mu, sd):
        d = (0.5 - mu) / sd
        return mu * norm.cdf(d) - sd * norm.pdf(d) + 0.5 * (1.0 - norm.cdf(d))

    both = np.minimum(nodes[:, None] + 0.5 * nodes, 0.5)
    mean = float(weights @ both @ weights)
    variance = float(weights @ (both - mean) ** 2 @ weights)
    alone = [float(weights @ (mean_given(slope * nodes, sd) - mean) ** 2) / variance for slope, sd in ((1.0, 0.5), (0.5, 1.0))]
    return np.array(alone), 1.0 - np.array(alone[::-1])


MODELS = {"g": (g_function, ("x0", "x1", "x2"), UNIT, g_exact), "capped": (capped, ("x0", "x1"), NORMAL, capped_exact)}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("sampler", "points"), [("sobol", 2048), ("lhs", 4096), ("random", 2048)])
def test_coverage_and_width(model, sampler, points):
    function, names, dist, exact = MODELS[model]
    truth = np.stack(exact())
    value, low, high = (np.empty((REPEATS, *truth.shape)) for _ in range(3))
    for seed in range(REPEATS):
        found, _ = sobol(FunctionSubject(function, dict.fromkeys(names, dist), seed=seed, sampler=sampler), points, threads=1)
        value[seed], low[seed], high[seed] = found.value[:, :-1, 0], found.low[:, :-1, 0], found.high[:, :-1, 0]
    covered = ((low <= truth) & (truth <= high)).mean(axis=0)
    half = 1.96 * value.std(axis=0)
    width = ((high - low) / 2.0).mean(axis=0) / half
    bias = np.abs(value.mean(axis=0) - truth) / value.std(axis=0)
    for m, measure in enumerate(("first", "total")):
        for k, name in enumerate(names):
            told = f"{measure} {name}: coverage {100 * covered[m, k]:.1f} %, width {width[m, k]:.3f}, bias {bias[m, k]:.3f} sd"
            sys.stdout.write(f"{model} {sampler} {told}\n")
    assert (covered > 0.935).all()
    assert (covered < 0.965).all()
    assert (width < 1.25).all()
