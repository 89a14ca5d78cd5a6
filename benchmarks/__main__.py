"""Run the benchmarks: ``python -m benchmarks``; see docs/benchmarks.md."""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# One thread for matrix products: NumPy is compared with the engine core by core. Read when NumPy is imported.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Imported here and not at the top (E402), because they import NumPy, which must not be before the lines above.
from benchmarks.families import FamilySettings, family_table, measure_families  # noqa: E402
from benchmarks.machine import machine, versions  # noqa: E402
from benchmarks.report import table  # noqa: E402
from benchmarks.run import Settings, measure  # noqa: E402
from benchmarks.scale import OWN, ScaleSettings, measure_scale, scale_table  # noqa: E402
from benchmarks.subjects import SUBJECTS  # noqa: E402

_CHUNKS = (1_000, 4_096, 16_384, 100_000)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",")}))


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time the engine against NumPy on the same studies.")
    parser.add_argument("--only", metavar="SUBJECT[,..]", default=",".join(reversed(SUBJECTS)), help="subjects to run (default: all)")
    parser.add_argument("--families", action="store_true", help="time each family of distributions instead of the subjects")
    parser.add_argument("--huge", action="store_true", help="time simrisk run on budgets of thousands of lines instead of the subjects")
    parser.add_argument("--lines", type=_counts, default=(30, 300, 3_000), help="numbers of lines for --huge (default: 30,300,3000)")
    parser.add_argument(
        "--own", metavar="KIND[,..]", help="for --huge, what drivers lines have of their own: groups (none), growth, noise (default: all)"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--quick", action="store_true", help="few rounds and draws: under a minute with compiled kernels at hand")
    parser.add_argument("--threads", type=_counts, default=(1, 2), help="thread counts to compare (default: 1,2)")
    parser.add_argument(
        "--draws",
        type=int,
        help="draws of an engine run (default: 131,072 small, 102,400 medium, 32,768 large, 100,000 huge)",
    )
    parser.add_argument("--rounds", type=int, help="rounds (default: 9; --quick: 3; --huge: 1)")
    parser.add_argument("--sampler", choices=("random", "sobol", "lhs"), default="random", help="the engine's design (default: random)")
    found = parser.parse_args(given)
    unknown = sorted(set(found.only.split(",")) - set(SUBJECTS))
    if unknown:
        parser.error(f"no such subject: {', '.join(unknown)} (there are {', '.join(sorted(SUBJECTS))})")
    strange = sorted(set((found.own or "groups").split(",")) - set(OWN))
    if strange:
        parser.error(f"no such kind: {', '.join(strange)} (there are {', '.join(OWN)})")
    return found


def settings_of(arguments: argparse.Namespace, subject: str) -> Settings:
    """How much to run of a subject: large ones and quick runs take fewer draws."""
    draws = arguments.draws or {"small": 131_072, "medium": 102_400}.get(subject, 32_768)
    twin = 16_384 if subject == "large" else 102_400
    if arguments.quick:
        draws = arguments.draws or (8_192 if subject == "large" else 32_768)
        twin = 2_048 if subject == "large" else 4_096
    return Settings(
        draws=draws,
        twin_draws=min(twin, draws),
        rounds=arguments.rounds or (3 if arguments.quick else 9),
        threads=arguments.threads,
        chunks=_CHUNKS[:2] if arguments.quick else _CHUNKS,
        sampler=arguments.sampler,
        tables=True,
    )


def family_settings(arguments: argparse.Namespace) -> FamilySettings:
    """How much to run of each family."""
    values = arguments.draws or (16_384 if arguments.quick else 262_144)
    return FamilySettings(values, min(values, 2_048 if arguments.quick else 16_384), arguments.rounds or (3 if arguments.quick else 9))


def scale_settings(arguments: argparse.Namespace) -> ScaleSettings:
    """How much to run of the budgets of thousands of lines."""
    return ScaleSettings(
        lines=arguments.lines,
        own=tuple(OWN[word] for word in (arguments.own or ",".join(OWN)).split(",")),
        draws=arguments.draws or (4_096 if arguments.quick else 100_000),
        loop_draws=min(arguments.draws or 8_192, 1_024 if arguments.quick else 8_192),
        rounds=arguments.rounds or 1,
        threads=max(arguments.threads),
    )


def _run_huge(arguments: argparse.Namespace, found: dict[str, Any]) -> bool:
    """Time the budgets of thousands of lines; nothing is compared with, so that no number can differ."""
    settings = scale_settings(arguments)
    outcomes = measure_scale(settings)
    found["settings"]["huge"] = settings.__dict__
    found["huge"] = {outcome.own: outcome.as_json() for outcome in outcomes}
    print("\n" + scale_table(outcomes, settings), flush=True)
    return True


def _run_families(arguments: argparse.Namespace, found: dict[str, Any]) -> bool:
    """Time the families; whether their numbers are those of SciPy."""
    settings = family_settings(arguments)
    outcomes = measure_families(settings)
    found["settings"]["families"] = settings.__dict__
    found["families"] = {outcome.name: outcome.as_json() for outcome in outcomes}
    print("\n" + family_table(outcomes), flush=True)
    return all(outcome.equal for outcome in outcomes)


def _run_subjects(arguments: argparse.Namespace, found: dict[str, Any]) -> bool:
    """Time the subjects; whether their numbers are those of the twin."""
    equal = True
    for name in arguments.only.split(","):
        settings = settings_of(arguments, name)
        outcome = measure(name, settings)
        equal = equal and outcome.comparison.equal
        found["settings"][name], found["subjects"][name] = settings.__dict__, outcome.as_json()
        print("\n" + table(outcome), flush=True)
    return equal


def main(given: list[str] | None = None) -> int:
    """Run what was asked for; 1 where numbers differ, else 0."""
    arguments, start = _arguments(given), time.time()
    found: dict[str, Any] = {"machine": machine(), "versions": versions(), "settings": {}, "subjects": {}}
    print(", ".join(f"{key} {value}" for key, value in (found["machine"] | found["versions"]).items()), flush=True)
    run = _run_huge if arguments.huge else _run_families if arguments.families else _run_subjects
    equal = run(arguments, found)
    print(f"\n{time.time() - start:.0f} s in all")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
