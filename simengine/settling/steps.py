"""One contract's year settled: the order of operations of MODEL.md section 6 through the rules of ``simengine.contract``, in decimals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from simengine.contract.order import PARTY_STEPS, POOL_STEPS, full_order
from simengine.settling import bodies, words
from simengine.settling.actual import Actual, CannotSettle
from simengine.settling.outcome import History, Outcome, Step
from simengine.settling.pools import Pool, pool_of, smallest
from simengine.settling.shares import after_quality, loss_parts, shares_of
from simengine.settling.terms import INFINITE, ONE, ZERO, Limit, Terms


@dataclass
class _Year:
    """A contract's year on its way through the steps."""

    actual: Actual
    terms: Terms
    past: History
    at: int
    pools: list[Pool]
    proration: Decimal
    block: bool
    left: list[Decimal] = field(default_factory=list)
    """What is left to share of each pool: after its limits, losses set off and the fund."""
    after_limits: Decimal = ZERO
    fund: Decimal = ZERO
    off_after_fund: Decimal = ZERO
    amounts: dict[str, Decimal] = field(default_factory=dict)
    charged_by_quality: dict[str, Decimal] = field(default_factory=dict)
    relief: Decimal = ZERO
    before_limits: Decimal | None = None
    deducted: Decimal = ZERO
    limits: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def baseline(self) -> Decimal:
        return sum((pool.baseline for pool in self.pools), ZERO)

    @property
    def pool(self) -> Decimal:
        """The shareable pool X, the fund's part in it."""
        return sum(self.left, ZERO) + self.fund

    def say(self, name: str, text: str, result: str) -> None:
        self.steps.append(Step(name, text, result))


def settle_year(actual: Actual, terms: Terms, past: History, at: int) -> Outcome:
    """Settle one contract's year; ``past`` is what earlier years left and takes in what this one leaves, ``at`` the year's number.

    Raises CannotSettle where the row lacks what its terms need.
    """
    proration = terms.proration if actual.proration is None else actual.proration
    lines = [(line,) for line in actual.lines] if terms.line_by_line else [actual.lines]
    pools = [pool_of(each, actual, terms, proration) for each in lines]
    whole = sum((line.baseline for line in actual.lines), ZERO)
    block = terms.block_below is not None and whole < terms.block_below
    year = _Year(actual, terms, past, at, pools, proration, block, [pool.amount for pool in pools])
    year.notes += terms.notes
    _tell_pool(year)
    order = full_order(terms.order)
    year.after_limits = year.pool
    for step in (step for step in order if step in POOL_STEPS):
        _POOL_STEPS[step](year)
    _share(year)
    for step in (step for step in order if step in PARTY_STEPS):
        _PARTY_STEPS[step](year)
    return _close(year)


def _tell_pool(year: _Year) -> None:
    terms = year.terms
    for pool, line in zip(year.pools, year.actual.lines if terms.line_by_line else [None] * len(year.pools), strict=True):
        of = f" of {line.name}" if line is not None and line.name else ""
        parts = [f"less {words.percent(terms.stretch)}"] if terms.stretch else []
        parts += [f"{words.factor(year.proration)} of the year"] if year.proration != 1 else []
        year.say("baseline", ", ".join([f"the baseline{of}", *parts]), words.money(pool.baseline))
        year.say("outturn", ", ".join([f"the outturn{of}", *parts[1 if terms.stretch else 0 :]]), words.money(pool.outturn))
        year.say("gain", f"baseline less outturn, {words.percent(pool.gain / pool.baseline)} of the baseline", words.money(pool.gain))
        year.say("threshold", _threshold(pool, terms), words.money(pool.amount))


def _threshold(pool: Pool, terms: Terms) -> str:
    side, excess = ("savings", terms.excess_gain) if pool.gain >= 0 else ("loss", terms.excess_loss)
    rate = f"minimum {side} rate {words.percent(pool.rate)}, {words.money(pool.rate * pool.baseline)}"
    if pool.gain == 0:
        return "no gain and no loss"
    if pool.guarded:
        return f"{rate}: met, but the guardrail raised the baseline, so no gain is paid"
    if pool.below:
        return f"{rate}: not met; a part of a gain below it is shared all the same"
    if not pool.met:
        return f"{rate}: not met, nothing is shared"
    return f"{rate}: met, " + ("what lies beyond it is shared" if excess and pool.rate else "all of it is shared")


def _pool_limits(year: _Year) -> None:
    terms, pool = year.terms, year.pools[0]
    cap, collar = terms.pool_cap, terms.pool_collar
    elected = year.actual.pool_cap
    if terms.pool_elected is not None and elected is not None:
        low, high = terms.pool_elected
        if not low <= elected <= high:
            raise CannotSettle(column="pool_cap", rule=f"must be from {low} to {high} under {terms.name}", value=str(elected))
        cap = collar = Limit(of_baseline=elected)
    if len(year.pools) > 1 or (cap == Limit() and collar == Limit()):
        return
    most, least = (smallest(limit, pool.baseline, None, "a limit on the pool")[0] for limit in (cap, collar))
    before, year.left[0] = year.left[0], bodies.limit_to_corridor(year.left[0], least, most)
    if year.left[0] != before:
        year.limits.append("pool_cap" if before > 0 else "pool_collar")
        if terms.pool_elected is not None and elected is None:
            year.notes.append(f"the cap on savings and losses is elected and not stated: {words.percent(most / pool.baseline)} is used")
    year.after_limits = year.pool
    year.say("pool limits", f"at most {_or_none(most)} of a gain and {_or_none(least)} of a loss", words.money(year.left[0]))


def _carry_forward(year: _Year) -> None:
    if not year.terms.carry_years:
        return
    kept = [(year_of, amount) for year_of, amount in year.past.carried if year.at <= year_of + year.terms.carry_years]
    used_up = []
    for year_of, amount in kept:
        used = bodies.loss_set_off(year.left[0], amount)
        year.left[0] -= used
        used_up.append((year_of, amount - used))
    if kept:
        off = sum((amount for _, amount in kept), ZERO) - sum((amount for _, amount in used_up), ZERO)
        year.say("carry forward", f"losses of earlier years set off: {words.money(off)}", words.money(year.left[0]))
    year.past.carried = [(year_of, amount) for year_of, amount in used_up if amount > 0]


def _fund(year: _Year) -> None:
    if year.terms.fund is None:
        return
    party, share = year.terms.fund
    whole = year.pool
    year.fund = bodies.fund_part(whole, share)
    if year.fund:
        year.left = [amount * (ONE - share) for amount in year.left]
    year.say("fund", f"{words.percent(share)} of a gain to {party}", words.money(year.fund))


def _share(year: _Year) -> None:
    """Step 9, line by line where that is agreed: with several lines the fund's part comes off the parties' sums."""
    terms = year.terms
    sums = dict.fromkeys(terms.parties, ZERO)
    scale = ONE
    if len(year.pools) > 1 and year.fund:
        scale = ONE - (terms.fund[1] if terms.fund else ZERO)
    for pool, left in zip(year.pools, [pool.amount for pool in year.pools] if len(year.pools) > 1 else year.left, strict=True):
        for party, amount in shares_of(pool, left, terms, year.block).items():
            sums[party] += amount * scale
    year.amounts = sums
    kind = "block payment: all of it stays with the provider side" if year.block else "shares of " + words.money(sum(year.left, ZERO))
    if terms.one_sided and year.pool < 0:
        kind = "one-sided: a loss stays with " + terms.residual
    year.say("shares", kind + (", by bands" if (terms.gain_bands or terms.loss_bands) and not year.block else ""), words.each(sums))
    year.charged_by_quality = dict(sums)


def _quality(year: _Year) -> None:
    if not year.terms.quality.gain and not year.terms.quality.loss:
        return
    before = year.amounts
    year.amounts = after_quality(before, year.actual, year.terms)
    year.charged_by_quality = dict(year.amounts)
    if year.amounts != before:
        year.say("quality", "what the quality score makes of it", words.each(year.amounts))


def _deduction(year: _Year) -> None:
    before = year.amounts
    year.amounts = {party: bodies.after_deduction(amount, year.terms.deduction) for party, amount in before.items()}
    year.deducted = sum(before.values(), ZERO) - sum(year.amounts.values(), ZERO)
    if year.deducted:
        year.say("deduction", f"{words.percent(year.terms.deduction)} of what is paid for a gain", words.each(year.amounts))


def _limits(year: _Year) -> None:
    year.before_limits = sum(year.amounts.values(), ZERO)
    for party, amount in year.amounts.items():
        cap = _limit(year, "cap", party, amount > 0)
        collar = _limit(year, "collar", party, amount < 0)
        if amount < 0 and party in year.terms.include_ips:
            unearned = year.actual.unearned.get(party)
            if unearned is None:
                raise CannotSettle(
                    column=f"unearned_ips_{party}", rule="is required: unearned improvement payments count towards the collar"
                )
            collar = bodies.collar_left(collar, unearned)
        limited = bodies.limit_to_corridor(amount, collar, cap)
        if limited != amount:
            year.limits.append("cap" if amount > 0 else "collar")
            year.say("limits", f"{party}: at most {words.money(cap if amount > 0 else collar)}", words.money(limited))
        year.amounts[party] = limited


def _limit(year: _Year, key: str, party: str, asked: bool) -> Decimal:
    """The limit of a party in money; infinite where it has none or none is asked for."""
    limit = (year.terms.cap if key == "cap" else year.terms.collar).get(party)
    if limit is None or not asked:
        return INFINITE
    actual = year.actual
    alone = actual.revenue if len(year.terms.parties) == 1 else None
    income = actual.revenues.get(party, alone)
    income = year.terms.income.get(party) if income is None else income
    # as the baseline, income is that of the part of the year that is settled
    income = None if income is None else income * year.proration
    found, left_out = smallest(limit, year.baseline, income, f"the {key} of {party}", party if len(year.terms.parties) > 1 else "")
    if left_out:
        year.notes.append(f"the {key} is the smaller of shares of revenue and baseline; revenue is not stated, so the second is used")
    return found


def _loss_adjustment(year: _Year) -> None:
    stated = year.actual.adjustment
    relief = year.terms.loss_adjustment if stated is None else stated * year.proration
    if not relief:
        return
    before = sum(year.amounts.values(), ZERO)
    parts = loss_parts(year.terms)
    year.amounts = {party: bodies.loss_after_adjustment(amount, relief * parts[party]) for party, amount in year.amounts.items()}
    year.relief = sum(year.amounts.values(), ZERO) - before
    if before < 0:
        year.say("adjustment", f"{words.money(relief)} off a loss, which never makes it a gain", words.each(year.amounts))


def _term_limits(year: _Year) -> None:
    terms = year.terms
    for party, amount in year.amounts.items():
        if party not in terms.term_cap and party not in terms.term_collar:
            continue
        so_far = year.past.payouts.get(party, ZERO)
        limited = bodies.limit_over_term(amount, so_far, terms.term_collar.get(party, INFINITE), terms.term_cap.get(party, INFINITE))
        if limited != amount:
            year.limits.append("term_cap" if limited < amount else "term_collar")
            year.say("term limits", f"{party}: {words.money(so_far)} in earlier years", words.money(limited))
        year.amounts[party] = limited


_POOL_STEPS = {"pool_limits": _pool_limits, "carry_forward": _carry_forward, "fund": _fund}
_PARTY_STEPS = {
    "quality": _quality,
    "deduction": _deduction,
    "limits": _limits,
    "loss_adjustment": _loss_adjustment,
    "term_limits": _term_limits,
}


def _close(year: _Year) -> Outcome:
    """Steps 14 and 15: the residual takes what is left, and what parties hold already is taken into account."""
    terms, pool = year.terms, year.pool
    payouts = dict(year.amounts)
    if terms.fund is not None:
        payouts[terms.fund[0]] = year.fund
    paid_out = sum(payouts.values(), ZERO)
    payouts[terms.residual] = pool - paid_out
    windfalls = _windfalls(year)
    settlements = {party: payouts[party] - windfalls[party] for party in payouts}
    year.say("residual", f"{terms.residual} takes what the others do not", words.money(payouts[terms.residual]))
    if any(windfalls.values()):
        year.say("held already", "through payment", words.each(windfalls))
    year.say("settlement", "positive: the party receives", words.each(settlements))
    _remember(year)
    shared = sum(year.charged_by_quality.values(), ZERO)
    gain = sum((pool.gain for pool in year.pools), ZERO)
    outturn = sum((pool.outturn for pool in year.pools), ZERO)
    before = year.before_limits if year.before_limits is not None else sum(year.amounts.values(), ZERO)
    return Outcome(
        year.baseline,
        outturn,
        gain,
        year.pools[0].rate,
        (pool > 0) - (pool < 0) if len(year.pools) > 1 else year.pools[0].met,
        pool,
        shared / pool if pool else ZERO,
        before,
        ", ".join(dict.fromkeys(year.limits)),
        year.deducted,
        payouts,
        windfalls,
        settlements,
        tuple(year.steps),
        tuple(dict.fromkeys(year.notes)),
    )


def _windfalls(year: _Year) -> dict[str, Decimal]:
    """φ·W of each party, the sum over the lines; the residual's is what the others do not hold."""
    terms = year.terms
    found = dict.fromkeys([*terms.parties, *([terms.fund[0]] if terms.fund else []), terms.residual], ZERO)
    netted_pool = year.pool if len(year.pools) == 1 else None
    for pool in year.pools:
        amount = pool.amount if netted_pool is None else netted_pool
        phi = bodies.shared_part(amount, pool.gain)
        for party, held in _with_residual(pool, terms).items():
            found[party] += ZERO - bodies.settled(ZERO, phi, held)
    return found


def _with_residual(pool: Pool, terms: Terms) -> Mapping[str, Decimal]:
    others = {party: held for party, held in pool.held.items() if party != terms.residual}
    return {**others, terms.residual: pool.gain - sum(others.values(), ZERO)}


def _remember(year: _Year) -> None:
    """What this year leaves to later ones: payouts so far, and a loss that the provider side was not charged with."""
    for party, amount in year.amounts.items():
        year.past.payouts[party] = year.past.payouts.get(party, ZERO) + amount
    if not year.terms.carry_years or year.after_limits >= 0:
        return
    pool = year.pools[0]
    full = shares_of(pool, year.after_limits, year.terms, year.block, two_sided=True)
    if not year.terms.one_sided:
        full = after_quality(full, year.actual, year.terms)
    charged = sum(year.amounts.values(), ZERO) - year.relief
    lost = bodies.uncharged_loss(year.after_limits, charged, sum(full.values(), ZERO))
    if lost > 0:
        year.past.carried.append((year.at, lost))
        year.say("carried", "of the loss, not charged and carried to later years", words.money(lost))


def _or_none(limit: Decimal) -> str:
    return "any amount" if limit == INFINITE else words.money(limit)
