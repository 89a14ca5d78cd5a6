"""Studies of which one size changes and all others stay: what the cost of a draw is drawn against (``--growth``)."""

from dataclasses import dataclass

from benchmarks.subjects.parts import arrangement, growth, scheme, service
from benchmarks.subjects.registry import Tree

#: The sizes that are tried, one kind at a time; lines keep 16 drivers of growth and 20 of them a scheme.
SIZES: dict[str, tuple[int, ...]] = {
    "lines": (3, 10, 30, 100, 300, 1_000, 3_000),
    "years": (1, 2, 5, 10, 15, 20, 30),
    "drivers": (5, 10, 20, 50, 100, 200, 500),
    "parties": (2, 3, 5, 8, 12, 16, 20),
    "arrangements": (1, 2, 5, 8, 12, 16, 20),
}
_SCHEMES = 4
_ACTED = 20


@dataclass(frozen=True)
class Shape:
    """How large a generated study is."""

    lines: int = 40
    years: int = 10
    drivers: int = 16
    parties: int = 4
    arrangements: int = 1


def shape(kind: str, size: int) -> Shape:
    """The study of one size of one kind; as many lines as drivers are needed where drivers grow, so that each has a line."""
    return Shape(lines=max(SIZES["drivers"]), drivers=size) if kind == "drivers" else Shape(**{kind: size})


def growing(of: Shape) -> Tree:
    """A study of this shape: inflation does not vary, so that its drivers are those of growth."""
    lines = [f"line_{k}" for k in range(of.lines)]
    providers = [f"provider_{k}" for k in range(of.parties - 1)]
    # every arrangement is between all parties, and has its share of the same lines
    shares = {name: (0.8 / len(providers), 0.5 / len(providers)) for name in providers}
    deals = min(of.arrangements, of.lines)
    services = {
        name: service(k, providers[k % len(providers)], f"growth_{k % of.drivers}") | {"cost_weights": {"pay": 1.0}}
        for k, name in enumerate(lines)
    }
    schemes = {f"scheme_{j}": scheme(j, lines[j:_ACTED:_SCHEMES], 0.05, 0.5, 0.9, "commissioner") for j in range(_SCHEMES) if j < of.lines}
    return {
        "title": "Benchmark: growing",
        "horizon": {"base": "2025/26", "years": of.years},
        "money": {"unit": "GBP k"},
        "drivers": {f"growth_{k}": growth(k) for k in range(min(of.drivers, of.lines))},
        "inflation": {"pay": 0.03},
        "parties": {"commissioner": {"role": "commissioner"}, **{name: {"role": "provider"} for name in providers}},
        "services": services,
        "schemes": schemes,
        "arrangements": {f"deal_{k}": arrangement(lines[k::deals], shares, cap=0.08, collar=0.05) for k in range(deals)},
    }
