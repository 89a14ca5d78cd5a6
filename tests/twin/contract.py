"""Gain and loss sharing (MODEL.md section 6, note 16): the settlement of one arrangement in one year."""

from __future__ import annotations

from dataclasses import dataclass

from .budgets import Budget
from .coverage import Covered, cover, residual_party
from .line_by_line import share_lines
from .parties import Paid, multiplied, settle_party, uncharged
from .payment import Plan
from .pool import Memory, Pool, after_steps, before_limits
from .reading import Reader
from .shares import by_party, first_shares
from .terms import Terms, terms_of
from .thresholds import Side, against_rates, gain_of

__all__ = ["Memory", "Settlement", "Side", "Terms", "settle", "settle_arrangement"]


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


def settle(
    baseline: float,
    outturn: float,
    held: dict[str, float],
    residual: str,
    terms: Terms,
    memory: Memory | None = None,
    year: int = 1,
) -> Settlement:
    """Settles one arrangement in one year, its lines netted. `held` is W, by every party of the arrangement."""
    memory = memory or Memory()
    gain = gain_of(baseline, outturn)
    tested = before_limits(against_rates(gain, baseline, terms.gain, terms.loss), gain, terms.pool)
    pool = after_steps(tested.pool, terms.order, terms.pool, memory, year)

    others = [party for party in held if party not in (residual, terms.pool.fund)]
    side = terms.gain if gain > 0 else terms.loss
    amounts = dict.fromkeys(others, 0.0)
    if not (terms.one_sided and gain < 0):
        amounts = by_party(others, side.shares, pool.rest, baseline, tested.start)
    paid = pay(others, amounts, terms, memory)
    if pool.total < 0 and terms.pool.carry_years:
        memory.losses[year] = uncharged(pool.total, full_loss(others, amounts, terms, pool), paid)

    phi = pool.total / gain if gain != 0 else 0.0
    windfall = {party: phi * held[party] for party in held}
    return finished(baseline, outturn, gain, tested.met, pool, windfall, residual, terms, paid, memory)


def full_loss(others: list[str], amounts: dict[str, float], terms: Terms, pool: Pool) -> dict[str, float]:
    """What each party bears of a loss by two-sided terms, before limits: in a one-sided year by the shares of its gains."""
    if terms.one_sided:
        return {party: share * pool.rest for party, share in first_shares(others, terms.gain.shares).items()}
    return {party: multiplied(amounts[party], party, terms.gain, terms.loss) for party in others}


def pay(others: list[str], amounts: dict[str, float], terms: Terms, memory: Memory) -> dict[str, Paid]:
    """The steps on each party's amount."""
    sides, before = (terms.gain, terms.loss), memory.so_far
    return {party: settle_party(party, amounts[party], terms.order, sides, terms.parties, before.get(party, 0.0)) for party in others}


def finished(
    baseline: float,
    outturn: float,
    gain: float,
    met: int,
    pool: Pool,
    windfall: dict[str, float],
    residual: str,
    terms: Terms,
    paid: dict[str, Paid],
    memory: Memory,
) -> Settlement:
    """The residual party takes what the others and the fund leave; a settlement is a payout less what is held of the pool."""
    payout = {party: one.amount for party, one in paid.items()}
    if terms.pool.fund is not None:
        payout[terms.pool.fund] = pool.fund
    payout[residual] = pool.total - sum(payout.values())
    for party, amount in payout.items():
        memory.so_far[party] = memory.so_far.get(party, 0.0) + amount
    parties = list(windfall)
    return Settlement(
        baseline,
        outturn,
        gain,
        pool.total,
        met,
        {party: payout[party] for party in parties},
        windfall,
        {party: payout[party] - windfall[party] for party in parties},
        {party: paid[party].cap_hit if party in paid else 0 for party in parties},
        {party: paid[party].collar_hit if party in paid else 0 for party in parties},
    )


def settle_by_line(covered: Covered, residual: str, terms: Terms, memory: Memory) -> Settlement:
    """Settles one arrangement in one year, each line by itself; what is about the sums is done once."""
    others = [party for party in covered.held if party not in (residual, terms.pool.fund)]
    shared = share_lines(covered, others, terms)
    pool, amounts = Pool(shared.pool), shared.amounts
    if terms.pool.fund is not None and shared.pool > 0:
        pool = Pool((1 - terms.pool.fund_share) * shared.pool, terms.pool.fund_share * shared.pool)
        amounts = {party: (1 - terms.pool.fund_share) * amount for party, amount in amounts.items()}
    paid = pay(others, amounts, terms, memory)
    met = 1 if shared.pool > 0 else -1 if shared.pool < 0 else 0
    return finished(covered.baseline, covered.outturn, shared.gain, met, pool, shared.windfall, residual, terms, paid, memory)


def settle_arrangement(
    reader: Reader,
    plan: Plan,
    budgets: dict[str, Budget],
    arrangement: str,
    activity: dict[str, list[float]],
    t: int,
    memory: Memory,
) -> Settlement:
    """Settles an arrangement of the study in year t, on the activity after schemes at the reference price."""
    residual = residual_party(reader, arrangement)
    covered = cover(reader, plan, budgets, arrangement, activity, t)
    fund = reader.get(f"arrangements.{arrangement}.fund.party")
    provider_side = [party for party in covered.held if party not in (residual, fund)]
    terms = terms_of(reader, plan, budgets, arrangement, provider_side, covered.baseline, t)
    if reader.get(f"arrangements.{arrangement}.line_by_line", False):
        return settle_by_line(covered, residual, terms, memory)
    return settle(covered.baseline, covered.outturn, covered.held, residual, terms, memory, t)
