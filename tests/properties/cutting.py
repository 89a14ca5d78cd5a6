"""A service line cut in two lines that are the same but for their size: the same study, with one line more.

What is a size (activity, spend, money or units of an effect, people, what is shifted in) is divided; whatever else the line draws is
declared by name, so that both parts draw the same. Their noise of their own is left out: two lines have two.
"""

import copy
from collections.abc import Iterator
from typing import Any

from tests.twin.reading import is_distribution
from tests.twin.values import driver_table, plan_values

Tree = dict[str, Any]
#: Sizes of a line beside those of its segments and effects.
SIZES = ("activity", "spend", "spend_by_year", "payment_baseline")
ADDITIONS = ("service_investment", "one_off")


class Cut:
    """One study, one of its lines, and the part of the line that the first of its two halves has."""

    def __init__(self, tree: Tree, line: str, part: float):
        self.tree = {key: value for key, value in copy.deepcopy(tree).items() if key != "scenarios"}
        self.line, self.part = line, part
        self.names = (f"{line}_one", f"{line}_other")
        self._drop_noise()
        self._state_sizes()
        self._declare_the_rest()

    def sizes(self) -> Iterator[tuple[Tree, str, str]]:
        """Where the sizes of the line stand: the table, the key, and the path."""
        line, path = self.tree["services"][self.line], f"services.{self.line}"
        yield from ((line, key, f"{path}.{key}") for key in SIZES if key in line)
        conversion = line.get("conversion", {})
        yield from ((conversion, key, f"{path}.conversion.{key}") for key in ADDITIONS if key in conversion)
        for name, segment in line.get("segments", {}).items():
            if "people" in segment:
                yield segment, "people", f"{path}.segments.{name}.people"
        for key, programme in self.tree.get("qipp", {}).items():
            if programme["service"] == self.line:
                yield programme, "amount", f"qipp.{key}.amount"
        for scheme, table in self.tree["schemes"].items():
            for name, effect in table["effects"].items():
                here = f"schemes.{scheme}.effects.{name}"
                if effect.get("service", name) == self.line and effect.get("impact_is", "share") != "share":
                    yield effect, "impact", f"{here}.impact"
                if self.line in effect.get("shift", {}):
                    yield effect["shift"], self.line, f"{here}.shift.{self.line}"

    def _drop_noise(self) -> None:
        """Volatility off, or only that which all lines share."""
        line = self.tree["services"][self.line]
        if line.pop("volatility", None) is not None:
            self._forget([f"services.{self.line}.volatility"])
            if "volatility" in self.tree:
                line["volatility"] = {"cv_floor": 0.0}

    def _state_sizes(self) -> None:
        """A drawn size would be two drivers: it is stated, at its plan value."""
        planned, gone = plan_values(self.tree), []
        for table, key, path in self.sizes():
            value = table[key]
            if isinstance(value, str):
                declared = self.tree["drivers"][value]
                table[key] = self._stated(key, planned[f"drivers.{value}"]) if is_distribution(declared) else declared
            elif is_distribution(value):
                table[key] = self._stated(key, planned[path])
                gone.append(path)
        self._forget(gone)

    @staticmethod
    def _stated(key: str, values: list[float]) -> Any:
        base = key in ("activity", "spend", "people", *ADDITIONS)
        return values[0] if base or len(set(values)) == 1 else list(values)

    def _forget(self, drivers: list[str]) -> None:
        """Leave out correlations and resets by drivers that are not drawn any more."""
        gone = set(drivers)
        groups = [group for group in self.tree.pop("correlation", []) if not gone & set(members(group))]
        self.tree |= {"correlation": groups} if groups else {}
        for budget in self.tree.get("budgets", {}).values():
            if "resets" in budget:
                kept = [name for name in budget["resets"]["drivers"] if name not in gone]
                budget["resets"]["drivers"] = kept
                if not kept:
                    del budget["resets"]

    def _declare_the_rest(self) -> None:
        """Whatever else is drawn for the line, declared by a name; the stream keeps its draws."""
        places = [
            f"services.{self.line}.",
            *(f"qipp.{key}." for key, one in self.tree.get("qipp", {}).items() if one["service"] == self.line),
        ]
        for scheme, table in self.tree["schemes"].items():
            for name, effect in table["effects"].items():
                if effect.get("service", name) == self.line:
                    places.append(f"schemes.{scheme}.effects.{name}.")
        named: dict[str, str] = {}
        for path, spec in driver_table(self.tree).items():
            if spec["dist"] != "volatility" and any(path.startswith(place) for place in places):
                named[path] = f"declared_{len(named)}"
                *above, key = path.split(".")
                table = self.tree
                for part in above:
                    table = table[part]
                self.tree.setdefault("drivers", {})[named[path]] = {"stream": path, **table[key]}
                table[key] = named[path]
        rename(self.tree, named)

    def halves(self) -> Tree:
        """The study with the two lines."""
        made = copy.deepcopy(self)
        first, second = copy.deepcopy(made), copy.deepcopy(made)
        for half, part in ((first, self.part), (second, 1.0 - self.part)):
            for table, key, _ in half.sizes():
                table[key] = times(table[key], part)
        tree = made.tree
        both = [half.tree["services"][self.line] for half in (first, second)]
        tree["services"] = replaced(tree["services"], self.line, dict(zip(self.names, both, strict=True)))
        for key, programme in list(tree.get("qipp", {}).items()):
            if programme["service"] == self.line:
                parts = [half.tree["qipp"][key] | {"service": name} for half, name in zip((first, second), self.names, strict=True)]
                tree["qipp"] = replaced(tree["qipp"], key, {f"{key}_one": parts[0], f"{key}_other": parts[1]})
        for scheme, table in tree["schemes"].items():
            for name, effect in list(table["effects"].items()):
                twice = [half.tree["schemes"][scheme]["effects"][name] for half in (first, second)]
                if self.line in effect.get("shift", {}):
                    shift = {self.names[k]: twice[k]["shift"][self.line] for k in range(2)}
                    effect["shift"] = replaced(effect["shift"], self.line, shift)
                if effect.get("service", name) == self.line:
                    parts = [{**one, "shift": effect["shift"]} if "shift" in effect else one for one in twice]
                    named = {f"{name}_{k}": {**parts[k], "service": self.names[k]} for k in range(2)}
                    table["effects"] = replaced(table["effects"], name, named)
        self._replace_in_scopes(tree)
        return tree

    def _replace_in_scopes(self, tree: Tree) -> None:
        """Both lines wherever a list or a table of lines has the one."""
        for key in ("budgets", "arrangements", "allocations"):
            for table in tree.get(key, {}).values():
                for one in (table, *table.get("streams", {}).values()):
                    if self.line in one.get("services", ()):
                        one["services"] = self._both(one["services"])

    def _both(self, services: Any) -> Any:
        if isinstance(services, dict):
            return replaced(services, self.line, dict.fromkeys(self.names, services[self.line]))
        return [name for one in services for name in (self.names if one == self.line else (one,))]


def members(group: Tree) -> list[str]:
    """The drivers of a correlation group, as they are written."""
    return [*group.get("drivers", []), *(name for pair in group.get("pairs", []) for name in pair[:2])]


def rename(tree: Tree, named: dict[str, str]) -> None:
    """Name drivers by what they are declared as, wherever a correlation or a reset names them."""

    def now(name: str) -> str:
        return f"drivers.{named[name]}" if name in named else name

    for group in tree.get("correlation", []):
        if "drivers" in group:
            group["drivers"] = [now(name) for name in group["drivers"]]
        if "pairs" in group:
            group["pairs"] = [[now(pair[0]), now(pair[1]), *pair[2:]] for pair in group["pairs"]]
    for budget in tree.get("budgets", {}).values():
        if "resets" in budget:
            budget["resets"]["drivers"] = [now(name) for name in budget["resets"]["drivers"]]


def times(value: Any, factor: float) -> Any:
    """A constant, or a constant for each year, times a factor."""
    return [factor * one for one in value] if isinstance(value, list) else factor * value


def replaced(table: Tree, key: str, by: Tree) -> Tree:
    """The table with other entries in the place of one."""
    found: Tree = {}
    for name, value in table.items():
        found |= by if name == key else {name: value}
    return found
