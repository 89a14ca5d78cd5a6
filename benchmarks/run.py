"""One subject from start to end: equal numbers first, then rounds, then threads and memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.compare import Comparison, compare
from benchmarks.engine_side import EngineSide
from benchmarks.harness import Contender, Timings, interleave, once
from benchmarks.machine import sizes
from benchmarks.numpy_draw import Sampler
from benchmarks.numpy_twin import Twin, new_outputs
from benchmarks.phases import DERIVE, DRAW, PROJECT, STORE
from benchmarks.subjects import SUBJECTS
from benchmarks.twin_reading import Floats, Terms, read_terms

PHASES = {"draw": DRAW, "derive": DERIVE, "project": PROJECT, "store": STORE}
#: Buffers of the twin in one chunk are kept below this many bytes.
_LARGEST_CHUNK = 1.5e9


@dataclass(frozen=True)
class Settings:
    """How long and on what to measure."""

    draws: int
    twin_draws: int
    rounds: int
    threads: tuple[int, ...]
    chunks: tuple[int, ...]
    sampler: str
    tables: bool


@dataclass(frozen=True)
class Outcome:
    """What was found for one subject; timings are missing where the numbers differ."""

    name: str
    sizes: dict[str, int]
    comparison: Comparison
    chunks: dict[str, dict[int, float]]
    best_chunk: dict[str, int]
    single: Timings | None = None
    threaded: Timings | None = None
    memory: dict[str, float] | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything, rounds included."""
        return asdict(self) | {"deviation": self.comparison.deviation, "equal": self.comparison.equal}


def thresholds(terms: Terms) -> tuple[float, ...]:
    """Gains, as shares of the baseline, at which a flag turns."""
    deal = terms.deal
    caps = [c / s for c, s in zip(deal.cap, deal.gain_share, strict=True) if np.isfinite(c) and s > 0.0]
    collars = [-c / s for c, s in zip(deal.collar, deal.loss_share, strict=True) if np.isfinite(c) and s > 0.0]
    return (0.0, deal.msr, -deal.mlr, *caps, *collars)


def driver_matrix(engine: EngineSide, twin: Twin) -> Floats:
    """The engine's own draws, in the rows that the twin expects."""
    drawn = engine.drivers()
    return np.array([drawn[name, k] for name, row in twin.rows.items() for k in range(row.stop - row.start)])


def check(engine: EngineSide, terms: Terms, chunk: int) -> Comparison:
    """Run both on the engine's draws and hold the numbers against each other."""
    engine.run_whole()
    twin = Twin(terms, chunk)
    out = new_outputs(terms, engine.draws)
    twin.run(driver_matrix(engine, twin), out)
    return compare(engine.results(), out, thresholds(terms))


class _TwinSide:
    """The twin's runs, each at the chunk that proved best."""

    def __init__(self, terms: Terms, engine: EngineSide, settings: Settings) -> None:
        self.terms, self.draws = terms, min(settings.twin_draws, engine.draws)
        self.out = new_outputs(terms, self.draws)
        first = Twin(terms, 1)
        self.drivers = np.ascontiguousarray(driver_matrix(engine, first)[:, : self.draws])
        self.modes: dict[str, Sampler | None] = {"projection": None, "whole": Sampler(terms, first.rows, False, 1)}
        if settings.tables and terms.groups:
            self.modes["whole, tables"] = Sampler(terms, first.rows, True, 1)
        self.measured: dict[str, dict[int, float]] = {mode: {} for mode in self.modes}
        self.best: dict[str, int] = {}

    def run(self, mode: str, twin: Twin) -> None:
        """One run of a mode."""
        sampler = self.modes[mode]
        if sampler is None:
            twin.run(self.drivers, self.out)
        else:
            twin.run_whole(sampler, self.draws, self.out)

    def tune(self, chunks: Sequence[int]) -> None:
        """Find the best size of chunk for each mode (one warm call, then the better of two)."""
        for chunk in chunks:
            if chunk > self.draws and chunk != min(chunks) or chunk * len(self.terms.lines) * 6 * 8 > _LARGEST_CHUNK:
                continue
            twin = Twin(self.terms, chunk)
            self.run("projection", twin)
            for mode in self.modes:
                self.measured[mode][chunk] = min(once(lambda m=mode, w=twin: self.run(m, w)) for _ in range(2)) / self.draws
        self.best = {mode: min(found, key=found.__getitem__) for mode, found in self.measured.items()}

    def contenders(self) -> dict[str, Contender]:
        """The modes, ready to time."""
        twins = {chunk: Twin(self.terms, chunk) for chunk in set(self.best.values())}
        return {f"numpy {mode}": Contender(lambda m=mode, w=twins[chunk]: self.run(m, w), self.draws) for mode, chunk in self.best.items()}


def _engine_contenders(engine: EngineSide) -> dict[str, Contender]:
    found = {"engine whole": Contender(engine.run_whole, engine.draws)}
    found["engine after drivers"] = Contender(lambda: engine.run_parts(DERIVE | PROJECT | STORE), engine.draws)
    return found | {f"engine {name}": Contender(lambda p=parts: engine.run_parts(p), engine.draws) for name, parts in PHASES.items()}


def _threaded(engine: EngineSide, threads: Sequence[int], rounds: int) -> Timings | None:
    """The engine over threads, by the clock on the wall."""
    if len(threads) < 2:
        return None
    with ThreadPoolExecutor(max(threads)) as pool:
        contenders = {
            f"{count} threads" if count > 1 else "1 thread": Contender(lambda c=count: engine.run_threads(pool, c), engine.draws)
            for count in threads
        }
        return interleave(contenders, rounds, "wall")


def _memory(engine: EngineSide, draws: int) -> dict[str, float] | None:
    """Peak memory of a run that keeps all positions, and the part of it that is the numbers kept."""
    peak = engine.peak_memory(draws, 1)
    if peak is None:
        return None
    return {"draws": float(draws), "peak_mb": peak, "kept_mb": engine.store.shape[0] * draws * 8 / 2**20}


def measure(name: str, settings: Settings) -> Outcome:
    """Measure one subject; where the numbers differ, nothing is timed."""
    tree = SUBJECTS[name]()
    terms = read_terms(tree)
    engine = EngineSide(tree, settings.draws, settings.sampler, max(settings.threads))
    comparison = check(engine, terms, min(settings.chunks))
    if not comparison.equal:
        return Outcome(name, sizes(terms), comparison, {}, {})
    twin = _TwinSide(terms, engine, settings)
    twin.tune(settings.chunks)
    single = interleave(_engine_contenders(engine) | twin.contenders(), settings.rounds)
    threaded = _threaded(engine, settings.threads, settings.rounds)
    memory = _memory(engine, settings.draws)
    return Outcome(name, sizes(terms), comparison, twin.measured, twin.best, single, threaded, memory)
