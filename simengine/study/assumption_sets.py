"""The sets of national assumptions that come with simrisk, and how one goes under a study's own tables."""

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from simengine.study.distribution_keys import nearest
from simengine.study.model import horizon_labels
from simengine.study.structure import Finding, Path, Tree

_FOLDER = "simengine.study.assumptions"


@dataclass(frozen=True)
class Assumption:
    """One rate of a set, a value for each of its years, or one set of cost weights."""

    table: str
    name: str
    label: str
    source: str
    values: tuple[float, ...] = ()
    weights: Mapping[str, float] | None = None
    includes: tuple[str, ...] = ()
    """What the rate holds already: population, inflation."""


@dataclass(frozen=True)
class AssumptionSet:
    """A named set: its years, by label, and what it assumes for them."""

    name: str
    label: str
    source: str
    years: tuple[str, ...]
    entries: tuple[Assumption, ...]

    def entry(self, table: str, name: str) -> Assumption | None:
        """The entry of a table of the study; None where the set has none of this name."""
        return next((entry for entry in self.entries if (entry.table, entry.name) == (table, name)), None)


def set_names() -> list[str]:
    """The names of the sets, in alphabetical order."""
    files = (file.name for file in resources.files(_FOLDER).iterdir())
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))


@cache
def assumption_set(name: str) -> AssumptionSet | None:
    """A set by its name; None where there is none of this name."""
    if name not in set_names():
        return None
    read = tomllib.loads((resources.files(_FOLDER) / f"{name}.toml").read_text(encoding="utf-8"))
    entries = [
        Assumption(
            table,
            key,
            label=entry["label"],
            source=entry["source"],
            values=tuple(entry.get("values", ())),
            weights=entry.get("weights"),
            includes=tuple(entry.get("includes", ())),
        )
        for table in ("inflation", "cost_weights", "drivers")
        for key, entry in read.get(table, {}).items()
    ]
    return AssumptionSet(name, read["label"], read["source"], tuple(read["years"]), tuple(entries))


def with_assumptions(tree: Tree) -> tuple[Tree, set[Path], list[Finding]]:
    """The study with its set under its own tables, the parts that come from the set, and what was wrong."""
    name = tree.get("assumptions")
    if not isinstance(name, str):
        return tree, set(), []
    found = assumption_set(name)
    if found is None:
        known = set_names()
        rule = f"is not a set of assumptions that comes with simrisk, which has {', '.join(known)}"
        return tree, set(), [Finding(("assumptions",), rule, name, nearest(name, known))]
    wanted = horizon_labels(tree.get("horizon"))
    if wanted is None:
        # Reported where the horizon stands; the values of some years will do for the other checks.
        return tree, set(), []
    missing = [year for year in wanted if year not in found.years]
    if missing:
        years = f"{found.years[0]} to {found.years[-1]}"
        rule = f"has values for {years} only, and the study needs {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}"
        return tree, set(), [Finding(("assumptions",), rule, name)]
    return _merged(tree, found, [found.years.index(year) for year in wanted])


def _merged(tree: Tree, found: AssumptionSet, years: list[int]) -> tuple[Tree, set[Path], list[Finding]]:
    together: dict[str, Any] = dict(tree)
    given: set[Path] = set()
    for entry in found.entries:
        own = together.get(entry.table, {})
        if not isinstance(own, dict) or entry.name in own:
            continue
        value: Any = [entry.values[year] for year in years] if entry.weights is None else dict(copy.deepcopy(entry.weights))
        together[entry.table] = {**own, entry.name: value}
        given.add((entry.table, entry.name))
    return together, given, []
