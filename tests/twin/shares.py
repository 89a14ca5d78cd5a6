"""How a pool is shared: by one share, or by the marginal shares of bands of |g| (MODEL.md section 6, bands)."""

from __future__ import annotations

import math

from .thresholds import ratio

Bands = list[tuple[float, dict[str, float]]]


def first_shares(parties: list[str], bands: Bands) -> dict[str, float]:
    """The share of each party from 0 on."""
    return {party: bands[0][1].get(party, 0.0) for party in parties}


def by_party(parties: list[str], bands: Bands, pool: float, baseline: float, start: float) -> dict[str, float]:
    """Each party's part of what is shared; with bands, what is shared lies from `start` on, in shares of the baseline."""
    return {party: part_of(party, bands, pool, baseline, start) for party in parties}


def part_of(party: str, bands: Bands, pool: float, baseline: float, start: float) -> float:
    """A party's part: share · X, or ±B times the integral of its band shares."""
    if len(bands) == 1:
        return bands[0][1].get(party, 0.0) * pool
    if math.isnan(pool):
        return pool
    end = start + ratio(abs(pool), baseline)
    integral = 0.0
    for position, (edge, shares) in enumerate(bands):
        next_edge = bands[position + 1][0] if position + 1 < len(bands) else end
        low = max(edge, start)
        high = min(next_edge, end)
        if high > low:
            integral += shares.get(party, 0.0) * (high - low)
    return integral * baseline if pool > 0 else -integral * baseline
