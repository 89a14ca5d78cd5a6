"""Puts a random study under way: actuals of lines and of drivers for the first years."""

from __future__ import annotations

import copy
import random

from .model import twin
from .random_special import special_study
from .reading import is_distribution
from .values import driver_table, plan_values

#: Last parts of the places whose numbers belong to every year and may be observed in any.
YEARLY = {
    "growth": (-0.9, 1.0),
    "efficiency_required": (-0.9, 0.9),
    "delivery": (0.0, 1.0),
    "captured": (0.0, 1.0),
    "tariff_change": (-0.9, 1.0),
}


def study_under_way(seed: int) -> dict:
    """A special study whose lines and drivers were observed in some of the first years."""
    tree = copy.deepcopy(special_study(seed))
    rng, years = random.Random(f"under way {seed}"), int(tree["horizon"]["years"])
    plan = twin(tree, plan_values(tree), [])["plan"]
    money = {"": 1.0, " k": 1e3, " m": 1e6}[tree["money"]["unit"][3:]]
    for name, line in tree["services"].items():
        if rng.random() < 0.6:
            line["actual"] = actual(rng, name, line, plan, rng.randint(1, years), money)
    break_circles(tree)
    for name, spec in driver_table(tree).items():
        bounds = YEARLY.get(name.split(".")[-1], (-0.9, 1.0) if name.startswith("inflation.") else None)
        if bounds is not None and ".conversion." not in name and spec["dist"] != "volatility" and rng.random() < 0.4:
            count = rng.randint(1, years)
            near = plan_values(tree)[name]
            spec["actual"] = [min(max(near[t] * rng.uniform(0.8, 1.2), bounds[0]), bounds[1]) for t in range(count)]
    return tree


def actual(rng: random.Random, name: str, line: dict, plan: dict, count: int, money: float) -> dict:
    """What may have been observed of a line: about its plan, or nothing where nothing was planned."""
    units, unit = plan["activity"], 1.0
    if "activity" not in line:
        units, unit = plan["spend"], money
    found = {"activity": [units[t][name] / unit * rng.uniform(0.85, 1.2) for t in range(count)]}
    for key in ("price", "unit_cost"):
        if rng.random() < 0.3 and plan[key][0][name] > 0:
            known = rng.randint(1, count)
            found[key] = [plan[key][t][name] * rng.uniform(0.9, 1.1) for t in range(known)]
    return {key: [max(value, 0.0) for value in values] for key, values in found.items()}


def break_circles(tree: dict) -> None:
    """Leaves the lines in a circle of shifts unobserved."""
    moves = {
        (effect.get("service", name), target)
        for scheme in tree["schemes"].values()
        for name, effect in scheme["effects"].items()
        for target in effect.get("shift", {})
    }
    for name in list(tree["services"]):
        reached, fresh = set(), {name}
        while fresh:
            fresh = {target for source, target in moves if source in fresh} - reached
            reached |= fresh
        if name in reached:
            tree["services"][name].pop("actual", None)


def count_features(seeds: list[int]) -> dict[str, int]:
    """How often each kind of actual occurs in studies."""
    times = dict.fromkeys(("activity", "spend", "price", "unit_cost", "shifted_to", "whole_horizon", "driver", "noisy", "scenario"), 0)
    for seed in seeds:
        tree = study_under_way(seed)
        observed = {name: line for name, line in tree["services"].items() if "actual" in line}
        effects = [effect for scheme in tree["schemes"].values() for effect in scheme["effects"].values()]
        times["activity"] += sum("activity" in line for line in observed.values())
        times["spend"] += sum("activity" not in line for line in observed.values())
        times["price"] += sum("price" in line["actual"] for line in observed.values())
        times["unit_cost"] += sum("unit_cost" in line["actual"] for line in observed.values())
        times["shifted_to"] += sum(name in effect.get("shift", {}) for name in observed for effect in effects)
        times["whole_horizon"] += sum(len(line["actual"]["activity"]) == tree["horizon"]["years"] for line in observed.values())
        times["driver"] += sum("actual" in spec for spec in driver_table(tree).values() if is_distribution(spec))
        times["noisy"] += sum("volatility" in line for line in observed.values())
        times["scenario"] += bool(observed) and len(tree.get("scenarios", {})) > 0
    return times
