"""Where the draws of a run stay until its file is written: in memory, or only until the next shard takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simengine.engine.chunk import Chunk, Place
from simengine.engine.tile import BLOCK
from simengine.jit import Floats
from simengine.results.frame import Anything, Series
from simengine.runs.drawn import Drawing, Drawn

Flags = npt.NDArray[np.bool_]


class Keeper(Protocol):
    """Takes the draws of chunks in the order of their blocks."""

    drawing: Drawing
    #: Whether draws stay after they were saved.
    stays: bool

    def take(self, chunk: Chunk) -> None:
        """Take the draws of a chunk."""

    def drivers(self, chunk: Chunk) -> Floats:
        """The driver rows (row, draw) of the base in a chunk."""

    def variables(self, first: int, stop: int) -> dict[str, Series]:
        """What is stored of blocks ``first`` up to but not including ``stop``, all taken and none released."""

    def release(self, stop: int) -> None:
        """Nobody will ask for the draws before block ``stop`` by chunks again."""

    def held(self) -> int:
        """Bytes of draws that were taken and not released."""


class InMemory:
    """All draws of a run, where the hot loop wrote them."""

    stays = True

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        laid = drawing.laid
        self.place = Place.of(laid.runners, laid.settings.draws)
        self.failed: Flags = np.zeros((laid.settings.draws, len(laid.runners)), dtype=np.bool_)
        self._bytes_of_draw = 8 * sum(len(rows) for rows in laid.kept)
        self._taken = self._released = 0

    def take(self, chunk: Chunk) -> None:
        """Take the draws of a chunk; one from another process brings them along."""
        first, stop = chunk.first * BLOCK, chunk.first * BLOCK + len(chunk.failed)
        self.failed[first:stop] = chunk.failed
        self._taken = stop
        for s, (rows, detail) in enumerate(zip(chunk.rows, chunk.detail, strict=True)):
            if rows.shape[1]:
                self.place.stores[s][self.drawing.laid.kept[s], first:stop] = rows
                self.place.detail[s][:, first:stop] = detail

    def put_back(self, first: int, variables: Mapping[str, Anything]) -> None:
        """Take draws that were stored before, from draw ``first`` on."""
        failed = variables["failed"] != 0
        self.failed[first : first + len(failed)] = failed
        self.drawing.put_back(self.place, first, variables)
        self._taken = self._released = first + len(failed)

    def drivers(self, chunk: Chunk) -> Floats:
        """The driver rows of the base in a chunk."""
        outputs = self.drawing.laid.ready.layout.starts[3]
        return self.place.stores[0][outputs:, chunk.first * BLOCK : chunk.first * BLOCK + len(chunk.failed)]

    def variables(self, first: int, stop: int) -> dict[str, Series]:
        """What is stored of a range of blocks."""
        last = min(stop * BLOCK, len(self.failed))
        return self.of_draws(first * BLOCK, last)[0]

    def of_draws(self, first: int, stop: int) -> tuple[dict[str, Series], dict[str, list[str]]]:
        """What is stored of a range of draws, and the names of the drivers; no copy where there is one scenario and no gap."""
        return self.drawing.variables(self.drawing.in_place(self.place, first, stop), self.failed[first:stop])

    def release(self, stop: int) -> None:
        """They stay."""
        self._released = stop * BLOCK

    def held(self) -> int:
        """Bytes of draws that no shard holds."""
        return max(self._taken - self._released, 0) * self._bytes_of_draw


@dataclass(frozen=True)
class _Part:
    """Draws of one chunk."""

    first: int
    stop: int
    drawn: list[Drawn]
    failed: Flags


class Passing:
    """Draws on their way to a shard."""

    stays = False

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self._waiting: list[_Part] = []
        wanted = drawing.laid.wanted
        self._stored = bool(wanted.positions or wanted.details or wanted.drivers)

    def take(self, chunk: Chunk) -> None:
        """Hold the draws of a chunk, where any are stored."""
        if self._stored:
            self._waiting.append(_Part(chunk.first, chunk.stop, self.drawing.handed_out(chunk), chunk.failed))

    def drivers(self, chunk: Chunk) -> Floats:
        """The driver rows of the base in a chunk."""
        laid = self.drawing.laid
        return chunk.rows[0][len(laid.kept[0]) - len(laid.runners[0].driver_names) :]

    def variables(self, first: int, stop: int) -> dict[str, Series]:
        """What is stored of a range of blocks; nothing where no draws are stored or the range is empty."""
        parts = [self.drawing.variables(one.drawn, one.failed)[0] for one in self._waiting if first <= one.first < stop]
        every = parts[0].items() if parts else ()
        return {name: Series(one.dims, _joined([part[name].values for part in parts]), one.attrs) for name, one in every}

    def release(self, stop: int) -> None:
        """Let go of the draws before block ``stop``."""
        self._waiting = [one for one in self._waiting if one.stop > stop]

    def held(self) -> int:
        """Bytes of draws that no shard holds."""
        return sum(scenario.store.nbytes + scenario.detail.nbytes for one in self._waiting for scenario in one.drawn)


def _joined(parts: list[Anything]) -> Anything:
    # arrays with their draws last in memory stay so when they are joined, and files are written in the other order
    return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts))
