"""Makes a random study special: conversion, QIPP, price and unit-cost effects, shifts, marginal bands, population segments, budgets."""

from __future__ import annotations

import copy
import random
from typing import Any

from .random_budgets import add_allocations, add_budgets, budget_overrides
from .random_extras import without_correlated
from .random_numbers import Numbers, rounded, typical, typical_spend
from .random_studies import CATEGORIES, money_scale, random_study
from .reading import is_table, merged
from .values import driver_table


def special_study(seed: int) -> dict:
    """A small random study that uses the special lines and whole population budgets: the tree of its file."""
    return special(random_study(seed), seed)


def special(tree: dict, seed: int | str) -> dict:
    """A study with special features added."""
    tree = copy.deepcopy(tree)
    numbers = Numbers(random.Random(f"special {seed}"), int(tree["horizon"]["years"]))
    money = money_scale(tree)
    add_segments_of_people(tree, numbers)
    for name, line in tree["services"].items():
        if "spend_by_year" not in line and numbers.chance(0.3):
            line["conversion"] = any_conversion(numbers, line, money)
        if numbers.chance(0.35):
            line["marginal_bands"] = any_marginal_bands(numbers)
        if is_table(line.get("cost_weights")) and numbers.chance(0.2):
            tree.setdefault("cost_weights", {})[f"of_{name}"] = line["cost_weights"]
            line["cost_weights"] = f"of_{name}"
    if numbers.chance(0.6):
        tree["qipp"] = {}
        for position in range(numbers.rng.randint(1, 3)):
            tree["qipp"][f"programme_{position}"] = any_qipp(tree, numbers, money)
    for scheme in tree["schemes"].values():
        vary_effects(tree, numbers, scheme, money)
        vary_costs(tree, numbers, scheme)
    state_kappa(tree, numbers)
    if numbers.chance(0.85):
        add_budgets(tree, numbers, money)
    if numbers.chance(0.6):
        add_allocations(tree, numbers, money)
    drop_lost_groups(tree)
    add_scenario(tree, numbers)
    return in_order(tree)


def drop_lost_groups(tree: dict) -> None:
    """Leaves out correlations of drivers that went with an arrangement that a budget's has taken the place of."""
    known = set(driver_table(tree)) | set(tree.get("drivers", {}))
    kept = []
    for group in tree.get("correlation", []):
        if set(group.get("drivers", [])) | {name for pair in group.get("pairs", []) for name in pair[:2]} <= known:
            kept.append(group)
    tree.pop("correlation", None)
    tree |= {"correlation": kept} if kept else {}


def in_order(tree: dict) -> dict:
    """The study with scenarios and correlation last, as files have them."""
    last = {key: tree[key] for key in ("correlation", "scenarios") if key in tree}
    return {key: value for key, value in tree.items() if key not in last} | last


def add_segments_of_people(tree: dict, numbers: Numbers) -> None:
    """Population segments, with a stated size of the list beside constant ones."""
    population = tree.get("population")
    if population is None and numbers.chance(0.6):
        population = tree["population"] = {"size": 100000.0}
    if population is None or not isinstance(population["size"], float) or not numbers.chance(0.75):
        return
    names = ["children", "adults", "old"][: numbers.rng.randint(2, 3)]
    segments: dict[str, dict] = {}
    for name in names:
        size = population["size"] / len(names)
        segments[name] = {"size": numbers.base("count", 0.5 * size, 1.5 * size)}
        if numbers.chance(0.7):
            segments[name]["growth"] = numbers.number("rate", -0.02, 0.04)
    sizes = [segment["size"] for segment in segments.values()]
    if all(isinstance(size, float) for size in sizes) and numbers.chance(0.3):
        population["size"] = sum(sizes)
    else:
        del population["size"]
    population["segments"] = segments
    for line in tree["services"].values():
        growth = line.get("growth")
        if is_table(growth) and "population" in growth and numbers.chance(0.6):
            growth["population"] = numbers.rng.choice(names)
    for line in tree["services"].values():
        # n_ref is the size of the list where there is one: it is stated where there is none.
        if "cv_ref" in line.get("volatility", {}) and numbers.chance(0.5):
            line["volatility"]["n_ref"] = 100000.0


def any_conversion(numbers: Numbers, line: dict, money: float) -> dict:
    """How figures of the current year become those of the base year."""
    found: dict[str, Any] = {}
    for key, low, high in (("inflation", 0.0, 0.05), ("efficiency", 0.0, 0.04), ("growth", 0.0, 0.03)):
        if numbers.chance(0.7):
            found[key] = numbers.base("rate", low, high)
    if "spend" in line:
        spend = typical_spend(line, money)
        for key in ("service_investment", "one_off"):
            if numbers.chance(0.6):
                found[key] = any_addition(numbers, spend)
    return found or {"growth": 0.01}


def any_addition(numbers: Numbers, spend: float) -> Any:
    """A small amount of either sign, drawn or not."""
    low, high = rounded(-0.05 * spend), rounded(0.08 * spend)
    return {"dist": "uniform", "min": low, "max": high} if numbers.chance(0.2) else numbers.within(low, high)


def any_marginal_bands(numbers: Numbers) -> dict:
    """One to three bands; those of one side have edges of their own."""
    bands: dict[str, dict] = {}
    edges = sorted({numbers.rng.choice([0.0, rounded(numbers.rng.uniform(0.002, 0.15))]) for _ in range(numbers.rng.randint(1, 3))})
    for position, edge in enumerate(edges):
        side = numbers.rng.choice(["above", "below", "both"])
        bands[f"band_{position}"] = {"side": side, "from": edge, "share": numbers.number("share", 0.0, 1.0)}
        if not isinstance(bands[f"band_{position}"]["share"], float):
            bands[f"band_{position}"]["share"] = numbers.term(0.0, 1.0)
        if side == "above" and numbers.chance(0.5):
            bands[f"under_{position}"] = {"side": "below", "from": edge, "share": numbers.term(0.0, 1.0)}
    return bands


def any_qipp(tree: dict, numbers: Numbers, money: float) -> dict:
    """A programme of a few per cent of a line, sometimes (with other lines that keep theirs) of more than all of it in many draws."""
    line = numbers.rng.choice(list(tree["services"]))
    spend = abs(typical_spend(tree["services"][line], money))
    found: dict[str, Any] = {"service": line, "amount": numbers.number("money", 0.002 * spend, 0.06 * spend)}
    others = [programme for programme in tree.get("qipp", {}).values() if programme["service"] != line]
    if len(tree["services"]) > 1 and not others and numbers.chance(0.25):
        found["amount"] = {"dist": "uniform", "min": 0.0, "max": rounded(2.5 * spend), "plan": rounded(0.05 * spend), "path": "independent"}
    if numbers.chance(0.6):
        found["achieved"] = numbers.number("share", 0.3, 1.0)
    return found


def vary_effects(tree: dict, numbers: Numbers, scheme: dict, money: float) -> None:
    """Some effects act on price or unit cost, some are new beside an old one, and some move activity to another line."""
    effects = scheme["effects"]
    for name, effect in list(effects.items()):
        if numbers.chance(0.4):
            beside: dict[str, Any] = {
                "service": effect.get("service", name),
                "acts_on": numbers.rng.choice(["price", "price", "unit_cost"]),
            }
            beside |= {"segment": effect["segment"]} if "segment" in effect else {}
            beside["impact"] = numbers.number("share", -0.05 if numbers.chance(0.2) else 0.0, 0.3)
            line = tree["services"][beside["service"]]
            if numbers.chance(0.25) and not in_small_segment(line, effect):
                spend = typical_spend(line, money)
                beside |= {"impact_is": "money", "impact": numbers.number("money", 0.005 * spend, 0.08 * spend)}
            effects[f"beside_{name}"] = beside
        if effect.get("impact_is") != "units" and numbers.chance(0.2):
            effect["acts_on"] = numbers.rng.choice(["price", "price", "unit_cost"])
        elif numbers.chance(0.15):
            effect["acts_on"] = "activity"
    for name, effect in effects.items():
        if effect.get("acts_on", "activity") == "activity" and numbers.chance(0.5):
            add_shift(tree, numbers, effect.get("service", name), effect)


def in_small_segment(line: dict, effect: dict) -> bool:
    """Whether an effect is on a part of a line, of which money may be more than all."""
    return "segment" in effect


def add_shift(tree: dict, numbers: Numbers, line: str, effect: dict) -> None:
    """Moves what an effect takes off a line to one or two others, each unit as so many units there as are worth about the same or less."""
    others = [other for other in tree["services"] if other != line]
    numbers.rng.shuffle(others)
    shift = {}
    for target in others[: numbers.rng.choice([1, 1, 2])]:
        worth = [typical(tree["services"][name].get("price", 1.0)) for name in (line, target)]
        ratio = worth[0] / worth[1]
        shift[target] = numbers.number("count", 0.05 * ratio, numbers.rng.choice([0.4, 1.2]) * ratio)
    if shift:
        effect["shift"] = shift


def vary_costs(tree: dict, numbers: Numbers, scheme: dict) -> None:
    """More reinvestment, half of it of what is saved in the year."""
    if numbers.chance(0.3):
        cost = {
            "approach": "reinvestment",
            "share": numbers.number("share", 0.2, 0.8),
            "funded_by": numbers.rng.choice(list(tree["parties"])),
        }
        scheme.setdefault("costs", {})["reinvested"] = cost
    for cost in scheme.get("costs", {}).values():
        if cost["approach"] == "reinvestment" and numbers.chance(0.5):
            cost["of"] = "actual"


def state_kappa(tree: dict, numbers: Numbers) -> None:
    """The share of planned impact in the payment plan of every line that a scheme acts on, and of some that activity only moves to."""
    acted_on, targets = set(), set()
    for scheme in tree["schemes"].values():
        for name, effect in scheme["effects"].items():
            acted_on.add(effect.get("service", name))
            targets |= set(effect.get("shift", {}))
    for name, line in tree["services"].items():
        given = "payment_baseline" in line or "plan_includes_schemes" in line
        if not given and (name in acted_on or name in targets and numbers.chance(0.7)):
            line["plan_includes_schemes"] = numbers.rng.choice([0.0, 1.0, numbers.term(0.0, 1.0)])


def add_scenario(tree: dict, numbers: Numbers) -> None:
    """Sometimes a scenario that changes special things."""
    if not numbers.chance(0.6):
        return
    overrides: dict[str, Any] = budget_overrides(tree, numbers, money_scale(tree))
    reset_by = {name for budget in tree.get("budgets", {}).values() for name in budget.get("resets", {}).get("drivers", [])}
    for name in tree.get("qipp", {}):
        if f"qipp.{name}.achieved" not in reset_by and numbers.chance(0.5):
            overrides = merged(overrides, {"qipp": {name: {"achieved": numbers.number("share", 0.2, 1.0)}}})
    for name, scheme in tree["schemes"].items():
        if numbers.chance(0.3):
            overrides = merged(overrides, {"schemes": {name: {"enabled": not scheme.get("enabled", True)}}})
        for key, effect in scheme["effects"].items():
            for target, ratio in effect.get("shift", {}).items():
                if numbers.chance(0.3):
                    size = ratio if isinstance(ratio, float) else 0.1
                    change = {"schemes": {name: {"effects": {key: {"shift": {target: numbers.number("count", 0.2 * size, 1.5 * size)}}}}}}
                    overrides = merged(overrides, change)
    for name, line in tree["services"].items():
        if "marginal_bands" in line and numbers.chance(0.5):
            band = numbers.rng.choice(list(line["marginal_bands"]))
            overrides = merged(overrides, {"services": {name: {"marginal_bands": {band: {"share": numbers.term(0.0, 1.0)}}}}})
    for name in tree.get("population", {}).get("segments", {}):
        if numbers.chance(0.3):
            growth = {"growth": numbers.distribution("rate", -0.02, 0.05)}
            overrides = merged(overrides, {"population": {"segments": {name: growth}}})
    if numbers.chance(0.4):
        overrides = merged(overrides, {"inflation": {CATEGORIES[0]: numbers.number("rate", 0.0, 0.06)}})
    correlated = {name for group in tree.get("correlation", []) for name in group.get("drivers", [])}
    correlated |= {name for group in tree.get("correlation", []) for pair in group.get("pairs", []) for name in pair[:2]}
    overrides = without_correlated(overrides, correlated)
    if overrides:
        tree.setdefault("scenarios", {})["special"] = overrides
