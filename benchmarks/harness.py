"""Timing side by side: every contender has its turn once a round, the order rotates, and ratios are medians of per-round ratios.

What disturbs the machine in a round then disturbs all alike. Single-threaded contenders are timed by CPU time, which other programs on
the machine disturb least; contenders with threads by the clock on the wall. A turn is as many calls as fill some milliseconds: a single
call of 50 microseconds takes two or three times as long as the next, by what its neighbours left in the caches.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Clock = Literal["cpu", "wall"]
_CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}
#: Seconds that a turn lasts at least: a hundred times what warming the caches costs.
LEAST = 5e-3


class Contender(NamedTuple):
    """Something to time, and how many draws one call of it makes; what the call finds is let go."""

    run: Callable[[], object]
    draws: int


class Spread(NamedTuple):
    """Median with the smallest and the largest."""

    median: float
    least: float
    most: float


def spread(values: list[float]) -> Spread:
    """The median and the range of some values."""
    return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Timings:
    """Seconds a draw of every contender, by round."""

    clock: Clock
    rounds: dict[str, list[float]]

    def seconds(self, name: str) -> Spread:
        """Seconds a draw."""
        return spread(self.rounds[name])

    def ratio(self, slow: str, fast: str) -> Spread:
        """How many times as fast ``fast`` is as ``slow``, round by round."""
        return spread([a / b for a, b in zip(self.rounds[slow], self.rounds[fast], strict=True)])


def interleave(contenders: Mapping[str, Contender], rounds: int, clock: Clock = "cpu") -> Timings:
    """Time the contenders against each other, after one unmeasured call of each."""
    names = list(contenders)
    found: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        contenders[name].run()
    for k in range(rounds):
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(seconds_a_call(contenders[name].run, _CLOCKS[clock]) / contenders[name].draws)
    return Timings(clock, found)


def seconds_a_call(run: Callable[[], object], read: Callable[[], float], least: float = LEAST) -> float:
    """Seconds that a call takes, over as many calls as last ``least`` seconds together."""
    start, calls, taken = read(), 0, 0.0
    while calls == 0 or taken < least:
        run()
        calls += 1
        taken = read() - start
    return taken / calls


@dataclass(frozen=True)
class Phase:
    """Contenders that do the same work; each of ``pairs`` is a twin and what it is compared with.

    ``per_draw`` is how many of ``unit`` a draw makes, 0 where rates are by line, year and draw.
    """

    name: str
    timings: Timings
    pairs: tuple[tuple[str, str], ...]
    per_draw: int = 0
    unit: str = ""
    notes: tuple[str, ...] = ()

    def ratios(self) -> dict[str, list[float]]:
        """Round by round how many times as fast as each twin, by its name; a side that is not just the engine is named as well."""
        found = {}
        for slow, fast in self.pairs:
            rounds = zip(self.timings.rounds[slow], self.timings.rounds[fast], strict=True)
            found[slow if fast == "engine" else f"{slow} / {fast}"] = [a / b for a, b in rounds]
        return found


def once(run: Callable[[], None]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    run()
    return time.process_time() - start
