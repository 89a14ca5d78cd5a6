"""``"TABLE.GROUP"`` in a list of lines: all rows of that group of an imported table, so that a list need not name hundreds of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from simengine.study.checker import UNKNOWN_NAMES
from simengine.study.distribution_keys import nearest
from simengine.study.imported import Imported
from simengine.study.structure import Path
from simengine.study.tables import study_name

_PLACES = (("budgets", "*"), ("budgets", "*", "streams", "*"), ("allocations", "*"), ("arrangements", "*"), ("checks", "*"))
"""Tables with a list ``services``; a budget may give a table of lines with their years instead."""


def expand_groups(made: Imported) -> None:
    """Put the lines of a group where it is named, in the order of its rows; a group that is not there is a problem."""
    groups: dict[str, dict[str, list[str]]] = {}
    for (target, *entry), origin in made.origins.items():
        if target == "services" and origin.group is not None:
            groups.setdefault(origin.table, {}).setdefault(origin.group, []).append(str(entry[0]))
    for before, tree in _variants(made.tree):
        for pattern in _PLACES:
            for place, node in list(_tables(tree, pattern)):
                _expand(made, groups, (*before, *place, "services"), node)


def _variants(tree: dict[str, Any]) -> Iterable[tuple[Path, object]]:
    """The study and what each scenario lays over it."""
    yield (), tree
    scenarios = tree.get("scenarios")
    for name, scenario in scenarios.items() if isinstance(scenarios, dict) else ():
        yield ("scenarios", name), scenario


def _tables(node: object, pattern: tuple[str, ...], place: Path = ()) -> Iterable[tuple[Path, dict[str, Any]]]:
    if not isinstance(node, dict):
        return
    if not pattern:
        yield place, node
        return
    for key in node if pattern[0] == "*" else [pattern[0]]:
        yield from _tables(node.get(key), pattern[1:], (*place, key))


def _expand(made: Imported, groups: Mapping[str, Mapping[str, list[str]]], path: Path, node: dict[str, Any]) -> None:
    """Replace the groups in one list, or one table, of lines."""
    written, before = node.get("services"), len(made.findings)
    if isinstance(written, list) and any(_is_group(item) for item in written):
        found = [(at, line) for at, item in enumerate(written) for line in _lines(made, groups, (*path, at), item)]
        node["services"] = [line for _, line in found]
        if len(made.findings) == before:
            made.expanded[path] = tuple(at for at, _ in found)
    elif isinstance(written, dict) and any(_is_group(key) for key in written):
        node["services"] = _with_rows(made, groups, path, written)
    else:
        return
    if len(made.findings) > before or not node["services"]:
        made.lost.append(path)


def _with_rows(made: Imported, groups: Mapping[str, Mapping[str, list[str]]], path: Path, written: dict[str, Any]) -> dict[str, Any]:
    """A table of lines with those of the groups in it; what is said of a line by its own name counts, wherever it stands."""
    lines: dict[str, Any] = {}
    for key, scope in written.items():
        for line in _lines(made, groups, (*path, key), key):
            if line == key or line not in written:
                lines[line] = scope
            if line != key and line not in written:
                made.expanded_keys[*path, line] = (*path, key)
    return lines


def _is_group(item: object) -> bool:
    """Names of lines hold no dots."""
    return isinstance(item, str) and "." in item


def _lines(made: Imported, groups: Mapping[str, Mapping[str, list[str]]], path: Path, item: Any) -> list[Any]:
    if not _is_group(item):
        return [item]
    table, _, group = item.partition(".")
    if table not in groups:
        # rows that could not be read are reported where they stand
        if ("services", UNKNOWN_NAMES) not in made.lost:
            made.say(path, "names no table of lines that has groups: a group is written TABLE.GROUP", item, nearest(table, list(groups)))
        return []
    for name, lines in groups[table].items():
        if study_name(name) == study_name(group):
            return lines
    made.say(path, f"is not a group with lines of the table {table}", item, nearest(item, [f"{table}.{name}" for name in groups[table]]))
    return []
