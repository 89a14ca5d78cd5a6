"""A run drawn again for what its counts do not say: draws of given ranges, counted by parts of the range and gathered where asked for.

A range is a bucket of the first pass, or a part of one (``statistics.second_pass``). What comes of a chunk depends on its draws only:
counts add up, gathered values are sorted in the end, sums are by block. Equal values are gathered once, with how often they came: a
settlement that is 0 in half of the draws takes no room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simengine.engine.moments import LANES, add_lanes
from simengine.engine.series import Bad, Block, Flags, SeriesLayout, bad_draws, fill_path
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints, keep_apart, kernel, rows_apart

#: Parts of a range that its draws are counted by.
PARTS = 1024
#: Picked draws of a chunk that wait before equal ones are put together.
_WAITING = 2**20


class Ranges(NamedTuple):
    """What is looked for, as a kernel reads it. Ranges of one series do not overlap, and no draw in one is 0."""

    first: Ints  # (series + 1,): the ranges of each series
    low: Floats  # (range,): smallest value in it
    high: Floats  # (range,): smallest value above it
    scale: Floats  # (range,): parts to a unit; 0 where it has one part only
    edge: Floats  # (series,): what sums of shortfall are below; NaN where none is wanted


@dataclass(frozen=True)
class Refinement:
    """What a pass is to pick out: small, and picklable."""

    ranges: Ranges
    window: Ints  # (range, 2): first part whose draws are gathered, and the first one after those
    most: int  # draws gathered in all beyond which what was gathered is dropped, and only the counts are of use


@dataclass(frozen=True)
class Refined:
    """What was picked out of blocks ``first`` up to but not including ``stop``."""

    first: int
    stop: int
    code: Ints  # (n,): range · PARTS + part, each once
    count: Ints  # (n,): draws there
    gathered: "Gathered"
    shortfall: Floats  # (block, series): Σ (x - edge) of the draws below the edge


class _Work(NamedTuple):
    """Work areas of one thread."""

    area: Floats  # (series of a path, draw)
    lane: Floats  # (16,)
    found: Floats  # (n,): picked draws of a path
    code: Ints  # (n,): where they belong


class Gathered(NamedTuple):
    """Draws in ascending order of range and value, each value once."""

    slot: Ints  # (n,): the range
    value: Floats  # (n,)
    times: Ints  # (n,): how many draws have the value


def together(parts: Sequence[Gathered]) -> Gathered:
    """Everything that was gathered, equal values put together; the same in any order of the parts."""
    slot, value, times = (np.concatenate([part[k] for part in parts]) for k in range(3))
    order = np.lexsort((value, slot))
    slot, value = slot[order], value[order]
    new = np.ones(len(slot), dtype=np.bool_)
    new[1:] = (slot[1:] != slot[:-1]) | (value[1:] != value[:-1])
    at = np.flatnonzero(new)
    return Gathered(slot[at], value[at], np.add.reduceat(times[order], at) if len(at) else times)


@kernel
def _pick(found: Floats, code: Ints, values: Floats, ranges: Ranges, slot: int, picked: int) -> int:
    """Append the values in a range, and range and part of each; returns how many there are now.

    The part never falls as the value rises, so parts are ranges too.
    """
    keep_apart()
    rows_apart()
    low, high, scale = ranges.low[slot], ranges.high[slot], ranges.scale[slot]
    for i in range(values.shape[0]):
        x = values[i]
        if x >= low and x < high:
            part = min(int((x - low) * scale), PARTS - 1) if scale > 0.0 else 0
            found[picked] = x
            code[picked] = slot * PARTS + part
            picked += 1
    return picked


@kernel
def _below(values: Floats, edge: float, lane: Floats) -> float:
    """Σ (x - edge) of the values below the edge, by draw i % 16, each in the order of its draws."""
    keep_apart()
    rows_apart()
    for k in range(LANES):
        lane[k] = 0.0
    whole = values.shape[0] - values.shape[0] % LANES
    for i in range(0, whole, LANES):
        for k in range(LANES):
            lane[k] += values[i + k] - edge if values[i + k] < edge else 0.0
    for i in range(whole, values.shape[0]):
        lane[i - whole] += values[i] - edge if values[i] < edge else 0.0
    return float(add_lanes(lane))


@kernel
def _pick_path(work: _Work, sums: Floats, ranges: Ranges, rows: tuple[Block, Block], own: Ints, about: Ints, bad: Bad) -> int:
    """Pick out what is wanted of the series of one path; ``about`` is its kind and its first series.

    Sums of shortfall, (block, series), are put into ``sums``.
    """
    area, draws, picked = work.area, work.area.shape[1], 0
    count = fill_path(area, 0, rows[0], rows[1], own, about[0], bad, 0)
    for k in range(count):
        series = about[1] + k
        edge = ranges.edge[series]
        if edge == edge:
            for block in range(sums.shape[0]):
                sums[block, series] = _below(area[k, block * BLOCK : min((block + 1) * BLOCK, draws)], edge, work.lane)
    for k in range(count):
        for slot in range(ranges.first[about[1] + k], ranges.first[about[1] + k + 1]):
            picked = _pick(work.found, work.code, area[k], ranges, slot, picked)
    return picked


class Picker:
    """Picks out of a chunk, some blocks at a time, what a refinement asks for; for one thread."""

    def __init__(self, series: SeriesLayout, refinement: Refinement) -> None:
        self._series, self._refinement = series, refinement
        ranges = refinement.ranges
        wanted = (np.diff(ranges.first) > 0) | ~np.isnan(ranges.edge)
        self._paths = [path for path in series.paths if wanted[path.first : path.first + path.count].any()]
        self._work = self._work_of(0)
        self._raw: list[tuple[Ints, Floats]] = []
        self._counts: list[tuple[Ints, Ints]] = []
        self._gathered: list[Gathered] = []
        self._sums: list[Floats] = []

    def _work_of(self, draws: int) -> _Work:
        area = np.empty((self._series.layout.years + 2, draws))
        return _Work(area, np.empty(LANES), np.empty(area.size), np.empty(area.size, dtype=np.int64))

    def add(self, rows: Sequence[Block], failed: Flags) -> None:
        """Look through the next blocks, whose draws are the first columns of ``rows`` (row, draw), by scenario."""
        draws = failed.shape[0]
        work = self._work = self._work if self._work.area.shape[1] == draws else self._work_of(draws)
        sums = np.zeros((-(-draws // BLOCK), self._series.count))
        bad = [bad_draws(failed, scenario) for scenario in range(self._series.scenarios)]
        with np.errstate(invalid="ignore", over="ignore"):  # with the compiler off, inf - inf would be a warning
            for path in self._paths:
                about = np.array([path.kind, path.first], dtype=np.int64)
                own, pair = bad[path.scenario], (rows[0], rows[path.scenario])
                picked = _pick_path(work, sums, self._refinement.ranges, pair, path.rows, about, own)
                if picked:
                    self._raw.append((work.code[:picked].copy(), work.found[:picked].copy()))
                    self._put_together(_WAITING)
        self._sums.append(sums)

    def _put_together(self, waiting: int) -> None:
        """Count and gather what was picked where there is more of it than ``waiting``."""
        if sum(len(code) for code, _ in self._raw) <= waiting:
            return
        code, value = (np.concatenate([pair[k] for pair in self._raw]) for k in range(2))
        self._raw = []
        self._counts.append(np.unique(code, return_counts=True))
        slot, part = code // PARTS, code % PARTS
        window = self._refinement.window[slot]
        held = (part >= window[:, 0]) & (part < window[:, 1])
        self._gathered.append(together([Gathered(slot[held], value[held], np.ones(int(held.sum()), dtype=np.int64))]))

    def refined(self, first: int, stop: int) -> Refined:
        """Everything that was picked, of blocks ``first`` up to but not including ``stop``."""
        self._put_together(0)
        nothing = np.empty(0, dtype=np.int64)
        code, count = (np.concatenate([nothing, *(pair[k] for pair in self._counts)]) for k in range(2))
        code, place = np.unique(code, return_inverse=True)
        counts = np.zeros(len(code), dtype=np.int64)
        np.add.at(counts, place, count)
        gathered = together([Gathered(nothing, np.empty(0), nothing), *self._gathered])
        return Refined(first, stop, code, counts, gathered, np.concatenate(self._sums))


class Picked:
    """What was picked out of a whole run; chunks are added in the order of their blocks."""

    def __init__(self, refinement: Refinement) -> None:
        self._most = refinement.most
        self.counts: Ints = np.zeros((len(refinement.ranges.low), PARTS), dtype=np.int64)
        self.shortfall: Floats = np.zeros(len(refinement.ranges.edge))
        nothing = np.empty(0, dtype=np.int64)
        self._parts, self._held = [Gathered(nothing, np.empty(0), nothing)], 0
        self._draws = 0

    def add(self, chunk: Refined) -> None:
        """Add the chunk that comes next."""
        self.counts.reshape(-1)[chunk.code] += chunk.count
        for block in chunk.shortfall:
            self.shortfall += block
        self._draws += int(chunk.gathered.times.sum())
        if self.whole:
            self._parts.append(chunk.gathered)
            if sum(len(part.slot) for part in self._parts[1:]) > max(_WAITING, self._held):
                self._parts = [together(self._parts)]
                self._held = len(self._parts[0].slot)
        else:
            self._parts = self._parts[:1]

    @property
    def whole(self) -> bool:
        """Whether everything that was to be gathered is there: it was not too much."""
        return self._draws <= self._most

    def gathered(self) -> Gathered:
        """Everything that was gathered."""
        return together(self._parts)
