"""One subject from start to end: equal numbers first, then its phases in turn, each in rounds, then memory."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.c_side import CSide
from benchmarks.command import Command, command_phase, run_command
from benchmarks.compare import Comparison, compare
from benchmarks.engine_side import EngineSide
from benchmarks.harness import Phase
from benchmarks.loop_phases import LoopSides, passes, projection, settlement, streams, threads, variates, whole_loop
from benchmarks.numpy_side import NumpySide, driver_matrix
from benchmarks.numpy_twin import Twin, new_outputs
from benchmarks.result_phases import ResultSide, quantiles, statistics, store
from benchmarks.subjects import Subject
from benchmarks.twin_reading import Terms, read_terms

LOOP: dict[str, Callable[[LoopSides], Phase]] = {
    "streams": streams,
    "variates": variates,
    "projection": projection,
    "settlement": settlement,
    "whole loop": whole_loop,
    "parts": passes,
}
#: All phases by the names that ``--phases`` takes; start-up is of the program, not of a subject.
PHASES = (*LOOP, "threads", "statistics", "store", "whole command", "memory", "start-up")


@dataclass(frozen=True)
class Settings:
    """How long and on what to measure."""

    draws: int
    reference_draws: int
    result_draws: int
    command_draws: int
    rounds: int
    threads: tuple[int, ...]
    chunks: tuple[int, ...]
    sampler: str
    phases: tuple[str, ...] = PHASES


@dataclass(frozen=True)
class Outcome:
    """What was found for one subject; nothing is timed where numbers differ. ``comparison`` is missing where there is no NumPy twin."""

    name: str
    sizes: dict[str, int]
    comparison: Comparison | None
    same_bits: dict[str, bool]
    phases: dict[str, Phase] = field(default_factory=dict)
    chunks: dict[str, dict[int, float]] = field(default_factory=dict)
    best_chunk: dict[str, int] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    result_draws: int = 0
    memory: dict[str, float] | None = None

    @property
    def equal(self) -> bool:
        """Whether all numbers that were compared are equal."""
        return (self.comparison is None or self.comparison.equal) and all(self.same_bits.values())

    def as_json(self) -> dict[str, Any]:
        """Everything, rounds included."""
        found = asdict(self) | {"equal": self.equal}
        return found if self.comparison is None else found | {"deviation": self.comparison.deviation}


def thresholds(terms: Terms) -> tuple[float, ...]:
    """Gains, as shares of the baseline, at which a flag turns."""
    deal = terms.deal
    caps = [c / s for c, s in zip(deal.cap, deal.gain_share, strict=True) if np.isfinite(c) and s > 0.0]
    collars = [-c / s for c, s in zip(deal.collar, deal.loss_share, strict=True) if np.isfinite(c) and s > 0.0]
    return (0.0, deal.msr, -deal.mlr, *caps, *collars)


def check(engine: EngineSide, terms: Terms, chunk: int) -> Comparison:
    """Run both on the engine's draws and hold the numbers against each other."""
    engine.run_whole()
    twin = Twin(terms, chunk)
    out = new_outputs(terms, engine.draws)
    twin.run(driver_matrix(engine, twin), out)
    return compare(engine.results(), out, thresholds(terms))


def measure(subject: Subject, settings: Settings) -> Outcome:
    """Measure one subject; where numbers differ, nothing is timed."""
    with tempfile.TemporaryDirectory() as folder:
        engine = EngineSide(subject.study(Path(folder)), settings.draws, settings.sampler, max(settings.threads))
        terms = None if subject.tree is None else read_terms(subject.tree())
        comparison = None if terms is None else check(engine, terms, min(settings.chunks))
        c = CSide(engine)
        bits = {f"{max(settings.threads)} threads": engine.same_bits_over(max(settings.threads))}
        if c.twins:
            bits["C"] = c.same_bits()
        found = Outcome(subject.name, engine.sizes(), comparison, bits)
        if not found.equal:
            return found
        twin = None if terms is None else NumpySide(terms, engine, settings.reference_draws, settings.chunks)
        sides = LoopSides(engine, twin, c, min(settings.reference_draws, engine.draws), settings.rounds)
        memory = _memory(engine, settings.draws) if "memory" in settings.phases else None
        phases = _loop_phases(sides, settings) | _result_phases(engine, settings, Path(folder))
        commands = _commands(subject, settings, Path(folder))
        if commands and "whole loop" in phases:
            seconds = phases["whole loop"].timings.seconds("engine").median
            phases["whole command"] = command_phase(commands, settings.command_draws, seconds)
        tuned = ({}, {}) if twin is None else (twin.measured, twin.best)
        return Outcome(subject.name, engine.sizes(), comparison, bits, phases, *tuned, commands, settings.result_draws, memory)


def _loop_phases(sides: LoopSides, settings: Settings) -> dict[str, Phase]:
    """The phases of the hot loop that are asked for."""
    found = {name: measured(sides) for name, measured in LOOP.items() if name in settings.phases}
    over = threads(sides, settings.threads) if "threads" in settings.phases else None
    return found if over is None else found | {"threads": over}


def _result_phases(engine: EngineSide, settings: Settings, folder: Path) -> dict[str, Phase]:
    """Statistics and file of a run of fewer draws, as far as they are asked for."""
    if not {"statistics", "store"} & set(settings.phases):
        return {}
    side, found = ResultSide(engine.prepared, settings.result_draws), {}
    if "statistics" in settings.phases:
        found["statistics"] = statistics(side, settings.rounds)
        found["quantiles"] = quantiles(side, settings.rounds)
    if "store" in settings.phases:
        found["store"] = store(side, max(settings.rounds // 3, 1), folder)  # seconds each
    return found


def _commands(subject: Subject, settings: Settings, folder: Path) -> list[Command]:
    """Runs of the whole command, one for every third round."""
    if "whole command" not in settings.phases:
        return []
    study = subject.write(folder)
    times = max(settings.rounds // 3, 1)
    return [run_command(study, settings.command_draws, max(settings.threads), folder=folder) for _ in range(times)]


def _memory(engine: EngineSide, draws: int) -> dict[str, float] | None:
    """Peak memory of a run that keeps all positions, and the part of it that is the numbers kept."""
    peak = engine.peak_memory(draws, 1)
    if peak is None:
        return None
    return {"draws": float(draws), "peak_mb": peak, "kept_mb": engine.store.shape[0] * draws * 8 / 2**20}
