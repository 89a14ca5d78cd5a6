"""Running costs that follow what a scheme has saved: reinvestment of realised savings (MODEL.md section 4)."""

from typing import NamedTuple

from simengine.engine.ops import row_view
from simengine.jit import Floats, Ints, inner_kernel, keep_apart


class Actual(NamedTuple):
    """Costs that follow savings: the scheme, the first of the rows that they fill, and the slot of the share of the saving."""

    scheme: Ints  # (cost,)
    row: Ints  # (cost,)
    share: Ints  # (cost, 2)
    share_scale: Floats  # (cost, year)


@inner_kernel
def _reinvest(cost: Floats, saving: Floats, share: Floats, scale: float, n: int) -> None:
    """A share of what was saved; a scheme that costs activity has nothing to reinvest."""
    keep_apart()
    for i in range(n):
        value = saving[i]
        # NaN fails the comparison and is kept
        value = 0.0 if value < 0.0 else value
        cost[i] = scale * share[i] * value


@inner_kernel
def fill_actual_costs(x: Floats, savings: Floats, actual: Actual, n: int) -> None:
    """Fill the rows of every cost that follows savings; ``savings`` holds rows scheme · years + year."""
    years = actual.share_scale.shape[1]
    for c in range(actual.scheme.shape[0]):
        for t in range(years):
            share = row_view(x, actual.share[c, 0] + actual.share[c, 1] * t)
            saving = row_view(savings, actual.scheme[c] * years + t)
            _reinvest(row_view(x, actual.row[c] + t), saving, share, actual.share_scale[c, t], n)
