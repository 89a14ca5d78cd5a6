"""Gain/loss sharing of a tile of draws: from the covered lines' outturn to each party's settlement (MODEL.md section 6).

Read ``settle_year`` from top to bottom: it is the order of operations of the contract. The rules are the scalar ones of ``contract``; the
passes over a tile that call them are in ``pool``, ``payouts`` and ``line_by_line`` beside this file.
"""

from simengine.contract.settlement import settlement
from simengine.engine.line_by_line import settle_lines
from simengine.engine.ops import add_row, add_scaled_row, clear_rows, copy_row, fill_row, row_view, subtract_row
from simengine.engine.payouts import apply_quality, party_steps, share_out
from simengine.engine.pool import apply_thresholds, carry_loss, draw_baseline, pool_steps, shared_part_of
from simengine.engine.terms import (
    AMOUNT,
    ARRANGEMENT_ROWS,
    BASELINE,
    BASELINE_SLOT,
    CAP_HIT,
    CARRY_FORWARD,
    CHARGED,
    COLLAR_HIT,
    DRAWN,
    FULL,
    FULL_SHARE,
    FUND,
    MEMBER_ROWS,
    OUTTURN,
    PAYOUT,
    PHI,
    POOL,
    PRORATED,
    PRORATION,
    REST,
    SETTLEMENT,
    TERM_LIMITS,
    TWO_SIDED,
    WINDFALL,
    Area,
    Arrangements,
)
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart, kernel


@inner_kernel
def start_settlement(area: Area, n: int) -> None:
    """Zero what covered lines add up in a year: outturns, and what members hold."""
    for row in range(OUTTURN, area.rows.shape[0] // STRIDE, ARRANGEMENT_ROWS):
        fill_row(row_view(area.rows, row), 0.0, n)
    clear_rows(area.held, area.held.shape[0] // STRIDE)


@inner_kernel
def _scale_row(out: Floats, scale: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        out[i] *= scale


@inner_kernel
def _set_baseline(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Step 1."""
    slot, scale = terms.slot[a, BASELINE_SLOT], terms.scale[a, BASELINE_SLOT, t]
    if terms.uses[a, t, DRAWN]:
        draw_baseline(row_view(here, BASELINE), row_view(area.x, slot[0] + slot[1] * t), scale, n)
    else:
        fill_row(row_view(here, BASELINE), scale, n)


@inner_kernel
def _complete_holdings(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Steps 2 and 3: the lines have added outturn and holdings; part of the year, and what budgets leave with whom, come in here."""
    part = terms.term[a, t, PRORATION]
    if terms.uses[a, t, PRORATED]:
        _scale_row(row_view(here, OUTTURN), part, n)
        for m in range(terms.first_member[a], terms.first_member[a + 1]):
            _scale_row(row_view(area.held, m), part, n)
    for k in range(terms.held_range[a, 0], terms.held_range[a, 1]):
        if terms.held_scale[k, t] != 0.0:
            amount = row_view(area.x, terms.held[k, 0] + terms.held[k, 1] * t)
            add_scaled_row(row_view(area.held, terms.held_member[k]), amount, terms.held_scale[k, t], n)


@inner_kernel
def _add_full_loss(area: Area, out: Floats, terms: Arrangements, a: int, m: int, t: int, n: int) -> None:
    """What a member would be charged with of a loss without limits: its amount after quality, whatever the order of the steps is."""
    amount = row_view(area.work, AMOUNT)
    copy_row(amount, row_view(out, PAYOUT), n)
    if terms.members.quality[m, 2]:
        apply_quality(amount, area, terms, m, t, n)
    add_row(row_view(area.work, FULL), amount, n)


@inner_kernel
def _pay_members(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Steps 9 to 13 for every party that is neither the residual nor the fund."""
    lines = terms.apart.first[a + 1] > terms.apart.first[a]
    rest = row_view(here, POOL)
    if terms.uses[a, t, FUND]:
        rest = row_view(area.work, REST)
    if terms.uses[a, t, CARRY_FORWARD]:
        fill_row(row_view(area.work, CHARGED), 0.0, n)
        fill_row(row_view(area.work, FULL), 0.0, n)
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        if m != terms.residual[a] and m != terms.fund[a]:
            out = area.members[m * MEMBER_ROWS * STRIDE :]
            if not lines:
                share_out(row_view(out, PAYOUT), rest, here, area, terms, (a, m, t), n)
            if terms.uses[a, t, CARRY_FORWARD] and terms.uses[a, t, TWO_SIDED]:
                _add_full_loss(area, out, terms, a, m, t, n)
            party_steps(area, out, here, terms, (a, m, t), n)


@inner_kernel
def _pay_residual(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Step 14: the residual party takes what the others, the fund among them, do not."""
    residual = area.members[terms.residual[a] * MEMBER_ROWS * STRIDE :]
    left = row_view(residual, PAYOUT)
    copy_row(left, row_view(here, POOL), n)
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        out = area.members[m * MEMBER_ROWS * STRIDE :]
        if m == terms.fund[a] and terms.uses[a, t, FUND] == 0:
            fill_row(row_view(out, PAYOUT), 0.0, n)
        if m == terms.residual[a] or m == terms.fund[a]:
            fill_row(row_view(out, CAP_HIT), 0.0, n)
            fill_row(row_view(out, COLLAR_HIT), 0.0, n)
        if m != terms.residual[a]:
            subtract_row(left, row_view(out, PAYOUT), n)


@inner_kernel
def _settle_member(out: Floats, held: Floats, phi: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        out[WINDFALL * STRIDE + i] = phi[i] * held[i]
        out[SETTLEMENT * STRIDE + i] = settlement(out[PAYOUT * STRIDE + i], phi[i], held[i])


@inner_kernel
def _settle_sums(out: Floats, n: int) -> None:
    """As ``_settle_member``, where the windfall is a sum over lines."""
    keep_apart()
    for i in range(n):
        out[SETTLEMENT * STRIDE + i] = settlement(out[PAYOUT * STRIDE + i], 1.0, out[WINDFALL * STRIDE + i])


@inner_kernel
def _settle_members(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Step 15."""
    lines, phi = terms.apart.first[a + 1] > terms.apart.first[a], row_view(area.work, PHI)
    if not lines:
        shared_part_of(phi, here, n)
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        out = area.members[m * MEMBER_ROWS * STRIDE :]
        if lines:
            _settle_sums(out, n)
        else:
            _settle_member(out, row_view(area.held, m), phi, n)
        if terms.uses[a, t, TERM_LIMITS]:
            add_row(row_view(area.paid, m), row_view(out, PAYOUT), n)


@inner_kernel
def _carry_loss(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """What a later gain will be reduced by. In a one-sided year the whole of a loss is not charged."""
    if terms.uses[a, t, TWO_SIDED] == 0:
        full = row_view(area.work, FULL)
        fill_row(full, 0.0, n)
        add_scaled_row(full, row_view(here, POOL), terms.term[a, t, FULL_SHARE], n)
    carry_loss(area.work, here, terms.carried[a, 0] + t, n)


@kernel
def settle_year(area: Area, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Settle arrangement ``a`` for year ``t``, the years before being settled: pool, payouts, and settlements that sum to zero."""
    here = area.rows[a * ARRANGEMENT_ROWS * STRIDE :]
    _set_baseline(area, here, terms, a, t, n)
    if terms.apart.first[a + 1] > terms.apart.first[a]:
        settle_lines(area, here, terms, a, t, n)
    else:
        _complete_holdings(area, here, terms, a, t, n)
        apply_thresholds(area, here, terms, a, t, n)
        pool_steps(area, here, terms, a, t, n)
    _pay_members(area, here, terms, a, t, n)
    _pay_residual(area, here, terms, a, t, n)
    _settle_members(area, here, terms, a, t, n)
    if terms.uses[a, t, CARRY_FORWARD]:
        _carry_loss(area, here, terms, a, t, n)
