"""Negative binomial: a count with mean ``mean`` and variance mean + mean^2/size: Poisson whose mean is gamma with shape ``size``.

P(X <= k) = I_p(size, k + 1) with p = size/(size + mean) (Johnson, Kemp, Kotz 2005, Univariate Discrete Distributions, chapter 5).
Given mean and standard deviation, size = mean^2/(sd^2 - mean). Up to mean 1000 an exact table where that needs no more than
65,536 values; else the quantile is the real x with I_p(size, x + 1) = u rounded up.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simengine.distributions.base import COUNT, Continuous, Distribution, Encoded, Parameter, Row, constant, group_faults, range_faults
from simengine.distributions.counts import CountTable, atoms_between, count_range, count_table
from simengine.distributions.sides import encode_sides
from simengine.errors import ParameterError

LEAST, MOST = 0.1, 1e9
_EXACT_TO = 1000.0
# Up to so many values a count stays a list beside larger ones.
_FEW = 1024


@dataclass(frozen=True, init=False)
class NegativeBinomial:
    """Negative binomial by ``mean`` and ``size``, or by ``mean`` and ``sd``; mean = 0 gives the constant 0."""

    name: ClassVar[str] = "negative_binomial"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "expected number", low=0.0, high=1e9, is_value=True),
        Parameter("size", "size: the variance is mean + mean^2/size", low=LEAST, high=MOST, required=False),
        Parameter("sd", "standard deviation, above sqrt(mean)", low=0.0, required=False),
    )

    mean_: float
    size: float

    def __init__(self, *, mean: float, size: float | None = None, sd: float | None = None) -> None:
        given = {key: value for key, value in (("mean", mean), ("size", size), ("sd", sd)) if value is not None}
        faults = group_faults(given, ("mean", "size"), ("mean", "sd"))
        faults += range_faults([p for p in self.parameters if p.name in given], given)
        if faults:
            raise ParameterError(faults)
        if sd is not None:
            size = _size(float(mean), float(sd))
        object.__setattr__(self, "mean_", float(mean))
        object.__setattr__(self, "size", float(size if size is not None else MOST))

    def mean(self) -> float:
        """Return the mean."""
        return self.mean_

    def variance(self) -> float:
        """Return mean + mean^2/size."""
        return self.mean_ + self.mean_ * (self.mean_ / self.size)

    def support(self) -> tuple[float, float]:
        """Return the counts from 0 on, or 0 alone."""
        return (0.0, math.inf) if self.mean_ > 0.0 else (0.0, 0.0)

    def quantile(self, u: Row) -> Row:
        """Return the smallest count with a cumulated probability of at least ``u``."""
        table = self._table()
        if table is not None:
            return table.quantile(u)
        u = np.asarray(u, np.float64)
        return self._count(np.minimum(u, 1.0 - u), u < 0.5)

    def isf(self, v: Row) -> Row:
        """Return the smallest count that is exceeded with probability ``v`` at most."""
        table = self._table()
        if table is not None:
            return table.isf(v)
        v = np.asarray(v, np.float64)
        return self._count(np.minimum(v, 1.0 - v), v > 0.5)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        table = self._table()
        return table.cdf(x) if table is not None else self._extended(np.floor(np.asarray(x, np.float64)) + 1.0, upper=False)

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        table = self._table()
        return table.sf(x) if table is not None else self._extended(np.floor(np.asarray(x, np.float64)) + 1.0, upper=True)

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return the counts and their probabilities, without tails that no draw reaches."""
        table = self._table()
        return table.atoms() if table is not None else self.atoms_within(0.0, math.inf)

    def atoms_within(self, lower: float, upper: float) -> tuple[tuple[float, float], ...]:
        """Return the atoms from ``lower`` to ``upper``."""
        if self._table() is not None:
            return tuple(atom for atom in self.atoms() if lower <= atom[0] <= upper)
        return atoms_between(self, lower, upper)

    def value_count(self) -> int:
        """Return how many values ``atoms`` has."""
        table = self._table()
        if table is not None:
            return table.below.size
        first, last = count_range(self)
        return int(last - first) + 1

    def extension(self) -> Distribution:
        """Return the continuous distribution whose value, rounded up, is the count; the counts themselves where they are few."""
        return self if self.value_count() <= _FEW else ExtendedNegativeBinomial(self)

    def biased(self) -> "NegativeBinomial":
        """Return the negative binomial of size + 1 with the same p: k P(k) = mean P'(k - 1)."""
        made = object.__new__(NegativeBinomial)
        object.__setattr__(made, "mean_", self.mean_ * ((self.size + 1.0) / self.size))
        object.__setattr__(made, "size", self.size + 1.0)
        return made

    def breaks(self) -> tuple[float, ...]:
        """Return nothing: there is no density."""
        return ()

    def encode(self) -> Encoded:
        """Encode as DISCRETE where there is an exact table, else as COUNT, from -1 or from the median, in standard deviations."""
        table = self._table()
        if table is not None:
            return table.encode() if self.mean_ > 0.0 else constant(0.0)
        encoded = encode_sides((-1.0, math.inf), self._scale(), lambda v, upper, _: self._place(v, upper=upper) / self._scale())
        return Encoded(COUNT, encoded.args, encoded.table)

    def _scale(self) -> float:
        """Return the standard deviation."""
        return math.sqrt(self.variance())

    def _table(self) -> CountTable | None:
        """Return the exact table, where there is one."""
        return _table(self.mean_, self.size) if self.mean_ <= _EXACT_TO else None

    def _extended(self, y: Row, *, upper: bool) -> Row:
        """Return the probability of at most y - 1 (``upper``: of more), for any real y; by the smaller of p and 1 - p."""
        from scipy.special import betainc, betaincc

        y = np.maximum(y, 0.0)
        total = self.size + self.mean_
        if self.size <= self.mean_:
            return np.asarray((betaincc if upper else betainc)(self.size, y, self.size / total), np.float64)
        return np.asarray((betainc if upper else betaincc)(y, self.size, self.mean_ / total), np.float64)

    def _count(self, v: Row, lower: NDArray[np.bool_]) -> Row:
        """Return the count at u = v (``lower``) or u = 1 - v, v <= 1/2."""
        return np.maximum(np.ceil(self._value(v, lower)), 0.0)

    def _value(self, v: Row, lower: NDArray[np.bool_]) -> Row:
        """Return the count at u = v (``lower``) or u = 1 - v, v <= 1/2, before it is rounded up."""
        x = np.empty(v.shape)
        for upper, chosen in ((False, lower), (True, ~lower)):
            x[chosen] = self._place(v[chosen], upper=upper) - 1.0
        return x

    def _place(self, v: Row, *, upper: bool) -> Row:
        """Return the real y > 0 at which I_p(size, y) is ``v``, or 1 - v (``upper``).

        A start from a coarse table, then Newton steps of the normal score of the probability in ln y.
        """
        from scipy.special import ndtri

        grid, scores = _coarse(self)
        sign = -1.0 if upper else 1.0
        wanted = sign * np.asarray(ndtri(v), np.float64)
        t = np.interp(wanted, scores, grid)
        for _ in range(5):
            near, before, after = (sign * ndtri(self._extended(np.exp(t + h), upper=upper)) for h in (0.0, -1e-4, 1e-4))
            with np.errstate(all="ignore"):
                step = (near - wanted) / ((after - before) / 2e-4)
            t = t - np.clip(np.where(np.isfinite(step), step, 0.0), -0.5, 0.5)
        return np.asarray(np.exp(t), np.float64)


class ExtendedNegativeBinomial(Continuous):
    """The real x with I_p(size, x + 1) = u: a negative binomial count before it is rounded up."""

    name, parameters = NegativeBinomial.name, NegativeBinomial.parameters

    def __init__(self, family: NegativeBinomial) -> None:
        self._family = family

    def mean(self) -> float:
        """Return the mean, as if rounding up added half a count (near enough to tell that it is finite)."""
        return self._family.mean() - 0.5

    def variance(self) -> float:
        """Return the variance, as if rounding up were independent (near enough to tell that it is finite)."""
        return self._family.variance() - 1.0 / 12.0

    def support(self) -> tuple[float, float]:
        """Return the numbers above -1."""
        return -1.0, math.inf

    def quantile(self, u: Row) -> Row:
        """Return the value that is not exceeded with probability ``u``."""
        u = np.asarray(u, np.float64)
        return self._family._value(np.minimum(u, 1.0 - u), u < 0.5)

    def isf(self, v: Row) -> Row:
        """Return the value that is exceeded with probability ``v``."""
        v = np.asarray(v, np.float64)
        return self._family._value(np.minimum(v, 1.0 - v), v > 0.5)

    def cdf(self, x: Row) -> Row:
        """Return the probability of at most ``x``."""
        return self._family._extended(np.asarray(x, np.float64) + 1.0, upper=False)

    def sf(self, x: Row) -> Row:
        """Return the probability of more than ``x``."""
        return self._family._extended(np.asarray(x, np.float64) + 1.0, upper=True)

    def encode(self) -> Encoded:
        """Return the table that ``tabulate`` makes."""
        from simengine.distributions.pieces import tabulate

        return tabulate(self)


def _size(mean: float, sd: float) -> float:
    """Return the size of the given mean and sd; raise ParameterError where there is none."""
    if mean == 0.0 and sd == 0.0:
        return MOST
    root = math.sqrt(mean)
    if sd * sd <= mean:
        rule = f"must be above sqrt(mean) = {root:.6g}: with just that the distribution is poisson, with less there is none"
        raise ParameterError([("sd", rule)])
    size = mean * (mean / (sd * sd - mean))
    if size > MOST:
        raise ParameterError([("sd", f"is so near to sqrt(mean) = {root:.6g} that the distribution is poisson; use that")])
    if size < LEAST:
        raise ParameterError([("sd", f"must be at most {math.sqrt(mean + mean * (mean / LEAST)):.6g} with this mean (size = {LEAST:g})")])
    return size


@lru_cache(maxsize=16)
def _table(mean: float, size: float) -> CountTable | None:
    """Return the exact table: P(k + 1)/P(k) = (k + size)/(k + 1) mean/(mean + size)."""
    (mean_top, mean_bottom), (size_top, size_bottom) = mean.as_integer_ratio(), size.as_integer_ratio()
    share_top = mean_top * size_bottom
    share_bottom = (share_top + size_top * mean_bottom) * size_bottom
    mode = math.floor(mean * ((size - 1.0) / size)) if size > 1.0 else 0
    return count_table(mode, lambda k: ((k * size_bottom + size_top) * share_top, share_bottom * (k + 1)))


@lru_cache(maxsize=4)
def _coarse(family: NegativeBinomial) -> tuple[Row, Row]:
    """Return ln y, rising, and the normal scores of P(X <= y - 1) there: from below 2^-38 to above 1 - 2^-38."""
    from scipy.special import ndtri

    sd = math.sqrt(family.variance())
    low = math.log(max(family.mean_ - 9.0 * sd, 1e-13))
    high = math.log(family.mean_ + 9.0 * sd + 60.0 * sd * (sd / family.mean_))
    grid = np.linspace(low, high, 4001)
    below, above = (family._extended(np.exp(grid), upper=upper) for upper in (False, True))
    scores = np.where(below < 0.5, ndtri(below), -ndtri(above))
    kept = np.isfinite(scores) & np.concatenate([[True], np.diff(np.maximum.accumulate(np.nan_to_num(scores, neginf=-99.0))) > 0.0])
    return grid[kept], scores[kept]
