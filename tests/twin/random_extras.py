"""Random correlation groups and scenarios."""

from __future__ import annotations

from typing import Any

from .random_numbers import Numbers, rounded
from .values import driver_table

CONTINUOUS = ("uniform", "triangular", "pert", "normal", "lognormal")


def add_correlation(tree: dict, numbers: Numbers) -> None:
    """Sometimes one or two correlation groups among continuous drivers of one path."""
    rng = numbers.rng
    if not numbers.chance(0.4):
        return
    path = rng.choice(["constant", "independent"])
    found = [
        name
        for name, spec in driver_table(tree).items()
        if spec["dist"] in CONTINUOUS and spec.get("path", "constant") == path and name != "volatility.common"
    ]
    rng.shuffle(found)
    groups = []
    for _ in range(rng.randint(1, 2)):
        size = rng.randint(2, 3)
        if len(found) < size:
            break
        chosen = [found.pop() for _ in range(size)]
        group: dict[str, Any] = {"drivers": [name.removeprefix("drivers.") for name in chosen] if numbers.chance(0.3) else chosen}
        if numbers.chance(0.5):
            rank = rounded(rng.uniform(-0.4, 0.6))
            group["rank"] = [[1.0 if i == j else rank for j in range(size)] for i in range(size)]
        else:
            group["rank"] = rounded(rng.uniform(0.1, 0.8))
        if numbers.chance(0.3):
            group["copula"] = "gaussian"
        groups.append(group)
    if groups:
        tree["correlation"] = groups


def any_overrides(tree: dict, numbers: Numbers) -> dict[str, Any]:
    """A few overrides on the same tree."""
    rng = numbers.rng
    overrides: dict[str, Any] = {}
    scheme = rng.choice(list(tree["schemes"]))
    line = rng.choice(list(tree["services"]))
    if numbers.chance(0.3):
        overrides.setdefault("schemes", {}).setdefault(scheme, {})["enabled"] = numbers.chance(0.3)
    if numbers.chance(0.4):
        overrides.setdefault("schemes", {}).setdefault(scheme, {})["delivery"] = numbers.distribution("score", 0.3, 1.0)
    if numbers.chance(0.3):
        name, effect = rng.choice(list(tree["schemes"][scheme]["effects"].items()))
        if effect.get("impact_is", "share") == "share":
            table = overrides.setdefault("schemes", {}).setdefault(scheme, {})
            table["effects"] = {name: {"impact": rng.choice([numbers.within(0.0, 0.5), numbers.distribution("share", 0.0, 0.5)])}}
    if numbers.chance(0.4):
        overrides.setdefault("inflation", {})["pay"] = rng.choice([numbers.within(0.0, 0.06), numbers.distribution("rate", 0.0, 0.06)])
    if numbers.chance(0.4):
        overrides.setdefault("services", {}).setdefault(line, {})["variable_share"] = numbers.within(0.0, 1.0)
    if numbers.chance(0.3):
        overrides.setdefault("services", {}).setdefault(line, {})["fixed_share"] = [numbers.within(0.1, 0.9) for _ in range(numbers.years)]
    growth = tree["services"][line].get("growth")
    if isinstance(growth, dict) and "demographic" in growth and numbers.chance(0.6):
        overrides.setdefault("services", {}).setdefault(line, {})["growth"] = {"demographic": numbers.distribution("rate", -0.02, 0.04)}
    declared = [name for name, value in tree.get("drivers", {}).items() if isinstance(value, dict)]
    if declared and numbers.chance(0.4):
        name = rng.choice(declared)
        low, high = (0.1, 0.3) if name == "fraction" else (0.3, 0.8) if name == "uptake" else (0.0, 0.03)
        overrides["drivers"] = {name: numbers.distribution("share", low, high)}
    if "arrangements" in tree and numbers.chance(0.4):
        name = rng.choice(list(tree["arrangements"]))
        overrides["arrangements"] = {name: {"msr": numbers.within(0.0, 0.04), "msr_kind": rng.choice(["first_pound", "excess"])}}
    return overrides


def add_scenarios(tree: dict, numbers: Numbers) -> None:
    """Sometimes one or two scenarios. Their overrides never name a declared driver, so that the base study keeps its own."""
    if not numbers.chance(0.4):
        return
    correlated = {name for group in tree.get("correlation", []) for name in group["drivers"]}
    declared = dict(numbers.declared)
    numbers.declared.clear()
    scenarios = {}
    for name in ("bold", "cautious")[: numbers.rng.randint(1, 2)]:
        overrides = any_overrides(tree, numbers)
        if correlated:
            overrides = without_correlated(overrides, correlated)
        if overrides:
            scenarios[name] = {"label": f"The {name} one", **overrides}
    numbers.declared.update(declared)
    if scenarios:
        tree["scenarios"] = scenarios


def without_correlated(overrides: dict, correlated: set[str], path: tuple[str, ...] = ()) -> dict:
    """The overrides without those that replace a correlated driver (a correlation needs its drivers in every scenario)."""
    kept: dict[str, Any] = {}
    for key, value in overrides.items():
        name = ".".join(path + (key,))
        if name in correlated or name.removeprefix("drivers.") in correlated:
            continue
        if isinstance(value, dict) and "dist" not in value:
            inner = without_correlated(value, correlated, path + (key,))
            if inner:
                kept[key] = inner
        else:
            kept[key] = value
    return kept
