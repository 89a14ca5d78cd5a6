"""Exact quantiles, values at risk and shortfalls of series that were only counted, by looking at the draws again.

From the counts it is known between which two numbers each draw wanted lies, and how many draws are below them. A pass (``engine.refine``)
gathers what lies there. Where that would be too much, it counts the draws of each range by parts of it and gathers those about the place
where the wanted one should be, if draws lie evenly over the range; what is not among them is in a part of the range, which is looked
through in the next pass. Large runs of smooth outputs so take one pass as a rule. The third pass gathers whatever is left.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.engine.moments import COUNT
from simengine.engine.refine import PARTS, Picked, Ranges, Refinement
from simengine.engine.series import SeriesLayout
from simengine.engine.series_counts import FAILED
from simengine.engine.sketch import DRAWS, Sketch
from simengine.errors import SimulationError
from simengine.statistics.ordered_draws import find_ranks, smallest_with
from simengine.statistics.series import QUANTILES, STATISTICS, TAIL

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Draws that are gathered without counting them by parts first: 48 MiB of them.
MOST_AT_ONCE = 2**21
#: Passes after the first one.
_PASSES = 3
#: How far from where it should be a draw is looked for: so many standard errors of a place, and parts of a range for uneven ones.
_REACH, _UNEVEN = 5.0, 5.0
_LEVELS = list(QUANTILES.values())


@dataclass
class _Tails:
    """Of each series that is refined, how far draws up to that below its 5 % quantile are from an edge; arrays (which,)."""

    at: Ints  # place of that draw in the ranks
    edge: Array  # at or below it; NaN as long as the sums are not known
    below: Array  # Σ (x - edge) of the draws below the edge
    above: Array  # and of those from the edge to that draw


class SecondPass:
    """What is known of the draws wanted, from pass to pass.

    Parameters
    ----------
    series, sketch, sums
        Which series there are, their counts and their sums over all blocks, as for ``streamed.counted_statistics``.
    """

    def __init__(self, series: SeriesLayout, sketch: Sketch, sums: Array) -> None:
        self._count, self._passes = series.count, 0
        good = (int(sketch.used[DRAWS]) - sums[:, FAILED]).astype(np.int64)
        # all that vary, and have no draw that is not finite
        varies = sketch.extreme[:, 0] < sketch.extreme[:, 1]
        self._series = np.flatnonzero(varies & (sums[:, COUNT] == good))
        wanted = [_ranks_of(int(good[row])) for row in self._series]
        self._ranks = find_ranks(sketch, series.plan, self._series, wanted)
        # the draw below the 5 % quantile is the first one wanted
        first = np.cumsum([0, *(len(ranks) for ranks in wanted)])[:-1]
        self._tails = _Tails(first, *(np.full(len(first), start) for start in (np.nan, 0.0, 0.0)))
        # where that is the smallest draw none is below it
        smallest = ~np.isnan(self._ranks.value[first]) & (self._ranks.before[first] == 0)
        self._tails.edge[smallest] = self._ranks.value[first[smallest]]

    def next(self) -> Refinement | None:
        """What the next pass is to look for; None where all is known."""
        ranks, tails = self._ranks, self._tails
        self._open = np.flatnonzero(np.isnan(ranks.value))
        if not len(self._open) and not np.isnan(tails.edge).any():
            return None
        self._passes += 1
        self._slot = _numbered(ranks.series[self._open], ranks.low[self._open])
        self._first = self._open[np.unique(self._slot, return_index=True)[1]]
        found, self._window = self._ranges()
        # what is beyond the window is summed, so the edge is where it begins
        self._edge = np.where(np.isnan(tails.edge), ranks.value[tails.at], np.nan)
        looked_for = np.flatnonzero(np.isnan(ranks.value[tails.at]))
        slots = self._slot[np.searchsorted(self._open, tails.at[looked_for])]
        window = self._window[slots]
        self._edge[looked_for] = np.where(window[:, 0] < window[:, 1], _start_of(found, slots, window[:, 0]), np.nan)
        edge = np.full(self._count, np.nan)
        edge[self._series] = self._edge
        self._found = found._replace(edge=edge)
        return Refinement(self._found, self._window, 4 * MOST_AT_ONCE if self._passes < _PASSES else int(np.iinfo(np.int64).max))

    def _ranges(self) -> tuple[Ranges, Ints]:
        """The ranges in which draws are looked for, and the parts of each of which they are gathered."""
        ranks = self._ranks
        at = self._first
        low, high, size, before = ranks.low[at], ranks.high[at], ranks.size[at], ranks.before[at]
        first = np.searchsorted(ranks.series[at], np.arange(self._count + 1))
        window = np.tile(np.array([0, PARTS], dtype=np.int64), (len(at), 1))
        scale = np.zeros(len(at))
        if size.sum() > MOST_AT_ONCE and self._passes < _PASSES:
            with np.errstate(over="ignore", divide="ignore"):
                scale = PARTS / (high - low)
            scale = np.where(np.isfinite(scale), scale, 0.0)
            wanted = (ranks.rank[self._open] - before[self._slot] + 0.5) / size[self._slot] * PARTS
            reach = _UNEVEN + _REACH * PARTS / 2.0 / np.sqrt(size)
            for side, place, step in ((0, np.minimum, -1.0), (1, np.maximum, 1.0)):
                end = np.full(len(at), PARTS / 2.0 - step * PARTS)
                place.at(end, self._slot, wanted)
                window[:, side] = np.clip(np.floor(end + step * reach) + side, 0, PARTS)
            # what takes more than its share of the room is only counted
            large = size * (window[:, 1] - window[:, 0]) > 2 * PARTS * max(MOST_AT_ONCE // len(at), 1)
            window[large | (scale == 0.0)] = 0
        return Ranges(first, low, high, scale, np.empty(0)), window

    def take(self, picked: Picked) -> None:
        """Learn from the pass that ``next`` asked for.

        Raises SimulationError where the draws are not those that were counted.
        """
        ranks, tails = self._ranks, self._tails
        if (picked.counts.sum(axis=1) != ranks.size[self._first]).any():
            msg = "draws that were drawn again are not those that were counted: another version or kind of machine had a part in it"
            raise SimulationError(msg)
        self._settle(picked)
        # a sum is of use where the draw was known, or has been found beyond the edge
        now = ~np.isnan(self._edge) & ~np.isnan(ranks.value[tails.at])
        tails.edge[now], tails.below[now] = self._edge[now], picked.shortfall[self._series[now]]

    def _settle(self, picked: Picked) -> None:
        """Find the draws wanted among those that were gathered, or the parts of their ranges that they are in."""
        ranks, window = self._ranks, self._window
        end = np.cumsum(picked.counts, axis=1)
        gathered = picked.gathered()
        ends = np.searchsorted(gathered.slot, np.arange(len(end) + 1))
        tail_of = {int(at): k for k, at in enumerate(self._tails.at)}
        narrowed: list[tuple[int, int, int]] = []
        for at, slot in zip(self._open.tolist(), self._slot.tolist(), strict=True):
            left = int(ranks.rank[at] - ranks.before[at])
            part = int(np.searchsorted(end[slot], left, side="right"))
            if not picked.whole or not window[slot, 0] <= part < window[slot, 1]:
                narrowed.append((at, slot, part))
                continue
            left -= int(end[slot, window[slot, 0] - 1]) if window[slot, 0] else 0
            own = slice(ends[slot], ends[slot + 1])
            value, times = gathered.value[own], gathered.times[own]
            upto = np.cumsum(times)
            ranks.value[at] = value[np.searchsorted(upto, left, side="right")]
            if at in tail_of:
                k = tail_of[at]
                times = np.clip(left + 1 - (upto - times), 0, times)
                self._tails.above[k] = math.fsum((times * (value - self._edge[k])).tolist())
        if narrowed:
            self._narrow(narrowed, picked.counts, end)

    def _narrow(self, narrowed: list[tuple[int, int, int]], counts: Ints, end: Ints) -> None:
        """Go on with a part of the range of some draws: (place in the ranks, range, part)."""
        ranks = self._ranks
        at, slot, part = np.array(narrowed, dtype=np.int64).T
        ranks.low[at], ranks.high[at] = _start_of(self._found, slot, part), _start_of(self._found, slot, part + 1)
        ranks.before[at] += end[slot, part] - counts[slot, part]
        ranks.size[at] = counts[slot, part]

    def statistics(self) -> Array:
        """Exact statistics, shape (statistic, series), in the order of ``STATISTICS``; NaN for those that come from sums or counts.

        Quantiles are those of ``numpy.quantile`` of all draws, bit for bit.
        """
        found = np.full((len(STATISTICS), self._count), np.nan)
        ranks, tails = self._ranks, self._tails
        stops = [*tails.at[1:].tolist(), len(ranks.rank)][: len(tails.at)]
        for k, (row, start, stop) in enumerate(zip(self._series.tolist(), tails.at.tolist(), stops, strict=True)):
            draws = int(ranks.draws[start])
            value = dict(zip(ranks.rank[start:stop].tolist(), ranks.value[start:stop].tolist(), strict=True))
            quantiles = {name: _between(value, level, draws) for name, level in QUANTILES.items()}
            low, edge = quantiles["q05"], float(tails.edge[k])
            rank = int(ranks.rank[start])
            losses = tails.below[k] + tails.above[k] + (rank + 1) * (edge - low)
            exact = {**quantiles, "value_at_risk": -low, "expected_shortfall": -(low + losses / draws / TAIL)}
            for name, one in exact.items():
                found[STATISTICS.index(name), row] = one
        return found


def _ranks_of(draws: int) -> Ints:
    """Ranks of the draws that the quantiles lie between."""
    low = [int((draws - 1) * level) for level in _LEVELS]
    return np.unique([*low, *(min(rank + 1, draws - 1) for rank in low)])


def _between(value: dict[int, float], level: float, draws: int) -> float:
    """A quantile by linear interpolation between neighbours, as NumPy's."""
    place = (draws - 1) * level
    rank = int(place)
    share = place - rank
    below, above = value[rank], value[min(rank + 1, draws - 1)]
    apart = above - below
    return above - apart * (1.0 - share) if share >= 0.5 else below + apart * share


def _numbered(series: Ints, low: Array) -> Ints:
    """A number for each range, from 0 on: neighbours of the same series with the same start are in the same."""
    new = np.ones(len(series), dtype=np.int64)
    new[1:] = (series[1:] != series[:-1]) | (low[1:] != low[:-1])
    return np.cumsum(new) - 1


def _start_of(found: Ranges, slot: Ints, part: Ints) -> Array:
    """The smallest number in a part of a range, or in a later one."""
    low, high, scale = found.low[slot], found.high[slot], found.scale[slot]

    def holds(x: Array) -> Flags:
        return (x >= high) | (np.minimum(np.floor((x - low) * scale), PARTS - 1) >= part)

    return np.where(part == 0, low, smallest_with(holds, low, high))
