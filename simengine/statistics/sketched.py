"""Quantiles, chances and tail means of rows of which only a sketch was kept (``engine.sketch``), with their standard errors.

Exact: the chances of being below and above zero with their errors; a quantile that falls on the plan, on zero, or on the smallest or
the largest draw. Any other is within 0.2 % of the distance from the plan of the farther of the two draws that it lies between, and the
expected shortfall is within 0.2 % of the mean distance of the draws of its tail. Where draws lie evenly over a bucket both are far closer.

Errors come from sixteen groups of draws: fifteen degrees of freedom (without ``sobol``, fewer groups in fewer than 4,096 draws). They do
not hold the rounding. That of the shortfall takes, in each coarse bucket, the straight line over the fine ones that is nearest to what a
draw adds to the tail: of a group the number of draws in the bucket and the sum of their fine buckets are known. Mean and standard deviation
come from moments (``streamed``) and are not worked out here.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simengine.engine.sketch import ABOVE_ZERO, AT_PLAN, BELOW_ZERO, BUCKETS, COARSE, FINE, GROUPS, KEYS, Sketch, parts_of
from simengine.statistics.series import QUANTILES, STATISTICS, TAIL, WINDOW

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SIGN = KEYS // 2
_BIAS = 1023
_BITS = BUCKETS.bit_length() - 1


class _Cells(NamedTuple):
    """Draws of a row in ascending order: ``size`` of them between ``low`` and ``high``; where these are equal, exactly there."""

    low: Array
    high: Array
    size: Ints
    coarse: Ints  # the coarse bucket of each cell
    fine: Ints  # which of the fine buckets of that it is, or is a part of

    def replaced(self, i: int, parts: list[tuple[float, float, int]]) -> "_Cells":
        """With cell ``i`` cut into parts (low, high, count), of which empty ones are left out."""
        kept = [part for part in parts if part[2] > 0]
        made = [np.array([part[k] for part in kept], dtype=self[k].dtype) for k in range(3)]
        made += [np.full(len(kept), self.coarse[i]), np.full(len(kept), self.fine[i])]
        return _Cells(*(np.concatenate([old[:i], new, old[i + 1 :]]) for old, new in zip(self, made, strict=True)))


class _Row(NamedTuple):
    """What the sketch says of one row."""

    cells: _Cells
    end: Ints  # draws up to the end of each cell
    groups: Ints  # (coarse bucket, group): draws
    offsets: Ints  # (coarse bucket, group): sum of their fine buckets
    ranks: Ints  # draws up to places where the groups are known, ascending
    variance: Array  # of the distribution function there


def _pages(sketch: Sketch, row: int, plan: float) -> tuple[_Cells, Ints, Ints]:
    """The buckets of a row that hold draws, in ascending order of the draws; draws and sums of fine buckets by coarse bucket and group."""
    keys = np.flatnonzero(sketch.page_of[row])
    split = len(keys) - int(np.searchsorted(keys, _SIGN))
    keys = np.concatenate([keys[len(keys) - split :][::-1], keys[: len(keys) - split]])
    pages = sketch.page_of[row, keys]
    counts = sketch.counts[pages]
    number, offset = parts_of(sketch.groups[pages]).reshape(len(pages), 2, GROUPS, COARSE).transpose(1, 0, 3, 2)
    # below the plan the buckets run the other way, and so do the fine ones within a coarse one
    counts[:split] = counts[:split, ::-1].copy()
    number, offset = number.copy(), offset.copy()
    number[:split] = number[:split, ::-1].copy()
    offset[:split] = (FINE - 1) * number[:split] - offset[:split, ::-1]
    held = np.flatnonzero(counts)
    page, bucket = held // BUCKETS, held % BUCKETS
    step = np.where(page < split, 2 * BUCKETS - bucket, BUCKETS + bucket).astype(np.float64)
    exponent, sign = keys[page] % _SIGN - _BIAS - _BITS, np.where(page < split, -1.0, 1.0)
    with np.errstate(over="ignore"):
        low, high = plan + sign * np.ldexp(step, exponent), plan + sign * np.ldexp(step + sign, exponent)
    tally = sketch.tallies[row, AT_PLAN]
    coarse = held // FINE
    parts = [low, high, counts.ravel()[held].astype(np.int64), coarse + (coarse >= split * COARSE), bucket % FINE]
    if tally.any():
        at = np.searchsorted(page, split)
        own: tuple[float, ...] = plan, plan, tally.sum(), split * COARSE, 0
        parts = [np.insert(part, at, one) for part, one in zip(parts, own, strict=True)]
    groups = [np.insert(one.reshape(-1, GROUPS), split * COARSE, more, axis=0) for one, more in ((number, tally), (offset, 0))]
    return _Cells(*parts), groups[0], groups[1]


def _cut_at_zero(cells: _Cells, below: int, above: int) -> _Cells:
    """The bucket in which zero lies, cut: how many draws are on each side and how many on it is known."""
    end = np.cumsum(cells.size)
    draws = int(end[-1])
    first = end - cells.size
    low = np.where(first >= draws - above, np.maximum(cells.low, 0.0), cells.low)
    cells = cells._replace(low=low, high=np.where(end <= below, np.minimum(cells.high, 0.0), cells.high))
    i = int(np.searchsorted(end, below, side="right"))
    if i == len(end) or first[i] >= draws - above:
        return cells  # no draw is on zero and no bucket holds draws of both sides
    negative = below - int(first[i])
    zero = min(draws - below - above, int(cells.size[i]) - negative)
    rest = int(cells.size[i]) - negative - zero
    return cells.replaced(
        i, [(cells.low[i], min(cells.high[i], 0.0), negative), (0.0, 0.0, zero), (max(cells.low[i], 0.0), cells.high[i], rest)]
    )


def _cut_at_ends(cells: _Cells, extreme: Array, ties: Ints) -> _Cells:
    """The first and the last bucket, cut at the smallest and the largest draw."""
    smallest, largest = extreme
    if cells.low[0] < cells.high[0]:
        parts = [(smallest, smallest, int(ties[0])), (smallest, max(cells.high[0], smallest), int(cells.size[0] - ties[0]))]
        cells = cells.replaced(0, parts)
    last = len(cells.low) - 1
    if cells.low[last] < cells.high[last]:
        parts = [(min(cells.low[last], largest), largest, int(cells.size[last] - ties[1])), (largest, largest, int(ties[1]))]
        cells = cells.replaced(last, parts)
    return cells


def _variance(groups: Array, sizes: Ints) -> Array:
    """Variance of a mean over all draws, from the sums (…, group) and sizes of the groups; NaN for fewer than two groups."""
    held = sizes > 0
    if held.sum() < 2:
        return np.full(groups.shape[:-1], np.nan)
    weight = sizes[held] / sizes.sum()
    means = groups[..., held] / sizes[held]
    spread = means - (means * weight).sum(axis=-1, keepdims=True)
    return np.asarray((weight**2 * spread**2).sum(axis=-1) * (held.sum() / (held.sum() - 1.0)))


def _read(sketch: Sketch, row: int, plan: float) -> _Row | None:
    """What the sketch says of a row; None where it holds no draw."""
    cells, groups, offsets = _pages(sketch, row, plan)
    if len(cells.size) == 0:
        return None
    below, above = sketch.tallies[row, BELOW_ZERO], sketch.tallies[row, ABOVE_ZERO]
    cells = _cut_at_zero(cells, int(below.sum()), int(above.sum()))
    cells = _cut_at_ends(cells, sketch.extreme[row], sketch.ties[row])
    sizes = groups.sum(axis=0)
    known = np.concatenate([np.zeros((1, GROUPS), dtype=np.int64), np.cumsum(groups, axis=0), [below, sizes - above]])
    ranks = known.sum(axis=1)
    order = np.argsort(ranks, kind="stable")
    return _Row(cells, np.cumsum(cells.size), groups, offsets, ranks[order], _variance(known.astype(np.float64), sizes)[order])


def _error_at(row: _Row, rank: int) -> float:
    """Standard error of the distribution function at a value that ``rank`` draws do not exceed.

    Between two places where the groups are known the variance is a straight line and what independent draws add to it (the square of the
    share of draws between them times f (1 - f)), in proportion to how far these draws are from independent.
    """
    draws = int(row.end[-1])
    after = int(np.clip(np.searchsorted(row.ranks, rank), 1, len(row.ranks) - 1))
    at = row.ranks[after - 1 : after + 1]
    known = row.variance[after - 1 : after + 1]
    if at[1] == at[0]:
        return float(np.sqrt(known[1]))
    f = (rank - at[0]) / (at[1] - at[0])
    independent = (at / draws * (1.0 - at / draws) / draws).sum()
    effect = known.sum() / independent if independent > 0.0 else 1.0
    within = ((at[1] - at[0]) / draws) ** 2 * f * (1.0 - f) / draws
    return float(np.sqrt((1.0 - f) * known[0] + f * known[1] + effect * within))


def _ordered(row: _Row, k: int) -> float:
    """The draw with ``k`` smaller ones, taking the draws of a cell to lie evenly over it."""
    i = int(np.searchsorted(row.end, k, side="right"))
    cells = row.cells
    share = (k - int(row.end[i] - cells.size[i]) + 0.5) / int(cells.size[i])
    low, high = float(cells.low[i]), float(cells.high[i])
    return min(low + (high - low) * share, high)


def _at_level(row: _Row, level: float) -> float:
    """The quantile of a level, between two draws as ``numpy.quantile`` has it."""
    place = min(max(level, 0.0), 1.0) * (int(row.end[-1]) - 1)
    k = int(place)
    share = place - k
    low = _ordered(row, k)
    if share == 0.0:
        return low
    high = _ordered(row, k + 1)
    # rises with the level to the last bit, and the halves do not overflow
    step = share * (high / 2.0 - low / 2.0)
    return min(low + step + step, high)


def _quantile(row: _Row, level: float) -> tuple[float, float]:
    """A quantile and its error, through the error of the distribution function there."""
    draws = int(row.end[-1])
    k = int(level * (draws - 1))
    i = int(np.searchsorted(row.end, k, side="right"))
    on_a_value = row.cells.low[i] == row.cells.high[i]
    error = _error_at(row, int(row.end[i]) if on_a_value else k + 1)
    value = _at_level(row, level)
    if not np.isfinite(error):
        return value, np.nan
    if _at_level(row, level + error) == _at_level(row, level - error):
        return value, 0.0
    # as of draws that are at hand: a good design's own error takes in too few of them to tell how dense they are
    reach = max(error, WINDOW * float(np.sqrt(level * (1.0 - level) / draws)))
    first, last = max(level - reach, 0.0), min(level + reach, 1.0)
    return value, (_at_level(row, last) - _at_level(row, first)) / (last - first) * error


def _chance(tally: Ints, sizes: Ints) -> tuple[float, float]:
    """A chance and its error; one that was never (or always) seen still has the error of one draw in the whole run."""
    value = int(tally.sum()) / int(sizes.sum())
    error = float(np.sqrt(_variance(tally.astype(np.float64), sizes)))
    return value, max(1.0 / int(sizes.sum()), error) if value in (0.0, 1.0) else error


def _shortfall(row: _Row, low: float) -> tuple[float, float]:
    """Mean loss of the worst 5 % of draws, of which ``low`` is the edge, and its error; inside, amounts are over the depth of the tail."""
    cells, draws = row.cells, int(row.end[-1])
    depth = low - float(cells.low[0])
    if depth <= 0.0:
        return -low, 0.0 if draws > 1 else np.nan
    start, stop = (np.minimum(edge - low, 0.0) / depth for edge in (cells.low, cells.high))
    width = (cells.high - cells.low) / depth
    width = np.where(width > 0.0, width, 1.0)  # of a single value, or nothing beside the depth
    # the part of an even cell that lies below the edge of the tail
    part = np.where((cells.high > low) & (cells.low < low), -start / width, 1.0)
    mean = part * (start + stop) / 2.0
    square = part * (start * start + start * stop + stop * stop) / 3.0
    count = len(row.groups)
    size, place, places = (np.bincount(cells.coarse, cells.size * one, count) for one in (np.ones(len(mean)), cells.fine, cells.fine**2))
    summed, squares, product = (np.bincount(cells.coarse, cells.size * one, count) for one in (mean, square, mean * cells.fine))
    value = -(low + depth * float(summed.sum()) / draws / TAIL)
    # in each coarse bucket the straight line over the fine ones that fits best
    held = np.maximum(size, 1.0)
    spread = places - place * place / held
    slope = np.where(spread > 0.0, (product - place * summed / held) / np.where(spread > 0.0, spread, 1.0), 0.0)
    level = (summed - slope * place) / held
    found = float(_variance(row.groups.T @ level + row.offsets.T @ slope, row.groups.sum(axis=0)))
    explained = float((summed * summed / held + slope * slope * spread).sum())
    between = explained / draws - (float(summed.sum()) / draws) ** 2
    within = (float(squares.sum()) - explained) / draws
    # as in the distribution function: what the lines leave is taken in proportion
    total = found * (1.0 + within / between) if between > 0.0 else within / draws
    return value, depth * float(np.sqrt(max(total, 0.0))) / TAIL


def row_statistics(sketch: Sketch, row: int, plan: float) -> tuple[Array, Array]:
    """Statistics of one row and their standard errors in the order of ``summary.STATISTICS``; mean and sd are NaN here."""
    found = np.full((2, len(STATISTICS)), np.nan)
    read = _read(sketch, row, plan)
    if read is None:
        return found[0], found[1]
    sizes = read.groups.sum(axis=0)
    pairs = {name: _quantile(read, level) for name, level in QUANTILES.items()}
    pairs["p_below_zero"] = _chance(sketch.tallies[row, BELOW_ZERO], sizes)
    pairs["p_above_zero"] = _chance(sketch.tallies[row, ABOVE_ZERO], sizes)
    low, error = pairs["q05"]
    pairs["value_at_risk"] = -low, error
    pairs["expected_shortfall"] = _shortfall(read, low)
    constant = sketch.extreme[row, 0] == sketch.extreme[row, 1]
    for name, (value, uncertain) in pairs.items():
        k = STATISTICS.index(name)
        # a row that does not vary is certain, but for a single draw, which says nothing of its spread
        found[:, k] = value, (0.0 if sizes.sum() > 1 else np.nan) if constant else uncertain
    return found[0], found[1]


def sketched_statistics(sketch: Sketch, plan: Array) -> tuple[Array, Array]:
    """Statistics and standard errors of every row, shape (statistic, row), in the order of ``summary.STATISTICS``; mean and sd are NaN.

    ``plan`` is what the distances were taken from, shape (row,). A row without a draw has NaN throughout.
    """
    found = [row_statistics(sketch, row, float(value)) for row, value in enumerate(plan)]
    shape = (len(STATISTICS), len(plan))
    values, errors = (np.array([one[k] for one in found]).T.reshape(shape) for k in range(2))
    return values, errors
