"""What all given-data measures cost for each output of a stored run, and how near they are at the same size as another library's.

``python -m benchmarks.given_data [--draws 1000000] [--drivers 60] [--outputs 4] [--salib]``
"""

import argparse
import resource
import time
import warnings
from collections.abc import Callable

import numpy as np

from simengine.sampling.design import uniforms
from simengine.sensitivity_analysis.driver_table import DriverTable
from simengine.sensitivity_analysis.given_data import MEASURES, given_arrays, given_data
from simengine.sensitivity_analysis.groups import Groups
from simengine.sensitivity_analysis.measures import Output

_AT_ONCE = 2**14


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def peak() -> float:
    """Most memory so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def cost(draws: int, drivers: int, outputs: int) -> None:
    """Drivers are drawn by pieces, as a stored run is read, and never all held as they were drawn."""
    names = [f"driver_{k}" for k in range(drivers)]
    small = np.random.default_rng(0).random((1024, 3))
    given_arrays(small, names[:3], small[:, :1], [Output("y")], "random")  # compile
    before = peak()
    rng = np.random.default_rng(1)
    slopes, found = np.linspace(1.0, 0.01, drivers), np.empty(draws)

    def pieces():
        for first in range(0, draws, _AT_ONCE):
            piece = rng.standard_normal((min(_AT_ONCE, draws - first), drivers))
            found[first : first + len(piece)] = piece @ slopes + piece[:, 0] * piece[:, 1]
            yield piece

    made: list[DriverTable] = []
    cpu, wall = timed(lambda: made.append(DriverTable.read(names, pieces(), Groups.of(draws, "random"), draws)))
    print(f"{draws:,} draws x {drivers} drivers: read and ranked in {cpu:.2f} s CPU, {wall:.2f} s")
    table = made[0]
    series = [np.maximum(found, k) for k in range(outputs + 1)]
    first, _ = timed(lambda: given_data(table, [Output("y")], series[:1]))
    cpu, wall = timed(lambda: given_data(table, [Output(f"y{k}") for k in range(outputs)], series[1:]))
    print(
        f"first output {first:.2f} s CPU (with what is worked out once); each further one {cpu / outputs:.3f} s CPU, {wall / outputs:.3f} s"
    )
    held = (table.places.nbytes + table.values.nbytes) / 2.0**20
    drawn = draws * drivers * 8 / 2.0**20
    print(f"memory: {held:.0f} MiB for the drivers, {peak() - before:.0f} MiB at most in all; drawn they are {drawn:.0f} MiB")


def beside_salib(draws: int = 4096, seeds: int = 6) -> None:
    """Root mean square errors on Ishigami's function."""
    from SALib.analyze import delta as salib_delta
    from SALib.analyze import rbd_fast

    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0.0, 1.0]] * 3}
    exact = {"first": np.array([0.313905, 0.442411, 0.0]), "delta": np.array([0.264, 0.4245, 0.210])}
    errors: dict[str, list[float]] = {}
    seconds = {"ours": 0.0, "SALib": 0.0}
    for seed in range(seeds):
        u = np.stack([uniforms(seed, f"x{k}", draws) for k in range(3)], axis=1)
        x = (2.0 * u - 1.0) * np.pi
        y = np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
        start = time.process_time()
        ours = given_arrays(u, problem["names"], y[:, None], [Output("y")], "random", seed=seed).found
        seconds["ours"] += time.process_time() - start
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = salib_delta.analyze(problem, u, y, num_resamples=4, seed=1)
        fourier = rbd_fast.analyze(problem, u, y, num_resamples=2, seed=1)
        seconds["SALib"] += time.process_time() - start
        found = {name: ours.value[MEASURES.index(name), :, 0] for name in exact}
        found |= {"first, SALib delta": other["S1"], "first, SALib RBD-FAST": fourier["S1"]}
        found |= {f"delta, SALib {kind}": other[f"delta_{kind}"] for kind in ("raw", "balanced")}
        for name, one in found.items():
            errors.setdefault(name, []).append(float(np.mean((np.array(one) - exact[name[:5]]) ** 2)))
    print(f"Ishigami, {draws:,} draws, {seeds} seeds: root mean square error over the three drivers")
    for name in sorted(errors):
        print(f"  {name:<26}{np.sqrt(np.mean(errors[name])):.4f}")
    print("  " + ", ".join(f"{name} {value:.2f} s CPU" for name, value in seconds.items()))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--drivers", type=int, default=60)
    parser.add_argument("--outputs", type=int, default=4)
    parser.add_argument("--salib", action="store_true", help="compare errors with SALib, which must be installed")
    asked = parser.parse_args()
    cost(asked.draws, asked.drivers, asked.outputs)
    if asked.salib:
        beside_salib()


if __name__ == "__main__":
    main()
