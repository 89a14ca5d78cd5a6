"""Are the numbers the same? The twin's outputs against the engine's on the engine's own drivers; no timing before that."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.twin_reading import Floats

FLAGS = ("msr_met", "cap_hit", "collar_hit")
#: What depends on whether a threshold is met: compared only on draws where both agree about that.
BEHIND_A_THRESHOLD = (
    *("pool", "payout", "windfall", "settlement", "cap_hit", "collar_hit"),
    *("party_position", "net_position", "net_benefit", "leakage"),
)
TOLERANCE = 1e-9
#: A flag may differ where the gain stands this close to a threshold, in shares of the baseline.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Comparison:
    """Largest difference of money as a share of gross spend, by variable; flags that differ with and without the excuse of rounding."""

    largest: dict[str, float]
    excused: int
    wrong: int

    @property
    def deviation(self) -> float:
        """The largest of all."""
        return max(self.largest.values())

    @property
    def equal(self) -> bool:
        """Whether all money is within tolerance and no flag differs without excuse."""
        return bool(self.deviation <= TOLERANCE) and self.wrong == 0


def compare(ours: Mapping[str, Floats], theirs: Mapping[str, Floats], thresholds: tuple[float, ...]) -> Comparison:
    """Hold the engine's outputs (``ours``) against the twin's; ``thresholds`` are the rates at which a flag turns, losses negative."""
    spend = float(np.max(np.abs(ours["baseline"])))
    rate = ours["gain"] / ours["baseline"]
    near = np.any([np.abs(rate - edge) < ROUNDING for edge in thresholds], axis=0)
    agree = (ours["msr_met"] == theirs["msr_met"]) | ~near
    largest: dict[str, float] = {}
    excused = wrong = 0
    for name, values in ours.items():
        differs = np.abs(values - theirs[name])
        mask = near if values.ndim == near.ndim else near[:, None]
        if name in FLAGS:
            excused += int(np.sum((differs != 0.0) & mask))
            wrong += int(np.sum((differs != 0.0) & ~mask)) + int(np.sum(np.isnan(differs)))
        else:
            counted = agree if values.ndim == near.ndim else agree[:, None]
            used = np.where(counted, differs, 0.0) if name in BEHIND_A_THRESHOLD else differs
            largest[name] = float(np.max(used)) / spend
            wrong += int(np.sum(np.isnan(used)))
    return Comparison(largest, excused, wrong)
