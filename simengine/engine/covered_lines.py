"""Covered lines: what each adds to the outturn of its arrangement, and to what its payer and its provider hold (MODEL.md section 6)."""

from simengine.contract.settlement import held_by_payer, held_by_provider
from simengine.engine.lines import A1, Lines
from simengine.engine.ops import fill_row, row_view
from simengine.engine.special_lines import special_payment
from simengine.engine.terms import ARRANGEMENT_ROWS, LINE_OUTTURN, LINE_PAYER, LINE_PROVIDER, LINE_STORE_ROWS, OUTTURN, Area, Covered
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, inner_kernel, keep_apart

#: Rows that a line adds to (outturn, what its payer holds, what its provider holds), or is worked out from (activity, variable share, money
#: taken off its outturn).
ThreeRows = tuple[Floats, Floats, Floats]


@inner_kernel
def _add_banded_line(area: Area, work: Floats, lines: Lines, covered: Covered, s: int, t: int, n: int) -> None:
    """A line that is paid for, in marginal bands."""
    keep_apart()
    a = covered.arrangement[s, t]
    price, planned, baseline, v = lines.plan_price[s, t], lines.plan_payment[s, t], covered.baseline[s, t], lines.scale[s, 4, t]
    outturn = row_view(area.rows, a * ARRANGEMENT_ROWS + OUTTURN)
    payer, provider = row_view(area.held, covered.payer[s, t]), row_view(area.held, covered.provider[s])
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
def _add_adjusted_line(to: ThreeRows, x: ThreeRows, lines: Lines, covered: Covered, s: int, t: int, n: int) -> None:
    """As the passes above, with money taken off the line's outturn, which is then what its payment is worked out from as well."""
    keep_apart()
    outturn, payer, provider = to
    activity, variable, taken = x
    price, planned, baseline, v = lines.plan_price[s, t], lines.plan_payment[s, t], covered.baseline[s, t], lines.scale[s, 4, t]
    scale, own = covered.adjustment_scale[s, t], lines.paid[s, t] == 0
    for i in range(n):
        cost = activity[i] * price - scale * taken[i]
        paid = cost if own else special_payment(lines.special, s, t, planned, v * variable[i], cost)
        outturn[i] += cost
        payer[i] += held_by_payer(baseline, paid)
        provider[i] += held_by_provider(paid, cost)


@inner_kernel
def _add_apart(area: Area, work: Floats, lines: Lines, covered: Covered, s: int, t: int, n: int) -> None:
    """A line that is adjusted, or settles by itself: then it has rows of its own in place of those of its arrangement and members."""
    store = covered.store[s, t]
    variable, taken = row_view(area.x, lines.slot[s, 4, 0] + lines.slot[s, 4, 1] * t), row_view(area.x, covered.adjustment[s, t])
    x = (row_view(work, A1), variable, taken)
    if store >= 0:
        for k in range(LINE_STORE_ROWS):
            fill_row(row_view(area.work, store + k), 0.0, n)
        payer, provider = row_view(area.work, store + LINE_PAYER), row_view(area.work, store + LINE_PROVIDER)
        _add_adjusted_line((row_view(area.work, store + LINE_OUTTURN), payer, provider), x, lines, covered, s, t, n)
    else:
        outturn = row_view(area.rows, covered.arrangement[s, t] * ARRANGEMENT_ROWS + OUTTURN)
        payer, provider = row_view(area.held, covered.payer[s, t]), row_view(area.held, covered.provider[s])
        _add_adjusted_line((outturn, payer, provider), x, lines, covered, s, t, n)


@inner_kernel
def add_covered_line(area: Area, work: Floats, lines: Lines, covered: Covered, baseline: float, s: int, t: int, n: int) -> None:
    """Add a covered line and year to its arrangement's outturn and to what its payer and provider hold.

    Lines that are paid for as most are have been added with their money (``lines_together``). ``baseline`` is the part of the baseline of
    all lines that are worked off together as line ``s``.
    """
    if covered.store[s, t] >= 0 or covered.adjustment_scale[s, t] != 0.0:
        _add_apart(area, work, lines, covered, s, t, n)
    elif lines.paid[s, t]:
        _add_banded_line(area, work, lines, covered, s, t, n)
    else:
        outturn = row_view(area.rows, covered.arrangement[s, t] * ARRANGEMENT_ROWS + OUTTURN)
        _add_own_line(outturn, row_view(area.held, covered.payer[s, t]), work, lines.plan_price[s, t], baseline, n)
