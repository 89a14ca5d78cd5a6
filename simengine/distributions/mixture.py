"""Mixtures: a value of one component or another. A weighted linear opinion pool of experts and a risk event are mixtures too.

F(x) = sum of w_k F_k(x). The quantile is found between the smallest and the largest quantile of the components, on the side of
the nearer tail; atoms and gaps between components are told apart from the places where F rises.

Source of the pool: M. Stone (1961), The opinion pool, Annals of Mathematical Statistics 32, 1339-1342.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simengine.distributions.base import Distribution, Encoded, Fault, Parameter, Row, is_number, range_faults
from simengine.distributions.discrete import Discrete, weight_faults
from simengine.distributions.roots import find_roots
from simengine.distributions.truncated import truncate
from simengine.distributions.whole import Whole
from simengine.errors import ParameterError

# From so many parts on each is evaluated only where it has more probability than this on either side.
_MANY = 8
_NOTHING = 1e-40
# Rounding of a probability at an atom's edge, in proportion.
_EDGE = 2.0**-50
# In place of a probability of 0, whose logarithm is no number.
_LEAST = 1e-300


def _log_ratio(function: Callable[[Row], Row], x: Row, p: Row) -> Row:
    """Return the logarithm of function(x)/p: as good as a straight line in a tail."""
    return np.asarray(np.log(np.maximum(function(x), _LEAST) / p), np.float64)


def as_distribution(value: Any) -> Distribution:
    """Return a distribution as it is, a number as the distribution that is certain of it.

    Raises
    ------
    ParameterError
        When it is neither (the fault has an empty path).
    """
    if is_number(value):
        if not math.isfinite(value):
            raise ParameterError([("", "must be finite")])
        return Discrete(values=[float(value)], weights=[1.0])
    if not hasattr(value, "quantile"):
        raise ParameterError([("", "must be a distribution or a number")])
    return value  # type: ignore[no-any-return]  # a Distribution as far as it is looked at: it has a quantile


class Mixed:
    """What the families of mixtures share: ``parts`` with ``shares`` that sum to one, and the ``places`` where they are written."""

    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]

    parts: tuple[Distribution, ...]
    shares: tuple[float, ...]
    places: tuple[str, ...]

    def mean(self) -> float:
        """Return the weighted mean of the means."""
        return math.fsum(w * part.mean() for w, part in zip(self.shares, self.parts, strict=True))

    def variance(self) -> float:
        """Return the weighted mean of the variances and of the squared distances of the means."""
        mean = self.mean()
        return math.fsum(w * (part.variance() + (part.mean() - mean) ** 2) for w, part in zip(self.shares, self.parts, strict=True))

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest value of any component."""
        ends = [part.support() for part in self.parts]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def cdf(self, x: Row) -> Row:
        """Return the weighted mean of the components' distribution functions."""
        return self._weighted(x, upper=False)

    def sf(self, x: Row) -> Row:
        """Return the weighted mean of the components' survival functions."""
        return self._weighted(x, upper=True)

    def _weighted(self, x: Row, *, upper: bool) -> Row:
        """Return the weighted mean of the distribution functions (``upper``: of the survival functions).

        Of many parts each is evaluated only where it rises: a dozen experts would cost a hundred times what one does.
        """
        x = np.asarray(x, np.float64)
        total = np.zeros(x.shape)
        for w, part, (low, high) in zip(self.shares, self.parts, self._rises, strict=True):
            function = part.sf if upper else part.cdf
            rises = ~((x <= low) | (x >= high))
            if rises.all():
                total = total + w * function(x)
                continue
            values = np.where((x >= high) != upper, 1.0, 0.0)
            values[rises] = function(x[rises])
            total += w * values
        return total

    @cached_property
    def _rises(self) -> list[tuple[float, float]]:
        """Return for each part below which value it has next to no probability, and above which."""
        if len(self.parts) < _MANY:
            return [(-math.inf, math.inf)] * len(self.parts)
        p = np.array([_NOTHING])
        with np.errstate(all="ignore"):
            ends = [(float(part.quantile(p)[0]), float(part.isf(p)[0])) for part in self.parts]
        support = [part.support() for part in self.parts]
        return [
            (
                math.nextafter(low, -math.inf) if first <= low <= last else -math.inf,
                math.nextafter(high, math.inf) if first <= high <= last else math.inf,
            )
            for (low, high), (first, last) in zip(ends, support, strict=True)
        ]

    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Return the atoms of all components."""
        found: dict[float, list[float]] = {}
        for w, part in zip(self.shares, self.parts, strict=True):
            for x, p in part.atoms():
                found.setdefault(x, []).append(w * p)
        return tuple((x, math.fsum(found[x])) for x in sorted(found))

    def breaks(self) -> tuple[float, ...]:
        """Return the breaks of all components."""
        return tuple(sorted({x for part in self.parts for x in part.breaks()}))

    def quantile(self, u: Row) -> Row:
        """Return the smallest value with a probability of at least ``u`` up to it."""
        u = np.asarray(u, np.float64)
        return self._solve(u, 1.0 - u, u <= 0.5)

    def isf(self, v: Row) -> Row:
        """Return the smallest value that is exceeded with a probability of at most ``v``."""
        v = np.asarray(v, np.float64)
        return self._solve(1.0 - v, v, v > 0.5)

    @cached_property
    def _marks(self) -> tuple[Row, Row, Row, Row, Row]:
        """Return breaks and atoms, rising, with the probabilities of at most, above, below and at least each."""
        marks = np.array(sorted({*self.breaks(), *(x for x, _ in self.atoms())}), np.float64)
        before = np.nextafter(marks, -math.inf)
        return marks, self.cdf(marks), self.sf(marks), self.cdf(before), self.sf(before)

    @cached_property
    def _grid(self) -> tuple[Row, Row, Row]:
        """Return values at which the mixture may bend, rising, with the probabilities of at most and of above each."""
        v = 2.0 ** -np.arange(1.0, 52.0, 0.25)
        values = [x for part in self.parts for x in (part.quantile(v), part.isf(v))]
        grid = np.unique(np.concatenate(values))
        return grid, np.maximum.accumulate(self.cdf(grid)), np.minimum.accumulate(self.sf(grid))

    def _ends(self, u: Row, v: Row, lower: NDArray[np.bool_]) -> tuple[Row, Row]:
        """Return values between which the quantile lies: neighbours of the grid, beyond it the components' own quantiles."""
        grid, to, above = self._grid
        k = np.where(lower, np.searchsorted(to, u, side="left"), np.searchsorted(-above, -v, side="left"))
        low, high = grid[np.maximum(k - 1, 0)], grid[np.minimum(k, len(grid) - 1)]
        beyond = (k == 0) | (k == len(grid))
        if beyond.any():
            with np.errstate(all="ignore"):
                own = [np.where(lower[beyond], part.quantile(u[beyond]), part.isf(v[beyond])) for part in self.parts]
            low[beyond], high[beyond] = np.min(own, axis=0), np.max(own, axis=0)
        return low, high

    def _solve(self, u: Row, v: Row, lower: NDArray[np.bool_]) -> Row:
        """Return the quantile at ``u`` = 1 - ``v``, by the distribution function where ``lower``, else by the survival function."""
        shape = u.shape
        u, v, lower = u.ravel(), v.ravel(), lower.ravel()
        low, high = self._ends(u, v, lower)
        marks, to, above, below, from_ = self._marks
        if len(marks):
            # The first mark with at least u up to it: the quantile is this mark, or lies between it and the one before. Weights
            # such as 1 - 0.9 are an ulp or two off: at the edge of an atom that must not give the next value.
            reached, left = u * (1.0 - _EDGE), v * (1.0 + _EDGE)
            k = np.where(lower, np.searchsorted(to, reached, side="left"), np.searchsorted(-above, -left, side="left"))
            here, last = np.minimum(k, len(marks) - 1), len(marks)
            rises = np.where(lower, below[here] < u, from_[here] > v)
            on_mark = (k < last) & rises
            high = np.where(k < last, np.minimum(high, marks[here]), high)
            low = np.where(k > 0, np.maximum(low, marks[np.maximum(k - 1, 0)]), low)
            low = np.where(on_mark, marks[here], np.minimum(low, high))
            high = np.where(on_mark, low, np.maximum(low, high))
        return self._between(low, high, u, v, lower).reshape(shape)

    def _between(self, low: Row, high: Row, u: Row, v: Row, lower: NDArray[np.bool_]) -> Row:
        """Return the roots between ``low`` and ``high``."""
        x = low.copy()
        for mine, wanted, function in ((lower, u, self.cdf), (~lower, v, self.sf)):
            at = np.flatnonzero(mine & (low < high))
            if at.size:
                x[at] = find_roots(partial(_log_ratio, function), low[at], high[at], wanted[at])
        return x

    def encode(self) -> Encoded:
        """Return the table that ``tabulate`` makes; the only component as it encodes itself."""
        from simengine.distributions.pieces import tabulate

        return self.parts[0].encode() if len(self.parts) == 1 else tabulate(self)


def _collect(faults: list[Fault], name: str, value: Any) -> Distribution | None:
    """Return one component; keep its faults under its path."""
    try:
        return as_distribution(value)
    except ParameterError as problem:
        faults += [(name, rule) for _, rule in problem.faults]
        return None


def _collect_all(faults: list[Fault], name: str, values: Any) -> list[Any]:
    """Return the components of a list; keep their faults."""
    if isinstance(values, str) or not isinstance(values, Sequence) or len(values) == 0:
        faults.append((name, "must be a list of at least one distribution or number"))
        return []
    return [_collect(faults, f"{name}.{k}", value) for k, value in enumerate(values)]


def _keep(target: Mixed, parts: Sequence[Distribution], weights: Sequence[float], places: Sequence[str]) -> None:
    """Set the components of positive weight, normalised."""
    total = math.fsum(weights)
    kept = [k for k, weight in enumerate(weights) if weight > 0.0]
    target.parts = tuple(parts[k] for k in kept)
    target.shares = tuple(float(weights[k]) / total for k in kept)
    target.places = tuple(places[k] for k in kept)


class Mixture(Mixed):
    """A value of one of the ``components``, each chosen with its weight."""

    name: ClassVar[str] = "mixture"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("components", "distributions or numbers", kind="distributions", is_value=True),
        Parameter("weights", "their probabilities, summing to one", low=0.0, high=1.0, kind="list"),
    )

    def __init__(self, *, components: Sequence[Any], weights: Sequence[float]) -> None:
        faults: list[Fault] = []
        parts = _collect_all(faults, "components", components)
        faults += weight_faults(weights, len(parts), "components")
        if faults:
            raise ParameterError(faults)
        _keep(self, parts, weights, [f"components.{k}" for k in range(len(parts))])


class Pool(Mixed):
    """The judgements of several ``experts`` as one distribution: their weighted mean (linear opinion pool)."""

    name: ClassVar[str] = "pool"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("experts", "distributions or numbers, one per expert", kind="distributions", is_value=True),
        Parameter("weights", "their weights, summing to one; equal unless given", low=0.0, high=1.0, required=False, kind="list"),
    )

    def __init__(self, *, experts: Sequence[Any], weights: Sequence[float] | None = None) -> None:
        faults: list[Fault] = []
        parts = _collect_all(faults, "experts", experts)
        stated = [1.0 / max(len(parts), 1)] * len(parts) if weights is None else weights
        faults += weight_faults(stated, len(parts), "experts")
        if faults:
            raise ParameterError(faults)
        _keep(self, parts, stated, [f"experts.{k}" for k in range(len(parts))])


class Event(Mixed):
    """A risk that may come about: ``impact`` with this ``probability``, else 0."""

    name: ClassVar[str] = "event"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("probability", "probability of the event", low=0.0, high=1.0),
        Parameter("impact", "distribution or number when it happens", kind="distribution", is_value=True),
    )

    def __init__(self, *, probability: float, impact: Any) -> None:
        faults = range_faults(self.parameters[:1], {"probability": probability})
        part = _collect(faults, "impact", impact)
        if faults or part is None:
            raise ParameterError(faults)
        _keep(self, [as_distribution(0.0), part], [1.0 - probability, float(probability)], ["probability", "impact"])


def cut(distribution: Distribution, ends: Mapping[str, Any]) -> Distribution:
    """Return a distribution within ``ends`` (``lower``, ``upper``), a mixture as the mixture of its parts within them.

    Each part keeps the weight that it has there. So no part is known only by what the weight of the others leaves of its digits.

    Raises
    ------
    ParameterError
        As ``truncate`` does.
    """
    distribution = _listed(distribution)
    whole = truncate(distribution, ends)
    if whole is distribution or not isinstance(distribution, Mixed):
        return whole
    parts, weights, places = [], [], []
    for weight, given, place in zip(distribution.shares, distribution.parts, distribution.places, strict=True):
        part = _listed(given)
        try:
            within = cut(part, ends)
        except ParameterError:
            continue  # nothing of it, or next to nothing, lies between the ends
        parts.append(within)
        places.append(place)
        # truncate gives a Truncated, which has a share, unless nothing is cut off
        weights.append(weight * (1.0 if within is part else truncate(part, ends).share))  # type: ignore[attr-defined]
    if not parts:
        return whole
    total = math.fsum(weights)
    made = Mixture(components=parts, weights=[weight / total for weight in weights])
    made.places = tuple(place for place, weight in zip(places, weights, strict=True) if weight > 0.0)
    return made


def _listed(distribution: Distribution) -> Distribution:
    """Return a count of many values as it was written."""
    return distribution.listed if isinstance(distribution, Whole) else distribution
