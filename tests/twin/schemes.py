"""Schemes: ramps, effects, how they combine on a line, and whose saving it is (MODEL.md section 3, notes 5 to 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .activity import base_activity
from .reading import NAN, Reader, is_table

LARGEST_REDUCTION = 1 - 1e-12
WHOLE = "whole"


@dataclass
class Effect:
    """One effect of an enabled scheme: the share r[t] by which it reduces one segment of one line, and where what it moves goes."""

    scheme: str
    line: str
    segment: str
    acts_on: str
    reduction: list[float]
    shift: dict[str, list[float]]


@dataclass
class Combined:
    """Some of the effects on one line in one year: the share that is saved, and each effect's part of it."""

    share: float
    parts: list[tuple[Effect, float]]
    clipped: bool


@dataclass
class PlannedEnd:
    """What impacts in units or money are divided by: do-nothing activity, price and unit cost of the plan, and its reader for shares."""

    reader: Reader
    activity: dict[str, list[float]]
    price: dict[str, list[float]]
    unit_cost: dict[str, list[float]]

    def quantity(self, line: str, segment: str, impact_is: str, acts_on: str) -> float:
        """1 for a share; else the planned end-state units, spend or (for effects on unit cost) cost of the segment."""
        if impact_is == "share":
            return 1.0
        end = self.reader.last_year
        units = segment_share(self.reader, line, segment)[end] * self.activity[line][end]
        if impact_is == "units":
            return units
        worth = self.unit_cost if acts_on == "unit_cost" else self.price
        return units * worth[line][end]


def enabled_schemes(reader: Reader) -> list[str]:
    """The schemes that are not switched off."""
    return [scheme for scheme in reader.names("schemes") if reader.get(f"schemes.{scheme}.enabled", True)]


def clip(value: float, low: float, high: float) -> float:
    """The value held between two bounds."""
    return min(max(value, low), high)


def ramp_at(time: float, years: float, delay: float, shape: str) -> float:
    """The value of a ramp table at the end of a year."""
    if years == 0:
        return 1.0 if time > delay else 0.0
    if shape == "stepped":
        return clip(math.floor(time - delay) / years, 0.0, 1.0)
    x = clip((time - delay) / years, 0.0, 1.0)
    if shape == "s_curve":
        return 3 * x**2 - 2 * x**3
    return x


def ramp(reader: Reader, path: str) -> list[float]:
    """A ramp over the years: a number, a table, or 1 when it is left out."""
    if not is_table(reader.get(path)):
        return reader.number(path, 1.0)
    years = reader.number(f"{path}.years")
    delay = reader.number(f"{path}.delay", 0.0)
    shape = reader.get(f"{path}.shape", "linear")
    average = reader.get(f"{path}.in_year", "end") == "average"
    result = reader.zeros()
    for t in reader.years:
        at_end = ramp_at(t, years[t], delay[t], shape)
        if average and years[t] != 0:
            at_start = ramp_at(t - 1, years[t], delay[t], shape)
            result[t] = (at_start + at_end) / 2
        else:
            result[t] = at_end
    return result


def segment_share(reader: Reader, line: str, segment: str) -> list[float]:
    """The share of a line's activity that is in a segment, over the years."""
    if segment == WHOLE and not reader.has(f"services.{line}.segments.{segment}"):
        return [1.0] * (reader.last_year + 1)
    path = f"services.{line}.segments.{segment}"
    if reader.has(f"{path}.people"):
        people = reader.base_number(f"{path}.people")
        rate = reader.number(f"{path}.rate")
        return [people * value / base_activity(reader, line) for value in rate]
    return reader.number(f"{path}.share")


def all_effects(reader: Reader, planned: PlannedEnd, end_state: bool = False) -> list[Effect]:
    """Every effect of every enabled scheme. In the end state ramps and shares captured are 1."""
    result = []
    for scheme in enabled_schemes(reader):
        delivery = reader.number(f"schemes.{scheme}.delivery", 1.0)
        captured = reader.number(f"schemes.{scheme}.captured", 1.0)
        for name in reader.names(f"schemes.{scheme}.effects"):
            path = f"schemes.{scheme}.effects.{name}"
            line = reader.get(f"{path}.service", name)
            segment = reader.get(f"{path}.segment", WHOLE)
            acts_on = reader.get(f"{path}.acts_on", "activity")
            impact_is = reader.get(f"{path}.impact_is", "share")
            impact = reader.money(f"{path}.impact") if impact_is == "money" else reader.number(f"{path}.impact")
            quantity = planned.quantity(line, segment, impact_is, acts_on)
            steps = ramp(reader, f"{path}.ramp" if reader.has(f"{path}.ramp") else f"schemes.{scheme}.ramp")
            reduction = [NAN]
            for t in reader.years:
                if end_state:
                    r = impact[t] / quantity * delivery[t]
                else:
                    r = impact[t] / quantity * steps[t] * delivery[t] * captured[t]
                reduction.append(min(r, LARGEST_REDUCTION))
            shift = {target: reader.number(f"{path}.shift.{target}") for target in reader.names(f"{path}.shift")}
            result.append(Effect(scheme, line, segment, acts_on, reduction, shift))
    return result


def log_mean_parts(reductions: list[tuple[Any, float]]) -> list[tuple[Any, float]]:
    """L(1, Π(1 - r)) · (-ln(1 - r_i)) of each r_i: parts of 1 - Π(1 - r) that add up whatever the signs; L(1, 1) = 1."""
    logs = [-math.log1p(-r) for _, r in reductions]
    total = math.fsum(logs)
    mean = -math.expm1(-total) / total if total != 0 else 1.0
    return [(key, mean * log) for (key, _), log in zip(reductions, logs, strict=True)]


def over_segments(saved: dict[str, float], share: float) -> dict[str, float]:
    """What each of independent segments takes of the share saved of their line, over what it would save alone (over nothing: the limit)."""
    held = {segment: min(part, LARGEST_REDUCTION) for segment, part in saved.items()}
    logs = {segment: -math.log1p(-part) for segment, part in held.items()}
    total = math.fsum(logs.values())
    if held != saved or total > 20:
        # next to nothing is left: parts of the whole by their logarithms
        return {segment: share * logs[segment] / total / part if part != 0 else share / total for segment, part in saved.items()}
    mean = -math.expm1(-total) / total if total != 0 else 1.0
    return {segment: mean * logs[segment] / part if part != 0 else mean for segment, part in saved.items()}


def combine(reader: Reader, line: str, effects: list[Effect], kinds: tuple[str, ...], t: int) -> Combined:
    """Combines the effects of some kinds on a line in a year: within segments they compound, over segments as the line's `overlap` says."""
    on_line = [effect for effect in effects if effect.line == line and effect.acts_on in kinds]
    saved: dict[str, float] = {}
    inside: dict[str, list[tuple[Effect, float]]] = {}
    for segment in dict.fromkeys(effect.segment for effect in on_line):
        size = segment_share(reader, line, segment)[t]
        reductions = [(effect, effect.reduction[t]) for effect in on_line if effect.segment == segment]
        remaining = math.prod(1 - r for _, r in reductions)
        saved[segment] = size * (1 - remaining)
        inside[segment] = [(effect, size * part) for effect, part in log_mean_parts(reductions)]

    added = sum(saved.values())
    independent = reader.get(f"services.{line}.overlap", "disjoint") == "independent"
    share = 1 - math.prod(1 - part for part in saved.values()) if independent else added
    clipped = share > 1
    share = min(share, 1.0)
    if independent:
        # log-mean again, over the segments: a segment takes its part of what the line saves, not what it would save alone
        factors = over_segments(saved, share)
    else:
        factors = dict.fromkeys(saved, share / added if clipped else 1.0)
    parts = [(effect, part * factors[segment]) for segment, found in inside.items() for effect, part in found]
    return Combined(share, parts, clipped)
