"""Line and scheme variables: their moments in every run, their draws where they are stored.

They are many (nine by line and year, three by scheme and year), so they are worked out only where wanted, and summed as they come.
"""

from typing import NamedTuple

from simengine.engine.lines import (
    A0,
    A1,
    COST,
    PAY,
    PRESSURE,
    RELEASED,
    S0,
    S1,
    SAVING,
)
from simengine.engine.moments import add_moments
from simengine.engine.ops import add_scaled_row, fill_row, row_view
from simengine.engine.positions import Parties
from simengine.engine.tile import STRIDE
from simengine.jit import Floats, Ints, inner_kernel, keep_apart

#: Line variables in the order of their rows, by the row of the line scratch that holds each; names as in ``schema``.
LINE_VARIABLES = {
    "activity_do_nothing": A0,
    "activity": A1,
    "spend_pressure": PRESSURE,
    "spend_do_nothing": S0,
    "spend": S1,
    "gross_saving": SAVING,
    "payment": PAY,
    "provider_cost": COST,
    "cost_released": RELEASED,
}
#: Value of ``Detail.wanted`` where line and scheme variables are worked out.
DETAIL_WANTED = 1
SCHEME_VARIABLES = ("scheme_saving", "scheme_cost", "investment")
_LINE_ROWS = tuple(LINE_VARIABLES.values())
_LINE_COUNT = len(_LINE_ROWS)


class Detail(NamedTuple):
    """What of the line and scheme variables is wanted; row (variable, line or scheme, year) in that order, lines first.

    Rows that are multiples of others may be left out (``alike``): then the rest move up.
    """

    wanted: int
    row: Ints  # (variable, line): row of the first year, -1 where it is not worked out
    scheme_row: int  # first row of the schemes
    pressure: Ints  # (line, 2): slot of the price before required efficiency
    pressure_scale: Floats  # (line, year)
    schemes: int
    plan: Floats  # (row,): moments are taken about the plan
    keep: Ints  # (row,): row of the detail store, -1 where only moments are kept


class DetailScratch(NamedTuple):
    """Work area and results of one thread."""

    savings: Floats  # scheme · years + year rows
    work: Floats  # for the attribution of savings
    lane: Floats  # (16,)
    square: Floats  # (16,)
    partial: Floats  # (block, row, moment column)
    position: Ints  # (2,): first draw of the tile within the store, block within ``partial``
    store: Floats  # (kept row, draw)


@inner_kernel
def _keep(detail: Detail, scratch: DetailScratch, row: int, values: Floats, n: int) -> None:
    """Add one row to its moments and copy it to the store where it is kept."""
    keep_apart()
    add_moments(scratch.partial[scratch.position[1], row], values, detail.plan[row], scratch.lane, scratch.square, n)
    if detail.keep[row] >= 0:
        target, first = scratch.store[detail.keep[row]], scratch.position[0]
        for i in range(n):
            target[first + i] = values[i]


@inner_kernel
def keep_line(detail: Detail, scratch: DetailScratch, work: Floats, x: Floats, s: int, t: int, n: int) -> None:
    """Keep the line variables of line ``s`` in year ``t``; growth and inflation alone (the pressure) are priced here."""
    keep_apart()
    price, p = row_view(x, detail.pressure[s, 0] + detail.pressure[s, 1] * t), detail.pressure_scale[s, t]
    for i in range(n):
        work[PRESSURE * STRIDE + i] = work[A0 * STRIDE + i] * (p * price[i])
    for k in range(_LINE_COUNT):
        if detail.row[k, s] >= 0:
            _keep(detail, scratch, detail.row[k, s] + t, row_view(work, _LINE_ROWS[k]), n)


@inner_kernel
def keep_schemes(detail: Detail, scratch: DetailScratch, x: Floats, parties: Parties, n: int) -> None:
    """Keep saving, running cost and investment of every scheme and year."""
    keep_apart()
    years, base = detail.pressure_scale.shape[1], detail.scheme_row
    total = row_view(scratch.work, 0)
    for i in range(detail.schemes):
        for t in range(years):
            _keep(detail, scratch, base + i * years + t, row_view(scratch.savings, i * years + t), n)
            for k in range(2):
                fill_row(total, 0.0, n)
                for c in range(parties.cost.shape[0]):
                    if parties.cost_scheme[c] == i and parties.cost_is_investment[c] == k:
                        cost = row_view(x, parties.cost[c, 0] + parties.cost[c, 1] * t)
                        add_scaled_row(total, cost, parties.cost_scale[c, t], n)
                _keep(detail, scratch, base + ((1 + k) * detail.schemes + i) * years + t, total, n)
