"""The shareable pool of a tile of draws: gain, whether a rate is met, and the steps on it before it is shared (MODEL.md section 6)."""

import math

from simengine.contract.below_rate import pool_below_rate
from simengine.contract.carry_forward import loss_set_off, uncharged_loss
from simengine.contract.fund import fund_part
from simengine.contract.guardrail import pool_under_guardrail
from simengine.contract.limits import limit_to_corridor
from simengine.contract.savings_rate import rate_met, shareable_pool
from simengine.contract.settlement import shared_part
from simengine.contract.size_table import rate_of_size
from simengine.engine.ops import add_row, fill_row, row_view
from simengine.engine.terms import (
    BASELINE,
    BELOW,
    BELOW_FROM,
    BELOW_PART,
    BY_DRAW,
    CARRIED,
    CARRY_FORWARD,
    CHARGED,
    FULL,
    FUND,
    FUND_SHARE,
    GAIN,
    GUARDED,
    GUARDRAIL_SLOT,
    MEMBER_ROWS,
    MET,
    MLR,
    MLR_ROW,
    MSR,
    MSR_ROW,
    OUTTURN,
    PAYOUT,
    POOL,
    POOL_CAP,
    POOL_CAP_SHARE,
    POOL_COLLAR,
    POOL_COLLAR_SHARE,
    POOL_LIMITS,
    POOL_STEP_COUNT,
    REST,
    SET_OFF,
    SIZE_SLOT,
    Area,
    Arrangements,
)
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart

#: Of a cap and a collar, or of a gain and a loss.
Pair = tuple[float, float]

#: A difference between baseline and outturn of less than this part of the baseline is rounding, not a gain: a plan that takes out what
#: schemes save has none, and φ = X/G must not be decided by the last bit of it.
ROUNDING = 1e-12


@inner_kernel
def draw_baseline(out: Floats, x: Floats, scale: float, n: int) -> None:
    """A baseline that is drawn; one that is not above 0 leaves nothing to share against: NaN, so that the draw counts as failed."""
    keep_apart()
    for i in range(n):
        value = scale * x[i]
        out[i] = value if value > 0.0 else math.nan


@inner_kernel
def _pool(rows: Floats, rates: Pair, parts: Pair, n: int) -> None:
    """Gain, whether a rate is met, and the shareable pool; ``rows`` starts at the arrangement and year, its baseline is there.

    ``parts`` are the rates that nothing is shared below of, 0 where all is shared from the first pound.
    """
    keep_apart()
    msr, mlr = rates
    gain_part, loss_part = parts
    for i in range(n):
        baseline = rows[BASELINE * STRIDE + i]
        difference = baseline - rows[OUTTURN * STRIDE + i]
        gain = 0.0 if abs(difference) <= ROUNDING * baseline else difference
        met = rate_met(gain, baseline, msr, mlr)
        rows[GAIN * STRIDE + i] = gain
        rows[MET * STRIDE + i] = met
        rows[POOL * STRIDE + i] = shareable_pool(gain, met, gain_part * baseline, loss_part * baseline)


@inner_kernel
def _pool_by_draw(rows: Floats, msr: Floats, mlr: Floats, excess: Pair, n: int) -> None:
    """As ``_pool``, with rates that differ between draws; without a rate there is no pool, and the draw counts as failed."""
    keep_apart()
    on_gain, on_loss = excess
    for i in range(n):
        baseline, known = rows[BASELINE * STRIDE + i], msr[i] + mlr[i]
        difference = baseline - rows[OUTTURN * STRIDE + i]
        gain = 0.0 if abs(difference) <= ROUNDING * baseline else difference
        met = rate_met(gain, baseline, msr[i], mlr[i])
        pool = shareable_pool(gain, met, on_gain * msr[i] * baseline, on_loss * mlr[i] * baseline)
        rows[GAIN * STRIDE + i] = gain
        rows[MET * STRIDE + i] = met
        rows[POOL * STRIDE + i] = known if math.isnan(known) else pool


@inner_kernel
def _rate_by_size(out: Floats, size: Floats, scale: float, table: Floats, rows: int, n: int) -> None:
    keep_apart()
    first, last, low, high = table[0, :rows], table[1, :rows], table[2, :rows], table[3, :rows]
    for i in range(n):
        out[i] = rate_of_size(scale * size[i], first, last, low, high)


@inner_kernel
def _share_below(rows: Floats, size: Floats, scale: float, part: float, size_from: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        pool, gain, met = rows[POOL * STRIDE + i], rows[GAIN * STRIDE + i], int(rows[MET * STRIDE + i])
        rows[POOL * STRIDE + i] = pool_below_rate(pool, gain, met, part, scale * size[i], size_from)


@inner_kernel
def _guard(pool: Floats, flag: Floats, scale: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        pool[i] = pool_under_guardrail(pool[i], scale * flag[i])


@inner_kernel
def find_rates(area: Area, terms: Arrangements, a: int, t: int, n: int) -> None:
    """The two rates of every draw: by the size of its list where there is a table, else the terms."""
    size = row_view(area.x, terms.slot[a, SIZE_SLOT, 0] + terms.slot[a, SIZE_SLOT, 1] * t)
    scale = terms.scale[a, SIZE_SLOT, t]
    for side in range(2):
        row = row_view(area.work, MSR_ROW + side)
        fill_row(row, terms.term[a, t, MSR + side], n)
        if terms.size_rows[a, side] > 0:
            _rate_by_size(row, size, scale, terms.size_table[a, side], terms.size_rows[a, side], n)


@inner_kernel
def pool_of(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Gain and pool by the rates alone; ``here`` has the baseline and the outturn."""
    on_gain, on_loss = float(terms.excess[a, 0]), float(terms.excess[a, 1])
    if terms.uses[a, t, BY_DRAW]:
        _pool_by_draw(here, row_view(area.work, MSR_ROW), row_view(area.work, MLR_ROW), (on_gain, on_loss), n)
    else:
        msr, mlr = terms.term[a, t, MSR], terms.term[a, t, MLR]
        _pool(here, (msr, mlr), (msr if terms.excess[a, 0] else 0.0, mlr if terms.excess[a, 1] else 0.0), n)


@inner_kernel
def apply_thresholds(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Step 5: what is shareable by the rates, by what is shared below them, and under the guardrail."""
    if terms.uses[a, t, BY_DRAW]:
        find_rates(area, terms, a, t, n)
    pool_of(area, here, terms, a, t, n)
    if terms.uses[a, t, BELOW]:
        size = row_view(area.x, terms.slot[a, SIZE_SLOT, 0] + terms.slot[a, SIZE_SLOT, 1] * t)
        _share_below(here, size, terms.scale[a, SIZE_SLOT, t], terms.term[a, t, BELOW_PART], terms.term[a, t, BELOW_FROM], n)
    if terms.uses[a, t, GUARDED]:
        flag = row_view(area.x, terms.slot[a, GUARDRAIL_SLOT, 0] + terms.slot[a, GUARDRAIL_SLOT, 1] * t)
        _guard(row_view(here, POOL), flag, terms.scale[a, GUARDRAIL_SLOT, t], n)


@inner_kernel
def _limit_pool(pool: Floats, baseline: Floats, amounts: Pair, shares: Pair, n: int) -> None:
    """Limits on the pool, each the smaller of an amount and a share of the baseline."""
    keep_apart()
    cap_amount, collar_amount = amounts
    cap_share, collar_share = shares
    for i in range(n):
        cap, collar = min(cap_amount, cap_share * baseline[i]), min(collar_amount, collar_share * baseline[i])
        pool[i] = limit_to_corridor(pool[i], collar, cap)


@inner_kernel
def _set_off(pool: Floats, off: Floats, carried: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        off[i] = loss_set_off(pool[i], carried[i])
        pool[i] -= off[i]


@inner_kernel
def _use_up(carried: Floats, off: Floats, n: int) -> None:
    """Take what was set off from the losses of one year; what these do not cover is left for the next."""
    keep_apart()
    for i in range(n):
        used = carried[i] if carried[i] < off[i] else off[i]
        carried[i] -= used
        off[i] -= used


@inner_kernel
def _set_losses_off(work: Floats, pool: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Losses carried forward that have not expired, the oldest first, reduce a gain."""
    first, oldest = terms.carried[a, 0], max(0, t - terms.carried[a, 1])
    carried, off = row_view(work, CARRIED), row_view(work, SET_OFF)
    fill_row(carried, 0.0, n)
    for year in range(oldest, t):
        add_row(carried, row_view(work, first + year), n)
    _set_off(pool, off, carried, n)
    for year in range(oldest, t):
        _use_up(row_view(work, first + year), off, n)


@inner_kernel
def take_fund(payout: Floats, pool: Floats, share: float, n: int) -> None:
    """Put the fund's part aside, off the top of what is to be shared."""
    keep_apart()
    for i in range(n):
        part = fund_part(pool[i], share)
        payout[i] = part
        pool[i] -= part


@inner_kernel
def pool_steps(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Steps 6 to 8, in the order of the contract: each acts on what those before it left. The pool in the end has the fund's part in it."""
    pool, term = row_view(here, POOL), terms.term[a, t]
    payout = row_view(area.members, max(terms.fund[a], 0) * MEMBER_ROWS + PAYOUT)
    for k in range(POOL_STEP_COUNT):
        step = terms.order[a, k]
        if terms.uses[a, t, step] == 0:
            continue
        if step == POOL_LIMITS:
            amounts, shares = (term[POOL_CAP], term[POOL_COLLAR]), (term[POOL_CAP_SHARE], term[POOL_COLLAR_SHARE])
            _limit_pool(pool, row_view(here, BASELINE), amounts, shares, n)
        elif step == CARRY_FORWARD:
            _set_losses_off(area.work, pool, terms, a, t, n)
        else:
            take_fund(payout, pool, term[FUND_SHARE], n)
    if terms.uses[a, t, FUND]:
        fill_row(row_view(area.work, REST), 0.0, n)
        add_row(row_view(area.work, REST), pool, n)
        add_row(pool, payout, n)


@inner_kernel
def shared_part_of(phi: Floats, rows: Floats, n: int) -> None:
    """φ of every draw."""
    keep_apart()
    for i in range(n):
        phi[i] = shared_part(rows[POOL * STRIDE + i], rows[GAIN * STRIDE + i])


@inner_kernel
def carry_loss(work: Floats, here: Floats, to: int, n: int) -> None:
    """Note the part of this year's loss that the provider side was not charged with, for later gains."""
    keep_apart()
    for i in range(n):
        pool, charged, full = here[POOL * STRIDE + i], work[CHARGED * STRIDE + i], work[FULL * STRIDE + i]
        work[to * STRIDE + i] = uncharged_loss(pool, charged, full)
