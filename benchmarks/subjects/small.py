"""Five lines over five years, eight drivers, three parties, one of them outside the system: what a first study looks like."""

from benchmarks.subjects.parts import arrangement, growth, impact, inflation, scheme, service
from benchmarks.subjects.registry import Tree, register


@register
def small() -> Tree:
    """Five lines over five years."""
    providers = ("hospital", "community", "hospital", "hospital", "community")
    lines = [f"line_{k}" for k in range(5)]
    # three growth drivers, two impacts, a delay, two inflation paths
    services = {name: service(k, providers[k], growth(k) if k < 3 else 0.01, categories=2) for k, name in enumerate(lines)}
    schemes = {
        "frailty": scheme(1, lines[:2], "impact_a", "delay", 1.0, "commissioner"),
        "outpatients": scheme(2, lines[1:4], "impact_b", 0.0, 0.9, "community"),
    }
    return {
        "title": "Benchmark: small",
        "horizon": {"base": "2025/26", "years": 5},
        "money": {"unit": "GBP k"},
        "drivers": {"impact_a": impact(3), "impact_b": impact(6), "delay": {"dist": "uniform", "min": 0.0, "max": 2.0}},
        "inflation": inflation(2),
        "parties": {
            "commissioner": {"role": "commissioner"},
            "hospital": {"role": "provider"},
            "community": {"role": "provider", "in_system": False},
        },
        "services": services,
        "schemes": schemes,
        "arrangements": {"deal": arrangement(lines, {"hospital": (0.4, 0.3), "community": (0.2, 0.1)}, cap=0.08, collar=0.05)},
    }
