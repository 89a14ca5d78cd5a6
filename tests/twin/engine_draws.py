"""The engine's draws of every driver against the twin's, within an accuracy in u.

A draw x at the place u is right where it lies between the law's quantiles at u - delta and u + delta: that holds for steep densities,
atoms and counts alike. What rounding of x itself can do is allowed on top. Nothing here knows how the engine makes its draws.

`python -m tests.twin.engine_draws 0 100` compares the random studies 0 to 99 and prints the largest error in u of each family.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simengine.study.copulas import copulas
from tests.unit.engine.running import Run

from .dependence import is_possible, score_matrix
from .drawn import Design, Draws, Place
from .law_of import at_places, laws_of
from .laws import Law, Row
from .noises import count_at, noise_of, spread_values
from .paths import SUMS, path_of, summed
from .reading import scenario_tree
from .values import plan_values

# Largest error in u: absolute, relative to the nearer tail, and of the last bits of a uniform.
ABSOLUTE, RELATIVE, BITS = 1e-10, 1e-8, 2.0**-51
# Of a count with a gamma noise: that noise comes from tables with an error of their own.
MIXED = 1e-8
# Of a gamma or lognormal noise, in units of its cv: a table over all cv of a study.
DEVIATE = 2e-9
ROUNDING = 1e-14


class Miss(NamedTuple):
    """A draw outside its interval."""

    scenario: str
    driver: str
    year: int
    draw: int
    engine: float
    low: float
    high: float


def around(place: Place, absolute: float = ABSOLUTE, relative: float = RELATIVE) -> tuple[Place, Place]:
    """The places a little lower and a little higher."""
    delta = np.minimum(absolute, relative * np.minimum(place.p, place.q)) + BITS
    tiny = 1e-300
    lower = Place(np.maximum(place.p - delta, tiny), np.minimum(place.q + delta, 1.0))
    return lower, Place(np.minimum(place.p + delta, 1.0), np.maximum(place.q - delta, tiny))


def size_of(law: Law) -> float:
    """The largest number that the values of a law are counted from."""
    return sum(abs(end) for end in (law.low, law.high) if np.isfinite(end)) + abs(float(law.quantile(0.5)))


def interval(spec: dict, place: Place) -> tuple[Row, Row]:
    """What the draws of each year may be."""
    lower, higher = around(place)
    low, high = at_places(spec, *lower), at_places(spec, *higher)
    sizes = np.array([size_of(law) for law in laws_of(spec, len(low))])[:, None]
    slack = ROUNDING * (sizes + np.abs(low) + np.abs(high))
    return low - slack, high + slack


class Compared:
    """One scenario of a run beside the twin's draws."""

    def __init__(self, run: Run, tree: dict, k: int, seed: int, sampler: str):
        self.run, self.tree, self.scenario = run, tree, run.scenarios[k]
        self.drawn_tree = scenario_tree(tree, None if k == 0 else self.scenario)
        self.years = int(tree["horizon"]["years"])
        self.count = run.simulated[k].store.shape[1]
        self.engine = {name: np.broadcast_to(x, (self.years, self.count)) for name, x in run.drivers(k).items()}
        columns = {name: place if place < 128 else -1 for place, name in enumerate(run.prepared.study.drivers)}
        self.draws = Draws(self.drawn_tree, Design(seed, sampler, self.count, columns), self._matrices())

    def _matrices(self) -> dict[int, Row]:
        """The engine's matrices of groups whose own ones are only near to it: repaired ones and ranks of a t copula (`test_matrices`)."""
        study = self.run.prepared.study
        found = {}
        for k, (group, used) in enumerate(zip(self.tree.get("correlation", []), copulas(study.spec, study.drivers), strict=True)):
            by_rank = group.get("copula") == "student_t" and "kendall" not in (group.get("measure"), *group)
            if by_rank or not is_possible(score_matrix(self.tree, group)):
                found[k] = np.array(used.matrix)
        return found

    def misses(self) -> Iterator[Miss]:
        """Every draw that is not what the twin has."""
        for name in self.engine:
            low, high = self._noise(name) if self.draws.specs[name]["dist"] == "volatility" else self._driver(name)
            x = self.engine[name]
            for year, draw in zip(*np.nonzero(~((x >= low) & (x <= high))), strict=True):
                place = (year, draw)
                yield Miss(self.scenario, name, int(year) + 1, int(draw), float(x[place]), float(low[place]), float(high[place]))

    def _driver(self, name: str) -> tuple[Row, Row]:
        spec, x = self.draws.specs[name], self.engine[name]
        low, high = interval(spec, self.draws.in_all_years(name))
        if path_of(spec) not in SUMS:
            return low, high
        # The steps are what was drawn; each year rests on the engine's own value of the year before.
        slack = 10 * ROUNDING * (np.abs(x) + np.abs(np.vstack([x[:1], x[:-1]])))
        rest = x - self.steps_of(spec, x)
        return low + rest - slack, high + rest + slack

    def steps_of(self, spec: dict, x: Row) -> Row:
        """What each year adds to where the path would have gone by itself."""
        found = np.empty_like(x)
        for k in range(self.years):
            if k == 0:
                found[0] = x[0] - summed(spec, np.zeros((1, x.shape[1])))[0]
            else:
                later = {**spec, "start": 0.0} | {key: [self._year(spec[key], k)] for key in ("level", "speed") if key in spec}
                found[k] = x[k] - summed({**later, "start": x[k - 1]}, np.zeros((1, x.shape[1])))[0]
        return found

    @staticmethod
    def _year(value: Any, k: int) -> float:
        return value[k] if isinstance(value, list) else value

    def _noise(self, name: str) -> tuple[Row, Row]:
        line = name.split(".")[1]
        values = [{other: x[:, i].tolist() for other, x in self.engine.items()} for i in range(self.count)]
        noise = noise_of(self.draws, line, values, plan_values(self.tree), self.tree)
        if noise.family in ("gamma", "lognormal"):
            lower, higher = around(noise.place)
            slack = DEVIATE * noise.cv + ROUNDING
            return spread_values(noise, lower) - slack, spread_values(noise, higher) + slack
        middle = spread_values(noise, noise.place) if noise.family == "negative_binomial" else np.ones_like(noise.cv)
        lower, higher = around(noise.count, MIXED, 1e-6) if noise.family == "negative_binomial" else around(noise.count)
        low, high = np.ones_like(noise.cv), np.ones_like(noise.cv)
        for index in np.ndindex(low.shape):
            mean = float(noise.expected[index])
            if mean > 0:
                low[index] = count_at(mean * middle[index], lower.p[index], lower.q[index]) / mean
                high[index] = count_at(mean * middle[index], higher.p[index], higher.q[index]) / mean
        return low * (1 - ROUNDING), high * (1 + ROUNDING)


def misses(run: Run, tree: dict, seed: int, sampler: str) -> list[Miss]:
    """Every draw of every driver, in the study and its scenarios, that is not what the twin has."""
    return [miss for k in range(len(run.scenarios)) for miss in Compared(run, tree, k, seed, sampler).misses()]


def main(first: int, last: int) -> None:
    """Print what differs in a range of random studies."""
    from tests.unit.engine.comparison import how_to_run, run_random_study

    for seed in range(first, last):
        tree, run = run_random_study(seed)
        found = misses(run, tree, seed, how_to_run(seed)[1])
        for miss in found[:5]:
            sys.stdout.write(f"{seed}: {miss}\n")
        sys.stdout.write(f"{seed}: {len(found)} differ\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
