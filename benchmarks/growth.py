"""What a draw costs as one size of a study grows: the hot loop on one thread, with a line fitted to each kind of size."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.engine_side import EngineSide
from benchmarks.harness import Contender, Timings, interleave
from benchmarks.subjects.growing import SIZES, growing, shape


@dataclass(frozen=True)
class GrowthSettings:
    """Which sizes grow, draws of a run, rounds."""

    sizes: tuple[str, ...]
    draws: int
    rounds: int


@dataclass(frozen=True)
class Line:
    """A straight line by least squares of relative residuals: ns a draw = intercept + slope · size; R² and the largest residual."""

    intercept: float
    slope: float
    r_squared: float
    largest: float  # as a share of the figure there


@dataclass(frozen=True)
class Growth:
    """The times of one kind of size, and the line through them."""

    kind: str
    timings: Timings
    line: Line

    def as_json(self) -> dict[str, Any]:
        """Everything, rounds included."""
        return asdict(self)


def fitted(sizes: Sequence[float], nanoseconds: Sequence[float]) -> Line:
    """The line through the figures; each counts by its relative error, or else the largest alone would say where it goes."""
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(nanoseconds, dtype=np.float64)
    # weights of 1 / y: errors of timing are in proportion to the time
    slope, intercept = np.polyfit(x, y, 1, w=1.0 / y)
    residual = y - (intercept + slope * x)
    r_squared = 1.0 - float(np.sum(residual**2) / np.sum((y - y.mean()) ** 2))
    return Line(float(intercept), float(slope), r_squared, float(np.max(np.abs(residual / y))))


def measure_growth(settings: GrowthSettings) -> list[Growth]:
    """Time every kind of size; the sizes of a kind take turns."""
    found = []
    for kind in settings.sizes:
        contenders = {}
        for size in SIZES[kind]:
            engine = EngineSide(growing(shape(kind, size)), settings.draws, "random", 1)
            contenders[str(size)] = Contender(engine.run_whole, settings.draws)
        timings = interleave(contenders, settings.rounds)
        medians = [timings.seconds(str(size)).median * 1e9 for size in SIZES[kind]]
        found.append(Growth(kind, timings, fitted(SIZES[kind], medians)))
    return found


def growth_table(found: Sequence[Growth], settings: GrowthSettings) -> str:
    """What was measured as text."""
    text = [f"the loop as a study grows, one thread, CPU time, {settings.draws:,} draws, median of {settings.rounds} rounds"]
    for growth in found:
        line = growth.line
        text.append(
            f"\n{growth.kind}: {line.intercept:,.0f} ns + {line.slope:,.1f} ns for each; R² {line.r_squared:.4f}, "
            f"largest residual {line.largest:.0%} of the figure"
        )
        text.append(f"  {growth.kind:>14s}{'ns a draw':>14s}{'on the line':>14s}{'range':>26s}")
        for name in growth.timings.rounds:
            seconds = growth.timings.seconds(name)
            there = line.intercept + line.slope * int(name)
            spread = f"({seconds.least * 1e9:,.0f} .. {seconds.most * 1e9:,.0f})"
            text.append(f"  {name:>14s}{seconds.median * 1e9:14,.0f}{there:14,.0f}{spread:>26s}")
    return "\n".join(text)
