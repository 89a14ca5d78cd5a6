"""Minimum savings and loss rates, and the pool they leave (MODEL.md section 6, note 16)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .population import population
from .reading import Reader

#: People from, people to, and the rates there in per cent (42 CFR 425.604(b); below 5,000 people from settled results).
MSSP = [
    (500, 999, 12.2, 8.7),
    (1000, 2999, 8.7, 5.0),
    (3000, 4999, 5.0, 3.9),
    (5000, 5999, 3.9, 3.6),
    (6000, 6999, 3.6, 3.4),
    (7000, 7999, 3.4, 3.2),
    (8000, 8999, 3.2, 3.1),
    (9000, 9999, 3.1, 3.0),
    (10000, 14999, 3.0, 2.7),
    (15000, 19999, 2.7, 2.5),
    (20000, 49999, 2.5, 2.2),
    (50000, 59999, 2.2, 2.0),
    (60000, None, 2.0, 2.0),
]


@dataclass
class Side:
    """The terms of one side (gains, or losses) in one year.

    `shares` is a list of (lower edge of |g|, share by party), the first edge 0; more than one entry are bands.
    """

    rate: float
    kind: str
    shares: list[tuple[float, dict[str, float]]]
    multiplier: dict[str, float] = field(default_factory=dict)


@dataclass
class Tested:
    """A gain held against the thresholds: 1 (gain met), -1 (loss met) or 0, the pool, and the |g| that bands are counted from."""

    met: int
    pool: float
    start: float


def ratio(top: float, bottom: float) -> float:
    """A division that answers as IEEE arithmetic does: what cannot be settled is not finite, and the draw is a failed one."""
    if bottom != 0:
        return top / bottom
    return math.nan if top == 0 or math.isnan(top) else math.copysign(math.inf, top)


def gain_of(baseline: float, outturn: float) -> float:
    """The gain G = B - O; what is only rounding is none."""
    gain = baseline - outturn
    return 0.0 if abs(gain) <= 1e-12 * baseline else gain


def against_rates(gain: float, baseline: float, gain_side: Side, loss_side: Side) -> Tested:
    """The pool of a gain or a loss: all of it (first pound) or what is beyond the rate (excess), nothing below the rate."""
    rate_of_gain = ratio(gain, baseline)
    side = gain_side if gain > 0 else loss_side
    if math.isnan(gain):
        return Tested(0, math.nan, 0.0)
    if math.isnan(gain_side.rate) or math.isnan(loss_side.rate):
        # a list that a table has no rate for, on whichever side
        return Tested(0, math.nan, 0.0)
    if rate_of_gain == 0 or not abs(rate_of_gain) >= side.rate:
        return Tested(0, 0.0, 0.0)
    met = 1 if gain > 0 else -1
    if side.kind == "excess":
        return Tested(met, gain - met * side.rate * baseline, side.rate)
    return Tested(met, gain, 0.0)


def rate_of_size(rows: list[tuple[float, float | None, float, float]], people: float) -> float:
    """The rate of a list: linear between the ends of its row, flat between two rows and in the last one; none below the first."""
    found = math.nan
    for position, (first, last, low, high) in enumerate(rows):
        if people >= first:
            is_last = position + 1 == len(rows)
            found = low if is_last or last is None else low + (high - low) * (min(people, last) - first) / (last - first)
    return found


def size_rows(table: str | list[dict]) -> list[tuple[float, float | None, float, float]]:
    """The rows of a table by size, of a shipped one by its name."""
    if isinstance(table, str):
        return [(first, last, low / 100, high / 100) for first, last, low, high in {"mssp": MSSP}[table]]
    return [(row["from"], row.get("to"), row["low"], row["high"]) for row in table]


def gain_rate(reader: Reader, path: str, t: int) -> float:
    """The minimum savings rate of an arrangement in year t: by the list as drawn where there is a table."""
    if reader.has(f"{path}.msr_table"):
        return rate_of_size(size_rows(reader.get(f"{path}.msr_table")), population(reader)[t])
    return reader.number(f"{path}.msr", 0.0)[t]


def loss_rate(reader: Reader, path: str, t: int) -> float:
    """The minimum loss rate in year t: its own, its own table's, else that of gains."""
    if reader.has(f"{path}.mlr"):
        return reader.number(f"{path}.mlr")[t]
    if reader.has(f"{path}.mlr_table"):
        return rate_of_size(size_rows(reader.get(f"{path}.mlr_table")), population(reader)[t])
    return gain_rate(reader, path, t)
