"""Everything that was summed and counted of a run so far, folded strictly in the order of its blocks.

It is saved with every shard and, as it was after the last whole block, in the result: a run that was stopped, or is to have more draws,
goes on from there and ends with the same bits as one that did it all at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simengine.engine.chunk import DIGESTS, Chunk
from simengine.engine.series_counts import SUM_COLUMNS
from simengine.engine.sketch import MOST_PAGES, Sketch, empty_sketch, merge
from simengine.engine.sketch_stored import sketch_arrays, sketch_from_arrays
from simengine.engine.tile import BLOCK
from simengine.jit import Floats, Ints
from simengine.runs.job import Laid

Array = npt.NDArray[np.generic]
#: Draws from the first on whose correlated drivers are kept, to say what rank correlation was reached.
FIRST_DRAWS = 2**16
#: Group of a result with digests of its blocks and the state after the last whole one.
BLOCKS_GROUP = "blocks"
_SKETCH = "sketch_"
#: Designs whose groups of draws are the replicates, and batches (``Sketch.by_batch``).
_DESIGNS = ("sobol", "random")


@dataclass
class State:
    """Sums and counts of blocks 0 up to but not including ``stop``; changed in place by ``add``."""

    detail: list[Floats]  # by scenario (row, moment column)
    series: Floats  # (series, column of sums)
    sketch: Sketch | None
    clipped: Ints  # (scenario,)
    stop: int = 0
    digests: list[npt.NDArray[np.uint64]] = field(default_factory=list)  # parts (block, scenario, 2)
    failed: list[Ints] = field(default_factory=list)  # parts (which, 2): draw and scenario

    @classmethod
    def new(cls, laid: Laid) -> "State":
        """Of no block yet."""
        detail = [runner.new_moments() for runner in laid.runners]
        rows = laid.series.count
        sketch = empty_sketch(rows, laid.settings.sampler, rows * MOST_PAGES) if rows else None
        return cls(detail, np.zeros((rows, SUM_COLUMNS)), sketch, np.zeros(len(laid.runners), dtype=np.int64))

    def add(self, chunk: Chunk) -> None:
        """Add the blocks that come next."""
        if chunk.first != self.stop:
            msg = f"blocks {chunk.first} follow on block {self.stop}"
            raise AssertionError(msg)
        for k, partial in enumerate(chunk.detail_sums):
            for block in partial:
                self.detail[k] += block
        for block in chunk.series_sums:
            self.series += block
        if self.sketch is not None and chunk.sketch is not None:
            self.sketch = merge(self.sketch, chunk.sketch)
        self.clipped += chunk.clipped
        self.digests.append(chunk.digests)
        if chunk.failed.any():
            self.failed.append(np.argwhere(chunk.failed) + np.array([chunk.first * BLOCK, 0]))
        self.stop = chunk.stop

    def all_digests(self) -> npt.NDArray[np.uint64]:
        """Digests of every block so far (block, scenario, 2)."""
        return np.concatenate([np.zeros((0, len(self.detail), DIGESTS), dtype=np.uint64), *self.digests])

    def all_failed(self) -> Ints:
        """Draw and scenario of every failed draw so far (which, 2)."""
        return np.concatenate([np.zeros((0, 2), dtype=np.int64), *self.failed])

    def arrays(self) -> dict[str, Array]:
        """The state as named arrays: equal bytes for equal draws, however they were cut and in whatever order they were worked out."""
        found: dict[str, Array] = {f"detail_{k}": sums for k, sums in enumerate(self.detail)}
        found |= {"series": self.series, "clipped": self.clipped, "stop": np.array([self.stop], dtype=np.int64)}
        found |= {"digest": self.all_digests(), "failed": self.all_failed()}
        sketch = {} if self.sketch is None else sketch_arrays(self.sketch)
        return found | {f"{_SKETCH}{name}": one for name, one in sketch.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], laid: Laid) -> "State | None":
        """The state that ``arrays`` wrote; None where it is not of this study."""
        new = cls.new(laid)
        new_arrays = new.arrays()
        # a file has no place for an array of nothing
        known = {name: arrays.get(name, one if one.size == 0 else None) for name, one in new_arrays.items()}
        if any(one is None for one in known.values()) or any(name.startswith(_SKETCH) and name not in known for name in arrays):
            return None
        parts = {name.removeprefix(_SKETCH): one for name, one in known.items() if name.startswith(_SKETCH) and one is not None}
        detail = [np.array(known[f"detail_{k}"], dtype=np.float64) for k in range(len(new.detail))]
        stop = int(np.asarray(known["stop"]).ravel()[0])
        digests = np.array(known["digest"], dtype=np.uint64)[:stop]
        found = cls(
            detail,
            np.array(known["series"], dtype=np.float64),
            None if new.sketch is None else sketch_from_arrays(parts, laid.settings.sampler),
            np.array(known["clipped"], dtype=np.int64),
            stop,
            [digests],
            [np.array(known["failed"], dtype=np.int64)],
        )
        return found if found._fits(new) else None

    def _fits(self, new: "State") -> bool:
        """Whether it has the shapes of a state of this study."""
        pairs: list[tuple[Array, Array]] = [*zip(self.detail, new.detail, strict=True), (self.series, new.series)]
        pairs.append((self.clipped, new.clipped))
        digests = self.all_digests()
        return all(one.shape == other.shape for one, other in pairs) and digests.shape == (self.stop, len(new.detail), DIGESTS)

    def copy(self) -> "State":
        """One that does not change when this one does."""
        sketch = None if self.sketch is None else merge(empty_sketch(len(self.series), _DESIGNS[self.sketch.by_batch]), self.sketch)
        parts = list(self.digests), list(self.failed)
        return State([sums.copy() for sums in self.detail], self.series.copy(), sketch, self.clipped.copy(), self.stop, *parts)
