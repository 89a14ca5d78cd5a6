"""The law of a distribution as a study file states it, in one year."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtri

from . import laws
from .laws import Law, Row
from .laws_discrete import Discrete, negative_binomial, poisson
from .laws_nested import Certain, Lines, Mixture, Truncated
from .metalogs import percentiles

# Keys that say nothing about the distribution, and keys whose lists are no yearly lists.
NO_PARAMETERS = ("path", "rho", "start", "level", "speed", "plan", "risk", "source", "label", "stream", "owner", "date", "actual")
LISTS = ("values", "weights", "range", "components", "experts", "impact", "actual")


def in_year(spec: dict, t: int) -> dict:
    """The table of a distribution with its parameters of year t."""
    return {key: value[t - 1] if isinstance(value, list) and key not in LISTS else value for key, value in spec.items()}


def central(spec: dict) -> tuple[float, float]:
    """Middle and standard deviation of the normal whose central interval is `range`."""
    low, high = spec["range"]
    if spec["dist"] == "lognormal":
        low, high = math.log(low), math.log(high)
    return (low + high) / 2, (high - low) / 2 / float(ndtri((1 + spec["coverage"]) / 2))


def lognormal_parameters(spec: dict) -> tuple[float, float]:
    """mu and sigma of a lognormal, however it was stated."""
    if "mu" in spec:
        return spec["mu"], spec["sigma"]
    if "range" in spec:
        return central(spec)
    sigma2 = math.log(1 + (spec["sd"] / spec["mean"]) ** 2)
    return math.log(spec["mean"]) - sigma2 / 2, math.sqrt(sigma2)


def pert(spec: dict) -> Law:
    """A beta law about a mode."""
    low, mode, high, shape = spec["min"], spec["mode"], spec["max"], spec.get("shape", 4.0)
    alpha = 1 + shape * (mode - low) / (high - low)
    return laws.beta(alpha, 2 + shape - alpha, low, high)


def beta(spec: dict) -> Law:
    """Beta by shapes or by moments."""
    low, high = spec.get("min", 0.0), spec.get("max", 1.0)
    if "alpha" in spec:
        return laws.beta(spec["alpha"], spec["beta"], low, high)
    return laws.beta_by_moments(spec["mean"], spec["sd"], low, high)


def gamma(spec: dict) -> Law:
    """Gamma by shape and scale or by moments."""
    if "shape" in spec:
        return laws.gamma(spec["shape"], spec["scale"])
    return laws.gamma((spec["mean"] / spec["sd"]) ** 2, spec["sd"] ** 2 / spec["mean"])


def negative(spec: dict) -> Law:
    """Negative binomial by mean and size or by moments: variance mean + mean²/size."""
    mean = spec["mean"]
    return negative_binomial(mean, spec["size"] if "size" in spec else mean**2 / (spec["sd"] ** 2 - mean))


def empirical(spec: dict) -> Law:
    """Lines between ordered values, or the values themselves."""
    values = spec["values"]
    if spec.get("method", "interpolated") == "resampled":
        return Discrete(values, [1 / len(values)] * len(values))
    return Lines(values)


def part(value: Any) -> Law:
    """A nested distribution or a number."""
    return law_of(value) if isinstance(value, dict) else Certain(value)


def mixture(spec: dict) -> Law:
    """A mixture, or a pool of experts."""
    given = spec["components" if spec["dist"] == "mixture" else "experts"]
    return Mixture([part(one) for one in given], spec.get("weights", [1 / len(given)] * len(given)))


FAMILIES: dict[str, Callable[[dict], Law]] = {
    "uniform": lambda spec: laws.uniform(spec["min"], spec["max"]),
    "triangular": lambda spec: laws.triangular(spec["min"], spec["mode"], spec["max"]),
    "pert": pert,
    "normal": lambda spec: laws.normal(*central(spec)) if "range" in spec else laws.normal(spec["mean"], spec["sd"]),
    "lognormal": lambda spec: laws.lognormal(*lognormal_parameters(spec)),
    "beta": beta,
    "gamma": gamma,
    "weibull": lambda spec: laws.weibull(spec["shape"], spec["scale"]),
    "student_t": lambda spec: laws.student_t(spec["df"], spec.get("location", 0.0), spec.get("scale", 1.0)),
    "discrete": lambda spec: Discrete(spec["values"], spec["weights"]),
    "bernoulli": lambda spec: Discrete([0.0, 1.0], [1 - spec["p"], spec["p"]]),
    "poisson": lambda spec: poisson(spec["mean"]),
    "negative_binomial": negative,
    "empirical": empirical,
    "percentiles": percentiles,
    "mixture": mixture,
    "pool": mixture,
    "event": lambda spec: Mixture([Certain(0.0), part(spec["impact"])], [1 - spec["probability"], spec["probability"]]),
}


@cache
def _made(text: str) -> Law:
    """The law of a written distribution of one year; equal ones once."""
    spec = json.loads(text)
    law = FAMILIES[spec["dist"]](spec)
    if "lower" in spec or "upper" in spec:
        return Truncated(law, spec.get("lower", -math.inf), spec.get("upper", math.inf))
    return law


def law_of(spec: dict, t: int = 1) -> Law:
    """The law of a distribution in year t."""
    return _made(json.dumps({key: value for key, value in in_year(spec, t).items() if key not in NO_PARAMETERS}))


def laws_of(spec: dict, years: int) -> list[Law]:
    """The law of a distribution in each year; the same object where nothing changes."""
    return [law_of(spec, t) for t in range(1, years + 1)]


def at_places(spec: dict, p: Row, q: Row) -> Row:
    """The quantiles of each year at places p = 1 - q; all (year, draw)."""
    each = laws_of(spec, len(p))
    if all(law is each[0] for law in each):
        if all(np.array_equal(row, p[0]) for row in p[1:]):
            return np.broadcast_to(each[0].at(p[0], q[0]), p.shape)
        return each[0].at(p, q)
    return np.array([law.at(p[k], q[k]) for k, law in enumerate(each)])
