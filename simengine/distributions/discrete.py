"""Discrete: each of the given values with its weight; F^-1(u) = the smallest value whose cumulated weight is at least u."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from simengine.distributions.base import DISCRETE, Encoded, Fault, Parameter, Row, constant, is_number
from simengine.errors import ParameterError
from simengine.jit import kernel

# Up to this many values one vectorised pass per value beats a search per draw.
_PASSES = 256
_WEIGHT_SUM = 1e-9


@kernel
def discrete_quantile(u: float, table: Row, count: int) -> float:
    """Return the value at probability ``u``; the table holds ``count`` cumulated weights, then as many values, rising."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) >> 1
        if u > table[middle]:
            low = middle + 1
        else:
            high = middle
    value: float = table[count + low]
    return value


@kernel
def _raise_above(x: Row, u: Row, bound: float, value: float, n: int) -> None:
    """``x[i] = value`` where ``u[i]`` is above the bound."""
    for i in range(n):
        x[i] = value if u[i] > bound else x[i]


@kernel
def fill_discrete(x: Row, u: Row, table: Row, count: int, n: int) -> None:
    """``x[i]`` = quantile of ``u[i]``, i < n; ``x`` and ``u`` are different rows."""
    if count > _PASSES:
        for i in range(n):
            x[i] = discrete_quantile(u[i], table, count)
        return
    x[:n] = table[count]
    for k in range(count - 1):
        _raise_above(x, u, table[k], table[count + k + 1], n)


@dataclass(frozen=True, kw_only=True)
class Discrete:
    """The values ``values`` with probabilities ``weights`` (summing to one)."""

    name: ClassVar[str] = "discrete"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("values", "possible values", is_list=True),
        Parameter("weights", "their probabilities, summing to one", low=0.0, high=1.0, is_list=True),
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
        cumulated = np.array([math.fsum(weights[: k + 1]) for k in range(len(weights))])
        cumulated[-1] = 1.0
        return values, cumulated

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

    def cdf(self, x: Row) -> Row:
        """Return the weight of the values of at most ``x``."""
        values, cumulated = self._cumulated()
        place = np.searchsorted(values, np.asarray(x, np.float64), side="right")
        return np.concatenate([[0.0], cumulated])[place]

    def encode(self) -> Encoded:
        """Arguments: the number of values; table: cumulated weights, then the values."""
        values, cumulated = self._cumulated()
        if values[0] == values[-1]:
            return constant(float(values[0]))
        return Encoded(DISCRETE, (float(len(values)), 0.0, 0.0, 0.0), np.concatenate([cumulated, values]))


def _faults(values: Any, weights: Any) -> list[Fault]:
    """Return everything wrong with the two lists."""
    faults: list[Fault] = []
    for name, items in (("values", values), ("weights", weights)):
        if isinstance(items, str) or not isinstance(items, Sequence | np.ndarray) or len(items) == 0:
            faults.append((name, "must be a list of at least one number"))
        elif not all(is_number(item) and math.isfinite(item) for item in items):
            faults.append((name, "must hold finite numbers only"))
    if faults:
        return faults
    if len(values) != len(weights):
        faults.append(("weights", "must be as many as values"))
    if any(weight < 0.0 for weight in weights):
        faults.append(("weights", "must not be negative"))
    if not abs(math.fsum(weights) - 1.0) <= _WEIGHT_SUM:
        faults.append(("weights", "must sum to one"))
    return faults
