"""A study tree as the text of a TOML file: what a result keeps of a study that has no file, or whose file does not say all of it.

Keys keep their order, which is the order of sums: a table is written under a heading only where all that it holds are tables again, else
its entries are inline. A study of thousands of lines takes a fraction of a second.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def toml_text(tree: Mapping[str, Any]) -> str:
    """The tree as TOML that reads back as the same tree."""
    own = {key: value for key, value in tree.items() if not isinstance(value, dict)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in own.items()]
    for key, value in tree.items():
        if key not in own:
            lines += _table(_key(key), value)
    return "\n".join(lines) + "\n"


def _table(path: str, node: Mapping[str, Any]) -> Iterator[str]:
    """A table under its heading, or the tables in it under theirs."""
    if node and all(isinstance(value, dict) for value in node.values()):
        for key, value in node.items():
            yield from _table(f"{path}.{_key(key)}", value)
        return
    yield ""
    yield f"[{path}]"
    yield from (f"{_key(key)} = {_value(value)}" for key, value in node.items())


def _key(key: str) -> str:
    return key if _BARE.match(key) else _text(key)


def _text(value: str) -> str:
    # the escapes of JSON are those of TOML, which also wants DEL escaped
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return repr(value)
