"""Draws counted into a sketch: what is counted exactly, in which bucket each lies, and the pages that are taken for it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import BATCH
from simengine.engine.sketch import (
    BUCKETS,
    CELLS,
    COARSE,
    DRAWS,
    FINE,
    GROUPS,
    KEYS,
    NARROW_DRAWS,
    ONE,
    PAGES,
    Counts,
    Sketch,
    empty_sketch,
    is_wide,
    merge,
    with_room,
)
from simengine.jit import Floats, Ints, float_bits, keep_apart, kernel, rows_apart

Places = npt.NDArray[np.uint32]

_NOT_FINITE = 2047
_BUCKET_BITS, _TO_COARSE, _MANTISSA = 9, 6, 43
_CODES = 2**21 - 1
_FIELD = 2**16
_SMALLEST = 2.0**-1022


class Work(NamedTuple):
    """Work areas of one thread: of a batch of draws."""

    lane: Ints  # (group,): what is counted exactly
    bucket: Places  # (draw,): where in ``Sketch.counts``
    cell: Places  # (draw,): where in ``Sketch.groups``
    add: Ints  # (draw,): what is added there


def new_work() -> Work:
    """Work areas of one thread."""
    lane, add = np.empty(GROUPS, dtype=np.int64), np.empty(BATCH, dtype=np.int64)
    return Work(lane, np.empty(BATCH, dtype=np.uint32), np.empty(BATCH, dtype=np.uint32), add)


@kernel
def _mark(lane: Ints, batch: Floats, plan: float) -> None:
    """What is counted by group, of a batch, by draw i % 16: one number with four fields of 16 bits."""
    keep_apart()
    for k in range(GROUPS):
        total = 0
        for j in range(BATCH // GROUPS):
            x = batch[j * GROUPS + k]
            d = x - plan
            finite = d - d == 0.0
            total += (abs(d) < _SMALLEST) * 1 + (finite & (x < 0.0)) * _FIELD
            total += (finite & (x > 0.0)) * _FIELD**2 + (1 - finite) * _FIELD**3
        lane[k] = total


@kernel
def _mark_part(lane: Ints, values: Floats, plan: float, offset: int) -> None:
    """As ``_mark``, for a part of a batch that starts at ``offset``."""
    for k in range(GROUPS):
        lane[k] = 0
    for i in range(values.shape[0]):
        d = values[i] - plan
        finite = d - d == 0.0
        below, above = finite & (values[i] < 0.0), finite & (values[i] > 0.0)
        marks = (abs(d) < _SMALLEST) * 1 + below * _FIELD + above * _FIELD**2 + (1 - finite) * _FIELD**3
        lane[(offset + i) % GROUPS] += marks


@kernel
def _to_groups(tallies: Ints, lane: Ints, group: int) -> None:
    """Add the marks of a batch to the tallies: to those of ``group``, or where that is negative to those of draw n % 16."""
    keep_apart()
    for i in range(GROUPS):
        for tally in range(4):
            tallies[tally, i if group < 0 else group] += (lane[i] >> (16 * tally)) & (_FIELD - 1)


@kernel
def _range(extreme: Floats, ties: Ints, values: Floats, plan: float) -> None:
    """Smallest and largest of the draws so far, and how many are equal to them; a first look finds out whether they are passed."""
    keep_apart()
    low, high = extreme[0], extreme[1]
    at_low, at_high, beyond = 0, 0, 0
    for i in range(values.shape[0]):
        at_low += values[i] == low
        at_high += values[i] == high
        beyond += (values[i] < low) | (values[i] > high)
    if beyond == 0:
        ties[0] += at_low
        ties[1] += at_high
        return
    for i in range(values.shape[0]):
        x = values[i] + 0.0  # -0 becomes 0: the smallest draw has the same bits in any order
        d = x - plan
        if d - d == 0.0:
            if x <= extreme[0]:
                ties[0] = ties[0] + 1 if x == extreme[0] else 1
                extreme[0] = x
            if x >= extreme[1]:
                ties[1] = ties[1] + 1 if x == extreme[1] else 1
                extreme[1] = x


@kernel
def tally_row(sketch: Sketch, row: int, values: Floats, plan: float, first_draw: int, work: Work) -> int:
    """What is counted exactly, of draws ``first_draw`` and on of a row; returns how many there are."""
    draws, first = values.shape[0], 0
    while first < draws:
        offset = (first_draw + first) % BATCH
        last = min(first + BATCH - offset, draws)
        batch = values[first:last]
        if last - first == BATCH:
            _mark(work.lane, batch, plan)
        else:
            _mark_part(work.lane, batch, plan, offset)
        group = ((first_draw + first) // BATCH) % GROUPS if sketch.by_batch else -1
        _to_groups(sketch.tallies[row], work.lane, group)
        _range(sketch.extreme[row], sketch.ties[row], batch, plan)
        first = last
    return int(draws)


@kernel
def _find(work: Work, values: Floats, plan: float, page_of: npt.NDArray[np.int32], first_draw: int, shift: int) -> int:
    """Where some draws are counted, and what is added to their groups; returns how many have no page yet.

    A distance that is not finite or none has no page and is counted on the page that nobody reads.
    """
    keep_apart()
    rows_apart()
    missing = 0
    for i in range(values.shape[0]):
        code = (float_bits(values[i] - plan) >> _MANTISSA) & _CODES
        key = code >> _BUCKET_BITS
        page = page_of[key]
        group = ((first_draw + i) >> shift) & (GROUPS - 1)
        # an exponent of all ones or of zeros, in one comparison
        missing += (page == 0) & ((key + 1) & _NOT_FINITE > 1)
        work.bucket[i] = page * BUCKETS + (code & (BUCKETS - 1))
        work.cell[i] = page * CELLS + group * COARSE + ((code >> _TO_COARSE) & (COARSE - 1))
        work.add[i] = ONE + (code & (FINE - 1))
    return missing


@kernel
def _place(counts: Counts, groups: Ints, work: Work, size: int) -> None:
    """Count draws where ``_find`` has found that they belong; both arrays as one row."""
    keep_apart()
    bucket, cell, add = work.bucket, work.cell, work.add
    for i in range(size):
        counts[bucket[i]] += 1
        groups[cell[i]] += add[i]


@kernel
def _take_pages(sketch: Sketch, row: int, values: Floats, plan: float) -> bool:
    """Take the pages that some draws of a row need; returns whether there were as many."""
    page_of = sketch.page_of[row]
    for i in range(values.shape[0]):
        key = (float_bits(values[i] - plan) >> (_MANTISSA + _BUCKET_BITS)) & (KEYS - 1)
        if page_of[key] == 0 and (key + 1) & _NOT_FINITE > 1:
            page = sketch.used[PAGES] + 1
            if page == sketch.owner.shape[0]:
                return False
            sketch.used[PAGES], sketch.owner[page], page_of[key] = page, row * KEYS + key, page
    return True


@kernel
def place_row(sketch: Sketch, row: int, values: Floats, plan: float, first_draw: int, start: int, work: Work) -> int:
    """Count the values of a row in their buckets from index ``start`` on, taking pages as they are needed.

    Returns how many are done: fewer than there are where no page is left.
    """
    draws, shift = values.shape[0], 8 if sketch.by_batch else 0
    page_of = sketch.page_of[row]
    counts, groups = sketch.counts.reshape(sketch.counts.size), sketch.groups.reshape(sketch.groups.size)
    for first in range(start, draws, BATCH):
        some = values[first : min(first + BATCH, draws)]
        if _find(work, some, plan, page_of, first_draw + first, shift) > 0:
            if not _take_pages(sketch, row, some, plan):
                return int(first)
            _find(work, some, plan, page_of, first_draw + first, shift)
        _place(counts, groups, work, some.shape[0])
    return int(draws)


@kernel
def _add_rows(sketch: Sketch, values: Floats, plan: Floats, first_draw: int, place: int, work: Work) -> int:
    """Count all rows from ``place`` (row · draws + index) on; returns the place of the first value for which no page is left.

    A row is tallied as it is begun: ``place`` below 0 stands for the first value of row ``-1 - place``, which has been.
    """
    draws = values.shape[1]
    begun = place < 0
    row = -1 - place if begun else place // draws
    start = 0 if begun else place % draws
    while row < values.shape[0]:
        if start == 0 and not begun:
            tally_row(sketch, row, values[row], plan[row], first_draw, work)
        done = place_row(sketch, row, values[row], plan[row], first_draw, start, work)
        if done < draws:
            return int(row * draws + done) if done > 0 else -1 - row
        row, start, begun = row + 1, 0, False
    return int(values.shape[0] * draws)


def add_rows(sketch: Sketch, values: Floats, plan: Floats, first_draw: int) -> Sketch:
    """Count draws ``first_draw`` and on of every row.

    Parameters
    ----------
    sketch
        Changed in place; go on with the sketch that is returned, whose arrays may be larger ones.
    values
        Shape (row, draw): all rows of the sketch.
    plan
        Shape (row,): what distances are taken from, the same in every call.
    first_draw
        Index of the first of these draws in the run.
    """
    rows, draws = values.shape
    if rows * draws == 0:
        return sketch
    if is_wide(sketch) or int(sketch.used[DRAWS]) + draws > NARROW_DRAWS:
        return merge(sketch, add_rows(empty_sketch(rows, "lhs" if sketch.by_batch else "sobol"), values, plan, first_draw))
    work, place = new_work(), 0
    with np.errstate(invalid="ignore", over="ignore"):  # with the compiler off, inf - inf would be a warning
        while (place := _add_rows(sketch, values, plan, first_draw, place, work)) != rows * draws:
            sketch = with_room(sketch, 1)
    sketch.used[DRAWS] += draws
    return sketch
