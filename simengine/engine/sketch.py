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

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.mapped import mapped_zeros
from simengine.engine.moments import REPLICATES
from simengine.jit import Floats, Ints, kernel

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
#: Pages that are copied in one go: a copy of all would be another sketch.
SOME = 1024
_FIRST_PAGES = 32
#: Pages for a row of all draws of a run: one takes two for each doubling of them, and growing is a copy that needs room for both.
MOST_PAGES = 64

Counts = npt.NDArray[np.int32] | npt.NDArray[np.int64]


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


def empty_sketch(rows: int, sampler: str, pages: int = 0) -> Sketch:
    """A sketch of ``rows`` rows without a draw, with room for ``pages``, by default some for every row: what is not used takes no memory.

    Groups are as ``statistics.standard_error`` has them: replicates of ``sobol``, else batches.
    """
    room = 1 + (pages or rows * _FIRST_PAGES)
    return Sketch(
        page_of=mapped_zeros((rows, KEYS), np.int32),
        owner=np.zeros(room, dtype=np.int64),
        counts=mapped_zeros((room, BUCKETS), np.int32),
        groups=mapped_zeros((room, CELLS), np.int64),
        tallies=np.zeros((rows, 4, GROUPS), dtype=np.int64),
        extreme=np.tile([np.inf, -np.inf], (rows, 1)),
        ties=np.zeros((rows, 2), dtype=np.int64),
        used=np.zeros(2, dtype=np.int64),
        by_batch=int(sampler != "sobol"),
    )


def is_wide(sketch: Sketch) -> bool:
    """Whether the counts are 64 bits wide and the parts of ``groups`` side by side."""
    return sketch.groups.ndim == 3


def with_room(sketch: Sketch, pages: int) -> Sketch:
    """The sketch with room for so many more pages; it grows by half at least, so that copying costs little in all."""
    used, room = 1 + int(sketch.used[PAGES]), sketch.counts.shape[0]
    if used + pages <= room:
        return sketch
    larger = max(used + pages, room + room // 2)

    def grown(old: npt.NDArray[Any]) -> npt.NDArray[Any]:
        new = mapped_zeros((larger, *old.shape[1:]), old.dtype)
        new[:used] = old[:used]
        return new

    return sketch._replace(owner=grown(sketch.owner), counts=grown(sketch.counts), groups=grown(sketch.groups))


def parts_of(groups: Ints) -> Ints:
    """Entries of ``Sketch.groups`` as (page, part, group · 8 + coarse bucket): how many draws, and the sum of their fine buckets."""
    return groups if groups.ndim == 3 else np.stack([groups // ONE, groups % ONE], axis=1)


def widened(sketch: Sketch) -> Sketch:
    """The sketch with counts that hold any number of draws."""
    if is_wide(sketch):
        return sketch
    return sketch._replace(counts=sketch.counts.astype(np.int64), groups=parts_of(sketch.groups))


def first_bytes(rows: int) -> int:
    """Memory that a new sketch of ``rows`` rows has room for: about what one of some ten thousand draws takes."""
    return rows * (4 * KEYS + _FIRST_PAGES * (4 * BUCKETS + 8 * CELLS))


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
        into = widened(into)
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
        for first in range(0, pages, SOME):
            some, to = slice(1 + first, 1 + min(first + SOME, pages)), place[first : first + SOME]
            into.counts[to] += other.counts[some]
            into.groups[to] += parts_of(other.groups[some])
    else:
        _add_pages(into.counts, into.groups, other.counts, other.groups, place)
    into.used[:] += len(new), other.used[DRAWS]
    into.tallies[:] += other.tallies
    outer = np.stack([np.fmin(into.extreme[:, 0], other.extreme[:, 0]), np.fmax(into.extreme[:, 1], other.extreme[:, 1])], axis=1)
    into.ties[:] = into.ties * (into.extreme == outer) + other.ties * (other.extreme == outer)
    into.extreme[:] = outer
    return into


def touched_bytes(sketch: Sketch) -> int:
    """Memory that the sketch keeps busy: its pages, the tallies, and 4 KiB of each half of a row's table of pages."""
    pages = int(sketch.used[PAGES])
    per_page = sum(part[:1].nbytes for part in (sketch.owner, sketch.counts, sketch.groups))
    fixed = sketch.tallies.nbytes + sketch.extreme.nbytes + sketch.ties.nbytes
    return int(pages * per_page + fixed + sketch.page_of.shape[0] * 2 * 4096)
