"""Run the benchmarks: ``python -m benchmarks``; see docs/benchmarks.md."""

import argparse
import json
import os
import sys
import time
from typing import Any

# One thread for matrix products: NumPy is compared with the engine core by core. Read when NumPy is imported.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Imported here and not at the top (E402), because they import NumPy, which must not be before the lines above.
from benchmarks import again
from benchmarks.families import family_table, measure_families
from benchmarks.growth import growth_table, measure_growth
from benchmarks.machine import machine, versions
from benchmarks.options import QUICK_START, arguments_of, family_settings, growth_settings, scale_settings, settings_of, start_rounds
from benchmarks.report import ratios_of, start_ratios, start_table, table
from benchmarks.run import measure
from benchmarks.scale import measure_scale, scale_table
from benchmarks.start_up import measure_start_up
from benchmarks.subjects import ALL
from benchmarks.vector_code import look_at_passes, vector_table
from benchmarks.verdicts import Ratio, as_json

Found = dict[str, Any]


def _run_huge(arguments: argparse.Namespace, found: Found) -> bool:
    """Time the budgets of thousands of lines; nothing is compared with, so that no number can differ."""
    settings = scale_settings(arguments)
    outcomes = measure_scale(settings)
    found["settings"]["huge"] = settings.__dict__
    found["huge"] = {outcome.own: outcome.as_json() for outcome in outcomes}
    print("\n" + scale_table(outcomes, settings), flush=True)
    return True


def _run_families(arguments: argparse.Namespace, found: Found) -> bool:
    """Time the families; whether their numbers are those of SciPy."""
    settings = family_settings(arguments)
    outcomes = measure_families(settings)
    found["settings"]["families"] = settings.__dict__
    found["families"] = {outcome.name: outcome.as_json() for outcome in outcomes}
    print("\n" + family_table(outcomes), flush=True)
    return all(outcome.equal for outcome in outcomes)


def _run_growth(arguments: argparse.Namespace, found: Found) -> bool:
    """Time studies of growing sizes; nothing is compared with."""
    settings = growth_settings(arguments)
    outcomes = measure_growth(settings)
    found["settings"]["growth"] = settings.__dict__
    found["growth"] = {outcome.kind: outcome.as_json() for outcome in outcomes}
    print("\n" + growth_table(outcomes, settings), flush=True)
    return True


def _run_vector(arguments: argparse.Namespace, found: Found) -> bool:
    """Look for vector code; whether every pass has it that should."""
    outcome = look_at_passes()
    found["vector"] = outcome.as_json()
    print("\n" + vector_table(outcome), flush=True)
    return outcome.good


def _run_subjects(arguments: argparse.Namespace, found: Found) -> bool:
    """Time the subjects, then start-up; whether all numbers are equal, and no ratio fell to half."""
    ratios: dict[str, Ratio] = {}
    equal = True
    for name in arguments.only:
        settings = settings_of(arguments, name)
        outcome = measure(ALL[name], settings)
        equal = equal and outcome.equal
        found["settings"][name], found["subjects"][name] = settings.__dict__, outcome.as_json()
        ratios |= ratios_of(outcome)
        print("\n" + table(outcome), flush=True)
    if "start-up" in arguments.phases:
        names = [name for name in arguments.only if name == QUICK_START or not arguments.quick]
        started = measure_start_up([ALL[name] for name in names], start_rounds(arguments), arguments.cold)
        found["start_up"] = {phase.name: phase.timings.rounds for phase in started.phases} | {"cold": started.cold}
        ratios |= start_ratios(started)
        print("\n" + start_table(started), flush=True)
    found["ratios"] = as_json(ratios)
    good = again.compare(arguments, ratios)
    if arguments.record and equal:
        again.record(arguments, ratios)
    return equal and good


def main(given: list[str] | None = None) -> int:
    """Run what was asked for; 1 where numbers differ, a ratio fell to half or a pass lost its vector code, else 0."""
    arguments, start = arguments_of(given), time.time()
    found: Found = {"machine": machine(), "versions": versions(), "settings": {}, "subjects": {}}
    print(", ".join(f"{key} {value}" for key, value in (found["machine"] | found["versions"]).items()), flush=True)
    kinds = {"huge": _run_huge, "families": _run_families, "growth": _run_growth, "vector": _run_vector}
    run = next((run for name, run in kinds.items() if getattr(arguments, name)), _run_subjects)
    good = run(arguments, found)
    print(f"\n{time.time() - start:.0f} s in all, {time.process_time():.0f} s of processor time in this process")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
