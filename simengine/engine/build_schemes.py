"""What schemes save in the planned end state, cost to run and take to set up, as arrays (MODEL.md sections 3 and 4)."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from simengine.engine.actual_costs import Actual
from simengine.engine.build_effects import EffectSlots, Segment, ramp_slot
from simengine.engine.build_lines import LinePlan
from simengine.engine.lines import ON_ACTIVITY, ON_PRICE
from simengine.engine.rows import RowBook, Slot
from simengine.jit import Floats
from simengine.projection.price import rate_change
from simengine.projection.scheme import LARGEST_EFFECT, log_mean_factor, segment_ratios
from simengine.projection.scheme_cost import capital_charge_weights
from simengine.special import log
from simengine.study.defaults import funder_of
from simengine.study.model import StudySpec
from simengine.study.schemes import Cost, Investment


class CostSlot(NamedTuple):
    """A running cost or an investment: money per year, its scheme (index), who funds it, which of the two it is.

    ``share`` is the slot of the part of actual savings that it takes; None for any other.
    """

    amount: Slot
    scheme: int
    funder: str
    is_investment: bool
    share: Slot | None = None


def _size(book: RowBook, effect: EffectSlots) -> float:
    """Planned end-state size of an effect: full ramp, all captured."""
    return min(float(book.planned(effect.impact)[-1] * book.planned(effect.delivery)[-1]), LARGEST_EFFECT)


def _parts(book: RowBook, effects: Sequence[EffectSlots], share: float) -> tuple[list[float], float]:
    """Log-mean part of each effect in the reduction of its segment, and that reduction, in the planned end state."""
    sizes = [_size(book, effect) for effect in effects]
    logs = [-log(1.0 - r) for r in sizes]
    remaining = math.prod(1.0 - r for r in sizes)
    factor = log_mean_factor(float(remaining), float(-sum(logs)))
    return [share * factor * one for one in logs], share * (1.0 - remaining)


def end_state_savings(book: RowBook, spec: StudySpec, segments: Mapping[str, Mapping[str, Segment]], plan: LinePlan) -> Floats:
    """Planned end-state gross saving (scheme, year): full ramp, all captured, final-year activity, year-t planned prices.

    What a shift adds to another line counts against the scheme, at that line's planned price.
    """
    saving, lines = np.zeros((len(spec.schemes), book.years)), list(spec.services)
    for s, line in enumerate(lines):
        independent = spec.services[line].overlap == "independent"
        for last in (ON_PRICE, ON_ACTIVITY):
            found = []
            for segment in segments[line].values():
                effects = [e for e in segment.effects if e.acts_on <= last]
                found.append((effects, *_parts(book, effects, float(book.planned(segment.share)[-1]))))
            ratios, activity = segment_ratios([reduction for *_, reduction in found], independent), plan.do_nothing[s, -1]
            for (effects, parts, _), ratio in zip(found, ratios, strict=True):
                for effect, part in zip(effects, parts, strict=True):
                    if last == ON_PRICE:
                        saving[effect.scheme] += part * ratio * activity * plan.price[s]
                        continue
                    for target, converted in effect.shift:
                        saving[effect.scheme] -= part * ratio * activity * book.planned(converted)[-1] * plan.price[lines.index(target)]
    return saving


def _index(book: RowBook, spec: StudySpec, category: str | None) -> Slot:
    if category is None:
        return book.constant(1.0)
    return book.index([rate_change(book.number(spec.inflation[category], f"inflation.{category}"))])


def _bottom_up(book: RowBook, spec: StudySpec, cost: Cost, path: str) -> Slot:
    """People × contacts × hours ÷ (hours per WTE × utilisation) × cost per WTE + non-pay."""

    def number(key: str) -> Slot:
        value = getattr(cost, key)
        return book.number(0.0 if value is None else value, f"{path}.{key}")

    if cost.tiers:
        tiers = []
        for key, tier in cost.tiers.items():
            names = ("share", "contacts", "hours")
            tiers.append(book.product([book.number(getattr(tier, name), f"{path}.tiers.{key}.{name}") for name in names]))
        time = book.total(tiers)
    else:
        time = book.product([number("contacts"), number("hours")])
    pay = book.product([number("people"), time, number("cost_per_wte")], divide=[number("hours_per_wte"), number("utilisation")])
    return book.total([pay, book.number(cost.non_pay, f"{path}.non_pay", spec.money.scale)])


def _cost(book: RowBook, spec: StudySpec, cost: Cost, path: str, end_state: Floats) -> Slot:
    """The slot of a running cost; of one that follows actual savings, of its share of them."""
    if follows_savings(cost):
        amount = book.number(cost.share or 0.0, f"{path}.share")
    elif cost.approach == "reinvestment":
        amount = book.number(cost.share or 0.0, f"{path}.share").scaled([max(value, 0.0) for value in end_state])
    elif cost.approach == "budget":
        amount = book.number(cost.amount or 0.0, f"{path}.amount", spec.money.scale)
    else:
        amount = _bottom_up(book, spec, cost, path)
    absorbed = book.number(cost.absorbed, f"{path}.absorbed")
    return book.product([amount, ramp_slot(book, cost.ramp, f"{path}.ramp"), _index(book, spec, cost.inflation)], less=[absorbed])


def _investment(book: RowBook, spec: StudySpec, item: Investment, path: str) -> Slot:
    amount = book.number(item.amount, f"{path}.amount", spec.money.scale)
    if item.year is not None:
        amount = amount.scaled([float(t + 1 == item.year) for t in range(book.years)])
    spent = book.product([amount, _index(book, spec, item.inflation)])
    if item.life is None:
        return spent
    weights = capital_charge_weights(item.life, item.charge_rate or 0.0, book.years)
    spending = [
        Slot(spent.row + spent.stride * k, 0, tuple(weights[t][k] * spent.scale[k] for t in range(book.years))) for k in range(book.years)
    ]
    return book.total(spending)


def build_costs(book: RowBook, spec: StudySpec, end_state: Floats) -> list[CostSlot]:
    """Running costs and investments of the schemes that are switched on, in file order."""
    found: list[CostSlot] = []
    for i, (name, scheme) in enumerate(spec.schemes.items()):
        if not scheme.enabled:
            continue
        for key, cost in scheme.costs.items():
            amount = _cost(book, spec, cost, f"schemes.{name}.costs.{key}", end_state[i])
            share = amount if follows_savings(cost) else None
            if share is not None:
                amount = Slot(book.filled_rows(book.years, 0.0), 1, (1.0,) * book.years)
            found.append(CostSlot(amount, i, funder_of(spec, cost) or "", False, share))
        for key, item in scheme.investments.items():
            amount = _investment(book, spec, item, f"schemes.{name}.investments.{key}")
            found.append(CostSlot(amount, i, funder_of(spec, item) or "", True))
    return found


def follows_savings(cost: Cost) -> bool:
    """Whether a running cost is a share of what the scheme has saved, draw by draw."""
    return cost.approach == "reinvestment" and cost.of == "actual"


def build_actual(costs: Sequence[CostSlot], years: int) -> Actual:
    """Costs that follow savings, as arrays."""
    found = [(cost, cost.share) for cost in costs if cost.share is not None]
    return Actual(
        scheme=np.array([cost.scheme for cost, _ in found], dtype=np.int64),
        row=np.array([cost.amount.row for cost, _ in found], dtype=np.int64),
        share=np.array([(share.row, share.stride) for _, share in found], dtype=np.int64).reshape(len(found), 2),
        share_scale=np.array([share.scale for _, share in found], dtype=np.float64).reshape(len(found), years),
    )
