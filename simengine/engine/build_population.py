"""The registered list as slots: its size as a whole and by segment, its growth, and its range (MODEL.md section 2)."""

import numpy as np

from simengine.engine.extremes import extremes
from simengine.engine.ops import RATE
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats
from simengine.projection.price import rate_change
from simengine.study.budgets import WHOLE_LIST
from simengine.study.defaults import segment_growth
from simengine.study.model import StudySpec
from simengine.study.numbers import Number


def _parts(spec: StudySpec) -> dict[str, tuple[Number, str, Number, str]]:
    """Size and growth of each part of the list, with their places: its segments, or the whole of it."""
    people = spec.population
    if people is None:
        return {}
    if not people.segments:
        assert people.size is not None, "a checked study has a list size where it has no segments"
        return {WHOLE_LIST: (people.size, "population.size", people.growth, "population.growth")}
    found = {}
    for name, segment in people.segments.items():
        place = f"population.segments.{name}"
        where = "population.growth" if segment.growth is None else f"{place}.growth"
        found[name] = (segment.size, f"{place}.size", segment_growth(spec, name), where)
    return found


def segment_sizes(book: RowBook, spec: StudySpec) -> dict[str, Slot]:
    """People of each segment by year and, under ``all``, of the whole list, the sum of its segments where there are any."""
    found = {
        name: book.product([book.number(size, at), book.index([rate_change(book.number(growth, place))])])
        for name, (size, at, growth, place) in _parts(spec).items()
    }
    return found if not found else found | {WHOLE_LIST: book.total(list(found.values()))}


def population(book: RowBook, spec: StudySpec) -> Slot | None:
    """List size N[t]; None where the study states none."""
    return segment_sizes(book, spec).get(WHOLE_LIST)


def base_size(book: RowBook, spec: StudySpec) -> Slot | None:
    """List size of the base year, N[0]."""
    sizes = [book.number(size, at) for size, at, _, _ in _parts(spec).values()]
    return book.total(sizes) if sizes else None


def planned_base_size(book: RowBook, spec: StudySpec) -> float | None:
    """List size of the base year in the plan."""
    size = base_size(book, spec)
    return None if size is None else float(book.planned(size)[0])


def population_growth(book: RowBook, spec: StudySpec, segment: str | None = None) -> Slot:
    """The rate of growth of the list, N[t] / N[t-1] - 1, or of one of its segments; 0 where the study states no list."""
    parts = _parts(spec)
    own = parts if segment is None else {segment: parts[segment]}
    places = {place: growth for _, _, growth, place in own.values()}
    if len(places) == 1:
        place, growth = next(iter(places.items()))
        return book.number(growth, place)
    size, base = population(book, spec), base_size(book, spec)
    return book.constant(0.0) if size is None or base is None else book.add_op(RATE, [size, base], [0, 0])


def population_range(book: RowBook, spec: StudySpec) -> tuple[Floats, Floats]:
    """The smallest and the largest list size that can be drawn in each year."""
    low, high = np.zeros(book.years), np.zeros(book.years)
    for size, _, growth, _ in _parts(spec).values():
        sizes, rates = extremes(size, book.years, spec.drivers), extremes(growth, book.years, spec.drivers)
        low, high = low + sizes[0] * np.cumprod(1.0 + rates[0]), high + sizes[1] * np.cumprod(1.0 + rates[1])
    # a list cannot vanish: a range that reaches zero is cut, and a draw beyond it takes the shape of the nearest end
    return np.maximum(low, 1e-3 * high), high
