"""300 lines over ten years: 270 in sixteen growth groups, thirty with a driver of their own, 24 schemes, six parties."""

from benchmarks.subjects.parts import arrangement, growth, impact, inflation, scheme, service
from benchmarks.subjects.registry import Tree, register

LINES, GROUPS, SCHEMES, DELAYS = 300, 16, 24, 6
PROVIDERS = ("acute", "district", "community", "mental_health", "ambulance")


@register
def large() -> Tree:
    """300 lines over ten years."""
    lines = [f"line_{k:03d}" for k in range(LINES)]
    # every tenth line has a growth driver of its own
    services = {
        name: service(k, PROVIDERS[k % 5], growth(k) if k % 10 == 9 else f"growth_{k % GROUPS}") | {"efficiency_achieved": "productivity"}
        for k, name in enumerate(lines)
    }
    schemes = {}
    for j in range(SCHEMES):
        # a line belongs to one scheme, every seventh to two
        acted = [name for k, name in enumerate(lines) if k % SCHEMES == j or (k % 7 == 0 and (k + 5) % SCHEMES == j)]
        schemes[f"scheme_{j:02d}"] = scheme(
            j, acted, f"impact_{j}", f"delay_{j % DELAYS}", "delivery", "commissioner" if j % 2 else "acute"
        )
    shares = {
        "acute": (0.3, 0.2),
        "district": (0.15, 0.15),
        "community": (0.15, 0.1),
        "mental_health": (0.1, 0.1),
        "ambulance": (0.05, 0.05),
    }
    return {
        "title": "Benchmark: large",
        "horizon": {"base": "2025/26", "years": 10},
        "money": {"unit": "GBP k"},
        "drivers": {
            **{f"growth_{k}": growth(k) for k in range(GROUPS)},
            **{f"impact_{k}": impact(k) for k in range(SCHEMES)},
            **{f"delay_{k}": {"dist": "uniform", "min": 0.0, "max": 2.0} for k in range(DELAYS)},
            "delivery": {"dist": "discrete", "values": [1.0, 0.85, 0.6], "weights": [0.7, 0.2, 0.1]},
            "productivity": {"dist": "normal", "mean": 0.018, "sd": 0.004},
        },
        "inflation": inflation(4),
        "parties": {"commissioner": {"role": "commissioner"}, **{p: {"role": "provider"} for p in shares}},
        "services": services,
        "schemes": schemes,
        "correlation": [{"drivers": [f"growth_{k}" for k in range(12)], "rank": 0.3, "copula": "gaussian"}],
        "arrangements": {"deal": arrangement(lines, shares, cap=0.08, collar=0.05)},
    }
