"""The drivers as a JAX user draws them: one call of ``jax.random`` for all normals and one for all uniforms, PERTs by prepared tables.

Tables run over the standard normal score (even steps, between two of them a straight line): ``jnp.interp``, which searches, takes six times
as long, and ``jax.random.beta`` rejects. Members of a copula have their scores already, so that no uniform is made of them.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from scipy import special

from benchmarks.numpy_draw import pert_shapes
from benchmarks.subjects import Tree
from benchmarks.twin_reading import Floats, Terms

#: Steps of a table and the scores it covers: the straight line is off by less than 1e-4 of a standard deviation.
STEPS, LARGEST_SCORE = 1_024, 7.5


def quantiles(spec: Tree) -> Floats:
    """A PERT's values at even steps of the standard normal score."""
    a, b = pert_shapes(spec)
    scores = np.linspace(-LARGEST_SCORE, LARGEST_SCORE, STEPS + 1)
    lower, upper = special.betaincinv(a, b, special.ndtr(scores)), 1.0 - special.betaincinv(b, a, special.ndtr(-scores))
    return spec["min"] + (spec["max"] - spec["min"]) * np.where(scores < 0.0, lower, upper)


class Sampler:
    """Draws every driver of a subject; ``draw`` is pure, to be compiled by the caller."""

    def __init__(self, terms: Terms) -> None:
        self.specs, self.years = terms.drivers, terms.years
        grouped = [name for names, _ in terms.groups for name in names]
        kinds = {kind: [name for name, spec in terms.drivers.items() if spec["dist"] == kind] for kind in _KINDS}
        if sum(map(len, kinds.values())) != len(terms.drivers) or not set(grouped) <= set(kinds["pert"]):
            message = "this sampler knows fewer families, and only PERTs in a copula"
            raise ValueError(message)
        kinds["pert"] = [*grouped, *(name for name in kinds["pert"] if name not in grouped)]
        self.kinds = kinds
        self.factors = []
        for names, rank in terms.groups:
            pearson = 2.0 * np.sin(np.pi * rank / 6.0)
            self.factors.append(np.linalg.cholesky(np.full((len(names), len(names)), pearson) + (1.0 - pearson) * np.eye(len(names))))
        self.tables = np.array([quantiles(terms.drivers[name]) for name in kinds["pert"]])

    def draw(self, key: Array, n: int) -> dict[str, Array]:
        """Drivers by name, (1 or year, draw)."""
        counts = {name: self.years if spec.get("path") == "independent" else 1 for name, spec in self.specs.items()}
        scored = [name for kind in ("pert", "normal", "lognormal") for name in self.kinds[kind]]
        even = [name for kind in ("triangular", "uniform", "discrete") for name in self.kinds[kind]]
        first, second = jax.random.split(key)
        scores = lax.optimization_barrier(jax.random.normal(first, (sum(counts[name] for name in scored), n), dtype=float))
        uniforms = lax.optimization_barrier(jax.random.uniform(second, (sum(counts[name] for name in even), n), dtype=float))
        perts = lax.optimization_barrier(self._perts(scores[: len(self.kinds["pert"])]))
        found = {name: perts[k : k + 1] for k, name in enumerate(self.kinds["pert"])}
        for names, source in ((scored, scores), (even, uniforms)):
            row = 0
            for name in names:
                if name not in found:
                    found[name] = _value(self.specs[name], source[row : row + counts[name]])
                row += counts[name]
        return found

    def _perts(self, scores: Array) -> Array:
        """PERTs of independent scores, those of a copula first."""
        blocks, row = [], 0
        for factor in self.factors:
            blocks.append(factor @ scores[row : row + len(factor)])
            row += len(factor)
        place = (jnp.concatenate([*blocks, scores[row:]]) + LARGEST_SCORE) * (STEPS / (2.0 * LARGEST_SCORE))
        place = jnp.clip(place, 0.0, STEPS - 1e-6)
        step = place.astype(jnp.int32)
        at = step + (np.arange(len(self.tables), dtype=np.int32) * (STEPS + 1))[:, None]
        values = jnp.asarray(self.tables).reshape(-1).at
        left, right = (values[k].get(mode="promise_in_bounds") for k in (at, at + 1))
        return left + (place - step) * (right - left)


def _triangular(spec: Tree, u: Array) -> Array:
    low, mode, high = spec["min"], spec["mode"], spec["max"]
    rising = low + jnp.sqrt(u * ((high - low) * (mode - low)))
    return jnp.where(u < (mode - low) / (high - low), rising, high - jnp.sqrt((1.0 - u) * ((high - low) * (high - mode))))


def _lognormal(spec: Tree, score: Array) -> Array:
    sigma2 = np.log1p((spec["sd"] / spec["mean"]) ** 2)
    return jnp.exp(np.log(spec["mean"]) - 0.5 * sigma2 + np.sqrt(sigma2) * score)


def _discrete(spec: Tree, u: Array) -> Array:
    found = jnp.full(u.shape, float(spec["values"][-1]))
    for value, edge in reversed(list(zip(spec["values"], np.cumsum(spec["weights"])[:-1], strict=False))):
        found = jnp.where(u < edge, value, found)
    return found


#: Value of a standard normal score, or of a uniform; PERTs have tables.
_KINDS = {
    "pert": None,
    "normal": lambda spec, score: spec["mean"] + spec["sd"] * score,
    "lognormal": _lognormal,
    "triangular": _triangular,
    "uniform": lambda spec, u: spec["min"] + (spec["max"] - spec["min"]) * u,
    "discrete": _discrete,
}


def _value(spec: Tree, source: Array) -> Array:
    return _KINDS[spec["dist"]](spec, source)
