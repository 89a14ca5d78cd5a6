"""The terms of an arrangement of a study in one year, with one value for every driver."""

from __future__ import annotations

from dataclasses import dataclass, field

from .budgets import Budget
from .coverage import planned_baselines
from .parties import PartyTerms
from .payment import Plan
from .pool import PARTY_STEPS, POOL_STEPS, PoolTerms
from .population import population
from .reading import Reader
from .thresholds import Side, gain_rate, loss_rate


@dataclass
class Terms:
    """All terms of a year."""

    gain: Side
    loss: Side
    one_sided: bool = False
    pool: PoolTerms = field(default_factory=PoolTerms)
    parties: PartyTerms = field(default_factory=PartyTerms)
    order: list[str] = field(default_factory=lambda: [*POOL_STEPS, *PARTY_STEPS])


def shares_at(reader: Reader, path: str, t: int) -> dict[str, float]:
    """A table of shares by party in a year."""
    return {party: reader.number(f"{path}.{party}")[t] for party in reader.names(path)}


def banded_shares(reader: Reader, path: str, shares: dict[str, float], t: int) -> list[tuple[float, dict[str, float]]]:
    """The shares from 0 and from each band's lower edge, in the order of the edges."""
    bands = [(0.0, shares)]
    for band in reader.names(path):
        bands.append((reader.number(f"{path}.{band}.from")[t], shares_at(reader, f"{path}.{band}.share", t)))
    return sorted(bands, key=lambda band: band[0])


def score(reader: Reader, path: str, party: str, t: int) -> float | None:
    """The quality score of a party in a year: its own, the common one, or none."""
    for key in (party, "score"):
        if reader.has(f"{path}.{key}"):
            return reader.number(f"{path}.{key}")[t]
    return None


def score_that_counts(reader: Reader, path: str, quality: float, on_gains: bool, t: int) -> float:
    """The score under a standard: see MODEL.md's source RISKSHARE.md 1.1, quality by performance year."""
    stated = reader.get(f"{path}.standard", "none")
    standard = stated[t - 1] if isinstance(stated, list) else stated
    met = reader.number(f"{path}.met", 1.0)[t] > 0
    alternative = reader.number(f"{path}.alternative_met", 0.0)[t] > 0
    if standard == "none":
        return quality
    if standard == "required":
        return quality if met else 0.0
    if on_gains:
        return 1.0 if met else quality if alternative else 0.0
    return quality if met or alternative else 0.0


def gain_terms(reader: Reader, path: str, provider_side: list[str], t: int) -> Side:
    """The terms of a gain in a year."""
    shares = banded_shares(reader, f"{path}.gain_bands", shares_at(reader, f"{path}.gain_share", t), t)
    side = Side(gain_rate(reader, path, t), reader.get(f"{path}.msr_kind", "first_pound"), shares)
    rule = reader.get(f"{path}.quality.gain", "multiplier")
    for party in provider_side:
        own = score(reader, f"{path}.quality", party, t)
        if own is None or rule == "none":
            continue
        quality = score_that_counts(reader, f"{path}.quality", own, True, t)
        if rule == "gate":
            side.multiplier[party] = 1.0 if quality >= reader.number(f"{path}.quality.gate")[t] else 0.0
        else:
            side.multiplier[party] = quality
    return side


def loss_terms(reader: Reader, path: str, provider_side: list[str], t: int) -> Side:
    """The terms of a loss in a year: every default is the term of the gain."""
    kind = reader.get(f"{path}.mlr_kind") or reader.get(f"{path}.msr_kind", "first_pound")
    table = f"{path}.loss_share" if reader.has(f"{path}.loss_share") else f"{path}.gain_share"
    first = shares_at(reader, table, t)
    side = Side(loss_rate(reader, path, t), kind, banded_shares(reader, f"{path}.loss_bands", first, t))
    rule = reader.get(f"{path}.quality.loss", "none")
    of_all = sum(first.get(party, 0.0) for party in provider_side)
    for party in provider_side:
        own = score(reader, f"{path}.quality", party, t)
        if own is None or rule == "none":
            continue
        quality = score_that_counts(reader, f"{path}.quality", own, False, t)
        if rule == "soften":
            side.multiplier[party] = 1 - reader.number(f"{path}.quality.soften")[t] * quality
        else:
            # the loss rate takes the place of the whole side's share, and each party bears its part of it
            rate = 1 - reader.number(f"{path}.quality.loss_share_max")[t] * quality
            rate = min(max(rate, reader.number(f"{path}.quality.loss_floor")[t]), reader.number(f"{path}.quality.loss_ceiling")[t])
            side.multiplier[party] = rate / of_all if of_all != 0 else 0.0
    return side


def limit(reader: Reader, path: str, baseline: float, income: float, t: int) -> float | None:
    """The smallest of a party's (or the pool's) limits, or none."""
    found = []
    if reader.has(f"{path}.of_baseline"):
        found.append(reader.number(f"{path}.of_baseline")[t] * baseline)
    if reader.has(f"{path}.of_income"):
        found.append(reader.number(f"{path}.of_income")[t] * income)
    if reader.has(f"{path}.amount"):
        found.append(reader.money(f"{path}.amount")[t])
    return min(found) if found else None


def limits(reader: Reader, path: str, baseline: float, income: dict[str, float], t: int) -> dict[str, float]:
    """The limits by party of a table of caps or collars."""
    found = {party: limit(reader, f"{path}.{party}", baseline, income[party], t) for party in reader.names(path)}
    return {party: value for party, value in found.items() if value is not None}


def is_one_sided(reader: Reader, path: str, t: int) -> bool:
    """Whether only gains are shared in a year."""
    sides = reader.get(f"{path}.sides", "two")
    return (sides[t - 1] if isinstance(sides, list) else sides) == "one"


def pool_terms(reader: Reader, path: str, baseline: float, t: int) -> PoolTerms:
    """What is done to the pool in year t."""
    terms = PoolTerms()
    if reader.has(f"{path}.below_msr"):
        needed = reader.get(f"{path}.below_msr.from")
        if needed is None or population(reader)[t] >= needed:
            terms.below_part = reader.number(f"{path}.below_msr.part")[t]
    terms.guardrail = reader.number(f"{path}.guardrail", 0.0)[t] > 0
    terms.cap = limit(reader, f"{path}.pool_cap", baseline, 0.0, t)
    terms.collar = limit(reader, f"{path}.pool_collar", baseline, 0.0, t)
    terms.carry_years = reader.get(f"{path}.carry_forward.years", 0)
    if reader.has(f"{path}.fund"):
        terms.fund, terms.fund_share = reader.get(f"{path}.fund.party"), reader.number(f"{path}.fund.share")[t]
    return terms


def relief_of(reader: Reader, path: str, provider_side: list[str], shares: dict[str, float], t: int) -> dict[str, float]:
    """What events outside control take off each party's loss: by the parties' parts of the loss shares, equally where these are 0."""
    amount = reader.money(f"{path}.loss_adjustment", 0.0)[t]
    of_all = sum(shares.get(party, 0.0) for party in provider_side)
    return {party: amount * (shares.get(party, 0.0) / of_all if of_all != 0 else 1 / len(provider_side)) for party in provider_side}


def party_terms(
    reader: Reader, plan: Plan, budgets: dict[str, Budget], path: str, provider_side: list[str], loss: Side, baseline: float, t: int
) -> PartyTerms:
    """What is done to the parties' amounts in year t."""
    terms = PartyTerms(reader.number(f"{path}.deduction", 0.0)[t])
    part = reader.number(f"{path}.proration", 1.0)
    income = {party: plan.income[party][t] * part[t] for party in provider_side}
    terms.caps = limits(reader, f"{path}.cap", baseline, income, t)
    terms.collars = limits(reader, f"{path}.collar", baseline, income, t)
    if reader.get(f"{path}.include_ips", False):
        for party in terms.collars:
            unearned = sum(budget.unearned[t] for budget in budgets.values() if budget.holder == party)
            terms.collars[party] = max(terms.collars[party] - unearned, 0.0)
    terms.relief = relief_of(reader, path, provider_side, loss.shares[0][1], t)
    if not reader.has(f"{path}.term_cap") and not reader.has(f"{path}.term_collar"):
        return terms
    of_term = {party: sum(plan.income[party][year] * part[year] for year in reader.years) for party in provider_side}
    planned = sum(planned_baselines(reader, plan, path.split(".")[1]))
    terms.term_caps = limits(reader, f"{path}.term_cap", planned, of_term, t)
    terms.term_collars = limits(reader, f"{path}.term_collar", planned, of_term, t)
    return terms


def order_of(reader: Reader, path: str) -> list[str]:
    """The movable steps in the order of the contract."""
    return reader.get(f"{path}.order") or [*POOL_STEPS, *PARTY_STEPS]


def terms_of(
    reader: Reader, plan: Plan, budgets: dict[str, Budget], arrangement: str, provider_side: list[str], baseline: float, t: int
) -> Terms:
    """The terms of an arrangement in year t; the provider side is everyone but the residual party and the fund's."""
    path = f"arrangements.{arrangement}"
    gain = gain_terms(reader, path, provider_side, t)
    loss = loss_terms(reader, path, provider_side, t)
    return Terms(
        gain,
        loss,
        is_one_sided(reader, path, t),
        pool_terms(reader, path, baseline, t),
        party_terms(reader, plan, budgets, path, provider_side, loss, baseline, t),
        order_of(reader, path),
    )
