"""One scenario, laid out and ready to run: any range of its blocks, into arrays of whoever asks.

Several threads may run blocks of one scenario at once, each with work areas of its own.
"""

from dataclasses import dataclass

import numpy as np

from simengine.engine.alike import Alike, find_alike
from simengine.engine.block import Model, Outputs, Scratch, run_blocks
from simengine.engine.moments import MOMENT_COLUMNS
from simengine.engine.outputs import Layout
from simengine.engine.plan import Prepared, driver_rows
from simengine.engine.scratch import new_scratch
from simengine.jit import Floats, Ints
from simengine.jit_apart import reasons_raised
from simengine.study.copulas import copulas


@dataclass(frozen=True)
class Settings:
    """How a study is simulated; only ``draws``, ``seed`` and ``sampler`` are part of a number.

    ``detail`` asks for the moments of line and scheme variables, ``drivers`` for the draws of all drivers, not only the correlated.
    """

    draws: int
    seed: int
    sampler: str
    threads: int
    detail: bool = True
    drivers: bool = True


@dataclass(frozen=True)
class Runner:
    """A scenario as the hot loop wants it.

    ``rows`` counts the rows of the store: all output rows of the layout, then a row for each of ``driver_names``. ``detail_row`` says in
    which row of the detail store a line or scheme row of the layout is kept, -1 where it is not; ``detail_rows`` counts those.
    """

    model: Model
    outputs: Outputs
    layout: Layout
    driver_names: tuple[tuple[str, int], ...]
    alike: Alike
    detail_row: Ints
    detail_rows: int
    slots: int
    detail: bool

    @classmethod
    def of(cls, prepared: Prepared, scenario: int, settings: Settings, kept: tuple[str, ...]) -> "Runner":
        """A scenario (0 is the base); ``kept`` names the line and scheme variables whose draws are kept."""
        layout, made = prepared.layout, prepared.drafts[scenario]
        keep = np.full(layout.detail_count, -1, dtype=np.int64)
        model = prepared.model(scenario, settings.seed, settings.sampler, settings.detail, keep)
        alike = find_alike(model)
        wanted = [int(row) for name in kept for row in layout.detail_rows(name).ravel()]
        # rows that others are multiples of are kept with them, behind those that were asked for
        stored = [*sorted(wanted), *sorted(set(alike.source[wanted].tolist()).difference(wanted))]
        keep[stored] = np.arange(len(stored))
        model = model._replace(detail=alike.narrowed(model.detail, keep))
        found = driver_rows(made)
        groups = () if settings.drivers else copulas(prepared.study.spec, prepared.drivers.order)
        correlated = {name for group in groups for name in group.names}
        drivers = [name for name in prepared.drivers.order if name in found and (settings.drivers or name in correlated)]
        names = tuple((name, k) for name in drivers for k in range(found[name][1]))
        outputs = layout.outputs([found[name][0] + k for name, k in names])
        return cls(model, outputs, layout, names, alike, keep, len(stored), made.book.rows, settings.detail)

    @property
    def rows(self) -> int:
        """Rows of the store."""
        return self.layout.starts[3] + len(self.driver_names)

    @property
    def moment_rows(self) -> int:
        """Rows of the partial sums of a block."""
        return self.alike.worked.size if self.detail else 0

    def scratch(self, blocks: int, detail_store: Floats) -> Scratch:
        """Work areas of one thread for up to so many blocks at a time; kept line and scheme rows go to ``detail_store`` (row, draw)."""
        return new_scratch(self.model, self.layout, self.slots, detail_store, blocks)

    def run(self, scratch: Scratch, blocks: tuple[int, int], draws: int, store: Floats, origin: int) -> int:
        """Run blocks (first, stop) of ``draws`` draws into a store (row, draw) that begins at draw ``origin``; returns draws clipped.

        Partial sums of the blocks, (block, row, column), are in ``scratch.detail.partial`` afterwards.
        """
        scratch.detail.partial[:] = 0.0
        with reasons_raised():
            clipped: int = run_blocks(self.model, self.outputs, scratch, *blocks, draws, store, origin)
        return clipped

    def all_moments(self, sums: Floats) -> Floats:
        """Sums of every line and scheme row of the layout from those that were worked out (row, column)."""
        return self.alike.all_moments(sums) if self.detail else sums

    def new_moments(self) -> Floats:
        """Sums of nothing yet."""
        return np.zeros((self.moment_rows, MOMENT_COLUMNS))
