"""Positions of keys, and the private methods of tomlkit that they rest on."""

import inspect

import pytest
from tomlkit.parser import Parser

from simengine.study import positions
from simengine.study.positions import key_positions

pytestmark = pytest.mark.unit

TEXT = """title = "x"
[services.a]
growth = { need = 0.1, other = { dist = "pert", min = [1,
  2] } }
segments.frail.share = 0.1
  [services . "b"]
[[correlation]]
drivers = ["a", "b"]
[[correlation]]
rank = 2
[services.c.x]
k = 1
[services.c]
"""


@pytest.mark.parametrize(
    ("path", "position"),
    [
        (("title",), (1, 1)),
        (("services", "a"), (2, 2)),
        (("services", "a", "growth", "need"), (3, 12)),
        (("services", "a", "growth", "other", "dist"), (3, 34)),
        (("services", "a", "growth", "other", "min", 1), (4, 3)),
        (("services", "a", "segments", "frail", "share"), (5, 1)),
        (("services", "b"), (6, 4)),
        (("correlation", 0, "drivers", 1), (8, 17)),
        (("correlation", 1, "rank"), (10, 1)),
        (("services", "c", "x", "k"), (12, 1)),
        (("services", "c"), (13, 2)),
    ],
)
def test_position_of_keys_of_every_kind(path: tuple[str | int, ...], position: tuple[int, int]) -> None:
    assert key_positions(TEXT)[path] == position


@pytest.mark.parametrize("method", ["_parse_key", "_parse_key_value", "_parse_value", "_parse_array", "_parse_table", "_peek_table"])
def test_tomlkit_still_has_the_methods_that_are_overridden(method: str) -> None:
    assert callable(getattr(Parser, method))


def test_tomlkit_methods_still_take_what_they_took() -> None:
    assert list(inspect.signature(Parser._parse_key_value).parameters) == ["self", "parse_comment"]
    assert list(inspect.signature(Parser._parse_table).parameters) == ["self", "parent_name", "parent"]
    assert isinstance(Parser("x = 1")._idx, int)


def test_without_these_methods_there_are_no_positions_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise AttributeError

    monkeypatch.setattr(positions._KeyParser, "parse", broken)
    assert key_positions(TEXT) == {}
