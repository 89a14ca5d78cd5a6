"""Where the draws of a row lie, in memory that does not grow with their number: integer counts of the distance from the plan.

The distance ``d = x - plan`` is counted by its sign, its exponent and the nine leading bits of its mantissa. A bucket is 1/512 of its
nearer edge wide, so whatever is said of a draw from its bucket alone is within 0.2 % of the draw's distance from the plan. Counts add up to
the same whatever the order of the draws, the tiles, the threads and the shards. Nine bits in 32-bit counts take as much memory as eight in
64-bit ones, and a value may then be placed anywhere in its bucket, not in the middle only, within the same bound.

Beside them, exact: draws below, at and above zero, draws at the plan, the smallest and the largest draw and how many are equal to them
(a cap or a collar is an end of the range as a rule, and many draws lie on it). Counts by three bits for each of sixteen groups of draws
give the error of the distribution function. With each goes the sum of the six bits below, that is of where in their coarse bucket the draws
of the group lie: the error of tail means needs it. Both are in one number, so that a draw costs two additions.

A distance below 2^-1022 counts as none. A value whose distance is not finite is left out, and counted as such; put NaN for a draw that
failed elsewhere.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import BATCH, REPLICATES
from simengine.jit import Floats, Ints, float_bits, keep_apart, kernel, rows_apart

#: Groups of draws: n % 16, or (n // 256) % 16.
GROUPS = REPLICATES
#: Values of sign and exponent; buckets of one of them, and of one group; fine buckets of a coarse one.
KEYS, BUCKETS, COARSE = 4096, 512, 8
CELLS, FINE = GROUPS * COARSE, BUCKETS // COARSE
#: A narrow sketch has at most so many draws: the two parts of an entry of ``groups`` then do not run into each other.
NARROW_DRAWS = 2**28 - 1
#: An entry of ``groups`` of a narrow sketch: its count times this, and the sum of the indices of fine buckets.
ONE = 2**35
#: Rows of ``Sketch.tallies``.
AT_PLAN, BELOW_ZERO, ABOVE_ZERO, LEFT_OUT = range(4)
#: Entries of ``Sketch.used``.
PAGES, DRAWS = range(2)
_NOT_FINITE = 2047
_BUCKET_BITS, _TO_COARSE, _MANTISSA = 9, 6, 43
_CODES = 2**21 - 1
_FIELD = 2**16
_SMALLEST = 2.0**-1022
_FIRST_PAGES = 8

Counts = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Places = npt.NDArray[np.uint32]


class Sketch(NamedTuple):
    """Counts of the draws of many rows; a page holds the buckets of one row, sign and exponent and is taken when the first draw needs it.

    Rows and pages that are not met are never touched, so they take no memory. Up to ``NARROW_DRAWS`` draws it is narrow, with 32-bit counts
    and the two parts of ``groups`` in one number; beyond it is wide: 64-bit counts, and the parts side by side.
    """

    page_of: npt.NDArray[np.int32]  # (row, key): page; 0 where no draw was met
    owner: Ints  # (page,): row · KEYS + key; page 0 is nobody's and not read, as in the next two
    counts: Counts  # (page, bucket)
    groups: Ints  # (page, group · 8 + coarse bucket); of a wide one (page, part, group · 8 + coarse bucket): count, sum of indices
    tallies: Ints  # (row, tally, group)
    extreme: Floats  # (row, 2): smallest and largest draw; inf and -inf before there is one
    ties: Ints  # (row, 2): draws equal to them
    used: Ints  # (2,): pages taken (they are 1 and on), draws offered
    by_batch: int  # 1: group of draw n is (n // 256) % 16; 0: n % 16


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


def empty_sketch(rows: int, sampler: str, pages: int = 0) -> Sketch:
    """A sketch of ``rows`` rows without a draw, with room for ``pages``, by default a few for every row.

    Groups are as ``statistics.standard_error`` has them: replicates of ``sobol``, else batches.
    """
    room = 1 + (pages or rows * _FIRST_PAGES)
    return Sketch(
        page_of=np.zeros((rows, KEYS), dtype=np.int32),
        owner=np.zeros(room, dtype=np.int64),
        counts=np.zeros((room, BUCKETS), dtype=np.int32),
        groups=np.zeros((room, CELLS), dtype=np.int64),
        tallies=np.zeros((rows, 4, GROUPS), dtype=np.int64),
        extreme=np.tile([np.inf, -np.inf], (rows, 1)),
        ties=np.zeros((rows, 2), dtype=np.int64),
        used=np.zeros(2, dtype=np.int64),
        by_batch=int(sampler != "sobol"),
    )


def is_wide(sketch: Sketch) -> bool:
    """Whether the counts are 64 bits wide and the parts of ``groups`` side by side."""
    return sketch.groups.ndim == 3


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


def with_room(sketch: Sketch, pages: int) -> Sketch:
    """The sketch with room for so many more pages; it grows by half at least, so that copying costs little in all."""
    used, room = 1 + int(sketch.used[PAGES]), sketch.counts.shape[0]
    if used + pages <= room:
        return sketch
    larger = max(used + pages, room + room // 2)

    def grown(old: npt.NDArray[Any]) -> npt.NDArray[Any]:
        new = np.zeros((larger, *old.shape[1:]), dtype=old.dtype)
        new[:used] = old[:used]
        return new

    return sketch._replace(owner=grown(sketch.owner), counts=grown(sketch.counts), groups=grown(sketch.groups))


def parts_of(groups: Ints) -> Ints:
    """Entries of ``Sketch.groups`` as (page, part, group · 8 + coarse bucket): how many draws, and the sum of their fine buckets."""
    return groups if groups.ndim == 3 else np.stack([groups // ONE, groups % ONE], axis=1)


def _widened(sketch: Sketch) -> Sketch:
    """The sketch with counts that hold any number of draws."""
    if is_wide(sketch):
        return sketch
    return sketch._replace(counts=sketch.counts.astype(np.int64), groups=parts_of(sketch.groups))


@kernel
def _add_pages(counts: Counts, groups: Ints, more: Counts, more_groups: Ints, place: Ints) -> int:
    """Add pages to those at their places; both narrow."""
    for page in range(place.shape[0]):
        to, added = counts[place[page]], more[1 + page]
        for i in range(BUCKETS):
            to[i] += added[i]
        to_groups, added_groups = groups[place[page]], more_groups[1 + page]
        for i in range(CELLS):
            to_groups[i] += added_groups[i]
    return int(place.shape[0])


def merge(into: Sketch, other: Sketch) -> Sketch:
    """The sketch of the draws of both, which must be of the same rows, plan and grouping and share no draw.

    ``into`` is changed in place; go on with the sketch that is returned. Counts and tallies are those of one pass over all draws.
    """
    if int(into.used[DRAWS] + other.used[DRAWS]) > NARROW_DRAWS:
        into = _widened(into)
    pages = int(other.used[PAGES])
    owner = other.owner[1 : 1 + pages]
    rows, keys = owner // KEYS, owner % KEYS
    new = np.flatnonzero(into.page_of[rows, keys] == 0)
    into = with_room(into, len(new))
    following = 1 + int(into.used[PAGES])
    into.page_of[rows[new], keys[new]] = following + np.arange(len(new))
    into.owner[following : following + len(new)] = owner[new]
    place = into.page_of[rows, keys].astype(np.int64)
    if is_wide(into):
        into.counts[place] += other.counts[1 : 1 + pages]
        into.groups[place] += parts_of(other.groups[1 : 1 + pages])
    else:
        _add_pages(into.counts, into.groups, other.counts, other.groups, place)
    into.used[:] += len(new), other.used[DRAWS]
    into.tallies[:] += other.tallies
    outer = np.stack([np.fmin(into.extreme[:, 0], other.extreme[:, 0]), np.fmax(into.extreme[:, 1], other.extreme[:, 1])], axis=1)
    into.ties[:] = into.ties * (into.extreme == outer) + other.ties * (other.extreme == outer)
    into.extreme[:] = outer
    return into


def sketch_arrays(sketch: Sketch) -> dict[str, npt.NDArray[np.generic]]:
    """The sketch as plain arrays to be stored: pages in the order of rows and keys, no room left over, in the narrowest whole numbers.

    Equal, byte for byte, for the same draws in any order and any parts. Names: ``owner`` (page,), ``counts`` (page, bucket), ``groups``
    and ``offsets`` (page, group · 8 + coarse bucket), ``tallies`` (row, tally, group), ``extreme`` and ``ties`` (row, 2), ``draws`` (1,).
    """
    pages = int(sketch.used[PAGES])
    order = 1 + np.argsort(sketch.owner[1 : 1 + pages])
    parts = parts_of(sketch.groups[order])
    whole = {"owner": sketch.owner[order], "counts": sketch.counts[order], "groups": parts[:, 0], "offsets": parts[:, 1]}
    whole |= {"tallies": sketch.tallies, "ties": sketch.ties, "draws": sketch.used[DRAWS:]}
    found: dict[str, npt.NDArray[np.generic]] = {name: _narrowest(values) for name, values in whole.items()}
    return found | {"extreme": sketch.extreme.copy()}


def _narrowest(values: npt.NDArray[np.signedinteger]) -> npt.NDArray[np.generic]:
    """Whole numbers from 0 on in as few bytes as the largest needs."""
    return np.ascontiguousarray(values, dtype=np.min_scalar_type(int(values.max(initial=0))))


def sketch_from_arrays(arrays: Mapping[str, npt.NDArray[Any]], sampler: str) -> Sketch:
    """The sketch of which ``sketch_arrays`` made these; ``sampler`` is that of its draws."""
    tallies, owner, draws = arrays["tallies"], arrays["owner"].astype(np.int64), int(arrays["draws"][0])
    made = empty_sketch(len(tallies), sampler, len(owner))
    pages, wide = len(owner), draws > NARROW_DRAWS
    if wide:
        made = _widened(made)
    made.owner[1 : 1 + pages], made.counts[1 : 1 + pages] = owner, arrays["counts"]
    groups, offsets = (arrays[name].astype(np.int64) for name in ("groups", "offsets"))
    made.groups[1 : 1 + pages] = np.stack([groups, offsets], axis=1) if wide else groups * ONE + offsets
    made.page_of[owner // KEYS, owner % KEYS] = 1 + np.arange(pages)
    made.tallies[:], made.extreme[:], made.ties[:], made.used[:] = tallies, arrays["extreme"], arrays["ties"], (pages, draws)
    return made


def touched_bytes(sketch: Sketch) -> int:
    """Memory that the sketch keeps busy: its pages, the tallies, and 4 KiB of each half of a row's table of pages."""
    pages = int(sketch.used[PAGES])
    per_page = sum(part[:1].nbytes for part in (sketch.owner, sketch.counts, sketch.groups))
    fixed = sketch.tallies.nbytes + sketch.extreme.nbytes + sketch.ties.nbytes
    return int(pages * per_page + fixed + sketch.page_of.shape[0] * 2 * 4096)
