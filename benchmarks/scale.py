"""``simrisk run`` on budgets of thousands of lines: the whole command in a process of its own, and the hot loop alone."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmarks.command import Command, run_command
from benchmarks.harness import Contender, Timings, interleave
from benchmarks.subjects.huge import Own, write_huge
from benchmarks.timed_command import STAGES
from simengine.engine.alike import find_alike
from simengine.engine.block import run_blocks
from simengine.engine.plan import prepare
from simengine.engine.scratch import new_scratch
from simengine.engine.tile import BLOCK
from simengine.study.load import load_study

#: What the lines of a study have of their own, by the word that asks for it.
OWN: dict[str, Own] = {word: word for word in get_args(Own)}
#: What is stored: thousands of drivers would be gigabytes.
STORE: dict[Own, str] = {"groups": "positions", "growth": "summary", "noise": "summary"}
#: Fewest rounds of the loops, which take little time.
_LOOP_ROUNDS = 3
TITLES = {
    "groups": "growth and inflation by group",
    "growth": "a driver of growth for every line",
    "noise": "a driver of growth and a volatility for every line",
}


@dataclass(frozen=True)
class ScaleSettings:
    """Which studies, how many draws of the whole command and of the loop alone, and how often."""

    lines: tuple[int, ...]
    own: tuple[Own, ...]
    draws: int
    loop_draws: int
    rounds: int
    threads: int


@dataclass(frozen=True)
class ScaleOutcome:
    """The studies of one kind: a command for each number of lines, and the loops against each other."""

    own: Own
    commands: dict[int, list[Command]]
    loop: Timings

    def as_json(self) -> dict[str, Any]:
        """Everything, rounds included."""
        return asdict(self)

    def best(self, lines: int) -> Command:
        """The run with the least CPU time."""
        return min(self.commands[lines], key=lambda run: run.cpu)


class Loop:
    """The hot loop of a study as ``simrisk run`` uses it, line variables included, on one thread."""

    def __init__(self, study: Path, draws: int) -> None:
        prepared = prepare(load_study(study))
        self.draws, layout = draws, prepared.layout
        nowhere = np.full(layout.detail_count, -1, dtype=np.int64)
        model = prepared.model(0, 1, "sobol", True, nowhere)
        self.model = model._replace(detail=find_alike(model).narrowed(model.detail, nowhere))
        self.outputs = layout.outputs([])
        self.scratch = new_scratch(self.model, layout, prepared.drafts[0].book.rows, np.empty((0, 0)), 1)
        self.store = np.zeros((layout.starts[3], draws))

    def run(self) -> None:
        """All draws, a block at a time as its partial sums have room for one."""
        for block in range(-(-self.draws // BLOCK)):
            run_blocks(self.model, self.outputs, self.scratch, block, block + 1, self.draws, self.store, 0)


def measure_scale(settings: ScaleSettings) -> list[ScaleOutcome]:
    """Measure every kind of study at every number of lines; the smallest is run first and once more, so that all is compiled."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for own in settings.own:
            studies = {lines: write_huge(Path(folder) / f"{own}_{lines}", lines, own) for lines in settings.lines}
            run_command(studies[min(studies)], 512, settings.threads, STORE[own])
            commands: dict[int, list[Command]] = {lines: [] for lines in studies}
            for _ in range(settings.rounds):
                for lines, study in studies.items():
                    commands[lines].append(run_command(study, settings.draws, settings.threads, STORE[own]))
            loops = {str(lines): Contender(Loop(study, settings.loop_draws).run, settings.loop_draws) for lines, study in studies.items()}
            found.append(ScaleOutcome(own, commands, interleave(loops, max(settings.rounds, _LOOP_ROUNDS))))
    return found


def _ratios(outcome: ScaleOutcome, few: int, many: int) -> str:
    ends = outcome.best(many), outcome.best(few)
    whole, simulated = ends[0].cpu / ends[1].cpu, ends[0].stages["simulate"]["cpu"] / ends[1].stages["simulate"]["cpu"]
    loop = outcome.loop.ratio(str(many), str(few))
    return (
        f"  {many:,} lines against {few:,}, CPU time: whole command {whole:.1f}, simulation {simulated:.1f}, "
        f"loop alone {loop.median:.1f} ({loop.least:.1f} .. {loop.most:.1f})"
    )


def scale_table(outcomes: Sequence[ScaleOutcome], settings: ScaleSettings) -> str:
    """What was measured as text."""
    text = [f"simrisk run, {settings.draws:,} draws, {settings.threads} threads; CPU seconds but for wall; the loop alone on one thread"]
    for outcome in outcomes:
        text.append(f"\n{TITLES[outcome.own]} (stored: {STORE[outcome.own]})")
        heads = ("lines", "wall", "CPU", *STAGES, "peak MiB", "loop us/draw")
        text.append("  " + "".join(f"{head:>13s}" for head in heads))
        for lines in outcome.commands:
            best = outcome.best(lines)
            seconds = "".join(f"{value:13.1f}" for value in (best.wall, best.cpu, *(best.stages[stage]["cpu"] for stage in STAGES)))
            loop = outcome.loop.seconds(str(lines)).median * 1e6
            text.append(f"  {lines:13,d}{seconds}{best.peak:13,.0f}{loop:13.1f}")
        few, many = min(outcome.commands), max(outcome.commands)
        if few < many:
            text.append(_ratios(outcome, few, many))
    return "\n".join(text)
