"""Each covered line settled by itself, up to the shares of the parties (MODEL.md section 6, line by line)."""

from __future__ import annotations

from dataclasses import dataclass

from .coverage import Covered
from .shares import by_party
from .terms import Terms
from .thresholds import against_rates, gain_of


@dataclass
class Shared:
    """The sums over the lines: the gain, the pool, the parties' amounts before any step on them, and what is held of the pools."""

    gain: float
    pool: float
    amounts: dict[str, float]
    windfall: dict[str, float]


def share_lines(covered: Covered, others: list[str], terms: Terms) -> Shared:
    """Thresholds, shares, bands and phi · W line by line, summed."""
    found = Shared(0.0, 0.0, dict.fromkeys(others, 0.0), dict.fromkeys(covered.held, 0.0))
    for line in covered.lines:
        gain = gain_of(line.baseline, line.outturn)
        found.gain += gain
        tested = against_rates(gain, line.baseline, terms.gain, terms.loss)
        found.pool += tested.pool
        if not (terms.one_sided and gain < 0):
            shares = terms.gain.shares if gain > 0 else terms.loss.shares
            for party, amount in by_party(others, shares, tested.pool, line.baseline, tested.start).items():
                found.amounts[party] += amount
        phi = tested.pool / gain if gain != 0 else 0.0
        for party, held in line.held.items():
            found.windfall[party] += phi * held
    return found
