"""Whole studies for contract terms worked by hand: one line of 100,000 a year, and a scheme that saves what a test says it does."""

from __future__ import annotations

from .contract import Settlement
from .model import twin
from .test_twin import base_tree, with_scheme

KEYS = ["baseline", "outturn", "gain", "pool", "msr_met", "payout", "windfall", "settlement", "cap_hit", "collar_hit"]


def study(years: int, terms: dict, **line: object) -> dict:
    """Parties ccg (payer), acute (provider) and community; the plan saves nothing."""
    tree = with_scheme(base_tree(years, **line), 1.0, delivery={"dist": "uniform", "min": 0.0, "max": 1.0, "path": "independent"})
    tree["parties"]["community"] = {"role": "provider"}
    tree["parties"]["pot"] = {"role": "fund"}
    tree["arrangements"] = {"deal": {"services": ["care"], "baseline": "plan", "plan_includes_schemes": 0.0, **terms}}
    return tree


def settlements(
    tree: dict, planned: dict[str, list[float]], drawn: dict[str, list[float]], scenario: str | None = None
) -> list[Settlement]:
    """What the arrangement does in each year of one draw."""
    result = twin(tree, planned, [drawn], scenario)["draws"][0]
    years = range(tree["horizon"]["years"])
    return [Settlement(**{key: result[key][t]["deal"] for key in KEYS}) for t in years]


def deals(terms: dict, saved: list[float], **line: object) -> list[Settlement]:
    """The settlements of years in which the scheme saves these shares of the line."""
    name = "schemes.team.delivery"
    return settlements(study(len(saved), terms, **line), {name: [0.0] * len(saved)}, {name: saved})


def deal(terms: dict, saved: float, **line: object) -> Settlement:
    """The settlement of one year."""
    return deals(terms, [saved], **line)[0]
