"""The NumPy twin's work done in JAX on one thread of the processor, where JAX is installed (it is never needed).

The suite times it beside the others. ``tests/unit/benchmarks/test_jax_twin.py`` holds its numbers against the engine's.
"""

import os
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.compare import Comparison, compare
from benchmarks.harness import Contender, once
from benchmarks.numpy_draw import driver_rows
from benchmarks.twin_reading import Floats, Terms

if TYPE_CHECKING:
    from benchmarks.engine_side import EngineSide

MODES = ("projection", "whole")
#: Sizes of chunk to try; 256 and 4,096 are slower (benchmarks/NOTES.md).
CHUNKS = (512, 1_024, 2_048)
#: A year of the model is written out line by line: compiling takes too long beyond this.
MOST_LINES = 60
#: What holds XLA to one thread: its own pools, and matrix products.
_FLAGS, _THREADS = "--xla_cpu_multi_thread_eigen=false", {"NPROC": "1", "OMP_NUM_THREADS": "1"}


def available() -> bool:
    """Whether JAX is installed."""
    return find_spec("jax") is not None


def hold_to_one_thread() -> None:
    """Must come before JAX first computes."""
    if _FLAGS not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FLAGS}".strip()
    for name, value in _THREADS.items():
        os.environ.setdefault(name, value)


class JaxTwin:
    """One subject at one size of chunk; outputs of all chunks are kept in buffers that are handed over from run to run."""

    def __init__(self, terms: Terms, drivers: Floats, chunk: int) -> None:
        hold_to_one_thread()
        import jax
        import jax.numpy as jnp

        from benchmarks.jax_draw import Sampler
        from benchmarks.jax_model import Model

        self.chunk, self.count = chunk, drivers.shape[1] // chunk
        self.draws = self.count * chunk
        self.rows = driver_rows(terms)
        model, sampler = Model(terms), Sampler(terms)
        self._wait = jax.block_until_ready
        self._drivers = jnp.asarray(drivers[:, : self.draws].reshape(len(drivers), self.count, chunk).swapaxes(0, 1))

        def keep(k: Any, out: Any, found: Any) -> Any:
            return jax.tree.map(lambda kept, new: jax.lax.dynamic_update_index_in_dim(kept, new, k, 0), out, found)

        @partial(jax.jit, donate_argnums=0)
        def project(out: Any, matrix: Any) -> Any:
            def step(k: Any, out: Any) -> Any:
                return keep(k, out, model.outputs({name: matrix[k][row] for name, row in self.rows.items()}))

            return jax.lax.fori_loop(0, self.count, step, out)

        @partial(jax.jit, donate_argnums=0)
        def whole(out: Any, key: Any) -> Any:
            def step(k: Any, out: Any) -> Any:
                return keep(k, out, model.outputs(sampler.draw(jax.random.fold_in(key, k), chunk)))

            return jax.lax.fori_loop(0, self.count, step, out)

        self._drawn = jax.jit(lambda key: sampler.draw(key, chunk))
        shapes = jax.eval_shape(model.outputs, {name: self._drivers[0][row] for name, row in self.rows.items()})
        self.out = {name: jnp.zeros((self.count, *shape.shape)) for name, shape in shapes.items()}
        self._given = {"projection": (project, self._drivers), "whole": (whole, jax.random.key(1))}
        self._compiled: dict[str, Any] = {}
        self.compile_seconds: dict[str, float] = {}

    def run(self, mode: str) -> None:
        """``projection``: the model on the drivers given; ``whole``: with drivers of its own. Compiled when first asked for."""
        function, given = self._given[mode]
        if mode not in self._compiled:
            self.compile_seconds[mode] = once(lambda: self._compiled.update({mode: function.lower(self.out, given).compile()}))
        self.out = self._wait(self._compiled[mode](self.out, given))

    def results(self) -> dict[str, Floats]:
        """Outputs as the NumPy twin shapes them: (year, draw) or (year, party, draw)."""
        moved = {name: np.moveaxis(np.asarray(values), 0, -2) for name, values in self.out.items()}
        return {name: values.reshape(*values.shape[:-2], self.draws) for name, values in moved.items()}

    def own_drivers(self, seed: int) -> Floats:
        """One chunk of the twin's own drivers, in the rows of the NumPy twin's matrix."""
        import jax

        found = self._drawn(jax.random.key(seed))
        return np.concatenate([np.asarray(found[name]) for name in self.rows])


def matrix_of(engine: "EngineSide", terms: Terms) -> Floats:
    """The engine's own draws after a run, in the rows of the NumPy twin's matrix."""
    drawn = engine.drivers()
    return np.array([drawn[name, k] for name, row in driver_rows(terms).items() for k in range(row.stop - row.start)])


def check(engine: "EngineSide", terms: Terms, chunk: int, thresholds: Sequence[float]) -> Comparison:
    """Run both on the engine's draws (whole chunks of them) and hold the numbers against each other."""
    engine.run_whole()
    twin = JaxTwin(terms, matrix_of(engine, terms), chunk)
    twin.run("projection")
    ours = {name: values[..., : twin.draws] for name, values in engine.results().items()}
    return compare(ours, twin.results(), tuple(thresholds))


class JaxSide:
    """The JAX twin's runs, each at the chunk that proved best: the shape of the NumPy side in ``run``."""

    def __init__(self, terms: Terms, engine: "EngineSide", draws: int, modes: Sequence[str] = MODES) -> None:
        engine.run_whole()
        self.terms, self.drivers = terms, matrix_of(engine, terms)[:, : min(draws, engine.draws)]
        self.measured: dict[str, dict[int, float]] = {mode: {} for mode in modes}
        self.best: dict[str, int] = {}
        self.twins: dict[int, JaxTwin] = {}

    def tune(self, chunks: Sequence[int] = CHUNKS) -> None:
        """Find the best size of chunk for each mode (one warm call, then the best of three)."""
        for chunk in (size for size in chunks if size <= self.drivers.shape[1]):
            twin = self.twins[chunk] = JaxTwin(self.terms, self.drivers, chunk)
            for mode, found in self.measured.items():
                twin.run(mode)
                found[chunk] = min(once(lambda m=mode, w=twin: w.run(m)) for _ in range(3)) / twin.draws
        self.best = {mode: min(found, key=found.__getitem__) for mode, found in self.measured.items()}

    def contenders(self) -> dict[str, Contender]:
        """The modes, ready to time."""
        best = {mode: self.twins[chunk] for mode, chunk in self.best.items()}
        return {f"jax {mode}": Contender(lambda m=mode, w=twin: w.run(m), twin.draws) for mode, twin in best.items()}


def jax_contenders(terms: Terms, engine: "EngineSide", draws: int, modes: Sequence[str] = MODES) -> dict[str, Contender]:
    """Ready to be timed beside the engine and the NumPy twin; none where JAX is missing or the subject is too large to be written out."""
    if not available() or len(terms.lines) > MOST_LINES:
        return {}
    side = JaxSide(terms, engine, draws, modes)
    side.tune()
    return side.contenders()
