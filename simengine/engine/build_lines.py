"""Service lines of a study as arrays: activity, price and unit cost as slots, noise, payment plans (MODEL.md sections 2 and 5)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simengine.engine.build_bands import build_bands
from simengine.engine.build_observed import ObservedLine, as_observed, in_draws, observed_line
from simengine.engine.build_population import planned_base_size, population, population_growth, population_range
from simengine.engine.lines import Lines
from simengine.engine.ops import HELD, VARIATION
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats
from simengine.projection.payment import planned_payment
from simengine.projection.price import Change, inflation_change, price_changes, rate_change, unit_cost_changes
from simengine.projection.volatility import coefficient_of_variation
from simengine.study.defaults import payer_of, weights_of
from simengine.study.growth import SegmentGrowth
from simengine.study.model import StudySpec
from simengine.study.services import Service

#: Ends of a drawn coefficient of variation are rounded outward to this grid: the last bits of a library must not reach the tables.
_GRID = 4096.0


@dataclass(frozen=True)
class Noise:
    """The volatility of a line: rows of its uniforms and of its noise, and its coefficient of variation (a slot) with its range by year.

    A count has the activity that it is about, and rows of uniforms of its own where it is mixed with a gamma. The first ``observed`` years
    are not drawn.
    """

    name: str
    family: str
    by_year: bool
    rho: tuple[float, ...] | None
    uniform: int
    count_uniform: int
    row: int
    activity: Slot
    variation: Slot
    low: tuple[float, ...]
    high: tuple[float, ...]
    observed: int = 0

    @property
    def line(self) -> str:
        """The line that it belongs to."""
        return self.name.split(".")[1]


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
    base_price: Slot
    observed: ObservedLine | None = None


@dataclass(frozen=True)
class LinePlan:
    """Plan quantities by (line, year) that other parts rest on; those of the base study also serve its scenarios."""

    do_nothing: Floats
    outturn: Floats
    price: Floats
    outturn_price: Floats
    unit_cost: Floats
    efficiency_required: Floats


def _growth(book: RowBook, spec: StudySpec, line: Service, path: str) -> list[Change]:
    if not isinstance(line.growth, dict):
        return [rate_change(book.number(line.growth, f"{path}.growth"))]
    changes = []
    for name, factor in line.growth.items():
        if factor is True:
            rate = population_growth(book, spec)
        elif isinstance(factor, SegmentGrowth):
            rate = population_growth(book, spec, factor.segment)
        else:
            rate = book.number(factor, f"{path}.growth.{name}")
        changes.append(rate_change(rate))
    return changes


def _prices(
    book: RowBook, spec: StudySpec, line: Service, path: str, growth: Sequence[Change], required: Slot, achieved: Slot
) -> tuple[Slot, Slot, Slot]:
    """Indices of price, unit cost and pressure (the price before required efficiency)."""
    inflation = None
    weights = weights_of(spec, path.removeprefix("services."))
    if weights:
        rates = tuple(book.number(spec.inflation[c], f"inflation.{c}") for c in weights)
        inflation = inflation_change(rates, tuple(weights.values()))
    tariff = None if line.tariff_change is None else book.number(line.tariff_change, f"{path}.tariff_change")
    net = tariff is not None and not line.tariff_change_on_top
    in_price = None if net else inflation
    price = [*price_changes(in_price, None if net else required, tariff, None), *growth]
    pressure = [*price_changes(in_price, None, tariff, None), *growth]
    cost = [*unit_cost_changes(inflation, achieved, None), *growth]
    price_index, cost_index = book.index(price), book.index(cost)
    with book.for_detail():
        return price_index, cost_index, book.index(pressure)


def _converted(book: RowBook, line: Service, path: str, value: Slot, kind: str, unit: float) -> Slot:
    """A figure of the current year as one of the base year (MODEL.md section 2); ``kind`` is spend, activity or price."""
    terms = line.conversion
    if terms is None:
        return value
    place = f"{path}.conversion"
    factors = [value]
    if kind != "price":
        factors.append(book.total([book.constant(1.0), book.number(terms.growth, f"{place}.growth")]))
    if kind == "activity":
        return book.product(factors)
    factors.append(book.total([book.constant(1.0), book.number(terms.inflation, f"{place}.inflation")]))
    made = book.product(factors, less=[book.number(terms.efficiency, f"{place}.efficiency")])
    if kind == "price":
        return made
    further = [book.number(getattr(terms, key), f"{place}.{key}", unit) for key in ("service_investment", "one_off")]
    return book.total([made, *further])


def _bases(book: RowBook, line: Service, path: str, unit: float) -> tuple[Slot, Slot, Slot]:
    """Base activity, base price and base unit cost."""
    one = book.constant(1.0)
    if line.activity is not None and line.price is not None:
        price = _converted(book, line, path, book.number(line.price, f"{path}.price"), "price", unit)
        cost = price if line.unit_cost is None else book.number(line.unit_cost, f"{path}.unit_cost")
        return _converted(book, line, path, book.number(line.activity, f"{path}.activity"), "activity", unit), price, cost
    cost = one if line.unit_cost is None else book.number(line.unit_cost, f"{path}.unit_cost")
    if line.spend is not None:
        return _converted(book, line, path, book.number(line.spend, f"{path}.spend", unit), "spend", unit), one, cost
    return book.number(line.spend_by_year or 0.0, f"{path}.spend_by_year", unit), one, cost


def _activity(book: RowBook, spec: StudySpec, service: str, grown: Sequence[Slot], price: Slot) -> tuple[Slot, Slot]:
    """Activity before noise: base times growth, less what planned efficiency programmes take off, with and without the common shock.

    A programme takes the amount that it achieves over the price, so that spend falls by just that amount.
    """
    taken = []
    for name, item in spec.qipp.items():
        if item.service == service:
            amount = book.number(item.amount, f"qipp.{name}.amount", spec.money.scale)
            less = book.product([amount, book.number(item.achieved, f"qipp.{name}.achieved")], divide=[price])
            taken.append(less.scaled((-1.0,) * book.years))
    calm = [book.add_op(HELD, [book.total([book.product(grown), *taken])], [0])] if taken else list(grown)
    shock = []
    if spec.services[service].volatility is not None and spec.volatility.common is not None:
        shock.append(book.number(spec.volatility.common, "volatility.common"))
    expected = book.product([*calm, *shock])
    return expected, book.product(calm) if spec.services[service].actual is not None else expected


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
    # what a budget or a baseline works out again is the plan, which never sees what was observed of lines
    actual = None if book.observing else line.actual
    drawn_price = book.product([base_price, price])
    paid = drawn_price if actual is None else as_observed(book, drawn_price, actual.price)
    with book.for_detail():
        pressed = book.product([base_price, pressure])
        if paid != drawn_price:
            pressed = in_draws(book, [book.product([pressed, paid], divide=[drawn_price])], pressed)
    unit_cost = book.product([base_cost, cost])
    activity, calm = _activity(book, spec, name, [base, book.index([] if moves_price else growth)], paid)
    observed = None if actual is None else observed_line(book, line, actual, spec.money.scale, activity, calm)
    if observed is not None:
        activity = Slot(observed.level, 1, (1.0,) * book.years)
    noise = None if book.observing else _noise(book, spec, line, path, n_ref, activity)
    slots = LineSlots(
        activity=activity,
        noise=book.constant(1.0) if noise is None else Slot(noise.row, 1, (1.0,) * book.years),
        price=paid,
        unit_cost=unit_cost if actual is None else as_observed(book, unit_cost, actual.unit_cost),
        variable_share=book.number(line.variable_share, f"{path}.variable_share"),
        fixed_share=book.number(line.fixed_share, f"{path}.fixed_share"),
        pressure=pressed,
        base_activity=base,
        base_price=base_price,
        observed=observed,
    )
    return slots, noise, required


def _noise(book: RowBook, spec: StudySpec, line: Service, path: str, base_size: float | None, activity: Slot) -> Noise | None:
    if line.volatility is None:
        return None
    terms, people = line.volatility, population(book, spec)
    n_ref = terms.n_ref if terms.n_ref is not None else base_size
    if n_ref is None:
        n_ref = planned_base_size(book, spec) or 1.0
    variation = book.add_op(VARIATION, [book.constant(n_ref) if people is None else people], [0], (terms.cv_floor, terms.cv_ref, n_ref))
    by_year = terms.path != "constant"
    rows = book.years if by_year else 1
    fewest, most = (np.full(book.years, n_ref),) * 2 if people is None else population_range(book, spec)
    low, high = (
        [float(coefficient_of_variation(terms.cv_floor, terms.cv_ref, n_ref, float(count))) for count in counts]
        for counts in (most, fewest)
    )
    pairs = [(x, y) if x == y else (math.floor(x * _GRID) / _GRID, math.ceil(y * _GRID) / _GRID) for x, y in zip(low, high, strict=True)]
    uniform = book.filled_rows(rows, 0.5)
    return Noise(
        f"{path}.volatility",
        terms.family,
        by_year,
        None if terms.rho is None else tuple(term_values(terms.rho, book.years)),
        uniform,
        book.filled_rows(book.years, 0.5) if terms.family == "negative_binomial" else uniform,
        book.filled_rows(book.years, 1.0),
        activity,
        variation,
        tuple(x for x, _ in pairs),
        tuple(min(y, 2.0) for _, y in pairs),
        0 if line.actual is None else len(line.actual.activity),
    )


def pairs_of(spec: StudySpec) -> dict[tuple[str, str], int]:
    """The (payer, provider) pairs in order of first appearance."""
    found: dict[tuple[str, str], int] = {}
    for name, payers in payers_by_line(spec).items():
        for payer in payers:
            found.setdefault((payer, spec.services[name].provider), len(found))
    return found


def payers_by_line(spec: StudySpec, *, who: Literal["holder", "commissioner"] = "holder") -> dict[str, tuple[str, ...]]:
    """The payer of every line of a checked study in each year: its own, or the holder of a budget that it is in scope of.

    With ``who = "commissioner"`` the party whose money it is before a budget moves it: then the commissioner of that budget.
    """
    found = {name: [payer_of(spec, name) or ""] * spec.years for name in spec.services}
    for budget in spec.budgets.values():
        party = budget.holder if who == "holder" else budget.commissioner
        for name, scope in budget.in_scope(spec.years).items():
            found[name] = [party if inside else own for inside, own in zip(scope, found[name], strict=True)]
    return {name: tuple(payers) for name, payers in found.items()}


def term_values(value: float | tuple[float, ...] | None, years: int, default: float = 0.0) -> Floats:
    """A term as one value per year."""
    return np.array(value if isinstance(value, tuple) else [default if value is None else value] * years, dtype=np.float64)


def build_lines(
    book: RowBook,
    spec: StudySpec,
    slots: Sequence[LineSlots],
    plan: LinePlan,
    changed: Sequence[bool] = (),
    observed: Mapping[str, ObservedLine] | None = None,
) -> Lines:
    """The lines as arrays, with the payment plan of each (MODEL.md section 5).

    ``changed`` marks lines whose price or unit cost schemes change, or that take in shifted activity; ``observed`` has the lines with
    actuals, none in the plan.
    """
    years, unit, pairs = book.years, spec.money.scale, pairs_of(spec)
    services = list(spec.services.values())
    payments = np.empty_like(plan.price)
    for s, line in enumerate(services):
        kappa = term_values(line.plan_includes_schemes, years)
        stated = None if line.payment_baseline is None else term_values(line.payment_baseline, years) * unit
        for t in range(years):
            worth = planned_payment(plan.do_nothing[s, t], plan.outturn[s, t], plan.price[s, t], kappa[t])
            payments[s, t] = worth if stated is None else stated[t]
    paid_by = list(payers_by_line(spec).values())
    used = [(x.activity, x.noise, x.price, x.unit_cost, x.variable_share, x.fixed_share) for x in slots]
    fixed = [not (x.fixed_share.is_constant and not any(x.fixed_share.scale)) for x in slots]
    return Lines(
        slot=np.array([[(k.row, k.stride) for k in line] for line in used], dtype=np.int64).reshape(len(used), 6, 2),
        scale=np.array([[k.scale for k in line] for line in used], dtype=np.float64).reshape(len(used), 6, years),
        pair=np.array([[pairs[p, line.provider] for p in own] for line, own in zip(services, paid_by, strict=True)], dtype=np.int64),
        paid=np.array([[p != line.provider for p in own] for line, own in zip(services, paid_by, strict=True)], dtype=np.int64),
        release_years=np.array([line.release_years if f else 0 for line, f in zip(services, fixed, strict=True)], dtype=np.int64),
        planned_price=np.array([line.payment_price == "plan" for line in services], dtype=np.int64),
        plan_do_nothing=plan.do_nothing,
        plan_price=plan.price,
        plan_payment=payments,
        special=build_bands(spec, years, changed, observed or {}),
    )
