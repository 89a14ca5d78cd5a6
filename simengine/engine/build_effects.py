"""Effects of a study's schemes as arrays: by line and segment, and the shifts between lines (MODEL.md section 3)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simengine.engine.build_lines import LinePlan, LineSlots
from simengine.engine.lines import (
    A0,
    LINE_ROWS,
    ON_ACTIVITY,
    ON_PRICE,
    ON_UNIT_COST,
    REDUCTION,
    SPEND_REDUCTION,
    Effects,
    line_reduction,
    reduction_of,
)
from simengine.engine.ops import RAMP
from simengine.engine.rows import RowBook, Slot
from simengine.engine.schemes import moved_activity, scheme_work_rows
from simengine.engine.shifts import Shifts
from simengine.engine.tile import STRIDE
from simengine.jit import Floats
from simengine.projection.ramp import SHAPES
from simengine.projection.scheme import OVERLAPS, effective_price
from simengine.study.defaults import effect_service
from simengine.study.model import StudySpec
from simengine.study.ramps import Ramp, RampTable
from simengine.study.schemes import Effect
from simengine.study.services import Service

WHOLE = "whole"
ACTS_ON = {"activity": ON_ACTIVITY, "price": ON_PRICE, "unit_cost": ON_UNIT_COST}


class EffectSlots(NamedTuple):
    """One effect: its scheme (index), what it acts on, the four numbers whose product is its size, and where it shifts activity to."""

    scheme: int
    acts_on: int
    impact: Slot
    ramp: Slot
    delivery: Slot
    captured: Slot
    shift: tuple[tuple[str, Slot], ...] = ()


@dataclass(frozen=True)
class Segment:
    """A segment of a line that has effects."""

    share: Slot
    effects: tuple[EffectSlots, ...]


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
    place = {line: s for s, line in enumerate(spec.services)}
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
            s = place[line]
            end_share = planned_share.get((line, segment), float(book.planned(share)[-1]))
            worth = plan.unit_cost[s, -1] if effect.acts_on == "unit_cost" else plan.price[s, -1]
            impact = _impact(book, spec, effect, path, end_share, plan.do_nothing[s, -1], worth)
            own = effect.ramp is not None
            ramp = ramp_slot(
                book, effect.ramp if effect.ramp is not None else scheme.ramp, f"{path}.ramp" if own else f"schemes.{name}.ramp"
            )
            shift = tuple((target, book.number(ratio, f"{path}.shift.{target}")) for target, ratio in effect.shift.items())
            members.append(EffectSlots(i, ACTS_ON[effect.acts_on], impact, ramp, delivery, captured, shift))
    # the passes take a segment's effects in the order of what they act on; within that, in file order
    return {
        line: {name: Segment(share, tuple(sorted(e, key=lambda one: one.acts_on))) for name, (share, e) in segments.items()}
        for line, segments in found.items()
    }


def build_effects(spec: StudySpec, segments: Mapping[str, Mapping[str, Segment]], years: int) -> Effects:
    """The effects as arrays."""
    ordered = [segment for line in spec.services for segment in segments[line].values()]
    effects = [effect for segment in ordered for effect in segment.effects]
    used = [(e.impact, e.ramp, e.delivery, e.captured) for e in effects]
    first = np.concatenate([[0], np.cumsum([len(segment.effects) for segment in ordered])]).astype(np.int64)
    ends = [
        [start + sum(e.acts_on <= kind for e in segment.effects) for kind in range(3)]
        for start, segment in zip(first, ordered, strict=False)
    ]
    priced = [any(e.acts_on == ON_PRICE for segment in segments[line].values() for e in segment.effects) for line in spec.services]
    return Effects(
        first_segment=np.concatenate([[0], np.cumsum([len(segments[line]) for line in spec.services])]).astype(np.int64),
        overlap=np.array([OVERLAPS[line.overlap] for line in spec.services.values()], dtype=np.int64),
        first_effect=first,
        last_effect=np.array(ends, dtype=np.int64).reshape(len(ordered), 3),
        share=np.array([(segment.share.row, segment.share.stride) for segment in ordered], dtype=np.int64).reshape(len(ordered), 2),
        share_scale=np.array([segment.share.scale for segment in ordered], dtype=np.float64).reshape(len(ordered), years),
        slot=np.array([[(k.row, k.stride) for k in e] for e in used], dtype=np.int64).reshape(len(effects), 4, 2),
        scale=np.array([[k.scale for k in e] for e in used], dtype=np.float64).reshape(len(effects), 4, years),
        scheme=np.array([e.scheme for e in effects], dtype=np.int64),
        may_exceed=np.array([_may_exceed(spec.services[line], segments[line]) for line in spec.services], dtype=np.int64),
        spend_row=np.array([SPEND_REDUCTION if on else REDUCTION for on in priced], dtype=np.int64),
    )


def _may_exceed(line: Service, segments: Mapping[str, Segment]) -> bool:
    """Whether the reduction of a line can come out above 1: not where its segments have constant shares that sum to at most 1."""
    shares = [np.array(segment.share.scale) for segment in segments.values() if segment.share.is_constant]
    if len(shares) < len(segments) or line.overlap == "independent":
        return True
    return bool(np.any(np.sum(shares, axis=0) > 1.0)) if shares else False


def build_shifts(spec: StudySpec, segments: Mapping[str, Mapping[str, Segment]], years: int) -> Shifts:
    """The shifts of all effects, in the order of their target lines."""
    place = {line: s for s, line in enumerate(spec.services)}
    found, g, e = [], 0, 0
    for line, s in place.items():
        for segment in segments[line].values():
            for effect in segment.effects:
                found += [(place[target], s, g, e, effect.scheme, ratio) for target, ratio in effect.shift]
                e += 1
            g += 1
    found.sort(key=lambda one: one[0])
    into = np.bincount(np.array([one[0] for one in found], dtype=np.int64), minlength=len(place))
    return Shifts(
        source=np.array([one[1] for one in found], dtype=np.int64),
        segment=np.array([one[2] for one in found], dtype=np.int64),
        effect=np.array([one[3] for one in found], dtype=np.int64),
        scheme=np.array([one[4] for one in found], dtype=np.int64),
        ratio=np.array([(one[5].row, one[5].stride) for one in found], dtype=np.int64).reshape(len(found), 2),
        ratio_scale=np.array([one[5].scale for one in found], dtype=np.float64).reshape(len(found), years),
        first_into=np.concatenate([[0], np.cumsum(into)]).astype(np.int64),
    )


def changed_lines(effects: Effects, shifts: Shifts) -> list[bool]:
    """Whether schemes change the price or the unit cost of each line, or shift activity into it."""
    found = []
    for s in range(effects.overlap.shape[0]):
        segments = range(int(effects.first_segment[s]), int(effects.first_segment[s + 1]))
        other = any(effects.last_effect[g, ON_UNIT_COST] > effects.last_effect[g, ON_ACTIVITY] for g in segments)
        found.append(other or bool(shifts.first_into[s] < shifts.first_into[s + 1]))
    return found


def planned_outturn(book: RowBook, effects: Effects, shifts: Shifts, do_nothing: Floats, price: Floats) -> tuple[Floats, Floats]:
    """Planned activity and price of every line and year after schemes: the hot loop's own passes on a single draw."""
    lines, matrix = effects.overlap.shape[0], book.plan_matrix()
    work, schemes, moved = (np.zeros(rows * STRIDE) for rows in (LINE_ROWS, scheme_work_rows(effects), 1))
    activity, paid = np.empty((lines, book.years)), np.empty((lines, book.years))
    added = np.zeros((lines, book.years))
    for k in range(len(shifts.source)):
        s = int(shifts.source[k])
        target = int(np.searchsorted(shifts.first_into, k, side="right")) - 1
        place = (s, int(shifts.segment[k]), int(shifts.effect[k]))
        for t in range(book.years):
            line_reduction(work, matrix, effects, s, t, 1)
            work[A0 * STRIDE] = do_nothing[s, t]
            moved_activity(moved, schemes, work, matrix, effects, place, t, 1)
            ratio = matrix[(shifts.ratio[k, 0] + shifts.ratio[k, 1] * t) * STRIDE] * shifts.ratio_scale[k, t]
            added[target, t] += moved[0] * ratio
    for s in range(lines):
        for t in range(book.years):
            line_reduction(work, matrix, effects, s, t, 1)
            reduction_of(SPEND_REDUCTION, ON_PRICE, work, matrix, effects, s, t, 1)
            left, spent = work[REDUCTION * STRIDE], work[SPEND_REDUCTION * STRIDE]
            activity[s, t] = do_nothing[s, t] * (1.0 - left) + added[s, t]
            paid[s, t] = effective_price(price[s, t], left, spent) if effects.spend_row[s] == SPEND_REDUCTION else price[s, t]
    return activity, paid


def segment_shares(book: RowBook, segments: Mapping[str, Mapping[str, Segment]]) -> dict[tuple[str, str], float]:
    """Planned final-year share of each segment that has effects."""
    return {(line, name): float(book.planned(s.share)[-1]) for line, found in segments.items() for name, s in found.items()}
