"""What each effect of each scheme does in the plan: change in activity, saving, and what made them (notes 5 to 7, 23, 24)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.engine.build_effects import ACTS_ON, WHOLE, EffectSlots, Segment
from simengine.engine.plan import Draft, Prepared
from simengine.engine.rows import RowBook
from simengine.projection.scheme import LARGEST_EFFECT, log_mean_factor, segment_ratios
from simengine.study.defaults import effect_service
from simengine.study.model import StudySpec

Array: TypeAlias = npt.NDArray[np.float64]
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class PlannedEffect:
    """One effect on one line, by year; or what a shift adds to another line.

    Attributes
    ----------
    scheme, effect, line, segment
        Names; ``segment`` is None for the whole line.
    acts_on
        ``activity``, ``price`` or ``unit_cost``.
    shifted_from
        The line that the activity comes from, where this is a shift; else None.
    change
        Change in activity, shape (year,), negative where there is less of it; 0 for an effect on price or unit cost.
    unit_price
        Currency per unit, so that ``-change · unit_price`` is the saving; the planned price unless effects on price act on the line too.
    saving
        Gross saving at price in the currency, negative where it costs; 0 for an effect on unit cost.
    factors
        Planned impact (a share of the segment), ramp, delivery, captured and the segment's share of the line; of a shift its ratio.
    together
        How many effects act on the same segment.
    """

    scheme: str
    effect: str
    line: str
    segment: str | None
    acts_on: str
    shifted_from: str | None
    change: Array
    unit_price: Array
    saving: Array
    factors: Mapping[str, Array]
    together: int


@dataclass(frozen=True)
class _Line:
    """A line with its plan: activity and price by year without schemes, price with them, and whether an effect is on price."""

    name: str
    activity: Array
    price: Array
    independent: bool
    priced: bool


def _keys(spec: StudySpec) -> dict[Key, list[Key]]:
    """The effects (scheme, effect) of every segment (line, segment) in the order in which the engine holds them."""
    found: dict[Key, list[tuple[int, Key]]] = {}
    for name, scheme in spec.schemes.items():
        if scheme.enabled:
            for key, effect in scheme.effects.items():
                place = (effect_service(key, effect), effect.segment or WHOLE)
                found.setdefault(place, []).append((ACTS_ON[effect.acts_on], (name, key)))
    return {place: [key for _, key in sorted(keys, key=lambda one: one[0])] for place, keys in found.items()}


def _sizes(book: RowBook, effect: EffectSlots) -> dict[str, Array]:
    return {name: book.planned(getattr(effect, name)) for name in ("impact", "ramp", "delivery", "captured")}


def _size(factors: Mapping[str, Array]) -> Array:
    """``r = impact · ramp · delivery · captured``, held below 1."""
    return np.minimum(factors["impact"] * factors["ramp"] * factors["delivery"] * factors["captured"], LARGEST_EFFECT)


def _parts(sizes: Sequence[Array], share: Array) -> tuple[list[Array], Array]:
    """Log-mean part of each effect in the reduction of its segment, and that reduction."""
    logs = [-np.log1p(-r) for r in sizes]
    remaining = np.prod([1.0 - r for r in sizes], axis=0) if sizes else np.ones_like(share)
    total = np.sum(logs, axis=0) if sizes else np.zeros_like(share)
    factor = np.array([log_mean_factor(float(left), -float(log)) for left, log in zip(remaining, total, strict=True)])
    return [share * factor * log for log in logs], share * (1.0 - remaining)


def _ratios(reductions: Mapping[str, Array], independent: bool, years: int) -> dict[str, Array]:
    """By segment, what its part of the line's reduction (held at 1) is over its own: the parts add up to that of the line."""
    by_year = [segment_ratios([float(part[t]) for part in reductions.values()], independent) for t in range(years)]
    return {name: np.array([ratios[k] for ratios in by_year]) for k, name in enumerate(reductions)}


def planned_effects(ready: Prepared) -> list[PlannedEffect]:
    """Every effect of the schemes that are on, with its shifts after it, scheme by scheme in the order of the file.

    The savings of a scheme add up to its planned ``scheme_saving``, those on a line to the line's planned gross saving.
    """
    made, spec = ready.drafts[0], ready.study.spec
    keys, found = _keys(spec), []
    for s, name in enumerate(spec.services):
        segments = made.segments[name]
        if segments:
            priced = any(effect.acts_on == ACTS_ON["price"] for one in segments.values() for effect in one.effects)
            plan, overlap = made.plan.lines, spec.services[name].overlap
            line = _Line(name, plan.do_nothing[s], plan.price[s], overlap == "independent", priced)
            found += list(_of_line(made, line, segments, keys))
    order = list(spec.schemes)
    return sorted(found, key=lambda one: order.index(one.scheme))


def _of_line(made: Draft, line: _Line, segments: Mapping[str, Segment], keys: Mapping[Key, list[Key]]) -> Iterator[PlannedEffect]:
    """The effects on one line."""
    years, book = made.spec.years, made.book
    factors = {name: [_sizes(book, effect) for effect in one.effects] for name, one in segments.items()}
    shares = {name: book.planned(one.share) for name, one in segments.items()}
    parts: dict[str, dict[str, list[Array]]] = {}
    ratio: dict[str, dict[str, Array]] = {}
    for kind in ("activity", "price"):
        reductions, parts[kind] = {}, {}
        for name, one in segments.items():
            counted = [effect.acts_on <= ACTS_ON[kind] for effect in one.effects]
            sizes = [_size(each) if on else np.zeros(years) for each, on in zip(factors[name], counted, strict=True)]
            parts[kind][name], reductions[name] = _parts(sizes, shares[name])
        ratio[kind] = _ratios(reductions, line.independent, years)
    for name, one in segments.items():
        for k, effect in enumerate(one.effects):
            moved = parts["activity"][name][k] * ratio["activity"][name] * line.activity
            saving = parts["price"][name][k] * ratio["price"][name] * line.activity * line.price
            price = line.price
            if line.priced:
                price = np.where(moved == 0.0, price, saving / np.where(moved == 0.0, 1.0, moved))
            scheme, key = keys[line.name, name][k]
            acts_on = next(word for word, code in ACTS_ON.items() if code == effect.acts_on)
            segment, stated = None if name == WHOLE else name, {**factors[name][k], "share": shares[name]}
            # 0.0 - x and not -x: nothing moved is 0, not -0
            yield PlannedEffect(scheme, key, line.name, segment, acts_on, None, 0.0 - moved, price, saving, stated, len(one.effects))
            yield from _shifts(made, line.name, (scheme, key), effect, moved)


def _shifts(made: Draft, line: str, key: Key, effect: EffectSlots, moved: Array) -> Iterator[PlannedEffect]:
    """What an effect adds to other lines, at the price that these have with the schemes: a negative saving."""
    lines = list(made.spec.services)
    for target, slot in effect.shift:
        ratio = made.book.planned(slot)
        added, price = ratio * moved, made.plan.lines.outturn_price[lines.index(target)]
        yield PlannedEffect(*key, target, None, "activity", line, added, price, 0.0 - added * price, {"ratio": ratio}, 1)
