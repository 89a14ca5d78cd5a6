"""Exact order statistics of a series without sorting it: a histogram says where they are, and only what lies there is sorted.

A draw is put into a bucket by the range of a sample of the draws; what lies outside goes to the first and the last bucket, so the sample
decides how much work it is and never what comes out. Values that many draws share (a settlement of 0, a cap) are counted, not gathered.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.jit import Floats, Ints, float_bits, keep_apart, kernel

Keys = npt.NDArray[np.uint16]
Flags = npt.NDArray[np.uint8]

BUCKETS = 2048
#: From the key of a bucket to that of its common value; the key before it is for draws that failed.
APART = BUCKETS + 1
#: Draws at the start of a series that are looked at for its range and for values that come up again and again.
SAMPLE = 1024
#: How many of these lie outside the range of the histogram at either end: fewer than there are beyond any quantile asked for.
_OUTSIDE = 10
#: Ranges below this have one bucket: how many buckets there are to a unit would be beyond all numbers.
_NARROW = 1e-290
#: Draws worked on at a time, an even number.
_PIECE = 256
#: Added to a number from 0 to 2^16 it leaves the number, rounded, in the low bits of the sum.
_TO_BITS = 4503599627370496.0


class Histogram(NamedTuple):
    """Where the draws of a series are, and what has been gathered of them."""

    keys: Keys  # (draw,): bucket, BUCKETS where the draw failed, APART more than the bucket where it has the bucket's common value
    counts: Ints  # (2, 2 APART): draws with each key, in two tables that are filled in turns and added up in the first
    end: Ints  # (bucket,): draws up to the end of the bucket
    common: Floats  # (bucket,), and one more for draws that failed: a value that came up again in the sample, NaN where none did
    wanted: Flags  # (2 APART,): 1 for the keys of draws to be gathered
    first: Ints  # (bucket,): index of the first draw of a wanted bucket among those gathered


def new_histogram(draws: int) -> Histogram:
    """Work areas for series of so many draws."""
    keys, wanted = np.empty(draws, dtype=np.uint16), np.zeros(2 * APART, dtype=np.uint8)
    counts, end, first = (np.zeros(shape, dtype=np.int64) for shape in ((2, 2 * APART), BUCKETS, BUCKETS))
    return Histogram(keys, counts, end, np.full(APART, np.nan), wanted, first)


@kernel
def _bucket_range(sample: Floats) -> tuple[float, float]:
    """Where the first bucket is and how many buckets there are to a unit, from a sorted sample."""
    if sample.shape[0] < SAMPLE // 2:
        return 0.0, 0.0
    low, high = sample[_OUTSIDE], sample[sample.shape[0] - 1 - _OUTSIDE]
    return low, ((BUCKETS - 1) / (high - low) if high - low > _NARROW else 0.0)


@kernel
def _place(value: float, low: float, scale: float) -> float:
    """The bucket of a value before it is rounded: it never falls as the value rises; the one after the last for NaN."""
    place = (value - low) * scale
    place = place if place > 0.0 else 0.0
    place = place if place < BUCKETS - 1.0 else BUCKETS - 1.0
    return place if value == value else float(BUCKETS)


@kernel
def _find_keys(keys: Keys, x: Floats, low: float, scale: float) -> None:
    """The bucket of each draw."""
    keep_apart()
    for i in range(x.shape[0]):
        keys[i] = float_bits(_place(x[i], low, scale) + _TO_BITS) & 0xFFFF


@kernel
def _set_apart(keys: Keys, x: Floats, common: Floats) -> None:
    """Give the draws that equal the common value of their bucket the key of that value."""
    keep_apart()
    for i in range(x.shape[0]):
        key = keys[i]
        keys[i] = key + APART * (x[i] == common[key])


@kernel
def _find_common(common: Floats, sample: Floats, low: float, scale: float) -> bool:
    """Note the values that stand in the sorted sample more than once; returns whether there are any."""
    common[:] = np.nan
    found = False
    for i in range(1, sample.shape[0]):
        if sample[i] == sample[i - 1]:
            common[float_bits(_place(sample[i], low, scale) + _TO_BITS) & 0xFFFF] = sample[i]
            found = True
    return found


@kernel
def fill_histogram(histogram: Histogram, x: Floats, sample: Floats) -> None:
    """Count the draws of a series, of which ``sample`` are some, sorted and finite; nothing is gathered yet."""
    keys, counts = histogram.keys, histogram.counts
    low, scale = _bucket_range(sample)
    apart = _find_common(histogram.common, sample, low, scale)
    counts[:] = 0
    histogram.wanted[:] = 0
    for first in range(0, x.shape[0], _PIECE):
        size = min(_PIECE, x.shape[0] - first)
        here, values = keys[first : first + size], x[first : first + size]
        _find_keys(here, values, low, scale)
        if apart:
            _set_apart(here, values, histogram.common)
        for i in range(0, size - 1, 2):
            counts[0, here[i]] += 1
            counts[1, here[i + 1]] += 1
        if size % 2:
            counts[0, here[size - 1]] += 1
    total = 0
    for key in range(2 * APART):
        counts[0, key] += counts[1, key]
    for bucket in range(BUCKETS):
        total += counts[0, bucket] + counts[0, APART + bucket]
        histogram.end[bucket] = total


@kernel
def _bucket_of(histogram: Histogram, rank: int) -> int:
    """The bucket of the draw of a rank, counted from 0."""
    low, high = 0, BUCKETS - 1
    while low < high:
        middle = (low + high) // 2
        if histogram.end[middle] > rank:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def want_ranks(histogram: Histogram, levels: Floats, margin: Floats, count: int) -> int:
    """Want the draws whose ranks are within a ``margin`` of those of some quantiles; returns how many there are to be gathered in all."""
    for k in range(levels.shape[0]):
        place = (count - 1) * levels[k]
        low, high = max(int(place - margin[k]), 0), min(int(place + margin[k]) + 1, count - 1)
        for bucket in range(_bucket_of(histogram, low), _bucket_of(histogram, high) + 1):
            histogram.wanted[bucket] = 1
    total = 0
    for bucket in range(BUCKETS):
        histogram.first[bucket] = total
        total += histogram.counts[0, bucket] if histogram.wanted[bucket] else 0
    return total


@kernel
def gather(found: Floats, x: Floats, keys: Keys, wanted: Flags) -> None:
    """Copy the draws with the wanted keys, in the order in which they come."""
    keep_apart()
    count = 0
    for i in range(x.shape[0]):
        if wanted[keys[i]]:
            found[count] = x[i]
            count += 1


@kernel
def _of_rank(histogram: Histogram, found: Floats, rank: int) -> float:
    """The draw of a rank, counted from 0; ``found`` has what was gathered, sorted. NaN where its bucket was not."""
    bucket = _bucket_of(histogram, rank)
    if not histogram.wanted[bucket]:
        return float(np.nan)
    own, shared = histogram.counts[0, bucket], histogram.counts[0, APART + bucket]
    first, place = histogram.first[bucket], rank - (histogram.end[bucket] - own - shared)
    if shared > 0:
        below = np.searchsorted(found[first : first + own], histogram.common[bucket])
        if below <= place < below + shared:
            return float(histogram.common[bucket])
        place = place if place < below else place - shared
    return float(found[first + place])


@kernel
def fill_quantiles(quantiles: Floats, levels: Floats, histogram: Histogram, found: Floats, count: int) -> bool:
    """Quantiles by linear interpolation between neighbours, as NumPy's; False where something was not gathered."""
    known = True
    for k in range(levels.shape[0]):
        place = (count - 1) * levels[k]
        rank = int(place)
        share = place - rank
        below, above = _of_rank(histogram, found, rank), _of_rank(histogram, found, min(rank + 1, count - 1))
        apart = above - below
        quantiles[k] = above - apart * (1.0 - share) if share >= 0.5 else below + apart * share
        known = known and below == below and above == above
    return known
