"""Cases that the shared tests of the families run over, each with what it is tested against: scipy with keyword arguments."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats

from simengine.distributions import FAMILIES, Distribution, build
from simengine.engine.variates_builder import VariatesBuilder, sample

# No point stands on the step of a case with atoms.
U = np.concatenate([2.0 ** -np.arange(2.0, 37.0), np.linspace(0.00101, 0.99899, 999), 1.0 - 2.0 ** -np.arange(2.0, 37.0)])
V = np.concatenate([2.0 ** -np.arange(2.0, 37.0, 0.37), np.linspace(0.00101, 0.49899, 300)])


class Mixed:
    """Weighted sum of distributions of scipy; quantiles by its scalar root finder."""

    def __init__(self, parts: Sequence[Any], weights: Sequence[float]) -> None:
        self.parts, self.weights = parts, weights

    def _sum(self, name: str, x: Any) -> Any:
        return sum(w * getattr(part, name)(x) for w, part in zip(self.weights, self.parts, strict=True))

    def cdf(self, x: Any) -> Any:
        return self._sum("cdf", x)

    def sf(self, x: Any) -> Any:
        return self._sum("sf", x)

    def mean(self) -> float:
        return sum(w * part.mean() for w, part in zip(self.weights, self.parts, strict=True))

    def var(self) -> float:
        squares = sum(w * (part.var() + part.mean() ** 2) for w, part in zip(self.weights, self.parts, strict=True))
        return squares - self.mean() ** 2

    def std(self) -> float:
        return math.sqrt(self.var())

    def support(self) -> tuple[float, float]:
        return min(part.support()[0] for part in self.parts), max(part.support()[1] for part in self.parts)

    def ppf(self, u: Any) -> Any:
        return self._inverse(np.atleast_1d(u), "ppf", self.cdf)

    def isf(self, v: Any) -> Any:
        return self._inverse(np.atleast_1d(v), "isf", self.sf)

    def _inverse(self, p: np.ndarray, name: str, function: Callable[[Any], Any]) -> np.ndarray:
        ends = np.array([getattr(part, name)(p) for part in self.parts])
        found = []
        for one, low, high in zip(p, ends.min(axis=0), ends.max(axis=0), strict=True):
            # Atoms are on a mark: the smallest value with at least u up to it.
            found.append(
                low if low == high else optimize.brentq(lambda x, p=one: np.log(function(x) / p), low, high, xtol=1e-300, rtol=9e-16)
            )
        return np.array(found)


@dataclass(frozen=True)
class Case:
    """A family with parameters, and the same distribution by scipy."""

    dist: str
    parameters: Mapping[str, Any]
    reference: Any
    #: Whether a value has a probability of its own.
    has_atoms: bool = False
    #: Relative error of mean and variance: 1e-12 by formula, more by quadrature.
    moments: float = 1e-12
    #: Uniforms at which scipy's quantile is asked for: few where it is slow.
    every: int = 1
    #: Probability of exceeding below which scipy's isf has lost its digits (truncnorm: 1.6e-4 wrong at 1e-11, against 40 digits).
    reliable: float = 0.0

    def build(self) -> Distribution:
        return build(self.dist, self.parameters)

    def __str__(self) -> str:
        return self.dist + "-" + "-".join(f"{key}{value}" for key, value in self.parameters.items() if np.isscalar(value))


def beta(low: float, mode: float, high: float, shape: float = 4.0) -> Any:
    a, b = 1 + shape * (mode - low) / (high - low), 1 + shape * (high - mode) / (high - low)
    return stats.beta(a=a, b=b, loc=low, scale=high - low)


def normal(mean: float, sd: float) -> dict[str, Any]:
    return {"dist": "normal", "mean": mean, "sd": sd}


def truncnorm(mean: float, sd: float, low: float, high: float) -> Any:
    return stats.truncnorm(a=(low - mean) / sd, b=(high - mean) / sd, loc=mean, scale=sd)


_OBSERVED = [3.0, 1.0, 4.5, 9.0, 2.0, 6.0]
_LOGNORMAL = stats.lognorm(s=math.sqrt(math.log(1.25)), scale=2.0 / math.sqrt(1.25))
_Z = stats.norm.ppf(0.95)

SINGLE: list[Case] = [
    Case("uniform", {"min": -1.0, "max": 3.0}, stats.uniform(loc=-1, scale=4)),
    Case("triangular", {"min": 1.0, "mode": 2.0, "max": 5.0}, stats.triang(c=0.25, loc=1, scale=4)),
    Case("triangular", {"min": 1.0, "mode": 1.0, "max": 5.0}, stats.triang(c=0.0, loc=1, scale=4)),
    Case("triangular", {"min": 1.0, "mode": 5.0, "max": 5.0}, stats.triang(c=1.0, loc=1, scale=4)),
    Case("pert", {"min": 0.25, "mode": 0.3, "max": 0.4}, beta(0.25, 0.3, 0.4)),
    Case("pert", {"min": 0.0, "mode": 0.0, "max": 2.0, "shape": 10.0}, beta(0, 0, 2, 10)),
    Case("pert", {"min": -3.0, "mode": 2.0, "max": 2.0, "shape": 2.0}, beta(-3, 2, 2, 2)),
    Case("normal", {"mean": -2.0, "sd": 0.5}, stats.norm(loc=-2, scale=0.5)),
    Case("normal", {"range": [1.0, 3.0], "coverage": 0.9}, stats.norm(loc=2, scale=1 / _Z)),
    Case("lognormal", {"mu": 0.3, "sigma": 0.4}, stats.lognorm(s=0.4, scale=math.exp(0.3))),
    Case("lognormal", {"mean": 2.0, "sd": 1.0}, _LOGNORMAL),
    Case("lognormal", {"range": [1.0, 4.0], "coverage": 0.9}, stats.lognorm(s=math.log(2) / _Z, scale=2.0)),
    Case("beta", {"alpha": 0.5, "beta": 3.0, "min": -1.0, "max": 2.0}, stats.beta(a=0.5, b=3.0, loc=-1, scale=3)),
    Case("beta", {"alpha": 40.0, "beta": 2.5}, stats.beta(a=40, b=2.5)),
    Case("gamma", {"shape": 2.5, "scale": 3.0}, stats.gamma(a=2.5, scale=3)),
    Case("gamma", {"mean": 100.0, "sd": 5.0}, stats.gamma(a=400, scale=0.25)),
    Case("weibull", {"shape": 0.7, "scale": 2.0}, stats.weibull_min(c=0.7, scale=2)),
    Case("weibull", {"shape": 5.0, "scale": 2.0}, stats.weibull_min(c=5, scale=2)),
    Case("student_t", {"df": 4.5, "location": 1.0, "scale": 0.5}, stats.t(df=4.5, loc=1, scale=0.5)),
    Case("percentiles", {"p10": 1 - math.log(9), "p50": 1.0, "p90": 1 + math.log(9)}, stats.logistic(loc=1)),
    Case("poisson", {"mean": 3.7}, stats.poisson(mu=3.7), has_atoms=True),
    Case("poisson", {"mean": 5000.0}, stats.poisson(mu=5000), has_atoms=True),
    Case("negative_binomial", {"mean": 12.0, "size": 3.0}, stats.nbinom(n=3, p=0.2), has_atoms=True),
    Case("bernoulli", {"p": 0.3}, stats.bernoulli(p=0.3), has_atoms=True),
    Case("empirical", {"values": _OBSERVED}, stats.rv_histogram((np.full(5, 0.2), np.sort(_OBSERVED)), density=False)),
]

TRUNCATED: list[Case] = [
    Case("normal", {"mean": 1.0, "sd": 1.0, "lower": 0.0}, truncnorm(1, 1, 0, math.inf), moments=1e-10, reliable=1e-4),
    Case("normal", {"mean": 1.0, "sd": 2.0, "lower": -0.5, "upper": 1.5}, truncnorm(1, 2, -0.5, 1.5), moments=1e-10),
    Case("normal", {"mean": 0.0, "sd": 1.0, "lower": 6.0}, truncnorm(0, 1, 6, math.inf), moments=1e-9, reliable=1e-4),
    Case("normal", {"mean": 0.0, "sd": 1.0, "upper": -20.0}, truncnorm(0, 1, -math.inf, -20), moments=1e-6),
    Case("uniform", {"min": 0.0, "max": 4.0, "lower": 0.5, "upper": 2.0}, stats.uniform(loc=0.5, scale=1.5)),
]


def _mixture(parts: Sequence[Mapping[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    return {"components": list(parts), "weights": list(weights)}


MIXED: list[Case] = [
    Case(
        "mixture", _mixture([normal(0, 1), normal(2, 1)], [0.5, 0.5]), Mixed([stats.norm(loc=0), stats.norm(loc=2)], [0.5, 0.5]), every=29
    ),
    Case(
        "mixture",
        _mixture([normal(0, 1), normal(20, 1), {"dist": "lognormal", "mean": 2, "sd": 1}], [0.3, 0.45, 0.25]),
        Mixed([stats.norm(loc=0), stats.norm(loc=20), _LOGNORMAL], [0.3, 0.45, 0.25]),
        every=29,
    ),
    Case(
        "mixture",
        _mixture([normal(0, 1), normal(0, 1e-3)], [0.5, 0.5]),
        Mixed([stats.norm(), stats.norm(scale=1e-3)], [0.5, 0.5]),
        every=29,
    ),
    Case(
        "mixture",
        _mixture([normal(0, 1), normal(50, 5)], [0.9999, 1e-4]),
        Mixed([stats.norm(), stats.norm(loc=50, scale=5)], [0.9999, 1e-4]),
        every=29,
    ),
    Case(
        "pool",
        {"experts": [{"dist": "pert", "min": 0, "mode": 1, "max": 4}, {"dist": "triangular", "min": 1, "mode": 2, "max": 6}]},
        Mixed([beta(0, 1, 4), stats.triang(c=0.2, loc=1, scale=5)], [0.5, 0.5]),
        every=29,
    ),
]

CASES = [*SINGLE, *TRUNCATED, *MIXED]
assert {case.dist for case in CASES} <= FAMILIES.keys()


def draw(distribution: Distribution, count: int, seed: int = 1) -> np.ndarray:
    builder = VariatesBuilder("random", seed)
    builder.add_value(builder.add_uniform("x"), distribution.encode(), 0)
    return sample(builder.build(), 0, count)[0]


def fill(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    """The kernel's values at given uniforms."""
    from simengine.distributions import base
    from simengine.distributions.bernoulli import fill_bernoulli
    from simengine.distributions.discrete import fill_discrete
    from simengine.distributions.empirical import fill_empirical
    from simengine.distributions.inverse_table import fill_count, fill_table
    from simengine.distributions.lognormal import fill_lognormal
    from simengine.distributions.pieces import fill_pieces, fill_whole_pieces
    from simengine.distributions.triangular import fill_triangular
    from simengine.distributions.uniform import fill_uniform

    code, args, table = distribution.encode()
    u = np.ascontiguousarray(u)  # a pass is compiled for rows without gaps, as all of the engine's are
    n, table = u.size, np.zeros(0) if table is None else table
    x, index, place = np.full(n, args[0]), np.empty(n, np.int64), np.empty(n)
    loops: dict[int, Callable[[], None]] = {
        base.CONSTANT: lambda: None,
        base.UNIFORM: lambda: fill_uniform(x, u, args[0], args[1], n),
        base.TRIANGULAR: lambda: fill_triangular(x, u, *args, n),
        base.TABLE: lambda: fill_table(x, u, index, place, table, *args, n),
        base.COUNT: lambda: fill_count(x, u, index, place, table, *args, n),
        base.LOGNORMAL: lambda: fill_lognormal(x, u, index, place, table, args[0], args[1], n),
        base.DISCRETE: lambda: fill_discrete(x, u, table, int(args[0]), n),
        base.BERNOULLI: lambda: fill_bernoulli(x, u, args[0], n),
        base.EMPIRICAL: lambda: fill_empirical(x, u, table, int(args[0]), n),
        base.PIECES: lambda: fill_pieces(x, u, index, place, table, n),
        base.WHOLE_PIECES: lambda: fill_whole_pieces(x, u, index, place, table, args[0], args[1], n),
    }
    loops[code]()
    return x


def probability_errors(distribution: Distribution, v: np.ndarray, steps: float = 4.0) -> tuple[float, float]:
    """Largest error of the kernel in u at v and 1 - v, absolute and relative to v, apart from ``steps`` roundings of x."""
    largest = []
    for upper in (False, True):
        u = 1.0 - v if upper else v
        p = 1.0 - u if upper else u
        x = fill(distribution, u)
        step = steps * np.spacing(np.abs(x))
        below, above = (
            (distribution.sf(x + step), distribution.sf(x - step)) if upper else (distribution.cdf(x - step), distribution.cdf(x + step))
        )
        error = np.maximum(np.maximum(below - p, p - above), 0.0)
        largest.append((error.max(), (error / p).max()))
    return max(a for a, _ in largest), max(r for _, r in largest)


def quadrature(quantile: Callable[[np.ndarray], np.ndarray], isf: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """Mean and variance by Gauss-Legendre over u on octaves of both tails: for a quantile that is smooth within."""
    node, weight = np.polynomial.legendre.leggauss(20)
    edge = 2.0 ** -np.arange(1.0, 60.0, 0.25)
    v = ((edge[:-1] + edge[1:])[:, None] + (edge[:-1] - edge[1:])[:, None] * node) / 2.0
    w = ((edge[:-1] - edge[1:])[:, None] * weight / 2.0).ravel()
    x = np.concatenate([quantile(v.ravel()), isf(v.ravel())])
    w = np.concatenate([w, w])
    mean = float((x * w).sum())
    return mean, float(((x - mean) ** 2 * w).sum())
