"""Plan values and simple random values of the drivers of a study, for tests of the twin."""

from __future__ import annotations

import math
import random
from typing import Any

from .reading import is_distribution, scenario_tree

SKIPPED = ("scenarios", "correlation", "simulation")


def driver_table(tree: dict) -> dict[str, dict]:
    """Every driver of a tree: its full dotted path and its distribution. Volatility drivers have `dist = "volatility"`."""
    found: dict[str, dict] = {}

    def walk(path: list[str], value: Any) -> None:
        if is_distribution(value):
            found[".".join(path)] = value
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(path + [key], inner)

    for key, value in tree.items():
        if key not in SKIPPED:
            walk([key], value)
    for line, service in tree.get("services", {}).items():
        if "volatility" in service:
            table = service["volatility"]
            found[f"services.{line}.volatility"] = {"dist": "volatility", "path": table.get("path", "independent"), "plan": 1.0}
    return found


def in_year(spec: dict, key: str, t: int) -> Any:
    """A parameter of a distribution in year t."""
    value = spec[key]
    return value[t - 1] if isinstance(value, list) and key not in ("values", "weights") else value


def lognormal_parameters(spec: dict, t: int) -> tuple[float, float]:
    """mu and sigma of a lognormal, however it was stated."""
    if "mu" in spec:
        return in_year(spec, "mu", t), in_year(spec, "sigma", t)
    ratio = in_year(spec, "sd", t) / in_year(spec, "mean", t)
    sigma2 = math.log(1 + ratio * ratio)
    return math.log(in_year(spec, "mean", t)) - sigma2 / 2, math.sqrt(sigma2)


def mean(spec: dict, t: int) -> float:
    """The mean of a distribution in year t."""
    family = spec["dist"]
    if family == "uniform":
        return (in_year(spec, "min", t) + in_year(spec, "max", t)) / 2
    if family == "triangular":
        return (in_year(spec, "min", t) + in_year(spec, "mode", t) + in_year(spec, "max", t)) / 3
    if family == "pert":
        shape = in_year(spec, "shape", t) if "shape" in spec else 4.0
        return (in_year(spec, "min", t) + shape * in_year(spec, "mode", t) + in_year(spec, "max", t)) / (shape + 2)
    if family == "normal":
        return in_year(spec, "mean", t)
    if family == "lognormal":
        if "mean" in spec:
            return in_year(spec, "mean", t)
        mu, sigma = lognormal_parameters(spec, t)
        return math.exp(mu + sigma * sigma / 2)
    if family == "discrete":
        return sum(value * weight for value, weight in zip(spec["values"], spec["weights"], strict=True)) / sum(spec["weights"])
    if family == "bernoulli":
        return in_year(spec, "p", t)
    raise ValueError(family)


def sample(spec: dict, t: int, rng: random.Random) -> float:
    """One random value of a distribution in year t, from whatever `rng` gives next."""
    family = spec["dist"]
    if family == "volatility":
        return rng.gammavariate(400.0, 1 / 400.0)
    if family == "uniform":
        return rng.uniform(in_year(spec, "min", t), in_year(spec, "max", t))
    if family == "triangular":
        return rng.triangular(in_year(spec, "min", t), in_year(spec, "max", t), in_year(spec, "mode", t))
    if family == "pert":
        low, mode, high = (in_year(spec, key, t) for key in ("min", "mode", "max"))
        shape = in_year(spec, "shape", t) if "shape" in spec else 4.0
        if high == low:
            return low
        alpha = 1 + shape * (mode - low) / (high - low)
        return low + (high - low) * rng.betavariate(alpha, 2 + shape - alpha)
    if family == "normal":
        return rng.gauss(in_year(spec, "mean", t), in_year(spec, "sd", t))
    if family == "lognormal":
        mu, sigma = lognormal_parameters(spec, t)
        return math.exp(mu + sigma * rng.gauss(0.0, 1.0))
    if family == "discrete":
        return rng.choices(spec["values"], spec["weights"])[0]
    if family == "bernoulli":
        return 1.0 if rng.random() < in_year(spec, "p", t) else 0.0
    raise ValueError(family)


def plan_values(tree: dict) -> dict[str, list[float]]:
    """The plan value of every driver: what it states, or its mean."""
    years = range(1, tree["horizon"]["years"] + 1)
    result = {}
    for name, spec in driver_table(tree).items():
        if "plan" in spec:
            plan = spec["plan"]
            result[name] = [float(plan[t - 1] if isinstance(plan, list) else plan) for t in years]
        else:
            result[name] = [float(mean(spec, t)) for t in years]
    return result


def random_draw(tree: dict, seed: str | int) -> dict[str, list[float]]:
    """Random values of every driver; with a constant path the years share their randomness."""
    result: dict[str, list[float]] = {}
    for name, spec in driver_table(tree).items():
        independent = spec.get("path", "constant") == "independent"
        result[name] = []
        for t in range(1, tree["horizon"]["years"] + 1):
            rng = random.Random(f"{seed}/{name}/{t if independent else 0}")
            result[name].append(float(sample(spec, t, rng)))
    return result


def random_values(
    tree: dict, seed: int, draws: int, scenario: str | None = None
) -> tuple[dict[str, list[float]], list[dict[str, list[float]]]]:
    """Plan values of the study as written, and `draws` sets of random values of the drivers of its scenario."""
    drawn_tree = scenario_tree(tree, scenario)
    return plan_values(tree), [random_draw(drawn_tree, f"{seed}/{k}") for k in range(draws)]
