"""Service lines, and the working that led to them: one step per figure, in words, with what went in and what came out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from simengine.baseline.exact import Number, exact, total
from simengine.errors import BaselineError

Unit: TypeAlias = Literal["money", "money a unit", "money a head", "share", "units", "people", "weight", "factor"]
Fault: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """Who and what a line is. ``name`` is its key in a study file; ``activity`` is units a year, where it is counted."""

    name: str
    label: str = ""
    provider: str | None = None
    payer: str | None = None
    activity: Number | None = None

    @property
    def title(self) -> str:
        """The label, or the name where there is none."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service line of a baseline: commissioner spend of a year (currency) and, where known, the activity that it buys."""

    line: Line
    spend: Fraction
    activity: Fraction | None = None
    source: str = ""

    @property
    def price(self) -> Fraction | None:
        """Spend per unit of activity (currency); None where there is no activity."""
        return self.spend / self.activity if self.activity else None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the working: for which service line, what it is, the formula in words, its inputs, the result and its unit."""

    line: str
    label: str
    formula: str
    inputs: tuple[tuple[str, Fraction], ...]
    result: Fraction
    unit: Unit


@dataclass(slots=True)
class Working:
    """The steps and warnings of a piece of work, in the order in which they were made."""

    steps: list[Step] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def step(self, line: str, label: str, formula: str, result: Fraction, unit: Unit, /, **inputs: Fraction) -> Fraction:
        """Write one step down and hand its result on; inputs are named in the words of the formula, _ for a space."""
        named = tuple((name.replace("_", " "), value) for name, value in inputs.items())
        self.steps.append(Step(line, label, formula, named, result, unit))
        return result

    def warn(self, text: str) -> None:
        """Something that the user ought to look at, once."""
        if text not in self.warnings:
            self.warnings.append(text)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The service lines of a method, in the order of the input, with the working."""

    services: tuple[ServiceLine, ...]
    working: tuple[Step, ...]
    warnings: tuple[str, ...] = ()

    @property
    def spend(self) -> Fraction:
        """The sum over the lines (currency)."""
        return total(service.spend for service in self.services)


def finished(services: Iterable[ServiceLine], working: Working) -> Baseline:
    """The lines with their working as a record that no longer changes."""
    return Baseline(tuple(services), tuple(working.steps), tuple(working.warnings))


def priced(working: Working, line: Line, spend: Fraction, source: str, activity: Fraction | None = None) -> ServiceLine:
    """A service line; where its activity is known (given here or with the line) the spend per unit is a step of its own."""
    units = activity if activity is not None else None if line.activity is None else exact(line.activity)
    made = ServiceLine(line, spend, units, source)
    if made.price is not None and units is not None:
        working.step(line.title, "spend per unit", "spend ÷ activity", made.price, "money a unit", spend=spend, activity=units)
    return made


def refuse(faults: Iterable[Fault]) -> None:
    """Raise every fault that was found, all at once; nothing where there is none."""
    found = list(faults)
    if found:
        raise BaselineError(found)


def not_negative(line: str, column: str, value: Number | None) -> list[Fault]:
    """The fault of an amount or count below 0; none where it was not given."""
    return [(line, column, "must not be negative")] if value is not None and exact(value) < 0 else []


def counted(line: Line) -> list[Fault]:
    """The fault of a line whose activity is missing or below 0."""
    return [(line.title, "activity", "is needed")] if line.activity is None else not_negative(line.title, "activity", line.activity)


def repeated(lines: Iterable[str], column: str = "service") -> list[Fault]:
    """The faults of names that stand more than once."""
    return [(name, column, "stands more than once") for name, times in Counter(lines).items() if times > 1]
