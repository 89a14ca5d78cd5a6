"""Terms of gain/loss sharing as arrays by year, and the rows that settling them reads and writes (MODEL.md section 6)."""

from typing import NamedTuple

from simengine.contract.order import MOVABLE, POOL_STEPS
from simengine.jit import Floats, Ints

#: Output rows of an arrangement and year, and of a member of it, at constant offsets.
BASELINE, OUTTURN, GAIN, POOL, MET = range(5)
ARRANGEMENT_ROWS = 5
PAYOUT, WINDFALL, SETTLEMENT, CAP_HIT, COLLAR_HIT = range(5)
MEMBER_ROWS = 5
#: Work rows: φ; what is left of the pool for the shares; a member's amount; its scores on gains and losses; the rates; losses to set off;
#: losses charged and to be charged. Then five rows of one line, at the offsets of an arrangement's.
PHI, REST, AMOUNT, ON_GAIN, ON_LOSS, MSR_ROW, MLR_ROW, SET_OFF, CARRIED, CHARGED, FULL, ONE_LINE = range(12)
CONTRACT_WORK_ROWS = ONE_LINE + ARRANGEMENT_ROWS
#: Rows of a line that settles by itself, by year: outturn, what its payer holds, what its provider holds.
LINE_OUTTURN, LINE_PAYER, LINE_PROVIDER = range(3)
LINE_STORE_ROWS = 3

#: Movable steps by their code in ``contract.order``: the first on the pool, the others on each party's amount.
POOL_LIMITS, CARRY_FORWARD, FUND, QUALITY, DEDUCTION, LIMITS, LOSS_ADJUSTMENT, TERM_LIMITS = range(len(MOVABLE))
POOL_STEP_COUNT = len(POOL_STEPS)
STEP_COUNT = len(MOVABLE)
#: What else an arrangement uses in a year: B differs between draws; rates by draw, or a pool that more than the rates decide; a share of
#: gains below the rate; a guardrail; part of a year; losses are shared.
DRAWN, BY_DRAW, BELOW, GUARDED, PRORATED, TWO_SIDED = range(STEP_COUNT, STEP_COUNT + 6)
FLAGS = STEP_COUNT + 6
#: Numbers of an arrangement that may be drawn: B, guardrail, relief of a loss, list size.
BASELINE_SLOT, GUARDRAIL_SLOT, RELIEF_SLOT, SIZE_SLOT = range(4)
ARRANGEMENT_SLOTS = 4
#: Terms of an arrangement by year. A pool limit is the smaller of an amount and a share of B.
MSR, MLR, BELOW_PART, BELOW_FROM, FUND_SHARE, DEDUCTION_RATE, PRORATION, FULL_SHARE = range(8)
POOL_CAP, POOL_CAP_SHARE, POOL_COLLAR, POOL_COLLAR_SHARE = range(8, 12)
TERMS = 12
#: Numbers of a member that may be drawn: score, whether a standard and its alternative are met, unearned improvement payments.
SCORE_SLOT, MET_SLOT, ALTERNATIVE_SLOT, UNEARNED_SLOT = range(4)
MEMBER_SLOTS = 4
#: Limits of a member by year, and over the term. The shares are of a baseline that is drawn, infinite where there is none.
CAP, COLLAR, CAP_SHARE, COLLAR_SHARE = range(4)
LIMIT_COUNT = 4
#: One over the provider side's loss shares, by which a loss rate takes the place of them; part of a member in the relief of a loss.
PER_LOSS_SHARE, RELIEF_PART = range(2)
#: Whether a member has limits in a year; whether these count unearned improvement payments.
LIMITED, EXPOSED = range(2)
GATE, SOFTEN, SHARE_MAX, FLOOR, CEILING = range(5)
QUALITY_TERMS = 5


class Area(NamedTuple):
    """Where settling a year happens: output rows of arrangements and members, what members hold, work rows, and the slots.

    ``paid`` has a row by member of what was paid out over the term so far; it and the work rows are all that one year leaves the next.
    """

    rows: Floats
    members: Floats
    held: Floats
    paid: Floats
    work: Floats
    x: Floats


class Covered(NamedTuple):
    """Covered lines: which arrangement, which members pay and provide, and the line's part of the baseline."""

    arrangement: Ints  # (line, year): -1 where not covered
    payer: Ints  # (line, year): member index
    provider: Ints  # (line,): member index
    baseline: Floats  # (line, year): b_s, stretched, at reference price; 0 where it is in the scope of a budget or drawn: see ``held``
    store: Ints  # (line, year): first work row of a line that settles by itself, -1 where lines are netted
    adjustment: Ints  # (line, year): row of the money taken off the outturn
    adjustment_scale: Floats  # (line, year): 0 where nothing is taken off


class LinesApart(NamedTuple):
    """Lines that settle by themselves, those of one arrangement one after the other."""

    first: Ints  # (arrangement + 1,)
    member: Ints  # (line, year, 2): payer and provider as member indices, -1 where not covered
    store: Ints  # (line,): first of its work rows
    slot: Ints  # (line, 2): b_s
    scale: Floats  # (line, year)
    held: Ints  # (line, 2): first and end of its entries of ``Arrangements.held``


class MemberTerms(NamedTuple):
    """Terms of the members (parties of an arrangement), those of one arrangement one after the other."""

    gain_share: Floats  # (member, year, band)
    loss_share: Floats  # (member, year, band): 0 for the provider side in one-sided years
    part: Floats  # (member, year, 2)
    limited: Ints  # (member, year, 2)
    limit: Floats  # (member, year, LIMIT_COUNT)
    over_term: Floats  # (member, 2): cap and collar over the term
    slot: Ints  # (member, MEMBER_SLOTS, 2)
    scale: Floats  # (member, MEMBER_SLOTS, year)
    quality: Ints  # (member, 3): gain rule, loss rule, 1 where a score is used
    standard: Ints  # (member, year)
    quality_terms: Floats  # (member, year, QUALITY_TERMS)


class Arrangements(NamedTuple):
    """Terms by arrangement and year, members (parties of an arrangement) one after the other, residual and fund named."""

    work_rows: int  # of ``Area.work``
    first_member: Ints  # (arrangement + 1,)
    residual: Ints  # (arrangement,): member index
    fund: Ints  # (arrangement,): member index, -1 without a fund
    uses: Ints  # (arrangement, year, FLAGS): which steps change anything
    order: Ints  # (arrangement, STEP_COUNT): codes of the movable steps, those on the pool first
    slot: Ints  # (arrangement, ARRANGEMENT_SLOTS, 2)
    scale: Floats  # (arrangement, ARRANGEMENT_SLOTS, year)
    term: Floats  # (arrangement, year, TERMS)
    excess: Ints  # (arrangement, 2): 1 where a gain, a loss is shared above its rate only
    size_rows: Ints  # (arrangement, 2): rows of its table of rates for gains, for losses; 0 where the rate is a term
    size_table: Floats  # (arrangement, 2, 4, row): first and last size, rate at each
    carried: Ints  # (arrangement, 2): first of the work rows of carried losses, by year, -1 without; for how many years they count
    gain_edge: Floats  # (arrangement, year, band + 1): lower edges, last is inf
    loss_edge: Floats  # (arrangement, year, band + 1)
    bands: Ints  # (arrangement, 2): number of gain and loss bands, 1 = no bands
    held_range: Ints  # (arrangement, 2): first and end of its entries of ``held``; see also ``apart.held``
    held: Ints  # (held, 2): slots of what a budget leaves with the commissioner (Σ b_s - wpb_s) and brings the holder, and of drawn b_s
    held_scale: Floats  # (held, year)
    held_member: Ints  # (held,): member index
    apart: LinesApart
    members: MemberTerms
