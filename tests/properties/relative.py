"""What a difference between two runs of the same study is relative to: Σ|terms| of the year."""

from typing import Any

import numpy as np

from simengine.jit import Floats
from simengine.schema import VARIABLES
from tests.unit.engine.running import Run

FLAGS = ("msr_met", "cap_hit", "collar_hit")
MONEY = ("spend_do_nothing", "payment", "provider_cost", "funding", "baseline", "budget_value")


def scale(run: Run, name: str) -> Any:
    """Σ|terms| that a variable is held against: activity and people by name for themselves, all money of the year for the rest."""
    if "activity" in name:
        return run.draws("activity_do_nothing") + np.abs(run.draws("activity"))
    if name == "population":
        return np.abs(run.draws(name))
    total = np.sum([np.abs(run.draws(each)).sum(axis=1) for each in MONEY], axis=0)
    return total.reshape(total.shape[0], *[1] * len(VARIABLES[name].entity), total.shape[-1])


def largest(difference: Floats, against: Any) -> float:
    """The largest relative difference; NaN where anything is not finite, 0 where there is nothing to compare."""
    return float(np.max(np.abs(difference) / np.maximum(against, 1e-300))) if difference.size else 0.0
