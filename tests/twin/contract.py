"""Gain and loss sharing (MODEL.md section 6, note 16)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .budgets import Budget
from .coverage import cover, ratio, residual_party
from .payment import Plan
from .reading import Reader


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
class Settlement:
    """What an arrangement does in one year."""

    baseline: float
    outturn: float
    gain: float
    pool: float
    msr_met: int
    payout: dict[str, float]
    windfall: dict[str, float]
    settlement: dict[str, float]
    cap_hit: dict[str, int]
    collar_hit: dict[str, int]


def share_of_pool(party: str, side: Side, pool: float, rate_of_gain: float, baseline: float) -> float:
    """A party's share of the pool before quality and limits: share · X, or ±B times the integral of its band shares."""
    if len(side.shares) == 1:
        return side.shares[0][1].get(party, 0.0) * pool
    start = side.rate if side.kind == "excess" else 0.0
    end = abs(rate_of_gain)
    integral = 0.0
    for position, (edge, shares) in enumerate(side.shares):
        next_edge = side.shares[position + 1][0] if position + 1 < len(side.shares) else end
        low = max(edge, start)
        high = min(next_edge, end)
        if high > low:
            integral += shares.get(party, 0.0) * (high - low)
    return integral * baseline if rate_of_gain > 0 else -integral * baseline


def settle(
    baseline: float,
    outturn: float,
    held: dict[str, float],
    residual: str,
    gain_side: Side,
    loss_side: Side,
    one_sided: bool = False,
    caps: dict[str, float] | None = None,
    collars: dict[str, float] | None = None,
) -> Settlement:
    """Settles one arrangement in one year. `held` is W, by every party of the arrangement."""
    gain = baseline - outturn
    rate_of_gain = ratio(gain, baseline)
    side = gain_side if gain > 0 else loss_side
    met = rate_of_gain != 0 and abs(rate_of_gain) >= side.rate

    pool = 0.0
    if met and side.kind == "excess":
        pool = gain - side.rate * baseline if gain > 0 else gain + side.rate * baseline
    elif met:
        pool = gain

    payout: dict[str, float] = {}
    cap_hit = {party: 0 for party in held}
    collar_hit = {party: 0 for party in held}
    others = 0.0
    for party in held:
        if party == residual:
            continue
        amount = 0.0
        if met and not (one_sided and gain < 0):
            amount = side.multiplier.get(party, 1.0) * share_of_pool(party, side, pool, rate_of_gain, baseline)
        cap = (caps or {}).get(party)
        collar = (collars or {}).get(party)
        if cap is not None and amount > cap:
            amount = cap
            cap_hit[party] = 1
        if collar is not None and amount < -collar:
            amount = -collar
            collar_hit[party] = 1
        payout[party] = amount
        others += amount
    payout[residual] = pool - others

    phi = pool / gain if gain != 0 else 0.0
    windfall = {party: phi * held[party] for party in held}
    settlement = {party: payout[party] - windfall[party] for party in held}
    msr_met = (1 if gain > 0 else -1) if met else 0
    return Settlement(baseline, outturn, gain, pool, msr_met, payout, windfall, settlement, cap_hit, collar_hit)


def shares_at(reader: Reader, path: str, t: int) -> dict[str, float]:
    """A table of shares by party in a year."""
    return {party: reader.number(f"{path}.{party}")[t] for party in reader.names(path)}


def banded_shares(reader: Reader, path: str, shares: dict[str, float], t: int) -> list[tuple[float, dict[str, float]]]:
    """The shares from 0 and from each band's lower edge, in the order of the edges."""
    bands = [(0.0, shares)]
    for band in reader.names(path):
        bands.append((float(reader.get(f"{path}.{band}.from")), shares_at(reader, f"{path}.{band}.share", t)))
    return sorted(bands, key=lambda band: band[0])


def score(reader: Reader, arrangement: str, party: str, t: int) -> float | None:
    """The quality score of a party in a year: its own, the common one, or none."""
    path = f"arrangements.{arrangement}.quality"
    for key in (party, "score"):
        if reader.has(f"{path}.{key}"):
            return reader.number(f"{path}.{key}")[t]
    return None


def gain_terms(reader: Reader, arrangement: str, provider_side: list[str], t: int) -> Side:
    """The terms of a gain in a year."""
    path = f"arrangements.{arrangement}"
    shares = banded_shares(reader, f"{path}.gain_bands", shares_at(reader, f"{path}.gain_share", t), t)
    side = Side(reader.number(f"{path}.msr", 0.0)[t], reader.get(f"{path}.msr_kind", "first_pound"), shares)
    rule = reader.get(f"{path}.quality.gain", "multiplier")
    for party in provider_side:
        quality = score(reader, arrangement, party, t)
        if quality is None or rule == "none":
            side.multiplier[party] = 1.0
        elif rule == "gate":
            side.multiplier[party] = 1.0 if quality >= reader.get(f"{path}.quality.gate") else 0.0
        else:
            side.multiplier[party] = quality
    return side


def loss_terms(reader: Reader, arrangement: str, provider_side: list[str], t: int) -> Side:
    """The terms of a loss in a year: every default is the term of the gain."""
    path = f"arrangements.{arrangement}"
    rate = reader.number(f"{path}.mlr")[t] if reader.has(f"{path}.mlr") else reader.number(f"{path}.msr", 0.0)[t]
    kind = reader.get(f"{path}.mlr_kind") or reader.get(f"{path}.msr_kind", "first_pound")
    table = f"{path}.loss_share" if reader.has(f"{path}.loss_share") else f"{path}.gain_share"
    shares = banded_shares(reader, f"{path}.loss_bands", shares_at(reader, table, t), t)
    side = Side(rate, kind, shares)
    rule = reader.get(f"{path}.quality.loss", "none")
    for party in provider_side:
        quality = score(reader, arrangement, party, t)
        side.multiplier[party] = 1.0
        if quality is not None and rule == "soften":
            side.multiplier[party] = 1 - reader.get(f"{path}.quality.soften") * quality
    if rule == "loss_rate":
        side.shares = [(edge, loss_rate_shares(reader, arrangement, provider_side, by_party, t)) for edge, by_party in shares]
    return side


def loss_rate_shares(reader: Reader, arrangement: str, provider_side: list[str], shares: dict[str, float], t: int) -> dict[str, float]:
    """Loss shares replaced by clip(1 - share_max · score, floor, ceiling) times the party's part of the provider side's shares."""
    path = f"arrangements.{arrangement}.quality"
    total = sum(shares.get(party, 0.0) for party in provider_side)
    result = {}
    for party in provider_side:
        quality = score(reader, arrangement, party, t)
        if quality is None:
            result[party] = shares.get(party, 0.0)
            continue
        rate = 1 - reader.get(f"{path}.loss_share_max") * quality
        rate = min(max(rate, reader.get(f"{path}.loss_floor")), reader.get(f"{path}.loss_ceiling"))
        result[party] = rate * shares.get(party, 0.0) / total if total != 0 else 0.0
    return result


def limit(reader: Reader, path: str, baseline: float, income: float, t: int) -> float | None:
    """The smallest of a party's limits, or none."""
    found = []
    if reader.has(f"{path}.of_baseline"):
        found.append(reader.number(f"{path}.of_baseline")[t] * baseline)
    if reader.has(f"{path}.of_income"):
        found.append(reader.number(f"{path}.of_income")[t] * income)
    if reader.has(f"{path}.amount"):
        found.append(reader.money(f"{path}.amount")[t])
    return min(found) if found else None


def limits(reader: Reader, plan: Plan, path: str, baseline: float, t: int) -> dict[str, float]:
    """The limits by party of a table of caps or collars."""
    result = {}
    for party in reader.names(path):
        value = limit(reader, f"{path}.{party}", baseline, plan.income[party][t], t)
        if value is not None:
            result[party] = value
    return result


def is_one_sided(reader: Reader, arrangement: str, t: int) -> bool:
    """Whether only gains are shared in a year."""
    sides = reader.get(f"arrangements.{arrangement}.sides", "two")
    return (sides[t - 1] if isinstance(sides, list) else sides) == "one"


def settle_arrangement(
    reader: Reader, plan: Plan, budgets: dict[str, Budget], arrangement: str, activity: dict[str, list[float]], t: int
) -> Settlement:
    """Settles an arrangement of the study in year t, on the activity after schemes at the reference price."""
    path = f"arrangements.{arrangement}"
    residual = residual_party(reader, arrangement)
    covered = cover(reader, plan, budgets, arrangement, activity, t)
    provider_side = [party for party in covered.held if party != residual]
    return settle(
        covered.baseline,
        covered.outturn,
        covered.held,
        residual,
        gain_terms(reader, arrangement, provider_side, t),
        loss_terms(reader, arrangement, provider_side, t),
        is_one_sided(reader, arrangement, t),
        limits(reader, plan, f"{path}.cap", covered.baseline, t),
        limits(reader, plan, f"{path}.collar", covered.baseline, t),
    )
