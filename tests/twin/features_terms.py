"""Counts the further terms of gain and loss sharing in random studies, and what they do there.

Run `python -m tests.twin.features_terms` in the project folder for a table.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from .follows import population_drivers
from .model import twin
from .random_terms import term_study
from .reading import Reader, is_distribution
from .values import random_values

# How often in 200 studies a feature has to be met; the rare ones have a number of their own.
EXPECTED = {
    "msr_table": 30,
    "msr_table:shipped": 8,
    "mlr_table": 10,
    "band_edge_by_year": 20,
    "below_msr": 20,
    "below_msr:size": 8,
    "guardrail": 20,
    "guardrail:yearly": 4,
    "pool_cap": 30,
    "pool_collar": 30,
    "carry_forward": 30,
    "fund": 50,
    "deduction": 50,
    "include_ips": 15,
    "term_cap": 40,
    "term_collar": 40,
    "standard:required": 8,
    "standard:full": 8,
    "standard:yearly": 8,
    "met:drawn": 20,
    "alternative_met:drawn": 20,
    "quality_by_year": 20,
    "adjustment": 40,
    "adjustment:event": 15,
    "loss_adjustment": 30,
    "loss_adjustment:event": 10,
    "proration": 40,
    "line_by_line": 15,
    "line_by_line:bands": 5,
    "line_by_line:fund": 5,
    "order": 40,
    "baseline_follows": 20,
    "baseline_follows:cap": 10,
    "population_adjusted": 8,
    "on_budget": 30,
    "scenario": 40,
    "pool_limited": 40,
    "gain_reduced_by_carried_loss": 20,
    "gain_used_up_by_carried_loss": 10,
    "fund_paid": 60,
    "below_rate_paid": 20,
    "guardrail_stops": 10,
    "standard_not_met": 20,
    "netting_matters": 20,
    "followed_baseline_moves": 40,
}


def stated_features(tree: dict) -> Counter:
    """What stands in the file."""
    found: Counter = Counter()
    for terms in tree.get("arrangements", {}).values():
        for key in ("msr_table", "mlr_table", "below_msr", "guardrail", "pool_cap", "pool_collar", "carry_forward", "fund", "deduction"):
            found[key] += key in terms
        for key in ("include_ips", "term_cap", "term_collar", "adjustment", "loss_adjustment", "proration", "line_by_line", "order"):
            found[key] += key in terms
        found["msr_table:shipped"] += terms.get("msr_table") == "mssp"
        found["below_msr:size"] += "from" in terms.get("below_msr", {})
        found["guardrail:yearly"] += isinstance(terms.get("guardrail"), list)
        bands = [band for key in ("gain_bands", "loss_bands") for band in terms.get(key, {}).values()]
        found["band_edge_by_year"] += any(isinstance(band["from"], list) for band in bands)
        found["line_by_line:bands"] += "line_by_line" in terms and bool(bands)
        found["line_by_line:fund"] += "line_by_line" in terms and "fund" in terms
        found["baseline_follows"] += "baseline_follows" in terms
        found["baseline_follows:cap"] += any(isinstance(one, dict) for one in terms.get("baseline_follows", []))
        found["population_adjusted"] += terms.get("population_adjusted", False) and bool(population_drivers(tree))
        found["on_budget"] += terms["baseline"] == "budget" and bool({"pool_cap", "carry_forward", "fund", "proration"} & set(terms))
        found["adjustment:event"] += any(is_event(one) for one in terms.get("adjustment", {}).values())
        found["loss_adjustment:event"] += is_event(terms.get("loss_adjustment"))
        quality = terms.get("quality", {})
        standard = quality.get("standard")
        found[f"standard:{'yearly' if isinstance(standard, list) else standard}"] += 1
        found["quality_by_year"] += any(isinstance(quality.get(key), list) for key in ("gate", "soften", "loss_share_max", "loss_floor"))
        for key in ("met", "alternative_met"):
            found[f"{key}:drawn"] += is_distribution(quality.get(key))
    found["scenario"] += "terms" in tree.get("scenarios", {})
    return found


def is_event(value: Any) -> bool:
    """Whether a number is an event."""
    return is_distribution(value) and value["dist"] == "event"


def run_features(tree: dict, seed: int) -> Counter:
    """What happens in a few draws: each term is taken away to see whether it did anything."""
    found: Counter = Counter()
    names = list(tree.get("arrangements", {}))
    if not names:
        return found
    plan, draws = random_values(tree, seed, 4)
    out = twin(tree, plan, draws)
    for name in names:
        terms = tree["arrangements"][name]
        for values, draw in zip(draws, out["draws"], strict=True):
            reader = Reader(tree, values, is_plan=False)
            for t in reader.years:
                pool, met = (draw[key][t - 1][name] for key in ("pool", "msr_met"))
                found["below_rate_paid"] += met == 0 and pool > 0 and "below_msr" in terms
                found["guardrail_stops"] += met == 1 and pool == 0 and "guardrail" in terms
                found["fund_paid"] += "fund" in terms and draw["payout"][t - 1][name][terms["fund"]["party"]] > 0
                quality = f"arrangements.{name}.quality"
                found["standard_not_met"] += "standard" in terms.get("quality", {}) and reader.number(f"{quality}.met", 1.0)[t] == 0
                planned = out["plan"]["baseline"][t - 1][name]
                moved = abs(draw["baseline"][t - 1][name] / planned - 1) > 1e-6
                found["followed_baseline_moves"] += moved and ("baseline_follows" in terms or "population_adjusted" in terms)
        found += without(tree, name, out["draws"], plan, draws)
    return found


def without(tree: dict, name: str, drawn: list[dict], plan: dict, draws: list[dict]) -> Counter:
    """What limits on the pool, losses carried forward and lines by themselves did, against the study without them."""
    found: Counter = Counter()
    terms = tree["arrangements"][name]
    for feature, keys in (
        ("pool_limited", ("pool_cap", "pool_collar")),
        ("netting_matters", ("line_by_line",)),
        ("carried", ("carry_forward",)),
    ):
        if set(keys) & set(terms):
            kept = {key: value for key, value in terms.items() if key not in keys}
            plain = twin({**tree, "arrangements": {**tree["arrangements"], name: kept}}, plan, draws)["draws"]
            for one, other in zip(drawn, plain, strict=True):
                for here, there in zip(one["pool"], other["pool"], strict=True):
                    if feature != "carried":
                        found[feature] += abs(here[name] - there[name]) > 1e-9 * abs(there[name])
                    else:
                        found["gain_used_up_by_carried_loss"] += there[name] > 0 and here[name] == 0
                        found["gain_reduced_by_carried_loss"] += 0 < here[name] < 0.999 * there[name]
    return found


def features(tree: dict, seed: int) -> Counter:
    """All features of one study, with how often each occurs."""
    return stated_features(tree) + run_features(tree, seed)


def count_features(seeds: range) -> Counter:
    """How often each feature occurs over the studies of these seeds."""
    total: Counter = Counter()
    for seed in seeds:
        total.update(features(term_study(seed), seed))
    return total


if __name__ == "__main__":
    counted = count_features(range(200))
    for feature, least in EXPECTED.items():
        sys.stdout.write(f"{feature:32} {counted[feature]:6} times, at least {least}\n")
