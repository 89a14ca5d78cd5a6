"""Random schemes: effects, ramps, costs and investments."""

from __future__ import annotations

from typing import Any

from .random_numbers import Numbers, rounded, typical, typical_spend


def any_ramp(numbers: Numbers) -> Any:
    """A ramp: a yearly list, a number, or a table of any shape."""
    rng = numbers.rng
    pick = rng.random()
    if pick < 0.35:
        return sorted(numbers.within(0.0, 1.0) for _ in range(numbers.years))
    if pick < 0.5:
        return numbers.number("share", 0.3, 1.0)
    table: dict[str, Any] = {}
    average = numbers.chance(0.35)
    if numbers.chance(0.2):
        table["years"] = 0
    elif average or numbers.chance(0.5):
        table["years"] = rng.choice([1, 2, 3, 2.5, {"dist": "uniform", "min": 1.0, "max": 4.0}])
    else:
        table["years"] = numbers.number("duration", 0.5, 4.0)
    if numbers.chance(0.5):
        table["delay"] = rng.choice([0, 1, 0.5, {"dist": "triangular", "min": 0.0, "mode": 0.5, "max": 2.0}])
    if numbers.chance(0.7):
        table["shape"] = rng.choice(["linear", "s_curve", "stepped"])
    if average:
        table["in_year"] = "average"
    elif numbers.chance(0.2):
        table["in_year"] = "end"
    return table


def segment_size(line: dict, segment: str | None) -> float:
    """About what share of a line a segment is."""
    if segment is None:
        return 1.0
    table = line["segments"][segment]
    raw = table.get("share", table.get("rate"))
    if isinstance(raw, str):
        return 0.3
    return typical(raw) if "share" in table else table["people"] * typical(raw) / line["activity"]


def deep_impact(numbers: Numbers) -> dict:
    """An impact that clips an additive line in many draws, but not in the plan (a planned activity of 0 would leave no baseline)."""
    return {"dist": "triangular", "min": 0.7, "mode": 0.95, "max": 1.0, "plan": numbers.within(0.05, 0.2)}


def add_impact(tree: dict, numbers: Numbers, effect: dict, line: dict, money: float) -> None:
    """The impact of an effect: a share, units a year or money a year."""
    size = segment_size(line, effect.get("segment"))
    pick = numbers.rng.random()
    if pick < 0.2 and "activity" in line:
        units = size * typical(line["activity"])
        effect["impact_is"] = "units"
        effect["impact"] = numbers.number("count", 0.02 * units, 0.5 * units)
    elif pick < 0.4:
        spend = typical_spend(line, money)
        effect["impact_is"] = "money"
        effect["impact"] = numbers.number("money", 0.02 * size * spend, 0.5 * size * spend)
    else:
        if numbers.chance(0.3):
            effect["impact_is"] = "share"
        if numbers.chance(0.15):
            effect["impact"] = numbers.number("share_signed", -0.3, -0.01)
        elif line.get("overlap") == "additive" and numbers.chance(0.6):
            effect["impact"] = deep_impact(numbers)
        else:
            effect["impact"] = numbers.number("share", 0.0, 0.6)


def add_effects(tree: dict, numbers: Numbers, scheme: dict, money: float) -> None:
    """One to three effects on lines of the study."""
    rng = numbers.rng
    effects: dict[str, Any] = {}
    for position in range(rng.randint(1, 3)):
        name = rng.choice(list(tree["services"]))
        line = tree["services"][name]
        effect: dict[str, Any] = {}
        segments = list(line.get("segments", {}))
        if segments and (line.get("overlap", "disjoint") == "disjoint" or numbers.chance(0.75)):
            effect["segment"] = rng.choice(segments)
        add_impact(tree, numbers, effect, line, money)
        if numbers.chance(0.25):
            effect["ramp"] = any_ramp(numbers)
        if name in effects or numbers.chance(0.2):
            effect["service"] = name
            name = f"effect_{position}"
        effects[name] = effect
    for name, line in tree["services"].items():
        if line.get("overlap") == "additive" and len(line.get("segments", {})) > 1 and numbers.chance(0.6):
            for segment in line["segments"]:
                effects[f"{name}_{segment}"] = {"service": name, "segment": segment, "impact": deep_impact(numbers), "ramp": 1.0}
    scheme["effects"] = effects


def funded_by(tree: dict, numbers: Numbers) -> dict:
    """Who funds a cost; may be left out only where there is one commissioner."""
    commissioners = [name for name, party in tree["parties"].items() if party["role"] == "commissioner"]
    if len(commissioners) == 1 and numbers.chance(0.4):
        return {}
    return {"funded_by": numbers.rng.choice(list(tree["parties"]))}


def any_cost(tree: dict, numbers: Numbers, money: float, categories: list[str]) -> dict:
    """A running cost by any approach."""
    rng = numbers.rng
    approach = rng.choice(["budget", "reinvestment", "bottom_up"])
    cost: dict[str, Any] = {"approach": approach, **funded_by(tree, numbers)}
    if approach == "budget":
        cost["amount"] = numbers.number("money", 0.05 * money, 2.0 * money)
    elif approach == "reinvestment":
        cost["share"] = numbers.number("share", 0.2, 0.8)
        if numbers.chance(0.3):
            cost["of"] = "plan"
    else:
        cost["people"] = numbers.number("count", 100.0, 3000.0)
        if numbers.chance(0.5):
            cost["tiers"] = {}
            for tier in rng.sample(["high", "medium", "low"], rng.randint(1, 3)):
                cost["tiers"][tier] = {
                    "share": numbers.number("share", 0.1, 0.33),
                    "contacts": numbers.number("count", 0.5, 12.0),
                    "hours": numbers.number("count", 0.25, 3.0),
                }
        else:
            cost["contacts"] = numbers.number("count", 0.5, 12.0)
            cost["hours"] = numbers.number("count", 0.25, 3.0)
        cost["hours_per_wte"] = numbers.number("count", 1400.0, 1800.0)
        cost["utilisation"] = numbers.number("share", 0.5, 0.9)
        cost["cost_per_wte"] = numbers.number("currency", 25000.0, 60000.0)
        if numbers.chance(0.4):
            cost["non_pay"] = numbers.number("money", 0.01 * money, 0.2 * money)
    if approach != "reinvestment" and numbers.chance(0.5):
        cost["inflation"] = rng.choice(categories)
    if numbers.chance(0.4):
        cost["ramp"] = any_ramp(numbers)
    if numbers.chance(0.3):
        cost["absorbed"] = numbers.number("share", 0.0, 0.5)
    return cost


def any_investment(tree: dict, numbers: Numbers, money: float, categories: list[str]) -> dict:
    """An investment of any kind."""
    rng = numbers.rng
    kind = rng.choice(["one_off", "capital", "capital", "programme_office", "information_systems", "double_running"])
    item: dict[str, Any] = {"kind": kind, "amount": numbers.number("money", 0.05 * money, 1.5 * money), **funded_by(tree, numbers)}
    if numbers.chance(0.5) and not isinstance(item["amount"], list):
        item["year"] = rng.randint(1, numbers.years)
    if numbers.chance(0.4):
        item["inflation"] = rng.choice(categories)
    if kind == "capital" and numbers.chance(0.8):
        item["life"] = rng.randint(1, 6)
        if numbers.chance(0.8):
            item["charge_rate"] = rounded(rng.uniform(0.0, 0.05))
    return item


def add_schemes(tree: dict, numbers: Numbers, money: float, categories: list[str]) -> None:
    """One to three schemes."""
    rng = numbers.rng
    tree["schemes"] = {}
    for position in range(rng.randint(1, 3)):
        scheme: dict[str, Any] = {}
        if numbers.chance(0.15):
            scheme["enabled"] = False
        if numbers.chance(0.2):
            scheme["lead"] = rng.choice(list(tree["parties"]))
        if numbers.chance(0.7):
            scheme["ramp"] = any_ramp(numbers)
        if numbers.chance(0.5):
            scheme["delivery"] = numbers.number("score", 0.4, 1.0)
        if numbers.chance(0.4):
            scheme["captured"] = numbers.number("share", 0.4, 1.0)
        add_effects(tree, numbers, scheme, money)
        names = rng.sample(["staff", "premises", "support"], rng.randint(0, 2))
        if names:
            scheme["costs"] = {name: any_cost(tree, numbers, money, categories) for name in names}
        names = rng.sample(["office", "building", "systems"], rng.randint(0, 2))
        if names:
            scheme["investments"] = {name: any_investment(tree, numbers, money, categories) for name in names}
        tree["schemes"][f"scheme_{position}"] = scheme
