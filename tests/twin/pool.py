"""The pool between the thresholds and the shares: lower shares of small gains, limits, losses of earlier years, and the fund."""

from __future__ import annotations

from dataclasses import dataclass, field

from .thresholds import Tested

POOL_STEPS = ("pool_limits", "carry_forward", "fund")
PARTY_STEPS = ("quality", "deduction", "limits", "loss_adjustment", "term_limits")


@dataclass
class PoolTerms:
    """What is done to the pool in a year; `below_part` is of a gain that meets no rate, None where none of it is shared."""

    below_part: float | None = None
    guardrail: bool = False
    cap: float | None = None
    collar: float | None = None
    carry_years: int = 0
    fund: str | None = None
    fund_share: float = 0.0


@dataclass
class Memory:
    """What a settlement of a year has to know of the years before: payouts so far, and losses left by the year they were made in."""

    so_far: dict[str, float] = field(default_factory=dict)
    losses: dict[int, float] = field(default_factory=dict)


@dataclass
class Pool:
    """What is left for the parties, and the fund's part; together they are the pool X."""

    rest: float
    fund: float = 0.0

    @property
    def total(self) -> float:
        """X."""
        return self.rest + self.fund


def before_limits(tested: Tested, gain: float, terms: PoolTerms) -> Tested:
    """A part of a gain below its rate is shared all the same; nothing of a gain where the guardrail is up."""
    met, pool, start = tested.met, tested.pool, tested.start
    if terms.below_part is not None and met == 0 and gain > 0 and pool == 0:
        pool, start = terms.below_part * gain, 0.0
    if terms.guardrail and pool > 0:
        pool = 0.0
    return Tested(met, pool, start)


def limited(pool: float, terms: PoolTerms) -> float:
    """The pool held between minus the collar and the cap."""
    if terms.cap is not None and pool > terms.cap:
        return terms.cap
    if terms.collar is not None and pool < -terms.collar:
        return -terms.collar
    return pool


def set_off(pool: float, terms: PoolTerms, memory: Memory, year: int) -> float:
    """A gain less losses of the years before that have not expired, the oldest first; what is used is gone."""
    for made_in in sorted(memory.losses):
        if pool > 0 and made_in < year <= made_in + terms.carry_years:
            used = min(pool, memory.losses[made_in])
            memory.losses[made_in] -= used
            pool -= used
    return pool


def after_steps(pool: float, order: list[str], terms: PoolTerms, memory: Memory, year: int) -> Pool:
    """The steps on the pool in their order; a step after the fund is about what the fund has left."""
    found = Pool(pool)
    for step in order:
        if step == "pool_limits":
            found.rest = limited(found.rest, terms)
        elif step == "carry_forward":
            found.rest = set_off(found.rest, terms, memory, year)
        elif step == "fund" and terms.fund is not None and found.rest > 0:
            found.fund = terms.fund_share * found.rest
            found.rest -= found.fund
    return found
