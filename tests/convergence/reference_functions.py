"""Functions with known answers, for all methods of sensitivity analysis: each exact value worked out here from the function's own formula.

A ``Reference`` holds the function of values (input, point), how uniforms become values, and what is known: mean, variance, first-order and
total indices, Shapley effects. Sources: Saltelli and others 2008, Global Sensitivity Analysis: The Primer (Ishigami, G, portfolio); Sudret
2008, Reliability Engineering & System Safety 93, 964-979; Owen 2014, SIAM/ASA J. Uncertainty Quantification 2, 245-251; Borgonovo 2007,
Reliability Engineering & System Safety 92, 771-784; Harper and Gupta 1983, BMI/ONWI-516 (borehole); Forrester, Sobester and Keane 2008,
Engineering Design via Surrogate Modelling (wing weight); Morris 1991, Technometrics 33, 161-174. Values that rest on integration by
simulation are marked ``exact=False``; they are those of Sobol' points, 8 scrambles, right to the last digit given.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy import special

Array = np.ndarray
Parts = Mapping[frozenset[int], float]


@dataclass(frozen=True)
class Reference:
    """One function and its answers; ``parts`` is the variance by set of inputs that interact (the ANOVA terms)."""

    name: str
    names: tuple[str, ...]
    f: Callable[[Array], Array]
    marginal: Callable[[Array], Array]
    mean: float
    variance: float
    first: Array
    total: Array
    shapley: Array | None = None
    second: Mapping[tuple[int, int], float] = field(default_factory=dict)
    exact: bool = True

    def of_uniforms(self, u: Array) -> Array:
        """The function of uniforms (input, point)."""
        return self.f(self.marginal(u))


def _unit(u: Array) -> Array:
    return u


def from_parts(name: str, names: tuple[str, ...], f: Callable, marginal: Callable, mean: float, parts: Parts) -> Reference:
    """A reference from the variance of each ANOVA term: indices are sums of these, a term is shared equally for Shapley effects."""
    variance = math.fsum(parts.values())
    first, total, shapley = (np.zeros(len(names)) for _ in range(3))
    for members, part in parts.items():
        for k in members:
            total[k] += part / variance
            shapley[k] += part / variance / len(members)
            first[k] += part / variance if len(members) == 1 else 0.0
    second = {tuple(sorted(m)): part / variance for m, part in parts.items() if len(m) == 2}
    return Reference(name, names, f, marginal, mean, variance, first, total, shapley, second)


def product_parts(variances: list[float], means: list[float]) -> Parts:
    """ANOVA terms of a product of independent factors with these means and variances: the product of variances in, squared means out."""
    found = {}
    for size in range(1, len(variances) + 1):
        for members in combinations(range(len(variances)), size):
            inside = math.prod(variances[k] for k in members)
            found[frozenset(members)] = inside * math.prod(m * m for k, m in enumerate(means) if k not in members)
    return found


def ishigami(a: float = 7.0, b: float = 0.1) -> Reference:
    """Sin x1 + a sin² x2 + b x3⁴ sin x1 on (−π, π)³.

    E[x⁴] = π⁴/5 and E[x⁸] = π⁸/9, so V1 = (1 + bπ⁴/5)²/2, V2 = a²/8, V13 = b²π⁸(1/9 − 1/25)/2.
    """
    parts = {
        frozenset({0}): 0.5 * (1.0 + b * math.pi**4 / 5.0) ** 2,
        frozenset({1}): a * a / 8.0,
        frozenset({0, 2}): 0.5 * b * b * math.pi**8 * (1.0 / 9.0 - 1.0 / 25.0),
    }

    def f(x: Array) -> Array:
        return np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])

    return from_parts(f"Ishigami {a:g}, {b:g}", ("x1", "x2", "x3"), f, lambda u: math.pi * (2.0 * u - 1.0), 0.5 * a, parts)


def sobol_g(a: tuple[float, ...]) -> Reference:
    """Π (|4x − 2| + a)/(1 + a) on the unit cube: each factor has mean 1 and variance 1/(3(1 + a)²)."""
    shift = np.array(a)[:, None]

    def f(x: Array) -> Array:
        return ((np.abs(4.0 * x - 2.0) + shift) / (1.0 + shift)).prod(axis=0)

    parts = product_parts([1.0 / (3.0 * (1.0 + k) ** 2) for k in a], [1.0] * len(a))
    return from_parts(f"Sobol' G, {len(a)} inputs", tuple(f"x{k + 1}" for k in range(len(a))), f, _unit, 1.0, parts)


def product_and_sum() -> Reference:
    """x1 x2 + x3 of uniforms: the product has parts 1/48, 1/48 and 1/144, the sum adds 1/12."""
    parts = {**product_parts([1 / 12, 1 / 12], [0.5, 0.5]), frozenset({2}): 1 / 12}
    return from_parts("x1 x2 + x3", ("x1", "x2", "x3"), lambda x: x[0] * x[1] + x[2], _unit, 0.75, parts)


def dirichlet_product(alpha: tuple[float, ...] = (1 / 2, 1 / 3, 1 / 4)) -> Reference:
    """Π (1 + α√12(x − ½)) of uniforms: each factor has mean 1 and variance α²."""
    scale = math.sqrt(12.0) * np.array(alpha)[:, None]
    parts = product_parts([a * a for a in alpha], [1.0] * len(alpha))
    return from_parts("product, α 1/2, 1/3, 1/4", ("x1", "x2", "x3"), lambda x: (1.0 + scale * (x - 0.5)).prod(axis=0), _unit, 1.0, parts)


def portfolio(amounts: tuple[float, ...] = (100.0, 500.0, 1000.0), sd: tuple[float, ...] = (4.0, 2.0, 1.0)) -> Reference:
    """Σ C P with P normal, mean 0: variances (C σ)²."""
    c, sigma = np.array(amounts), np.array(sd)[:, None]
    parts = {frozenset({k}): (c[k] * sd[k]) ** 2 for k in range(len(sd))}
    name = "portfolio " + "/".join(f"{a:g}" for a in amounts)
    return from_parts(name, ("p1", "p2", "p3"), lambda p: c @ p, lambda u: sigma * special.ndtri(u), 0.0, parts)


BOREHOLE = ("rw", "r", "Tu", "Hu", "Tl", "Hl", "L", "Kw")
_BOREHOLE_LOW = np.array([0.05, 100.0, 63070.0, 990.0, 63.1, 700.0, 1120.0, 9855.0])[:, None]
_BOREHOLE_HIGH = np.array([0.15, 50000.0, 115600.0, 1110.0, 116.0, 820.0, 1680.0, 12045.0])[:, None]


def _flow(x: Array) -> Array:
    rw, r, tu, hu, tl, hl, length, kw = x
    ln = np.log(r / rw)
    return 2.0 * math.pi * tu * (hu - hl) / (ln * (1.0 + 2.0 * length * tu / (ln * rw * rw * kw) + tu / tl))


def borehole(normal: bool) -> Reference:
    """Flow through a borehole: all inputs uniform, or its radius normal and that of influence lognormal; by simulation."""

    def marginal(u: Array) -> Array:
        x = _BOREHOLE_LOW + (_BOREHOLE_HIGH - _BOREHOLE_LOW) * u
        if normal:
            x[0], x[1] = 0.1 + 0.0161812 * special.ndtri(u[0]), np.exp(7.71 + 1.0056 * special.ndtri(u[1]))
        return x

    if normal:
        mean, variance = 73.739, 817.72
        first, total = {"rw": 0.6637, "Hu": 0.0949, "Hl": 0.0949, "L": 0.0906, "Kw": 0.0219}, [0.6941, 0.1061, 0.1061, 0.1028, 0.0251]
    else:
        mean, variance = 77.651, 2078.9
        first, total = {"rw": 0.8289, "Hu": 0.0414, "Hl": 0.0414, "L": 0.0393, "Kw": 0.0095}, [0.8668, 0.0541, 0.0541, 0.0521, 0.0127]
    ordered = dict(zip(first, total, strict=True))
    name = "borehole, normal and lognormal" if normal else "borehole, uniform"
    s1, st = (np.array([known.get(n, 0.0) for n in BOREHOLE]) for known in (first, ordered))
    return Reference(name, BOREHOLE, _flow, marginal, mean, variance, s1, st, exact=False)


WING = ("Sw", "Wfw", "A", "sweep", "q", "taper", "tc", "Nz", "Wdg", "Wp")
_WING_LOW = np.array([150.0, 220.0, 6.0, -10.0, 16.0, 0.5, 0.08, 2.5, 1700.0, 0.025])[:, None]
_WING_HIGH = np.array([200.0, 300.0, 10.0, 10.0, 45.0, 1.0, 0.18, 6.0, 2500.0, 0.08])[:, None]


def wing_weight() -> Reference:
    """Weight of a light aircraft's wing, ten uniform inputs; by simulation."""

    def f(x: Array) -> Array:
        sw, wfw, a, sweep, q, taper, tc, nz, wdg, wp = x
        cos = np.cos(np.radians(sweep))
        body = 0.036 * sw**0.758 * wfw**0.0035 * (a / cos**2) ** 0.6 * q**0.006 * taper**0.04
        return body * (100.0 * tc / cos) ** -0.3 * (nz * wdg) ** 0.49 + sw * wp

    first = {"Nz": 0.4116, "A": 0.2202, "tc": 0.1410, "Sw": 0.1245, "Wdg": 0.0850, "Wp": 0.0033, "taper": 0.0018}
    total = dict(zip(first, [0.4197, 0.2260, 0.1451, 0.1279, 0.0876, 0.0034, 0.0019], strict=True))
    s1, st = (np.array([known.get(n, 0.0) for n in WING]) for known in (first, total))
    return Reference("wing weight", WING, f, lambda u: _WING_LOW + (_WING_HIGH - _WING_LOW) * u, 268.08, 2311.9, s1, st, exact=False)


def all_references() -> tuple[Reference, ...]:
    """Every reference with independent inputs."""
    portfolios = ((100.0, 500.0, 1000.0), (300.0, 300.0, 300.0), (500.0, 400.0, 100.0))
    return (
        ishigami(),
        ishigami(b=0.05),
        sobol_g((0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)),
        sobol_g((0.0, 9.0, 99.0)),
        product_and_sum(),
        dirichlet_product(),
        *(portfolio(amounts) for amounts in portfolios),
        borehole(True),
        borehole(False),
        wing_weight(),
    )


def linear_normal_evppi(mean: float, sd: float, share: float = 1.0) -> float:
    """Value of perfect information on a part of a normal incremental benefit that has this share of its variance.

    Without information one takes max(m, 0); with it E[max(N, 0)] of N(m, share·s²): s φ(m/s) − |m| Φ(−|m|/s), s² = share·sd².
    """
    s = sd * math.sqrt(share)
    if s == 0.0:
        return 0.0
    z = abs(mean) / s
    return s * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) - abs(mean) * float(special.ndtr(-z))


def gaussian_linear_shapley(beta: Array, covariance: Array) -> Array:
    """Shapley effects of β·X with X normal, from all subsets.

    Var(E[β·X | X_u]) = β'C(:,u) C(u,u)⁻¹ C(u,:)β for a joint normal; a unit's effect is the mean growth of this over all orders of joining.
    """
    k = len(beta)

    def explained(u: tuple[int, ...]) -> float:
        if not u:
            return 0.0
        with_sum = covariance[list(u)] @ beta
        return float(with_sum @ np.linalg.solve(covariance[np.ix_(u, u)], with_sum))

    effects = np.zeros(k)
    for i in range(k):
        others = [j for j in range(k) if j != i]
        for size in range(k):
            weight = math.factorial(size) * math.factorial(k - 1 - size) / math.factorial(k)
            for u in combinations(others, size):
                effects[i] += weight * (explained(tuple(sorted((*u, i)))) - explained(u))
    return effects / float(beta @ covariance @ beta)


def two_normals_shapley(beta: tuple[float, float], sd: tuple[float, float], rho: float) -> Array:
    """Shapley effects of β1 X1 + β2 X2 with correlated normals, in closed form."""
    a, b = beta[0] * sd[0], beta[1] * sd[1]
    variance = a * a + b * b + 2.0 * rho * a * b
    first = (a * a * (1.0 - rho**2 / 2.0) + rho * a * b + b * b * rho**2 / 2.0) / variance
    return np.array([first, 1.0 - first])


def morris_function(seed: int) -> Callable[[Array], Array]:
    """Morris's function of 20 uniforms: inputs 1 to 7 act together or not in a straight line, 8 to 10 straight, 11 to 20 hardly.

    Coefficients that the paper leaves to independent standard normals are drawn from ``seed``.
    """
    rng = np.random.default_rng(seed)
    one, two = rng.standard_normal(20), np.triu(rng.standard_normal((20, 20)), 1)
    one[:10] = 20.0
    two[:6, :6] = np.triu(np.full((6, 6), -15.0), 1)
    constant = rng.standard_normal()

    def f(x: Array) -> Array:
        w = 2.0 * (x - 0.5)
        w[[2, 4, 6]] = 2.0 * (1.1 * x[[2, 4, 6]] / (x[[2, 4, 6]] + 0.1) - 0.5)
        found = constant + one @ w + np.einsum("ij,ip,jp->p", two, w, w)
        for i, j, k in combinations(range(5), 3):
            found -= 10.0 * w[i] * w[j] * w[k]
        return found + 5.0 * w[0] * w[1] * w[2] * w[3]

    return f
