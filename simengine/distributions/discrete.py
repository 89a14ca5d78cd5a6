"""Discrete: each of the given values with its weight; F^-1(u) = the smallest value whose cumulated weight is at least u."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from simengine.distributions.base import DISCRETE, Encoded, Fault, Parameter, Row, constant, is_number
from simengine.errors import ParameterError
from simengine.jit import kernel

# Up to this many values one vectorised pass per value beats an index by u.
_PASSES = 32
_WEIGHT_SUM = 1e-9


@kernel
def _raise_above(x: Row, u: Row, bound: float, value: float, n: int) -> None:
    """``x[i] = value`` where ``u[i]`` is above the bound."""
    for i in range(n):
        x[i] = value if u[i] > bound else x[i]


@kernel
def _look_up(x: Row, u: Row, table: Row, count: int, n: int) -> None:
    """As ``fill_discrete``, by the index: where the values of a cell of u begin, then upwards, by less than one value on average.

    A binary search costs ten times as much: its branches cannot be predicted.
    """
    cells = table.shape[0] - 2 * count
    for i in range(n):
        x[i] = table[2 * count + int(u[i] * cells)]
    for i in range(n):
        k = int(x[i])
        # Two steps without a branch leave the loop little to do.
        k += 1 if u[i] > table[k] else 0
        k += 1 if u[i] > table[k] else 0
        while u[i] > table[k]:
            k += 1
        x[i] = table[count + k]


@kernel
def fill_discrete(x: Row, u: Row, table: Row, count: int, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``x`` and ``u`` are different rows, ``table`` is as ``encode_discrete`` makes it."""
    if table.shape[0] > 2 * count:
        _look_up(x, u, table, count, n)
        return
    x[:n] = table[count]
    for k in range(count - 1):
        _raise_above(x, u, table[k], table[count + k + 1], n)


def encode_discrete(cumulated: Row, values: Row) -> Encoded:
    """Encode rising values with the probability of at most each (the last is 1).

    Arguments: the number of values; table: cumulated probabilities, values, and for many values an index: for each of 2^k equal
    cells of u the first value with at least the cell's lower end up to it.
    """
    count = len(values)
    parts = [cumulated, values]
    if count > _PASSES:
        cells = 1 << (count - 1).bit_length()
        parts.append(np.searchsorted(cumulated, np.arange(cells) / cells, side="left").astype(np.float64))
    return Encoded(DISCRETE, (float(count), 0.0, 0.0, 0.0), np.concatenate(parts))


def running_sums(weights: Row) -> Row:
    """Return the sum of the first 1, 2, ... numbers (none negative, none above 1), each rounded once from the exact sum."""
    unit = 1 << 1074
    total, sums = 0, []
    for weight in weights.tolist():
        numerator, denominator = weight.as_integer_ratio()
        total += numerator * (unit // denominator)
        sums.append(total / unit)
    return np.array(sums, np.float64)


@dataclass(frozen=True, kw_only=True)
class Discrete:
    """The values ``values`` with probabilities ``weights`` (summing to one)."""

    name: ClassVar[str] = "discrete"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("values", "possible values", kind="list", is_value=True),
        Parameter("weights", "their probabilities, summing to one", low=0.0, high=1.0, kind="list"),
    )

    values: Sequence[float]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        """Raise ParameterError with every fault."""
        faults = _faults(self.values, self.weights)
        if faults:
            raise ParameterError(faults)

    def _sorted(self) -> tuple[Row, Row]:
        """Return possible values, rising, and their normalised weights."""
        total = math.fsum(self.weights)
        pairs = sorted((float(v), float(w) / total) for v, w in zip(self.values, self.weights, strict=True) if w > 0.0)
        return np.array([v for v, _ in pairs]), np.array([w for _, w in pairs])

    def _cumulated(self) -> tuple[Row, Row]:
        """Return possible values, rising, and the probability of at most each; the last is exactly 1."""
        values, weights = self._sorted()
        cumulated = running_sums(weights)
        cumulated[-1] = 1.0
        return values, cumulated

    def _exceeded(self) -> tuple[Row, Row]:
        """Return possible values, rising, and the probability of more than each; the last is exactly 0."""
        values, weights = self._sorted()
        return values, np.concatenate([running_sums(weights[:0:-1])[::-1], [0.0]])

    def mean(self) -> float:
        """Return the weighted mean."""
        values, weights = self._sorted()
        return math.fsum(values * weights)

    def variance(self) -> float:
        """Return the weighted mean squared distance from the mean."""
        values, weights = self._sorted()
        return math.fsum(weights * (values - self.mean()) ** 2)

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest value of positive weight."""
        values, _ = self._sorted()
        return float(values[0]), float(values[-1])

    def quantile(self, u: Row) -> Row:
        """Return the smallest value whose cumulated weight is at least ``u``."""
        values, cumulated = self._cumulated()
        place = np.searchsorted(cumulated, np.asarray(u, np.float64), side="left")
        return np.asarray(values[np.minimum(place, len(values) - 1)], np.float64)

    def isf(self, v: Row) -> Row:
        """Return the smallest value that is exceeded with probability of at most ``v``."""
        values, exceeded = self._exceeded()
        place = np.searchsorted(-exceeded, -np.asarray(v, np.float64), side="left")
        return np.asarray(values[np.minimum(place, len(values) - 1)], np.float64)

    def cdf(self, x: Row) -> Row:
        """Return the weight of the values of at most ``x``."""
        values, cumulated = self._cumulated()
        place = np.searchsorted(values, np.asarray(x, np.float64), side="right")
        return np.concatenate([[0.0], cumulated])[place]

    def sf(self, x: Row) -> Row:
        """Return the weight of the values above ``x``."""
        values, exceeded = self._exceeded()
        place = np.searchsorted(values, np.asarray(x, np.float64), side="right")
        return np.concatenate([[1.0], exceeded])[place]

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return each value once, with its weight."""
        values, weights = self._sorted()
        places = np.unique(values)
        return tuple((float(x), math.fsum(weights[values == x])) for x in places)

    def breaks(self) -> tuple[float, ...]:
        """Return nothing: there is no density."""
        return ()

    def encode(self) -> Encoded:
        """Encode as ``encode_discrete`` states."""
        values, cumulated = self._cumulated()
        if values[0] == values[-1]:
            return constant(float(values[0]))
        return encode_discrete(cumulated, values)


def _list_faults(name: str, items: Any) -> list[Fault]:
    """Return why ``items`` is no list of numbers."""
    if isinstance(items, str) or not isinstance(items, Sequence | np.ndarray) or len(items) == 0:
        return [(name, "must be a list of at least one number")]
    if not all(is_number(item) and math.isfinite(item) for item in items):
        return [(name, "must hold finite numbers only")]
    return []


def weight_faults(weights: Any, count: int, of: str) -> list[Fault]:
    """Return everything wrong with the weights of ``count`` things that the parameter ``of`` lists (0: not known)."""
    faults = _list_faults("weights", weights)
    if faults:
        return faults
    if count and len(weights) != count:
        faults.append(("weights", f"must be as many as {of}"))
    if any(weight < 0.0 for weight in weights):
        faults.append(("weights", "must not be negative"))
    if not abs(math.fsum(weights) - 1.0) <= _WEIGHT_SUM:
        faults.append(("weights", "must sum to one"))
    return faults


def _faults(values: Any, weights: Any) -> list[Fault]:
    """Return everything wrong with the two lists."""
    faults = _list_faults("values", values) + _list_faults("weights", weights)
    return faults or weight_faults(weights, len(values), "values")
