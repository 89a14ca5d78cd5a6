"""The book of encoded distributions: equal ones are tabulated once, stored ones are used as they are.

A table comes from SciPy's functions, whose last digits differ between versions and machines. A result therefore keeps the tables
that it was drawn with, by what the distributions were written as, and a run from it draws with the same numbers.
"""

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, Protocol

import numpy as np

from simengine.distributions.base import COUNT, DISCRETE, PIECES, TABLE, UNIT_GAMMA, WHOLE_PIECES, Encoded, Row, is_number
from simengine.distributions.build import build
from simengine.distributions.normal import score_table
from simengine.errors import ParameterError, ResultError

#: Part of every key; another number when a change of the tables must not meet stored ones.
TABLE_VERSION: Final = 1

_LONGEST_KEY = 400
_KEPT = 1024
# Tables of this process by key, the last used at the end.
_made: OrderedDict[str, Encoded] = OrderedDict()


def table_key(dist: str, parameters: Mapping[str, Any]) -> str:
    """Return what a distribution was written as, in one way: canonical JSON, of long lists only its digest.

    Raises
    ------
    ParameterError
        When a parameter is something that no study file can hold.
    """
    text = json.dumps([TABLE_VERSION, dist, _plain(parameters)], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if len(text) <= _LONGEST_KEY:
        return text
    return json.dumps([TABLE_VERSION, dist, blake2b(text.encode(), digest_size=32).hexdigest()], separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Return a value in the types of JSON: every number as float64, nothing that is not given."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, np.ndarray):
        return [float(item) for item in value]
    if is_number(value):
        # 0.0 and -0.0 are one number.
        return float(value) + 0.0
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    raise ParameterError([("dist", f"cannot be written down: {type(value).__name__}")])


class Encodable(Protocol):
    """What can be put into the book."""

    def encode(self) -> Encoded:
        """Return the numbers that the engine reads."""


class Keeper(Protocol):
    """Where tables are kept between processes (``results.kept_tables``)."""

    def get(self, key: str) -> Encoded | None:
        """What was kept under a key, if anything."""

    def keep(self, key: str, encoded: Encoded) -> None:
        """Keep one under its key."""


class Tables:
    """The encoded distributions of one study.

    Parameters
    ----------
    stored
        Encoded distributions of a stored result, by key; they are used in place of new ones.
    kept
        Where new ones are kept between processes; nowhere by default.
    """

    def __init__(self, stored: Mapping[str, Encoded] | None = None, kept: Keeper | None = None) -> None:
        self._stored, self._kept = dict(stored or {}), kept
        self._used: dict[str, Encoded] = {}

    def encode(self, dist: str, parameters: Mapping[str, Any], build: Callable[[str, Mapping[str, Any]], Encodable] = build) -> Encoded:
        """Return the encoded distribution of a family with these parameters (as for ``build``).

        Raises
        ------
        ParameterError
            When the parameters describe no distribution, or none that can be tabulated.
        """
        key = table_key(dist, parameters)
        encoded = self._stored.get(key) or _made.get(key)
        if encoded is None:
            encoded = None if self._kept is None else self._kept.get(key)
            if encoded is None:
                encoded = build(dist, parameters).encode()
                if self._kept is not None and _depends_on_scipy(dist, parameters, encoded):
                    self._kept.keep(key, encoded)
            _made[key] = encoded
            if len(_made) > _KEPT:
                _made.popitem(last=False)
        elif key in _made:
            _made.move_to_end(key)
        if _depends_on_scipy(dist, parameters, encoded):
            self._used[key] = encoded
        return encoded

    def used(self) -> dict[str, Encoded]:
        """Return what was encoded and depends on SciPy's functions, by key, in the order of first use."""
        return dict(self._used)


def _depends_on_scipy(dist: str, parameters: Mapping[str, Any], encoded: Encoded) -> bool:
    """Whether the numbers come from a library's function, rather than from the parameters by arithmetic of our own."""
    if encoded.code == DISCRETE:
        return dist not in {"discrete", "empirical"} or any(parameters.get(name) is not None for name in ("lower", "upper"))
    return encoded.code in {TABLE, COUNT, PIECES, WHOLE_PIECES, UNIT_GAMMA} and encoded.table is not None and not _is_scores(encoded.table)


def _is_scores(table: Row) -> bool:
    """Whether a table is that of the normal scores, which our own kernel makes."""
    return score_table.cache_info().currsize > 0 and table is score_table()


def pack_tables(encoded: Mapping[str, Encoded]) -> tuple[Row, str]:
    """Return all tables behind each other (equal ones once) and a JSON index of them, to be stored."""
    places: dict[bytes, int] = {}
    parts: list[Row] = []
    end = 0
    index = []
    for key, one in encoded.items():
        table = np.zeros(0) if one.table is None else np.ascontiguousarray(one.table, np.float64)
        content = table.tobytes()
        if content not in places:
            places[content] = end
            parts.append(table)
            end += table.size
        start = None if one.table is None else places[content]
        index.append({"key": key, "code": one.code, "args": list(one.args), "start": start, "size": table.size})
    return np.concatenate([np.zeros(0), *parts]), json.dumps(index, separators=(",", ":"), ensure_ascii=False)


def unpack_tables(numbers: Row, index: str) -> dict[str, Encoded]:
    """Return the encoded distributions that ``pack_tables`` put away.

    Raises
    ------
    ResultError
        When the index is none, or points outside the numbers.
    """
    try:
        entries = json.loads(index)
        return {str(entry["key"]): _unpacked(np.asarray(numbers, np.float64), entry) for entry in entries}
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        message = "the stored tables of distributions cannot be read"
        raise ResultError(message) from problem


def _unpacked(numbers: Row, entry: Mapping[str, Any]) -> Encoded:
    """Return one entry of the index with its table."""
    code, start, size = int(entry["code"]), entry["start"], int(entry["size"])
    a, b, c, d = (float(arg) for arg in entry["args"])
    if not 0 <= code <= WHOLE_PIECES or not all(math.isfinite(arg) for arg in (a, b, c, d)):
        raise ValueError(entry["key"])
    if start is None:
        return Encoded(code, (a, b, c, d))
    if min(int(start), size) < 0 or int(start) + size > numbers.size:
        raise ValueError(entry["key"])
    return Encoded(code, (a, b, c, d), np.array(numbers[int(start) : int(start) + size]))
