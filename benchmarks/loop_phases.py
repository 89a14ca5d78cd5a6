"""The phases of the hot loop, each with its twins: streams, variates, projection, settlement, the whole loop, threads.

A phase is some contenders that do the same work, timed in turns; the engine's is named, and ratios are over it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from benchmarks.c_side import CSide
from benchmarks.engine_side import EngineSide
from benchmarks.harness import Contender, Phase, interleave
from benchmarks.jax_twin import jax_contenders
from benchmarks.numpy_side import NumpySide
from benchmarks.phases import DERIVE, DRAW, PROJECT, SETTLE, STORE, STREAMS, run_streams
from benchmarks.scipy_draw import ScipySampler
from simengine.engine.drivers import build_variates
from simengine.engine.tile import TILE
from simengine.engine.variates import Variates, new_variate_scratch

ENGINE = "engine"
#: Draws that SciPy makes at a time; larger than a tile, as each call costs much.
_SCIPY_CHUNK = 4_096


@dataclass(frozen=True)
class LoopSides:
    """What takes part in the loop's phases; ``numpy`` is missing where a study has no NumPy twin."""

    engine: EngineSide
    numpy: NumpySide | None
    c: CSide
    reference_draws: int
    rounds: int


def streams(sides: LoopSides) -> Phase:
    """The uniforms: Philox and Sobol' against NumPy's generators and SciPy's Sobol'."""
    engine, count = sides.engine, sides.engine.uniforms()
    draws = engine.draws
    buffer = np.empty((max(count, 1), TILE))

    def numpy_of(bits: np.random.BitGenerator) -> Callable[[], None]:
        rng = np.random.Generator(bits)

        def fill() -> None:
            for _ in range(0, draws, TILE):
                rng.random(out=buffer)

        return fill

    sobol = qmc.Sobol(max(count, 1), scramble=True, rng=np.random.Generator(np.random.PCG64(1)))
    few = 1 << (sides.reference_draws.bit_length() - 1)
    found = {
        ENGINE: Contender(_engine_streams(engine, "random"), draws),
        "engine, design sobol": Contender(_engine_streams(engine, "sobol"), draws),
        "numpy PCG64": Contender(numpy_of(np.random.PCG64(1)), draws),
        "numpy Philox": Contender(numpy_of(np.random.Philox(1)), draws),
        "scipy Sobol'": Contender(lambda: sobol.random(few), few),
    }
    # with another design the C twin's are that design's
    c = sides.c.contenders(STREAMS) if engine.sampler == "random" else {}
    timings = interleave(found | c, sides.rounds)
    pairs = (("numpy PCG64", ENGINE), ("numpy Philox", ENGINE), ("scipy Sobol'", "engine, design sobol"), *((name, ENGINE) for name in c))
    return Phase("streams", timings, pairs, per_draw=count, unit="uniform")


def _engine_streams(engine: EngineSide, sampler: str) -> Callable[[], None]:
    variates = _variates(engine, sampler)
    scratch = new_variate_scratch(variates)
    return lambda: run_streams(variates, scratch, engine.draws)


def _variates(engine: EngineSide, sampler: str) -> Variates:
    """The study's drivers under a design."""
    if sampler == engine.sampler:
        return engine.model.variates
    made, prepared = engine.prepared.drafts[0], engine.prepared
    return build_variates((made.spec, made.book, made.noises), prepared.drivers, 1, sampler, prepared.tables)


def variates(sides: LoopSides) -> Phase:
    """From nothing to the values of all drivers: uniforms, copulas, paths, distributions."""
    engine = sides.engine
    found = {ENGINE: Contender(lambda: engine.run_parts(DRAW), engine.draws)}
    notes = []
    if sides.numpy is not None:
        found |= sides.numpy.draw_contenders()
    else:
        scipy = ScipySampler(engine.prepared.drafts[0], 1)
        notes.append(f"SciPy makes {scipy.values} of {scipy.asked} values, with no copula, path or volatility")
        if scipy.values:
            found["scipy ppf"] = Contender(lambda: scipy.draw(sides.reference_draws, _SCIPY_CHUNK), sides.reference_draws)
    return _against_engine("variates", found | sides.c.contenders(DRAW), sides.rounds, notes)


def projection(sides: LoopSides) -> Phase:
    """From drivers to the positions of all parties, without any arrangement."""
    engine = sides.engine
    engine.run_parts(DRAW)
    found = {ENGINE: Contender(lambda: engine.run_parts(DERIVE | PROJECT, settled=False), engine.draws)}
    if sides.numpy is not None:
        found |= sides.numpy.projection_contenders()
    return _against_engine("projection", found, sides.rounds, _no_twin(sides))


def settlement(sides: LoopSides) -> Phase:
    """The arrangements alone, on outturns that are there."""
    engine = sides.engine
    engine.run_parts(DRAW | DERIVE | PROJECT)
    found = {ENGINE: Contender(lambda: engine.run_parts(SETTLE), engine.draws)}
    if sides.numpy is not None:
        found |= sides.numpy.settlement_contenders()
    return _against_engine("settlement", found | sides.c.contenders(SETTLE), sides.rounds, _no_twin(sides))


def passes(sides: LoopSides) -> Phase:
    """The parts that the hot loop is made of, against the C twin's: where time goes."""
    engine = sides.engine
    parts = {"draw": DRAW, "derive": DERIVE, "project and settle": PROJECT, "copy to the store": STORE}
    found, pairs = {}, []
    for name, asked in parts.items():
        found[f"engine {name}"] = Contender(lambda p=asked: engine.run_parts(p), engine.draws)
        for twin, contender in sides.c.contenders(asked).items():
            found[f"{twin} {name}"] = contender
            pairs.append((f"{twin} {name}", f"engine {name}"))
    return Phase("parts", interleave(found, sides.rounds), tuple(pairs))


def whole_loop(sides: LoopSides) -> Phase:
    """Everything of a draw: from its number to the rows that are kept."""
    engine = sides.engine
    found = {ENGINE: Contender(engine.run_whole, engine.draws)}
    if sides.numpy is not None:
        found |= sides.numpy.whole_contenders()
        found |= jax_contenders(sides.numpy.terms, engine, sides.reference_draws, modes=("whole",))
    return _against_engine("whole loop", found | sides.c.contenders(), sides.rounds, _no_twin(sides) + sides.c.notes)


def threads(sides: LoopSides, counts: Sequence[int]) -> Phase | None:
    """The whole loop over threads, by the clock on the wall."""
    if len(counts) < 2:
        return None
    engine = sides.engine
    with ThreadPoolExecutor(max(counts)) as pool:
        names = {count: "1 thread" if count == 1 else f"{count} threads" for count in counts}
        found = {name: Contender(lambda c=count: engine.run_threads(pool, c), engine.draws) for count, name in names.items()}
        timings = interleave(found, sides.rounds, "wall")
    one = names[counts[0]]
    return Phase("threads", timings, tuple((one, name) for name in names.values() if name != one))


def _no_twin(sides: LoopSides) -> list[str]:
    return [] if sides.numpy is not None else ["no NumPy twin of the whole model knows this study"]


def _against_engine(name: str, found: dict[str, Contender], rounds: int, notes: list[str]) -> Phase:
    """Time the contenders; every other one is compared with the engine."""
    timings = interleave(found, rounds)
    return Phase(name, timings, tuple((other, ENGINE) for other in found if other != ENGINE), notes=tuple(notes))
