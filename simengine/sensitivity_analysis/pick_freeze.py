"""Sums of differences behind Sobol' indices, by group of points: the passes over a piece (see ``sobol``)."""

from typing import Final

from simengine.jit import Floats, Ints, inner_kernel, keep_apart, kernel, rows_apart
from simengine.sensitivity_analysis.jackknife import GROUPS

#: Columns of the sums of a unit and output: numerators of the first-order and of the total index, and twice twice the variance.
FIRST: Final = 0
TOTAL: Final = 1
BASE: Final = 2
COLUMNS: Final = 3
#: Columns of the sums of an output for the dummy: f(A), f(B), their product, the sum of their squares.
DUMMY_COLUMNS: Final = 4

#: Points of a piece, from and up to, and the group that they all belong to (-1: point n to group n % 16).
Span = tuple[int, int, int]


@inner_kernel
def _add_differences(sums: Floats, a: Floats, b: Floats, ab: Floats, ba: Floats, n: int) -> None:
    """Sums (column, group) of whole rounds of sixteen points, by point n % 16."""
    keep_apart()
    rows_apart()
    first, total, base = sums[FIRST], sums[TOTAL], sums[BASE]
    for start in range(0, n, GROUPS):
        for k in range(GROUPS):
            i = start + k
            over, under, whole, swapped = ba[i] - b[i], a[i] - ab[i], a[i] - b[i], ba[i] - ab[i]
            first[k] += over * under
            total[k] += over * over + under * under
            base[k] += whole * whole + swapped * swapped


@inner_kernel
def _add_products(sums: Floats, a: Floats, b: Floats, n: int) -> None:
    """Sums (column, group) for the dummy."""
    keep_apart()
    rows_apart()
    for start in range(0, n, GROUPS):
        for k in range(GROUPS):
            x, y = a[start + k], b[start + k]
            sums[0, k] += x
            sums[1, k] += y
            sums[2, k] += x * y
            sums[3, k] += x * x + y * y


@inner_kernel
def _add_closed(sums: Floats, left: Floats, right: Floats, n: int) -> None:
    """Squared differences by point n % 16."""
    keep_apart()
    rows_apart()
    for start in range(0, n, GROUPS):
        for k in range(GROUPS):
            d = left[start + k] - right[start + k]
            sums[k] += d * d


@inner_kernel
def _fold_groups(sums: Floats, lanes: Floats, group: int) -> None:
    """Add sums by point n % 16 to those of one group, or each to its own where ``group`` is -1."""
    for column in range(sums.shape[0]):
        for k in range(GROUPS):
            sums[column, k if group < 0 else group] += lanes[column, k]


@kernel
def add_differences(sums: Floats, base: Floats, mixed: Floats, first: int, span: Span, lanes: Floats) -> int:
    """Add points to ``sums`` (player, output, column, group) from player ``first`` on.

    ``base`` (2, output, point) has f(A), f(B); ``mixed`` (2 · player, output, point) f(A_B^i), then f(B_A^i); ``lanes`` is scratch.
    """
    lo, hi, group = span
    for m in range(0, mixed.shape[0], 2):
        for o in range(base.shape[1]):
            lanes[:] = 0.0
            a, b, ab, ba = base[0, o, lo:hi], base[1, o, lo:hi], mixed[m, o, lo:hi], mixed[m + 1, o, lo:hi]
            _add_differences(lanes, a, b, ab, ba, hi - lo)
            _fold_groups(sums[first + m // 2, o], lanes, group)
    return int(mixed.shape[0] // 2)


@kernel
def add_products(sums: Floats, base: Floats, span: Span, lanes: Floats) -> int:
    """Add points to ``sums`` (output, column, group) of the dummy."""
    lo, hi, group = span
    for o in range(base.shape[1]):
        lanes[:] = 0.0
        _add_products(lanes, base[0, o, lo:hi], base[1, o, lo:hi], hi - lo)
        _fold_groups(sums[o], lanes, group)
    return int(base.shape[1])


@kernel
def add_closed(sums: Floats, mixed: Floats, pairs: Ints, span: Span, lanes: Floats) -> int:
    """Add points to ``sums`` (pair, output, 1, group); ``mixed`` (2 · player, output, point) as in ``add_differences``."""
    lo, hi, group = span
    for p in range(pairs.shape[0]):
        i, j = pairs[p, 0], pairs[p, 1]
        for o in range(mixed.shape[1]):
            lanes[:] = 0.0
            _add_closed(lanes[0], mixed[2 * i, o, lo:hi], mixed[2 * j + 1, o, lo:hi], hi - lo)
            _add_closed(lanes[0], mixed[2 * j, o, lo:hi], mixed[2 * i + 1, o, lo:hi], hi - lo)
            _fold_groups(sums[p, o], lanes, group)
    return int(pairs.shape[0])
