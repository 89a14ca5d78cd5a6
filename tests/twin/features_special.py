"""Counts the special features of random studies: special lines, schemes' other effects, budgets, allocations.

Run `python -m tests.twin.features_special` in the project folder for a table.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from .model import twin
from .random_special import special_study
from .reading import Reader, is_distribution
from .values import random_values

# A feature that is rare by its nature is expected less often.
EXPECTED = [
    "population_segments",
    "population_size_and_segments",
    "segment_growth",
    "growth:segment",
    "growth:list_of_segments",
    "conversion:activity",
    "conversion:spend",
    "conversion_drawn",
    "conversion_addition",
    "cost_weights:named",
    "qipp",
    "qipp_drawn",
    "qipp_on_price_growth",
    "qipp_held_at_0",
    "acts_on:price",
    "acts_on:unit_cost",
    "price_in_shared_segment",
    "money_on_price",
    "money_on_unit_cost",
    "shift",
    "shift_two_targets",
    "shift_drawn",
    "shift_both_ways",
    "shift_of_disabled",
    "shift_negative",
    "shift_to_line_of_budget",
    "bands",
    "bands:above",
    "bands:below",
    "bands:both",
    "bands:from_0",
    "bands:block",
    "bands_covered",
    "bands_of_price_plan",
    "of:actual",
    "actual_negative",
    "reinvestment_with_shift",
    "budget",
    "budgets:2",
    "budget_by_year",
    "value:plan",
    "value:allocation",
    "value:explicit",
    "unidentified_savings",
    "stream_base",
    "non_recurrent",
    "stream_growth_drawn",
    "update:all",
    "update:segment",
    "update:average_spend",
    "update_drawn",
    "resets",
    "resets:several",
    "reset_threshold",
    "reset_bites",
    "reset_not",
    "improvement",
    "improvement:several",
    "unearned_to",
    "holder_is_provider",
    "holder_is_no_provider",
    "baseline:budget",
    "baseline_budget_listed",
    "baseline_budget_residual_default",
    "plan_baseline_on_budget",
    "stretch_on_budget",
    "income_limit_with_bands",
    "income_limit_of_holder",
    "allocation:amount",
    "allocation:base",
    "allocation_drawn",
    "allocation_across_budget",
    "scenario_budget_terms",
    "scenario_improvement",
    "scenario_stream",
    "scenario_allocation",
    "scenario_shift",
    "scenario_bands",
    "scenario_qipp",
    "scenario_switched_on",
    "outsider_holds",
]


def line_features(tree: dict) -> Counter:
    """Population, conversion, QIPP and bands."""
    found: Counter = Counter()
    population = tree.get("population", {})
    segments = population.get("segments", {})
    found["population_segments"] += bool(segments)
    found["population_size_and_segments"] += bool(segments) and "size" in population
    found["segment_growth"] += sum("growth" in segment for segment in segments.values())
    for line in tree["services"].values():
        growth = line.get("growth")
        if isinstance(growth, dict) and "population" in growth and segments:
            found["growth:list_of_segments" if growth["population"] is True else "growth:segment"] += 1
        if "conversion" in line:
            found["conversion:activity" if "activity" in line else "conversion:spend"] += 1
            found["conversion_drawn"] += any(is_distribution(value) for value in line["conversion"].values())
            found["conversion_addition"] += "one_off" in line["conversion"] or "service_investment" in line["conversion"]
        found["cost_weights:named"] += isinstance(line.get("cost_weights"), str)
        if "marginal_bands" in line:
            found["bands"] += 1
            found.update("bands:" + band["side"] for band in line["marginal_bands"].values())
            found["bands:from_0"] += any(band["from"] == 0 for band in line["marginal_bands"].values())
            found["bands:block"] += line.get("variable_share") == 0.0
            found["bands_of_price_plan"] += line.get("payment_price") == "plan"
    for programme in tree.get("qipp", {}).values():
        found["qipp"] += 1
        found["qipp_drawn"] += any(is_distribution(value) for value in programme.values())
        found["qipp_on_price_growth"] += tree["services"][programme["service"]].get("growth_is") == "price"
    return found


def scheme_features(tree: dict) -> Counter:
    """Effects on price and unit cost, shifts, actual reinvestment."""
    found: Counter = Counter()
    effects = [(scheme, name, effect) for scheme in tree["schemes"].values() for name, effect in scheme["effects"].items()]
    routes = {(effect.get("service", name), target) for _, name, effect in effects for target in effect.get("shift", {})}
    held = {line for budget in tree.get("budgets", {}).values() for line in budget["services"]}
    on_activity = {(e.get("service", n), e.get("segment")) for _, n, e in effects if e.get("acts_on", "activity") == "activity"}
    for scheme, name, effect in effects:
        acts_on, line = effect.get("acts_on", "activity"), effect.get("service", name)
        found["acts_on:" + acts_on] += 1
        found["price_in_shared_segment"] += acts_on == "price" and (line, effect.get("segment")) in on_activity
        found["money_on_" + acts_on] += effect.get("impact_is") == "money"
        shift = effect.get("shift", {})
        found["shift"] += bool(shift)
        found["shift_two_targets"] += len(shift) > 1
        found["shift_drawn"] += any(is_distribution(ratio) for ratio in shift.values())
        found["shift_both_ways"] += any((target, line) in routes for target in shift)
        found["shift_of_disabled"] += bool(shift) and not scheme.get("enabled", True)
        found["shift_negative"] += bool(shift) and isinstance(effect["impact"], float) and effect["impact"] < 0
        found["shift_to_line_of_budget"] += bool(held & set(shift))
    for scheme in tree["schemes"].values():
        for cost in scheme.get("costs", {}).values():
            found["of:" + cost.get("of", "plan")] += cost["approach"] == "reinvestment"
            found["reinvestment_with_shift"] += cost["approach"] == "reinvestment" and any("shift" in e for e in scheme["effects"].values())
    return found


def budget_features(tree: dict) -> Counter:
    """Budgets and allocations."""
    found: Counter = Counter()
    budgets = tree.get("budgets", {})
    found[f"budgets:{len(budgets)}"] += 1
    for budget in budgets.values():
        found["budget"] += 1
        scope = budget["services"]
        found["budget_by_year"] += isinstance(scope, dict) and any(years for years in scope.values())
        found["value:" + budget["value"]] += 1
        for key in ("unidentified_savings", "resets", "unearned_to"):
            found[key] += key in budget
        provides = any(tree["services"][line]["provider"] == budget["holder"] for line in scope)
        found["holder_is_provider" if provides else "holder_is_no_provider"] += 1
        found["outsider_holds"] += not tree["parties"][budget["holder"]].get("in_system", True)
        for stream in budget.get("streams", {}).values():
            found["stream_base"] += "base" in stream
            found["non_recurrent"] += "non_recurrent" in stream
            found["stream_growth_drawn"] += is_distribution(stream["growth"])
        for segment, update in budget.get("population_update", {}).items():
            found["update:all" if segment == "all" else "update:segment"] += 1
            found["update:average_spend"] += update["value"] == "average_spend"
            found["update_drawn"] += is_distribution(update["value"])
        found["resets:several"] += len(budget.get("resets", {}).get("years", [])) > 1
        found["reset_threshold"] += budget.get("resets", {}).get("threshold", 0.0) > 0
        found["improvement"] += "improvement_payments" in budget
        found["improvement:several"] += len(budget.get("improvement_payments", {})) > 1
    held = {line for budget in budgets.values() for line in budget["services"]}
    for stream in tree.get("allocations", {}).values():
        found["allocation:amount" if "amount" in stream else "allocation:base"] += 1
        found["allocation_drawn"] += any(is_distribution(value) for value in stream.values())
        found["allocation_across_budget"] += bool(held & set(stream["services"])) and bool(set(stream["services"]) - held)
    return found


def arrangement_features(tree: dict) -> Counter:
    """Arrangements on budgets or on lines with bands; scenarios."""
    found: Counter = Counter()
    held = {line for budget in tree.get("budgets", {}).values() for line in budget["services"]}
    holders = {budget["holder"] for budget in tree.get("budgets", {}).values()}
    banded = {name for name, line in tree["services"].items() if "marginal_bands" in line}
    providers_banded = {tree["services"][name]["provider"] for name in banded}
    for terms in tree.get("arrangements", {}).values():
        covered = set(terms.get("services", held))
        by_budget = terms["baseline"] == "budget"
        found["baseline:" + terms["baseline"]] += 1
        found["baseline_budget_listed"] += by_budget and "services" in terms
        found["baseline_budget_residual_default"] += by_budget and "residual" not in terms
        found["plan_baseline_on_budget"] += not by_budget and bool(covered & held)
        found["stretch_on_budget"] += by_budget and "stretch" in terms
        found["bands_covered"] += bool(covered & banded)
        for key in ("cap", "collar"):
            limited = {party for party, limit in terms.get(key, {}).items() if "of_income" in limit}
            found["income_limit_with_bands"] += bool(limited & providers_banded)
            found["income_limit_of_holder"] += bool(limited & holders)
    for scenario in tree.get("scenarios", {}).values():
        for change in scenario.get("budgets", {}).values():
            found["scenario_budget_terms"] += "unidentified_savings" in change or "plan_includes_schemes" in change
            found["scenario_improvement"] += "improvement_payments" in change
            found["scenario_stream"] += "streams" in change
        found["scenario_allocation"] += "allocations" in scenario
        found["scenario_qipp"] += "qipp" in scenario
        found["scenario_bands"] += any("marginal_bands" in line for line in scenario.get("services", {}).values())
        for name, change in scenario.get("schemes", {}).items():
            found["scenario_shift"] += any("shift" in effect for effect in change.get("effects", {}).values())
            found["scenario_switched_on"] += change.get("enabled", False) and not tree["schemes"][name].get("enabled", True)
    return found


def run_features(tree: dict, seed: int) -> Counter:
    """What happens in a few draws of a study."""
    found: Counter = Counter()
    plan, draws = random_values(tree, seed, 4)
    actual = [name for name, scheme in tree["schemes"].items() if any(c.get("of") == "actual" for c in scheme.get("costs", {}).values())]
    out = twin(tree, plan, draws)
    for values, draw in zip(draws, out["draws"], strict=True):
        for t in Reader(tree, values, is_plan=False).years:
            for programme in tree.get("qipp", {}).values():
                found["qipp_held_at_0"] += draw["activity_do_nothing"][t - 1][programme["service"]] == 0.0
            found["actual_negative"] += sum(draw["scheme_saving"][t - 1][scheme] < 0 for scheme in actual)
            for name, budget in tree.get("budgets", {}).items():
                if "resets" in budget and "population_update" not in budget and t in budget["resets"]["years"]:
                    here, planned = (one["budget_value"][t - 1][name] for one in (draw, out["plan"]))
                    found["reset_bites" if abs(here - planned) > 1e-9 * abs(planned) else "reset_not"] += 1
    return found


def features(tree: dict, seed: int) -> Counter:
    """All special features of one study, with how often each occurs."""
    parts: list[Any] = [line_features(tree), scheme_features(tree), budget_features(tree), arrangement_features(tree)]
    return sum(parts, run_features(tree, seed))


def count_features(seeds: range) -> tuple[Counter, Counter]:
    """How often each feature occurs over the special studies of these seeds, and in how many studies."""
    times: Counter = Counter()
    studies: Counter = Counter()
    for seed in seeds:
        found = features(special_study(seed), seed)
        times.update(found)
        studies.update(found.keys())
    return times, studies


if __name__ == "__main__":
    total, in_studies = count_features(range(200))
    for feature in EXPECTED:
        sys.stdout.write(f"{feature:36} {total[feature]:6} times, in {in_studies[feature]:4} of 200 studies\n")
