"""Empirical: a list of observed values, sorted x_(1) <= ... <= x_(n).

``interpolated``: the quantile is linear between the order statistics, x_(i) at (i - 1)/(n - 1) (Hyndman and Fan 1996, The American
Statistician 50, 361-365, definition 7). ``resampled``: each value with probability 1/n.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from simengine.distributions.base import EMPIRICAL, Encoded, Fault, Parameter, Row, constant, is_number
from simengine.distributions.discrete import encode_discrete
from simengine.errors import ParameterError
from simengine.jit import kernel

_METHODS = ("interpolated", "resampled")


@kernel
def empirical_quantile(u: float, table: Row, count: int) -> float:
    """Return the value at probability ``u`` on the line through the ``count`` sorted values of the table."""
    place = u * (count - 1)
    k = int(place)
    k = k if k < count - 2 else count - 2
    low, high = table[k], table[k + 1]
    value: float = low + (place - k) * (high - low)
    return value


@kernel
def fill_empirical(x: Row, u: Row, table: Row, count: int, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n, on the line through the ``count`` >= 2 sorted values of ``table``."""
    for i in range(n):
        x[i] = empirical_quantile(u[i], table, count)


@dataclass(frozen=True, init=False)
class Empirical:
    """The distribution of the observed ``values``, interpolated between them or resampled."""

    name: ClassVar[str] = "empirical"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("values", "observed values, at least two", kind="list", is_value=True),
        Parameter("method", "between the values or only the values", required=False, default=_METHODS[0], kind="text", choices=_METHODS),
    )

    #: Sorted.
    values: Row
    interpolated: bool

    def __init__(self, *, values: Sequence[float], method: str = _METHODS[0]) -> None:
        faults: list[Fault] = []
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray) or len(values) < 2:
            faults.append(("values", "must be a list of at least two numbers"))
        elif not all(is_number(value) and math.isfinite(value) for value in values):
            faults.append(("values", "must hold finite numbers only"))
        elif not math.isfinite(float(max(values)) - float(min(values))):
            faults.append(("values", "must not be that far from each other"))
        if method not in _METHODS:
            faults.append(("method", f"must be one of {', '.join(_METHODS)}"))
        if faults:
            raise ParameterError(faults)
        object.__setattr__(self, "values", np.sort(np.array(values, np.float64)))
        object.__setattr__(self, "interpolated", method == _METHODS[0])

    def mean(self) -> float:
        """Return the mean of the values; of the lines between them when interpolated."""
        x = self.values
        points = 0.5 * (x[:-1] + x[1:]) if self.interpolated else x
        return math.fsum(points) / len(points)

    def variance(self) -> float:
        """Return the mean squared distance from the mean, along the lines when interpolated."""
        x = self.values - self.mean()
        squares = (x[:-1] ** 2 + x[:-1] * x[1:] + x[1:] ** 2) / 3.0 if self.interpolated else x * x
        return math.fsum(squares) / len(squares)

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest value."""
        return float(self.values[0]), float(self.values[-1])

    def quantile(self, u: Row) -> Row:
        """Return the value on the line, or the smallest one with at least a share ``u`` of the values up to it."""
        x, last = self.values, len(self.values) - 1
        if not self.interpolated:
            return np.asarray(x[np.searchsorted(_shares(last + 1), np.asarray(u, np.float64), side="left")], np.float64)
        place = np.asarray(u, np.float64) * last
        k = np.minimum(place.astype(np.int64), last - 1)
        return np.asarray(x[k] + (place - k) * (x[k + 1] - x[k]), np.float64)

    def isf(self, v: Row) -> Row:
        """Return the quantile counted from the largest value."""
        mirrored = np.asarray(v, np.float64)
        x, last = self.values, len(self.values) - 1
        if not self.interpolated:
            # The smallest value that at most a share v exceeds: k = n - 1 - floor(n v) of them stand below it.
            above = np.searchsorted(_shares(last + 1), mirrored, side="right")
            return np.asarray(x[last - np.minimum(above, last)], np.float64)
        place = mirrored * last
        k = np.minimum(place.astype(np.int64), last - 1)
        return np.asarray(x[last - k] - (place - k) * (x[last - k] - x[last - k - 1]), np.float64)

    def cdf(self, x: Row) -> Row:
        """Return the inverse of the quantile; the share of values of at most ``x`` when resampled."""
        x, count = np.asarray(x, np.float64), len(self.values)
        if self.interpolated:
            return _positions(self.values, x, "right") / (count - 1)
        return np.asarray(np.searchsorted(self.values, x, side="right") / count, np.float64)

    def sf(self, x: Row) -> Row:
        """Return the probability above ``x``, counted from the largest value."""
        x, count = np.asarray(x, np.float64), len(self.values)
        if self.interpolated:
            return _positions(-self.values[::-1], -x, "left") / (count - 1)
        return np.asarray((count - np.searchsorted(self.values, x, side="right")) / count, np.float64)

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return each value when resampled, else those that occur more than once."""
        places, counts = np.unique(self.values, return_counts=True)
        if self.interpolated:
            counts, total = counts - 1, len(self.values) - 1
        else:
            total = len(self.values)
        return tuple((float(x), int(count) / total) for x, count in zip(places, counts, strict=True) if count > 0)

    def breaks(self) -> tuple[float, ...]:
        """Return the values, where the slope of the line changes; nothing when resampled."""
        return tuple(np.unique(self.values).tolist()) if self.interpolated else ()

    def encode(self) -> Encoded:
        """Arguments: the number of values; table: the sorted values (interpolated), or as a discrete distribution."""
        x = self.values
        if x[0] == x[-1]:
            return constant(float(x[0]))
        if self.interpolated:
            return Encoded(EMPIRICAL, (float(len(x)), 0.0, 0.0, 0.0), x)
        return encode_discrete(_shares(len(x)), x)


def _shares(count: int) -> Row:
    """Return 1/n, 2/n, ..., 1."""
    return np.arange(1, count + 1) / count


def _positions(values: Row, x: Row, side: Literal["left", "right"]) -> Row:
    """Return the place of ``x`` along the lines, from 0 to n - 1: the first (left) or the last one of equal values."""
    last = len(values) - 1
    k = np.clip(np.searchsorted(values, x, side=side) - 1, 0, last - 1)
    low, width = values[k], values[k + 1] - values[k]
    share = np.clip((x - low) / np.where(width > 0.0, width, 1.0), 0.0, 1.0)
    beyond = x >= values[-1] if side == "right" else x > values[-1]
    return np.where(x < values[0], 0.0, np.where(beyond, float(last), k + share))
