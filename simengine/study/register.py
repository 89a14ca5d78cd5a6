"""The assumption register: of each driver its risk, source, owner and date, and what of them is missing or out of date."""

import calendar
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.places import child, is_distribution
from simengine.study.walk import numbers

KEYS = ("risk", "source", "owner", "date")
DEFAULT_AGE = "2y"

_AGE = re.compile(r"(\d{1,4})([dmy])")


@dataclass(frozen=True)
class Entry:
    """What is known of one driver: where it is written, the four keys (None where missing), and what is wrong with them."""

    path: str
    file: str | None
    line: int | None
    risk: str | None
    source: str | None
    owner: str | None
    date: str | None
    problems: tuple[str, ...]


def oldest_allowed(age: str, today: datetime.date) -> datetime.date | None:
    """The earliest date that is no older than ``age`` (90d, 18m or 2y); None for a text of another form."""
    found = _AGE.fullmatch(age.strip())
    if found is None:
        return None
    count = int(found[1])
    if found[2] == "d":
        return today - datetime.timedelta(days=count)
    months = today.year * 12 + today.month - 1 - (count if found[2] == "m" else 12 * count)
    year, month = divmod(months, 12)
    if year < 1:
        return datetime.date.min
    return datetime.date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def register(study: Study, oldest: datetime.date, age: str = DEFAULT_AGE) -> list[Entry]:
    """Every driver of a study and of its scenarios; a date before ``oldest``, which is ``age`` ago, is out of date."""
    return [_entry(study, path, table, oldest, age) for path, table in _written(study)]


def _written(study: Study) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The table of every driver as the study has it: distributions, volatilities, then those that scenarios give."""
    found = {number.path: _at(study.tree, number.path) for number in numbers(study.spec) if isinstance(number.value, Uncertain)}
    for name, line in study.spec.services.items():
        if line.volatility is not None:
            path = f"services.{name}.volatility"
            # What a line's volatility is a risk of needs no saying.
            found[path] = {"risk": "volatility", **_at(study.tree, path)}
    for path in sorted(found, key=study.position):
        yield path, found[path]
    for name, changes in study.tree.get("scenarios", {}).items():
        yield from _distributions(changes, f"scenarios.{name}")


def _at(tree: object, path: str) -> dict[str, Any]:
    node = tree
    for part in path.split("."):
        node = child(node, part)
    return dict(node) if isinstance(node, dict) else {}


def _distributions(node: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(node, dict):
        return
    if is_distribution(node):
        yield path, node
        return
    for key, value in node.items():
        yield from _distributions(value, f"{path}.{key}")


def _entry(study: Study, path: str, table: Mapping[str, Any], oldest: datetime.date, age: str) -> Entry:
    given = {key: str(table[key]).strip() for key in KEYS if key in table}
    missing = [key for key in KEYS if not given.get(key)]
    problems = ["lacks " + (", ".join(missing[:-1]) + " and " if len(missing) > 1 else "") + missing[-1]] if missing else []
    date = given.get("date") or None
    # A date with a time of day counts as its day.
    if date is not None and datetime.date.fromisoformat(date[:10] if "T" in date or " " in date else date) < oldest:
        problems.append(f"its date {date} is older than {age}")
    file, line = study.place(path)
    kept = {key: given.get(key) or None for key in KEYS}
    return Entry(path, file, line, problems=tuple(problems), **kept)
