"""Sums over the draws of one series, by the groups of draws of the standard errors: replicate i % 16, or whole batches of 256 draws.

A draw that failed is NaN and counts nowhere. Sixteen sums are added up side by side, always in the same order.
"""

from simengine.engine.moments import BATCH, REPLICATES, add_lanes, fold, fold_finite
from simengine.jit import Floats, keep_apart, kernel

#: Rows of ``threshold_sums``: draws at or below each of the thresholds, below 0, above 0, and what they fall short of the first by.
THRESHOLDS = 5
BELOW_ZERO, ABOVE_ZERO, SHORTFALL = range(THRESHOLDS, THRESHOLDS + 3)
THRESHOLD_ROWS = THRESHOLDS + 3


@kernel
def _spread(groups: Floats, lane: Floats, batch: int, replicated: bool) -> None:
    """Add the sixteen sums of a whole batch to their groups: the replicates, or the batch itself."""
    if replicated:
        for k in range(REPLICATES):
            groups[k] += lane[k]
    else:
        groups[batch] = add_lanes(lane)


@kernel
def _grouped(draws: int, replicated: bool) -> int:
    """How many of the draws are in whole groups."""
    size = REPLICATES if replicated else BATCH
    return draws // size * size


@kernel
def moment_sums(groups: Floats, rest: Floats, x: Floats, centre: float, lanes: Floats, replicated: bool) -> None:
    """Sums of d = x - centre and of d² by group, (2, group), and of the draws at the end that are in no whole group."""
    lane, square, grouped = lanes[0], lanes[1], _grouped(x.shape[0], replicated)
    for first in range(0, x.shape[0], BATCH):
        batch = x[first : first + BATCH]
        if batch.shape[0] == BATCH:
            fold(lane, square, batch, centre)
            total = add_lanes(square)
            if total - total != 0.0:
                fold_finite(lane, square, batch, centre, BATCH)
            _spread(groups[0], lane, first // BATCH, replicated)
            _spread(groups[1], square, first // BATCH, replicated)
        else:
            for i in range(batch.shape[0]):
                d = batch[i] - centre
                if d - d == 0.0 and first + i < grouped:
                    groups[0, i % REPLICATES] += d
                    groups[1, i % REPLICATES] += d * d
                elif d - d == 0.0:
                    rest[0] += d
                    rest[1] += d * d


@kernel
def _lanes_below(lanes: Floats, row: Floats, thresholds: Floats) -> None:
    """How many draws of a batch are at or below each threshold, by draw i % 16."""
    keep_apart()
    q0, q1, q2, q3, q4 = thresholds[0], thresholds[1], thresholds[2], thresholds[3], thresholds[4]
    for k in range(REPLICATES):
        c0, c1, c2, c3, c4 = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(BATCH // REPLICATES):
            value = row[j * REPLICATES + k]
            c0 = c0 + 1.0 if value <= q0 else c0
            c1 = c1 + 1.0 if value <= q1 else c1
            c2 = c2 + 1.0 if value <= q2 else c2
            c3 = c3 + 1.0 if value <= q3 else c3
            c4 = c4 + 1.0 if value <= q4 else c4
        lanes[0, k] = c0
        lanes[1, k] = c1
        lanes[2, k] = c2
        lanes[3, k] = c3
        lanes[4, k] = c4


@kernel
def _lanes_about_zero(lanes: Floats, row: Floats, low: float) -> None:
    """How many draws of a batch are below and above 0, and what they fall short of ``low`` by, by draw i % 16."""
    keep_apart()
    for k in range(REPLICATES):
        below, above, short = 0.0, 0.0, 0.0
        for j in range(BATCH // REPLICATES):
            value = row[j * REPLICATES + k]
            excess = value - low
            below = below + 1.0 if value < 0.0 else below
            above = above + 1.0 if value > 0.0 else above
            short = short + excess if excess < 0.0 else short
        lanes[BELOW_ZERO, k] = below
        lanes[ABOVE_ZERO, k] = above
        lanes[SHORTFALL, k] = short


@kernel
def threshold_sums(groups: Floats, rest: Floats, x: Floats, thresholds: Floats, lanes: Floats, replicated: bool) -> None:
    """Sums by group, (``THRESHOLD_ROWS``, group), and of the draws at the end that are in no whole group."""
    grouped = _grouped(x.shape[0], replicated)
    for first in range(0, x.shape[0], BATCH):
        batch = x[first : first + BATCH]
        if batch.shape[0] == BATCH:
            _lanes_below(lanes, batch, thresholds)
            _lanes_about_zero(lanes, batch, thresholds[0])
            for row in range(THRESHOLD_ROWS):
                _spread(groups[row], lanes[row], first // BATCH, replicated)
        else:
            for i in range(batch.shape[0]):
                for row in range(THRESHOLD_ROWS):
                    value = _of_draw(row, batch[i], thresholds)
                    if first + i < grouped:
                        groups[row, i % REPLICATES] += value
                    else:
                        rest[row] += value


@kernel
def _of_draw(row: int, value: float, thresholds: Floats) -> float:
    """What a single draw adds to a row of ``threshold_sums``."""
    if row < THRESHOLDS:
        return 1.0 if value <= thresholds[row] else 0.0
    if row == BELOW_ZERO:
        return 1.0 if value < 0.0 else 0.0
    if row == ABOVE_ZERO:
        return 1.0 if value > 0.0 else 0.0
    return value - thresholds[0] if value < thresholds[0] else 0.0
