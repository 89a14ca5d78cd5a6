"""Everything that ``simrisk run`` compiles, compiled beforehand: for the command, and for whoever builds an image of a machine."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from simengine import api
from simengine.jit import JIT_OFF
from simengine.jit_apart import compile_known, kept_in, when_compiling
from simengine.runs.analyses import Asked, Question
from simengine.sampling.design import DESIGNS
from simengine.study.load import Study, load_study
from simengine.study.sensitivity import METHODS

#: The studies that are run on a few draws, by what is said of each: that of ``simrisk init``, and one with every kind of number. What
#: neither gets to (terms of contracts, mostly) is compiled from the calls to it: see ``compile_known``.
STUDIES = {"the study of simrisk init": "study.toml", "every kind of number": "warmup.toml"}
_DRAWS = 64


@dataclass(frozen=True)
class Step:
    """One part of the work: the kernels that it compiled (none that were kept from before), seconds by the clock and of the processor."""

    name: str
    compiled: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class WarmUp:
    """What was done, where compiled kernels are kept (nowhere: None), how many there are and their size in bytes."""

    steps: tuple[Step, ...]
    folder: Path | None
    kernels: int
    size: int

    @property
    def compiled(self) -> int:
        """Kernels that were compiled now."""
        return sum(step.compiled for step in self.steps)


def warm_up(report: Callable[[str], None] = lambda text: None) -> WarmUp:
    """Compile, or load, every kernel that a run needs; ``report`` gets the name of each part of the work as it begins."""
    steps: list[Step] = []
    when_compiling.clear()

    @contextmanager
    def step(name: str) -> Iterator[None]:
        report(name)
        kernels, clock, cpu = len(_kernels()), time.perf_counter(), time.process_time()
        yield
        steps.append(Step(name, len(_kernels()) - kernels, time.perf_counter() - clock, time.process_time() - cpu))

    for name, file in STUDIES.items():
        with step(name):
            for sampler in DESIGNS:
                _run(_study(file), sampler)
    if not JIT_OFF:
        with step("sensitivity analysis"):
            _analyse(_study("warmup.toml"))
    with step("what other studies use"):
        compile_known()
    found = _kernels()
    return WarmUp(tuple(steps), kept_in(), len(found), sum(file.stat().st_size for file in found))


def _study(file: str) -> Study:
    return load_study(Path(str(files("simengine.study") / "starter" / file)))


def _run(study: Study, sampler: str) -> None:
    """A run as the command does it, without its file."""
    settings = replace(api.settings_of(study, 1), draws=_DRAWS, sampler=sampler)
    done = api.complete(api.prepare(study, study.scenario_names), settings, "all")
    api.summarise(done.frame, done.detail, 1)


def _analyse(study: Study) -> None:
    """Every method with kernels, on a few points, and on as many draws as it needs."""
    question = Question(tuple(name for name in METHODS if name != "discovery"), points=16, groups="correlation", second_order=True)
    Asked(api.prepare(study), replace(api.settings_of(study, 1), draws=4096)).answers(question)


def _kernels() -> list[Path]:
    """The files of the kernels that are kept."""
    folder = kept_in()
    return [] if folder is None else [*folder.rglob("*.nbc"), *folder.glob("passes/*.code")]
