"""Service lines of a study as arrays: activity, price and unit cost as slots, noise, payment plans (MODEL.md sections 2 and 5)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.engine.lines import Lines
from simengine.engine.ops import VARIATION
from simengine.engine.rows import RowBook, Slot, extremes
from simengine.jit import Floats
from simengine.projection.payment import planned_payment
from simengine.projection.price import Change, inflation_change, price_changes, rate_change, unit_cost_changes
from simengine.projection.volatility import coefficient_of_variation
from simengine.study.defaults import payer_of
from simengine.study.model import StudySpec
from simengine.study.services import Service

#: Ends of a drawn coefficient of variation are rounded outward to this grid: the last bits of a library must not reach the tables.
_GRID = 4096.0


@dataclass(frozen=True)
class Noise:
    """The volatility of a line: rows of its uniforms and of its noise, and its coefficient of variation (a slot) with its range by year."""

    name: str
    family: str
    by_year: bool
    uniform: int
    row: int
    variation: Slot
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class LineSlots:
    """A line's numbers as slots."""

    activity: Slot
    noise: Slot
    price: Slot
    unit_cost: Slot
    variable_share: Slot
    fixed_share: Slot
    pressure: Slot
    base_activity: Slot


@dataclass(frozen=True)
class LinePlan:
    """Plan quantities by (line, year) that other parts rest on; those of the base study also serve its scenarios."""

    do_nothing: Floats
    outturn: Floats
    price: Floats
    efficiency_required: Floats


def population(book: RowBook, spec: StudySpec) -> Slot | None:
    """List size N[t], None where the study states none."""
    if spec.population is None:
        return None
    growth = book.number(spec.population.growth, "population.growth")
    return book.product([book.number(spec.population.size, "population.size"), book.index([rate_change(growth)])])


def _growth(book: RowBook, spec: StudySpec, line: Service, path: str) -> list[Change]:
    if not isinstance(line.growth, dict):
        return [rate_change(book.number(line.growth, f"{path}.growth"))]
    changes = []
    for name, factor in line.growth.items():
        if factor is True:
            rate = book.number(spec.population.growth, "population.growth") if spec.population is not None else book.constant(0.0)
        else:
            rate = book.number(factor, f"{path}.growth.{name}")
        changes.append(rate_change(rate))
    return changes


def _prices(
    book: RowBook, spec: StudySpec, line: Service, path: str, growth: Sequence[Change], required: Slot, achieved: Slot
) -> tuple[Slot, Slot, Slot]:
    """Indices of price, unit cost and pressure (the price before required efficiency)."""
    inflation = None
    if line.cost_weights:
        rates = tuple(book.number(spec.inflation[c], f"inflation.{c}") for c in line.cost_weights)
        inflation = inflation_change(rates, tuple(line.cost_weights.values()))
    tariff = None if line.tariff_change is None else book.number(line.tariff_change, f"{path}.tariff_change")
    net = tariff is not None and not line.tariff_change_on_top
    in_price = None if net else inflation
    price = [*price_changes(in_price, None if net else required, tariff, None), *growth]
    pressure = [*price_changes(in_price, None, tariff, None), *growth]
    cost = [*unit_cost_changes(inflation, achieved, None), *growth]
    price_index, cost_index = book.index(price), book.index(cost)
    with book.for_detail():
        return price_index, cost_index, book.index(pressure)


def _bases(book: RowBook, line: Service, path: str, unit: float) -> tuple[Slot, Slot, Slot]:
    """Base activity, base price and base unit cost."""
    one = book.constant(1.0)
    if line.activity is not None and line.price is not None:
        price = book.number(line.price, f"{path}.price")
        cost = price if line.unit_cost is None else book.number(line.unit_cost, f"{path}.unit_cost")
        return book.number(line.activity, f"{path}.activity"), price, cost
    cost = one if line.unit_cost is None else book.number(line.unit_cost, f"{path}.unit_cost")
    if line.spend is not None:
        return book.number(line.spend, f"{path}.spend", unit), one, cost
    return book.number(line.spend_by_year or 0.0, f"{path}.spend_by_year", unit), one, cost


def line_slots(
    book: RowBook, spec: StudySpec, name: str, planned: Floats | None, n_ref: float | None
) -> tuple[LineSlots, Noise | None, Slot]:
    """The slots of one line, its noise, and its required efficiency.

    ``planned`` is that efficiency and ``n_ref`` the list size in the plan of the base study, None while that is being laid out.
    """
    line, path = spec.services[name], f"services.{name}"
    base, base_price, base_cost = _bases(book, line, path, spec.money.scale)
    required = book.number(line.efficiency_required, f"{path}.efficiency_required")
    if line.efficiency_achieved is not None:
        achieved = book.number(line.efficiency_achieved, f"{path}.efficiency_achieved")
    else:
        achieved = book.constant(tuple(book.planned(required) if planned is None else planned))
    growth = _growth(book, spec, line, path)
    moves_price = line.growth_is == "price"
    price, cost, pressure = _prices(book, spec, line, path, growth if moves_price else [], required, achieved)
    noise = _noise(book, spec, line, path, n_ref)
    with book.for_detail():
        pressed = book.product([base_price, pressure])
    factors = [base, book.index([] if moves_price else growth)]
    if noise is not None and spec.volatility.common is not None:
        factors.append(book.number(spec.volatility.common, "volatility.common"))
    slots = LineSlots(
        activity=book.product(factors),
        noise=book.constant(1.0) if noise is None else Slot(noise.row, 1, (1.0,) * book.years),
        price=book.product([base_price, price]),
        unit_cost=book.product([base_cost, cost]),
        variable_share=book.number(line.variable_share, f"{path}.variable_share"),
        fixed_share=book.number(line.fixed_share, f"{path}.fixed_share"),
        pressure=pressed,
        base_activity=base,
    )
    return slots, noise, required


def _noise(book: RowBook, spec: StudySpec, line: Service, path: str, base_size: float | None) -> Noise | None:
    if line.volatility is None:
        return None
    terms, people = line.volatility, population(book, spec)
    n_ref = terms.n_ref if terms.n_ref is not None else base_size
    if n_ref is None:
        n_ref = 1.0 if spec.population is None else float(book.planned(book.number(spec.population.size, "population.size"))[0])
    variation = book.add_op(VARIATION, [book.constant(n_ref) if people is None else people], [0], (terms.cv_floor, terms.cv_ref, n_ref))
    by_year = terms.path == "independent"
    rows = book.years if by_year else 1
    fewest, most = (np.full(book.years, n_ref),) * 2 if people is None else population_range(book, spec)
    low, high = (
        [float(coefficient_of_variation(terms.cv_floor, terms.cv_ref, n_ref, float(count))) for count in counts]
        for counts in (most, fewest)
    )
    pairs = [(x, y) if x == y else (math.floor(x * _GRID) / _GRID, math.ceil(y * _GRID) / _GRID) for x, y in zip(low, high, strict=True)]
    return Noise(
        f"{path}.volatility",
        terms.family,
        by_year,
        book.filled_rows(rows, 0.5),
        book.filled_rows(book.years, 1.0),
        variation,
        tuple(x for x, _ in pairs),
        tuple(min(y, 2.0) for _, y in pairs),
    )


def population_range(book: RowBook, spec: StudySpec) -> tuple[Floats, Floats]:
    """The smallest and the largest list size that can be drawn in each year."""
    assert spec.population is not None
    size = extremes(spec.population.size, book.years, spec.drivers)
    growth = extremes(spec.population.growth, book.years, spec.drivers)
    low, high = (size[k] * np.cumprod(1.0 + growth[k]) for k in (0, 1))
    # a list cannot vanish: a range that reaches zero is cut, and a draw beyond it takes the shape of the nearest end
    return np.maximum(low, 1e-3 * high), high


def pairs_of(spec: StudySpec) -> dict[tuple[str, str], int]:
    """The (payer, provider) pairs in order of first appearance."""
    found: dict[tuple[str, str], int] = {}
    for name, line in spec.services.items():
        found.setdefault((payer(spec, name), line.provider), len(found))
    return found


def payer(spec: StudySpec, service: str) -> str:
    """The payer of a line of a checked study."""
    found = payer_of(spec, service)
    assert found is not None, "a checked study has a payer for every line"
    return found


def term_values(value: float | tuple[float, ...] | None, years: int, default: float = 0.0) -> Floats:
    """A term as one value per year."""
    return np.array(value if isinstance(value, tuple) else [default if value is None else value] * years, dtype=np.float64)


def build_lines(book: RowBook, spec: StudySpec, slots: Sequence[LineSlots], plan: LinePlan) -> Lines:
    """The lines as arrays, with the payment plan of each (MODEL.md section 5)."""
    years, unit, pairs = book.years, spec.money.scale, pairs_of(spec)
    names, services = list(spec.services), list(spec.services.values())
    payments = np.empty_like(plan.price)
    for s, line in enumerate(services):
        kappa = term_values(line.plan_includes_schemes, years)
        stated = None if line.payment_baseline is None else term_values(line.payment_baseline, years) * unit
        for t in range(years):
            worth = planned_payment(plan.do_nothing[s, t], plan.outturn[s, t], plan.price[s, t], kappa[t])
            payments[s, t] = worth if stated is None else stated[t]
    used = [(x.activity, x.noise, x.price, x.unit_cost, x.variable_share, x.fixed_share) for x in slots]
    fixed = [not (x.fixed_share.is_constant and not any(x.fixed_share.scale)) for x in slots]
    return Lines(
        slot=np.array([[(k.row, k.stride) for k in line] for line in used], dtype=np.int64).reshape(len(used), 6, 2),
        scale=np.array([[k.scale for k in line] for line in used], dtype=np.float64).reshape(len(used), 6, years),
        pair=np.array([pairs[payer(spec, name), spec.services[name].provider] for name in names], dtype=np.int64),
        paid=np.array([payer(spec, name) != spec.services[name].provider for name in names], dtype=np.int64),
        release_years=np.array([line.release_years if f else 0 for line, f in zip(services, fixed, strict=True)], dtype=np.int64),
        planned_price=np.array([line.payment_price == "plan" for line in services], dtype=np.int64),
        plan_do_nothing=plan.do_nothing,
        plan_price=plan.price,
        plan_payment=payments,
    )
