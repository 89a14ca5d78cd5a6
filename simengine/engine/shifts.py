"""Shifts: activity that an effect moves off a line, times a conversion ratio, added to another line (MODEL.md section 3).

Worked out for every shift and year before any line is, since a target may stand before its source in the file. What is shifted in is
not shifted again.
"""

from typing import NamedTuple

from simengine.engine.lines import A0, Effects, Lines, line_reduction
from simengine.engine.ops import add_row, fill_row, row_view
from simengine.engine.schemes import moved_activity
from simengine.jit import Floats, Ints, inner_kernel, keep_apart


class Shifts(NamedTuple):
    """Shifts in the order of their targets: those into line s are ``first_into[s]`` to ``first_into[s + 1] - 1``."""

    source: Ints  # (shift,): line
    segment: Ints  # (shift,): index among all segments
    effect: Ints  # (shift,)
    scheme: Ints  # (shift,)
    ratio: Ints  # (shift, 2): slot
    ratio_scale: Floats  # (shift, year)
    first_into: Ints  # (line + 1,)


@inner_kernel
def _do_nothing(a0: Floats, x: Floats, lines: Lines, s: int, t: int, n: int) -> None:
    """Do-nothing activity of a line and year."""
    keep_apart()
    slot, scale = lines.slot[s], lines.scale[s]
    activity, a = row_view(x, slot[0, 0] + slot[0, 1] * t), scale[0, t]
    noise = row_view(x, slot[1, 0] + slot[1, 1] * t)
    for i in range(n):
        a0[i] = (a * activity[i]) * noise[i]


@inner_kernel
def _convert(moved: Floats, ratio: Floats, scale: float, n: int) -> None:
    keep_apart()
    for i in range(n):
        moved[i] *= scale * ratio[i]


@inner_kernel
def shift_year(
    row: Floats, schemes: Floats, work: Floats, x: Floats, lines: Lines, effects: Effects, shifts: Shifts, at: tuple[int, int, int]
) -> None:
    """The activity that a shift adds to its target, into ``row``; ``at`` is (shift, year, draws), ``schemes`` and ``work`` are scratch."""
    k, t, n = at
    s = shifts.source[k]
    _do_nothing(row_view(work, A0), x, lines, s, t, n)
    line_reduction(work, x, effects, s, t, n)
    moved_activity(row, schemes, work, x, effects, (s, shifts.segment[k], shifts.effect[k]), t, n)
    _convert(row, row_view(x, shifts.ratio[k, 0] + shifts.ratio[k, 1] * t), shifts.ratio_scale[k, t], n)


@inner_kernel
def shift_activity(rows: Floats, schemes: Floats, work: Floats, x: Floats, lines: Lines, effects: Effects, shifts: Shifts, n: int) -> None:
    """Fill row shift · years + year of ``rows`` with the activity that each shift adds to its target; ``schemes`` is scratch."""
    years = lines.plan_price.shape[1]
    for k in range(shifts.source.shape[0]):
        for t in range(years):
            shift_year(row_view(rows, k * years + t), schemes, work, x, lines, effects, shifts, (k, t, n))


@inner_kernel
def add_shifted(added: Floats, rows: Floats, shifts: Shifts, s: int, t: int, n: int) -> None:
    """The activity that is shifted into line ``s`` in year ``t``."""
    years = shifts.ratio_scale.shape[1]
    fill_row(added, 0.0, n)
    for k in range(shifts.first_into[s], shifts.first_into[s + 1]):
        add_row(added, row_view(rows, k * years + t), n)


@inner_kernel
def _take_off(saving: Floats, shifted: Floats, price: Floats, n: int) -> None:
    keep_apart()
    for i in range(n):
        saving[i] -= shifted[i] * price[i]


@inner_kernel
def charge_schemes(savings: Floats, rows: Floats, price: Floats, shifts: Shifts, s: int, t: int, n: int) -> None:
    """Lower the saving of every scheme that shifts activity into line ``s``, at the price of what is shifted in."""
    years = shifts.ratio_scale.shape[1]
    for k in range(shifts.first_into[s], shifts.first_into[s + 1]):
        _take_off(row_view(savings, shifts.scheme[k] * years + t), row_view(rows, k * years + t), price, n)
