"""Sums that merge: the first two moments of a row about its plan value, by replicate and by batch of 256 draws.

Lanes, tiles and blocks are added in a fixed order, so a sum does not depend on threads or chunks (INTERFACE.md, Determinism).
"""

from simengine.jit import Floats, keep_apart, kernel

BATCH = 256
REPLICATES = 16
#: Columns of a partial sum: count, Σd, Σd², Σ over whole batches of (Σd)², Σd over whole batches, then Σd by replicate.
COUNT, SUM, SQUARES, BATCH_SQUARES, BATCH_SUM, REPLICATE = range(6)
MOMENT_COLUMNS = REPLICATE + REPLICATES


@kernel
def _lanes(lane: Floats, square: Floats, row: Floats, plan: float, first: int, last: int) -> None:
    """Sixteen lane sums of d = x - plan and of d² over part of a row; draw i goes to lane i % 16. What is not finite is left out."""
    keep_apart()
    for k in range(REPLICATES):
        lane[k] = 0.0
        square[k] = 0.0
    whole = first + (last - first) // REPLICATES * REPLICATES
    for i in range(first, whole, REPLICATES):
        for k in range(REPLICATES):
            d = row[i + k] - plan
            d = d if d - d == 0.0 else 0.0
            lane[k] += d
            square[k] += d * d
    for i in range(whole, last):
        d = row[i] - plan
        d = d if d - d == 0.0 else 0.0
        lane[i - whole] += d
        square[i - whole] += d * d


@kernel
def _finite(row: Floats, first: int, last: int) -> int:
    """How many entries of part of a row are finite."""
    count = 0
    for i in range(first, last):
        count += 1 if row[i] - row[i] == 0.0 else 0
    return count


@kernel
def _tree(lane: Floats) -> float:
    """The sum of sixteen lanes, as a tree."""
    a = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]))
    b = ((lane[8] + lane[9]) + (lane[10] + lane[11])) + ((lane[12] + lane[13]) + (lane[14] + lane[15]))
    return float(a + b)


@kernel
def add_moments(partial: Floats, row: Floats, plan: float, lane: Floats, square: Floats, n: int) -> None:
    """Add the first ``n`` entries of a tile row to a partial sum (``MOMENT_COLUMNS`` long); a tile starts a batch and a replicate."""
    for first in range(0, n, BATCH):
        last = min(first + BATCH, n)
        _lanes(lane, square, row, plan, first, last)
        total = _tree(lane)
        partial[COUNT] += _finite(row, first, last)
        partial[SUM] += total
        partial[SQUARES] += _tree(square)
        if last - first == BATCH:
            partial[BATCH_SQUARES] += total * total
            partial[BATCH_SUM] += total
        for k in range(REPLICATES):
            partial[REPLICATE + k] += lane[k]
