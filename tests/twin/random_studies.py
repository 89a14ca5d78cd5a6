"""Small random studies that are valid and use a rich mixture of the model's features."""

from __future__ import annotations

import random
from typing import Any

from .random_contracts import add_arrangements
from .random_extras import add_correlation, add_scenarios
from .random_numbers import Numbers, typical, typical_spend
from .random_rich import enriched
from .random_schemes import add_schemes
from .toml_text import to_toml

__all__ = ["plain_study", "random_study", "to_toml"]

CATEGORIES = ["pay", "drugs"]


def money_scale(tree: dict) -> float:
    """What a million in the currency is in the study's money unit."""
    return {"GBP": 1e6, "GBP k": 1e3, "GBP m": 1.0}[tree["money"]["unit"]]


def add_top(tree: dict, numbers: Numbers) -> None:
    """Horizon, money, population, inflation and the declared drivers."""
    rng = numbers.rng
    tree["title"] = "A random study"
    tree["simulation"] = {"draws": 256, "seed": rng.randint(1, 1000)}
    tree["horizon"] = {"base": rng.choice([2014, "2014/15"]), "years": numbers.years}
    if numbers.chance(0.2):
        tree["horizon"]["labels"] = [f"Year {t}" for t in range(1, numbers.years + 1)]
    tree["money"] = {"unit": rng.choice(["GBP", "GBP k", "GBP m"])}
    numbers.declare("trend", "rate", 0.0, 0.03)
    numbers.declare("wages", "rate", 0.0, 0.04)
    numbers.declare("uptake", "share", 0.3, 0.8)
    numbers.declare("fraction", "share", 0.1, 0.3)
    if numbers.chance(0.7):
        tree["population"] = {"size": numbers.base("count", 80000.0, 400000.0)}
        if numbers.chance(0.8):
            tree["population"]["growth"] = numbers.number("rate", -0.01, 0.03)
    tree["inflation"] = {category: numbers.number("rate", -0.01, 0.05) for category in CATEGORIES}


def add_parties(tree: dict, numbers: Numbers) -> None:
    """Two to four parties: one or two commissioners, one or two providers, sometimes an outsider, a funder or a fund."""
    rng = numbers.rng
    roles = rng.choice(
        [
            ["commissioner", "provider"],
            ["commissioner", "provider", "provider"],
            ["commissioner", "provider", "provider"],
            ["commissioner", "commissioner", "provider"],
            ["commissioner", "provider", "funder"],
            ["commissioner", "provider", "provider", "provider"],
            ["commissioner", "commissioner", "provider", "provider"],
            ["commissioner", "provider", "provider", "fund"],
        ]
    )
    unit = money_scale(tree)
    parties: dict[str, dict] = {}
    for position, role in enumerate(roles):
        party: dict[str, Any] = {"role": role}
        if numbers.chance(0.2):
            party["label"] = f'Party "{position}"'
        if position > 0 and numbers.chance(0.2):
            party["in_system"] = False
        elif numbers.chance(0.1):
            party["in_system"] = True
        if numbers.chance(0.4):
            party["funding"] = numbers.number("any_money", 5.0 * unit, 60.0 * unit)
        parties[f"{role}_{position}"] = party
    tree["parties"] = parties


def parties_of(tree: dict, role: str) -> list[str]:
    """The parties of a role."""
    return [name for name, party in tree["parties"].items() if party["role"] == role]


def add_inflation_keys(tree: dict, numbers: Numbers, line: dict) -> None:
    """Cost weights, efficiency and tariff of an activity line or a spend line."""
    rng = numbers.rng
    by_tariff = numbers.chance(0.3)
    both = by_tariff and numbers.chance(0.5)
    if by_tariff:
        line["tariff_change"] = numbers.number("rate", -0.03, 0.03)
        if both:
            line["tariff_change_on_top"] = True
    if not by_tariff or both:
        if numbers.chance(0.7):
            chosen = rng.sample(CATEGORIES, rng.randint(1, 2))
            line["cost_weights"] = {category: numbers.within(0.2, 0.5) for category in chosen}
        if numbers.chance(0.6):
            line["efficiency_required"] = numbers.number("rate", 0.0, 0.04)
    if numbers.chance(0.4):
        line["efficiency_achieved"] = numbers.number("rate", -0.01, 0.04)


def add_growth(tree: dict, numbers: Numbers, line: dict) -> None:
    """Growth of a line: one rate, or a table of factors."""
    pick = numbers.rng.random()
    if pick < 0.25:
        line["growth"] = numbers.number("rate", -0.02, 0.05)
    elif pick < 0.85:
        factors: dict[str, Any] = {}
        if "population" in tree and numbers.chance(0.5):
            factors["population"] = True
        if numbers.chance(0.6):
            factors["demographic"] = numbers.number("rate", -0.01, 0.03)
        if numbers.chance(0.6):
            factors["non_demographic"] = numbers.number("rate", -0.02, 0.05)
        if factors:
            line["growth"] = factors


def add_segments(tree: dict, numbers: Numbers, line: dict, activity: float | None) -> None:
    """Segments of a line and how they overlap."""
    rng = numbers.rng
    overlap = rng.choice(["disjoint", "independent", "additive"])
    if overlap != "disjoint" or numbers.chance(0.3):
        line["overlap"] = overlap
    if numbers.chance(0.75):
        count = rng.randint(1, 3)
        count = max(count, 2) if overlap == "additive" else count
        largest = {"disjoint": 0.95 / count, "independent": 0.9, "additive": 0.9}[overlap]
        line["segments"] = {}
        for position in range(count):
            if activity is not None and not isinstance(activity, dict) and numbers.chance(0.3):
                people = rng.randint(50, 500)
                rate = activity * largest / people
                segment = {"people": people, "rate": numbers.number("count", 0.1 * rate, 0.9 * rate)}
            else:
                segment = {"share": numbers.number("share", (0.5 if overlap == "additive" else 0.1) * largest, largest)}
            line["segments"][f"segment_{position}"] = segment


def add_services(tree: dict, numbers: Numbers) -> None:
    """One to four service lines of the three kinds."""
    rng = numbers.rng
    unit = money_scale(tree)
    commissioners = parties_of(tree, "commissioner")
    providers = parties_of(tree, "provider")
    tree["services"] = {}
    for position in range(rng.randint(1, 4)):
        kind = rng.choices(["activity", "spend", "spend_by_year"], [5, 3, 2])[0]
        line: dict[str, Any] = {}
        if len(commissioners) > 1 or numbers.chance(0.3):
            line["payer"] = rng.choice(commissioners)
        line["provider"] = rng.choice(providers)
        if numbers.chance(0.15):
            line["payer"] = line["provider"] = rng.choice(commissioners + providers)
        if kind == "activity":
            line["activity"] = numbers.base("count", 2000.0, 20000.0)
            line["price"] = numbers.base("currency", 500.0, 4000.0)
            if numbers.chance(0.4):
                price = typical(line["price"])
                line["unit_cost"] = numbers.base("currency", 0.8 * price, 1.2 * price)
        elif kind == "spend":
            line["spend"] = numbers.base("money", 2.0 * unit, 50.0 * unit)
            if numbers.chance(0.4):
                line["unit_cost"] = numbers.base("currency", 0.8, 1.2)
        else:
            line["spend_by_year"] = numbers.number("money", 2.0 * unit, 50.0 * unit)
            if numbers.chance(0.4):
                line["unit_cost"] = numbers.base("currency", 0.8, 1.2)
        if kind != "spend_by_year":
            add_growth(tree, numbers, line)
            add_inflation_keys(tree, numbers, line)
            single = "growth" in line and (not isinstance(line["growth"], dict) or "dist" in line["growth"])
            if kind == "spend" and single and numbers.chance(0.8):
                line["growth_is"] = "price"
        add_payment_keys(tree, numbers, line)
        add_segments(tree, numbers, line, line.get("activity"))
        if "population" in tree and not isinstance(tree["population"]["size"], dict) and numbers.chance(0.5):
            add_volatility(tree, numbers, line)
        tree["services"][f"line_{position}"] = line
    if any("volatility" in line for line in tree["services"].values()) and numbers.chance(0.5):
        family = rng.choice(["normal", "uniform", "lognormal"])
        path = rng.choice(["constant", "independent"])
        shape = {"min": 0.96, "max": 1.04} if family == "uniform" else {"mean": 1.0, "sd": 0.02}
        tree["volatility"] = {"common": {"dist": family, **shape, "path": path}}


def add_volatility(tree: dict, numbers: Numbers, line: dict) -> None:
    """The volatility table of a line."""
    table: dict[str, Any] = {"cv_floor": numbers.within(0.005, 0.03)}
    if numbers.chance(0.6):
        table["cv_ref"] = numbers.within(0.01, 0.04)
        if numbers.chance(0.5):
            table["n_ref"] = 100000.0
    table["family"] = numbers.rng.choice(["gamma", "lognormal"])
    if numbers.chance(0.3):
        table["path"] = numbers.rng.choice(["constant", "independent"])
    line["volatility"] = table


def add_payment_keys(tree: dict, numbers: Numbers, line: dict) -> None:
    """How a line is paid for and how its provider's cost moves."""
    rng = numbers.rng
    pick = rng.random()
    if pick < 0.2:
        line["variable_share"] = 0.0
    elif pick < 0.7:
        line["variable_share"] = numbers.number("share", 0.0, 1.0)
    if numbers.chance(0.3):
        line["payment_price"] = rng.choice(["plan", "tariff"])
    if numbers.chance(0.15):
        spend = typical_spend(line, money_scale(tree))
        line["payment_baseline"] = numbers.term(0.8 * spend, 1.2 * spend)
    if numbers.chance(0.6):
        line["fixed_share"] = numbers.number("share", 0.1, 0.9)
        if numbers.chance(0.7):
            line["release_years"] = rng.randint(0, 3)


def add_kappa(tree: dict, numbers: Numbers) -> None:
    """The share of planned scheme impact in the payment plan, wherever a scheme acts."""
    acted_on = set()
    for scheme in tree["schemes"].values():
        for name, effect in scheme["effects"].items():
            acted_on.add(effect.get("service", name))
    for name, line in tree["services"].items():
        if "payment_baseline" not in line and (name in acted_on or numbers.chance(0.1)):
            line["plan_includes_schemes"] = numbers.rng.choice([0.0, 1.0, numbers.term(0.0, 1.0)])


def plain_study(seed: int) -> dict:
    """A small random study of simple families, paths and correlations: the tree of its file."""
    rng = random.Random(seed)
    numbers = Numbers(rng, rng.randint(1, 5))
    tree: dict[str, Any] = {}
    add_top(tree, numbers)
    add_parties(tree, numbers)
    add_services(tree, numbers)
    add_schemes(tree, numbers, money_scale(tree), CATEGORIES)
    add_kappa(tree, numbers)
    add_arrangements(tree, numbers, money_scale(tree))
    tree["drivers"] = numbers.drivers()
    if not tree["drivers"]:
        del tree["drivers"]
    add_correlation(tree, numbers)
    add_scenarios(tree, numbers)
    return tree


def random_study(seed: int) -> dict:
    """A small random study that may use anything: the plain one of its seed, made rich. Every fifth stays plain."""
    return plain_study(seed) if seed % 5 == 3 else enriched(plain_study(seed), seed)
