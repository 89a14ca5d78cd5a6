"""Poisson with a mean that varies by draw: the noise of a line of counts, by inversion.

Up to mean 1000 the result is the exact quantile: up to mean 8 the probabilities are summed from 0; above, the Cornish-Fisher
expansion settles the value unless it is so near to a whole number that its error could matter, where the distribution function
is summed from the smaller side. Above mean 1000 the expansion alone decides, with an error in u below 1e-10.

The expansion is that of the real x with Q(x + 1, mean) = u, Q the upper incomplete gamma function, in powers of 1/sqrt(mean) at
the normal score of u; the quantile is x rounded up. Method: Giles 2016, ACM Transactions on Mathematical Software 42(1), article
7 (Algorithm 955); the coefficients here were derived anew, in exact fractions, from the differential equation
f(y) y'(z) = phi(z) of the gamma quantile and an inversion of the series for its shape.
"""

import math

from simengine.distributions.base import Row
from simengine.jit import kernel
from simengine.special import exp, fill_normal_quantile, log

#: Up to this mean quantiles are exact.
EXACT_TO = 1000.0

_SUMMED_TO = 8.0
_NAN = math.nan
_TWO_PI = 6.283185307179586


@kernel
def poisson_deviate(w: float, root: float) -> float:
    """Return x - mean where Q(x + 1, mean) is the probability of the normal score ``w``; ``root`` is sqrt(mean)."""
    s = w * w
    e = 1.0 / root
    q8 = ((((1755.0 * s + 6321.0) * s - 87147.0) * s - 39281.0) * s + 21632.0) * (1.0 / 13778100.0)
    q7 = w * ((((-303399.0 * s - 994674.0) * s + 10591636.0) * s + 2198936.0) * (1.0 / 1175731200.0))
    q6 = (((228.0 * s + 675.0) * s - 5189.0) * s - 256.0) * (1.0 / 408240.0)
    q5 = w * (((-207.0 * s - 548.0) * s + 2684.0) * (1.0 / 155520.0))
    q4 = ((3.0 * s + 7.0) * s - 16.0) * (1.0 / 810.0)
    q3 = w * ((-s - 2.0) * (1.0 / 72.0))
    tail = ((((q8 * e + q7) * e + q6) * e + q5) * e + q4) * e + q3
    return root * w + ((s - 4.0) * (1.0 / 6.0) + e * tail)


@kernel
def fill_poisson_deviate(x: Row, w: Row, root: float, n: int) -> None:
    """``x[i]`` = ``poisson_deviate`` at ``w[i]``, i < n."""
    for i in range(n):
        x[i] = poisson_deviate(w[i], root)


@kernel
def _small(u: float, mean: float) -> float:
    """Return the quantile for 0 < mean <= 8: probabilities summed from 0 on."""
    k = 0.0
    p = exp(-mean)
    total = p
    # Beyond 128 all that is left is below 1e-60.
    while total < u and k < 128.0:
        k += 1.0
        p *= mean / k
        total += p
    return k


@kernel
def _log_rest(k: float, mean: float) -> float:
    """Return ln(k!) - (k ln mean - mean) - ln sqrt(2 pi k) for k >= 16: Stirling's series and the deviance.

    C. Loader 2000, Fast and accurate computation of binomial probabilities (the saddle-point form).
    """
    r = 1.0 / k
    q = r * r
    stirling = r * (
        0.08333333333333333
        - q * (0.002777777777777778 - q * (0.0007936507936507937 - q * (0.0005952380952380953 - q * 0.0008417508417508417)))
    )
    d = (k - mean) / (k + mean)
    s = d * d
    if s < 0.01:
        # k ln(k/mean) = 2 k artanh(d), its first term taken together with mean - k.
        odd = 0.06666666666666667 + s * 0.058823529411764705
        odd = 0.07692307692307693 + s * odd
        odd = 0.09090909090909091 + s * odd
        odd = 0.1111111111111111 + s * odd
        odd = 0.14285714285714285 + s * odd
        odd = s * (0.3333333333333333 + s * (0.2 + s * odd))
        return stirling + (k - mean) * d + 2.0 * k * d * odd
    return stirling + (k * log(k / mean) + (mean - k))


@kernel
def _probability(k: float, mean: float) -> float:
    """Return the probability of ``k`` for a mean in (8, 1000]; below k = 16 by the product."""
    if k >= 16.0:
        return exp(-_log_rest(k, mean)) / math.sqrt(_TWO_PI * k)
    p = exp(-mean)
    j = 1.0
    while j <= k:
        p *= mean / j
        j += 1.0
    return p


@kernel
def _cumulated(k: float, mean: float, p: float) -> float:
    """Return P(X <= k), given the probability ``p`` of ``k``: summed on the side of ``k`` away from the mean."""
    term = p
    total = 0.0
    j = k
    if k < mean:
        while term > 1e-17 * total and j >= 0.0:
            total += term
            term *= j / mean
            j -= 1.0
        return total
    while True:
        j += 1.0
        term *= mean / j
        if term <= 1e-17 * p:
            return 1.0 - total
        total += term


@kernel
def _settle(u: float, mean: float, start: float) -> float:
    """Return the smallest k with P(X <= k) >= u, walking from the whole number ``start`` >= 0."""
    k = start
    p = _probability(k, mean)
    total = _cumulated(k, mean, p)
    if total >= u:
        while k > 0.0 and total - p >= u:
            total -= p
            p *= k / mean
            k -= 1.0
        return k
    # Where p no longer shows beside the sum, nothing is left above.
    while total < u and p > 1e-20:
        k += 1.0
        p *= mean / k
        total += p
    return k


@kernel
def poisson_quantile(u: float, w: float, mean: float) -> float:
    """Return the quantile at ``u``, whose normal score is ``w``; NaN for a mean that is negative, infinite or NaN."""
    if not 0.0 <= mean < math.inf:
        return _NAN
    if mean <= _SUMMED_TO:
        return _small(u, mean) if mean > 0.0 else 0.0
    root = math.sqrt(mean)
    place = mean + poisson_deviate(w, root)
    place = place if place > 0.0 else 0.0
    if mean <= EXACT_TO:
        nearest = math.floor(place + 0.5)
        gap = place - nearest if place > nearest else nearest - place
        size = (w if w > 0.0 else -w) + 2.0
        cube = size / root * size * size
        # The bound of the expansion's error that was measured, times at least 1.6.
        if gap < 1e-4 * cube * cube * cube / (mean * mean):
            return _settle(u, mean, nearest)
    return math.ceil(place)


@kernel
def fill_poisson(x: Row, u: Row, mean: Row, n: int) -> None:
    """``x[i]`` = Poisson quantile of ``u[i]`` at ``mean[i]``, i < n; ``x`` is no other row.

    Every ``u[i]`` lies in [2^-1022, 1 - 2^-53]. Mean 0 gives 0; a mean that is negative, infinite or NaN gives NaN.
    """
    fill_normal_quantile(x, u, n)
    for i in range(n):
        x[i] = poisson_quantile(u[i], x[i], mean[i])
