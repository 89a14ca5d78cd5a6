"""The drivers of any study by SciPy: independent uniforms through the ``ppf`` of frozen distributions, as far as SciPy has the families."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.twin_reading import Floats
from simengine.distributions import build
from simengine.distributions.base import Distribution
from simengine.engine.plan import Draft
from simengine.study.numbers import Uncertain


def _pert(p: Mapping[str, Any]) -> Any:
    low, mode, high = (float(p[name]) for name in ("min", "mode", "max"))
    width, weight = high - low, float(p.get("shape") or 4.0)
    return stats.beta(1.0 + weight * (mode - low) / width, 1.0 + weight * (high - mode) / width, loc=low, scale=width)


def _triangular(p: Mapping[str, Any]) -> Any:
    width = p["max"] - p["min"]
    return stats.triang((p["mode"] - p["min"]) / width, loc=p["min"], scale=width)


def _lognormal(p: Mapping[str, Any]) -> Any:
    sigma2 = float(np.log1p((p["sd"] / p["mean"]) ** 2))
    return stats.lognorm(np.sqrt(sigma2), scale=np.exp(np.log(p["mean"]) - 0.5 * sigma2))


_FROZEN = {
    "pert": _pert,
    "triangular": _triangular,
    "lognormal": _lognormal,
    "uniform": lambda p: stats.uniform(loc=p["min"], scale=p["max"] - p["min"]),
    "normal": lambda p: stats.norm(loc=p["mean"], scale=p["sd"]),
    "beta": lambda p: stats.beta(p["alpha"], p["beta"]),
    "gamma": lambda p: stats.gamma(p["shape"], scale=p["scale"]),
    "bernoulli": lambda p: stats.bernoulli(p["p"]),
}
#: Parameters that make another distribution of a family, or one for each year.
_FURTHER = {"lower", "upper"}


def frozen_distribution(dist: str, parameters: Mapping[str, Any]) -> Any:
    """The same distribution as SciPy has it, frozen; None where it is not one of those with a plain counterpart."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if dist not in _FROZEN or _FURTHER & set(given) or any(isinstance(value, tuple | list) for value in given.values()):
        return None
    try:
        return _FROZEN[dist](given)
    except KeyError:  # stated by other parameters (mu and sigma instead of mean and sd)
        return None


def _same(frozen: Any, ours: Distribution) -> bool:
    """Whether SciPy's distribution is ours, by mean and variance: a parameter that was not looked at makes another one."""
    return bool(np.allclose([frozen.mean(), frozen.var()], [ours.mean(), ours.variance()], rtol=1e-9, atol=1e-15))


class ScipySampler:
    """Values of a study's drivers, each year's its own: ``values`` of the ``asked``; the others SciPy has no plain counterpart of."""

    def __init__(self, made: Draft, seed: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._drawn: list[tuple[Any, int]] = []
        self.asked = 0
        for driver in made.book.drivers.values():
            spec: Uncertain = driver.spec
            self.asked += driver.rows
            frozen = frozen_distribution(spec.dist, spec.parameters)
            if frozen is not None and _same(frozen, build(spec.dist, spec.parameters)):
                self._drawn.append((frozen, driver.rows))

    @property
    def values(self) -> int:
        """Values of a draw that are made."""
        return sum(rows for _, rows in self._drawn)

    def draw(self, draws: int, chunk: int) -> Floats:
        """Make all draws, a chunk at a time; returns the last value of each driver."""
        last = np.empty(len(self._drawn))
        for first in range(0, draws, chunk):
            n = min(chunk, draws - first)
            for k, (frozen, rows) in enumerate(self._drawn):
                last[k] = frozen.ppf(self._rng.random((rows, n)))[-1, -1]
        return last
