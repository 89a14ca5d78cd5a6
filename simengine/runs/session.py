"""A run under way: chunks in the order of their blocks, summed, kept, and saved beside the result as they come."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from simengine.engine.chunk import Chunk
from simengine.engine.moments import MOMENT_COLUMNS
from simengine.engine.series_counts import SUM_COLUMNS
from simengine.engine.sketch import first_bytes
from simengine.engine.tile import BLOCK
from simengine.jit import Floats
from simengine.runs.crews import Crew
from simengine.runs.job import Laid
from simengine.runs.keeper import Keeper
from simengine.runs.saves import Saves
from simengine.runs.state import FIRST_DRAWS, State

Progress = Callable[[int], None]
#: Blocks of a chunk whose draws are kept in memory: about a tenth of a second for a study of 300 lines, so that an interrupt acts soon.
_BLOCKS = 4
#: Blocks of a chunk of which only sums and counts are handed on.
_COUNTED_BLOCKS = 16
#: Most blocks of a chunk for a cluster, which it costs more to hand out than to threads.
_MOST_BLOCKS = 256
#: Bytes of draws, and numbers in the sums, that a chunk hands on: several are under way at once. All of this is invisible in the numbers.
_MOST_BYTES, _MOST_SUMS = 2**25, 2**23


def chunk_blocks(laid: Laid, *, in_memory: bool) -> int:
    """How many blocks a chunk of this study has."""
    sums, draws = _handed_on(laid)
    most = _BLOCKS if in_memory else min(_COUNTED_BLOCKS, _MOST_BYTES // max(8 * BLOCK * draws, 1))
    return max(1, min(most, _MOST_SUMS // max(sums, 1)))


def chunk_bytes(laid: Laid, blocks: int, *, in_place: bool) -> int:
    """About how much memory a chunk of so many blocks takes that waits for its turn; ``in_place``: its draws are where they belong."""
    sums = sum(runner.moment_rows for runner in laid.runners) * MOMENT_COLUMNS + laid.series.count * SUM_COLUMNS
    draws = 0 if in_place else BLOCK * (sum(len(rows) for rows in laid.kept) + sum(runner.detail_rows for runner in laid.runners))
    return 8 * blocks * (sums + draws) + first_bytes(laid.series.count)


def most_blocks(laid: Laid) -> int:
    """How many blocks a chunk of this study may have where handing out chunks has a price."""
    sums, draws = _handed_on(laid)
    return max(1, min(_MOST_BLOCKS, _MOST_BYTES // max(8 * BLOCK * draws, 1), _MOST_SUMS // max(sums, 1)))


def _handed_on(laid: Laid) -> tuple[int, int]:
    """Numbers of sums of a block, and numbers of a draw, that a chunk hands on."""
    sums = (sum(runner.moment_rows for runner in laid.runners) + laid.series.count) * MOMENT_COLUMNS
    return sums, sum(len(rows) for rows in laid.kept) + sum(runner.detail_rows for runner in laid.runners)


@dataclass
class Session:
    """A run of one study, to be taken on to any number of draws up to that of its settings.

    ``blocks`` is the size of a chunk, ``most`` what the crew may make of it; ``whole`` the state after the last whole block, from which a
    later run with more draws goes on.
    """

    laid: Laid
    crew: Crew
    keeper: Keeper
    state: State
    saves: Saves
    blocks: int
    most: int = 0
    whole: State = field(init=False)
    first_drivers: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.whole = self.state

    def advance(self, draws: int, progress: Progress) -> None:
        """Simulate up to ``draws`` draws; what is finished is saved, whatever happens."""
        self._fill_gaps()
        tasks = self.tasks(self.state.stop, draws)
        first = next(tasks, None)
        if first is None:
            return
        progress(self.state.stop * BLOCK)
        try:
            with contextlib.closing(self.crew.chunks(chain([first], tasks))) as chunks:
                for chunk in chunks:
                    self._take(chunk)
                    # its counts go before a shard or the next chunk needs room
                    del chunk
                    self._save()
                    progress(min(self.state.stop * BLOCK, draws))
        except BaseException:
            self.saves.save_rest(self.keeper, self.whole)
            raise

    def tasks(self, first: int, draws: int) -> Iterator[tuple[int, int]]:
        """Chunks of whole blocks, and the part of a block at the end on its own: the state before it is one to go on from.

        They are as large as the crew wants them at the time when it asks.
        """
        whole, start = draws // BLOCK, first
        while start < whole:
            stop = min(start + self.crew.chunk_blocks(self.blocks, max(self.blocks, self.most)), whole)
            yield start, stop
            start = stop
        if draws % BLOCK and first <= whole:
            yield whole, whole + 1

    def _take(self, chunk: Chunk) -> None:
        self.keeper.take(chunk)
        if chunk.first * BLOCK < FIRST_DRAWS and self.laid.runners[0].driver_names:
            self.first_drivers.append(self.keeper.drivers(chunk).copy())
        if len(chunk.failed) < (chunk.stop - chunk.first) * BLOCK:
            self.whole = self.state.copy()
            self.state.add(chunk)
            return
        self.state.add(chunk)
        self.whole = self.state

    def _save(self) -> None:
        """Save what is finished where it is time to; a part of a block at the end is in no shard."""
        if self.whole is self.state:
            self.saves.offer(self.keeper, self.state)

    def save_rest(self) -> None:
        """Save what is finished and in no shard yet, before more work on it begins."""
        self.saves.save_rest(self.keeper, self.whole)

    def _fill_gaps(self) -> None:
        """Draw again what was summed but whose shard is damaged or gone."""
        for first, stop in self.saves.gaps(self.state.stop):
            starts = range(first, stop, self.blocks)
            with contextlib.closing(self.crew.chunks([(start, min(start + self.blocks, stop)) for start in starts])) as chunks:
                for chunk in chunks:
                    self.keeper.take(chunk)
                    self.saves.refill(self.keeper, chunk)

    def drivers_of_first_draws(self) -> Floats:
        """Driver rows of the base in the first draws (row, draw); drawn again where an earlier run had them."""
        wanted = min(FIRST_DRAWS, self.state.stop * BLOCK, self.laid.settings.draws)
        if sum(part.shape[1] for part in self.first_drivers) < wanted:
            self.first_drivers = []
            worker, names = self.laid.worker(), len(self.laid.runners[0].driver_names)
            for first in range(-(-wanted // BLOCK)):
                chunk = worker.run(first, first + 1)
                self.first_drivers.append(chunk.rows[0][len(chunk.rows[0]) - names :])
        return np.concatenate(self.first_drivers, axis=1)[:, :wanted]
