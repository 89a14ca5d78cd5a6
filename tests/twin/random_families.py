"""Random distributions of every family that keep to an interval, for the numbers of a random study."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .law_of import law_of
from .metalogs import percentiles
from .random_numbers import rounded

Spec = dict[str, Any]


class Range(NamedTuple):
    """Where a number lies. `hard`: no draw may be outside; `zero`: 0 is a sound value; `count`: may be a whole number."""

    low: float
    high: float
    hard: bool
    zero: bool
    count: bool

    @property
    def width(self) -> float:
        """How wide the interval is."""
        return self.high - self.low

    def at(self, share: float) -> float:
        """A point of the interval."""
        return min(max(rounded(self.low + share * self.width), self.low), self.high)


def cut(rng: random.Random, spec: Spec, where: Range) -> Spec:
    """The distribution within the interval where it must be, else sometimes cut on one side."""
    if where.hard:
        return spec | {"lower": where.low, "upper": where.high}
    if rng.random() < 0.3:
        return spec | rng.choice([{"lower": where.at(rng.uniform(0.0, 0.3))}, {"upper": where.at(rng.uniform(0.6, 1.0))}])
    return spec


def beta_shapes(rng: random.Random, where: Range) -> Spec:
    """Beta by its shapes."""
    shapes = {key: rounded(rng.choice([rng.uniform(0.4, 1.2), rng.uniform(1.0, 8.0)])) for key in ("alpha", "beta")}
    return {"dist": "beta", **shapes, "min": where.low, "max": where.high}


def beta_moments(rng: random.Random, where: Range) -> Spec:
    """Beta by its moments."""
    mean = where.at(rng.uniform(0.2, 0.8))
    limit = ((mean - where.low) * (where.high - mean)) ** 0.5
    return {"dist": "beta", "mean": mean, "sd": rounded(limit * rng.uniform(0.1, 0.7)), "min": where.low, "max": where.high}


def interval_of(rng: random.Random, where: Range) -> Spec:
    """A normal or lognormal by its central interval."""
    family = "lognormal" if where.low > 0 and rng.random() < 0.5 else "normal"
    ends = [where.at(rng.uniform(0.1, 0.3)), where.at(rng.uniform(0.7, 0.9))]
    spec = {"dist": family, "range": ends, "coverage": rng.choice([0.5, 0.8, 0.9, 0.95])}
    return cut(rng, spec, where._replace(hard=where.hard or where.low >= 0))


def gamma(rng: random.Random, where: Range) -> Spec:
    """Gamma by moments or by shape and scale."""
    mean = where.at(rng.uniform(0.3, 0.7))
    if rng.random() < 0.5:
        return cut(rng, {"dist": "gamma", "mean": mean, "sd": rounded(where.width * rng.uniform(0.05, 0.2))}, where)
    shape = rounded(rng.choice([rng.uniform(0.5, 1.5), rng.uniform(2.0, 200.0)]))
    return cut(rng, {"dist": "gamma", "shape": shape, "scale": rounded(mean / shape)}, where._replace(hard=where.hard or not where.zero))


def weibull(rng: random.Random, where: Range) -> Spec:
    """Weibull."""
    spec = {"dist": "weibull", "shape": rounded(rng.uniform(0.7, 6.0)), "scale": where.at(rng.uniform(0.4, 0.8))}
    return cut(rng, spec, where._replace(hard=where.hard or not where.zero))


def student_t(rng: random.Random, where: Range) -> Spec:
    """Student's t, cut where it must be; heavy ones with a plan."""
    df = rng.choice([0.8, 0.8, 1.5, 2.5, 4.0, 30.0])
    spec = {"dist": "student_t", "df": df, "location": where.at(rng.uniform(0.3, 0.7)), "scale": rounded(where.width * 0.05)}
    if df <= 1:
        spec["plan"] = where.at(0.5)
    heavy = df < 3 or where.low >= 0
    return cut(rng, spec, where._replace(hard=where.hard or heavy))


def truncated(rng: random.Random, where: Range) -> Spec:
    """A simple family of which a good part is cut off."""
    low, high = where.low - 0.5 * where.width, where.high + 0.5 * where.width
    if where.low >= 0:
        low = max(low, 0.0)
    if where.hard and where.high <= 1:
        high = min(high, 1.0)
    mode = where.at(rng.random())
    spec: Spec = rng.choice(
        [
            {"dist": "normal", "mean": mode, "sd": rounded(where.width * rng.uniform(0.2, 0.6))},
            {"dist": "uniform", "min": rounded(low), "max": rounded(high)},
            {"dist": "triangular", "min": rounded(low), "mode": mode, "max": rounded(high)},
            {"dist": "pert", "min": rounded(low), "mode": mode, "max": rounded(high), "shape": rng.choice([2.0, 4.0, 7.0])},
        ]
    )
    return spec | {"lower": where.low, "upper": where.high}


def empirical(rng: random.Random, where: Range) -> Spec:
    """A few values, some of them equal."""
    values = [where.at(rng.random()) for _ in range(rng.randint(3, 12))]
    if rng.random() < 0.3:
        values.append(values[0])
    method = rng.choice([{}, {"method": "interpolated"}, {"method": "resampled"}])
    return {"dist": "empirical", "values": values, **method}


def sound(spec: Spec) -> bool:
    """Whether percentiles that rise describe a distribution, with something to spare."""
    values = [spec[key] for key in spec if key[0] == "p"]
    try:
        found = percentiles(spec)
    except ValueError:
        return False
    steep = np.diff(found.m(np.linspace(-30.0, 30.0, 6001)))
    return values == sorted(set(values)) and found.rises() and bool(np.all(steep > 0)) and found.coefficients[1] > 0


def by_percentiles(rng: random.Random, where: Range) -> Spec:
    """Percentiles taken from a law nearby, so that a metalog through them is one."""
    source = rng.choice([beta_moments, beta_shapes])(rng, where)
    if source["dist"] == "beta" and "alpha" in source:
        source |= {"alpha": 1.5 + source["alpha"], "beta": 1.5 + source["beta"]}
    law = law_of(source)
    keys = rng.choice([["p10", "p50", "p90"], ["p5", "p50", "p95"], ["p2_5", "p25", "p50", "p75", "p97_5"], ["p10", "p40", "p60", "p90"]])
    spec: Spec = {"dist": "percentiles"}
    for key in keys:
        spec[key] = rounded(float(law.quantile(float(key[1:].replace("_", ".")) / 100)))
    bounds = rng.choice([("min", "max"), ("min",), ("max",), ()]) if not where.hard and where.low < 0.01 else ("min", "max")
    spec |= {key: where.low if key == "min" else where.high for key in bounds}
    pick = rng.random()
    if pick < 0.25 and len(keys) == 3:
        del spec["p50"]
        spec["mean"] = rounded(float(law.mean()))
    elif pick < 0.5 and len(keys) == 5:
        spec["terms"] = rng.choice([3, 4])
    if not sound(spec):
        return beta_moments(rng, where)
    return spec


def whole(rng: random.Random, where: Range) -> Spec:
    """A count."""
    mean = max(where.at(rng.uniform(0.3, 0.7)), 1.5)
    pick = rng.random()
    if pick < 0.35:
        return {"dist": "poisson", "mean": mean}
    if pick < 0.68:
        return {"dist": "negative_binomial", "mean": mean, "size": rounded(rng.uniform(5.0, 60.0))}
    return {"dist": "negative_binomial", "mean": mean, "sd": rounded(mean**0.5 * rng.uniform(1.1, 2.0))}


def parts(rng: random.Random, where: Range, count: int) -> list[Any]:
    """Distributions and now and then a number, in parts of the interval."""
    found: list[Any] = []
    for _ in range(count):
        low, high = sorted(where.at(rng.random()) for _ in range(2))
        inner = where if high - low < 0.1 * where.width else where._replace(low=low, high=high)
        number = found and rng.random() < 0.2
        found.append(where.at(rng.random()) if number else simple(rng, inner._replace(hard=where.hard or where.low >= 0)))
    return found


def mixed(rng: random.Random, where: Range) -> Spec:
    """A mixture or a pool of experts."""
    count = rng.randint(2, 3)
    raw = [rng.randint(1, 5) for _ in range(count)]
    weights = {"weights": [weight / sum(raw) for weight in raw]}
    if rng.random() < 0.5:
        spec: Spec = {"dist": "mixture", "components": parts(rng, where, count), **weights}
    else:
        spec = {"dist": "pool", "experts": parts(rng, where, count), **rng.choice([weights, {}])}
    if rng.random() < 0.4:
        spec |= {"lower": where.at(rng.uniform(0.0, 0.2)), "upper": where.at(rng.uniform(0.8, 1.0))}
    return spec


def event(rng: random.Random, where: Range) -> Spec:
    """An impact with a probability, else 0."""
    impact = where.at(rng.random()) if rng.random() < 0.4 else simple(rng, where)
    return {"dist": "event", "probability": rounded(rng.uniform(0.02, 0.9)), "impact": impact}


def simple(rng: random.Random, where: Range) -> Spec:
    """A distribution that holds no other and needs no plan."""
    while True:
        spec = rng.choice(makers(where, nested=False))(rng, where)
        if "plan" not in spec:
            return spec


def makers(where: Range, nested: bool = True) -> list[Callable[[random.Random, Range], Spec]]:
    """What can be made for a range."""
    found: list[Callable[[random.Random, Range], Spec]] = [beta_shapes, beta_moments, interval_of, student_t, truncated, empirical]
    found += [by_percentiles, by_percentiles]
    if where.low >= 0 and where.high > 0:
        found += [gamma, weibull]
    if where.count and where.high > 3:
        # Inside another distribution only small counts: every value that a count may take is a piece of the whole.
        found += [whole, whole, whole, whole] if nested else [whole] if where.high < 100 else []
    if nested:
        found += [mixed] + ([event] if where.zero else [])
    return found


def rich(rng: random.Random, where: Range) -> Spec:
    """A distribution of any family."""
    return rng.choice(makers(where))(rng, where)
