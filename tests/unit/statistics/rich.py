"""A study with every factor of a waterfall, and effects of both signs on activity, price and unit cost, with shifts between lines."""

import copy
import random
from typing import Any

from tests.twin import random_study

TREE: dict[str, Any] = {
    "title": "Everything that moves spend",
    "simulation": {"draws": 256, "seed": 5},
    "horizon": {"base": "2020/21", "years": 4},
    "money": {"unit": "GBP k"},
    "population": {
        "growth": 0.01,
        "segments": {"old": {"size": 20_000, "growth": {"dist": "uniform", "min": 0.02, "max": 0.04}}, "young": {"size": 80_000}},
    },
    "inflation": {"pay": {"dist": "uniform", "min": 0.01, "max": 0.05}, "drugs": 0.06, "energy": [-0.04, 0.02, 0.02, 0.02]},
    "cost_weights": {"hospital": {"drugs": 0.2, "pay": 0.7, "energy": 0.1}},
    "drivers": {"need": {"dist": "pert", "min": 0.0, "mode": 0.01, "max": 0.03}},
    "parties": {
        "board": {"role": "commissioner", "label": "Care board"},
        "trust": {"role": "provider"},
        "community": {"role": "provider"},
    },
    "services": {
        "beds": {
            "label": "Hospital beds",
            "provider": "trust",
            "activity": 10_000,
            "price": 3_000,
            "conversion": {"growth": 0.02, "inflation": 0.03, "efficiency": 0.01},
            "growth": {"population": True, "need": "need", "prevention": -0.015},
            "cost_weights": "hospital",
            "efficiency_required": 0.011,
            "plan_includes_schemes": 0.0,
            "variable_share": 0.5,
            "segments": {"frail": {"share": 0.3}},
        },
        "clinics": {
            "provider": "trust",
            "activity": 50_000,
            "price": 120,
            "growth": {"population": "old", "need": "need"},
            "tariff_change": [-0.01, 0.01, 0.02, 0.02],
            "plan_includes_schemes": 0.0,
        },
        "nursing": {
            "provider": "community",
            "spend": 8_000,
            "conversion": {"growth": 0.01, "service_investment": 150, "one_off": -90},
            "growth": {"need": "need", "population": True},
            "cost_weights": {"pay": 0.8},
            "efficiency_required": 0.02,
            "tariff_change": 0.003,
            "tariff_change_on_top": True,
            "plan_includes_schemes": 0.0,
            "overlap": "independent",
            "segments": {"a": {"share": 0.4}, "b": {"share": 0.5}},
        },
        "drugs": {"provider": "community", "spend": 3_000, "growth": 0.04, "growth_is": "price"},
        "other": {"provider": "board", "spend_by_year": [1_000, 1_100, 900, 1_300]},
    },
    "qipp": {
        "stock": {"label": "Stock control", "service": "drugs", "amount": [50, 80, 100, 100], "achieved": 0.8},
        "rota": {"service": "beds", "amount": 200},
    },
    "schemes": {
        "home_first": {
            "label": "Home first",
            "organisation": "Care board and trust",
            "calculation": "audit of 200 stays",
            "monitoring": "monthly bed days",
            "ramp": [0.25, 0.5, 1.0, 1.0],
            "delivery": {"dist": "uniform", "min": 0.7, "max": 1.0},
            "effects": {
                "beds": {"segment": "frail", "impact": 0.2, "shift": {"nursing": 400.0, "clinics": 0.5}},
                "clinics": {"impact": -0.02},
            },
            "costs": {"team": {"approach": "budget", "amount": 300}},
            "investments": {"records": {"kind": "information_systems", "amount": 500, "year": 1}},
            "outcomes": {
                "people": {"label": "People reached", "amount": 1_000, "ramp": [0.5, 1, 1, 1]},
                "avoided": {"counts": "activity_avoided", "service": "beds"},
            },
        },
        "buying": {
            "effects": {
                "beds_price": {"service": "beds", "segment": "frail", "impact": 0.05, "acts_on": "price"},
                "beds_cost": {"service": "beds", "impact": 0.03, "acts_on": "unit_cost"},
            }
        },
        "visits": {
            "effects": {
                "first": {"service": "nursing", "segment": "a", "impact": 0.3},
                "second": {"service": "nursing", "segment": "b", "impact": -0.1},
                "third": {"service": "nursing", "segment": "a", "impact": 500, "impact_is": "money"},
            },
            "costs": {"share": {"approach": "reinvestment", "share": 0.5}},
        },
        "later": {"enabled": False, "effects": {"drugs": {"impact": 0.5}}},
    },
    "risks": {
        "staff": {"label": "Too few staff", "scheme": "home_first", "likelihood": 4, "impact": 4, "mitigation": "Train", "owner": "Lead"},
        "flood": {"likelihood": 1, "impact": 5},
        "winter": {"likelihood": 5, "impact": 4, "drivers": ["drivers.need"]},
    },
}


def rich() -> dict[str, Any]:
    return copy.deepcopy(TREE)


def random_tree(seed: int) -> dict[str, Any]:
    """A random study in which some effects act on price or unit cost, and some activity is shifted to another line."""
    tree, rng = random_study(seed), random.Random(seed)
    tree.pop("scenarios", None)
    for scheme in tree.get("schemes", {}).values():
        for key, effect in scheme.get("effects", {}).items():
            if effect.get("impact_is", "share") == "share":
                effect["acts_on"] = rng.choice(["activity", "activity", "price", "unit_cost"])
            targets = [name for name in tree["services"] if name != effect.get("service", key)]
            if targets and effect.get("acts_on", "activity") == "activity" and rng.random() < 0.5:
                effect["shift"] = {rng.choice(targets): rng.choice([0.2, 1.5])}
    for line in tree["services"].values():
        if "payment_baseline" not in line:
            line.setdefault("plan_includes_schemes", 0.3)
    for terms in tree.get("arrangements", {}).values():
        if terms["baseline"] == "plan":
            terms.setdefault("plan_includes_schemes", 0.3)
    return tree
