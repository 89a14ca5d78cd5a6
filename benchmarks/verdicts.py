"""Ratios of this run against those of another: faster, slower, or the same within the noise of both.

A ratio is how many times as fast the engine is as a twin. Noise is taken from the rounds: their range tells the spread of one round, that
and their number the error of their median.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import Clock, spread

#: Expected range of n normal values in standard deviations (Montgomery, Introduction to statistical quality control, table of factors, d2).
_RANGE = {2: 1.128, 3: 1.693, 4: 2.059, 5: 2.326, 6: 2.534, 7: 2.704, 8: 2.847, 9: 2.970, 10: 3.078, 15: 3.472, 20: 3.735, 25: 3.931}
#: A difference counts where it is this many standard errors and this share: another process lays its memory out differently.
_ERRORS, _LEAST = 3.0, 0.05
#: Below this share of the old ratio a run fails; below the second, what is said is said loudly.
FAILS, LOUD = 0.5, 2.0 / 3.0


@dataclass(frozen=True)
class Ratio:
    """Times as fast as a twin: median, least and most of some rounds, and the clock."""

    median: float
    least: float
    most: float
    rounds: int
    clock: Clock

    @classmethod
    def of(cls, rounds: Sequence[float], clock: Clock) -> "Ratio":
        """From the ratios of the rounds."""
        return cls(*spread(list(rounds)), len(rounds), clock)

    @property
    def error(self) -> float:
        """Standard error of the logarithm of the median; of a single round unknown, and taken as a quarter."""
        if self.rounds < 2:
            return 0.25
        known = max(count for count in _RANGE if count <= self.rounds)
        return 1.2533 * math.log(self.most / self.least) / _RANGE[known] / math.sqrt(self.rounds)


@dataclass(frozen=True)
class Verdict:
    """One ratio, then and now; ``tries`` are the measurements of which ``new`` is one, where it was measured again."""

    name: str
    old: Ratio
    new: Ratio
    tries: tuple[Ratio, ...] = ()

    @property
    def change(self) -> float:
        """The new ratio over the old."""
        return self.new.median / self.old.median

    @property
    def word(self) -> str:
        """What there is to say."""
        noise = max(_ERRORS * math.hypot(self.old.error, self.new.error), _LEAST)
        if abs(math.log(self.change)) <= noise:
            return "same"
        return "faster" if self.change > 1.0 else "slower"

    @property
    def loud(self) -> bool:
        """Whether it is below two thirds of what it was."""
        return self.change < LOUD

    @property
    def fails(self) -> bool:
        """Whether it is below half of what it was, beyond the noise, by processor time: what the clock on the wall says fails nothing."""
        return self.change < FAILS and self.word == "slower" and self.new.clock == "cpu"

    def after(self, second: Ratio) -> "Verdict":
        """The verdict when the ratio has been measured again: the milder of the two."""
        tries = (self.new, second)
        both = [Verdict(self.name, self.old, new, tries) for new in tries]
        return max(both, key=lambda one: (not one.fails, not one.loud, one.change))


def verdicts(old: Mapping[str, Ratio], new: Mapping[str, Ratio]) -> list[Verdict]:
    """A verdict for every ratio that both runs have."""
    return [Verdict(name, old[name], ratio) for name, ratio in new.items() if name in old]


def lower(one: Mapping[str, Ratio], other: Mapping[str, Ratio]) -> dict[str, Ratio]:
    """Of every ratio the lower of two measurements, with the range and the rounds of both: no value of a lucky process."""
    both = {
        name: Ratio(min(a.median, b.median), min(a.least, b.least), max(a.most, b.most), a.rounds + b.rounds, a.clock)
        for name, a in one.items()
        if (b := other.get(name)) is not None
    }
    return {**other, **one, **both}


def as_json(ratios: Mapping[str, Ratio]) -> dict[str, list[Any]]:
    """Short enough for a line of the history: median, least, most, rounds, clock."""
    return {name: [*(float(f"{value:.4g}") for value in (r.median, r.least, r.most)), r.rounds, r.clock] for name, r in ratios.items()}


def from_json(found: Mapping[str, Sequence[Any]]) -> dict[str, Ratio]:
    """The ratios of a file or of a line of the history."""
    return {name: Ratio(*values) for name, values in found.items()}


def verdict_table(found: Sequence[Verdict], what: str, *, judged: bool) -> str:
    """What is printed: counts, then every change, what was measured again, and what is loud; ``judged`` says whether a failure counts."""
    words = [verdict.word for verdict in found]
    counts = ", ".join(f"{words.count(word)} {word}" for word in ("faster", "slower", "same"))
    text = [f"against {what}: {len(found)} ratios, {counts} within the noise"]
    for verdict in sorted(found, key=lambda one: one.change):
        if verdict.word != "same":
            change = f"{verdict.old.median:9.3g} -> {verdict.new.median:9.3g}  (x {verdict.change:.2f})"
            text.append(f"  {verdict.word}: {verdict.name:60s} {change}")
    for verdict in (one for one in found if one.tries):
        tries = ", then ".join(f"{ratio.median:.3g}" for ratio in verdict.tries)
        text.append(f"measured again: {verdict.name}: {verdict.old.median:.3g} -> {tries}; {verdict.new.median:.3g} counts")
    for verdict in (one for one in found if one.loud):
        bad = verdict.fails and judged
        share = "HALF" if verdict.change < FAILS else "TWO THIRDS"
        end = ": THIS FAILS THE RUN" if bad else ""
        text.append(f"!!! {verdict.name}: BELOW {share} of what it was ({verdict.old.median:.3g} -> {verdict.new.median:.3g}){end}")
    return "\n".join(text)
