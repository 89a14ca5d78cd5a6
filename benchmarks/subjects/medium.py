"""The representative study: 20 lines over ten years, 40 drivers (four of them yearly paths), eight schemes, four parties."""

from benchmarks.subjects.parts import arrangement, growth, impact, inflation, scheme, service
from benchmarks.subjects.registry import Tree, register

LINES, SCHEMES, DELAYS, IN_COPULA = 20, 8, 4, 12


def _drivers() -> Tree:
    """Declared drivers: 20 growth rates, 8 impacts, 4 delays, delivery, productivity, the cost of a team, funding."""
    return {
        **{f"growth_{k}": growth(k) for k in range(LINES)},
        **{f"impact_{k}": impact(k) for k in range(SCHEMES)},
        **{f"delay_{k}": {"dist": "uniform", "min": 0.0, "max": 2.0} for k in range(DELAYS)},
        "delivery": {"dist": "discrete", "values": [1.0, 0.85, 0.6], "weights": [0.7, 0.2, 0.1]},
        "productivity": {"dist": "normal", "mean": 0.018, "sd": 0.004},
        "team": {"dist": "lognormal", "mean": 1_500.0, "sd": 250.0},
        "allocation": {"dist": "normal", "mean": 900_000.0, "sd": 20_000.0},
    }


@register
def medium() -> Tree:
    """20 lines over ten years."""
    lines = [f"line_{k:02d}" for k in range(LINES)]
    providers = ("acute", "acute", "community", "mental_health")
    schemes = {}
    for j in range(SCHEMES):
        acted = [name for k, name in enumerate(lines) if k % SCHEMES == j]
        schemes[f"scheme_{j}"] = scheme(j, acted, f"impact_{j}", f"delay_{j % DELAYS}", "delivery", "commissioner" if j % 2 else "acute")
    schemes["scheme_0"]["costs"]["team"]["amount"] = "team"
    shares = {"acute": (0.4, 0.3), "community": (0.2, 0.1), "mental_health": (0.1, 0.1)}
    return {
        "title": "Benchmark: medium",
        "horizon": {"base": "2025/26", "years": 10},
        "money": {"unit": "GBP k"},
        "drivers": _drivers(),
        "inflation": inflation(4),
        "parties": {"commissioner": {"role": "commissioner", "funding": "allocation"}, **{p: {"role": "provider"} for p in shares}},
        "services": {
            name: service(k, providers[k % 4], f"growth_{k}") | {"efficiency_achieved": "productivity"} for k, name in enumerate(lines)
        },
        "schemes": schemes,
        "correlation": [{"drivers": [f"growth_{k}" for k in range(IN_COPULA)], "rank": 0.3, "copula": "gaussian"}],
        "arrangements": {"deal": arrangement(lines, shares, cap=0.08, collar=0.05)},
    }
