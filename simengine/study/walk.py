"""The numbers of a study, one after another, each with its dotted path, unit and form."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args
from weakref import ref

from simengine.study.numbers import Form, Number, NumberRule
from simengine.study.table import Table
from simengine.study.units import Unit


@dataclass(frozen=True)
class NumberAt:
    """A number that the file gives, and where: ``value`` as read, ``unit`` and ``form`` as its field declares."""

    path: str
    value: Number
    unit: Unit
    form: Form


#: What was found in the last tables asked for: a dozen rules and builders walk the same study, and each of its scenarios.
_found: "OrderedDict[int, tuple[ref[Table], tuple[NumberAt, ...]]]" = OrderedDict()
_KEPT = 16


def numbers(spec: Table) -> tuple[NumberAt, ...]:
    """Every number that the file gives for ``spec`` (defaults left out), each table in the order of its keys."""
    known = _found.get(id(spec))
    # a number of a table that is gone may be that of another now
    if known is None or known[0]() is not spec:
        known = _found[id(spec)] = ref(spec), tuple(_numbers(spec, ()))
        if len(_found) > _KEPT:
            _found.popitem(last=False)
    return known[1]


def _numbers(table: Table, path: tuple[str, ...]) -> Iterator[NumberAt]:
    rules = number_rules(type(table))
    for key, field, value in table.written():
        yield from _below(table, field, rules.get(field), (*path, key), value)


def _below(table: Table, field: str, rule: NumberRule | None, path: tuple[str, ...], value: Any) -> Iterator[NumberAt]:
    if isinstance(value, Table):
        yield from _numbers(value, path)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _below(table, field, rule, (*path, name), item)
    elif rule is not None and rule.is_number(value):
        yield NumberAt(".".join(path), value, table.unit_of(field, rule.unit), rule.form)


@cache
def number_rules(table: type[Table]) -> dict[str, NumberRule]:
    """The rule of every field of a table that holds numbers."""
    found = {name: find_rule((info.annotation, *info.metadata)) for name, info in table.model_fields.items()}
    return {name: rule for name, rule in found.items() if rule is not None}


def find_rule(parts: tuple[Any, ...]) -> NumberRule | None:
    """The number rule anywhere inside an annotation such as ``dict[str, Rate] | None``."""
    for part in parts:
        if isinstance(part, NumberRule):
            return part
        found = find_rule(get_args(part)) if get_args(part) else None
        if found is not None:
            return found
    return None
