"""Parts that the subjects share: distributions, services and schemes as pieces of a study tree."""

from collections.abc import Sequence

from benchmarks.subjects.registry import Tree

CATEGORIES = ("pay", "drugs", "non_pay", "premises")
INFLATION = ((0.035, 0.010), (0.025, 0.007), (0.040, 0.018), (0.030, 0.013))
#: Weights of the four categories in a line's price, by kind of line; they repeat.
WEIGHTS = ((0.65, 0.10, 0.15, 0.10), (0.40, 0.35, 0.15, 0.10), (0.55, 0.05, 0.25, 0.15), (0.70, 0.05, 0.20, 0.05), (0.30, 0.50, 0.12, 0.08))


def pert(low: float, mode: float, high: float) -> Tree:
    """A PERT distribution."""
    return {"dist": "pert", "min": low, "mode": mode, "max": high}


def growth(k: int) -> Tree:
    """Yearly growth of activity, differing a little by ``k``."""
    mode = 0.004 + 0.0025 * ((7 * k) % 9)
    return pert(mode - 0.02, mode, mode + 0.045)


def impact(k: int) -> Tree:
    """Effect of a scheme at full ramp, differing a little by ``k``."""
    mode = 0.015 + 0.006 * ((5 * k) % 8)
    return {"dist": "triangular", "min": 0.0, "mode": mode, "max": 1.6 * mode}


def inflation(count: int) -> Tree:
    """Inflation of the first categories, drawn anew each year."""
    stated = zip(CATEGORIES[:count], INFLATION[:count], strict=True)
    return {name: {"dist": "normal", "mean": mean, "sd": sd, "path": "independent"} for name, (mean, sd) in stated}


def service(k: int, provider: str, growth_of: object, categories: int = 4) -> Tree:
    """A service line; sizes, prices, payment and fixed cost differ by ``k`` in a fixed pattern."""
    weights = WEIGHTS[k % len(WEIGHTS)][:categories]
    line: Tree = {
        "provider": provider,
        "activity": 2_000.0 + 1_700.0 * ((11 * k) % 19),
        "price": 150.0 + 210.0 * ((13 * k) % 17),
        "growth": growth_of,
        "cost_weights": dict(zip(CATEGORIES, weights, strict=False)),
        "efficiency_required": 0.02,
        "variable_share": (1.0, 0.2, 0.5, 0.0)[k % 4],
        "plan_includes_schemes": 0.5,
    }
    if k % 5 == 2:
        line |= {"fixed_share": 0.6, "release_years": 2}
    return line


def scheme(k: int, lines: Sequence[str], impact_of: object, delay: object, delivery: object, funder: str) -> Tree:
    """A scheme with a linear ramp, an effect on each of ``lines``, and a team paid from a budget."""
    return {
        "ramp": {"years": 1.0 + 0.5 * (k % 5), "delay": delay},
        "delivery": delivery,
        "effects": {name: {"impact": impact_of} for name in lines},
        "costs": {
            "team": {
                "approach": "budget",
                "amount": 500.0 + 250.0 * (k % 7),
                "inflation": "pay",
                "funded_by": funder,
                "ramp": {"years": 2.0},
            }
        },
    }


def arrangement(lines: Sequence[str], shares: Tree, cap: float, collar: float) -> Tree:
    """One two-sided arrangement over all lines, shared from the first pound once 1 % is saved or lost."""
    return {
        "services": list(lines),
        "baseline": "plan",
        "plan_includes_schemes": 0.5,
        "residual": "commissioner",
        "msr": 0.01,
        "mlr": 0.01,
        "msr_kind": "first_pound",
        "gain_share": {party: share for party, (share, _) in shares.items()},
        "loss_share": {party: share for party, (_, share) in shares.items()},
        "cap": {party: {"of_baseline": cap * share} for party, (share, _) in shares.items()},
        "collar": {party: {"of_baseline": collar * share} for party, (_, share) in shares.items()},
    }
