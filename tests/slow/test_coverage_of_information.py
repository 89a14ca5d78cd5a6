"""Nominal 95 % intervals of the value of information, over 2,000 runs of a linear and normal decision whose values have a closed form.

With a benefit of signing that is normal, mean m and standard deviation s, knowing a set of drivers whose share of the variance is q is
worth s' φ(m / s') - |m| Φ(-|m| / s'), s' = s √q (Raiffa and Schlaifer 1961). The interval holds the error of the draws and half of what
lies between a rule that was fitted on the draws that it is applied to and one that was not.
"""

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from simengine.sampling.design import uniforms
from simengine.sensitivity_analysis.information import EVERYTHING, Decision, value_of_information
from simengine.sensitivity_analysis.measures import Output

pytestmark = [pytest.mark.slow, pytest.mark.convergence]

RUNS, DRAWS, MEAN = 2_000, 4_096, 0.3
WEIGHTS = {"a": 0.5, "b": 0.8, "c": 0.5, "d": 0.4}
GROUP = ("a", "c")


def exact(spread):
    return spread * math.exp(-0.5 * (MEAN / spread) ** 2) / math.sqrt(2.0 * math.pi) - MEAN * float(ndtr(-MEAN / spread))


@pytest.mark.parametrize("sampler", ["random", "lhs", "sobol"])
def test_intervals_hold_the_truth(sampler):
    truth = {"driver": exact(0.5), "group": exact(math.hypot(0.5, 0.5)), EVERYTHING: exact(math.sqrt(0.25 + 0.64 + 0.25 + 0.16))}
    found = {name: np.empty((RUNS, 3)) for name in truth}
    for seed in range(RUNS):
        z = {name: ndtri(uniforms(seed, name, DRAWS, sampler, k)) for k, name in enumerate(WEIGHTS)}
        benefit = MEAN + sum(weight * z[name] for name, weight in WEIGHTS.items())
        decision = Decision("sign", ("not sign", "sign"), (Output("party_position"),), np.stack([np.zeros(DRAWS), benefit])[:, np.newaxis])
        worth = value_of_information(decision, {name: z[name] for name in GROUP}, sampler, groups={"group": GROUP})
        found["driver"][seed] = worth.evppi.at("evppi", "a")
        found["group"][seed] = worth.by_group.at("evppi", "group")
        found[EVERYTHING][seed] = worth.evpi.at("evpi", EVERYTHING)
    for name, (value, low, high) in ((name, one.T) for name, one in found.items()):
        covered = float(((low <= truth[name]) & (truth[name] <= high)).mean())
        wide = float(((high - low) / 2.0).mean() / (1.959964 * value.std(ddof=1)))
        assert 0.935 <= covered <= 0.965, (name, covered, wide)
        assert wide <= 1.25, (name, covered, wide)
