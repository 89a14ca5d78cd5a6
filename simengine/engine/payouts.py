"""Payouts of the parties of an arrangement: shares and bands, then the steps on each party's amount (MODEL.md section 6)."""

from simengine.contract.adjustment import loss_after_adjustment
from simengine.contract.deduction import after_deduction
from simengine.contract.limits import collar_left, limit_over_term, limit_to_corridor
from simengine.contract.quality import gain_multiplier, loss_multiplier, loss_rate
from simengine.contract.quality_standard import score_on_gains, score_on_losses
from simengine.contract.share import width_in_band
from simengine.engine.ops import add_row, fill_row, row_view
from simengine.engine.terms import (
    ALTERNATIVE_SLOT,
    BASELINE,
    BY_DRAW,
    CAP,
    CAP_HIT,
    CAP_SHARE,
    CARRY_FORWARD,
    CEILING,
    CHARGED,
    COLLAR,
    COLLAR_HIT,
    COLLAR_SHARE,
    DEDUCTION,
    DEDUCTION_RATE,
    DRAWN,
    EXPOSED,
    FLOOR,
    GAIN,
    GATE,
    LIMITED,
    LIMITS,
    LOSS_ADJUSTMENT,
    MET,
    MET_SLOT,
    MLR,
    MLR_ROW,
    MSR,
    MSR_ROW,
    ON_GAIN,
    ON_LOSS,
    PAYOUT,
    PER_LOSS_SHARE,
    POOL_STEP_COUNT,
    QUALITY,
    RELIEF_PART,
    RELIEF_SLOT,
    SCORE_SLOT,
    SHARE_MAX,
    SOFTEN,
    STEP_COUNT,
    UNEARNED_SLOT,
    Area,
    Arrangements,
)
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart

#: Of a cap and a collar.
Pair = tuple[float, float]
#: Arrangement, member and year.
Place = tuple[int, int, int]
Triple = tuple[float, float, float]


@inner_kernel
def _share(amount: Floats, rest: Floats, gain_share: float, loss_share: float, n: int) -> None:
    """A member's part of what is to be shared at one share for gains and one for losses."""
    keep_apart()
    for i in range(n):
        pool = rest[i]
        amount[i] = (loss_share if pool < 0.0 else gain_share) * pool


@inner_kernel
def _add_band(amount: Floats, rows: Floats, sign: int, start: float, band: Pair, share: float, n: int) -> None:
    """Add one band's part of a gain (sign 1) or a loss (-1) to the member's amount, where that rate is met."""
    keep_apart()
    lower, upper = band
    for i in range(n):
        baseline = rows[BASELINE * STRIDE + i]
        rate = sign * rows[GAIN * STRIDE + i] / baseline
        part = sign * (share * baseline) * width_in_band(start, rate, lower, upper)
        amount[i] += part if rows[MET * STRIDE + i] == sign else 0.0


@inner_kernel
def _add_band_of_rest(
    amount: Floats, rest: Floats, rows: Floats, start: Floats, side: tuple[int, int], band: Pair, share: float, n: int
) -> None:
    """As ``_add_band``, over as much from the start on as there is left to share: what was taken off came off the top.

    ``start`` has the rates of the draws, ``side`` the sign and 1 where only the excess is shared; a gain that is shared below its rate is
    shared from the first pound.
    """
    keep_apart()
    lower, upper = band
    sign, excess = side
    for i in range(n):
        baseline, left = rows[BASELINE * STRIDE + i], sign * rest[i]
        begin = start[i] if excess and rows[MET * STRIDE + i] == sign else 0.0
        part = sign * (share * baseline) * width_in_band(begin, begin + left / baseline, lower, upper)
        amount[i] += part if left > 0.0 else left - left


@inner_kernel
def _share_by_bands(amount: Floats, rest: Floats, here: Floats, area: Area, terms: Arrangements, at: Place, n: int) -> None:
    a, m, t = at
    fill_row(amount, 0.0, n)
    gain_start = terms.term[a, t, MSR] if terms.excess[a, 0] else 0.0
    for b in range(terms.bands[a, 0]):
        band, share = (terms.gain_edge[a, t, b], terms.gain_edge[a, t, b + 1]), terms.members.gain_share[m, t, b]
        if terms.uses[a, t, BY_DRAW]:
            _add_band_of_rest(amount, rest, here, row_view(area.work, MSR_ROW), (1, terms.excess[a, 0]), band, share, n)
        else:
            _add_band(amount, here, 1, gain_start, band, share, n)
    loss_start = terms.term[a, t, MLR] if terms.excess[a, 1] else 0.0
    for b in range(terms.bands[a, 1]):
        band, share = (terms.loss_edge[a, t, b], terms.loss_edge[a, t, b + 1]), terms.members.loss_share[m, t, b]
        if terms.uses[a, t, BY_DRAW]:
            _add_band_of_rest(amount, rest, here, row_view(area.work, MLR_ROW), (-1, terms.excess[a, 1]), band, share, n)
        else:
            _add_band(amount, here, -1, loss_start, band, share, n)


@inner_kernel
def share_out(amount: Floats, rest: Floats, here: Floats, area: Area, terms: Arrangements, at: Place, n: int) -> None:
    """Step 9: a member's part of what there is to share."""
    a, m, t = at
    if terms.bands[a, 0] > 1 or terms.bands[a, 1] > 1:
        _share_by_bands(amount, rest, here, area, terms, at, n)
    else:
        _share(amount, rest, terms.members.gain_share[m, t, 0], terms.members.loss_share[m, t, 0], n)


@inner_kernel
def _scores(work: Floats, score: Floats, met: Floats, alternative: Floats, scales: Triple, standard: int, n: int) -> None:
    """The scores that count on gains and on losses, where a quality standard may have to be met."""
    keep_apart()
    s, m, b = scales
    for i in range(n):
        work[ON_GAIN * STRIDE + i] = score_on_gains(s * score[i], standard, m * met[i], b * alternative[i])
        work[ON_LOSS * STRIDE + i] = score_on_losses(s * score[i], standard, m * met[i], b * alternative[i])


@inner_kernel
def _multiply_by_quality(
    amount: Floats, on_gain: Floats, on_loss: Floats, scale: float, rules: tuple[int, int], gate: float, soften: float, n: int
) -> None:
    """Multiply a member's amount by what its quality leaves of it, by its sign."""
    keep_apart()
    gain_rule, loss_rule = rules
    for i in range(n):
        of_gain = gain_multiplier(scale * on_gain[i], gain_rule, gate)
        of_loss = loss_multiplier(scale * on_loss[i], loss_rule, soften)
        amount[i] = (of_loss if amount[i] < 0.0 else of_gain) * amount[i]


@inner_kernel
def _loss_at_rate(amount: Floats, score: Floats, scale: float, rate: Triple, per_share: float, n: int) -> None:
    """Where the loss rate takes the place of the provider side's loss shares: what a loss by these is multiplied by; gains stay.

    A multiplier and no new amount: what a step before quality has taken off stays off.
    """
    keep_apart()
    share_max, floor, ceiling = rate
    for i in range(n):
        at_rate = per_share * loss_rate(scale * score[i], share_max, floor, ceiling)
        amount[i] = (at_rate if amount[i] < 0.0 else 1.0) * amount[i]


@inner_kernel
def apply_quality(amount: Floats, area: Area, terms: Arrangements, m: int, t: int, n: int) -> None:
    """Step 10: quality of a member."""
    slot, scale, values = terms.members.slot[m], terms.members.scale[m, :, t], terms.members.quality_terms[m, t]
    score, s = row_view(area.x, slot[SCORE_SLOT, 0] + slot[SCORE_SLOT, 1] * t), scale[SCORE_SLOT]
    rules, rate = (terms.members.quality[m, 0], terms.members.quality[m, 1]), (values[SHARE_MAX], values[FLOOR], values[CEILING])
    if terms.members.standard[m, t] == 0:
        if terms.members.quality[m, 1] == 2:
            _loss_at_rate(amount, score, s, rate, terms.members.part[m, t, PER_LOSS_SHARE], n)
        _multiply_by_quality(amount, score, score, s, rules, values[GATE], values[SOFTEN], n)
    else:
        met = row_view(area.x, slot[MET_SLOT, 0] + slot[MET_SLOT, 1] * t)
        alternative = row_view(area.x, slot[ALTERNATIVE_SLOT, 0] + slot[ALTERNATIVE_SLOT, 1] * t)
        _scores(area.work, score, met, alternative, (s, scale[MET_SLOT], scale[ALTERNATIVE_SLOT]), terms.members.standard[m, t], n)
        on_gain, on_loss = row_view(area.work, ON_GAIN), row_view(area.work, ON_LOSS)
        if terms.members.quality[m, 1] == 2:
            _loss_at_rate(amount, on_loss, 1.0, rate, terms.members.part[m, t, PER_LOSS_SHARE], n)
        _multiply_by_quality(amount, on_gain, on_loss, 1.0, rules, values[GATE], values[SOFTEN], n)


@inner_kernel
def _deduct(amount: Floats, deduction: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        amount[i] = after_deduction(amount[i], deduction)


@inner_kernel
def _limit(out: Floats, cap: float, collar: float, n: int) -> None:
    """Apply limits to a member's amount; note where one changed it."""
    keep_apart()
    for i in range(n):
        amount = out[PAYOUT * STRIDE + i]
        out[PAYOUT * STRIDE + i] = limit_to_corridor(amount, collar, cap)
        out[CAP_HIT * STRIDE + i] = 1.0 if amount > cap else out[CAP_HIT * STRIDE + i]
        out[COLLAR_HIT * STRIDE + i] = 1.0 if amount < -collar else out[COLLAR_HIT * STRIDE + i]


@inner_kernel
def _limit_by_draw(out: Floats, baseline: Floats, amounts: Pair, shares: Pair, unearned: Floats, exposure: float, n: int) -> None:
    """As ``_limit``, where cap and collar may also be shares of a baseline that is drawn (the smaller counts).

    ``exposure`` times the unearned payments is what they take of the collar.
    """
    keep_apart()
    cap_amount, collar_amount = amounts
    cap_share, collar_share = shares
    for i in range(n):
        amount = out[PAYOUT * STRIDE + i]
        cap, collar = min(cap_amount, cap_share * baseline[i]), min(collar_amount, collar_share * baseline[i])
        collar = collar_left(collar, exposure * unearned[i]) if exposure != 0.0 else collar
        out[PAYOUT * STRIDE + i] = limit_to_corridor(amount, collar, cap)
        out[CAP_HIT * STRIDE + i] = 1.0 if amount > cap else out[CAP_HIT * STRIDE + i]
        out[COLLAR_HIT * STRIDE + i] = 1.0 if amount < -collar else out[COLLAR_HIT * STRIDE + i]


@inner_kernel
def _apply_limits(area: Area, out: Floats, here: Floats, terms: Arrangements, a: int, m: int, t: int, n: int) -> None:
    limit = terms.members.limit[m, t]
    if terms.members.limited[m, t, LIMITED] == 0:
        return
    if terms.uses[a, t, DRAWN] or terms.members.limited[m, t, EXPOSED]:
        exposure = terms.members.scale[m, UNEARNED_SLOT, t] if terms.members.limited[m, t, EXPOSED] else 0.0
        unearned = row_view(area.x, terms.members.slot[m, UNEARNED_SLOT, 0] + terms.members.slot[m, UNEARNED_SLOT, 1] * t)
        amounts, shares = (limit[CAP], limit[COLLAR]), (limit[CAP_SHARE], limit[COLLAR_SHARE])
        _limit_by_draw(out, row_view(here, BASELINE), amounts, shares, unearned, exposure, n)
    else:
        _limit(out, limit[CAP], limit[COLLAR], n)


@inner_kernel
def _relieve(amount: Floats, charged: Floats, relief: Floats, scale: float, n: int) -> None:
    """Take relief off a loss; what of it was given still counts as charged."""
    keep_apart()
    for i in range(n):
        before = amount[i]
        amount[i] = loss_after_adjustment(before, scale * relief[i])
        charged[i] -= amount[i] - before


@inner_kernel
def _limit_term(out: Floats, so_far: Floats, cap: float, collar: float, n: int) -> None:
    """Hold the payouts of the term so far, with this year's, within limits; note where one changed this year's."""
    keep_apart()
    for i in range(n):
        amount, before = out[PAYOUT * STRIDE + i], so_far[i]
        out[PAYOUT * STRIDE + i] = limit_over_term(amount, before, collar, cap)
        out[CAP_HIT * STRIDE + i] = 1.0 if amount > 0.0 and amount > cap - before else out[CAP_HIT * STRIDE + i]
        out[COLLAR_HIT * STRIDE + i] = 1.0 if amount < 0.0 and amount < -collar - before else out[COLLAR_HIT * STRIDE + i]


@inner_kernel
def _apply_term_limits(area: Area, out: Floats, terms: Arrangements, m: int, n: int) -> None:
    _limit_term(out, row_view(area.paid, m), terms.members.over_term[m, 0], terms.members.over_term[m, 1], n)


@inner_kernel
def party_steps(area: Area, out: Floats, here: Floats, terms: Arrangements, at: Place, n: int) -> None:
    """Steps 10 to 13 on a member's amount, in the order of the contract; its hits are noted afresh."""
    a, m, t = at
    amount = row_view(out, PAYOUT)
    fill_row(row_view(out, CAP_HIT), 0.0, n)
    fill_row(row_view(out, COLLAR_HIT), 0.0, n)
    for k in range(POOL_STEP_COUNT, STEP_COUNT):
        step = terms.order[a, k]
        if terms.uses[a, t, step] == 0:
            continue
        if step == QUALITY:
            if terms.members.quality[m, 2]:
                apply_quality(amount, area, terms, m, t, n)
        elif step == DEDUCTION:
            _deduct(amount, terms.term[a, t, DEDUCTION_RATE], n)
        elif step == LIMITS:
            _apply_limits(area, out, here, terms, a, m, t, n)
        elif step == LOSS_ADJUSTMENT:
            relief = row_view(area.x, terms.slot[a, RELIEF_SLOT, 0] + terms.slot[a, RELIEF_SLOT, 1] * t)
            scale = terms.scale[a, RELIEF_SLOT, t] * terms.members.part[m, t, RELIEF_PART]
            _relieve(amount, row_view(area.work, CHARGED), relief, scale, n)
        else:
            _apply_term_limits(area, out, terms, m, n)
    if terms.uses[a, t, CARRY_FORWARD]:
        add_row(row_view(area.work, CHARGED), amount, n)
