"""Whether a stored run is what it says: its digests hold, and blocks that are drawn again have the same bits."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from simengine.engine.chunk import Chunk, Worker
from simengine.engine.runner import Settings
from simengine.engine.tile import BLOCK
from simengine.errors import ResultError
from simengine.results.dataset import plan_variables
from simengine.results.frame import Anything, as_frame
from simengine.results.provenance import check
from simengine.results.store import read_result
from simengine.results.stored import attributes_and_variables, read_group
from simengine.runs.difference import Difference, differences_in
from simengine.runs.drawn import Drawing
from simengine.runs.from_result import AlteredError, StoredRun, stored_run
from simengine.runs.job import Laid, Wanted
from simengine.runs.verify_summary import summary_differences
from simengine.schema import DRIVER_VARIABLES

if TYPE_CHECKING:
    import xarray as xr

#: Blocks that are drawn again where nothing else is asked for.
BLOCKS = 8
#: What each digest of a block is of.
_PARTS = ("positions", "sums of line and scheme variables")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Verified:
    """What was found: nothing where ``differences`` is empty. ``compared`` are the stored variables whose draws were drawn again."""

    differences: tuple[Difference, ...]
    blocks: tuple[int, ...]
    of_blocks: int
    draws: int
    compared: tuple[str, ...]
    digested: bool
    notes: tuple[str, ...]


def verify(path: Path, blocks: int = BLOCKS, *, threads: int | None = None, progress: Progress = lambda done, total: None) -> Verified:
    """Check the digests of a result file, then draw ``blocks`` of its blocks again (all where there are no more) and compare bits.

    Raises ResultError where the file is no result, or cannot be drawn again though its digests hold (another layout or stream version).
    """
    try:
        run = stored_run(path)
    except ResultError as error:
        found = [Difference(words) for words in check(path)] if _is_result(path) else []
        if not found and not isinstance(error, AlteredError):
            raise
        # what was altered is named; that nothing can be drawn again follows from it
        return Verified((*found, Difference(f"no block can be drawn again: {error}")), (), 0, 0, (), False, ())
    found = [Difference(words) for words in check(path)]
    total = -(-run.draws // BLOCK)
    chosen = chosen_blocks(run.draws, blocks, str(run.about.get("content_hash", run.study.digest)))
    dataset, summary = read_result(path)
    with dataset, summary:
        again = _Again(run, dataset, threads or os.cpu_count() or 1)
        found += again.plan_differences()
        found += again.shape_differences()
        for done, differences in enumerate(again.of_blocks(chosen), start=1):
            found += differences
            progress(done, len(chosen))
        of_summary, remarks = summary_differences(run, as_frame(dataset), as_frame(summary), again.threads)
        found += of_summary
    draws = sum(min(BLOCK, run.draws - block * BLOCK) for block in chosen)
    notes = (*run.notes, *again.notes, *remarks)
    return Verified(tuple(found), chosen, total, draws, again.compared, again.digests is not None, notes)


def _is_result(path: Path) -> bool:
    """Whether a file that cannot be used was once a result: it still says which study it is of."""
    try:
        return "study_hash" in attributes_and_variables(path)[0]
    except Exception:  # damaged files end in many kinds of error, deep in the readers
        return False


def chosen_blocks(draws: int, count: int, content: str) -> tuple[int, ...]:
    """Which blocks are drawn again: the first, the part of a block at the end, the last whole one, and others spread over the run.

    The others follow from ``content``: nobody who alters a file knows them beforehand, and everybody who looks at it draws the same.
    """
    total, whole = -(-draws // BLOCK), draws // BLOCK
    if count >= total:
        return tuple(range(total))
    fixed = list(dict.fromkeys(block for block in (0, total - 1, whole - 1) if block >= 0))[:count]
    others, rest = [block for block in range(total) if block not in fixed], count - len(fixed)
    for k in range(rest):
        low, high = k * len(others) // rest, (k + 1) * len(others) // rest
        pick = int.from_bytes(blake2b(f"{content} {k}".encode(), digest_size=8).digest(), "little")
        fixed.append(others[low + pick % (high - low)])
    return tuple(sorted(fixed))


class _Again:
    """A stored run laid out again, and its file open beside it."""

    def __init__(self, run: StoredRun, dataset: "xr.Dataset", threads: int) -> None:
        self.run, self.dataset, self.threads = run, dataset, threads
        stored = [str(name) for name in dataset.data_vars if not str(name).startswith("plan_")]
        self.drivers = bool(set(DRIVER_VARIABLES) & set(stored))
        settings = Settings(run.draws, run.seed, run.sampler, threads, drivers=self.drivers)
        self.laid = Laid.of(run.prepare(), settings, Wanted.of(stored, ()))
        self.drawing = Drawing(self.laid)
        self.compared = tuple(name for name in stored if name != "failed")
        self.digests = self._stored_digests()
        self.notes = (
            () if self.digests is not None else ("the file has no digests of its blocks: only what is stored of their draws was compared",)
        )
        self._reading = Lock()

    def _stored_digests(self) -> Anything | None:
        """Digests in the file (block, scenario, part); None where it has none."""
        group = read_group(self.run.path, "blocks")
        return None if group is None or "digest" not in group else group["digest"].to_numpy().astype(np.uint64)

    def plan_differences(self) -> list[Difference]:
        """Planned figures that are not those of the study in the file."""
        ready, found = self.laid.ready, []
        plan = plan_variables({name: values for name, values in ready.plan.items() if values.size}, self.drawing.labels)
        for name, one in plan.items():
            if name not in self.dataset:
                found.append(Difference(f"{name} is not in the file", name))
            else:
                found += self._differences(name, one.dims, self.dataset[name].to_numpy(), one.to_numpy(), 0, None)
        return found

    def shape_differences(self) -> list[Difference]:
        """Digests of more or fewer blocks than there are."""
        expected = (-(-self.run.draws // BLOCK), len(self.run.scenarios), len(_PARTS))
        if self.digests is None or self.digests.shape == expected:
            return []
        words = f"the file has digests of (blocks, scenarios, parts) {self.digests.shape} and the run has {expected}"
        self.digests = None
        return [Difference(words)]

    def of_blocks(self, blocks: Sequence[int]) -> Iterator[list[Difference]]:
        """The differences in each block, in order; several are drawn at a time."""
        worker = self.laid.worker()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                yield from pool.map(lambda block: self._of_block(worker, block), blocks)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _of_block(self, worker: Worker, block: int) -> list[Difference]:
        chunk = worker.run(block, block + 1)
        first, found = block * BLOCK, self._digest_differences(chunk)
        variables, _ = self.drawing.variables(self.drawing.handed_out(chunk), chunk.failed)
        for name, one in variables.items():
            if name in self.dataset:
                with self._reading:
                    stored = self.dataset[name][first : first + len(chunk.failed)].to_numpy()
                found += self._differences(name, one.dims, stored, one.to_numpy(), first, block)
        return found

    def _digest_differences(self, chunk: Chunk) -> list[Difference]:
        if self.digests is None:
            return []
        found: list[Difference] = []
        stored = self.digests[chunk.first]
        for s, scenario in enumerate(self.run.scenarios):
            for part, what in enumerate(_PARTS):
                kept, made = int(stored[s, part]), int(chunk.digests[0, s, part])
                if kept != made:
                    words = f"block {chunk.first} of scenario {scenario}: the digest of its {what} is {kept:016x}, drawn again {made:016x}"
                    found.append(Difference(words, None, None, f"scenario {scenario}", f"{kept:016x}", f"{made:016x}", chunk.first))
        return found

    def _differences(
        self, name: str, dims: Sequence[str], stored: Anything, made: Anything, first: int, block: int | None
    ) -> list[Difference]:
        """The first number of a variable that is another, and how many more are."""

        def place(dim: str, at: int) -> str:
            return str(self.dataset[dim].to_numpy()[at])

        return differences_in(name, dims, stored, made, place, first=first, block=block)
