"""Every statistic of one series of draws, each with its standard error (MODEL.md section 7).

Value at risk is the loss at the 5 % quantile (-q05), expected shortfall the mean loss of the worst 5 % of draws: both positive for a loss.
"""

import math

import numpy as np
import numpy.typing as npt

from simengine.statistics.group_sums import ABOVE_ZERO, BELOW_ZERO, SHORTFALL, THRESHOLD_ROWS, moment_sums, threshold_sums
from simengine.statistics.selection import Selection
from simengine.statistics.standard_error import BATCH, REPLICATES

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Found = tuple[Array, Array]

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
STATISTICS = ("mean", "sd", *QUANTILES, "p_below_zero", "p_above_zero", "value_at_risk", "expected_shortfall")
TAIL = 0.05
_LEVELS = np.array(list(QUANTILES.values()))
_SPREAD = np.sqrt(_LEVELS * (1.0 - _LEVELS))
_NO_MARGIN = np.zeros(4 * _LEVELS.size)
#: How far to either side of a quantile the distances between draws are looked at, in standard errors of independent draws; within _REACH.
WINDOW = 2.0
#: How far from a quantile, in standard errors of independent draws, its own error is looked for at once.
_REACH = 2.5


class SeriesStatistics:
    """Statistics of series of so many draws, one after another in the same work areas; for one thread.

    The sums are added up in a fixed order, and the quantiles are those of ``numpy.quantile`` to the last bit.
    """

    def __init__(self, draws: int, sampler: str) -> None:
        self._replicated = sampler == "sobol"
        self._size, groups = (draws // REPLICATES, REPLICATES) if self._replicated else (BATCH, draws // BATCH)
        self._groups = groups if self._size > 0 else 0
        self._selection = Selection(draws)
        # a kernel writes to every replicate, also where there are too few draws for one
        self._sums, self._rest = np.zeros((2 + THRESHOLD_ROWS, max(groups, 1))), np.zeros(2 + THRESHOLD_ROWS)
        self._lanes = np.zeros((THRESHOLD_ROWS, REPLICATES))

    def statistics(self, values: Array, good: Flags | None = None) -> Found:
        """Every statistic of a series of draws, and its standard error, in the order of ``STATISTICS``.

        ``good`` marks the draws that count, by default all. Where one of these is not finite there is no statistic: NaN.
        """
        count = values.size if good is None else int(good.sum())
        finite = np.isfinite(values)
        if count == 0 or not (finite.all() if good is None else (finite | ~good).all()):
            return np.full(len(STATISTICS), np.nan), np.full(len(STATISTICS), np.nan)
        known = values if good is None else np.where(good, values, np.nan)
        sample = self._selection.sample(known)
        if not sample.size:  # none of the first draws counts
            sample = self._selection.sample(known[~np.isnan(known)])
        centre = float(sample[sample.size // 2])
        self._sums[:] = self._rest[:] = 0.0
        moment_sums(self._sums[:2], self._rest[:2], known, centre, self._lanes, self._replicated)
        first, second = (self._sums[:2].sum(axis=1) + self._rest[:2]).tolist()
        if second == 0.0 and np.fmin.reduce(known) == np.fmax.reduce(known):
            return _constant(float(np.fmax.reduce(known)), count)
        self._selection.read(known, count, sample)
        quantiles = self._selection.quantiles(_LEVELS, _REACH * math.sqrt(count) * _SPREAD)
        threshold_sums(self._sums[2:], self._rest[2:], known, quantiles, self._lanes, self._replicated)
        shift = first / count
        sd = math.sqrt(max(second - first * shift, 0.0) / (count - 1))
        chances = ((self._sums[2:].sum(axis=1) + self._rest[2:]) / count).tolist()
        low, below, above = float(quantiles[0]), chances[BELOW_ZERO], chances[ABOVE_ZERO]
        found = [centre + shift, sd, *quantiles.tolist(), below, above, -low, -(low + chances[SHORTFALL] / TAIL)]
        of_mean, of_square, *errors = self._errors(good, shift)
        of_quantiles = self._quantile_errors(errors[: _LEVELS.size], count)
        shown = [of_mean, of_square / (2.0 * sd) if sd > 0.0 else math.nan, *of_quantiles]
        shown += [_chance_error(below, errors[BELOW_ZERO], count), _chance_error(above, errors[ABOVE_ZERO], count)]
        return np.array(found), np.array([*shown, of_quantiles[0], errors[SHORTFALL] / TAIL])

    def _means(self, good: Flags | None) -> Array:
        """Means by group of what was summed; a group in which no draw counts is left out."""
        sums = self._sums[:, : self._groups]
        if good is None:
            return np.asarray(sums / self._size)
        used = good[: self._groups * self._size]
        shape, axis = ((self._size, self._groups), 0) if self._replicated else ((self._groups, self._size), 1)
        counted = used.reshape(shape).sum(axis=axis)
        return np.asarray(sums[:, counted > 0] / counted[counted > 0])

    def _errors(self, good: Flags | None, shift: float) -> list[float]:
        """Standard errors of the means of what was summed: x, its squared deviation from the mean, then what goes by thresholds."""
        means = self._means(good) if self._groups else np.empty((self._sums.shape[0], 0))
        groups = means.shape[1]
        if groups < 2:
            return [math.nan] * means.shape[0]
        # Σ (d - m)² from Σ d and Σ d²: d is about a draw in the middle, so little is lost
        means[1] += shift * (shift - 2.0 * means[0])
        means -= means.mean(axis=1, keepdims=True)
        found: list[float] = np.sqrt((means * means).sum(axis=1) / (groups - 1) / groups).tolist()
        return found

    def _quantile_errors(self, below: list[float], count: int) -> list[float]:
        """Errors of the quantiles, through those of the distribution function there.

        How far apart draws are is taken from more of them than lie within that error: of a good design these are a few, whose distances
        say little. A quantile on which enough draws lie is certain.
        """
        if not all(map(math.isfinite, below)):
            return [math.nan] * len(below)
        error = np.array(below)
        reach = np.maximum(error, WINDOW * _SPREAD / math.sqrt(count))
        levels = np.concatenate([_LEVELS - error, _LEVELS + error, _LEVELS - reach, _LEVELS + reach])
        levels = np.clip(levels, 0.0, 1.0)
        low, high, lower, higher = self._selection.quantiles(levels, _NO_MARGIN).reshape(4, -1)
        _, _, first, last = levels.reshape(4, -1)
        found: list[float] = np.where(high > low, (higher - lower) / (last - first) * error, 0.0).tolist()
        return found


def series_statistics(values: Array, sampler: str, good: Flags | None = None) -> Found:
    """Every statistic of a single series of draws: see ``SeriesStatistics.statistics``."""
    return SeriesStatistics(values.size, sampler).statistics(values, good)


def _chance_error(chance: float, error: float, count: int) -> float:
    """Error of a probability; one that was never (or always) seen still has the error of one draw in the whole run."""
    return max(1.0 / count, error) if chance in (0.0, 1.0) else error


def _constant(value: float, count: int) -> Found:
    """Statistics of a series that does not vary: certain, but for a single draw, which says nothing of its spread."""
    found = [value, 0.0 if count > 1 else np.nan, *[value] * len(QUANTILES), float(value < 0.0), float(value > 0.0), -value, -value]
    return np.array(found), np.full(len(found), 0.0 if count > 1 else np.nan)
