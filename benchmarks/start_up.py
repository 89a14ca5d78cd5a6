"""Start-up: fresh processes, from nothing to the help text and to the first number, with compiled kernels at hand or none."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Phase
from benchmarks.processes import Used, interleave_processes, run_process
from benchmarks.subjects import Subject

#: Draws of the first number: one tile, so that nothing but start-up counts.
FEW = 512
_NUMBER = "import sys; from simengine import load_study, run; run(load_study(sys.argv[1]), draws={draws}, store='summary', threads=1)"
#: What others are compared with: the compiler's own start.
COMPILER = "import numba"
HELP, WARM_UP = "simrisk --help", "simrisk warmup"


@dataclass(frozen=True)
class StartUp:
    """Processor time and time on the wall of every program by round; ``cold`` is with nothing compiled before, where asked for."""

    cpu: Phase
    wall: Phase
    cold: dict[str, Used]

    @property
    def phases(self) -> tuple[Phase, Phase]:
        """Both."""
        return self.cpu, self.wall


def first_number(study: Path, environment: dict[str, str] | None = None) -> Used:
    """A process that reads a study and simulates one tile of it."""
    return run_process(["-c", _NUMBER.format(draws=FEW), str(study)], environment)


def measure_start_up(subjects: Sequence[Subject], rounds: int, cold: bool) -> StartUp:
    """Time the starts in turns, the first number of each subject among them."""
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "python": lambda: run_process(["-c", "pass"]),
            "import numpy": lambda: run_process(["-c", "import numpy"]),
            COMPILER: lambda: run_process(["-c", COMPILER]),
            HELP: lambda: run_process(["-m", "simengine", "--help"]),
        }
        studies = {subject.name: subject.write(Path(folder)) for subject in subjects}
        firsts = {f"first number, {name}": lambda p=path: first_number(p) for name, path in studies.items()}
        found = _cold(studies, Path(folder)) if cold else {}
        cpu, wall = interleave_processes(programs | firsts, rounds)
    pairs = tuple((COMPILER, name) for name in (HELP, *firsts))
    return StartUp(Phase("start-up", cpu, pairs), Phase("start-up, wall", wall, pairs), found)


def _cold(studies: Mapping[str, Path], folder: Path) -> dict[str, Used]:
    """What is waited for where nothing has been compiled: everything beforehand, or what the first number of a study needs."""

    def emptied(name: str) -> dict[str, str]:
        return {"SIMRISK_CACHE_DIR": str(folder / f"kernels_{name}")}

    found = {WARM_UP: run_process(["-m", "simengine", "warmup"], emptied("all"))}
    return found | {f"first number, {name}": first_number(path, emptied(name)) for name, path in studies.items()}
