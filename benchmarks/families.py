"""Throughput of each family: the kernel against ``scipy.stats`` ``ppf`` on the same uniforms, and against drawing with NumPy."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.family_subjects import FAMILY_SUBJECTS, FamilySubject
from benchmarks.harness import Contender, Spread, Timings, interleave, spread
from benchmarks.twin_reading import Floats
from simengine.distributions import build
from simengine.engine.tile import STRIDE, TILE
from simengine.engine.variates import Variates, VariateScratch, _fill_value, draw_tile, new_variate_scratch
from simengine.engine.variates_builder import VariatesBuilder
from simengine.jit import kernel

#: Names of the contenders.
KERNEL, PPF, ENGINE, GENERATOR = "kernel", "scipy ppf", "engine draw", "numpy draw"
#: Agreement of kernel and ppf before anything is timed, in the range between the 1 % points.
TOLERANCE = 1e-8


@dataclass(frozen=True)
class FamilySettings:
    """How much to run: values of a call of the kernel (and of NumPy), values of a call of ``ppf``, rounds."""

    values: int
    reference_values: int
    rounds: int


@dataclass(frozen=True)
class FamilyOutcome:
    """What was found for one family; ``deviation`` is NaN where SciPy does not have it."""

    name: str
    deviation: float
    timings: Timings

    @property
    def equal(self) -> bool:
        """Whether the numbers agree, as far as there are others."""
        return not self.deviation > TOLERANCE

    def rate(self, name: str) -> Spread:
        """Values a second of one core."""
        return spread([1.0 / seconds for seconds in self.timings.rounds[name]])

    def ratio(self, slow: str, fast: str) -> Spread | None:
        """How many times as fast, round by round; None where a side is missing."""
        return self.timings.ratio(slow, fast) if slow in self.timings.rounds else None

    def as_json(self) -> dict[str, Any]:
        """Everything, rounds included."""
        return asdict(self) | {"equal": self.equal}


@kernel
def fill_values(x: Floats, u: Floats, variates: Variates, scratch: VariateScratch) -> None:
    """Turn uniforms into values a tile at a time, each tile into the same row, as the engine does."""
    for first in range(0, u.shape[0], TILE):
        _fill_value(x, u[first : first + TILE], variates, 0, scratch, min(TILE, u.shape[0] - first))


@kernel
def draw_values(x: Floats, variates: Variates, scratch: VariateScratch, draws: int) -> None:
    """Draw and turn into values, tile by tile."""
    for first in range(0, draws, TILE):
        draw_tile(variates, first, min(TILE, draws - first), x, scratch)


class FamilySide:
    """One family in the engine: one driver, one value."""

    def __init__(self, subject: FamilySubject) -> None:
        builder = VariatesBuilder("random", 1)
        builder.add_value(builder.add_uniform("x"), build(subject.dist, subject.parameters).encode(), 0)
        self.variates = builder.build()
        self.scratch, self.row = new_variate_scratch(self.variates), np.zeros(STRIDE)

    def values(self, u: Floats) -> Floats:
        """The kernel's values at given uniforms."""
        found = np.empty(u.size)
        for first in range(0, u.size, TILE):
            part = u[first : first + TILE]
            fill_values(self.row, part, self.variates, self.scratch)
            found[first : first + TILE] = self.row[: part.size]
        return found

    def fill(self, u: Floats) -> None:
        """The same at full speed; what is found stays in one row."""
        fill_values(self.row, u, self.variates, self.scratch)

    def draw(self, draws: int) -> None:
        """Draws at full speed."""
        draw_values(self.row, self.variates, self.scratch, draws)


def deviation(side: FamilySide, subject: FamilySubject) -> float:
    """Largest difference between the kernel and ``ppf``, as a share of the range between the 1 % points; NaN without a ``ppf``."""
    if subject.reference is None:
        return float("nan")
    # off the steps of a count and of fifty values
    u = (np.arange(1000) + 0.5317) / 1000.0
    scale = subject.reference.ppf(0.99) - subject.reference.ppf(0.01)
    return float(np.max(np.abs(side.values(u) - subject.reference.ppf(u))) / scale)


def _sides(subject: FamilySubject, side: FamilySide, settings: FamilySettings) -> dict[str, Contender]:
    """What takes part in a round."""
    rng = np.random.Generator(np.random.PCG64(1))
    u = rng.random(settings.values)
    few = u[: settings.reference_values]
    found = {
        KERNEL: Contender(lambda: side.fill(u), settings.values),
        ENGINE: Contender(lambda: side.draw(settings.values), settings.values),
    }
    if subject.reference is not None:
        found[PPF] = Contender(lambda: subject.reference.ppf(few), few.size)
    draw = subject.draw
    if draw is not None:
        found[GENERATOR] = Contender(lambda: draw(rng, settings.values), settings.values)
    return found


def measure_family(subject: FamilySubject, settings: FamilySettings) -> FamilyOutcome:
    """Equal numbers first, then rounds."""
    side = FamilySide(subject)
    return FamilyOutcome(str(subject), deviation(side, subject), interleave(_sides(subject, side, settings), settings.rounds))


def measure_families(settings: FamilySettings, subjects: Sequence[FamilySubject] = FAMILY_SUBJECTS) -> list[FamilyOutcome]:
    """Every family in turn."""
    return [measure_family(subject, settings) for subject in subjects]


def _range(found: Spread | None, digits: int) -> str:
    if found is None:
        return f"{'-':>8s} {'':18s}"
    return f"{found.median:8.{digits}f} {f'({found.least:.{digits}f} .. {found.most:.{digits}f})':18s}"


def family_table(outcomes: Sequence[FamilyOutcome]) -> str:
    """What was found as text."""
    widths = ("family", "kernel, M values/s", "times ppf", "draw, M values/s", "times Generator")
    lines = ["variates by family, one core, CPU time (median of rounds, and range)"]
    lines.append(f"  {widths[0]:34s}" + " ".join(f"   {name:24s}" for name in widths[1:]))
    for found in outcomes:
        kernel_rate, draw_rate = ([1e-6 * value for value in found.rate(name)] for name in (KERNEL, ENGINE))
        cells = (
            _range(Spread(*kernel_rate), 1),
            _range(found.ratio(PPF, KERNEL), 1),
            _range(Spread(*draw_rate), 1),
            _range(found.ratio(GENERATOR, ENGINE), 2),
        )
        lines.append(f"  {found.name:34s}" + " ".join(cells) + ("" if found.equal else f" NUMBERS DIFFER by {found.deviation:.1e}"))
    largest = max((found.deviation for found in outcomes if found.deviation == found.deviation), default=float("nan"))
    lines.append(f"  largest difference from ppf: {largest:.1e} of the range between the 1 % points")
    return "\n".join(lines)
