"""Truncation: any distribution given that it lies between ``lower`` and ``upper`` (both included), renormalised, never clamped.

With m the probability of the interval under the distribution itself, F^-1(u) = F0^-1(F0(lower-) + m u). Probabilities are counted
from the tail in which the interval lies, so that a truncation far out keeps its accuracy.
"""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simengine.distributions.base import Distribution, Encoded, Fault, Parameter, Row, range_faults, rounded
from simengine.distributions.counts import MOST_LISTED, LargeCounts, whole_between
from simengine.distributions.segments import moments
from simengine.distributions.truncated_edge import Edge, fit_edge
from simengine.errors import ParameterError

#: What truncates any family.
TRUNCATION: Final[tuple[Parameter, ...]] = (
    Parameter("lower", "smaller values cannot occur", required=False, is_value=True),
    Parameter("upper", "larger values cannot occur", required=False, is_value=True),
)

# Less of a distribution than this cannot be computed; nor can less than this part of what lies beyond the nearer end.
_LEAST_SHARE = 1e-280
_LEAST_PART = 1e-4
# A cut beyond which there is less than this, in proportion, costs no digits.
_HARMLESS = 1e-6


def truncate(distribution: Distribution, ends: Mapping[str, Any]) -> Distribution:
    """Return ``distribution`` within ``ends`` (``lower``, ``upper`` or both): itself where they take nothing away.

    Raises
    ------
    ParameterError
        When the ends are no numbers, or leave nothing.
    """
    faults = range_faults([parameter for parameter in TRUNCATION if parameter.name in ends], ends)
    if not faults and len(ends) == 2 and ends["lower"] > ends["upper"]:
        faults.append(("lower", "must not be above upper"))
    if faults:
        raise ParameterError(faults)
    low, high = distribution.support()
    lower, upper = float(ends.get("lower", -math.inf)), float(ends.get("upper", math.inf))
    if lower > high:
        raise ParameterError([("lower", f"leaves nothing: no value is above {high:g}")])
    if upper < low:
        raise ParameterError([("upper", f"leaves nothing: no value is below {low:g}")])
    if lower <= low and upper >= high:
        return distribution
    return Truncated(distribution, lower, upper)


class Truncated:
    """A distribution within [lower, upper]; made by ``truncate``, which checks the ends."""

    def __init__(self, distribution: Distribution, lower: float, upper: float) -> None:
        self.base, self.lower, self.upper = distribution, lower, upper
        self.name = distribution.name
        self.parameters = distribution.parameters
        ends = np.array([lower, upper])
        before = np.nextafter(ends[:1], -math.inf)
        with np.errstate(all="ignore"):
            self._below, self._above = float(distribution.cdf(before)[0]), float(distribution.sf(ends[1:])[0])
            self._from, self._to = float(distribution.sf(before)[0]), float(distribution.cdf(ends[1:])[0])
        if self._below > 0.5:
            self.share = self._from - self._above
        elif self._above > 0.5:
            self.share = self._to - self._below
        else:
            self.share = 1.0 - self._below - self._above
        faults = self._faults()
        if faults:
            raise ParameterError(faults)

    def _faults(self) -> list[Fault]:
        """Return why nothing is left, or nothing that can be computed."""
        name = "lower" if math.isfinite(self.lower) else "upper"
        ends = "above lower" if name == "lower" else "below upper"
        if math.isfinite(self.lower) and math.isfinite(self.upper):
            ends = "between lower and upper"
        single = self.lower == self.upper and self.lower not in dict(self.base.atoms())
        if single or not self.share > 0.0:
            return [(name, f"leaves nothing: the probability {ends} is 0")]
        if self.share < _LEAST_SHARE:
            return [(name, f"leaves too little: the probability {ends} is {self.share:.1g}")]
        if self.share < _LEAST_PART * max(min(self._below, self._from), min(self._above, self._to)):
            return [(name, f"leaves too narrow a part: the probability {ends} is {self.share:.1g}")]
        return []

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Return mean and variance."""
        if isinstance(self.base, LargeCounts) and min(self.base.value_count(), whole_between(self.lower, self.upper)) > MOST_LISTED:
            return _count_moments(self.base, self.lower, self.upper)
        return moments(self, (math.isfinite(self.base.mean()), math.isfinite(self.base.variance())))

    def mean(self) -> float:
        """Return the mean by quadrature over the probabilities; infinite or NaN where a tail that is left has none."""
        return self._moments[0]

    def variance(self) -> float:
        """Return the variance by quadrature over the probabilities; infinite or NaN where a tail that is left has none."""
        return self._moments[1]

    @cached_property
    def _support(self) -> tuple[float, float]:
        """Return the ends of what is left; a gap at an end is not part of it."""
        low, high = self.base.support()
        low, high = max(low, self.lower), min(high, self.upper)
        atoms = self.base.atoms_within(low, high) if isinstance(self.base, LargeCounts) else self.base.atoms()
        marks = sorted({*self.base.breaks(), *(x for x, _ in atoms)})
        for x in marks:
            if low < x <= high:
                if float(self._cdf(np.nextafter(np.array([x]), -math.inf))[0]) > 0.0:
                    break
                low = x
        for x in reversed(marks):
            if low <= x < high:
                if float(self._sf(np.array([x]))[0]) > 0.0:
                    break
                high = x
        return low, high

    def support(self) -> tuple[float, float]:
        """Return the ends of what is left; a gap at an end is not part of it."""
        return self._support

    @cached_property
    def _edges(self) -> tuple[Edge | None, Edge | None]:
        """Return the neighbourhoods of the two cuts; None where there is no cut, or an atom stands on it."""
        found: list[Edge | None] = []
        atoms = {x for x, _ in self.atoms()}
        # Probabilities next to a cut are differences of numbers of this size.
        lower = self._below if self._below <= 0.5 else self._from
        upper = self._above if self._above <= 0.5 else self._to
        low, high = self.support()
        for end, beyond, quantile in ((low, lower, self._quantile), (high, upper, self._isf)):
            size = beyond / self.share
            if end in atoms or not math.isfinite(end) or size < _HARMLESS:
                found.append(None)
                continue

            def distance(w: Row, end: float = end, quantile: Callable[[Row], Row] = quantile) -> Row:
                return np.abs(quantile(w) - end)

            found.append(fit_edge(distance, min(size, 1.0), 2.0**-53 * max(size, 1.0)))
        return found[0], found[1]

    def quantile(self, u: Row) -> Row:
        """Return the value of the whole distribution at the probability that ``u`` stands for, from the nearer tail."""
        u = np.asarray(u, np.float64)
        return self._refined(self._quantile(u), u, 1.0 - u)

    def isf(self, v: Row) -> Row:
        """Return the value of the whole distribution that is exceeded with the probability that ``v`` stands for."""
        v = np.asarray(v, np.float64)
        return self._refined(self._isf(v), 1.0 - v, v)

    def _refined(self, x: Row, u: Row, v: Row) -> Row:
        """Replace the values next to a cut, and take away what rounding has put outside."""
        lower, upper = self._edges
        low, high = self.support()
        if lower is not None:
            x = np.where(u < lower.reach, low + lower.distance(np.minimum(u, lower.reach)), x)
        if upper is not None:
            x = np.where(v < upper.reach, high - upper.distance(np.minimum(v, upper.reach)), x)
        return np.clip(x, low, high)

    def _quantile(self, u: Row) -> Row:
        """Return the quantile by differences of probabilities."""
        p, q = self._below + u * self.share, self._above + (1.0 - u) * self.share
        if self._below > 0.5:
            q = np.where(u < 0.5, self._from - u * self.share, q)
        return self._at(p, q, lower=(p < 0.5) & (self._below <= 0.5))

    def _isf(self, v: Row) -> Row:
        """Return the value exceeded with probability ``v`` by differences of probabilities."""
        p, q = self._below + (1.0 - v) * self.share, self._above + v * self.share
        if self._above > 0.5:
            p = np.where(v < 0.5, self._to - v * self.share, p)
        return self._at(p, q, lower=(q >= 0.5) | (self._above > 0.5))

    def _at(self, p: Row, q: Row, lower: NDArray[np.bool_]) -> Row:
        """Return the value of the whole distribution at ``p`` where ``lower``, else the one exceeded with probability ``q``."""
        x = np.empty_like(p)
        x[lower] = self.base.quantile(p[lower])
        x[~lower] = self.base.isf(q[~lower])
        return x

    def cdf(self, x: Row) -> Row:
        """Return the share of the interval that lies at or below ``x``."""
        x = np.asarray(x, np.float64)
        share, edge, low = self._cdf(x), self._edges[0], self.support()[0]
        if edge is not None:
            d = x - low
            share = np.where((d > 0.0) & (d < edge.width), edge.probability(np.clip(d, 0.0, edge.width)), share)
        return share

    def sf(self, x: Row) -> Row:
        """Return the share of the interval that lies above ``x``."""
        x = np.asarray(x, np.float64)
        share, edge, high = self._sf(x), self._edges[1], self.support()[1]
        if edge is not None:
            d = high - x
            share = np.where((d > 0.0) & (d < edge.width), edge.probability(np.clip(d, 0.0, edge.width)), share)
        return share

    def _cdf(self, x: Row) -> Row:
        """Return the distribution function by differences of probabilities."""
        part = self.base.cdf(x) - self._below if self._below <= 0.5 else self._from - self.base.sf(x)
        return np.where(x < self.lower, 0.0, np.where(x >= self.upper, 1.0, np.clip(part / self.share, 0.0, 1.0)))

    def _sf(self, x: Row) -> Row:
        """Return the survival function by differences of probabilities."""
        part = self.base.sf(x) - self._above if self._above <= 0.5 else self._to - self.base.cdf(x)
        return np.where(x < self.lower, 1.0, np.where(x >= self.upper, 0.0, np.clip(part / self.share, 0.0, 1.0)))

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return the atoms within the ends, renormalised."""
        if isinstance(self.base, LargeCounts):
            return tuple((x, p / self.share) for x, p in self.base.atoms_within(self.lower, self.upper))
        return tuple((x, p / self.share) for x, p in self.base.atoms() if self.lower <= x <= self.upper)

    def breaks(self) -> tuple[float, ...]:
        """Return the ends and the breaks within them."""
        ends = {end for end in self.support() if math.isfinite(end)}
        return tuple(sorted(ends | {x for x in self.base.breaks() if self.lower < x < self.upper}))

    def encode(self) -> Encoded:
        """Return the table that ``tabulate`` makes."""
        from simengine.distributions.pieces import tabulate

        return tabulate(self)


def _count_moments(base: LargeCounts, lower: float, upper: float) -> tuple[float, float]:
    """Return mean and variance of a count of many values within the ends: k P(k) = mean P'(k - 1), so that sums are probabilities.

    Where the mean is more than a thousand standard deviations the variance is that of the extension, and of rounding it up.
    """
    share, once = _share_of(base, lower, upper), base.biased()
    twice = once.biased()
    mean = base.mean() * _share_of(once, lower - 1.0, upper - 1.0) / share
    square = base.mean() * once.mean() * _share_of(twice, lower - 2.0, upper - 2.0) / share
    variance = square + mean - mean * mean
    if variance < 1e-6 * mean * mean:
        known = {"lower": math.ceil(lower) - 1.0 if math.isfinite(lower) else -1.0}
        if math.isfinite(upper):
            known["upper"] = float(math.floor(upper))
        variance = truncate(base.extension(), known).variance() + 1.0 / 12.0
    return rounded(mean), rounded(variance)


def _share_of(distribution: Distribution, lower: float, upper: float) -> float:
    """Return the probability of a count from ``lower`` to ``upper``."""
    known = {name: end for name, end in (("lower", lower), ("upper", upper)) if math.isfinite(end)}
    try:
        within = truncate(distribution, known)
    except ParameterError:
        return 0.0
    return within.share if isinstance(within, Truncated) else 1.0
