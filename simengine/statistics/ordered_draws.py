"""Draws by their rank, as far as a sketch knows them: exactly, or between which two numbers they are.

Known exactly are draws that are 0, at the plan, or equal to the smallest or the largest one; of any other the bucket is known. The bucket
is of the rounded distance from the plan, which never falls as a value rises: so it is a range of values, whose ends are found by bisection.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.engine.sketch import ABOVE_ZERO, AT_PLAN, BELOW_ZERO, BUCKETS, KEYS, Sketch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Bits of a number below those that say its bucket.
_BELOW = 43
_SIGN, _MAGNITUDE = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_MAGNITUDES = KEYS * BUCKETS // 2
#: The place of the smallest distance that has a bucket, 2^-1022; those below count as none.
_NORMAL = 2**52
#: A plan beyond this is the only value whose distance from it counts as none.
_PLAIN = 2.0**-900
_SMALLEST = 5e-324


@dataclass
class Ranks:
    """Draws that are wanted, in ascending order of series and rank; arrays (which,)."""

    series: Ints
    draws: Ints  # of the series
    rank: Ints  # how many draws of the series are before it
    value: Floats  # NaN where it is not known yet; it is then between the next two
    low: Floats  # at least this
    high: Floats  # below this
    before: Ints  # draws below ``low``, or below the value where it is known
    size: Ints  # draws from ``low`` to ``high``


def places(x: Floats) -> Ints:
    """Whole numbers in the order of these: neighbours have neighbouring ones, both zeros have 0."""
    bits = np.ascontiguousarray(x, dtype=np.float64).view(np.int64)
    return np.where(bits >= 0, bits, -(bits & _MAGNITUDE))


def numbers(at: Ints) -> Floats:
    """The numbers in these places."""
    return np.where(at >= 0, at, (-at) ^ _SIGN).view(np.float64)


def smallest_with(holds: Callable[[Floats], Flags], low: Floats, high: Floats) -> Floats:
    """The smallest number from ``low`` to ``high`` of which something holds that holds of every larger one, and of ``high``."""
    first, last = places(low), places(high)
    while (first < last).any():
        middle = (first >> 1) + (last >> 1) + (first & last & 1)
        found = holds(numbers(middle))
        first, last = np.where(found, first, middle + 1), np.where(found, middle, last)
        first = np.minimum(first, last)
    return numbers(last)


def find_ranks(sketch: Sketch, plan: Floats, series: Ints, wanted: list[Ints]) -> Ranks:
    """Where the draws of the ranks ``wanted`` of each of ``series`` are; ranks ascend."""
    parts = [_of_row(sketch, int(row), float(plan[row]), ranks) for row, ranks in zip(series, wanted, strict=True)]
    if not parts:
        none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
        return Ranks(none, none, none, nothing, nothing, nothing, none, none)
    value, draws, before, size, start, stop = (np.concatenate([part[k] for part in parts]) for k in range(6))
    rank = np.concatenate(wanted)
    of = np.repeat(series, [len(ranks) for ranks in wanted])
    unknown = np.flatnonzero(np.isnan(value))
    low, high = np.full(len(of), np.nan), np.full(len(of), np.nan)
    low[unknown], high[unknown] = (_values(plan[of[unknown]], edge[unknown]) for edge in (start, stop))
    found = Ranks(of, draws, rank, value, low, high, before, size)
    _cut(found, sketch)
    return found


def _of_row(sketch: Sketch, row: int, plan: float, ranks: Ints) -> tuple[Floats, Ints, Ints, Ints, Ints, Ints]:
    """Of some ranks of a row: values where known; draws of the row, before and in the bucket; places of the ends of the bucket."""
    start, stop, size = _buckets(sketch, row)
    end = np.cumsum(size)
    at = np.searchsorted(end, ranks, side="right")
    before = end[at] - size[at]
    below, above = (int(sketch.tallies[row, tally].sum()) for tally in (BELOW_ZERO, ABOVE_ZERO))
    draws, ties = int(end[-1]), sketch.ties[row]
    value = np.full(len(ranks), np.nan)
    if abs(plan) > _PLAIN:
        value[stop[at] - start[at] > 2**_BELOW] = plan
    smallest, largest = sketch.extreme[row].tolist()
    ends = (below, draws - above, 0.0), (0, int(ties[0]), smallest), (draws - int(ties[1]), draws, largest)
    for first, last, one in ends:
        where = (ranks >= first) & (ranks < last)
        value[where], before[where] = one, first
    return value, np.full(len(ranks), draws), before, size[at], start[at], stop[at]


def _buckets(sketch: Sketch, row: int) -> tuple[Ints, Ints, Ints]:
    """The buckets of a row in ascending order: places of the first distance in each and of the first one after it, and draws."""
    keys = np.flatnonzero(sketch.page_of[row])
    page, bucket = np.nonzero(counts := sketch.counts[sketch.page_of[row, keys]])
    code = keys[page] * BUCKETS + bucket
    magnitude, positive = code % _MAGNITUDES, code < _MAGNITUDES
    start = np.where(positive, magnitude << _BELOW, 1 - ((magnitude + 1) << _BELOW))
    stop = start + 2**_BELOW
    size = counts[page, bucket].astype(np.int64)
    none = int(sketch.tallies[row, AT_PLAN].sum())
    if none:
        start, stop, size = (np.append(one, own) for one, own in ((start, 1 - _NORMAL), (stop, _NORMAL), (size, none)))
    order = np.argsort(start)
    return start[order], stop[order], size[order]


def _values(plan: Floats, distance: Ints) -> Floats:
    """The smallest numbers whose distances from the plan have at least these places."""
    top = np.full(len(plan), np.inf)
    with np.errstate(over="ignore"):
        return smallest_with(lambda x: places(x - plan) >= distance, -top, top)


def _cut(found: Ranks, sketch: Sketch) -> None:
    """Cut what is known from the ranges: draws equal to the smallest and to the largest one, and zeros with all beyond them."""
    smallest, largest = sketch.extreme[found.series].T
    ties = sketch.ties[found.series]
    below, above = (sketch.tallies[found.series, tally].sum(axis=1) for tally in (BELOW_ZERO, ABOVE_ZERO))
    end = found.before + found.size
    first = np.isnan(found.value) & (found.low <= smallest)
    found.low = np.where(first, np.nextafter(smallest, np.inf), found.low)
    found.before = np.where(first, ties[:, 0], found.before)
    last = np.isnan(found.value) & (found.high > largest)
    found.high, end = np.where(last, largest, found.high), np.where(last, found.draws - ties[:, 1], end)
    negative = np.isnan(found.value) & (found.rank < below) & (found.high > 0.0)
    found.high, end = np.where(negative, 0.0, found.high), np.where(negative, below, end)
    positive = np.isnan(found.value) & (found.rank >= found.draws - above) & (found.low <= 0.0)
    found.low, found.before = np.where(positive, _SMALLEST, found.low), np.where(positive, found.draws - above, found.before)
    found.size = end - found.before
