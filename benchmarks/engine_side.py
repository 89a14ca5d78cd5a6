"""The engine as the benchmarks call it: prepared once, then run whole, in parts, or over threads, always into the same store."""

import contextlib
import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.phases import run_parts
from benchmarks.subjects import Tree
from benchmarks.twin_reading import Floats
from simengine.engine.block import run_blocks
from simengine.engine.outputs import ARRANGEMENT, MEMBER, PARTY, SYSTEM
from simengine.engine.plan import driver_rows, prepare
from simengine.engine.scratch import new_scratch
from simengine.engine.simulate import TASK_BLOCKS, Settings, simulate
from simengine.engine.tile import BLOCK
from simengine.study.load import Study

VARIABLES = (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER)


class EngineSide:
    """One subject in the engine, ready to run ``draws`` draws."""

    def __init__(self, study: Study | Tree, draws: int, sampler: str, threads: int) -> None:
        self.study = study if isinstance(study, Study) else Study.from_dict(study)
        self.prepared = prepare(self.study)
        self.draws, self.sampler = draws, sampler
        made, self.layout = self.prepared.drafts[0], self.prepared.layout
        self.model = self.prepared.model(0, 1, sampler, False, np.full(self.layout.detail_count, -1, dtype=np.int64))
        found = driver_rows(made)
        self.driver_names = [(name, k) for name in self.prepared.drivers.order if name in found for k in range(found[name][1])]
        self.outputs = self.layout.outputs([found[name][0] + k for name, k in self.driver_names])
        self.store = np.zeros((self.layout.starts[3] + len(self.driver_names), draws))
        # the same without any arrangement: the loop over them ends before it starts
        self.unsettled = self.model._replace(arrangements=self.model.arrangements._replace(residual=self.model.arrangements.residual[:0]))
        none = np.empty((0, 0))
        self.scratches = [new_scratch(self.model, self.layout, made.book.rows, none, TASK_BLOCKS) for _ in range(max(threads, 1))]

    def _blocks(self, first: int, last: int, worker: int) -> None:
        run_blocks(self.model, self.outputs, self.scratches[worker], first, last, self.draws, self.store, 0)

    def _share(self, worker: int, threads: int) -> None:
        """One thread's tasks: as long as those of ``simulate``, shorter where there would not be one for each thread."""
        blocks = -(-self.draws // BLOCK)
        task = max(1, min(TASK_BLOCKS, blocks // threads))
        for first in range(worker * task, blocks, threads * task):
            self._blocks(first, min(first + task, blocks), worker)

    def run_whole(self) -> None:
        """All draws on this thread."""
        self._share(0, 1)

    def run_threads(self, pool: ThreadPoolExecutor, threads: int) -> None:
        """All draws over some threads."""
        list(pool.map(lambda worker: self._share(worker, threads), range(threads)))

    def run_parts(self, parts: int, *, settled: bool = True) -> None:
        """Only some parts of the hot loop (see ``phases``), with or without its arrangements."""
        run_parts(self.model if settled else self.unsettled, self.outputs, self.scratches[0], self.draws, self.store, parts)

    def uniforms(self) -> int:
        """Uniforms of a draw."""
        return int(self.model.variates.uniforms.component.shape[0])

    def sizes(self) -> dict[str, int]:
        """How large the study is."""
        layout, counts = self.layout, driver_rows(self.prepared.drafts[0])
        lines = len(layout.services)
        return {
            "lines": lines,
            "years": layout.years,
            "line_years": lines * layout.years,
            "drivers": len(counts),
            "uniforms_per_draw": self.uniforms(),
            "parties": len(layout.parties),
            "schemes": len(layout.schemes),
            "arrangements": len(layout.arrangements),
            "output_rows": layout.starts[3],
        }

    def same_bits(self, run: Callable[[], object]) -> bool:
        """Whether the draws are the same bit for bit when ``run`` makes them."""
        self.run_whole()
        alone = self.store.copy()
        self.store[:] = 0.0
        run()
        return bool(np.array_equal(alone.view(np.int64), self.store.view(np.int64)))

    def same_bits_over(self, threads: int) -> bool:
        """Whether the draws are the same bit for bit when some threads make them."""
        with ThreadPoolExecutor(threads) as pool:
            return self.same_bits(lambda: self.run_threads(pool, threads))

    def drivers(self) -> dict[tuple[str, int], Floats]:
        """Draws of every driver (and year of it), after a run."""
        return dict(zip(self.driver_names, self.store[self.layout.starts[3] :], strict=True))

    def results(self) -> dict[str, Floats]:
        """Every output after a run: (year, draw) or (year, party, draw); parties without a row are 0."""
        found = {}
        for name in VARIABLES:
            rows = self.layout.rows(name)
            if name in ARRANGEMENT:
                rows = rows[:, 0]
            elif name in MEMBER:
                rows = rows[:, 0, :]
            found[name] = np.where((rows >= 0)[..., None], self.store[rows], 0.0)
        return found

    def peak_memory(self, draws: int, threads: int) -> float | None:
        """MB that a run of ``simulate`` adds at its peak; None where the system does not tell."""
        if not reset_peak():
            return None
        before = status_mb("VmRSS")
        simulate(self.prepared, 0, Settings(draws, 1, self.sampler, threads, False), (), lambda _: None)
        return status_mb("VmHWM") - before


def status_mb(field: str) -> float:
    """A memory figure of this process in MB (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return float(line.split()[1]) / 1024.0
    return float("nan")


def reset_peak() -> bool:
    """Make the system forget the highest memory use so far; False where it cannot."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # what was freed before goes back to the system, and counts when it is taken again
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True
