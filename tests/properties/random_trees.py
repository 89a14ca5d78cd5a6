"""The random studies of the property tests, by seed: every other one is special (budgets, shifts, bands, QIPP, conversion, …)."""

from typing import Any

from tests.twin import random_study
from tests.twin.random_special import special_study


def tree_of(seed: int) -> dict[str, Any]:
    """A random study of any kind: odd seeds are special; rich ones and plain ones are among both."""
    return special_study(seed) if seed % 2 else random_study(seed)


def without_scenarios(tree: dict[str, Any]) -> dict[str, Any]:
    """The study without its scenarios."""
    return {key: value for key, value in tree.items() if key != "scenarios"}
