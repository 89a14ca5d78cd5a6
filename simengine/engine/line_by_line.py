"""Arrangements whose covered lines settle by themselves: thresholds, shares, bands, φ and W by line, the rest once on the sums."""

from simengine.contract.settlement import shared_part
from simengine.engine.ops import add_row, add_scaled_row, fill_row, row_view
from simengine.engine.payouts import share_out
from simengine.engine.pool import draw_baseline, find_rates, pool_of, take_fund
from simengine.engine.terms import (
    AMOUNT,
    BASELINE,
    BY_DRAW,
    DRAWN,
    FUND,
    FUND_SHARE,
    GAIN,
    LINE_OUTTURN,
    LINE_PAYER,
    LINE_PROVIDER,
    LINE_STORE_ROWS,
    MEMBER_ROWS,
    MET,
    ONE_LINE,
    OUTTURN,
    PAYOUT,
    PHI,
    POOL,
    PRORATION,
    REST,
    WINDFALL,
    Area,
    Arrangements,
)
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart


@inner_kernel
def _phi_of_part(phi: Floats, rows: Floats, part: float, n: int) -> None:
    """φ of a line, times the part of the year that is settled."""
    keep_apart()
    for i in range(n):
        phi[i] = part * shared_part(rows[POOL * STRIDE + i], rows[GAIN * STRIDE + i])


@inner_kernel
def _add_product(out: Floats, x: Floats, y: Floats, scale: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        out[i] += x[i] * (scale * y[i])


@inner_kernel
def _sign(met: Floats, pool: Floats, n: int) -> None:
    """Whether a gain or a loss is shared on the whole."""
    keep_apart()
    for i in range(n):
        met[i] = 1.0 if pool[i] > 0.0 else (-1.0 if pool[i] < 0.0 else 0.0)


@inner_kernel
def _less_fund(amount: Floats, pool: Floats, share: float, n: int) -> None:
    """Where there is a gain on the whole, the fund's share of every line's part is off it."""
    keep_apart()
    for i in range(n):
        amount[i] = (1.0 - share) * amount[i] if pool[i] > 0.0 else amount[i]


@inner_kernel
def _pool_of_line(area: Area, here: Floats, terms: Arrangements, a: int, k: int, t: int, n: int) -> None:
    """Baseline, outturn and pool of line ``k``, and what of each goes to the arrangement."""
    line, store = area.work[ONE_LINE * STRIDE :], terms.apart.store[k] + LINE_STORE_ROWS * t
    baseline, scale = row_view(area.x, terms.apart.slot[k, 0] + terms.apart.slot[k, 1] * t), terms.apart.scale[k, t]
    if terms.uses[a, t, DRAWN] and scale != 0.0:
        draw_baseline(row_view(line, BASELINE), baseline, scale, n)
    else:
        fill_row(row_view(line, BASELINE), scale, n)
    fill_row(row_view(line, OUTTURN), 0.0, n)
    add_scaled_row(row_view(line, OUTTURN), row_view(area.work, store + LINE_OUTTURN), terms.term[a, t, PRORATION], n)
    pool_of(area, line, terms, a, t, n)
    add_row(row_view(here, OUTTURN), row_view(line, OUTTURN), n)
    add_row(row_view(here, GAIN), row_view(line, GAIN), n)
    add_row(row_view(here, POOL), row_view(line, POOL), n)


@inner_kernel
def _share_line(area: Area, terms: Arrangements, a: int, k: int, t: int, n: int) -> None:
    """Add line ``k`` to the amounts of the members, and φ of it times what payer, provider and budget parties hold of it."""
    line, store = area.work[ONE_LINE * STRIDE :], terms.apart.store[k] + LINE_STORE_ROWS * t
    amount, phi = row_view(area.work, AMOUNT), row_view(area.work, PHI)
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        if m != terms.residual[a] and m != terms.fund[a]:
            share_out(amount, row_view(line, POOL), line, area, terms, (a, m, t), n)
            add_row(row_view(area.members, m * MEMBER_ROWS + PAYOUT), amount, n)
    _phi_of_part(phi, line, terms.term[a, t, PRORATION], n)
    for side in range(2):
        windfall = row_view(area.members, terms.apart.member[k, t, side] * MEMBER_ROWS + WINDFALL)
        _add_product(windfall, phi, row_view(area.work, store + LINE_PAYER + side * (LINE_PROVIDER - LINE_PAYER)), 1.0, n)
    _phi_of_part(phi, line, 1.0, n)
    for h in range(terms.apart.held[k, 0], terms.apart.held[k, 1]):
        held = row_view(area.x, terms.held[h, 0] + terms.held[h, 1] * t)
        windfall = row_view(area.members, terms.held_member[h] * MEMBER_ROWS + WINDFALL)
        _add_product(windfall, phi, held, terms.held_scale[h, t], n)


@inner_kernel
def settle_lines(area: Area, here: Floats, terms: Arrangements, a: int, t: int, n: int) -> None:
    """Steps 4 to 9 for each line of the arrangement: the members' amounts and windfalls, and the pool, are sums over the lines."""
    for m in range(terms.first_member[a], terms.first_member[a + 1]):
        fill_row(row_view(area.members, m * MEMBER_ROWS + PAYOUT), 0.0, n)
        fill_row(row_view(area.members, m * MEMBER_ROWS + WINDFALL), 0.0, n)
    for row in (OUTTURN, GAIN, POOL):
        fill_row(row_view(here, row), 0.0, n)
    if terms.uses[a, t, BY_DRAW]:
        find_rates(area, terms, a, t, n)
    for k in range(terms.apart.first[a], terms.apart.first[a + 1]):
        if terms.apart.member[k, t, 0] >= 0:
            _pool_of_line(area, here, terms, a, k, t, n)
            _share_line(area, terms, a, k, t, n)
    _sign(row_view(here, MET), row_view(here, POOL), n)
    if terms.uses[a, t, FUND]:
        share, rest = terms.term[a, t, FUND_SHARE], row_view(area.work, REST)
        fill_row(rest, 0.0, n)
        add_row(rest, row_view(here, POOL), n)
        take_fund(row_view(area.members, terms.fund[a] * MEMBER_ROWS + PAYOUT), rest, share, n)
        for m in range(terms.first_member[a], terms.first_member[a + 1]):
            if m != terms.residual[a] and m != terms.fund[a]:
                _less_fund(row_view(area.members, m * MEMBER_ROWS + PAYOUT), row_view(here, POOL), share, n)
