"""Reads what a study takes from columns of other files into its tree, so that every check and the identity of the study see numbers.

``{ dist = "empirical", file = …, column = … }`` becomes a list of values; a column of rates or shares has to say its scale.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simengine.study.csv_table import SCALES, number_in
from simengine.study.distribution_keys import FILE_KEYS
from simengine.study.imported import Imported
from simengine.study.structure import Finding, Path
from simengine.study.table import Table
from simengine.study.units import FRACTIONS
from simengine.study.walk import numbers

_LISTED = 5


def fill_values(made: Imported) -> None:
    """Replace file and column of every empirical distribution by the values that stand there."""
    made.tree = copy.deepcopy(made.tree)
    for path, node in list(_empirical(made.tree, ())):
        values = _values(made, path, node)
        if values is None:
            made.lost.append(path)
            continue
        if "scale" not in node:
            made.unscaled[path] = (*path, "scale")
        for key in FILE_KEYS:
            node.pop(key, None)
        node["values"] = values


def _empirical(node: object, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(node, dict):
        if node.get("dist") == "empirical" and any(key in node for key in FILE_KEYS):
            yield path, node
            return
        for key, value in node.items():
            yield from _empirical(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from _empirical(value, (*path, at))


def _values(made: Imported, path: Path, node: Mapping[str, Any]) -> list[float] | None:
    """The numbers of a column; None, with every problem, when there is one."""
    before = len(made.findings)
    if "values" in node:
        made.say(path, "gives values and a file: give one of them")
    for key in ("file", "column"):
        if key not in node:
            made.say((*path, key), "is required with " + " and ".join(other for other in FILE_KEYS if other in node))
    scale = node.get("scale", "fraction")
    if scale not in SCALES:
        made.say((*path, "scale"), 'must be "fraction" or "pct"', scale if isinstance(scale, str | int | float) else None)
    column = node.get("column", "")
    for key in ("column", "sheet"):
        if not isinstance(node.get(key, ""), str):
            made.say((*path, key), "must be text", node[key] if isinstance(node[key], bool | int | float) else None)
    if len(made.findings) > before:
        return None
    table = made.table_at((*path, "file"), node["file"], node.get("sheet"))
    fault = table.column_fault(column) if table is not None else None
    if table is None or fault is not None:
        if fault is not None:
            made.say((*path, "column"), fault[0], column, fault[1])
        return None
    found = [(line, number_in(table.cell(cells, column))) for line, cells in table.rows]
    bad = [(line, words) for line, words in found if isinstance(words, str)]
    if bad:
        told = ", ".join(f"{words} on line {line}" for line, words in bad[:_LISTED])
        more = f" and {len(bad) - _LISTED} more" if len(bad) > _LISTED else ""
        rule = f'the column "{column}" holds {told}{more}, where numbers are needed'
        made.findings.append(Finding((*path, "column"), rule, file=table.file, line=bad[0][0]))
        return None
    return [value / SCALES[scale] for _, value in found if isinstance(value, float)]


def scale_findings(made: Imported, specs: Iterable[Table]) -> list[Finding]:
    """Columns that are used as rates or shares and do not say how they hold them."""
    found: dict[Path, Finding] = {}
    for spec in specs:
        for number in numbers(spec):
            if number.unit not in FRACTIONS:
                continue
            path = tuple(number.path.split(".")) if not isinstance(number.value, str) else ("drivers", number.value)
            for place, key in made.unscaled.items():
                # A scenario may give the number, and the number may be a part of a larger one.
                inside = place[2:] if place[:1] == ("scenarios",) else place
                if inside[: len(path)] == path and key not in found:
                    kind = "rate" if number.unit in ("rate", "charge_rate") else "share"
                    rule = f'is required: the column is used as a {kind} ({number.path}); write scale = "fraction", or "pct" for per cents'
                    found[key] = Finding(key, rule)
    return list(found.values())
