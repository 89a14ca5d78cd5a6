"""The whole command, ``simrisk run``, in a process of its own, with its stages timed inside."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Phase, Timings
from benchmarks.processes import run_process

#: What the loop alone is called beside the command.
COMMAND, LOOP = "simrisk run", "the loop alone"


@dataclass(frozen=True)
class Command:
    """One run of the command: seconds from start to end (wall; CPU, user and system, of all threads), stages, peak memory in MiB."""

    wall: float
    cpu: float
    stages: dict[str, dict[str, float]]
    peak: float


def run_command(study: Path, draws: int, threads: int, store: str = "positions", *, folder: Path | None = None) -> Command:
    """``simrisk run`` of a study in a process of its own, its result thrown away; ``folder`` is where that is written."""
    place = study.parent if folder is None else folder
    found, out = place / "stages.json", place / "command.nc"
    options = ["--draws", str(draws), "--threads", str(threads), "--store", store, "--out", str(out), "--force", "--quiet"]
    used = run_process(["-m", "benchmarks.timed_command", str(found), "run", str(study), *options])
    out.unlink()
    return Command(used.wall, used.cpu, json.loads(found.read_text(encoding="utf-8")), used.peak)


def command_phase(commands: list[Command], draws: int, loop_seconds: float) -> Phase:
    """The command's processor time by draw beside what its hot loop takes alone, measured before."""
    rounds = {COMMAND: [run.cpu / draws for run in commands], LOOP: [loop_seconds] * len(commands)}
    return Phase("whole command", Timings("cpu", rounds), ((LOOP, COMMAND),))
