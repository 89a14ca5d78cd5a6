"""Lines worked off together: what a pair of parties pays and bears in a year, from the sums over lines that differ in size only.

Lines that share price, unit cost, terms of payment and parties are a *group*: everything but their activity is the same for all of them
but for a constant (``build_groups``), so their activity is added up at the price of the first, and money worked out once. Lines of a
group that grow alike and that schemes reduce alike are a *part* of it: one activity of their summed size. A line that shares with no
other is a group by itself.
"""

from typing import NamedTuple

from simengine.contract.settlement import held_by_payer, held_by_provider
from simengine.engine.lines import (
    A0,
    A1,
    AVOIDED,
    GAPS,
    ON_ACTIVITY,
    SUM_COST,
    SUM_PAY,
    SUM_PAY_DN,
    SUM_RELEASED,
    SUM_ROWS,
    SUM_SAVING,
    SUM_STRANDED,
    Effects,
    Lines,
    history_of,
    line_cost,
    line_money,
    note_gaps,
    payment_terms,
    reduce_into,
    release_from,
)
from simengine.engine.ops import FourRows, FourScales, row_view
from simengine.engine.terms import ARRANGEMENT_ROWS, OUTTURN, Area, Covered
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inlined, inner_kernel, keep_apart, kernel, rows_apart
from simengine.projection.payment import payment
from simengine.projection.scheme import outturn_activity

#: Rows of reductions of activity: none; of the parts at hand, four at most; then those that several parts share.
NO_REDUCTION, OWN_REDUCTION, SHARED_REDUCTION = 0, 1, 5
#: How many parts of a group are added up in one pass.
AT_ONCE = 4
#: Where the numbers of a part are: activity, noise, row of its reduction.
ACTIVITY_ROW, ACTIVITY_STRIDE, NOISE_ROW, NOISE_STRIDE, REDUCTION_ROW = range(5)
PART_COLUMNS = 5

#: Rows behind the sums of a pair that stand for those of an arrangement where there is none.
SPARE, SPARE_ROWS = SUM_ROWS, 3

#: Scales of activity, price, unit cost, variable and fixed share; weight of the drawn price, and planned price, in the payment price.
Terms = tuple[float, float, float, float, float, float, float]
#: Reference price, planned payment, part of the baseline, planned activity, part of a year's gap released in each of the years after;
#: whether the group is covered.
Plan = tuple[float, float, float, float, float, bool]
ThreeRows = tuple[Floats, Floats, Floats]
#: Saving, payment with and without schemes, outturn at reference price, and what of its gain payer and provider hold.
Earned = tuple[float, float, float, float, float, float]


class Groups(NamedTuple):
    """Groups of lines in the order of their first lines, and the parts of each."""

    line: Ints  # (group,): its first line, whose slots and terms are those of the group
    first: Ints  # (year, pair + 1): first of the pair's entries of ``order``
    order: Ints  # (year, group): groups by pair
    first_part: Ints  # (group + 1,)
    part: Ints  # (part, PART_COLUMNS)
    part_line: Ints  # (part,): a line that schemes reduce as they do the part
    size: Floats  # (part, year): activity per unit of the activity row
    shared: Ints  # (shared reduction,): a line that has it
    plan_do_nothing: Floats  # (group, year)
    plan_payment: Floats  # (group, year)
    baseline: Floats  # (group, year): see ``Covered.baseline``
    whole: Ints  # (group, year): 1 where it is covered, and in no way that asks for a pass of its own
    history: Ints  # (group,): first of its rows of gaps
    remembered: Ints  # (group,): years of gaps kept
    history_rows: int


class Desk(NamedTuple):
    """Where a group is worked off: the sums of its pair, its own gaps, the work area of a line, reductions of the year."""

    sums: Floats
    gaps: Floats
    work: Floats
    reductions: Floats


@inner_kernel
def _set_activity(work: Floats, activity: Floats, noise: Floats, reduction: Floats, size: float, n: int) -> None:
    """Start the group's activity, without and with schemes, from one part."""
    keep_apart()
    rows_apart()
    for i in range(n):
        a0 = (size * activity[i]) * noise[i]
        work[A0 * STRIDE + i] = a0
        work[A1 * STRIDE + i] = outturn_activity(a0, reduction[i])


@inner_kernel
def _add_activity(work: Floats, activity: Floats, noise: Floats, reduction: Floats, size: float, n: int) -> None:
    """Add one part."""
    keep_apart()
    rows_apart()
    for i in range(n):
        a0 = (size * activity[i]) * noise[i]
        work[A0 * STRIDE + i] += a0
        work[A1 * STRIDE + i] += outturn_activity(a0, reduction[i])


@inner_kernel
def _add_four_activities(work: Floats, activity: FourRows, noise: FourRows, reduction: FourRows, size: FourScales, n: int) -> None:
    """Add four parts, two and two of them first: the sums are read and written once."""
    keep_apart()
    rows_apart()
    activity_a, activity_b, activity_c, activity_d = activity
    noise_a, noise_b, noise_c, noise_d = noise
    reduction_a, reduction_b, reduction_c, reduction_d = reduction
    size_a, size_b, size_c, size_d = size
    for i in range(n):
        a, b = (size_a * activity_a[i]) * noise_a[i], (size_b * activity_b[i]) * noise_b[i]
        c, d = (size_c * activity_c[i]) * noise_c[i], (size_d * activity_d[i]) * noise_d[i]
        outturn_ab = outturn_activity(a, reduction_a[i]) + outturn_activity(b, reduction_b[i])
        outturn_cd = outturn_activity(c, reduction_c[i]) + outturn_activity(d, reduction_d[i])
        work[A0 * STRIDE + i] += (a + b) + (c + d)
        work[A1 * STRIDE + i] += outturn_ab + outturn_cd


@inner_kernel
def _add_four_parts(work: Floats, reductions: Floats, x: Floats, groups: Groups, j: int, t: int, n: int) -> None:
    """Add parts ``j`` to ``j + 3``."""
    row, size = groups.part, groups.size
    a, b, c, d = row[j], row[j + 1], row[j + 2], row[j + 3]
    activity = (
        row_view(x, a[ACTIVITY_ROW] + a[ACTIVITY_STRIDE] * t),
        row_view(x, b[ACTIVITY_ROW] + b[ACTIVITY_STRIDE] * t),
        row_view(x, c[ACTIVITY_ROW] + c[ACTIVITY_STRIDE] * t),
        row_view(x, d[ACTIVITY_ROW] + d[ACTIVITY_STRIDE] * t),
    )
    noise = (
        row_view(x, a[NOISE_ROW] + a[NOISE_STRIDE] * t),
        row_view(x, b[NOISE_ROW] + b[NOISE_STRIDE] * t),
        row_view(x, c[NOISE_ROW] + c[NOISE_STRIDE] * t),
        row_view(x, d[NOISE_ROW] + d[NOISE_STRIDE] * t),
    )
    reduction = (
        row_view(reductions, a[REDUCTION_ROW]),
        row_view(reductions, b[REDUCTION_ROW]),
        row_view(reductions, c[REDUCTION_ROW]),
        row_view(reductions, d[REDUCTION_ROW]),
    )
    _add_four_activities(work, activity, noise, reduction, (size[j, t], size[j + 1, t], size[j + 2, t], size[j + 3, t]), n)


@inlined
def reduce_part(work: Floats, reductions: Floats, x: Floats, effects: Effects, groups: Groups, j: int, t: int, n: int) -> None:
    """The reduction of part ``j`` where it shares it with no other."""
    row = groups.part[j, REDUCTION_ROW]
    if OWN_REDUCTION <= row < SHARED_REDUCTION:
        reduce_into(row_view(reductions, row), ON_ACTIVITY, work, x, effects, groups.part_line[j], t, n)


@inner_kernel
def share_reductions(work: Floats, reductions: Floats, x: Floats, effects: Effects, groups: Groups, t: int, n: int) -> None:
    """Work out the reductions of year ``t`` that several parts share."""
    for k in range(groups.shared.shape[0]):
        reduce_into(row_view(reductions, SHARED_REDUCTION + k), ON_ACTIVITY, work, x, effects, groups.shared[k], t, n)


@inlined
def part_rows(x: Floats, reductions: Floats, groups: Groups, j: int, t: int) -> ThreeRows:
    """The rows of activity, noise and reduction of part ``j``."""
    part = groups.part[j]
    activity, noise = row_view(x, part[ACTIVITY_ROW] + part[ACTIVITY_STRIDE] * t), row_view(x, part[NOISE_ROW] + part[NOISE_STRIDE] * t)
    return activity, noise, row_view(reductions, part[REDUCTION_ROW])


@inner_kernel
def group_activity(work: Floats, reductions: Floats, x: Floats, effects: Effects, groups: Groups, g: int, t: int, n: int) -> None:
    """Activity of group ``g`` in year ``t`` without and with schemes: its first part, then four at a time, then one at a time."""
    j, end = groups.first_part[g], groups.first_part[g + 1]
    while j < end:
        several = j > groups.first_part[g] and j + AT_ONCE <= end
        following = j + AT_ONCE if several else j + 1
        for k in range(j, following):
            reduce_part(work, reductions, x, effects, groups, k, t, n)
        if several:
            _add_four_parts(work, reductions, x, groups, j, t, n)
        else:
            activity, noise, reduction = part_rows(x, reductions, groups, j, t)
            if j == groups.first_part[g]:
                _set_activity(work, activity, noise, reduction, groups.size[j, t], n)
            else:
                _add_activity(work, activity, noise, reduction, groups.size[j, t], n)
        j = following


@kernel
def _earned(do_nothing: float, outturn: float, price: float, share: float, terms: Terms, plan: Plan) -> Earned:
    """What the activity of a group comes to at drawn price and variable share: all but its cost, which capacity decides."""
    _, p, _, v, _, drawn_weight, planned_weight = terms
    reference, planned, baseline, _, _, _ = plan
    variable, worth = v * share, outturn * reference
    s0, s1, pay_dn, pay = line_money(do_nothing, outturn, p * price, planned, variable, drawn_weight * price + planned_weight)
    paid = payment(planned, variable, worth)
    return s0 - s1, pay, pay_dn, worth, held_by_payer(baseline, paid), held_by_provider(paid, worth)


@inner_kernel
def _whole_group(sums: Floats, to: ThreeRows, activity: ThreeRows, rows: FourRows, terms: Terms, plan: Plan, n: int) -> None:
    """Activity, money and holdings of a group of one part whose capacity follows activity at once, or none of whose cost is fixed.

    ``to`` are the rows of outturn, payer and provider, ``activity`` those of activity, noise and reduction.
    """
    keep_apart()
    rows_apart()
    outturn, payer, provider = to
    before, noise, reduction = activity
    price, unit_cost, variable, _ = rows
    size, c, covers = terms[0], terms[2], plan[5]
    for i in range(n):
        a0 = (size * before[i]) * noise[i]
        a1, cost = outturn_activity(a0, reduction[i]), c * unit_cost[i]
        saving, pay, pay_dn, worth, with_payer, with_provider = _earned(a0, a1, price[i], variable[i], terms, plan)
        sums[SUM_SAVING * STRIDE + i] += saving
        sums[SUM_PAY * STRIDE + i] += pay
        sums[SUM_PAY_DN * STRIDE + i] += pay_dn
        sums[SUM_COST * STRIDE + i] += cost * a1
        sums[SUM_RELEASED * STRIDE + i] += cost * (a0 - a1)
        if covers:
            outturn[i] += worth
            payer[i] += with_payer
            provider[i] += with_provider


@inner_kernel
def _money(sums: Floats, to: ThreeRows, work: Floats, rows: FourRows, terms: Terms, plan: Plan, n: int) -> None:
    """As ``_whole_group``, of activity that stands in ``work``."""
    keep_apart()
    rows_apart()
    outturn, payer, provider = to
    price, unit_cost, variable, _ = rows
    c, covers = terms[2], plan[5]
    for i in range(n):
        a0, a1, cost = work[A0 * STRIDE + i], work[A1 * STRIDE + i], c * unit_cost[i]
        saving, pay, pay_dn, worth, with_payer, with_provider = _earned(a0, a1, price[i], variable[i], terms, plan)
        sums[SUM_SAVING * STRIDE + i] += saving
        sums[SUM_PAY * STRIDE + i] += pay
        sums[SUM_PAY_DN * STRIDE + i] += pay_dn
        sums[SUM_COST * STRIDE + i] += cost * a1
        sums[SUM_RELEASED * STRIDE + i] += cost * (a0 - a1)
        if covers:
            outturn[i] += worth
            payer[i] += with_payer
            provider[i] += with_provider


@inner_kernel
def _money_with_release(sums: Floats, to: ThreeRows, work: Floats, rows: FourRows, terms: Terms, plan: Plan, n: int) -> None:
    """As ``_money``, where fixed cost is released over years."""
    keep_apart()
    rows_apart()
    outturn, payer, provider = to
    price, unit_cost, variable, fixed = rows
    _, _, c, _, f, _, _ = terms
    _, _, _, expected, part, covers = plan
    for i in range(n):
        a0, a1 = work[A0 * STRIDE + i], work[A1 * STRIDE + i]
        capacity, freed = expected - part * work[GAPS * STRIDE + i], part * work[AVOIDED * STRIDE + i]
        cost, released, stranded = line_cost(c * unit_cost[i], f * fixed[i], a0, a1, capacity, freed)
        saving, pay, pay_dn, worth, with_payer, with_provider = _earned(a0, a1, price[i], variable[i], terms, plan)
        sums[SUM_SAVING * STRIDE + i] += saving
        sums[SUM_PAY * STRIDE + i] += pay
        sums[SUM_PAY_DN * STRIDE + i] += pay_dn
        sums[SUM_COST * STRIDE + i] += cost
        sums[SUM_RELEASED * STRIDE + i] += released
        sums[SUM_STRANDED * STRIDE + i] += stranded
        if covers:
            outturn[i] += worth
            payer[i] += with_payer
            provider[i] += with_provider


@inner_kernel
def work_off_group(
    desk: Desk, area: Area, lines: Lines, effects: Effects, covered: Covered, groups: Groups, at: tuple[int, int], n: int
) -> None:
    """What a group adds to the sums of its pair and, where it is covered, to outturn and holdings; ``at`` is (group, year)."""
    g, t = at
    sums, gaps, work, reductions = desk.sums, desk.gaps, desk.work, desk.reductions
    s, x, first = groups.line[g], area.x, groups.first_part[g]
    slot, scale, release = lines.slot[s], lines.scale[s], lines.release_years[s]
    price, unit_cost = row_view(x, slot[2, 0] + slot[2, 1] * t), row_view(x, slot[3, 0] + slot[3, 1] * t)
    rows = (price, unit_cost, row_view(x, slot[4, 0] + slot[4, 1] * t), row_view(x, slot[5, 0] + slot[5, 1] * t))
    _, drawn_weight, planned_weight = payment_terms(lines, s, t)
    terms = (groups.size[first, t], scale[2, t], scale[3, t], scale[4, t], scale[5, t], drawn_weight, planned_weight)
    expected, part = groups.plan_do_nothing[g, t], 1.0 / max(release, 1)
    plan = (lines.plan_price[s, t], groups.plan_payment[g, t], groups.baseline[g, t], expected, part, groups.whole[g, t] > 0)
    # of a group that is not covered, or in a way of its own, these rows are not touched
    outturn, payer, provider = row_view(sums, SPARE), row_view(sums, SPARE + 1), row_view(sums, SPARE + 2)
    if groups.whole[g, t]:
        outturn = row_view(area.rows, covered.arrangement[s, t] * ARRANGEMENT_ROWS + OUTTURN)
        payer, provider = row_view(area.held, covered.payer[s, t]), row_view(area.held, covered.provider[s])
    to = (outturn, payer, provider)
    # one that is covered in a way of its own has that worked out from the activity in ``work``
    in_one = groups.whole[g, t] > 0 or covered.arrangement[s, t] < 0
    if in_one and release < 1 and groups.first_part[g + 1] == first + 1:
        reduce_part(work, reductions, x, effects, groups, first, t, n)
        _whole_group(sums, to, part_rows(x, reductions, groups, first, t), rows, terms, plan, n)
        return
    group_activity(work, reductions, x, effects, groups, g, t, n)
    if release < 1:
        _money(sums, to, work, rows, terms, plan, n)
    else:
        release_from(work, gaps, groups.remembered[g], release, t, n)
        _money_with_release(sums, to, work, rows, terms, plan, n)
        note_gaps(work, history_of(gaps, groups.remembered[g], t), expected, n)
