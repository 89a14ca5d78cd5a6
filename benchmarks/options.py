"""The options of ``python -m benchmarks``, and how much they make of each kind of measurement."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.families import FamilySettings
from benchmarks.growth import GrowthSettings
from benchmarks.run import PHASES, Settings
from benchmarks.scale import OWN, ScaleSettings
from benchmarks.subjects import ALL
from benchmarks.subjects.growing import SIZES

_CHUNKS, _QUICK_CHUNKS = (1_000, 4_096, 16_384, 100_000), (1_000, 2_048)
#: Draws of an engine run by subject, and with ``--quick``: some tenths, and some hundredths of a second.
_DRAWS = {
    "minimal": (131_072, 32_768),
    "small": (131_072, 32_768),
    "medium": (102_400, 16_384),
    "bettercaretown": (65_536, 8_192),
    "large": (32_768, 2_048),
    "budget_ten_years": (8_192, 1_024),
    "huge": (8_192, 1_024),
}
#: With ``--quick`` what follows the loop is measured of one subject, and so is the first number: seconds each.
QUICK_COMMAND, QUICK_START = "medium", "minimal"
_LONG = ("statistics", "store", "whole command", "memory")


def _counts(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",")}))


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split(",")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time the engine against its twins on the same studies.")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--families", action="store_true", help="time each family of distributions instead of the subjects")
    kinds.add_argument("--huge", action="store_true", help="time simrisk run on budgets of thousands of lines instead of the subjects")
    kinds.add_argument("--growth", action="store_true", help="time the loop as one size of a study grows, with a fitted line each")
    kinds.add_argument("--vector", action="store_true", help="look for vector code in the assembly of every pass; times nothing")
    parser.add_argument("--only", metavar="SUBJECT[,..]", type=_names, default=tuple(ALL), help=f"of {', '.join(ALL)} (default: all)")
    parser.add_argument("--phases", metavar="PHASE[,..]", type=_names, default=PHASES, help=f"of {', '.join(PHASES)} (default: all)")
    parser.add_argument("--lines", type=_counts, default=(30, 300, 3_000), help="numbers of lines for --huge (default: 30,300,3000)")
    parser.add_argument("--own", metavar="KIND[,..]", type=_names, default=tuple(OWN), help="for --huge, the lines' own drivers")
    parser.add_argument("--sizes", metavar="KIND[,..]", type=_names, default=tuple(SIZES), help=f"for --growth, of {', '.join(SIZES)}")
    parser.add_argument("--quick", action="store_true", help="few rounds and draws: under a minute with compiled kernels at hand")
    parser.add_argument("--cold", action="store_true", help="also the first number without compiled kernels (minutes)")
    parser.add_argument("--threads", type=_counts, default=(1, 2), help="thread counts to compare (default: 1,2)")
    parser.add_argument("--draws", type=int, help="draws of an engine run (default: by subject)")
    parser.add_argument("--command-draws", type=int, help="draws of simrisk run in the phase 'whole command'; 1000000 is what is quoted")
    parser.add_argument("--rounds", type=int, help="rounds (default: 9, of starts 5; --quick and --growth: 3; --huge: 1)")
    parser.add_argument("--sampler", choices=("random", "sobol", "lhs"), default="random", help="the engine's design (default: random)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--compare", metavar="FILE", type=Path, help="hold the ratios against those of an earlier --json file")
    parser.add_argument("--compare-last", action="store_true", help="hold the ratios against the last record of benchmarks/history")
    parser.add_argument("--record", action="store_true", help="append the ratios to benchmarks/history; measures all of it twice")
    return parser


def arguments_of(given: list[str] | None) -> argparse.Namespace:
    """The options, names checked."""
    parser = _parser()
    found = parser.parse_args(given)
    lists = (("subject", found.only, ALL), ("phase", found.phases, PHASES), ("kind", found.own, OWN), ("size", found.sizes, SIZES))
    for what, names, known in lists:
        strange = sorted(set(names) - set(known))
        if strange:
            parser.error(f"no such {what}: {', '.join(strange)} (there are {', '.join(known)})")
    if found.compare is not None and not found.compare.is_file():
        parser.error(f"{found.compare}: there is no such file")
    return found


def settings_of(arguments: argparse.Namespace, subject: str) -> Settings:
    """How much to run of a subject: large ones and quick runs take fewer draws."""
    quick = arguments.quick
    draws = arguments.draws or _DRAWS[subject][quick]
    small, one = subject in ("minimal", "small", "medium"), subject == QUICK_COMMAND
    left_out = _LONG if quick and not one else ()
    return Settings(
        draws=draws,
        reference_draws=min(draws, (2_048 if small else 512) if quick else (102_400 if small else 16_384)),
        result_draws=min(draws, 4_096 if quick else 16_384),
        command_draws=arguments.command_draws or (4_096 if quick else 65_536),
        rounds=arguments.rounds or (3 if quick else 9),
        threads=arguments.threads,
        chunks=_QUICK_CHUNKS if quick else _CHUNKS,
        sampler=arguments.sampler,
        phases=tuple(name for name in arguments.phases if name not in left_out),
    )


def start_rounds(arguments: argparse.Namespace) -> int:
    """Rounds of the starts, which take seconds each."""
    return arguments.rounds or (3 if arguments.quick else 5)


def command_line(arguments: argparse.Namespace, only: Sequence[str], phases: Sequence[str], rounds: int | None) -> list[str]:
    """The options that make another process measure some subjects and phases as this one does; ``rounds`` None is the default."""
    found = ["--only", ",".join(only), "--phases", ",".join(phases), "--threads", ",".join(map(str, arguments.threads))]
    numbers = {"--draws": arguments.draws, "--command-draws": arguments.command_draws, "--rounds": rounds}
    for option, number in numbers.items():
        found += [] if number is None else [option, str(number)]
    return [*found, "--sampler", arguments.sampler, *(["--quick"] if arguments.quick else [])]


def family_settings(arguments: argparse.Namespace) -> FamilySettings:
    """How much to run of each family."""
    values = arguments.draws or (16_384 if arguments.quick else 262_144)
    return FamilySettings(values, min(values, 2_048 if arguments.quick else 16_384), arguments.rounds or (3 if arguments.quick else 9))


def scale_settings(arguments: argparse.Namespace) -> ScaleSettings:
    """How much to run of the budgets of thousands of lines."""
    return ScaleSettings(
        lines=arguments.lines,
        own=tuple(OWN[word] for word in arguments.own),
        draws=arguments.draws or (4_096 if arguments.quick else 100_000),
        loop_draws=min(arguments.draws or 8_192, 1_024 if arguments.quick else 8_192),
        rounds=arguments.rounds or 1,
        threads=max(arguments.threads),
    )


def growth_settings(arguments: argparse.Namespace) -> GrowthSettings:
    """How much to run of each size; a tile is the least that says anything."""
    return GrowthSettings(arguments.sizes, arguments.draws or (1_024 if arguments.quick else 4_096), arguments.rounds or 3)
