"""A distribution taken apart: stretches of probability on which its quantile is smooth, and its atoms.

Each half of the probabilities is counted from its own tail (p = u below the median, p = 1 - u above), so that a stretch far out in
a tail is known to the same relative accuracy as one in the middle. Moments by quadrature over these stretches.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from simengine.distributions.base import Distribution, Row, rounded

#: Probabilities below this are never drawn: a uniform is a multiple of 2^-53.
_UNREACHED = 2.0**-54
# Atoms of this much probability leave no other values, only rounding.
_ALL = 1.0 - 2.0**-40
# A stretch that reaches from p to more than this many times p is cut, so that its place 2^-37 from the end is near p in proportion.
_LARGEST_RATIO = 64.0
_OCTAVES = 64
# The stated accuracy in u, absolute and in proportion to the nearer tail.
_SHORT: Final = 1e-10
_SHORT_IN_TAIL: Final = 1e-8
# A leap of this part of a stretch at its very end is no shape to follow.
_LEAP: Final = 1e-3
# Rounding of a table, as a part of its stretch.
_OVERSHOT: Final = 1e-9
# Rounding of a probability at the end of a stretch.
_ROUNDED: Final = 2.0**-43
# More stretches than this are no longer integrated one by one.
_MANY: Final = 512
# Where a tail's power is read off; reference functions lose it further out.
_DEEP: Final = (40, 80)


class Segment(NamedTuple):
    """A stretch of probabilities ``near`` < p < ``far`` <= 1/2, counted from the upper tail when ``upper``.

    ``x_near`` and ``x_far`` are the values at its ends (``x_near`` may be infinite); both are the value of an atom.
    """

    upper: bool
    near: float
    far: float
    x_near: float
    x_far: float

    @property
    def is_atom(self) -> bool:
        """Whether every probability of the stretch has the same value."""
        return self.x_near == self.x_far

    def values(self, distribution: Distribution, p: Row) -> Row:
        """Return the values at the probabilities ``p``, held to those of the ends."""
        x = distribution.isf(p) if self.upper else distribution.quantile(p)
        return np.clip(x, min(self.x_near, self.x_far), max(self.x_near, self.x_far))

    def held(self, x: Row) -> Row:
        """Return values of a table with those that overshoot an end by no more than its rounding put inside the stretch.

        A value a hair beyond an atom at the end is no error in value, but one of the atom's whole weight in probability.
        """
        low, high = min(self.x_near, self.x_far), max(self.x_near, self.x_far)
        # The ends of the stretch are rounded: of a short one that is a larger part.
        part = max(_OVERSHOT, _ROUNDED * self.far / (self.far - self.near))
        slack = part * (high - low) if math.isfinite(high - low) else 0.0
        x = np.where((x < low) & (x >= low - slack), low, x)
        return np.asarray(np.where((x >= high) & (x <= high + slack), np.nextafter(high, low), x), np.float64)

    def closed(self) -> "Segment":
        """Return a stretch so short that any of its values serves all of it as an atom: rounding leaves no shape to follow there."""
        short = self.far - self.near <= 0.5 * min(_SHORT, _SHORT_IN_TAIL * self.near)
        return self._replace(x_far=self.x_near) if short and math.isfinite(self.x_near) else self

    def cut(self, p: float, x: float) -> tuple["Segment", "Segment"]:
        """Return the two parts on either side of the probability ``p`` with value ``x``."""
        return self._replace(far=p, x_far=x), self._replace(near=p, x_near=x)


def segments(distribution: Distribution) -> list[Segment]:
    """Return the stretches of positive probability: those below the median rising, then those above it, from the upper end inwards."""
    low, high = distribution.support()
    weights = dict(distribution.atoms())
    atoms = weights.keys()
    marks = np.array(sorted(x for x in {low, high, *distribution.breaks(), *atoms} if math.isfinite(x) and low <= x <= high))
    before = np.nextafter(marks, -math.inf)
    with np.errstate(all="ignore"):
        ends = [
            np.array([rounded(p) for p in side.tolist()])
            for side in (distribution.cdf(before), distribution.sf(before), distribution.cdf(marks), distribution.sf(marks))
        ]
    middle = rounded(float(distribution.quantile(np.array([0.5]))[0]))
    found: list[Segment] = []
    last = (0.0, 1.0, low)
    for mark, below, from_, to, above in zip(marks.tolist(), *(side.tolist() for side in ends), strict=True):
        is_atom = mark in atoms
        # Rounding shall leave no probability beyond the ends.
        start = (below if is_atom else to, from_ if is_atom else above, mark) if mark > low else (0.0, 1.0, mark)
        end = ((to, above, mark) if is_atom else start) if mark < high else (1.0, 0.0, mark)
        if mark > last[2]:
            found += _halves(last, start if is_atom else end, middle)
        if is_atom:
            found += _halves(start, end, mark)
        last = end
    if high > last[2]:
        found += _halves(last, (1.0, 0.0, high), middle)
    if math.fsum(weights.values()) > _ALL:
        found = [segment for segment in found if segment.is_atom]
    lower = [segment for segment in found if not segment.upper]
    return lower + [segment for segment in reversed(found) if segment.upper]


def _halves(start: tuple[float, float, float], end: tuple[float, float, float], middle: float) -> list[Segment]:
    """Return the stretch between two ends (u, 1 - u, value), cut at the median, whose value is ``middle``."""
    (u, v, x), (to_u, to_v, to_x) = start, end
    found = []
    if u < 0.5 and u < to_u and to_u > _UNREACHED:
        found += [Segment(False, u, min(to_u, 0.5), x, to_x if to_u <= 0.5 else min(max(middle, x), to_x))]
    if to_v < 0.5 and to_v < v and v > _UNREACHED:
        found += [Segment(True, to_v, min(v, 0.5), to_x, x if v <= 0.5 else min(max(middle, x), to_x))]
    return found


def inside(distribution: Distribution, parts: Sequence[Segment]) -> list[Segment]:
    """Return stretches between atoms with the values just inside their ends, where the quantile leaps from the atom within rounding.

    The density of a continuous part may be next to nothing beside an atom: the values between are then never drawn.
    """
    edges = {k: 0.25 * min(_SHORT, _SHORT_IN_TAIL * part.near) for k, part in enumerate(parts) if _has_ends(part)}
    edges = {k: edge for k, edge in edges.items() if parts[k].far - parts[k].near > 4.0 * edge}
    found = list(parts)
    for upper, function in ((False, distribution.quantile), (True, distribution.isf)):
        chosen = [k for k in edges if parts[k].upper == upper]
        if chosen:
            # One call for all of them: a root of a mixture each, found together.
            x = function(np.array([(parts[k].near + edges[k], parts[k].far - edges[k]) for k in chosen]))
            for k, (near, far) in zip(chosen, x.tolist(), strict=True):
                found[k] = _leapt(parts[k], near, far, edges[k])
    return found


def _has_ends(part: Segment) -> bool:
    """Whether a stretch lies between two values, away from the end of the tail."""
    return not part.is_atom and part.near > 0.0 and math.isfinite(part.x_near + part.x_far)


def _leapt(part: Segment, near: float, far: float, edge: float) -> Segment:
    """Return a stretch with these values at ``edge`` inside its ends, where they are far from those at its ends."""
    low, high = min(part.x_near, part.x_far), max(part.x_near, part.x_far)
    near, far = (rounded(min(max(x, low), high)) for x in (near, far))
    # On a stretch that is little more than its edges the values there differ though it is a straight line.
    leap = max(_LEAP, 8.0 * edge / (part.far - part.near)) * (high - low)
    x_near = near if abs(near - part.x_near) > leap else part.x_near
    return part._replace(x_near=x_near, x_far=far if abs(far - part.x_far) > leap else part.x_far)


def spread(segment: Segment, distribution: Distribution) -> list[Segment]:
    """Return the segment in parts whose ends are not too far apart in proportion."""
    parts = []
    while segment.near > 2.0**-40 and segment.far > _LARGEST_RATIO * segment.near and not segment.is_atom:
        p = 0.5 * _LARGEST_RATIO * segment.near
        part, segment = segment.cut(p, rounded(float(segment.values(distribution, np.array([p]))[0])))
        parts.append(part)
    return [*parts, segment]


def moments(distribution: Distribution, finite: tuple[bool, bool]) -> tuple[float, float]:
    """Return mean and variance by quadrature over the probabilities, rounded; ``finite`` tells which are known to be finite.

    Gauss-Legendre with 20 points on octaves towards both ends of every stretch; a tail that falls as a power is followed down to
    2^-1000. A moment that a tail leaves infinite is infinite (NaN where both tails do); the variance of such a mean is NaN.
    """
    whole = segments(distribution)
    # Very many stretches between breaks: each is so short that one rule without octaves serves it.
    short = [k for k, part in enumerate(whole) if len(whole) > _MANY and _has_ends(part)]
    parts = [_weighted(whole[k], distribution) for k in sorted(set(range(len(whole))) - set(short))]
    parts += [_short_weighted([whole[k] for k in short], distribution)] if short else []
    x, weight = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    tails = [(False, False) if known else _divergence(distribution, power) for known, power in zip(finite, (1, 2), strict=True)]
    if any(tails[0]):
        lower, upper = tails[0]
        return (math.nan if lower and upper else math.copysign(math.inf, upper - 0.5)), math.nan
    if x.min() == x.max():
        return float(x[0]), 0.0
    # Relative to a value in the middle, so that nothing cancels.
    centre = float(x[np.argmin(np.abs(np.cumsum(weight) - 0.5))])
    total = float(weight.sum())
    shift = float(((x - centre) * weight).sum()) / total
    mean = rounded(centre + shift)
    if any(tails[1]):
        return mean, math.inf
    return mean, rounded(float(((x - centre - shift) ** 2 * weight).sum()) / total)


def _weighted(segment: Segment, distribution: Distribution) -> tuple[Row, Row]:
    """Return values and weights of the quadrature over one stretch."""
    length = segment.far - segment.near
    if segment.is_atom:
        return np.array([segment.x_near]), np.array([length])
    with np.errstate(all="ignore"):
        w, weight = _octave_rule(_OCTAVES)
        p, weights = [segment.far - w * length], [weight * length]
        if not math.isfinite(segment.x_near) and segment.near == 0.0:
            edge = 2.0**-_OCTAVES
            x = segment.values(distribution, length * np.array([edge, 0.25, 1.0]))
            if edge * abs(x[0] - x[2]) > 1e-17 * abs(x[1] - x[2]):
                w, weight = _octave_rule(1000)
        p.append(segment.near + w * length)
        weights.append(weight * length)
        x = segment.values(distribution, np.concatenate(p))
    # So far out that the reference function gives up.
    known = np.isfinite(x)
    return x[known], np.concatenate(weights)[known]


def _short_weighted(parts: Sequence[Segment], distribution: Distribution) -> tuple[Row, Row]:
    """Return values and weights of Gauss-Legendre with 8 points on each stretch, rising; one call for each tail."""
    node, weight = np.polynomial.legendre.leggauss(8)
    ends = np.array([(part.near, part.far, min(part.x_near, part.x_far), max(part.x_near, part.x_far)) for part in parts])
    half, upper = 0.5 * (ends[:, 1:2] - ends[:, :1]), np.array([part.upper for part in parts])
    p = 0.5 * (ends[:, 1:2] + ends[:, :1]) + half * node
    x = np.empty_like(p)
    x[~upper], x[upper] = distribution.quantile(p[~upper]), distribution.isf(p[upper])
    return np.clip(x, ends[:, 2:3], ends[:, 3:]).ravel(), (half * weight).ravel()


def _octave_rule(octaves: int) -> tuple[Row, Row]:
    """Return points and weights on (2^-octaves, 1/2), rising towards the end at 0."""
    node, weight = np.polynomial.legendre.leggauss(20)
    edge = 2.0 ** -np.arange(1.0, octaves + 1.0)
    half = (edge[:-1] - edge[1:])[:, None] / 2.0
    points = (edge[:-1] + edge[1:])[:, None] / 2.0 + half * node
    return points.ravel(), (half * weight).ravel()


def _divergence(distribution: Distribution, power: int) -> tuple[bool, bool]:
    """Tell whether the lower and the upper tail leave the mean of x^power infinite: p |x|^power does not fall with p."""
    low, high = distribution.support()
    p = np.array([2.0**-depth for depth in _DEEP])
    found = []
    with np.errstate(all="ignore"):
        for end, values in ((low, distribution.quantile), (high, distribution.isf)):
            if math.isfinite(end):
                found.append(False)
                continue
            size = power * np.log2(np.abs(values(p))) - np.array(_DEEP)
            found.append(not size[1] < size[0] - 0.01)
    return found[0], found[1]
