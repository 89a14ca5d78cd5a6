"""The NumPy twin of a study as contenders: each way of running it at the size of chunk that proved best, and at the one of most scripts."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.engine_side import EngineSide
from benchmarks.harness import Contender, once
from benchmarks.numpy_draw import Quantiles, Sampler
from benchmarks.numpy_twin import Twin, new_outputs
from benchmarks.twin_reading import Floats, Terms

#: Buffers of the twin in one chunk are kept below this many bytes.
_LARGEST_CHUNK = 1.5e9
#: Names of the ways to draw: with prepared inverse tables, with ``betaincinv`` for the copula, with ``ppf`` for every driver.
PPF = "scipy ppf"
DRAWN: dict[str, Quantiles] = {"numpy, tables": "tables", "numpy": "exact", PPF: "ppf"}
ONE_CHUNK = "numpy, one chunk"
_PROJECTION, _SETTLEMENT = "projection", "settlement"


def driver_matrix(engine: EngineSide, twin: Twin) -> Floats:
    """The engine's own draws, in the rows that the twin expects."""
    drawn = engine.drivers()
    return np.array([drawn[name, k] for name, row in twin.rows.items() for k in range(row.stop - row.start)])


class NumpySide:
    """The twin of one subject, with the engine's drivers and outturns to work on; run the engine first."""

    def __init__(self, terms: Terms, engine: EngineSide, draws: int, chunks: Sequence[int]) -> None:
        self.terms, self.draws = terms, min(draws, engine.draws)
        self.out = new_outputs(terms, self.draws)
        first = Twin(terms, 1)
        self.rows = first.rows
        self.drivers = np.ascontiguousarray(driver_matrix(engine, first)[:, : self.draws])
        self.references = np.empty((terms.years, 1 + len(first.weights.providers), self.draws))
        self.samplers = {name: Sampler(terms, first.rows, kind, 1) for name, kind in DRAWN.items() if kind != "tables" or terms.groups}
        self.twins = {chunk: Twin(terms, chunk) for chunk in self._possible(chunks)}
        self.measured: dict[str, dict[int, float]] = {}
        self.best: dict[str, int] = {}

    def _possible(self, chunks: Sequence[int]) -> list[int]:
        """Chunks that are no longer than the draws and fit in memory; the shortest in any case."""
        fit = [chunk for chunk in chunks if chunk <= self.draws and chunk * len(self.terms.lines) * 6 * 8 <= _LARGEST_CHUNK]
        return fit or [min(chunks)]

    def _project(self, twin: Twin) -> None:
        twin.run(self.drivers, self.out, self.references)

    def _settle(self, twin: Twin) -> None:
        twin.run_settlement(self.references, self.out)

    def _run_whole(self, name: str, twin: Twin) -> None:
        twin.run_whole(self.samplers[name], self._draws_of(name), self.out)

    def _draws_of(self, name: str) -> int:
        """Draws of a call: far fewer by ``ppf``, which takes a hundred times as long."""
        return max(min(512, self.draws), self.draws // 16) if name == PPF else self.draws

    def _ways(self) -> dict[str, Callable[[Twin], None]]:
        """Everything that is tuned, by name."""
        whole = {name: partial(self._run_whole, name) for name in self.samplers}
        return {_PROJECTION: self._project, _SETTLEMENT: self._settle, **whole}

    def _at_best(self, name: str) -> Twin:
        """The twin at the chunk that is best for one of the ways: tried once (one warm call, then the better of two)."""
        name = "numpy" if name == PPF else name  # the chunk matters little where the drivers take nearly all the time
        run = self._ways()[name]
        if name not in self.best:
            times: dict[int, float] = {}
            for chunk, twin in self.twins.items():
                if len(self.twins) > 1:
                    run(twin)
                    times[chunk] = min(once(lambda w=twin: run(w)) for _ in range(2)) / self.draws
            self.measured[name] = times
            self.best[name] = min(times, key=times.__getitem__) if times else next(iter(self.twins))
        return self.twins[self.best[name]]

    def _contender(self, name: str, twin: Twin) -> Contender:
        run = self._ways()[name]
        return Contender(lambda: run(twin), self._draws_of(name))

    def draw_contenders(self) -> dict[str, Contender]:
        """Drivers alone, a chunk at a time."""

        def draw(name: str, chunk: int) -> None:
            draws = self._draws_of(name)
            rows = np.empty((len(self.drivers), min(chunk, draws)))
            for first in range(0, draws, chunk):
                self.samplers[name].fill(rows[:, : min(chunk, draws - first)])

        best = {name: self._at_best(name).chunk for name in self.samplers}
        return {name: Contender(lambda w=name, c=chunk: draw(w, c), self._draws_of(name)) for name, chunk in best.items()}

    def projection_contenders(self) -> dict[str, Contender]:
        """From drivers to positions, without the arrangement."""
        return {"numpy": self._contender(_PROJECTION, self._at_best(_PROJECTION))}

    def settlement_contenders(self) -> dict[str, Contender]:
        """The arrangement alone."""
        self._project(next(iter(self.twins.values())))
        return {"numpy": self._contender(_SETTLEMENT, self._at_best(_SETTLEMENT))}

    def whole_contenders(self) -> dict[str, Contender]:
        """Everything, at the best chunk of each way of drawing, and as most would write it: all draws in one chunk."""
        found = {name: self._contender(name, self._at_best(name)) for name in self.samplers}
        found[ONE_CHUNK] = self._contender("numpy", self.twins[max(self.twins)])
        return found
