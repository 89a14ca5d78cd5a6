"""Planned do-nothing spend, factor by factor: growth, inflation, tariff, required efficiency, QIPP (MODEL.md 2 and 7; WPB fig. 14).

Every factor is switched on after those declared before it, at its plan value, from the base year to each year. The categories of
inflation add up within a year's rate, so they are switched on one by one too: ``Π_τ (1 + Σ_{c ≤ k} w_c · inflation_c[τ])``. What a step
adds therefore depends on its place in the declared order; the sum of all steps does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.study import defaults
from simengine.study.growth import SegmentGrowth
from simengine.study.model import StudySpec
from simengine.study.numbers import Number
from simengine.study.plan import plan_values
from simengine.study.services import Service

Array: TypeAlias = npt.NDArray[np.float64]

STATED, GROWTH, INFLATION, TARIFF, EFFICIENCY, QIPP, SCHEME = "stated", "growth", "inflation", "tariff", "efficiency", "qipp", "scheme"
#: The stages of a waterfall in their order; the spend before required efficiency is the pressure, the one before schemes do-nothing.
STAGES = (STATED, GROWTH, INFLATION, TARIFF, EFFICIENCY, QIPP, SCHEME)
#: Paths of steps that a line has without naming them: left out where they change nothing.
_UNNAMED = ("growth", "tariff_change", "efficiency_required")


@dataclass(frozen=True)
class Step:
    """What one factor adds to the spend of every line between the base year and each year.

    Attributes
    ----------
    stage
        One of ``STAGES``.
    name
        The name of the factor as a path of the study: ``growth.demographic``, ``inflation.pay``, ``schemes.care_coordination``.
    label
        The words that stand for it in print.
    change
        Shape (year, line), in the currency; positive: more spend.
    """

    stage: str
    name: str
    label: str
    change: Array


def _index(rate: Array) -> Array:
    """The index of a yearly rate: 1 in the base year."""
    return np.asarray(np.cumprod(1.0 + rate), dtype=np.float64)


class _Plan:
    """Plan values of the numbers of a study, one per year; each declared driver is worked out once."""

    def __init__(self, spec: StudySpec) -> None:
        self.spec = spec
        self._declared: dict[str, Array] = {}

    def of(self, number: Number) -> Array:
        """The plan values of a number in years 1 to T."""
        if isinstance(number, str) and number in self._declared:
            return self._declared[number]
        values = plan_values(number, self.spec.years, self.spec.drivers)
        # a number without a plan has been refused when the study was laid out
        found = np.full(self.spec.years, np.nan) if values is None else np.array(values, dtype=np.float64)
        if isinstance(number, str):
            self._declared[number] = found
        return found

    def base(self, number: Number) -> float:
        """The plan value of a number of the base year."""
        return float(self.of(number)[0])

    def list_index(self, segment: str | None) -> Array:
        """List size over that of the base year: of a population segment, or of the whole list."""
        people = self.spec.population
        if people is None:
            return np.ones(self.spec.years)
        if segment is not None:
            return _index(self.of(defaults.segment_growth(self.spec, segment)))
        if not people.segments:
            return _index(self.of(people.growth))
        sizes = {name: self.base(one.size) for name, one in people.segments.items()}
        grown = [size * self.list_index(name) for name, size in sizes.items()]
        return np.asarray(np.sum(grown, axis=0) / sum(sizes.values()))


def base_spend(plan: _Plan, line: Service) -> float:
    """Planned spend of a line in the base year, converted (note 21); of a line with stated yearly spend that of year 1 (note 27)."""
    scale, terms = plan.spec.money.scale, line.conversion
    if line.spend_by_year is not None:
        return plan.base(line.spend_by_year) * scale
    if line.activity is not None and line.price is not None:
        spend = plan.base(line.activity) * plan.base(line.price)
    else:
        spend = plan.base(line.spend or 0.0) * scale
    if terms is None:
        return spend
    spend *= (1.0 + plan.base(terms.growth)) * (1.0 + plan.base(terms.inflation)) * (1.0 - plan.base(terms.efficiency))
    return spend + (plan.base(terms.service_investment) + plan.base(terms.one_off)) * scale


def _growth(plan: _Plan, line: Service) -> Iterator[tuple[str, Array]]:
    """The growth factors of a line with their indices, in the order of the file."""
    if not isinstance(line.growth, dict):
        yield "growth", _index(plan.of(line.growth))
        return
    for name, factor in line.growth.items():
        if factor is True:
            yield f"growth.{name}", plan.list_index(None)
        elif isinstance(factor, SegmentGrowth):
            yield f"growth.{name}", plan.list_index(factor.segment)
        else:
            yield f"growth.{name}", _index(plan.of(factor))


def _inflation(plan: _Plan, name: str) -> Iterator[tuple[str, Array]]:
    """The categories of a line with the index of all categories so far, in the order of ``[inflation]``."""
    weights = defaults.weights_of(plan.spec, name)
    rate = np.zeros(plan.spec.years)
    for category, inflation in plan.spec.inflation.items():
        if category in weights:
            rate = rate + weights[category] * plan.of(inflation)
            yield f"inflation.{category}", _index(rate)


def _levels(plan: _Plan, name: str, base: float) -> Iterator[tuple[str, str, Array]]:
    """The planned spend of a line after each of its factors: (stage, path, spend by year)."""
    spec = plan.spec
    line = spec.services[name]
    level = np.full(spec.years, base)
    if line.spend_by_year is not None:
        level = plan.of(line.spend_by_year) * spec.money.scale
        yield STATED, "spend_by_year", level
    for path, index in _growth(plan, line):
        level = level * index
        yield GROWTH, path, level
    net = line.tariff_change is not None and not line.tariff_change_on_top
    if not net:
        before = level
        for path, index in _inflation(plan, name):
            level = before * index
            yield INFLATION, path, level
    if line.tariff_change is not None:
        level = level * _index(plan.of(line.tariff_change))
        yield TARIFF, "tariff_change", level
    if not net:
        level = level * _index(-plan.of(line.efficiency_required))
        yield EFFICIENCY, "efficiency_required", level
    for key, item in spec.qipp.items():
        if item.service == name:
            level = np.maximum(level - plan.of(item.amount) * plan.of(item.achieved) * spec.money.scale, 0.0)
            yield QIPP, f"qipp.{key}", level


def do_nothing_steps(spec: StudySpec) -> tuple[Array, tuple[Step, ...]]:
    """Planned base-year spend by line, and what each factor adds to it, in declared order.

    Growth factors of the same name are one step over all lines. They stand in the order in which the lines first name them, and within a
    line they are switched on in the order of that line.
    """
    plan = _Plan(spec)
    base = np.array([base_spend(plan, line) for line in spec.services.values()])
    found: dict[tuple[str, str], Array] = {}
    for s, name in enumerate(spec.services):
        before = np.full(spec.years, base[s])
        for stage, path, level in _levels(plan, name, float(base[s])):
            change = found.setdefault((stage, path), np.zeros((spec.years, len(spec.services))))
            change[:, s] += level - before
            before = level
    declared = [f"inflation.{name}" for name in spec.inflation] + [f"qipp.{name}" for name in spec.qipp]

    def place(key: tuple[str, str]) -> tuple[int, int]:
        return STAGES.index(key[0]), declared.index(key[1]) if key[1] in declared else 0

    steps = [Step(stage, path, _label(spec, path), found[stage, path]) for stage, path in sorted(found, key=place)]
    return base, tuple(step for step in steps if step.name not in _UNNAMED or step.change.any())


def _label(spec: StudySpec, path: str) -> str:
    """The words of a step."""
    kind, _, name = path.partition(".")
    if kind == "qipp":
        return f"QIPP: {spec.qipp[name].label or name}"
    words = {"spend_by_year": "stated spend", "tariff_change": "tariff change", "efficiency_required": "required efficiency"}
    return words.get(path, f"{kind}: {name}" if name else kind)
