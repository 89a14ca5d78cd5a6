"""Measured again, in a process of its own: what looks much slower than it was, and what is to be kept as a record.

A process differs from the next by where its memory lies and by what else the machine did meanwhile. So a ratio fails only where it fails
twice, and a record holds the lower of two measurements.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import history
from benchmarks.options import command_line
from benchmarks.processes import run_process
from benchmarks.verdicts import Ratio, Verdict, from_json, lower, verdict_table, verdicts

#: Rounds of a second measurement, whatever those of the first.
ROUNDS = 9
#: The subject of ratios that belong to none: the one that is read quickest.
_NO_SUBJECT = "minimal"
#: What to ask for where a ratio's phase is not measured by its own name, or needs another.
_ASKED = {"quantiles": ("statistics",), "start-up, wall": ("start-up",), "whole command": ("whole loop", "whole command")}
#: Measures some phases of a subject in another process.
Measure = Callable[[str, Sequence[str]], Mapping[str, Ratio]]


def place(name: str) -> tuple[str, tuple[str, ...]]:
    """The subject that a ratio is of, by the ratio's name, and the phases to ask for."""
    first, _, rest = name.partition("/")
    if first.startswith("start-up"):
        subject, phase = rest.partition("first number, ")[2] or _NO_SUBJECT, first
    else:
        subject, phase = first, rest.partition("/")[0]
    return subject, _ASKED.get(phase, (phase,))


def measured(arguments: argparse.Namespace, only: Sequence[str], phases: Sequence[str], rounds: int | None) -> dict[str, Ratio]:
    """The same as was asked for, of some subjects and phases, by another process; CalledProcessError where numbers differ there."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ratios.json"
        run_process(["-m", "benchmarks", *command_line(arguments, only, phases, rounds), "--json", str(file)])
        return from_json(json.loads(file.read_text(encoding="utf-8"))["ratios"])


def judged_again(found: Sequence[Verdict], measure: Measure) -> list[Verdict]:
    """The verdicts, those that would be said loudly after a second measurement: the milder of the two counts."""
    doubtful: dict[str, dict[str, None]] = {}
    for verdict in found:
        if verdict.loud:
            subject, phases = place(verdict.name)
            doubtful.setdefault(subject, {}).update(dict.fromkeys(phases))
    second: dict[str, Ratio] = {}
    for subject, asked in doubtful.items():
        print(f"\nmeasuring again: {subject} ({', '.join(asked)}), in a process of its own, {ROUNDS} rounds", flush=True)
        second |= measure(subject, tuple(asked))
    return [one.after(second[one.name]) if one.loud and one.name in second else one for one in found]


def compare(arguments: argparse.Namespace, ratios: Mapping[str, Ratio]) -> bool:
    """Say what became of each ratio; False where one is below half of what it was, twice, on a machine of this class."""

    def measure(subject: str, phases: Sequence[str]) -> Mapping[str, Ratio]:
        return measured(arguments, (subject,), phases, ROUNDS)

    good = True
    for what, old, counts in _earlier(arguments):
        found = verdicts(old, ratios)
        found = judged_again(found, measure) if counts else found
        print("\n" + verdict_table(found, what, judged=counts), flush=True)
        good = good and not (counts and any(verdict.fails for verdict in found))
    return good


def _earlier(arguments: argparse.Namespace) -> Iterable[tuple[str, Mapping[str, Ratio], bool]]:
    """What the ratios are to be held against: its name, its ratios, and whether a failure counts."""
    if arguments.compare is not None:
        yield str(arguments.compare), from_json(json.loads(arguments.compare.read_text(encoding="utf-8"))["ratios"]), True
    if arguments.compare_last:
        last = history.last(quick=arguments.quick)
        if last is None:
            print("\nno run of this kind is recorded: nothing to compare with", flush=True)
        else:
            yield str(last), last.ratios, last.alike


def record(arguments: argparse.Namespace, ratios: Mapping[str, Ratio]) -> None:
    """Append the ratios to the history, after all has been measured once more."""
    print("\nmeasuring all of it again for the record, in a process of its own", flush=True)
    second = measured(arguments, arguments.only, arguments.phases, arguments.rounds)
    history.record(lower(ratios, second), quick=arguments.quick)
