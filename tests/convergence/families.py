"""Every family once or more, each with the same distribution by scipy (keyword arguments) or written out by its definition."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from simengine.distributions import FAMILIES
from simengine.jit import Floats


class Reference(Protocol):
    """What the draws are held against."""

    def cdf(self, x: Any) -> Any: ...
    def ppf(self, u: Any) -> Any: ...
    def mean(self) -> float: ...
    def var(self) -> float: ...


@dataclass(frozen=True)
class Member:
    """A family with parameters, and its reference; ``atoms`` are the values of positive probability of a mixed distribution."""

    dist: str
    parameters: Mapping[str, Any]
    reference: Reference
    kind: str = "continuous"
    atoms: Mapping[float, float] = field(default_factory=dict)
    #: Whether there are the four moments that a standard error of the variance asks for.
    moments: bool = True
    note: str = ""

    def __str__(self) -> str:
        plain = (f"{key}={value}" for key, value in self.parameters.items() if isinstance(value, int | float | str))
        return "-".join([self.dist, *plain, *([self.note] if self.note else [])])

    def below(self, x: Floats) -> Floats:
        """P(X < x)."""
        if self.kind == "discrete":
            return np.asarray(self.reference.cdf(np.nextafter(x, -np.inf)), np.float64)
        found = np.array(self.reference.cdf(x), np.float64)
        for value, weight in self.atoms.items():
            found[x == value] -= weight
        return found


class Certain:
    """One value."""

    def __init__(self, value: float) -> None:
        self.value = value

    def cdf(self, x: Any) -> Any:
        return (np.asarray(x) >= self.value).astype(np.float64)

    def ppf(self, u: Any) -> Any:
        return np.full(np.shape(u), self.value)

    def mean(self) -> float:
        return self.value

    def var(self) -> float:
        return 0.0


class Weighted:
    """Values with probabilities."""

    def __init__(self, values: Sequence[float], weights: Sequence[float]) -> None:
        order = np.argsort(values)
        self.values, self.weights = np.array(values)[order], np.array(weights)[order]
        self.share = np.concatenate([[0.0], np.cumsum(self.weights)])

    def cdf(self, x: Any) -> Any:
        return self.share[np.searchsorted(self.values, x, side="right")]

    def ppf(self, u: Any) -> Any:
        return self.values[np.minimum(np.searchsorted(self.share[1:], u, side="left"), len(self.values) - 1)]

    def mean(self) -> float:
        return float(self.weights @ self.values)

    def var(self) -> float:
        return float(self.weights @ (self.values - self.mean()) ** 2)


class Mixed:
    """A weighted sum; quantiles by bisection: the smallest value with at least u up to it."""

    def __init__(self, parts: Sequence[Reference], weights: Sequence[float]) -> None:
        self.parts, self.weights = parts, weights

    def cdf(self, x: Any) -> Any:
        return sum(w * part.cdf(x) for w, part in zip(self.weights, self.parts, strict=True))

    def ppf(self, u: Any) -> Any:
        ends = np.array([part.ppf(u) for part in self.parts])
        low, high = ends.min(axis=0) - 1.0, ends.max(axis=0)
        for _ in range(80):
            middle = 0.5 * (low + high)
            enough = self.cdf(middle) >= u
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return high

    def mean(self) -> float:
        return sum(w * part.mean() for w, part in zip(self.weights, self.parts, strict=True))

    def var(self) -> float:
        squares = sum(w * (part.var() + part.mean() ** 2) for w, part in zip(self.weights, self.parts, strict=True))
        return float(squares - self.mean() ** 2)


class Cut:
    """A continuous distribution between two bounds; moments as integrals of the distribution function."""

    def __init__(self, whole: Reference, low: float, high: float) -> None:
        self.whole, self.low, self.high = whole, low, high
        self.ends = float(whole.cdf(low)), float(whole.cdf(high))

    def cdf(self, x: Any) -> Any:
        return np.clip((self.whole.cdf(x) - self.ends[0]) / (self.ends[1] - self.ends[0]), 0.0, 1.0)

    def ppf(self, u: Any) -> Any:
        return self.whole.ppf(self.ends[0] + (self.ends[1] - self.ends[0]) * np.asarray(u))

    def mean(self) -> float:
        return self.high - self._integral(self.cdf)

    def var(self) -> float:
        return self.high**2 - self._integral(lambda x: 2.0 * x * self.cdf(x)) - self.mean() ** 2

    def _integral(self, function: Callable[[Floats], Floats]) -> float:
        points = self.low + (np.arange(2**18) + 0.5) * (self.high - self.low) / 2**18
        return float(np.mean(function(points)) * (self.high - self.low))


class Straight:
    """Straight lines between ordered values, at (i - 1)/(n - 1): each gap is a uniform of the same weight."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = np.sort(values)
        self.place = np.linspace(0.0, 1.0, len(values))

    def cdf(self, x: Any) -> Any:
        return np.interp(x, self.values, self.place)

    def ppf(self, u: Any) -> Any:
        return np.interp(u, self.place, self.values)

    def mean(self) -> float:
        return float(np.mean((self.values[1:] + self.values[:-1]) / 2.0))

    def var(self) -> float:
        a, b = self.values[:-1], self.values[1:]
        return float(np.mean((a * a + a * b + b * b) / 3.0) - self.mean() ** 2)


class Keelin:
    """A metalog of three terms through three quantiles: M(u) = a + b L + c (u - 1/2) L, L = ln(u/(1 - u)); scaled by bounds."""

    def __init__(self, quantiles: Mapping[float, float], low: float = -math.inf, high: float = math.inf) -> None:
        self.low, self.high = low, high
        y = np.array(list(quantiles))
        x = np.array(list(quantiles.values()))
        score = np.log((x - low) / (high - x)) if high < math.inf else np.log(x - low) if low > -math.inf else x
        self.terms = np.linalg.solve(np.column_stack([np.ones(3), logit(y), (y - 0.5) * logit(y)]), score)
        grid = np.linspace(-36.0, 36.0, 400_001)
        self.grid = expit(grid), self._value(expit(grid), grid)

    def _value(self, u: Any, odds: Any) -> Any:
        a, b, c = self.terms
        score = a + b * odds + c * (u - 0.5) * odds
        if self.high < math.inf:
            return self.low + (self.high - self.low) * expit(score)
        return self.low + np.exp(score) if self.low > -math.inf else score

    def cdf(self, x: Any) -> Any:
        return np.interp(x, self.grid[1], self.grid[0])

    def ppf(self, u: Any) -> Any:
        return self._value(np.asarray(u), logit(u))

    def mean(self) -> float:
        u, x = self.grid
        return float(np.sum(np.diff(u) * (x[1:] + x[:-1]) / 2.0))

    def var(self) -> float:
        u, x = self.grid
        square = (x - self.mean()) ** 2
        return float(np.sum(np.diff(u) * (square[1:] + square[:-1]) / 2.0))


_OBSERVED = [3.0, 1.0, 4.5, 9.0, 2.0, 6.0, 2.0, 5.5]
_Z = stats.norm.ppf(0.95)
_LOGNORMAL = stats.lognorm(s=math.sqrt(math.log(1.25)), scale=2.0 / math.sqrt(1.25))
_NORMAL = {"dist": "normal", "mean": 0.0, "sd": 1.0}
_NESTED = {
    "dist": "mixture",
    "components": [{"dist": "gamma", "shape": 2.0, "scale": 1.0}, {"dist": "uniform", "min": 4.0, "max": 5.0}],
    "weights": [0.7, 0.3],
}
_BIMODAL = {"components": [_NORMAL, {"dist": "normal", "mean": 9.0, "sd": 2.0}], "weights": [0.4, 0.6]}
_SIX = stats.poisson(mu=3.7).pmf(np.arange(1, 7))
_TWO = Mixed([stats.norm(loc=0, scale=1), stats.norm(loc=9, scale=2)], [0.4, 0.6])
_EXPERTS = [{"dist": "pert", "min": 0.0, "mode": 1.0, "max": 4.0}, {"dist": "triangular", "min": 1.0, "mode": 2.0, "max": 6.0}]


def _negative_binomial(mean: float, size: float) -> Any:
    return stats.nbinom(n=size, p=size / (size + mean))


MEMBERS = [
    Member("uniform", {"min": -1.0, "max": 3.0}, stats.uniform(loc=-1, scale=4)),
    Member("triangular", {"min": 1.0, "mode": 2.0, "max": 5.0}, stats.triang(c=0.25, loc=1, scale=4)),
    Member("pert", {"min": 0.25, "mode": 0.3, "max": 0.4}, stats.beta(a=1 + 4 / 3, b=1 + 8 / 3, loc=0.25, scale=0.15)),
    Member("pert", {"min": 0.0, "mode": 0.0, "max": 2.0, "shape": 10.0}, stats.beta(a=1, b=11, scale=2)),
    Member("normal", {"mean": -2.0, "sd": 0.5}, stats.norm(loc=-2, scale=0.5)),
    Member("normal", {"range": [1.0, 3.0], "coverage": 0.9}, stats.norm(loc=2, scale=1 / _Z)),
    Member("lognormal", {"mean": 2.0, "sd": 1.0}, _LOGNORMAL),
    Member("lognormal", {"range": [1.0, 4.0], "coverage": 0.9}, stats.lognorm(s=math.log(2) / _Z, scale=2.0)),
    Member("beta", {"alpha": 0.6, "beta": 2.5, "min": -1.0, "max": 4.0}, stats.beta(a=0.6, b=2.5, loc=-1, scale=5)),
    Member("gamma", {"shape": 0.7, "scale": 3.0}, stats.gamma(a=0.7, scale=3)),
    Member("gamma", {"mean": 4.0, "sd": 1.0}, stats.gamma(a=16, scale=0.25)),
    Member("weibull", {"shape": 1.4, "scale": 2.0}, stats.weibull_min(c=1.4, scale=2)),
    Member("student_t", {"df": 9.0, "location": 1.0, "scale": 2.0}, stats.t(df=9, loc=1, scale=2)),
    Member("student_t", {"df": 2.0}, stats.t(df=2), moments=False),
    Member(
        "discrete",
        {"values": [-1.0, 0.0, 2.5, 7.0], "weights": [0.2, 0.35, 0.3, 0.15]},
        Weighted([-1.0, 0.0, 2.5, 7.0], [0.2, 0.35, 0.3, 0.15]),
        "discrete",
    ),
    Member("bernoulli", {"p": 0.3}, stats.bernoulli(p=0.3), "discrete"),
    Member("poisson", {"mean": 3.7}, stats.poisson(mu=3.7), "discrete"),
    Member("poisson", {"mean": 2500.0}, stats.poisson(mu=2500), "discrete"),
    Member("negative_binomial", {"mean": 6.0, "size": 1.7}, _negative_binomial(6.0, 1.7), "discrete"),
    Member("negative_binomial", {"mean": 5000.0, "size": 40.0}, _negative_binomial(5000.0, 40.0), "discrete"),
    Member("empirical", {"values": _OBSERVED}, Straight([1.0, 2.0, 2.0, 3.0, 4.5, 5.5, 6.0, 9.0]), "mixed", {2.0: 1 / 7}),
    Member(
        "empirical", {"values": _OBSERVED, "method": "resampled"}, Weighted(sorted(set(_OBSERVED)), [0.125, 0.25, *[0.125] * 5]), "discrete"
    ),
    Member("percentiles", {"p10": 0.1, "p50": 0.2, "p90": 0.5, "min": 0.0, "max": 1.0}, Keelin({0.1: 0.1, 0.5: 0.2, 0.9: 0.5}, 0.0, 1.0)),
    Member("percentiles", {"p5": -1.0, "p50": 0.0, "p95": 2.0}, Keelin({0.05: -1.0, 0.5: 0.0, 0.95: 2.0})),
    Member("mixture", _BIMODAL, _TWO, note="two modes"),
    Member(
        "mixture",
        {"components": [_NORMAL, _NESTED, 3.0], "weights": [0.3, 0.5, 0.2]},
        Mixed([stats.norm(), Mixed([stats.gamma(a=2), stats.uniform(loc=4, scale=1)], [0.7, 0.3]), Certain(3.0)], [0.3, 0.5, 0.2]),
        "mixed",
        {3.0: 0.2},
        note="nested",
    ),
    Member(
        "pool",
        {"experts": _EXPERTS},
        Mixed([stats.beta(a=2, b=4, scale=4), stats.triang(c=0.2, loc=1, scale=5)], [0.5, 0.5]),
    ),
    Member(
        "event",
        {"probability": 0.2, "impact": {"dist": "lognormal", "mean": 2.0, "sd": 1.0}},
        Mixed([Certain(0.0), _LOGNORMAL], [0.8, 0.2]),
        "mixed",
        {0.0: 0.8},
    ),
    Member("normal", {"mean": 1.0, "sd": 2.0, "lower": -0.5, "upper": 1.5}, stats.truncnorm(a=-0.75, b=0.25, loc=1, scale=2)),
    Member("uniform", {"min": 0.0, "max": 4.0, "lower": 0.5, "upper": 2.0}, stats.uniform(loc=0.5, scale=1.5)),
    Member("poisson", {"mean": 3.7, "lower": 1.0, "upper": 6.0}, Weighted(range(1, 7), _SIX / _SIX.sum()), "discrete"),
    Member("mixture", _BIMODAL | {"lower": -1.0, "upper": 8.0}, Cut(_TWO, -1.0, 8.0)),
]
assert {member.dist for member in MEMBERS} == FAMILIES.keys()
assert len({str(member) for member in MEMBERS}) == len(MEMBERS)
