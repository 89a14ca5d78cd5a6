"""What a competent analyst does with SALib and SciPy: Sobol' indices with intervals, of a function and of the medium subject.

The model is vectorised NumPy throughout. SALib samples uniforms, groups of columns stand for a driver with all its years, values follow by
inverse distribution functions, the model runs in chunks, and every output is analysed by itself with 100 bootstrap resamples.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from SALib.analyze import sobol as analyze
from SALib.sample import sobol as sample
from scipy import stats

from benchmarks.numpy_draw import driver_rows, pert_shapes
from benchmarks.numpy_twin import Twin, new_outputs
from benchmarks.scipy_draw import frozen_distribution
from benchmarks.subjects import SUBJECTS, Tree
from benchmarks.twin_reading import Floats, Terms, read_terms

RESAMPLES = 100


class Indices(NamedTuple):
    """First-order and total indices with half widths of their 95 % intervals, by input, and the model runs they took."""

    first: Floats
    total: Floats
    first_half: Floats
    total_half: Floats
    runs: int


def of_function(of_uniforms: Callable[[Floats], Floats], inputs: int, points: int, seed: int) -> Indices:
    """By SALib: first and total alone, ``points`` · (inputs + 2) runs."""
    problem = {"num_vars": inputs, "names": [f"x{k}" for k in range(inputs)], "bounds": [[0.0, 1.0]] * inputs}
    x = sample.sample(problem, points, calc_second_order=False, scramble=True, seed=seed)
    y = of_uniforms(np.ascontiguousarray(x.T))
    found = analyze.analyze(problem, y, calc_second_order=False, num_resamples=RESAMPLES, seed=seed)
    return Indices(found["S1"], found["ST"], found["S1_conf"], found["ST_conf"], len(x))


def of_function_by_scipy(of_uniforms: Callable[[Floats], Floats], inputs: int, points: int, seed: int) -> Indices:
    """By ``scipy.stats.sobol_indices``, without intervals: its bootstrap takes ten times as long as all else."""
    rng = np.random.default_rng(seed)
    found = stats.sobol_indices(func=of_uniforms, n=points, dists=[stats.uniform()] * inputs, rng=rng)
    nothing = np.full(inputs, np.nan)
    return Indices(np.ravel(found.first_order), np.ravel(found.total_order), nothing, nothing, points * (inputs + 2))


def independent_medium() -> Tree:
    """The medium subject without its copula: SALib knows no correlation."""
    return {key: part for key, part in SUBJECTS["medium"]().items() if key != "correlation"}


class MediumBySalib:
    """Sample, model and analysis of the medium subject, each timed by itself."""

    def __init__(self, points: int, chunk: int = 4096) -> None:
        self.terms: Terms = read_terms(independent_medium())
        self.rows, self.points, self.chunk = driver_rows(self.terms), points, chunk
        self.inverse = {name: _inverse(spec) for name, spec in self.terms.drivers.items()}
        columns = [name for name, row in self.rows.items() for _ in range(row.stop - row.start)]
        names = [f"{name}.{k}" for k, name in enumerate(columns)]
        self.problem: dict[str, Any] = {"num_vars": len(columns), "names": names, "groups": columns, "bounds": [[0.0, 1.0]] * len(columns)}

    @property
    def drivers(self) -> int:
        """How many are judged."""
        return len(self.rows)

    @property
    def runs(self) -> int:
        """Runs of the model: first and total indices only."""
        return self.points * (self.drivers + 2)

    def sample(self, seed: int = 1) -> Floats:
        """The design: (run, column), the whole of it in memory."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(sample.sample(self.problem, self.points, calc_second_order=False, scramble=True, seed=seed))

    def evaluate(self, design: Floats, party: str = "") -> tuple[Floats, int]:
        """The term's net position (or that of a party) of every run, and how many series there are: all are worked out, one is kept."""
        twin = Twin(self.terms, self.chunk)
        outputs = new_outputs(self.terms, self.chunk)
        kept = np.empty(len(design))
        drivers = np.empty((design.shape[1], self.chunk))
        for first in range(0, len(design), self.chunk):
            last = min(first + self.chunk, len(design))
            uniforms = design[first:last].T
            for name, row in self.rows.items():
                drivers[row, : last - first] = self.inverse[name](uniforms[row])
            here = {name: array[..., : last - first] for name, array in outputs.items()}
            twin.run(drivers[:, : last - first], here)
            position = here["party_position"][:, self.terms.parties.index(party)] if party else here["net_position"]
            kept[first:last] = position.sum(axis=0)
        return kept, sum(array[..., 0].size for array in outputs.values())

    def analyse(self, values: Floats) -> Indices:
        """Indices of one output, with intervals."""
        found = analyze.analyze(self.problem, values, calc_second_order=False, num_resamples=RESAMPLES, seed=1)
        return Indices(found["S1"], found["ST"], found["S1_conf"], found["ST_conf"], self.runs)


def _inverse(spec: Tree) -> Callable[[Floats], Floats]:
    """The inverse distribution function as most would write it: SciPy's, by its fastest way."""
    if spec["dist"] == "pert":
        a, b = pert_shapes(spec)
        table = stats.sampling.NumericalInversePolynomial(stats.beta(a, b), u_resolution=1e-10)
        return lambda u: spec["min"] + (spec["max"] - spec["min"]) * table.ppf(u)
    if spec["dist"] == "discrete":
        edges, values = np.cumsum(spec["weights"])[:-1], np.asarray(spec["values"])
        return lambda u: values[np.searchsorted(edges, u, side="right")]
    parameters = {name: value for name, value in spec.items() if name not in ("dist", "path", "plan", "risk")}
    frozen = frozen_distribution(spec["dist"], parameters)
    if frozen is None:
        message = f"the twin does not know {spec['dist']} as SciPy has it"
        raise ValueError(message)
    found: Callable[[Floats], Floats] = frozen.ppf
    return found


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its processor time in seconds."""
    start = time.process_time()
    found = call()
    return found, time.process_time() - start
