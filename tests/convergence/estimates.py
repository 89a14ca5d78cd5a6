"""Estimates of one mean over many seeds: z-scores against a closed form with the standard error that fits the design."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.engine.plan import prepare
from simengine.jit import Floats
from simengine.statistics.standard_error import standard_error
from simengine.study.load import Study
from tests.unit.engine.running import Run, simulate_one

DRAWS = 65_536
SEEDS = range(20)
Statistic = Callable[[Run], Floats]


@dataclass(frozen=True)
class Estimates:
    """Means and standard errors by seed, and the closed form."""

    exact: float
    mean: Floats
    error: Floats

    @property
    def z(self) -> Floats:
        return (self.mean - self.exact) / self.error

    @property
    def relative_error(self) -> float:
        """The largest standard error of a run, relative to the closed form."""
        return float(np.max(self.error) / abs(self.exact))

    @property
    def relative_error_of_all(self) -> float:
        """The standard error of the mean over all seeds."""
        return float(np.sqrt(np.mean(self.error**2) / self.error.size) / abs(self.exact))

    def check(self) -> None:
        """Errors have the size that is claimed for them: no z of 4, and z² near 1 on average (15/13 with 16 replicates)."""
        assert np.abs(self.z).max() < 4
        assert 0.4 <= np.mean(self.z**2) <= 2.0


def estimate(tree: dict[str, Any], exact: float, sampler: str, statistic: Statistic, draws: int = DRAWS) -> Estimates:
    """Run a study over all seeds; ``statistic`` gives a value per draw whose mean has the closed form ``exact``."""
    return estimate_each(tree, [(exact, statistic)], sampler, draws)[0]


def estimate_each(tree: dict[str, Any], statistics: list[tuple[float, Statistic]], sampler: str, draws: int = DRAWS) -> list[Estimates]:
    """Several statistics of the same runs."""
    prepared = prepare(Study.from_dict(tree))
    mean, error = np.empty((2, len(statistics), len(SEEDS)))
    for k, seed in enumerate(SEEDS):
        run = Run(prepared, (simulate_one(prepared, 0, draws, seed, sampler),))
        for j, (_, statistic) in enumerate(statistics):
            values = statistic(run)
            mean[j, k], error[j, k] = np.mean(values), standard_error(values, sampler)
    return [Estimates(exact, mean[j], error[j]) for j, (exact, _) in enumerate(statistics)]
