"""Sums that merge: the first two moments of a row about its plan value, by replicate and by batch of 256 draws.

Lanes, tiles and blocks are added in a fixed order, so a sum does not depend on threads or chunks (INTERFACE.md, Determinism).
"""

from simengine.jit import Floats, keep_apart, kernel

BATCH = 256
REPLICATES = 16
#: Columns of a partial sum: count, Σd, Σd², Σ over whole batches of (Σd)², Σd over whole batches, then Σd by replicate.
COUNT, SUM, SQUARES, BATCH_SQUARES, BATCH_SUM, REPLICATE = range(6)
MOMENT_COLUMNS = REPLICATE + REPLICATES
#: Length of the work areas of ``add_moments``.
LANES = REPLICATES


@kernel
def fold(lane: Floats, square: Floats, row: Floats, plan: float) -> None:
    """Sums of d = x - plan and of d² over a batch, by draw i % 16, each in the order of its draws.

    The inner loop is short and of fixed length: the compiler writes it out, and neighbouring sums become vectors that stay in registers.
    """
    keep_apart()
    for k in range(REPLICATES):
        total, squares = 0.0, 0.0
        for j in range(BATCH // REPLICATES):
            d = row[j * REPLICATES + k] - plan
            total += d
            squares += d * d
        lane[k] = total
        square[k] = squares


@kernel
def fold_finite(lane: Floats, square: Floats, row: Floats, plan: float, n: int) -> int:
    """As ``fold``, for a part of a batch or one with failed draws: what is not finite is left out; returns how many were summed."""
    for k in range(REPLICATES):
        lane[k] = 0.0
        square[k] = 0.0
    count = 0
    for i in range(n):
        d = row[i] - plan
        if d - d == 0.0:
            lane[i % REPLICATES] += d
            square[i % REPLICATES] += d * d
            count += 1
    return count


@kernel
def add_lanes(lane: Floats) -> float:
    """The sum of sixteen lanes, as a tree."""
    a = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]))
    b = ((lane[8] + lane[9]) + (lane[10] + lane[11])) + ((lane[12] + lane[13]) + (lane[14] + lane[15]))
    return float(a + b)


@kernel
def add_moments(partial: Floats, row: Floats, plan: float, lane: Floats, square: Floats, n: int) -> None:
    """Add the first ``n`` entries of a tile row to a partial sum (``MOMENT_COLUMNS`` long); a tile starts a batch and a replicate.

    ``lane`` and ``square`` are work areas of ``LANES`` numbers.
    """
    for first in range(0, n, BATCH):
        size, count = min(n - first, BATCH), BATCH
        batch = row[first : first + size]
        if size == BATCH:
            fold(lane, square, batch, plan)
        total_square = add_lanes(square)
        if size < BATCH or total_square - total_square != 0.0:
            count = fold_finite(lane, square, batch, plan, size)
            total_square = add_lanes(square)
        total = add_lanes(lane)
        partial[COUNT] += count
        partial[SUM] += total
        partial[SQUARES] += total_square
        if size == BATCH:
            partial[BATCH_SQUARES] += total * total
            partial[BATCH_SUM] += total
        for k in range(REPLICATES):
            partial[REPLICATE + k] += lane[k]
