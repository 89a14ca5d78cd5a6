"""Gain/loss sharing of a tile of draws: from the covered lines' outturn to each party's settlement (MODEL.md section 6).

The rules are the scalar ones of ``contract``; here they are looped over draws in the order of operations of the contract.
"""

import math
from typing import NamedTuple

from simengine.contract.limits import limit_to_corridor
from simengine.contract.quality import gain_multiplier, loss_multiplier, loss_rate
from simengine.contract.savings_rate import rate_met, shareable_pool
from simengine.contract.settlement import held_by_payer, held_by_provider, settlement, shared_part
from simengine.contract.share import width_in_band
from simengine.engine.lines import A1, Lines
from simengine.engine.ops import add_row, add_scaled_row, fill_row, row_view, subtract_row
from simengine.engine.special_lines import special_payment
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inner_kernel, keep_apart, kernel
from simengine.projection.payment import payment

#: Output rows of an arrangement and year, and of a member of it, at constant offsets.
BASELINE, OUTTURN, GAIN, POOL, MET = range(5)
ARRANGEMENT_ROWS = 5
PAYOUT, WINDFALL, SETTLEMENT, CAP_HIT, COLLAR_HIT = range(5)
MEMBER_ROWS = 5
#: Work rows: φ, the amount before limits, and a multiplier.
PHI, AMOUNT, FACTOR = range(3)
CONTRACT_WORK_ROWS = 3
#: Reference price, planned payment, part of the baseline and variable share (scale) of a covered line and year.
LineMoney = tuple[float, float, float, float]
#: Of a cap and a collar.
Pair = tuple[float, float]


class Area(NamedTuple):
    """Where settling happens: output rows of arrangements and members, what members hold, work rows, and the slots."""

    rows: Floats
    members: Floats
    held: Floats
    work: Floats
    x: Floats


class Covered(NamedTuple):
    """Covered lines: which arrangement, which members pay and provide, and the line's part of the baseline."""

    arrangement: Ints  # (line, year): -1 where not covered
    payer: Ints  # (line, year): member index
    provider: Ints  # (line,): member index
    baseline: Floats  # (line, year): b_s, stretched, at reference price; 0 in the scope of a budget, see ``Arrangements.held``


class Arrangements(NamedTuple):
    """Terms by arrangement and year, members (parties of an arrangement) one after the other, residual member named."""

    first_member: Ints  # (arrangement + 1,)
    residual: Ints  # (arrangement,): member index
    party: Ints  # (member,)
    baseline: Ints  # (arrangement, 2): slot of B
    baseline_scale: Floats  # (arrangement, year)
    drawn: Ints  # (arrangement, year): 1 where B differs between draws
    first_held: Ints  # (arrangement + 1,)
    held: Ints  # (held, 2): slots of what a budget leaves with the commissioner (Σ b_s - wpb_s) and brings the holder (Σ wpb_s)
    held_scale: Floats  # (held, year)
    held_member: Ints  # (held,): member index
    msr: Floats  # (arrangement, year)
    mlr: Floats  # (arrangement, year)
    excess: Ints  # (arrangement, 2): 1 where a gain, a loss is shared above its rate only
    gain_edge: Floats  # (arrangement, band + 1): lower edges, last is inf
    loss_edge: Floats  # (arrangement, band + 1)
    bands: Ints  # (arrangement, 2): number of gain and loss bands, 1 = no bands
    gain_share: Floats  # (member, year, band)
    loss_share: Floats  # (member, year, band): 0 for the provider side in one-sided years
    loss_part: Floats  # (member, year): part of the provider side's losses, used by the rule loss_rate
    cap: Floats  # (member, year): amount
    collar: Floats  # (member, year): amount
    cap_share: Floats  # (member, year): share of a baseline that is drawn, inf where there is none
    collar_share: Floats  # (member, year)
    score: Ints  # (member, 2): slot of the quality score
    score_scale: Floats  # (member, year)
    quality: Ints  # (member, 2): gain rule, loss rule
    quality_terms: Floats  # (member, 5): gate, soften, share_max, floor, ceiling


@inner_kernel
def _add_paid_line(outturn: Floats, payer: Floats, provider: Floats, work: Floats, variable: Floats, money: LineMoney, n: int) -> None:
    """Add a covered line and year to the outturn and to what its payer and its provider hold, all at reference price."""
    keep_apart()
    price, planned, baseline, v = money
    for i in range(n):
        cost = work[A1 * STRIDE + i] * price
        paid = payment(planned, v * variable[i], cost)
        outturn[i] += cost
        payer[i] += held_by_payer(baseline, paid)
        provider[i] += held_by_provider(paid, cost)


@inner_kernel
def _add_banded_line(area: Area, work: Floats, lines: Lines, covered: Covered, s: int, t: int, n: int) -> None:
    """As ``_add_paid_line``, for a line that is paid in marginal bands."""
    keep_apart()
    a, years = covered.arrangement[s, t], covered.baseline.shape[1]
    price, planned, baseline, v = lines.plan_price[s, t], lines.plan_payment[s, t], covered.baseline[s, t], lines.scale[s, 4, t]
    outturn = row_view(area.rows, (a * years + t) * ARRANGEMENT_ROWS + OUTTURN)
    payer, provider = row_view(area.held, covered.payer[s, t] * years + t), row_view(area.held, covered.provider[s] * years + t)
    variable = row_view(area.x, lines.slot[s, 4, 0] + lines.slot[s, 4, 1] * t)
    for i in range(n):
        cost = work[A1 * STRIDE + i] * price
        paid = special_payment(lines.special, s, t, planned, v * variable[i], cost)
        outturn[i] += cost
        payer[i] += held_by_payer(baseline, paid)
        provider[i] += held_by_provider(paid, cost)


@inner_kernel
def _add_own_line(outturn: Floats, held: Floats, work: Floats, price: float, baseline: float, n: int) -> None:
    """A party that provides what it pays for holds the whole gain of the line."""
    keep_apart()
    for i in range(n):
        cost = work[A1 * STRIDE + i] * price
        outturn[i] += cost
        held[i] += baseline - cost


@inner_kernel
def add_covered_line(area: Area, work: Floats, lines: Lines, covered: Covered, s: int, t: int, n: int) -> None:
    """Add a covered line and year to its arrangement's outturn and to what its payer and provider hold."""
    a, years = covered.arrangement[s, t], covered.baseline.shape[1]
    price, planned, baseline = lines.plan_price[s, t], lines.plan_payment[s, t], covered.baseline[s, t]
    outturn = row_view(area.rows, (a * years + t) * ARRANGEMENT_ROWS + OUTTURN)
    payer, provider = row_view(area.held, covered.payer[s, t] * years + t), row_view(area.held, covered.provider[s] * years + t)
    if lines.paid[s, t] and lines.special.line[s]:
        _add_banded_line(area, work, lines, covered, s, t, n)
    elif lines.paid[s, t]:
        variable = row_view(area.x, lines.slot[s, 4, 0] + lines.slot[s, 4, 1] * t)
        _add_paid_line(outturn, payer, provider, work, variable, (price, planned, baseline, lines.scale[s, 4, t]), n)
    else:
        _add_own_line(outturn, payer, work, price, baseline, n)


@inner_kernel
def _draw_baseline(out: Floats, x: Floats, scale: float, n: int) -> None:
    """A baseline that is drawn; one that is not above 0 leaves nothing to share against: NaN, so that the draw counts as failed."""
    keep_apart()
    for i in range(n):
        value = scale * x[i]
        out[i] = value if value > 0.0 else math.nan


@inner_kernel
def _pool(rows: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Gain, whether a rate is met, and the shareable pool; ``rows`` starts at the arrangement and year, its baseline is there."""
    keep_apart()
    msr, mlr = terms.msr[a, t], terms.mlr[a, t]
    gain_part = msr if terms.excess[a, 0] else 0.0
    loss_part = mlr if terms.excess[a, 1] else 0.0
    for i in range(n):
        baseline = rows[BASELINE * STRIDE + i]
        gain = baseline - rows[OUTTURN * STRIDE + i]
        met = rate_met(gain, baseline, msr, mlr)
        rows[GAIN * STRIDE + i] = gain
        rows[MET * STRIDE + i] = met
        rows[POOL * STRIDE + i] = shareable_pool(gain, met, gain_part * baseline, loss_part * baseline)


@inner_kernel
def _phi(phi: Floats, rows: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        phi[i] = shared_part(rows[POOL * STRIDE + i], rows[GAIN * STRIDE + i])


@inner_kernel
def _factor(work: Floats, rows: Floats, score: Floats, scale: float, terms: Arrangements, m: int, n: int) -> None:
    """The quality multiplier of a member, by the sign of the pool."""
    keep_apart()
    gain_rule, loss_rule = terms.quality[m, 0], terms.quality[m, 1]
    gate, soften = terms.quality_terms[m, 0], terms.quality_terms[m, 1]
    for i in range(n):
        q = scale * score[i]
        on_gain, on_loss = gain_multiplier(q, gain_rule, gate), loss_multiplier(q, loss_rule, soften)
        work[FACTOR * STRIDE + i] = on_loss if rows[POOL * STRIDE + i] < 0.0 else on_gain


@inner_kernel
def _loss_at_rate(work: Floats, rows: Floats, score: Floats, scale: float, terms: Arrangements, m: int, part: float, n: int) -> None:
    """Where the loss rate takes the place of the loss share, set the amount of a loss and leave gains as they are."""
    keep_apart()
    share_max, floor, ceiling = terms.quality_terms[m, 2], terms.quality_terms[m, 3], terms.quality_terms[m, 4]
    for i in range(n):
        pool = rows[POOL * STRIDE + i]
        at_rate = part * loss_rate(scale * score[i], share_max, floor, ceiling) * pool
        work[AMOUNT * STRIDE + i] = at_rate if pool < 0.0 else work[AMOUNT * STRIDE + i]


@inner_kernel
def _share(work: Floats, rows: Floats, gain_share: float, loss_share: float, n: int) -> None:
    """A member's part of the pool at one share for gains and one for losses."""
    keep_apart()
    for i in range(n):
        pool = rows[POOL * STRIDE + i]
        work[AMOUNT * STRIDE + i] = (loss_share if pool < 0.0 else gain_share) * pool


@inner_kernel
def _add_band(work: Floats, rows: Floats, sign: int, start: float, band: tuple[float, float], share: float, n: int) -> None:
    """Add one band's part of a gain (sign 1) or a loss (-1) to the member's amount, where that rate is met."""
    keep_apart()
    lower, upper = band
    for i in range(n):
        baseline = rows[BASELINE * STRIDE + i]
        rate = sign * rows[GAIN * STRIDE + i] / baseline
        part = sign * (share * baseline) * width_in_band(start, rate, lower, upper)
        work[AMOUNT * STRIDE + i] += part if rows[MET * STRIDE + i] == sign else 0.0


@inner_kernel
def _share_by_bands(work: Floats, rows: Floats, terms: Arrangements, a: int, m: int, t: int, n: int) -> None:
    fill_row(row_view(work, AMOUNT), 0.0, n)
    start = terms.msr[a, t] if terms.excess[a, 0] else 0.0
    for b in range(terms.bands[a, 0]):
        band = (terms.gain_edge[a, b], terms.gain_edge[a, b + 1])
        _add_band(work, rows, 1, start, band, terms.gain_share[m, t, b], n)
    start = terms.mlr[a, t] if terms.excess[a, 1] else 0.0
    for b in range(terms.bands[a, 1]):
        band = (terms.loss_edge[a, b], terms.loss_edge[a, b + 1])
        _add_band(work, rows, -1, start, band, terms.loss_share[m, t, b], n)


@inner_kernel
def _limit(out: Floats, work: Floats, cap: float, collar: float, n: int) -> None:
    """Apply quality and limits to a member's amount; note where a limit changed it."""
    keep_apart()
    for i in range(n):
        amount = work[FACTOR * STRIDE + i] * work[AMOUNT * STRIDE + i]
        out[PAYOUT * STRIDE + i] = limit_to_corridor(amount, collar, cap)
        out[CAP_HIT * STRIDE + i] = 1.0 if amount > cap else 0.0
        out[COLLAR_HIT * STRIDE + i] = 1.0 if amount < -collar else 0.0


@inner_kernel
def _limit_by_baseline(out: Floats, work: Floats, baseline: Floats, amounts: Pair, shares: Pair, n: int) -> None:
    """As ``_limit``, where cap and collar may also be shares of a baseline that is drawn; the smaller counts."""
    keep_apart()
    cap_amount, collar_amount = amounts
    cap_share, collar_share = shares
    for i in range(n):
        amount = work[FACTOR * STRIDE + i] * work[AMOUNT * STRIDE + i]
        cap, collar = min(cap_amount, cap_share * baseline[i]), min(collar_amount, collar_share * baseline[i])
        out[PAYOUT * STRIDE + i] = limit_to_corridor(amount, collar, cap)
        out[CAP_HIT * STRIDE + i] = 1.0 if amount > cap else 0.0
        out[COLLAR_HIT * STRIDE + i] = 1.0 if amount < -collar else 0.0


@inner_kernel
def _member_payout(area: Area, out: Floats, rows: Floats, terms: Arrangements, a: int, m: int, t: int, n: int) -> None:
    """Payout of a member that is not the residual."""
    work, x = area.work, area.x
    if terms.bands[a, 0] > 1 or terms.bands[a, 1] > 1:
        _share_by_bands(work, rows, terms, a, m, t, n)
    else:
        _share(work, rows, terms.gain_share[m, t, 0], terms.loss_share[m, t, 0], n)
    score, scale = row_view(x, terms.score[m, 0] + terms.score[m, 1] * t), terms.score_scale[m, t]
    if terms.quality[m, 1] == 2:
        _loss_at_rate(work, rows, score, scale, terms, m, terms.loss_part[m, t], n)
    _factor(work, rows, score, scale, terms, m, n)
    if terms.drawn[a, t]:
        shares = (terms.cap_share[m, t], terms.collar_share[m, t])
        _limit_by_baseline(out, work, row_view(rows, BASELINE), (terms.cap[m, t], terms.collar[m, t]), shares, n)
    else:
        _limit(out, work, terms.cap[m, t], terms.collar[m, t], n)


@inner_kernel
def _settle_member(out: Floats, held: Floats, phi: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        out[WINDFALL * STRIDE + i] = phi[i] * held[i]
        out[SETTLEMENT * STRIDE + i] = settlement(out[PAYOUT * STRIDE + i], phi[i], held[i])


@inner_kernel
def _start(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """The baseline of the year, and what a budget leaves with its commissioner and brings its holder."""
    baseline, scale = row_view(area.x, terms.baseline[a, 0] + terms.baseline[a, 1] * t), terms.baseline_scale[a, t]
    if terms.drawn[a, t]:
        _draw_baseline(row_view(here, BASELINE), baseline, scale, n)
    else:
        fill_row(row_view(here, BASELINE), scale, n)
    years = terms.baseline_scale.shape[1]
    for k in range(terms.first_held[a], terms.first_held[a + 1]):
        if terms.held_scale[k, t] != 0.0:
            amount = row_view(area.x, terms.held[k, 0] + terms.held[k, 1] * t)
            add_scaled_row(row_view(area.held, terms.held_member[k] * years + t), amount, terms.held_scale[k, t], n)


@kernel
def settle_year(area: Area, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Settle arrangement ``a`` for year ``t``: pool, payouts, the residual's payout, and settlements that sum to zero."""
    years = terms.baseline_scale.shape[1]
    rows, members = area.rows, area.members
    here = rows[(a * years + t) * ARRANGEMENT_ROWS * STRIDE :]
    _start(area, here, terms, a, t, n)
    _pool(here, terms, a, t, n)
    phi = row_view(area.work, PHI)
    _phi(phi, here, n)
    residual = members[(terms.residual[a] * years + t) * MEMBER_ROWS * STRIDE :]
    left = row_view(residual, PAYOUT)
    fill_row(left, 0.0, n)
    fill_row(row_view(residual, CAP_HIT), 0.0, n)
    fill_row(row_view(residual, COLLAR_HIT), 0.0, n)
    add_row(left, row_view(here, POOL), n)
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        if m != terms.residual[a]:
            out = members[(m * years + t) * MEMBER_ROWS * STRIDE :]
            _member_payout(area, out, here, terms, a, m, t, n)
            subtract_row(left, row_view(out, PAYOUT), n)
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        out = members[(m * years + t) * MEMBER_ROWS * STRIDE :]
        _settle_member(out, row_view(area.held, m * years + t), phi, n)
