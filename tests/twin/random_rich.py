"""Makes a random study rich: every family, truncation, paths over the years, copulas, counts; its plain form stays what it was."""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np

from .dependence import is_possible, members, score_matrix
from .law_of import law_of
from .paths import is_by_year
from .random_extras import without_correlated
from .random_families import Range, Spec, rich, simple
from .random_numbers import rounded
from .values import driver_table

RATES = ("growth", "inflation", "efficiency_required", "efficiency_achieved", "tariff_change", "trend", "wages")
BASE = ("size", "activity", "price", "spend", "unit_cost")
POSITIVE = ("size", "activity", "price", "spend", "unit_cost", "spend_by_year", "hours_per_wte", "utilisation", "rate", "years")
SHARES = (
    "impact",
    "ramp",
    "delivery",
    "captured",
    "absorbed",
    "share",
    "variable_share",
    "fixed_share",
    "utilisation",
    "uptake",
    "fraction",
)
KEPT = ("plan", "risk", "source", "label")
YEARLY = ("sd", "alpha", "beta", "scale", "shape", "location", "coverage", "size", "probability")


class Rich:
    """The changes to one study."""

    def __init__(self, tree: dict, seed: int):
        self.tree, self.rng, self.years = tree, random.Random(f"rich {seed}"), int(tree["horizon"]["years"])

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.rng.random() < probability

    def range_of(self, name: str, spec: Spec) -> Range | None:
        """Where the number that a distribution stands for lies."""
        each = [law_of(spec, t) for t in range(1, self.years + 1)]
        low = min(float(law.quantile(0.001)) for law in each)
        high = max(float(law.isf(0.001)) for law in each)
        low, high = rounded(low), rounded(high)
        if not high - low > 1e-9 + 1e-6 * abs(high):
            return None
        words = name.split(".")
        rate = any(word in RATES for word in words)
        member = "quality" in words or "segments" in words or any(word in (*SHARES, "fraction") for word in words)
        share = not rate and (member and high <= 1 or words[-1] == "years" or words[-1] == "delay")
        positive = any(word in POSITIVE for word in words)
        count = not rate and not share and (not positive or low > 40)
        if not rate and low > 0 and not share and not positive and self.chance(0.5):
            low = 0.0
        return Range(low, high, hard=share, zero=not positive and (rate or not share or low <= 0.3), count=count)

    def redo(self, name: str, spec: Spec, where: Range | None, paths: bool = True) -> Spec:
        """A richer distribution in place of one."""
        kept = {key: spec[key] for key in KEPT if key in spec}
        path = {"path": spec["path"]} if "path" in spec else {}
        base = name.rsplit(".", maxsplit=1)[-1] in BASE
        if where is None:
            return spec
        if paths and not base and self.chance(0.4):
            return self.with_path(where) | kept
        if self.chance(0.35):
            return spec
        found = rich(self.rng, where)
        if not base and self.chance(0.2):
            self.by_year(found)
        if self.chance(0.1):
            found["stream"] = f"renamed.{name}"
        if self.chance(0.1):
            found |= {"owner": "finance", "date": "2024-03-31"}
        return found | path | kept

    def by_year(self, spec: Spec) -> None:
        """One of the parameters as a list over the years."""
        keys = [key for key in YEARLY if key in spec]
        if keys:
            key = self.rng.choice(keys)
            spec[key] = [rounded(spec[key] * self.rng.uniform(0.9, 1.0)) for _ in range(self.years)]

    def per_year(self, low: float, high: float) -> Any:
        """A number of a path, or a list of them."""
        if self.chance(0.4):
            return [rounded(self.rng.uniform(low, high)) for _ in range(self.years)]
        return rounded(self.rng.uniform(low, high))

    def with_path(self, where: Range) -> Spec:
        """A distribution with a path over the years that adds up or carries on."""
        pick = self.rng.random()
        if pick < 0.5:
            return self.ar1(where)
        part = where.width * (0.3 / self.years if pick < 0.75 else 0.12)
        step = simple(self.rng, Range(rounded(-part), rounded(part), hard=True, zero=True, count=False))
        if pick < 0.75:
            start = {"start": where.at(self.rng.uniform(0.35, 0.65))}
            return step | {"path": "random_walk"} | ({} if not where.hard and where.high < 0.2 and self.chance(0.9) else start)
        level = self.per_year(where.at(0.35), where.at(0.65))
        found = step | {"path": "mean_reversion", "level": level, "speed": self.per_year(0.4, 1.0)}
        return found | ({"start": where.at(self.rng.uniform(0.35, 0.65))} if self.chance(0.6) else {})

    def ar1(self, where: Range) -> Spec:
        """A distribution of any family that is carried on by its scores, sometimes from a start."""
        found = rich(self.rng, where)
        if self.chance(0.25):
            self.by_year(found)
        found |= {"path": "ar1", "rho": self.per_year(-0.5, 0.95)}
        law = law_of(found, 1)
        start = rounded(float(law.quantile(self.rng.choice([0.1, 0.3, 0.5, 0.8]))))
        atoms = found["dist"] in ("mixture", "pool", "event", "empirical", "poisson", "negative_binomial") or law.is_discrete
        if not atoms and self.chance(0.5) and law.low < start < law.high:
            found["start"] = start
        return found

    def drivers(self) -> None:
        """Richer distributions in the study."""
        for name, spec in driver_table(self.tree).items():
            if spec["dist"] != "volatility" and name != "volatility.common" and self.chance(0.7):
                put(self.tree, name, self.redo(name, spec, self.range_of(name, spec)))

    def scenarios(self, ranges: dict[str, Range | None]) -> None:
        """Richer distributions in scenarios, some with another path."""
        for label, overrides in self.tree.get("scenarios", {}).items():
            for name, spec in driver_table({"horizon": self.tree["horizon"], **overrides}).items():
                if spec["dist"] != "volatility" and self.chance(0.5):
                    where = ranges.get(name) or self.range_of(name, spec)
                    put(self.tree, f"scenarios.{label}.{name}", self.redo(name, spec, where))

    def volatility(self) -> None:
        """Counts, paths, and a common shock of any family."""
        for name, line in self.tree["services"].items():
            table = line.get("volatility")
            if table is None and "activity" in line and self.chance(0.65):
                table = line["volatility"] = {"cv_floor": rounded(self.rng.uniform(0.005, 0.05)), "family": "gamma"}
            if table is None:
                continue
            if "activity" in line and self.chance(0.75):
                table["family"] = self.rng.choice(["poisson", "negative_binomial"])
                if table["family"] == "poisson":
                    for key in ("cv_floor", "cv_ref", "n_ref"):
                        table.pop(key, None)
                self.make_small(name, line)
            if self.chance(0.6):
                table.pop("path", None)
                table |= self.rng.choice([{"path": "ar1", "rho": self.per_year(-0.4, 0.9)}, {"path": "constant"}])
        common = self.tree.get("volatility", {}).get("common")
        if common is not None:
            choice: list[Spec] = [
                {"dist": "gamma", "mean": 1.0, "sd": 0.02},
                {"dist": "beta", "mean": 1.0, "sd": 0.02, "min": 0.9, "max": 1.15},
                {"dist": "percentiles", "p10": 0.97, "p50": 1.0, "p90": 1.02, "min": 0.8, "max": 1.1, "plan": 1.0},
                {"dist": "normal", "mean": 1.0, "sd": 0.03, "lower": 0.95, "upper": 1.05},
            ]
            path = self.rng.choice([{"path": "constant"}, {"path": "independent"}, {"path": "ar1", "rho": self.per_year(0.0, 0.9)}])
            self.tree["volatility"]["common"] = self.rng.choice(choice) | path

    def make_small(self, name: str, line: dict) -> None:
        """A line of few units, each as many times dearer, where nothing else is stated in units."""
        in_units = any(
            effect.get("impact_is") == "units"
            for scheme in self.tree["schemes"].values()
            for key, effect in scheme["effects"].items()
            if effect.get("service", key) == name
        )
        people = any("people" in segment for segment in line.get("segments", {}).values())
        numbers = isinstance(line["activity"], float) and isinstance(line["price"], float) and "unit_cost" not in line
        if numbers and not in_units and not people:
            small = rounded(self.rng.choice([self.rng.uniform(1.0, 30.0), self.rng.uniform(30.0, 900.0)]))
            line["price"] = rounded(line["price"] * line["activity"] / small)
            line["activity"] = small

    def correlation(self) -> None:
        """Groups of every form; a driver stands in one at most."""
        self.tree.pop("correlation", None)
        specs = driver_table(self.tree)
        groups: list[dict] = []
        for by_year in (False, True):
            found = [name for name, spec in specs.items() if is_by_year(spec) == by_year]
            self.rng.shuffle(found)
            while len(found) >= 2 and len(groups) < 4 and self.chance(0.6):
                size = min(self.rng.choice([2, 2, 3, 4]), len(found))
                groups.append(self.group([found.pop() for _ in range(size)], len(groups)))
        if groups:
            self.tree["correlation"] = groups
        correlated = {name for group in groups for name in members(self.tree, group)}
        kept = {label: without_correlated(overrides, correlated) for label, overrides in self.tree.get("scenarios", {}).items()}
        kept = {label: overrides for label, overrides in kept.items() if set(overrides) - {"label"}}
        self.tree.pop("scenarios", None)
        if kept:
            self.tree["scenarios"] = kept

    def group(self, names: list[str], number: int) -> dict:
        """One group."""
        rng, size = self.rng, len(names)
        written = [name.removeprefix("drivers.") for name in names] if self.chance(0.4) else names
        group: dict[str, Any] = {}
        if self.chance(0.4):
            group["name"] = f"group_{number}"
        raw = np.array([[rng.gauss(0.0, 1.0) for _ in range(size + 1)] for _ in range(size)])
        raw /= np.sqrt(np.sum(raw**2, axis=1))[:, None]
        values = raw @ raw.T * rng.choice([0.9, 0.99, 1.15])
        given = np.clip((np.triu(values, 1) + np.triu(values, 1).T).round(4), -0.95, 0.95) + np.eye(size)
        matrix = given.tolist()
        form = rng.choice(["pairs", "pairs", "rank", "kendall", "one", "one_kendall"])
        if form == "pairs":
            pairs = [[written[i], written[j], matrix[i][j]] for i in range(size) for j in range(i) if j == i - 1 or self.chance(0.6)]
            group |= {"drivers": written} if self.chance(0.3) else {}
            group |= {"pairs": pairs} | rng.choice([{}, {"measure": "rank"}, {"measure": "kendall"}])
        elif form in ("rank", "kendall"):
            group |= {"drivers": written, form: matrix}
        else:
            value = rng.choice([rounded(rng.uniform(-0.3, 0.9)), 1.0 if size == 2 else 0.5, -1.0 if size == 2 else 0.3])
            group |= {"drivers": written, "rank" if form == "one" else "kendall": value}
        if self.chance(0.5):
            group |= {"copula": "student_t", "df": rng.choice([1, 1.5, 3, 4.0, 12])}
        elif self.chance(0.3):
            group["copula"] = "gaussian"
        if not is_possible(score_matrix(self.tree, group) - 1e-6 * np.eye(size)) and not perfect(group):
            group["repair"] = True
        return group


def perfect(group: dict) -> bool:
    """Whether a group holds two drivers that go together wholly."""
    return group.get("rank", group.get("kendall")) in (1.0, -1.0)


def put(tree: dict, name: str, value: Any) -> None:
    """Replace what stands at a dotted path."""
    *path, last = name.split(".")
    for key in path:
        tree = tree[key]
    tree[last] = value


def enriched(tree: dict, seed: int) -> dict:
    """The rich form of a study."""
    made = Rich(copy.deepcopy(tree), seed)
    ranges = {name: made.range_of(name, spec) for name, spec in driver_table(tree).items() if spec["dist"] != "volatility"}
    made.drivers()
    made.volatility()
    made.correlation()
    made.scenarios(ranges)
    return made.tree
