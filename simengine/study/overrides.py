"""Changes to a study from the command line: ``--set path=value``, the value written as in the file."""

import tomllib
from collections.abc import Sequence
from typing import Any

from simengine.study.distribution_keys import nearest
from simengine.study.places import ROOT, Place, child, is_distribution, keys_at, step
from simengine.study.structure import Finding, Path, Tree
from simengine.study.table import name_fault


def apply_overrides(tree: Tree, overrides: Sequence[str]) -> tuple[list[Finding], set[Path]]:
    """Set each ``path=value`` in ``tree``, in turn; what was wrong with some of them, and the paths that were set."""
    findings: list[Finding] = []
    changed: set[Path] = set()
    for override in overrides:
        name, equals, text = override.partition("=")
        name = name.strip()
        if not equals or not name or not text.strip():
            findings.append(Finding((), "--set takes path=value", override))
            continue
        path = tuple(int(part) if part.isdigit() else part.strip() for part in name.split("."))
        value, fault = parse_value(text.strip())
        finding = Finding(path, fault, text.strip()) if fault is not None else _path_fault(path, tree)
        if finding is not None:
            findings.append(finding)
        else:
            _set(tree, path, value)
            changed.add(path)
    return findings, changed


def parse_value(text: str) -> tuple[Any, str | None]:
    """The value of a TOML value, or of a bare word as text; and what is wrong with it."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except ValueError as error:
        # A list, table or quoted text that breaks off is a slip; a word alone is a name, as a shell makes quotes tedious.
        return (text, None) if text[0] not in "[{\"'" and "\n" not in text else (None, f"is not a value: {error}")
    return (parsed["value"], None) if set(parsed) == {"value"} else (text, None)


def _path_fault(path: Path, tree: Tree) -> Finding | None:
    place, node = ROOT, tree
    for depth, part in enumerate(path):
        below = step(place, part, node)
        new_name = place.named and not is_distribution(node) and not (isinstance(node, dict) and part in node)
        if new_name and (not place.referring or name_fault(str(part)) is not None):
            below = None
        if below is None:
            return _unknown(path, depth, place, node)
        place, node = below, child(node, part)  # type: ignore[assignment]
        if depth < len(path) - 1 and node is not None and not isinstance(node, dict | list):
            return Finding(path, f"{_dotted(path[: depth + 1])} is one value here, it has no keys")
    return None


def _unknown(path: Path, depth: int, place: Place, node: object) -> Finding:
    near = nearest(path[depth], keys_at(place, node))
    suggestion = None if near is None else _dotted((*path[:depth], near, *path[depth + 1 :]))
    return Finding(path, f"unknown path: {_dotted(path[: depth + 1])} is not in the study", None, suggestion)


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _set(tree: Tree, path: Path, value: object) -> None:
    node: Any = tree
    for part in path[:-1]:
        if isinstance(node, dict):
            node = node.setdefault(part, {})
        else:
            node = node[part]
    node[path[-1]] = value
