"""The shape of the study tree: which keys may stand at a place, found from the models. For unknown keys, ``--set`` and the identity."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin

from simengine.study.distribution_keys import ALL_PATH_KEYS, COMMON_KEYS, FILE_KEYS, parameter_names, parameter_of
from simengine.study.model import StudySpec
from simengine.study.numbers import NumberRule
from simengine.study.ramps import RampRule, RampTable
from simengine.study.table import Table
from simengine.study.tables import TableSource
from simengine.study.walk import find_rule

SCENARIO_KEYS = ("label", "replan")
_REFERRING = ("gain_share", "loss_share", "share", "cap", "collar", "cost_weights", "shift", "population_update")
"""Tables whose keys name something defined elsewhere: a new key there defines nothing."""


@dataclass(frozen=True)
class Place:
    """What may stand somewhere in the tree: a table, a table of named entries, a number, or plain text and figures (none of these)."""

    table: type[Table] | None = None
    named: bool = False
    entries: type[Table] | None = None
    rule: NumberRule | None = None
    below: "Place | None" = None
    """What each entry of a table of named entries is, where it is such a table itself."""
    scenarios: bool = False
    referring: bool = False


ROOT = Place(table=StudySpec, scenarios=True)


def place_at(path: Sequence[str | int], tree: object) -> Place | None:
    """What may stand at ``path``; None where the study file has no such place. ``tree`` tells a distribution from a table of factors."""
    place: Place | None = ROOT
    node = tree
    for part in path:
        if place is None:
            return None
        place = step(place, part, node)
        node = child(node, part)
    return place


def step(place: Place, part: str | int, node: object) -> Place | None:
    """The place of one key below ``place``, at which ``node`` stands now; None when there is none."""
    if isinstance(part, int):
        inside = isinstance(node, list) and 0 <= part < len(node)
        return Place(table=place.table, rule=place.rule) if inside else None
    if is_distribution(node) and place.rule is not None:
        return _step_in_distribution(place, node, part)
    if place.table is not None:
        return _step_in_table(place, place.table, part)
    if place.named:
        return place.below or Place(table=place.entries, rule=place.rule if place.entries is None else None, scenarios=False)
    return None


def _step_in_distribution(place: Place, node: object, part: str) -> Place | None:
    dist = child(node, "dist")
    parameter = parameter_of(dist, part)
    if parameter is not None and parameter.kind in ("distribution", "distributions"):
        # Parts of a distribution are distributions of the same quantity.
        return Place(rule=place.rule)
    known = parameter is not None or part in distribution_keys(node) or (dist == "empirical" and part in FILE_KEYS)
    return Place() if known else None


@lru_cache(maxsize=4096)
def _step_in_table(place: Place, table: type[Table], part: str) -> Place | None:
    for name, info in table.model_fields.items():
        if part == (info.alias or name) and name != table.names_field:
            return field_place(part, (info.annotation, *info.metadata))
    if table.names_field is not None:
        return Place(rule=find_rule((table.model_fields[table.names_field].annotation,)))
    if place.scenarios and part == "scenarios":
        return Place(named=True, entries=StudySpec)
    if place.scenarios and part == "tables":
        return Place(named=True, entries=TableSource)
    return Place() if table is StudySpec and part in SCENARIO_KEYS and not place.scenarios else None


def keys_at(place: Place, node: object) -> list[str]:
    """The keys that may stand at a place: words of the language, or the names that ``node`` has."""
    if is_distribution(node) and place.rule is not None:
        return distribution_keys(node)
    if place.table is not None:
        fields = [info.alias or name for name, info in place.table.model_fields.items() if name != place.table.names_field]
        return fields + (["scenarios", "tables"] if place.scenarios else [])
    return list(node) if place.named and isinstance(node, dict) else []


def child(node: object, part: str | int) -> object:
    """What stands below ``node`` under this key; None when nothing does."""
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node):
        return node[part]
    return None


def is_distribution(node: object) -> bool:
    """Whether a part of the tree is a distribution: a table with ``dist``."""
    return isinstance(node, dict) and "dist" in node


def distribution_keys(node: object) -> list[str]:
    """The keys that a distribution in the tree may have."""
    return ["dist", *parameter_names(child(node, "dist")), *COMMON_KEYS, *ALL_PATH_KEYS]


def field_place(key: str, annotation: tuple[Any, ...]) -> Place:
    """What a field of a table admits."""
    rule = find_rule(annotation)
    mapping = _find(annotation, _is_mapping)
    if isinstance(rule, RampRule):
        return Place(table=RampTable, rule=rule)
    if mapping is not None:
        inner = get_args(mapping)[1]
        if _is_mapping(inner):
            return Place(named=True, below=field_place(key, (inner,)))
        return Place(named=True, entries=_table_in(get_args(mapping)), rule=rule, referring=key in _REFERRING)
    return Place(table=_table_in(annotation), rule=rule)


def _table_in(annotation: tuple[Any, ...]) -> type[Table] | None:
    found = _find(annotation, _is_table)
    return found if isinstance(found, type) and issubclass(found, Table) else None


def _is_mapping(part: Any) -> bool:
    origin: Any = get_origin(part)
    return origin is dict


def _is_table(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Table)


def _find(parts: tuple[Any, ...], wanted: Callable[[Any], bool]) -> Any:
    for part in parts:
        if wanted(part):
            return part
        found = _find(get_args(part), wanted)
        if found is not None:
            return found
    return None
