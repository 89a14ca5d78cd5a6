"""The families to time: each with the same distribution in SciPy, and the way a NumPy generator draws it, where they have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.twin_reading import Floats

Draw = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True)
class FamilySubject:
    """One family with parameters."""

    dist: str
    parameters: Mapping[str, Any]
    reference: Any = None
    draw: Draw | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.dist}, {self.note}" if self.note else self.dist


_VALUES = np.arange(50.0)
_HEAVY = np.arange(1.0, 51.0) / 1275.0
_LOGNORMAL = {"dist": "lognormal", "mu": 0.3, "sigma": 0.4}
_COMPONENTS = [{"dist": "normal", "mean": 0.0, "sd": 1.0}, {"dist": "gamma", "shape": 9.0, "scale": 1.0}]
_EXPERTS = [{"dist": "pert", "min": 0.0, "mode": 1.0, "max": 4.0}, {"dist": "triangular", "min": 1.0, "mode": 2.0, "max": 6.0}]


def _negative_binomial(mean: float, size: float, note: str) -> FamilySubject:
    p = size / (size + mean)
    return FamilySubject(
        "negative_binomial",
        {"mean": mean, "size": size},
        stats.nbinom(n=size, p=p),
        lambda rng, n: rng.negative_binomial(size, p, n),
        note,
    )


def _poisson(mean: float, note: str) -> FamilySubject:
    return FamilySubject("poisson", {"mean": mean}, stats.poisson(mu=mean), lambda rng, n: rng.poisson(mean, n), note)


FAMILY_SUBJECTS = [
    FamilySubject("uniform", {"min": 1.0, "max": 3.0}, stats.uniform(loc=1, scale=2), lambda rng, n: rng.uniform(1.0, 3.0, n)),
    FamilySubject(
        "triangular",
        {"min": 1.0, "mode": 2.0, "max": 5.0},
        stats.triang(c=0.25, loc=1, scale=4),
        lambda rng, n: rng.triangular(1.0, 2.0, 5.0, n),
    ),
    FamilySubject(
        "pert",
        {"min": 0.0, "mode": 1.0, "max": 4.0},
        stats.beta(a=2, b=4, scale=4),
        lambda rng, n: 4.0 * rng.beta(2.0, 4.0, n),
    ),
    FamilySubject("normal", {"mean": 2.0, "sd": 0.5}, stats.norm(loc=2, scale=0.5), lambda rng, n: rng.normal(2.0, 0.5, n)),
    FamilySubject(
        "lognormal", {"mu": 0.3, "sigma": 0.4}, stats.lognorm(s=0.4, scale=np.exp(0.3)), lambda rng, n: rng.lognormal(0.3, 0.4, n)
    ),
    FamilySubject("beta", {"alpha": 0.6, "beta": 2.5}, stats.beta(a=0.6, b=2.5), lambda rng, n: rng.beta(0.6, 2.5, n)),
    FamilySubject("gamma", {"shape": 0.7, "scale": 3.0}, stats.gamma(a=0.7, scale=3), lambda rng, n: rng.gamma(0.7, 3.0, n)),
    FamilySubject("weibull", {"shape": 1.4, "scale": 2.0}, stats.weibull_min(c=1.4, scale=2), lambda rng, n: 2.0 * rng.weibull(1.4, n)),
    FamilySubject("student_t", {"df": 5.0}, stats.t(df=5), lambda rng, n: rng.standard_t(5.0, n)),
    FamilySubject(
        "discrete",
        {"values": _VALUES.tolist(), "weights": _HEAVY.tolist()},
        stats.rv_discrete(values=(_VALUES.astype(int), _HEAVY)),
        lambda rng, n: rng.choice(_VALUES, n, p=_HEAVY),
        "50 values",
    ),
    FamilySubject("bernoulli", {"p": 0.3}, stats.bernoulli(p=0.3), lambda rng, n: rng.binomial(1, 0.3, n)),
    _poisson(4.5, "mean 4.5"),
    _poisson(900.0, "mean 900"),
    _poisson(40_000.0, "mean 40,000"),
    _negative_binomial(8.0, 3.0, "mean 8"),
    _negative_binomial(40_000.0, 30.0, "mean 40,000"),
    FamilySubject(
        "empirical",
        {"values": _VALUES.tolist()},
        stats.rv_histogram((np.ones(49), _VALUES), density=False),
        lambda rng, n: np.interp(49.0 * rng.random(n), _VALUES, _VALUES),
        "50 values, interpolated",
    ),
    FamilySubject(
        "empirical",
        {"values": _VALUES.tolist(), "method": "resampled"},
        None,
        lambda rng, n: rng.choice(_VALUES, n),
        "50 values, resampled",
    ),
    FamilySubject("percentiles", {"p10": 0.1, "p50": 0.2, "p90": 0.5, "min": 0.0, "max": 1.0}, note="bounded metalog"),
    FamilySubject("mixture", {"components": _COMPONENTS, "weights": [0.4, 0.6]}, note="normal and gamma"),
    FamilySubject("pool", {"experts": _EXPERTS}, note="pert and triangular"),
    FamilySubject("event", {"probability": 0.1, "impact": _LOGNORMAL}, note="lognormal impact"),
    FamilySubject(
        "normal", {"mean": 1.0, "sd": 2.0, "lower": 0.0, "upper": 4.0}, stats.truncnorm(a=-0.5, b=1.5, loc=1, scale=2), note="truncated"
    ),
]
