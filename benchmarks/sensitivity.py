"""Sobol' indices, Shapley effects and screening against exact values, SALib and SciPy: ``python -m benchmarks.sensitivity``.

Accuracy: the root mean square error of all first-order and of all total indices of each reference function, over several seeds, at a stated
number of model runs, with what the intervals claim and how often they hold the exact value. SALib and SciPy have one net of twice the
points, as they need half the runs of a point. Cost: the medium subject (without its
copula, which SALib does not know), 40 drivers, all outputs, first and total indices with intervals; each side in a process of its own, for
its memory. SALib analyses one output at a time: a few are timed and the time is multiplied up, which is said.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Imported here and not at the top (E402): NumPy must not be imported before the lines above.
import numpy as np

from benchmarks.salib_twin import Indices, MediumBySalib, independent_medium, of_function, of_function_by_scipy, timed
from benchmarks.twin_reading import Floats
from simengine.engine.plan import prepare
from simengine.runs.function_subject import FunctionSubject
from simengine.runs.study_subject import StudySubject
from simengine.sensitivity_analysis.morris import morris
from simengine.sensitivity_analysis.shapley import shapley
from simengine.sensitivity_analysis.sobol import sobol
from simengine.study.load import Study
from tests.convergence.reference_functions import (
    Reference,
    all_references,
    ishigami,
    morris_function,
    product_and_sum,
    two_normals_shapley,
)

_UNIFORM = {"dist": "uniform", "min": 0.0, "max": 1.0}
_NAME = 36
#: The reference of the medium subject has so many times the points.
_BEST = 32


def subject_of(reference: Reference, seed: int) -> FunctionSubject:
    """A reference function of uniforms as a user's own function."""
    names = reference.names
    return FunctionSubject(
        lambda drivers: reference.of_uniforms(np.stack([drivers[name] for name in names])), dict.fromkeys(names, _UNIFORM), seed=seed
    )


def ours(reference: Reference, points: int, seed: int) -> Indices:
    """By this package, on one thread."""
    found, _ = sobol(subject_of(reference, seed), points, threads=1)
    count = len(reference.names)
    value, half = found.value[:, :count, 0], (found.high - found.value)[:, :count, 0]
    return Indices(value[0], value[1], half[0], half[1], int(found.attrs["runs"]))


class Error:
    """Errors of indices over seeds: root mean square, mean half width of the intervals, share of intervals that hold the exact value."""

    def __init__(self, found: Sequence[Indices], exact: Floats, sharp: bool) -> None:
        self.runs, count = found[0].runs, exact.size // 2
        error = np.array([[*one.first, *one.total] for one in found]) - exact
        half = np.array([[*one.first_half, *one.total_half] for one in found])
        self.rms = [float(np.sqrt((part**2).mean())) for part in (error[:, :count], error[:, count:])]
        self.half = [float(np.sqrt((part**2).mean())) for part in (half[:, :count], half[:, count:])]
        known = sharp and bool(np.isfinite(half).all())
        self.covered = float((np.abs(error) <= half + 1e-12).mean()) if known else np.nan

    def row(self, title: str, name: str, own: "Error") -> str:
        """A line of the table; ratios are to ``own``."""
        cells = [*(f"{x:>9.5f}" for x in (*self.rms, *self.half)), f"{self.covered:>8.0%}"]
        ratios = [f"{a / b:>7.2f}" for a, b in zip((*self.rms, *self.half), (*own.rms, *own.half), strict=True)]
        line = f"{title:<{_NAME}}{name:<8}{self.runs:>9,}{''.join(cells)} {''.join(ratios)}"
        return line.replace("nan%", "   -").replace("nan", "  -")


Way = Callable[[int], Indices]


def _compare(title: str, ways: dict[str, Way], seeds: int, exact: Floats, sharp: bool = True) -> None:
    """A line for each way, over the same seeds; ``sharp``: the reference is known well enough to tell what intervals cover."""
    own: Error | None = None
    for name, way in ways.items():
        error = Error([way(seed) for seed in range(1, seeds + 1)], exact, sharp)
        own = own or error
        print(error.row(title if own is error else "", name, own), flush=True)


def accuracy(points: int, seeds: int) -> None:
    """The table of errors."""
    print(
        f"\nSobol' indices over {seeds} seeds: root mean square errors and root mean square half widths of intervals, of first and of total"
    )
    heading = "".join(f"{name:>9}" for name in ("first", "total", "± first", "± total")) + f"{'covered':>8}"
    print(f"{'':<{_NAME + 8}}{'runs':>9}{heading}   the same, over those of simrisk")
    for reference in all_references():
        f, count = reference.of_uniforms, len(reference.names)
        ways: dict[str, Way] = {
            "simrisk": partial(ours, reference, points),
            "SALib": partial(of_function, f, count, 2 * points),
            "SciPy": partial(of_function_by_scipy, f, count, 2 * points),
        }
        title = f"{reference.name}{'' if reference.exact else ' *'}"
        _compare(title, ways, seeds, np.concatenate([reference.first, reference.total]), reference.exact)
    print("  * reference by simulation, known to its fourth decimal only")
    _accuracy_of_medium(points, seeds)


def _accuracy_of_medium(points: int, seeds: int) -> None:
    """The same for two outputs of the medium subject; the reference is this package's at 64 times the points."""
    prepared = prepare(Study.from_dict(independent_medium()))
    twin = MediumBySalib(2 * points)

    def of_study(place: int, size: int, seed: int) -> Indices:
        found, _ = sobol(StudySubject(prepared, 0, seed, "sobol", ("net_position", "party_position")), size, threads=1)
        chosen = found.chosen([place])
        value, half = chosen.value[:, :-1, 0], (chosen.high - chosen.value)[:, :-1, 0]
        return Indices(value[0], value[1], half[0], half[1], int(found.attrs["runs"]))

    def of_twin(party: str, seed: int) -> Indices:
        return twin.analyse(twin.evaluate(twin.sample(seed), party)[0])

    outputs = StudySubject(prepared, 0, 1, "sobol", ("net_position", "party_position")).outputs
    subject = StudySubject(prepared, 0, 1, "sobol")
    columns = [list(twin.rows).index(unit.name) for unit in subject.units]
    for party in ("", "acute"):
        place = next(k for k, o in enumerate(outputs) if o.year == "term" and (o.entity == (("party", party),) if party else not o.entity))
        best = of_study(place, _BEST * points, 1000)
        exact = np.concatenate([best.first, best.total])

        def salib(seed: int, party: str = party) -> Indices:
            return Indices(*(part[columns] for part in of_twin(party, seed)[:4]), twin.runs)

        title = f"medium, {outputs[place].text()} **"
        _compare(title, {"simrisk": partial(of_study, place, points), "SALib": salib}, seeds, exact)
    print(f"  ** reference: simrisk at {_BEST * points:,} points, another seed")


def effects(points: int) -> None:
    """Estimate, exact value and error of Shapley effects; classes of Morris's function."""
    print(f"\nShapley effects, {points:,} points: estimate, half width, exact, error")
    for reference in (ishigami(), product_and_sum()):
        assert reference.shapley is not None
        _effect_rows(reference.name, shapley(subject_of(reference, 1), points, threads=1), reference.shapley)
    drivers = {"x1": {"dist": "normal", "mean": 0.0, "sd": 1.0}, "x2": {"dist": "normal", "mean": 0.0, "sd": 0.8}}
    # ``rank`` is Spearman's: 6/π arcsin(ρ/2) of the normals' ρ = 0.6
    pair = [{"drivers": ["x1", "x2"], "rank": 6.0 / np.pi * np.arcsin(0.3), "copula": "gaussian"}]
    subject = FunctionSubject(lambda x: x["x1"] + 2.0 * x["x2"], drivers, correlation=pair)
    _effect_rows("two correlated normals", shapley(subject, points, threads=1), two_normals_shapley((1.0, 2.0), (1.0, 0.8), 0.6))
    names = [f"x{k + 1}" for k in range(20)]
    f = morris_function(1)
    screened = morris(FunctionSubject(lambda x: f(np.stack([x[n] for n in names])), dict.fromkeys(names, _UNIFORM)), 128, negligible=0.2)
    print(f"\nMorris's function of 20 inputs, 128 points, {screened.found.attrs['runs']:,} runs")
    for kind in dict.fromkeys(screened.class_of(name) for name in names):
        print(f"  {kind:<12}{' '.join(name for name in names if screened.class_of(name) == kind)}")


def _effect_rows(name: str, found: object, exact: Floats) -> None:
    for k, unit in enumerate(found.units):
        value, low, high = found.at("shapley", unit)
        print(f"  {name if k == 0 else '':<26}{unit:<4}{value:>10.5f} ± {(high - low) / 2:.5f}{exact[k]:>10.5f}{value - exact[k]:>10.5f}")


def side_ours(points: int) -> dict[str, float]:
    """Cost of all outputs of the medium subject by this package; the first call, which compiles, is not counted."""
    subject = StudySubject(prepare(Study.from_dict(independent_medium())), 0, 1, "sobol")
    sobol(subject, 16, threads=1)
    start = time.perf_counter()
    (found, _), cpu = timed(lambda: sobol(subject, points, threads=1))
    return {"cpu": cpu, "wall": time.perf_counter() - start, "outputs": len(subject.outputs), "runs": found.attrs["runs"]}


def side_salib(points: int) -> dict[str, float]:
    """Cost of one output by SALib, and of all, multiplied up."""
    twin = MediumBySalib(points)
    design, sampling = timed(twin.sample)
    (values, series), model = timed(lambda: twin.evaluate(design))
    _, one = timed(lambda: twin.analyse(values))
    return {"sample": sampling, "model": model, "analyse_one": one, "outputs": series, "runs": twin.runs}


_SIDES = {"ours": side_ours, "salib": side_salib}


def _apart(side: str, points: int) -> dict[str, float]:
    """What a side takes in a process of its own, with its peak memory in MB."""
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.sensitivity", "--side", side, "--points", str(points)],
        check=True,
        capture_output=True,
        text=True,
    )
    return {key: float(value) for key, value in json.loads(made.stdout.splitlines()[-1]).items()}


def cost(points: int, rounds: int) -> None:
    """The medium subject on both sides, several times in turns."""
    print(f"\nMedium subject, 40 drivers, N = {points:,} of SALib, N = {points:,} here (both designs), one thread, processor seconds")
    ratios, memory = [], []
    for _ in range(rounds):
        mine, theirs = _apart("ours", points), _apart("salib", points)
        outputs = mine["outputs"]
        whole = theirs["sample"] + theirs["model"] + outputs * theirs["analyse_one"]
        ratios.append(whole / mine["cpu"])
        memory.append(theirs["mb"] / mine["mb"])
        print(f"  simrisk  {mine['cpu']:8.1f} s, {mine['mb']:6.0f} MB: {outputs:.0f} outputs, {mine['runs']:,.0f} runs, all intervals")
        parts = f"{theirs['sample']:.1f} s sample, {theirs['model']:.1f} s model, {theirs['analyse_one']:.2f} s analysis of one output"
        print(f"  SALib    {parts}; {theirs['mb']:.0f} MB with one output kept; {theirs['runs']:,.0f} runs")
        one = (theirs["sample"] + theirs["model"] + theirs["analyse_one"]) / mine["cpu"]
        whole_ratio = f"{whole:,.0f} s, ratio {whole / mine['cpu']:.1f}"
        print(f"  all {outputs:.0f} outputs (analysis of one multiplied up): {whole_ratio}; of one output {one:.2f}")
    print(f"  median ratio {np.median(ratios):.1f} in time, {np.median(memory):.1f} in memory", flush=True)


def main() -> None:
    """Everything, or one side of the comparison of cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sensitivity", description=__doc__)
    parser.add_argument("--only", choices=("accuracy", "effects", "cost"), help="one table")
    parser.add_argument("--points", type=int, help="points of a design [accuracy 1024, effects 16384, cost 16384]")
    parser.add_argument("--seeds", type=int, default=16, help="seeds of the table of errors [16]")
    parser.add_argument("--rounds", type=int, default=1, help="rounds of the comparison of cost [1]")
    parser.add_argument("--side", choices=tuple(_SIDES), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        found = _SIDES[given.side](given.points or 2**14)
        print(json.dumps(found | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0}))
        return
    if given.only in (None, "accuracy"):
        accuracy(given.points or 1024, given.seeds)
    if given.only in (None, "effects"):
        effects(given.points or 2**14)
    if given.only in (None, "cost"):
        cost(given.points or 2**14, given.rounds)


if __name__ == "__main__":
    main()
