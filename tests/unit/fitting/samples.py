"""Samples whose family and parameters are known."""

import numpy as np

#: Family -> (draws of a large sample, its true parameters).
TRUTH = {
    "normal": (lambda g, n: g.normal(5.0, 2.0, n), {"mean": 5.0, "sd": 2.0}),
    "lognormal": (lambda g, n: g.lognormal(1.0, 0.6, n), {"mu": 1.0, "sigma": 0.6}),
    "uniform": (lambda g, n: g.uniform(3.0, 7.0, n), {"min": 3.0, "max": 7.0}),
    "triangular": (lambda g, n: g.triangular(1.0, 2.0, 6.0, n), {"min": 1.0, "mode": 2.0, "max": 6.0}),
    "beta": (lambda g, n: g.beta(2.0, 5.0, n), {"alpha": 2.0, "beta": 5.0}),
    "gamma": (lambda g, n: g.gamma(2.5, 1.5, n), {"shape": 2.5, "scale": 1.5}),
    "weibull": (lambda g, n: 4.0 * g.weibull(1.7, n), {"shape": 1.7, "scale": 4.0}),
    "student_t": (lambda g, n: 3.0 + 2.0 * g.standard_t(4.0, n), {"df": 4.0, "location": 3.0, "scale": 2.0}),
    "poisson": (lambda g, n: g.poisson(4.0, n), {"mean": 4.0}),
    "negative_binomial": (lambda g, n: g.negative_binomial(3.0, 0.3, n), {"mean": 7.0, "size": 3.0}),
}


def sample(family, n, seed=11):
    return np.asarray(TRUTH[family][0](np.random.default_rng(seed), n), np.float64)
