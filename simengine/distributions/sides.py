"""Tables of a continuous family with at least one finite end: each half is measured from where its values are resolved.

The coefficients of an inverse table have 44 bits. A half whose values run over orders of magnitude towards an end is therefore
tabulated as the distance from that end; one that stays far from both, compared with its own width, as the deviation from the
median.
"""

import math
from collections.abc import Callable

import numpy as np

from simengine.distributions.base import TABLE, Encoded, Row, rounded
from simengine.distributions.inverse_table import coefficients, table_points

#: ``distance(v, upper, from_high)``: how far the quantile at u = v (or at u = 1 - v when ``upper``) lies from the lower or the
#: higher end, in units of the scale, for v in (0, 1/2].
Distance = Callable[[Row, bool, bool], Row]

# Values that run over less than this factor towards an end are measured from the median.
_FACTOR = 2.0


def encode_sides(support: tuple[float, float], scale: float, distance: Distance) -> Encoded:
    """Encode as TABLE; arguments: place and (signed) scale of the lower half, then of the upper half."""
    low, high = (_half(support, scale, distance, upper=upper) for upper in (False, True))
    return Encoded(TABLE, (*low[0], *high[0]), np.concatenate([low[1], high[1]]))


def _half(support: tuple[float, float], scale: float, distance: Distance, *, upper: bool) -> tuple[tuple[float, float], Row]:
    """Return place, signed scale and coefficients of one half."""
    points = table_points()
    ends = [(end, from_high) for end, from_high in zip(support, (False, True), strict=True) if math.isfinite(end)]
    found = [(distance(points, upper, from_high), end, from_high) for end, from_high in ends]
    values, end, from_high = max(found, key=lambda item: _run(item[0]))
    signed = -scale if from_high else scale
    if _run(values) > math.log(_FACTOR):
        return (end, signed), coefficients(values).ravel()
    middle = rounded(float(distance(np.array([0.5]), upper, from_high)[0]))
    return (end + signed * middle, signed), coefficients(values - middle).ravel()


def _run(distances: Row) -> float:
    """Return by what factor (its logarithm) the distances change between the median and the far tail."""
    far, near = float(distances[-1, -1]), float(distances[0, 0])
    return abs(math.log(far / near)) if far > 0.0 and near > 0.0 else math.inf


def by_halves(u: Row, support: tuple[float, float], scale: float, distance: Distance) -> Row:
    """Return the quantile at ``u`` in (0, 1): from the nearer end on each half, from the finite one where there is one only."""
    u = np.asarray(u, np.float64)
    flat = u.ravel()
    below = flat < 0.5
    x = np.empty(flat.shape)
    for upper, chosen, v in ((False, below, flat), (True, ~below, 1.0 - flat)):
        x[chosen] = _from_near(v[chosen], support, scale, distance, upper=upper)
    return x.reshape(u.shape)


def by_upper_halves(v: Row, support: tuple[float, float], scale: float, distance: Distance) -> Row:
    """Return the value exceeded with probability ``v`` in (0, 1): as ``by_halves`` at u = 1 - v, but exact for small v."""
    v = np.asarray(v, np.float64)
    flat = v.ravel()
    above = flat <= 0.5
    x = np.empty(flat.shape)
    for upper, chosen, share in ((True, above, flat), (False, ~above, 1.0 - flat)):
        x[chosen] = _from_near(share[chosen], support, scale, distance, upper=upper)
    return x.reshape(v.shape)


def _from_near(v: Row, support: tuple[float, float], scale: float, distance: Distance, *, upper: bool) -> Row:
    """Return quantiles of one half from the end to which they are nearer."""
    if v.size == 0:
        return v
    low, high = support
    if not math.isfinite(high):
        return low + scale * distance(v, upper, False)
    if not math.isfinite(low):
        return high - scale * distance(v, upper, True)
    from_low, from_high = distance(v, upper, False), distance(v, upper, True)
    return np.asarray(np.where(from_low <= from_high, low + scale * from_low, high - scale * from_high), np.float64)
