"""Reads numbers from the raw tree of a study.

Every list over the years has T + 1 entries, so that entry t is year t as in the model's formulas. Entry 0 is the base year where there is
one (activity, price, population, indices) and not-a-number where there is none.
"""

from __future__ import annotations

from typing import Any

from .observed_drivers import keep_observed

NAN = float("nan")
UNIT_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6}


def is_distribution(value: Any) -> bool:
    """Whether a value of the tree is an inline distribution."""
    return isinstance(value, dict) and "dist" in value


def is_table(value: Any) -> bool:
    """Whether a value of the tree is a table of keys (and not a distribution)."""
    return isinstance(value, dict) and "dist" not in value


def merged(base: dict, overrides: dict) -> dict:
    """The deep merge of a scenario: tables merge; a distribution, a list or a value is replaced whole."""
    result = dict(base)
    for key, value in overrides.items():
        if is_table(value) and is_table(result.get(key)):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def scenario_tree(tree: dict, scenario: str | None) -> dict:
    """The study of a scenario; None (or "base") is the study as written."""
    if scenario is None or scenario == "base":
        return tree
    overrides = {key: value for key, value in tree["scenarios"][scenario].items() if key not in ("label", "replan")}
    return keep_observed(tree, merged(tree, overrides), int(tree["horizon"]["years"]))


class Reader:
    """One study with one value for each of its drivers: the plan, or one draw."""

    def __init__(self, tree: dict, values: dict[str, list[float]], is_plan: bool):
        self.tree = tree
        self.values = values
        self.is_plan = is_plan
        self.last_year = int(tree["horizon"]["years"])
        self.years = range(1, self.last_year + 1)
        unit = tree.get("money", {}).get("unit", "GBP").split(" ")
        self.money_factor = UNIT_FACTORS[unit[1] if len(unit) > 1 else ""]

    def get(self, path: str, default: Any = None) -> Any:
        """The raw value at a dotted path."""
        here: Any = self.tree
        for key in path.split("."):
            if not isinstance(here, dict) or key not in here:
                return default
            here = here[key]
        return here

    def has(self, path: str) -> bool:
        """Whether the study gives something at a dotted path."""
        return self.get(path) is not None

    def names(self, path: str) -> list[str]:
        """The names in the table at a dotted path, in file order."""
        return list(self.get(path, {}))

    def number(self, path: str, default: float | None = None) -> list[float]:
        """A number over the years 1..T."""
        raw = self.get(path, default)
        if raw is None:
            raise KeyError(path)
        if isinstance(raw, str):
            path = "drivers." + raw
            raw = self.tree["drivers"][raw]
        if is_distribution(raw):
            by_year = self.values[path]
        elif isinstance(raw, list):
            by_year = raw
        else:
            by_year = [raw] * self.last_year
        return [NAN] + [float(by_year[t - 1]) for t in self.years]

    def base_number(self, path: str, default: float | None = None) -> float:
        """A number of the base year."""
        return self.number(path, default)[1]

    def money(self, path: str, default: float | None = None) -> list[float]:
        """An amount over the years, in the currency."""
        return [value * self.money_factor for value in self.number(path, default)]

    def zeros(self) -> list[float]:
        """Nothing in every year."""
        return [0.0] * (self.last_year + 1)

    def only_commissioner(self) -> str:
        """The only party of role commissioner: the default payer and funder."""
        (commissioner,) = [party for party in self.names("parties") if self.get(f"parties.{party}.role") == "commissioner"]
        return commissioner

    def payer(self, line: str) -> str:
        """Who pays for a line."""
        return self.get(f"services.{line}.payer") or self.only_commissioner()

    def provider(self, line: str) -> str:
        """Who provides a line."""
        return self.get(f"services.{line}.provider")

    def in_system(self, party: str) -> bool:
        """Whether a party belongs to the system."""
        return self.get(f"parties.{party}.in_system", True)
