"""Real risk-share programmes by name: what their data files state for a performance year, an agreement and a kind of organisation."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

_FOLDER = "simengine.study.programmes"
ELECTED = "elected"
"""The value of a parameter that the organisation chooses."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a programme with its source; ``first`` and the others say when it holds, both ends included, None for no end."""

    term: str
    value: Any
    citation: str
    status: str
    note: str | None = None
    first: int | None = None
    last: int | None = None
    agreement_from: int | None = None
    agreement_to: int | None = None
    agreement_year_first: int | None = None
    agreement_year_last: int | None = None
    revenue: str | None = None
    choices: tuple[Decimal, ...] = ()
    size_table: str | None = None
    default: Decimal | None = None
    ignores: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """When it holds, in words; empty for always."""
        parts = []
        for first, last, words in (
            (self.first, self.last, "{}"),
            (self.agreement_from, self.agreement_to, "agreements of {}"),
            (self.agreement_year_first, self.agreement_year_last, "year {} of the agreement"),
        ):
            if first is not None or last is not None:
                parts.append(words.format(_span(first, last)))
        return ", ".join([*parts, *([f"{self.revenue} revenue"] if self.revenue else [])])


@dataclass(frozen=True)
class Need:
    """A term that cannot be told without something more: the name of the column or key."""

    column: str


@dataclass(frozen=True)
class Facts:
    """What decides which parameters hold; None where it is not known."""

    year: int | None
    agreement_start: int | None
    revenue_category: str | None


@dataclass(frozen=True)
class Programme:
    """A programme: its parameters, the performance years it ran in, and those outside which it is refused."""

    name: str
    label: str
    first: int | None
    last: int | None
    refused: tuple[int | None, int | None]
    parameters: tuple[Parameter, ...]

    @property
    def by_year(self) -> bool:
        """Whether any rule depends on the performance year."""
        return any(
            value is not None
            for found in self.parameters
            for value in (found.first, found.last, found.agreement_year_first, found.agreement_year_last)
        )

    @property
    def years(self) -> str:
        """The performance years in words."""
        return _span(self.first, self.last)

    def refuses(self, year: int | None) -> bool:
        """Whether nothing can be settled or simulated for this performance year."""
        first, last = self.refused
        return year is not None and ((first is not None and year < first) or (last is not None and year > last))

    def ran_in(self, year: int | None) -> bool:
        """Whether the programme ran in this performance year as far as is known."""
        return year is None or ((self.first is None or year >= self.first) and (self.last is None or year <= self.last))

    def terms(self, facts: Facts) -> dict[str, Parameter | Need]:
        """The parameter of each term; of several that hold, the one stated last. A ``Need`` where that cannot be told."""
        found: dict[str, Parameter | Need] = {}
        for parameter in self.parameters:
            held = _holds(parameter, facts)
            if isinstance(held, Need):
                found[parameter.term] = held
            elif held:
                found[parameter.term] = parameter
        return found


def _holds(parameter: Parameter, facts: Facts) -> bool | Need:
    """Whether a parameter holds; what is missing where that cannot be told. What is known to rule it out comes first."""
    start, year = facts.agreement_start, facts.year
    if start is None and year is not None and parameter.agreement_to is not None and year <= parameter.agreement_to:
        start = year  # no agreement begins after its performance year
    nth = None if year is None or start is None else year - start + 1
    missing = None
    for value, first, last, column in (
        (year, parameter.first, parameter.last, "performance_year"),
        (start, parameter.agreement_from, parameter.agreement_to, "agreement_start"),
        (nth, parameter.agreement_year_first, parameter.agreement_year_last, "agreement_start"),
    ):
        if first is None and last is None:
            continue
        if value is None:
            missing = missing or Need(column)
        elif (first is not None and value < first) or (last is not None and value > last):
            return False
    if parameter.revenue is not None:
        if facts.revenue_category is None:
            missing = missing or Need("revenue_category")
        elif facts.revenue_category != parameter.revenue:
            return False
    return True if missing is None else missing


def _span(first: int | None, last: int | None) -> str:
    if first is None and last is None:
        return "any year"
    if first == last:
        return f"{first}"
    if last is None:
        return f"{first} on"
    return f"to {last}" if first is None else f"{first} to {last}"


@cache
def programmes() -> Mapping[str, Programme]:
    """All programmes by name, in the order of their files."""
    found: dict[str, Programme] = {}
    files = sorted((file for file in resources.files(_FOLDER).iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    for file in files:
        read = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
        for key, entry in read["programmes"].items():
            made = _programme(read, f"{read['prefix']}{key}", entry)
            found[made.name] = made
    return found


def _programme(read: Mapping[str, Any], name: str, entry: Mapping[str, Any]) -> Programme:
    stated = [item for group in entry.get("includes", ()) for item in read[group]] + entry["parameters"]
    first, last = entry.get("first"), entry.get("last")
    refused: tuple[int | None, int | None] = (None, None)
    if read["outside"] == "refused":
        refused = (read["first"], read.get("last")) if "first" in read else (first, last)
    return Programme(name, f"{read['label']}: {entry['label']}", first, last, refused, tuple(map(_parameter, stated)))


def _parameter(item: Mapping[str, Any]) -> Parameter:
    lists = {key: tuple(item[key]) for key in ("choices", "ignores") if key in item}
    return Parameter(**{**item, **lists})
