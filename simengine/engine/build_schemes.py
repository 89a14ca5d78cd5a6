"""Schemes of a study as arrays: effects by line and segment, running costs, investments (MODEL.md sections 3 and 4)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simengine.engine.build_lines import LinePlan, LineSlots
from simengine.engine.lines import LINE_ROWS, REDUCTION, Effects, line_reduction
from simengine.engine.ops import RAMP
from simengine.engine.rows import RowBook, Slot
from simengine.engine.tile import STRIDE
from simengine.jit import Floats
from simengine.projection.price import rate_change
from simengine.projection.ramp import SHAPES
from simengine.projection.scheme import LARGEST_EFFECT, OVERLAPS, log_mean_factor
from simengine.projection.scheme_cost import capital_charge_weights
from simengine.special import log
from simengine.study.defaults import effect_service, funder_of
from simengine.study.model import StudySpec
from simengine.study.schemes import Cost, Effect, Investment, Ramp, RampTable
from simengine.study.services import Service

WHOLE = "whole"


class EffectSlots(NamedTuple):
    """One effect: its scheme (index) and the four numbers whose product is its size."""

    scheme: int
    impact: Slot
    ramp: Slot
    delivery: Slot
    captured: Slot


@dataclass(frozen=True)
class Segment:
    """A segment of a line that has effects."""

    share: Slot
    effects: tuple[EffectSlots, ...]


class CostSlot(NamedTuple):
    """A running cost or an investment: money per year, its scheme (index), who funds it, and which of the two it is."""

    amount: Slot
    scheme: int
    funder: str
    is_investment: bool


def ramp_slot(book: RowBook, ramp: Ramp, path: str) -> Slot:
    """The slot of a ramp: a number, or a table of years, delay and shape."""
    if not isinstance(ramp, RampTable):
        return book.number(ramp, path)
    delay, years = book.number(ramp.delay, f"{path}.delay"), book.number(ramp.years, f"{path}.years")
    return book.add_op(RAMP, [delay, years], [0, 0], (float(SHAPES[ramp.shape]), float(ramp.in_year == "average")))


def segment_share(book: RowBook, spec: StudySpec, line: str, segment: str, slots: LineSlots) -> Slot:
    """Share of a line's activity in a segment: as given, or people × rate over the line's base activity."""
    if segment == WHOLE:
        return book.constant(1.0)
    given, path = spec.services[line].segments[segment], f"services.{line}.segments.{segment}"
    if given.share is not None:
        return book.number(given.share, f"{path}.share")
    people, rate = book.number(given.people or 0.0, f"{path}.people"), book.number(given.rate or 0.0, f"{path}.rate")
    return book.product([people, rate], divide=[slots.base_activity])


def _impact(book: RowBook, spec: StudySpec, effect: Effect, path: str, share: float, do_nothing: float, price: float) -> Slot:
    """Impact as a share of its segment; units and money are converted at the planned end state (year T)."""
    unit = {"share": 1.0, "units": 1.0, "money": spec.money.scale}[effect.impact_is]
    slot = book.number(effect.impact, f"{path}.impact", unit)
    if effect.impact_is == "share":
        return slot
    whole = share * do_nothing * (price if effect.impact_is == "money" else 1.0)
    return slot.scaled([1.0 / whole if whole != 0.0 else math.nan] * book.years)


def build_segments(
    book: RowBook, spec: StudySpec, slots: Mapping[str, LineSlots], plan: LinePlan, planned_share: Mapping[tuple[str, str], float]
) -> dict[str, dict[str, Segment]]:
    """Effects by line and segment, in file order; ``planned_share`` holds the base study's segment shares and is asked first."""
    found: dict[str, dict[str, tuple[Slot, list[EffectSlots]]]] = {line: {} for line in spec.services}
    lines = list(spec.services)
    for i, (name, scheme) in enumerate(spec.schemes.items()):
        if not scheme.enabled:
            continue
        delivery, captured = (
            book.number(scheme.delivery, f"schemes.{name}.delivery"),
            book.number(scheme.captured, f"schemes.{name}.captured"),
        )
        for key, effect in scheme.effects.items():
            line, segment, path = effect_service(key, effect), effect.segment or WHOLE, f"schemes.{name}.effects.{key}"
            share, members = found[line].setdefault(segment, (segment_share(book, spec, line, segment, slots[line]), []))
            s = lines.index(line)
            end_share = planned_share.get((line, segment), float(book.planned(share)[-1]))
            impact = _impact(book, spec, effect, path, end_share, plan.do_nothing[s, -1], plan.price[s, -1])
            own = effect.ramp is not None
            ramp = ramp_slot(
                book, effect.ramp if effect.ramp is not None else scheme.ramp, f"{path}.ramp" if own else f"schemes.{name}.ramp"
            )
            members.append(EffectSlots(i, impact, ramp, delivery, captured))
    return {line: {name: Segment(share, tuple(e)) for name, (share, e) in segments.items()} for line, segments in found.items()}


def build_effects(spec: StudySpec, segments: Mapping[str, Mapping[str, Segment]], years: int) -> Effects:
    """The effects as arrays."""
    ordered = [segment for line in spec.services for segment in segments[line].values()]
    effects = [effect for segment in ordered for effect in segment.effects]
    used = [(e.impact, e.ramp, e.delivery, e.captured) for e in effects]
    return Effects(
        first_segment=np.concatenate([[0], np.cumsum([len(segments[line]) for line in spec.services])]).astype(np.int64),
        overlap=np.array([OVERLAPS[line.overlap] for line in spec.services.values()], dtype=np.int64),
        first_effect=np.concatenate([[0], np.cumsum([len(segment.effects) for segment in ordered])]).astype(np.int64),
        share=np.array([(segment.share.row, segment.share.stride) for segment in ordered], dtype=np.int64).reshape(len(ordered), 2),
        share_scale=np.array([segment.share.scale for segment in ordered], dtype=np.float64).reshape(len(ordered), years),
        slot=np.array([[(k.row, k.stride) for k in e] for e in used], dtype=np.int64).reshape(len(effects), 4, 2),
        scale=np.array([[k.scale for k in e] for e in used], dtype=np.float64).reshape(len(effects), 4, years),
        scheme=np.array([e.scheme for e in effects], dtype=np.int64),
        may_exceed=np.array([_may_exceed(spec.services[line], segments[line]) for line in spec.services], dtype=np.int64),
    )


def _may_exceed(line: Service, segments: Mapping[str, Segment]) -> bool:
    """Whether the reduction of a line can come out above 1: not where its segments have constant shares that sum to at most 1."""
    shares = [np.array(segment.share.scale) for segment in segments.values() if segment.share.is_constant]
    if len(shares) < len(segments) or line.overlap == "independent":
        return True
    return bool(np.any(np.sum(shares, axis=0) > 1.0)) if shares else False


def planned_reductions(book: RowBook, effects: Effects) -> Floats:
    """The planned reduction ρ of every line and year: the hot loop's own pass on a single draw."""
    lines = effects.overlap.shape[0]
    matrix, work = book.plan_matrix(), np.zeros(LINE_ROWS * STRIDE)
    found = np.empty((lines, book.years))
    for s in range(lines):
        for t in range(book.years):
            line_reduction(work, matrix, effects, s, t, 1)
            found[s, t] = work[REDUCTION * STRIDE]
    return found


def end_state_savings(book: RowBook, spec: StudySpec, segments: Mapping[str, Mapping[str, Segment]], plan: LinePlan) -> Floats:
    """Planned end-state gross saving (scheme, year): full ramp, all captured, final-year activity, year-t planned prices."""
    saving = np.zeros((len(spec.schemes), book.years))
    for s, line in enumerate(spec.services):
        parts: list[tuple[int, float]] = []
        joined = total = 0.0
        for segment in segments[line].values():
            share = float(book.planned(segment.share)[-1])
            sizes = [min(float(book.planned(e.impact)[-1] * book.planned(e.delivery)[-1]), LARGEST_EFFECT) for e in segment.effects]
            logs = [-log(1.0 - r) for r in sizes]
            remaining = math.prod(1.0 - r for r in sizes)
            factor = log_mean_factor(remaining, -sum(logs))
            parts.extend((e.scheme, share * factor * log) for e, log in zip(segment.effects, logs, strict=True))
            reduction = share * (1.0 - remaining)
            total += reduction
            independent = spec.services[line].overlap == "independent"
            joined = joined + reduction - joined * reduction if independent else joined + reduction
        held = min(joined, 1.0)
        for i, part in parts:
            saving[i] += part * (held / total if total not in (0.0, held) else 1.0) * plan.do_nothing[s, -1] * plan.price[s]
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
    if cost.approach == "reinvestment":
        amount = book.number(cost.share or 0.0, f"{path}.share").scaled(list(end_state))
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
            found.append(CostSlot(amount, i, funder_of(spec, cost) or "", False))
        for key, item in scheme.investments.items():
            amount = _investment(book, spec, item, f"schemes.{name}.investments.{key}")
            found.append(CostSlot(amount, i, funder_of(spec, item) or "", True))
    return found


def segment_shares(book: RowBook, segments: Mapping[str, Mapping[str, Segment]]) -> dict[tuple[str, str], float]:
    """Planned final-year share of each segment that has effects."""
    return {(line, name): float(book.planned(s.share)[-1]) for line, found in segments.items() for name, s in found.items()}
