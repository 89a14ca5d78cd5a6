"""Random whole population budgets, arrangements on them, and allocations."""

from __future__ import annotations

import copy
from typing import Any

from .random_contracts import any_arrangement
from .random_numbers import Numbers, rounded, typical, typical_spend
from .reading import is_distribution, is_table, merged


def commissioners_of(tree: dict) -> list[str]:
    """The commissioners."""
    return [name for name, party in tree["parties"].items() if party["role"] == "commissioner"]


def add_budgets(tree: dict, numbers: Numbers, money: float) -> None:
    """One or two budgets, each with an arrangement on it or not; other arrangements follow who pays."""
    lines = list(tree["services"])
    numbers.rng.shuffle(lines)
    count = 2 if len(lines) > 1 and numbers.chance(0.4) else 1
    cut = numbers.rng.randint(1, len(lines) - 1) if count == 2 else len(lines)
    groups = [lines[:cut], lines[cut:]][:count]
    if count == 1 and len(lines) > 1 and numbers.chance(0.5):
        groups[0] = groups[0][:-1]
    tree["budgets"] = {}
    for position, chosen in enumerate(groups):
        tree["budgets"][f"budget_{position}"] = any_budget(tree, numbers, chosen, money)
    shared = [(name, chosen) for name, chosen in zip(tree["budgets"], groups, strict=True) if numbers.chance(0.6)]
    taken = {line for _, chosen in shared for line in chosen}
    others = {key: terms for key, terms in tree.get("arrangements", {}).items() if not set(terms["services"]) & taken}
    tree["arrangements"] = others | {f"deal_on_{name}": on_budget(tree, numbers, name, chosen, money) for name, chosen in shared}
    for terms in tree["arrangements"].values():
        let_payers_in(tree, numbers, terms)
    for scenario in tree.get("scenarios", {}).values():
        kept = {name: terms for name, terms in scenario.pop("arrangements", {}).items() if name in tree["arrangements"]}
        scenario.update({"arrangements": kept} if kept else {})
    if not tree["arrangements"]:
        del tree["arrangements"]


def any_budget(tree: dict, numbers: Numbers, lines: list[str], money: float) -> dict:
    """A budget for some lines."""
    rng = numbers.rng
    commissioner = rng.choice(commissioners_of(tree))
    others = [party for party in tree["parties"] if party != commissioner]
    providing = [party for party in others if any(tree["services"][line]["provider"] == party for line in lines)]
    budget: dict[str, Any] = {
        "commissioner": commissioner,
        "holder": rng.choice(providing or others) if numbers.chance(0.8) else rng.choice(others),
    }
    budget["value"] = rng.choice(["plan", "plan", "allocation", "explicit"])
    budget["services"] = any_scope(numbers, lines, budget["value"] != "allocation")
    if budget["value"] != "explicit":
        budget["plan_includes_schemes"] = rng.choice([0.0, 1.0, numbers.term(0.0, 1.0)])
    spend = sum(typical_spend(tree["services"][line], money) for line in lines)
    if budget["value"] == "explicit":
        budget["amount"] = numbers.term(0.9 * spend, 1.2 * spend)
    if budget["value"] == "allocation":
        budget["streams"] = any_streams(tree, numbers, lines, money)
    if numbers.chance(0.4):
        budget["unidentified_savings"] = numbers.term(0.0, 0.03 * spend)
    if numbers.chance(0.6):
        add_improvement(tree, numbers, budget)
    if "population" in tree and numbers.chance(0.7):
        budget["population_update"] = any_update(tree, numbers, spend / money * 1e6)
    if budget["value"] == "plan" and numbers.years > 1 and numbers.chance(0.75):
        resets = any_resets(tree, numbers, lines if isinstance(budget["services"], list) else lines[:1])
        if resets:
            budget["resets"] = resets
    return budget


def any_scope(numbers: Numbers, lines: list[str], by_year: bool) -> Any:
    """The lines in scope, all of them in all years or all but the first from a year or to a year."""
    if not by_year or not numbers.chance(0.5):
        return lines
    scope: dict[str, dict] = {}
    for position, line in enumerate(lines):
        first = numbers.rng.randint(1, numbers.years)
        scope[line] = {}
        if position and numbers.chance(0.7):
            scope[line]["from"] = first
        if position and numbers.chance(0.4):
            scope[line]["to"] = numbers.rng.randint(first, numbers.years)
    return scope


def any_streams(tree: dict, numbers: Numbers, lines: list[str], money: float) -> dict:
    """One or two funding streams that pay for all lines."""
    cut = numbers.rng.randint(1, len(lines))
    streams: dict[str, dict] = {}
    for position, chosen in enumerate([lines[:cut], lines[cut:]]):
        if chosen:
            spend = sum(typical_spend(tree["services"][line], money) for line in chosen)
            stream: dict[str, Any] = {"services": chosen, "growth": numbers.number("rate", -0.01, 0.05)}
            if numbers.chance(0.4):
                stream["base"] = numbers.base("money", 0.9 * spend, 1.1 * spend)
            if numbers.chance(0.5):
                stream["non_recurrent"] = numbers.term(0.0, 0.05 * spend)
            streams[f"stream_{position}"] = stream
    return streams


def add_improvement(tree: dict, numbers: Numbers, budget: dict) -> None:
    """Improvement payments and who gets what is not earned."""
    payments = {}
    for position in range(numbers.rng.randint(1, 3)):
        payments[f"measure_{position}"] = {"weight": numbers.term(0.005, 0.1), "score": numbers.number("score", 0.2, 1.0)}
    budget["improvement_payments"] = payments
    if numbers.chance(0.5):
        budget["unearned_to"] = numbers.rng.choice(list(tree["parties"]))


def any_update(tree: dict, numbers: Numbers, spend: float) -> dict:
    """A population update of the whole list or of segments."""
    segments = list(tree["population"].get("segments", {}))
    chosen = numbers.rng.sample(segments, numbers.rng.randint(1, len(segments))) if segments and numbers.chance(0.7) else ["all"]
    # a little at most of what the budget is worth: a drawn budget of nothing or less is no baseline
    population = tree["population"]
    value = spend / sum(typical(one["size"]) for one in population.get("segments", {"all": population}).values())
    return {name: {"value": "average_spend" if numbers.chance(0.35) else numbers.number("currency", 0.2 * value, value)} for name in chosen}


def written_in(tree: dict, path: str, value: Any) -> list[str]:
    """The drivers that stand in a number, a table of numbers, or by name."""
    if is_distribution(value):
        return [path]
    if isinstance(value, dict):
        return [name for key, inner in value.items() for name in written_in(tree, f"{path}.{key}", inner)]
    if isinstance(value, str) and is_distribution(tree.get("drivers", {}).get(value)):
        return [f"drivers.{value}"]
    return []


def list_drivers(tree: dict, factor: bool | str) -> list[str]:
    """The drivers of the list, or of one of its segments."""
    population = tree["population"]
    segments = population.get("segments", {})
    if not segments:
        return written_in(tree, "population.growth", population.get("growth"))
    found = []
    for name in segments if factor is True else [str(factor)]:
        found += written_in(tree, f"population.segments.{name}.growth", segments[name].get("growth"))
        found += written_in(tree, f"population.segments.{name}.size", segments[name]["size"]) if factor is True else []
        if "growth" not in segments[name]:
            found += written_in(tree, "population.growth", population.get("growth"))
    return found


def line_drivers(tree: dict, name: str) -> list[str]:
    """The drivers that move a line's do-nothing activity or price."""
    line = tree["services"][name]
    found = []
    for key in ("activity", "price", "spend", "spend_by_year", "growth", "efficiency_required", "tariff_change", "conversion"):
        value = line.get(key)
        if is_table(value):
            value = {k: v for k, v in value.items() if k != "population"}
        found += written_in(tree, f"services.{name}.{key}", value)
    growth = line.get("growth")
    if is_table(growth) and "population" in growth:
        found += list_drivers(tree, growth["population"])
    if "tariff_change" not in line or line.get("tariff_change_on_top"):
        weights = line.get("cost_weights", {})
        for category in tree["cost_weights"][weights] if isinstance(weights, str) else weights:
            found += written_in(tree, f"inflation.{category}", tree["inflation"][category])
    for key, programme in tree.get("qipp", {}).items():
        if programme["service"] == name:
            found += written_in(tree, f"qipp.{key}", {k: v for k, v in programme.items() if k != "service"})
    return found


def any_resets(tree: dict, numbers: Numbers, lines: list[str]) -> dict | None:
    """Resets in some years by some of the drivers that move the lines in scope in all years."""
    moving = [name for line in lines for name in line_drivers(tree, line)]
    if not moving:
        return None
    chosen = list(dict.fromkeys(numbers.rng.choice(moving) for _ in range(numbers.rng.randint(1, 5))))
    years = sorted(numbers.rng.sample(range(2, numbers.years + 1), numbers.rng.randint(1, min(3, numbers.years - 1))))
    written = [name.removeprefix("drivers.") if numbers.chance(0.5) else name for name in chosen]
    resets: dict[str, Any] = {"years": years, "drivers": written}
    if numbers.chance(0.6):
        resets["threshold"] = rounded(numbers.rng.choice([0.0, numbers.rng.uniform(0.001, 0.03)]))
    return resets


def on_budget(tree: dict, numbers: Numbers, name: str, lines: list[str], money: float) -> dict:
    """An arrangement with a budget as its baseline."""
    budget = tree["budgets"][name]
    other = copy.deepcopy(tree)
    for line in lines:
        other["services"][line]["payer"] = budget["commissioner"]
    terms = any_arrangement(other, numbers, lines, money)
    for key in ("plan_includes_schemes", "baseline_value"):
        terms.pop(key, None)
    terms |= {"baseline": "budget", "budget": name}
    if numbers.chance(0.6):
        del terms["services"]
    elif len(lines) > 1 and numbers.chance(0.5):
        # the first line is in scope in all years
        terms["services"] = lines[:-1]
    let_in(numbers, terms, budget["holder"], terms.get("residual", budget["commissioner"]))
    let_in(numbers, terms, budget["commissioner"], terms.get("residual", budget["commissioner"]))
    return terms


def let_in(numbers: Numbers, terms: dict, party: str, residual: str) -> None:
    """Makes a party one of an arrangement, with a part of what the others leave or nothing."""
    if party == residual or party in terms["gain_share"]:
        return
    shares = [max(share) if isinstance(share, list) else share for share in terms["gain_share"].values()]
    left = max(1.0 - sum(shares), 0.0)
    terms["gain_share"][party] = 0.0 if residual in terms["gain_share"] else rounded(0.9 * left * numbers.rng.random())


def let_payers_in(tree: dict, numbers: Numbers, terms: dict) -> None:
    """Makes everyone who pays for a covered line in some year, or provides it, a party; and states the residual where it is not told."""
    if terms["baseline"] == "budget":
        return
    payers = set()
    for line in terms["services"]:
        own = tree["services"][line].get("payer") or commissioners_of(tree)[0]
        payers |= {own}
        for budget in tree["budgets"].values():
            payers |= {budget["holder"], budget["commissioner"]} if line in budget["services"] else set()
    if "residual" not in terms:
        held = any(line in budget["services"] for line in terms["services"] for budget in tree["budgets"].values())
        paying = [party for party in commissioners_of(tree) if party in payers]
        if held or len(paying) != 1:
            own = {tree["services"][line].get("payer") or commissioners_of(tree)[0] for line in terms["services"]}
            terms["residual"] = next(party for party in commissioners_of(tree) if party in own)
    for party in tree["parties"]:
        if party in payers:
            let_in(numbers, terms, party, terms.get("residual") or next(p for p in commissioners_of(tree) if p in payers))


def add_allocations(tree: dict, numbers: Numbers, money: float) -> None:
    """One or two streams, each for some lines."""
    lines = list(tree["services"])
    numbers.rng.shuffle(lines)
    lines = lines[: numbers.rng.randint(1, len(lines))]
    cut = numbers.rng.randint(1, len(lines))
    tree["allocations"] = {}
    for position, chosen in enumerate([lines[:cut], lines[cut:]]):
        if not chosen:
            continue
        spend = sum(typical_spend(tree["services"][line], money) for line in chosen)
        if numbers.chance(0.5):
            stream: dict[str, Any] = {"amount": numbers.number("money", 0.8 * spend, 1.2 * spend)}
        else:
            stream = {"base": numbers.base("money", 0.8 * spend, 1.2 * spend), "growth": numbers.number("rate", -0.02, 0.05)}
        tree["allocations"][f"funds_{position}"] = {"services": chosen, **stream}


def budget_overrides(tree: dict, numbers: Numbers, money: float) -> dict:
    """Changes of a scenario to the terms of budgets and to allocations."""
    overrides: dict[str, Any] = {}
    for name, budget in tree.get("budgets", {}).items():
        change: dict[str, Any] = {}
        spend = sum(typical_spend(tree["services"][line], money) for line in budget["services"])
        if numbers.chance(0.3):
            change["unidentified_savings"] = numbers.term(0.0, 0.03 * spend)
        if "plan_includes_schemes" in budget and numbers.chance(0.3):
            change["plan_includes_schemes"] = numbers.term(0.0, 1.0)
        for stream in budget.get("streams", {}):
            if numbers.chance(0.4):
                change.setdefault("streams", {})[stream] = {"growth": numbers.number("rate", -0.01, 0.05)}
        for measure in budget.get("improvement_payments", {}):
            if numbers.chance(0.4):
                change.setdefault("improvement_payments", {})[measure] = {"score": numbers.number("score", 0.2, 1.0)}
        if change:
            overrides = merged(overrides, {"budgets": {name: change}})
    for name, stream in tree.get("allocations", {}).items():
        if "growth" in stream and numbers.chance(0.4):
            overrides = merged(overrides, {"allocations": {name: {"growth": numbers.distribution("rate", -0.02, 0.05)}}})
        if "amount" in stream and numbers.chance(0.3):
            size = typical(stream["amount"])
            change = {"amount": numbers.distribution("money", 0.9 * size, 1.1 * size)}
            overrides = merged(overrides, {"allocations": {name: change}})
    return overrides
