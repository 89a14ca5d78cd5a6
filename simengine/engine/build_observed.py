"""What was observed of lines as slots and arrays: rows that the draws fill in place of the expected activity, which the plan keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.engine.observed import Observed
from simengine.engine.rows import RowBook, Slot
from simengine.study.actuals import Actual
from simengine.study.check_actuals import observed_order
from simengine.study.model import StudySpec
from simengine.study.services import Service


@dataclass(frozen=True)
class ObservedLine:
    """What was observed of a line: figures by year (in units, or spend in the currency), and the rows that follow from them."""

    values: tuple[float, ...]
    in_money: bool
    level: int
    seen: int
    expected: Slot
    calm: Slot


def observed_line(book: RowBook, line: Service, actual: Actual, unit: float, expected: Slot, calm: Slot) -> ObservedLine:
    """Rows for a line with actuals; ``expected`` is its activity before noise, ``calm`` the same without the common shock."""
    in_money = line.activity is None
    planned = [float(value) for value in book.planned(expected)]
    values = tuple(value * (unit if in_money else 1.0) for value in actual.activity)
    level, seen = book.filled_rows(book.years, planned), book.filled_rows(len(values), planned[: len(values)])
    return ObservedLine(values, in_money, level, seen, expected, calm)


def as_observed(book: RowBook, slot: Slot, observed: Sequence[float]) -> Slot:
    """A number that the draws have as observed in the first years, and then as drawn times what the last of them is of its draw."""
    count, years = len(observed), book.years
    if not count:
        return slot
    last = Slot(slot.row + slot.stride * (count - 1), 0, (slot.scale[count - 1],) * years)
    with np.errstate(divide="ignore", invalid="ignore"):
        # a draw of nothing has no ratio: not a number, so that the draws fail
        ratio = book.product([slot], divide=[last])
    later = ratio.scaled([observed[-1] * (t >= count) for t in range(years)])
    return in_draws(book, [book.constant([*observed, *(0.0,) * (years - count)]), later], slot)


def in_draws(book: RowBook, parts: Sequence[Slot], plan: Slot) -> Slot:
    """A number that is the sum of ``parts`` in the draws and ``plan`` in the plan, to the last bit."""
    row = book.filled_rows(book.years, [float(value) for value in book.planned(plan)])
    book.add_in_draws(row, book.years, parts)
    return Slot(row, 1, (1.0,) * book.years)


def build_observed(spec: StudySpec, lines: Mapping[str, ObservedLine], noisy: Mapping[str, int]) -> Observed:
    """The lines with actuals as arrays, each after those that shift activity to it.

    ``lines`` may be empty where the study has actuals: the plan never sees them. ``noisy`` has how many noises each line draws.
    """
    names = [name for name in observed_order(spec) if name in lines]
    found, years = [lines[name] for name in names], spec.years
    place = {name: s for s, name in enumerate(spec.services)}
    early = sum(count for name, count in noisy.items() if name not in lines)
    values = [[*one.values, *(0.0,) * (years - len(one.values))] for one in found]
    return Observed(
        line=np.array([place[name] for name in names], dtype=np.int64),
        years=np.array([len(one.values) for one in found], dtype=np.int64),
        in_money=np.array([one.in_money for one in found], dtype=np.int64),
        noise_end=np.cumsum([early, *(noisy.get(name, 0) for name in names)]).astype(np.int64),
        value=np.array(values, dtype=np.float64).reshape(len(found), years),
        level=np.array([one.level for one in found], dtype=np.int64),
        seen=np.array([one.seen for one in found], dtype=np.int64),
        expected=np.array([(one.expected.row, one.expected.stride) for one in found], dtype=np.int64).reshape(len(found), 2),
        expected_scale=np.array([one.expected.scale for one in found], dtype=np.float64).reshape(len(found), years),
        calm=np.array([(one.calm.row, one.calm.stride) for one in found], dtype=np.int64).reshape(len(found), 2),
        calm_scale=np.array([one.calm.scale for one in found], dtype=np.float64).reshape(len(found), years),
    )
