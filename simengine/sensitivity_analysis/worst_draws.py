"""Which draws are an output's worst, with what weight, and which are about as bad as the best of these."""

import math
from typing import NamedTuple

import numpy as np

from simengine.sensitivity_analysis.blocks import Flags
from simengine.sensitivity_analysis.measures import Array

#: Draws from this share below the rank of the threshold to this share above it stand for those at the threshold.
_ABOUT = 0.25


class Worst(NamedTuple):
    """Values of every output that bound its worst draws; shape of each: output."""

    threshold: Array
    weight: Array
    low: Array
    high: Array

    def of(self, values: Array) -> tuple[Array, Array]:
        """Weights (output, point) of draws in the tail, and of draws about the threshold.

        Draws below the threshold count whole, those equal to it share what is left of the tail, so that the weights of all draws add up to
        the tail's part of them exactly, also where many draws are equal (a cap was hit).
        """
        at = values == self.threshold[:, None]
        tail = np.where(at, self.weight[:, None], values < self.threshold[:, None])
        near = (values >= self.low[:, None]) & (values <= self.high[:, None])
        return np.ascontiguousarray(tail, dtype=np.float64), np.ascontiguousarray(near, dtype=np.float64)


def worst_of(values: Array, good: Flags, tail: float) -> Worst:
    """The worst draws of every output among those that are ``good``; ``values`` is (output, draw), and low is bad.

    With no good draw at all nothing is in any tail.
    """
    draws = int(good.sum())
    if draws == 0:
        return Worst(*(np.full(values.shape[0], np.nan) for _ in range(4)))
    wanted = tail * draws
    ranks = [min(max(math.ceil(wanted * part) - 1, 0), draws - 1) for part in (1.0, 1.0 - _ABOUT, 1.0 + _ABOUT)]
    found = np.empty((4, values.shape[0]))
    for o, row in enumerate(values):
        ordered = np.partition(row[good], ranks)
        threshold, low, high = (ordered[rank] for rank in ranks)
        below, equal = int((ordered < threshold).sum()), int((ordered == threshold).sum())
        found[:, o] = threshold, (wanted - below) / equal, low, high
    return Worst(*found)
