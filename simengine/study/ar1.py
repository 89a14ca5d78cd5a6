"""An AR(1) path that starts from a known value: the mean of each year given the start.

With F_t the distribution of year t, z_0 = Phi^-1(F_1(start)) and z_t = rho_t z_(t-1) + sqrt(1 - rho_t^2) e_t, the score of year t is
normal with mean z_0 * prod rho and variance 1 - (prod rho)^2, and x_t = F_t^-1(Phi(z_t)).
"""

import math
from collections.abc import Sequence
from typing import Any

_REACH = 12.0
"""Standard deviations of the score on either side of its mean: what lies beyond has a probability below 1e-32."""
_NODES = 32
_PANEL = 1.0


def conditional_means(start: float, score: float, rho: Sequence[float], built: Sequence[Any]) -> tuple[float, ...] | None:
    """The mean of each year's value given the value of the base year; None where the start has no score or a mean is not finite.

    ``score`` is the normal score z_0 of ``start``; ``built`` holds one distribution or one per year. Closed form for the normal family,
    else by quadrature.
    """
    from simengine.distributions.normal import Normal

    left, found = 1.0, []
    for year, correlation in enumerate(rho):
        one, first = built[year if len(built) > 1 else 0], built[0]
        left *= correlation
        if isinstance(one, Normal) and isinstance(first, Normal) and first.sd > 0.0:
            ratio = 1.0 if one.sd == first.sd else one.sd / first.sd
            found.append(one.mean() + ratio * (start - first.mean()) * left)
        elif math.isfinite(score):
            found.append(_mean_at(one, score * left, 1.0 - left * left))
        else:
            return None
    return tuple(found) if all(math.isfinite(value) for value in found) else None


def _mean_at(built: Any, mean: float, variance: float) -> float:
    """E[F^-1(Phi(N(mean, variance)))] by Gauss-Legendre rules on panels split where the distribution is not smooth."""
    import numpy as np

    from simengine.distributions.base import rounded

    sd = math.sqrt(variance)
    if sd == 0.0:
        return float(rounded(float(_value_at(built, np.array([mean]))[0])))
    low, high = mean - _REACH * sd, mean + _REACH * sd
    kinks = [z for z in _kinks(built) if low < z < high]
    edges = np.array([low, *kinks, high])
    # Panels of at most one standard deviation.
    parts = [np.linspace(a, b, max(2, math.ceil((b - a) / (_PANEL * sd)) + 1)) for a, b in zip(edges, edges[1:], strict=False)]
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    total = 0.0
    for part in parts:
        half, middle = np.diff(part)[:, None] / 2, (part[:-1] + part[1:])[:, None] / 2
        z = (middle + half * points).ravel()
        density = np.exp(-0.5 * ((z - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
        total += math.fsum(((half * weights).ravel() * density * _value_at(built, z)).tolist())
    return float(rounded(total))


def _value_at(built: Any, z: Any) -> Any:
    """The quantile at a normal score, from the nearer tail."""
    import numpy as np
    from scipy.special import ndtr

    found = np.empty_like(z)
    upper = z > 0.0
    found[~upper] = built.quantile(ndtr(z[~upper]))
    found[upper] = built.isf(ndtr(-z[upper]))
    return found


def _kinks(built: Any) -> list[float]:
    """Normal scores at which the quantile is not smooth, rising."""
    import numpy as np
    from scipy.special import ndtri

    places = np.array(sorted({*built.breaks(), *(value for value, _ in built.atoms())}))
    if not places.size:
        return []
    below, above = built.cdf(places), built.sf(places)
    scores = np.where(below < above, ndtri(below), -ndtri(above))
    return sorted({float(z) for z in scores if math.isfinite(z)})
