"""Borgonovo's delta from stored draws: how far the distribution of an output moves, on average, when a driver becomes known.

Delta is the total variation distance between the joint distribution of driver and output and the product of the two (Borgonovo 2007,
Reliability Engineering and System Safety 92, 771-784), the same for ranks as for values. Summing the distances of a table of counts
counts noise as distance. But the distance is also the largest difference of expectations over functions between -1 and 1. That function,
the sign of the difference in each cell, is taken from all groups of draws but one and the difference from the one left out: noise has no
sign in common, so a driver without effect has 0 on average, and none more than its delta. A cell in which the difference is not clear
takes the sign of the four times larger cell around it.
"""

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, keep_apart, kernel

Counts = npt.NDArray[np.int32]
Signs = npt.NDArray[np.int8]

#: The square of how many standard errors a difference is from 0 to be clear.
_CLEAR = 1.5**2
#: Cells along a side of the coarsest table.
_COARSEST = 4


def room(cells: int) -> int:
    """Cells of a table with ``cells`` along a side, and of all coarser ones."""
    return cells * cells + (room(cells // 2) if cells > _COARSEST else 0)


@kernel
def _fill_coarser(table: Counts, cells: int) -> None:
    """Fill the coarser tables behind the finest one."""
    keep_apart()
    fine, side = 0, cells
    while side > _COARSEST:
        half = side // 2
        coarse = fine + side * side
        for i in range(half):
            for j in range(half):
                at = fine + 2 * i * side + 2 * j
                table[coarse + i * half + j] = table[at] + table[at + 1] + table[at + side] + table[at + side + 1]
        fine, side = coarse, half


@kernel
def _fill_margins(margins: Ints, table: Counts, first: int, side: int) -> None:
    """Draws by row, then by column, of the table of a level."""
    for i in range(2 * side):
        margins[i] = 0
    for i in range(side):
        for j in range(side):
            count = table[first + i * side + j]
            margins[i] += count
            margins[side + j] += count


@kernel
def _fill_signs(signs: Signs, table: Counts, margins: Ints, draws: int, first: int, side: int, coarser: int) -> None:
    """Sign of each cell's difference at one level, where it is clear; else that of the cell around it, ``coarser`` < 0: there is none."""
    keep_apart()
    for i in range(side):
        for j in range(side):
            at = first + i * side + j
            expected = (float(margins[i]) * float(margins[side + j])) / draws
            apart = table[at] - expected
            sign = 1 if apart > 0.0 else (-1 if apart < 0.0 else 0)
            if coarser >= 0 and not apart * apart > _CLEAR * expected:
                sign = signs[coarser + (i >> 1) * (side >> 1) + (j >> 1)]
            signs[at] = sign


@kernel
def _fill_others(others: Counts, tables: Counts, group: int) -> None:
    """Counts of all groups, and the rest, but one."""
    keep_apart()
    for i in range(others.shape[0]):
        others[i] = -tables[group, i]
    for k in range(tables.shape[0]):
        for i in range(others.shape[0]):
            others[i] += tables[k, i]


@kernel
def held_out(found: Floats, tables: Counts, sizes: Ints, cells: int, others: Counts, signs: Signs, margins: Ints) -> None:
    """Delta of one driver by each group alone, (group,): ``tables`` (group, ``room(cells)``), ``sizes`` draws of each, the rest last.

    ``others``, ``signs`` (``room(cells)``,) and ``margins`` (4 * cells,) are work areas; coarser tables are filled in.
    """
    total = 0
    for group in range(tables.shape[0]):
        _fill_coarser(tables[group], cells)
        total += sizes[group]
    for group in range(found.shape[0]):
        _fill_others(others, tables, group)
        first, side = tables.shape[1] - _COARSEST * _COARSEST, _COARSEST
        coarser = -1
        while True:
            _fill_margins(margins, others, first, side)
            _fill_signs(signs, others, margins, total - sizes[group], first, side, coarser)
            if first == 0:
                break
            side, coarser = side * 2, first
            first -= side * side
        own, size, distance = tables[group], float(sizes[group]), 0.0
        _fill_margins(margins, own, 0, cells)
        for i in range(cells):
            for j in range(cells):
                at = i * cells + j
                distance += signs[at] * (own[at] - float(margins[i]) * float(margins[cells + j]) / size)
        found[group] = 0.5 * distance / size
