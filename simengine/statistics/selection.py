"""Quantiles of one series of draws at a time, in work areas that are used again for the next one."""

import numpy as np
import numpy.typing as npt

from simengine.statistics.histogram import SAMPLE, fill_histogram, fill_quantiles, gather, new_histogram, want_ranks

Array = npt.NDArray[np.float64]


class Selection:
    """The quantiles of series of so many draws; a draw that failed is NaN, the others are finite."""

    def __init__(self, draws: int) -> None:
        self._histogram, self._found = new_histogram(draws), np.empty(0)
        self._values, self._count = np.empty(0), 0

    @staticmethod
    def sample(values: Array) -> Array:
        """Some draws of a series, sorted, those that failed left out."""
        found = np.sort(values[:SAMPLE])
        return found if found.size and found[-1] == found[-1] else found[~np.isnan(found)]

    def read(self, values: Array, count: int, sample: Array) -> None:
        """Turn to another series, in which ``count`` draws did not fail; ``sample`` are some of them, sorted."""
        self._values, self._count = values, count
        fill_histogram(self._histogram, values, sample)

    def quantiles(self, levels: Array, margin: Array) -> Array:
        """Quantiles at some levels, equal to ``numpy.quantile`` to the last bit.

        Up to ``margin`` ranks on either side are looked up in the same go: what is asked for afterwards may lie there.
        """
        found = np.empty(levels.size)
        if not fill_quantiles(found, levels, self._histogram, self._found, self._count):
            self._found = np.empty(want_ranks(self._histogram, levels, margin, self._count))
            if self._found.size:
                gather(self._found, self._values, self._histogram.keys, self._histogram.wanted)
                self._found.sort()
            fill_quantiles(found, levels, self._histogram, self._found, self._count)
        return found
