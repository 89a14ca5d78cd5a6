"""A minimal TOML writer, good enough for the trees of `random_study`."""

from __future__ import annotations

import json
from typing import Any

from .reading import is_distribution


def value_text(value: Any) -> str:
    """A value on one line: text, number, list or inline table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {value_text(item)}" for key, item in value.items()) + " }"
    raise TypeError(type(value))


def is_section(value: Any) -> bool:
    """Whether a value is written as a table of its own."""
    return isinstance(value, dict) and not is_distribution(value)


def is_array_of_tables(value: Any) -> bool:
    """Whether a value is written as an array of tables."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def section_lines(path: list[str], table: dict, heading: str) -> list[str]:
    """The lines of one table: its values first, then the tables in it."""
    lines = []
    values = {key: value for key, value in table.items() if not is_section(value) and not is_array_of_tables(value)}
    if path and (values or not table):
        lines += ["", heading]
    lines += [f"{key} = {value_text(value)}" for key, value in values.items()]
    for key, value in table.items():
        inner = path + [key]
        name = ".".join(inner)
        if is_section(value):
            lines += section_lines(inner, value, f"[{name}]")
        elif is_array_of_tables(value):
            for item in value:
                lines += section_lines(inner, item, f"[[{name}]]")
    return lines


def to_toml(tree: dict) -> str:
    """The text of a study file. Tables keep their order, but values of a table come before the tables in it."""
    return "\n".join(section_lines([], tree, "")).lstrip("\n") + "\n"
