"""Baselines that follow drivers: the plan of the covered lines worked out again with these drivers as drawn (MODEL.md section 6)."""

from collections.abc import Mapping, Sequence

import numpy as np

from simengine.engine.build_lines import LinePlan, line_slots
from simengine.engine.rows import RowBook, Slot
from simengine.errors import Problem, StudyError
from simengine.jit import Floats
from simengine.study.arrangements import Arrangement
from simengine.study.model import StudySpec
from simengine.study.walk import numbers

_POPULATION = "population."


def sum_of(book: RowBook, slots: Sequence[Slot]) -> Slot:
    """The sum of some numbers, those of one row taken together: lines that share indices share them here too."""
    together: dict[tuple[int, int], Floats] = {}
    for slot in slots:
        place = (slot.row, slot.stride)
        together[place] = together.get(place, np.zeros(book.years)) + np.array(slot.scale)
    return book.total([Slot(row, stride, tuple(float(one) for one in scale)) for (row, stride), scale in together.items() if scale.any()])


def _followed(terms: Arrangement, base: StudySpec) -> tuple[dict[str, float | None], set[str]]:
    """The drivers that a baseline follows, by path, each with its cap; and those of them that must move a covered line."""
    stated = {f"drivers.{one.driver}" if one.driver in base.drivers else one.driver: one.cap for one in terms.baseline_follows}
    found: dict[str, float | None] = {}
    if terms.population_adjusted:
        for number in numbers(base):
            if number.path.startswith(_POPULATION):
                found[f"drivers.{number.value}" if isinstance(number.value, str) else number.path] = None
    return found | stated, set(stated)


def followed_worth(
    book: RowBook, spec: StudySpec, base: StudySpec, name: str, plan: LinePlan, lines: Sequence[int], parts: Floats
) -> dict[int, Slot]:
    """The part b_s of every covered line in the baseline, its planned one ``parts`` (line, year) moved as activity times price moves.

    ``base`` is the study that the plan is of; a scenario's own drivers, and its terms, are those of ``spec``.
    """
    terms, names = spec.arrangements[name], list(spec.services)
    asked, needed = _followed(terms, base)
    seen = {number.path: number.value for number in numbers(spec) if number.path in asked}
    caps = {path: cap for path, cap in asked.items() if cap is not None}
    found: dict[int, Slot] = {}
    with book.observed(seen, book.years, base.drivers, caps) as met:
        for s in lines:
            line, _, _ = line_slots(book, base, names[s], plan.efficiency_required[s], None)
            found[s] = _moved(book, book.product([line.activity, line.price]), plan.do_nothing[s] * plan.price[s], parts[s])
    _check_met(name, asked, needed, met, terms)
    return found


def _moved(book: RowBook, value: Slot, planned: Floats, part: Floats) -> Slot:
    """``part · value / planned``; a year in which nothing is planned keeps its part."""
    if value.is_constant and np.allclose(value.scale, planned, rtol=1e-12, atol=0.0):
        return book.constant(tuple(float(one) for one in part))
    nothing = planned == 0.0
    factor = np.divide(part, planned, out=np.zeros_like(part), where=~nothing)
    moved = value.scaled([float(one) for one in factor])
    kept = np.where(nothing, part, 0.0)
    return book.total([moved, book.constant(tuple(float(one) for one in kept))]) if kept.any() else moved


def _check_met(name: str, asked: Mapping[str, float | None], needed: set[str], met: set[str], terms: Arrangement) -> None:
    """Refuse a driver that the baseline would not see."""
    unused = [path for path in asked if path in needed and path not in met]
    if unused:
        rule = f"no activity or price of a covered line depends on {', '.join(unused)}: the baseline would not see it"
        raise StudyError([Problem(f"arrangements.{name}.baseline_follows", rule)])
    if terms.population_adjusted and not any(path in met for path in asked if path not in needed):
        rule = "no activity or price of a covered line depends on the list: the baseline would not see it"
        raise StudyError([Problem(f"arrangements.{name}.population_adjusted", rule)])
