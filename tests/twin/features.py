"""Counts the features of random studies, to show that every part of the model is exercised many times.

Run `python -m tests.twin.features` in the project folder for a table.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from .features_rich import EXPECTED_RICH, rich_features
from .law_of import LISTS
from .model import twin
from .random_studies import random_study
from .reading import is_distribution, is_table
from .values import driver_table, random_values

EXPECTED = [
    "family:uniform",
    "family:triangular",
    "family:pert",
    "family:normal",
    "family:lognormal",
    "family:lognormal_mu",
    "family:discrete",
    "family:bernoulli",
    "path:independent",
    "plan:value",
    "plan:yearly",
    "yearly_parameters",
    "declared:driver",
    "declared:constant",
    "declared:list",
    "declared_used_twice",
    "unit:GBP",
    "unit:GBP_k",
    "unit:GBP_m",
    "years:1",
    "years:5",
    "population",
    "population_growth",
    "outsider",
    "two_commissioners",
    "funder",
    "fund",
    "funding_given",
    "line:activity",
    "line:spend",
    "line:spend_by_year",
    "growth:single",
    "growth:table",
    "growth:population",
    "growth_is:price",
    "cost_weights",
    "efficiency_required",
    "efficiency_achieved",
    "tariff_change",
    "tariff_change_on_top",
    "unit_cost",
    "payer_is_provider",
    "variable_share:0",
    "variable_share:number",
    "payment_price:plan",
    "payment_baseline",
    "plan_includes_schemes",
    "fixed_share",
    "release_years:0",
    "release_years:1",
    "release_years:2",
    "release_years:3",
    "overlap:disjoint",
    "overlap:independent",
    "overlap:additive",
    "segments",
    "segment_people",
    "volatility:gamma",
    "volatility:lognormal",
    "volatility_cv_ref",
    "common_shock",
    "disabled",
    "ramp:number",
    "ramp:linear",
    "ramp:s_curve",
    "ramp:stepped",
    "ramp:average",
    "ramp:years_0",
    "ramp:delay",
    "effect_ramp",
    "cost_ramp",
    "delivery",
    "captured",
    "impact:share",
    "impact:units",
    "impact:money",
    "impact:negative",
    "shared_segment",
    "whole_and_segments",
    "cost:budget",
    "cost:reinvestment",
    "cost:bottom_up",
    "tiers",
    "non_pay",
    "absorbed",
    "cost_inflation",
    "investment:one_off",
    "investment:capital",
    "investment:programme_office",
    "investment:information_systems",
    "investment:double_running",
    "investment_year",
    "capital_charge",
    "investment_inflation",
    "funded_by_default",
    "arrangements:0",
    "arrangements:1",
    "arrangements:2",
    "baseline:plan",
    "baseline:explicit",
    "stretch",
    "residual_default",
    "residual_stated",
    "msr",
    "yearly_msr",
    "mlr",
    "kind:excess",
    "kind:first_pound",
    "mlr_kind",
    "sides:one",
    "sides:list",
    "loss_share",
    "gain_bands",
    "loss_bands",
    "cap",
    "collar",
    "limit:of_baseline",
    "limit:of_income",
    "limit:amount",
    "quality:multiplier",
    "quality:gate",
    "quality:none",
    "loss:soften",
    "loss:loss_rate",
    "own_score",
    "correlation",
    "rank_matrix",
    "scenarios",
    "scenario_disabled",
    "met:gain",
    "met:loss",
    "met:none",
    "cap_hit",
    "collar_hit",
    "clipped",
    "negative_gain_one_sided",
    *EXPECTED_RICH,
]


def shape_features(tree: dict) -> Counter:
    """The features of numbers and drivers."""
    found: Counter = Counter()
    for spec in driver_table(tree).values():
        if spec["dist"] == "volatility":
            continue
        found["family:" + spec["dist"] + ("_mu" if "mu" in spec else "")] += 1
        found["path:" + spec.get("path", "constant")] += 1
        if "plan" in spec:
            found["plan:yearly" if isinstance(spec["plan"], list) else "plan:value"] += 1
        if any(isinstance(value, list) for key, value in spec.items() if key not in (*LISTS, "plan", "rho", "level", "speed")):
            found["yearly_parameters"] += 1
    uses: Counter = Counter()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, str) and value in tree.get("drivers", {}):
            uses[value] += 1

    walk({key: value for key, value in tree.items() if key not in ("correlation", "scenarios")})
    for name, value in tree.get("drivers", {}).items():
        kind = "driver" if is_distribution(value) else "list" if isinstance(value, list) else "constant"
        found["declared:" + kind] += 1
        found["declared_used_twice"] += uses[name] > 1
    return found


def ramp_features(ramp: Any) -> list[str]:
    """The features of a ramp."""
    if ramp is None:
        return []
    if not is_table(ramp):
        return ["ramp:number"]
    found = ["ramp:" + ramp.get("shape", "linear")]
    found += ["ramp:average"] if ramp.get("in_year") == "average" else []
    found += ["ramp:years_0"] if ramp["years"] == 0 else []
    found += ["ramp:delay"] if ramp.get("delay", 0) != 0 else []
    return found


def line_features(tree: dict) -> Counter:
    """The features of parties and service lines."""
    found: Counter = Counter()
    found["unit:" + tree["money"]["unit"].replace(" ", "_")] += 1
    found[f"years:{tree['horizon']['years']}"] += 1
    found["population"] += "population" in tree
    found["population_growth"] += "growth" in tree.get("population", {})
    found["common_shock"] += "volatility" in tree
    roles = [party["role"] for party in tree["parties"].values()]
    found["two_commissioners"] += roles.count("commissioner") > 1
    found.update(role for role in roles if role in ("funder", "fund"))
    for party in tree["parties"].values():
        found["outsider"] += not party.get("in_system", True)
        found["funding_given"] += "funding" in party
    for line in tree["services"].values():
        found["line:" + next(key for key in ("activity", "spend", "spend_by_year") if key in line)] += 1
        growth = line.get("growth")
        found["growth:table" if is_table(growth) else "growth:single" if growth is not None else "growth:none"] += 1
        found["growth:population"] += is_table(growth) and "population" in growth
        found["growth_is:price"] += line.get("growth_is") == "price"
        found["payer_is_provider"] += line.get("payer") == line["provider"]
        variable = line.get("variable_share", 1.0)
        found["variable_share:0" if variable == 0 else "variable_share:number"] += variable != 1.0
        found["payment_price:plan"] += line.get("payment_price") == "plan"
        found["release_years:" + str(line.get("release_years", 0))] += "fixed_share" in line
        found["overlap:" + line.get("overlap", "disjoint")] += "segments" in line
        found["segment_people"] += any("people" in segment for segment in line.get("segments", {}).values())
        if "volatility" in line:
            found["volatility:" + line["volatility"]["family"]] += 1
            found["volatility_cv_ref"] += "cv_ref" in line["volatility"]
        for key in [
            "cost_weights",
            "efficiency_required",
            "efficiency_achieved",
            "tariff_change",
            "tariff_change_on_top",
            "unit_cost",
            "payment_baseline",
            "plan_includes_schemes",
            "fixed_share",
            "segments",
        ]:
            found[key] += key in line
    return found


def scheme_features(tree: dict) -> Counter:
    """The features of schemes."""
    found: Counter = Counter()
    places: Counter = Counter()
    for scheme in tree["schemes"].values():
        found["disabled"] += not scheme.get("enabled", True)
        found["delivery"] += "delivery" in scheme
        found["captured"] += "captured" in scheme
        found.update(ramp_features(scheme.get("ramp")))
        for name, effect in scheme["effects"].items():
            found["effect_ramp"] += "ramp" in effect
            found.update(ramp_features(effect.get("ramp")))
            found["impact:" + effect.get("impact_is", "share")] += 1
            impact = effect["impact"]
            found["impact:negative"] += isinstance(impact, float) and impact < 0
            places[effect.get("service", name), effect.get("segment")] += 1
        for cost in scheme.get("costs", {}).values():
            found["cost:" + cost["approach"]] += 1
            found["tiers"] += "tiers" in cost
            found["non_pay"] += "non_pay" in cost
            found["absorbed"] += "absorbed" in cost
            found["cost_inflation"] += "inflation" in cost
            found["cost_ramp"] += "ramp" in cost
            found["funded_by_default"] += "funded_by" not in cost
        for item in scheme.get("investments", {}).values():
            found["investment:" + item["kind"]] += 1
            found["investment_year"] += "year" in item
            found["capital_charge"] += "life" in item
            found["investment_inflation"] += "inflation" in item
    found["shared_segment"] += sum(count > 1 for count in places.values())
    found["whole_and_segments"] += sum((line, None) in places and segment is not None for line, segment in places)
    return found


def contract_features(tree: dict) -> Counter:
    """The features of arrangements, correlation and scenarios."""
    found: Counter = Counter()
    found[f"arrangements:{len(tree.get('arrangements', {}))}"] += 1
    for terms in tree.get("arrangements", {}).values():
        found["baseline:" + terms["baseline"]] += 1
        found["residual_stated" if "residual" in terms else "residual_default"] += 1
        found["yearly_msr"] += isinstance(terms.get("msr"), list)
        found["kind:" + terms.get("msr_kind", "none")] += 1
        sides = terms.get("sides", "two")
        found["sides:list" if isinstance(sides, list) else "sides:" + sides] += 1
        for key in ["stretch", "msr", "mlr", "mlr_kind", "loss_share", "gain_bands", "loss_bands", "cap", "collar"]:
            found[key] += key in terms
        for key in ("cap", "collar"):
            found.update("limit:" + basis for limit in terms.get(key, {}).values() for basis in limit)
        quality = terms.get("quality")
        if quality:
            found["quality:" + quality.get("gain", "multiplier")] += 1
            found["loss:" + quality.get("loss", "none")] += 1
            found["own_score"] += any(party in quality for party in tree["parties"])
    for group in tree.get("correlation", []):
        found["correlation"] += 1
        found["rank_matrix"] += isinstance(group.get("rank"), list)
    for scenario in tree.get("scenarios", {}).values():
        found["scenarios"] += 1
        found["scenario_disabled"] += any("enabled" in scheme for scheme in scenario.get("schemes", {}).values())
    return found


def run_features(tree: dict, seed: int) -> Counter:
    """What happens in a few draws of a study."""
    found: Counter = Counter()
    plan, draws = random_values(tree, seed, 4)
    for draw in twin(tree, plan, draws)["draws"]:
        for t in range(tree["horizon"]["years"]):
            for name, terms in tree.get("arrangements", {}).items():
                found[{1: "met:gain", -1: "met:loss", 0: "met:none"}[draw["msr_met"][t][name]]] += 1
                found["cap_hit"] += sum(draw["cap_hit"][t][name].values())
                found["collar_hit"] += sum(draw["collar_hit"][t][name].values())
                sides = terms.get("sides", "two")
                one = (sides[t] if isinstance(sides, list) else sides) == "one"
                found["negative_gain_one_sided"] += one and draw["msr_met"][t][name] == -1
            for name in tree["services"]:
                found["clipped"] += draw["activity"][t][name] == 0.0
    return found


def features(tree: dict, seed: int) -> Counter:
    """All features of one study, with how often each occurs."""
    found = shape_features(tree) + line_features(tree) + scheme_features(tree) + contract_features(tree)
    return found + rich_features(tree) + run_features(tree, seed)


def count_features(seeds: range) -> tuple[Counter, Counter]:
    """How often each feature occurs over the studies of these seeds, and in how many studies."""
    times: Counter = Counter()
    studies: Counter = Counter()
    for seed in seeds:
        found = features(random_study(seed), seed)
        times.update(found)
        studies.update(found.keys())
    return times, studies


if __name__ == "__main__":
    total, in_studies = count_features(range(200))
    for feature in EXPECTED:
        sys.stdout.write(f"{feature:30} {total[feature]:6} times, in {in_studies[feature]:4} of 200 studies\n")
