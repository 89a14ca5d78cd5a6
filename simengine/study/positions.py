"""Where each key of a TOML file stands: line and column, also inside inline tables, dotted keys and arrays of tables.

Values are read with ``tomllib``, which knows no positions; ``tomlkit`` reads the same text once more and its parser is asked where each
key began. That uses private methods of tomlkit (pinned by a test); should they change, a study loses its line numbers and nothing else.
"""

from bisect import bisect_right
from typing import Any, TypeAlias

from tomlkit.parser import Parser

Path: TypeAlias = tuple[str | int, ...]
Position: TypeAlias = tuple[int, int]


class _KeyParser(Parser):
    """A TOML parser that notes the offset of every key under its full path."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text
        self.offsets: dict[Path, int] = {}
        self._prefix: Path = ()
        self._peeking = False
        self._header = False
        self._elements: list[int | None] = [None]
        self._tables: dict[Path, int] = {}

    def _peek_table(self) -> Any:
        self._peeking = True
        try:
            return super()._peek_table()
        finally:
            self._peeking = False

    def _parse_table(self, *arguments: Any, **named: Any) -> Any:
        self._header = True
        return super()._parse_table(*arguments, **named)

    def _parse_key(self) -> Any:
        start = self._idx
        key = super()._parse_key()
        if self._peeking:
            return key
        names = tuple(part.key for part in key)
        if self._header:
            self._header = False
            self._prefix = self._table_path(names, array=self._text[max(start - 2, 0) : start] == "[[")
            self._note(self._prefix, start)
        else:
            for depth in range(1, len(names) + 1):
                self._note((*self._prefix, *names[:depth]), start)
            self._prefix = (*self._prefix, *names)
        return key

    def _parse_key_value(self, parse_comment: bool = False) -> Any:
        outer = self._prefix
        self._elements.append(None)
        try:
            return super()._parse_key_value(parse_comment)
        finally:
            self._elements.pop()
            self._prefix = outer

    def _parse_array(self) -> Any:
        self._elements.append(0)
        try:
            return super()._parse_array()
        finally:
            self._elements.pop()

    def _parse_value(self) -> Any:
        element = self._elements[-1]
        if element is None:
            return super()._parse_value()
        outer = self._prefix
        self._elements[-1] = element + 1
        self._prefix = (*outer, element)
        self._note(self._prefix, self._idx)
        try:
            return super()._parse_value()
        finally:
            self._prefix = outer

    def _table_path(self, names: tuple[str, ...], array: bool) -> Path:
        """The path of a table header; a name that stands for an array of tables means its latest element."""
        path: Path = ()
        for depth, name in enumerate(names, start=1):
            path = (*path, name)
            if array and depth == len(names):
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _note(self, path: Path, offset: int) -> None:
        self.offsets.setdefault(path, offset)


def key_positions(text: str) -> dict[Path, Position]:
    """Line and column (from 1) of every key in valid TOML ``text``, list elements under their number from 0; empty if not to be had."""
    # tomllib has already accepted the text: whatever goes wrong here is about tomlkit's insides and must not cost the user the study.
    try:
        parser = _KeyParser(text)
        parser.parse()
    except Exception:  # noqa: BLE001
        return {}
    starts = [0] + [at + 1 for at, letter in enumerate(text) if letter == "\n"]
    found: dict[Path, Position] = {}
    for path, start in parser.offsets.items():
        offset = start + len(text[start : start + 200]) - len(text[start : start + 200].lstrip(" \t"))
        line = bisect_right(starts, offset)
        found[path] = (line, offset - starts[line - 1] + 1)
    return found
