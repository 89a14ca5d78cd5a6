"""What of a run is on the disk before it is finished: when finished chunks go to a shard, and how a later run finds them."""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from simengine.engine.chunk import Chunk
from simengine.engine.tile import BLOCK
from simengine.errors import ResultError
from simengine.results.frame import Anything, Series
from simengine.results.manifest import Identity, Shard
from simengine.results.merge import Earlier, stored_pieces
from simengine.results.pieces import Streamed
from simengine.results.shards import ShardFolder
from simengine.runs.job import Laid
from simengine.runs.keeper import Keeper
from simengine.runs.state import State

#: Names of the arrays in a shard that are not draws begin with this.
_STATE = "state_"
#: A member of every shard that is no array.
_ABOUT = "about.json"
#: A run that takes less than this many seconds writes no shards; of a longer one no more than this is lost. For tests it can be set.
SECONDS = 2.0
#: Bytes of draws that are enough for a shard of their own.
_MOST_HELD = 2**26


def _seconds() -> float:
    return float(os.environ.get("SIMRISK_SHARD_SECONDS", SECONDS))


class Saves:
    """The shards of a run in a folder beside its result; without a folder nothing is saved.

    The folder is made when the first shard is due, or found when an earlier run left one.
    """

    def __init__(self, folder: Path | None, identity: Identity | None, *, resume: bool = False, threads: int = 1) -> None:
        self._path, self._identity, self._resume, self._threads = folder, identity, resume, threads
        self._seconds, self._last = _seconds(), time.monotonic()
        self._open: ShardFolder | None = None
        self.saved = self._begins = 0
        if folder is not None and identity is not None and folder.exists():
            self._open = ShardFolder.open(folder, identity, resume=resume, threads=threads)

    @property
    def messages(self) -> list[str]:
        """What was found in the folder that somebody should know."""
        return [] if self._open is None else self._open.messages

    @property
    def path(self) -> Path | None:
        """The folder, where there is one."""
        return self._path if self._open is not None else None

    def begin_after(self, stop: int) -> None:
        """Blocks before ``stop`` are in an earlier result: nothing of them is saved or missed."""
        self.saved = self._begins = stop

    def state(self, laid: Laid) -> State | None:
        """The state of the furthest shard; None where there is none. Raises ResultError where it is not of this study."""
        for shard in reversed([] if self._open is None else self._open.shards):
            arrays = self._arrays(shard, draws=False)
            if not arrays:
                continue  # drawn again to fill a gap: it has draws only
            found = State.from_arrays({name.removeprefix(_STATE): array for name, array in arrays.items()}, laid)
            if found is None:
                msg = f"{self._path}: {shard.name} is of a run whose outputs are summed otherwise (more draws than fit in memory at once): "
                msg += "finish it with the draws that it was started with, or remove the folder to start anew"
                raise ResultError(msg)
            self.saved = found.stop
            return found
        return None

    def gaps(self, stop: int) -> list[tuple[int, int]]:
        """Blocks before ``stop`` that were saved once and are in no shard now."""
        return [] if self._open is None else self._open.blocks_missing(min(stop, self.saved), self._begins)

    def offer(self, keeper: Keeper, state: State) -> None:
        """Save what is finished where it is time to."""
        if self._identity is None:
            return
        late = time.monotonic() - self._last >= self._seconds
        if late or (keeper.held() >= _MOST_HELD and not keeper.stays):
            self.save(keeper, state)

    def save(self, keeper: Keeper, state: State) -> None:
        """Write everything finished since the last shard to a new one."""
        if self._identity is None or self._path is None or state.stop == self.saved:
            return
        if self._open is None:
            self._open = ShardFolder.open(self._path, self._identity, resume=self._resume, threads=self._threads)
        draws = keeper.variables(self.saved, state.stop)
        arrays = {f"{_STATE}{name}": array for name, array in state.arrays().items()} | _arrays(draws)
        if draws:
            self._open.add(self.saved, state.stop, arrays)
        else:
            self._open.supersede(state.stop, arrays)
        self.saved = state.stop
        keeper.release(state.stop)
        self._last = time.monotonic()

    def refill(self, keeper: Keeper, chunk: Chunk) -> None:
        """Write a chunk whose shard was damaged or gone."""
        if self._open is not None:
            self._open.add(chunk.first, chunk.stop, _arrays(keeper.variables(chunk.first, chunk.stop)))
            keeper.release(chunk.stop)

    def save_rest(self, keeper: Keeper, state: State) -> None:
        """What a run that is interrupted or fails still saves; a disk that refuses it has been complained of."""
        long = time.monotonic() - self._last >= self._seconds
        if self._open is not None or long:
            with contextlib.suppress(ResultError, OSError):
                self.save(keeper, state)

    def streamed(
        self, template: Mapping[str, Series], earlier: Earlier | None, rest: Mapping[str, Series], draws: int
    ) -> dict[str, Streamed]:
        """Every variable of ``template`` with all its draws: those of an earlier result, of the shards, then ``rest``."""
        found = {}
        for name, one in template.items():
            parts: list[Callable[[], Iterable[Anything]]] = [] if earlier is None else [partial(stored_pieces, earlier, name)]
            if self._open is not None:
                parts += [partial(self._open.pieces, shard, name) for shard in self._shards()]
            parts += [partial(iter, [rest[name].to_numpy()])] if name in rest else []
            found[name] = Streamed((draws, *one.shape[1:]), one.values.dtype, parts, name)
        return found

    def _shards(self) -> list[Shard]:
        return [] if self._open is None else [shard for shard in self._open.shards if shard.stop > self._begins]

    def _arrays(self, shard: Shard, *, draws: bool) -> Mapping[str, Anything]:
        """Arrays of a shard: its draws, or all others."""
        if self._open is None:
            return {}
        with np.load(self._open.folder / shard.name) as archive:
            names = [name for name in archive.files if name != _ABOUT and name.startswith(_STATE) is not draws]
        return self._open.read(shard, names)

    def draws(self) -> Iterator[tuple[int, Mapping[str, Anything]]]:
        """First draw and stored variables of every shard."""
        for shard in self._shards():
            yield shard.first * BLOCK, self._arrays(shard, draws=True)

    def close(self) -> None:
        """Leave the folder for a later run."""
        if self._open is not None:
            self._open.close()

    def remove(self) -> list[str]:
        """Take the folder away, now that the result is in place; what is left in it was set aside."""
        return [] if self._open is None else self._open.remove()

    def way_on(self) -> str:
        """What is kept of a run that ends early, and how to go on."""
        if self._open is None or self.saved == 0:
            return "what was finished is kept, what was not is not written"
        return f"{self.saved:,} blocks of draws are kept in {self._path}: run again with --resume to go on from there"


def _arrays(series: Mapping[str, Series]) -> dict[str, Anything]:
    return {name: np.ascontiguousarray(one.values) for name, one in series.items()}
