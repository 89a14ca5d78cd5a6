"""The lines of a study for one value of every driver: without the schemes, with them, and whose saving it is (notes 22 to 24)."""

from __future__ import annotations

from dataclasses import dataclass

from .activity import activity_do_nothing, price, unit_cost
from .actuals import Observed
from .reading import NAN, Reader
from .schemes import Effect, PlannedEnd, all_effects, combine
from .shifts import arrivals, moved, shift_cost

Yearly = dict[str, list[float]]
SPEND = ("activity", "price")


@dataclass
class Lines:
    """By line over the years: activity, price and unit cost before and after the schemes; the saving by scheme; what effects move."""

    activity_do_nothing: Yearly
    price: Yearly
    unit_cost: Yearly
    activity: Yearly
    price_after: Yearly
    unit_cost_after: Yearly
    scheme_saving: Yearly
    moved: list[list[tuple[Effect, float]]]


def without_schemes(reader: Reader, plan_reader: Reader) -> tuple[Yearly, Yearly, Yearly]:
    """Do-nothing activity, price and unit cost by line."""
    lines = reader.names("services")
    return (
        {line: activity_do_nothing(reader, line) for line in lines},
        {line: price(reader, line) for line in lines},
        {line: unit_cost(reader, plan_reader, line) for line in lines},
    )


def planned_end(plan_reader: Reader) -> PlannedEnd:
    """What impacts in units and money refer to."""
    return PlannedEnd(plan_reader, *without_schemes(plan_reader, plan_reader))


def work_out(reader: Reader, planned: PlannedEnd) -> Lines:
    """Everything about the lines."""
    before, prices, costs = without_schemes(reader, planned.reader)
    effects = all_effects(reader, planned)
    known = Observed(reader, effects, before, prices, costs)
    before, prices, costs = known.activity, known.price, known.unit_cost
    lines = Lines(before, prices, costs, {}, {}, {}, {}, [[]])
    lines.moved += [moved(reader, before, effects, t) for t in reader.years]
    for line in before:
        after, price_after, cost_after = [before[line][0]], [prices[line][0]], [costs[line][0]]
        for t in reader.years:
            on_activity = combine(reader, line, effects, ("activity",), t).share
            on_spend = combine(reader, line, effects, SPEND, t).share
            on_cost = combine(reader, line, effects, ("unit_cost",), t).share
            after.append(before[line][t] * (1 - on_activity) + arrivals(lines.moved[t], line, t))
            has_price_effects = any(effect.line == line and effect.acts_on == "price" for effect in effects)
            cheaper = (1 - on_spend) / (1 - on_activity) if has_price_effects and on_activity != 1 else 1.0
            price_after.append(prices[line][t] * cheaper)
            cost_after.append(costs[line][t] * (1 - on_cost))
        lines.activity[line], lines.price_after[line], lines.unit_cost_after[line] = after, price_after, cost_after
    for scheme in reader.names("schemes"):
        lines.scheme_saving[scheme] = [NAN] + [scheme_saving(reader, lines, effects, scheme, t) for t in reader.years]
    return lines


def scheme_saving(reader: Reader, lines: Lines, effects: list[Effect], scheme: str, t: int) -> float:
    """The gross saving of a scheme in year t: its parts of the savings of lines, less what its shifts cost where they arrive."""
    total = 0.0
    for line, activity in lines.activity_do_nothing.items():
        for effect, part in combine(reader, line, effects, SPEND, t).parts:
            if effect.scheme == scheme:
                total += part * activity[t] * lines.price[line][t]
    return total - shift_cost(lines.moved[t], scheme, lines.price_after, t)


def end_state_savings(reader: Reader, planned: PlannedEnd) -> Yearly:
    """E of every scheme: what it is planned to save in the end state at the prices of each year, shifts counted in; not below 0."""
    effects = all_effects(reader, planned, end_state=True)
    end = reader.last_year
    units = moved(reader, planned.activity, effects, end)
    result = {}
    for scheme in reader.names("schemes"):
        saving = reader.zeros()
        for line in planned.activity:
            for effect, part in combine(reader, line, effects, SPEND, end).parts:
                if effect.scheme == scheme:
                    for t in reader.years:
                        saving[t] += part * planned.activity[line][end] * planned.price[line][t]
        for t in reader.years:
            saving[t] = max(saving[t] - shift_cost(units, scheme, planned.price, end, t), 0.0)
        result[scheme] = saving
    return result
