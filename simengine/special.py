"""Elementary and normal-distribution functions as kernels: plain arithmetic, the same bits on every machine.

Only ``+ - * /``, ``sqrt``, comparisons and integer operations occur, so that no library function decides a result,
and every branch is a select, so that a loop over a tile of draws becomes vector code. The ``fill_`` loops spell
their small parts out because the compiler does not inline the long scalar function into a loop.

Accuracy as measured against ``scipy.special`` and numpy (tests/unit/test_special.py): ``exp`` 0.9 and ``log`` 0.9 units in the
last place (ulp), ``log1p`` 2.5 ulp, ``normal_quantile`` 1.4e-15 relative, ``normal_cdf`` 6e-16 relative (against 60 digits).
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.elementary import INFINITY, NOT_A_NUMBER, ROUND, exp, log, log1p, log_of_normal, reduced_exp, scaled
from simengine.jit import bits_float, keep_apart, kernel, rows_apart

__all__ = ["exp", "fill_normal_cdf", "fill_normal_quantile", "log", "log1p", "normal_cdf", "normal_quantile"]

_SMALLEST = 5e-324
# Where the rationals of the normal quantile (AS 241) and of the distribution function (ANORM) follow each other.
_CENTRE, _FAR_ROOT, _FAR_TAIL = 0.425, 5.0, 1.4e-11
_CENTRAL_SCORE, _FAR_SCORE = 0.66291, 5.656854249492381


@kernel
def _quantile_centre(q: float) -> tuple[float, float]:
    """Return the normal quantile at 1/2 + q for abs(q) <= 0.425 as a fraction (AS 241, PPND16, first rational)."""
    r = 0.180625 - q * q
    n = 2.5090809287301226727e3
    n = n * r + 3.3430575583588128105e4
    n = n * r + 6.7265770927008700853e4
    n = n * r + 4.5921953931549871457e4
    n = n * r + 1.3731693765509461125e4
    n = n * r + 1.9715909503065514427e3
    n = n * r + 1.3314166789178437745e2
    n = n * r + 3.3871328727963666080e0
    d = 5.2264952788528545610e3
    d = d * r + 2.8729085735721942674e4
    d = d * r + 3.9307895800092710610e4
    d = d * r + 2.1213794301586595867e4
    d = d * r + 5.3941960214247511077e3
    d = d * r + 6.8718700749205790830e2
    d = d * r + 4.2313330701600911252e1
    d = d * r + 1.0
    return q * n, d


@kernel
def _quantile_near(r: float) -> tuple[float, float]:
    """Return minus the normal quantile at v as a fraction, where r = sqrt(-ln v) - 1.6 and v >= e^-25 (AS 241, second rational)."""
    n = 7.74545014278341407640e-4
    n = n * r + 2.27238449892691845833e-2
    n = n * r + 2.41780725177450611770e-1
    n = n * r + 1.27045825245236838258e0
    n = n * r + 3.64784832476320460504e0
    n = n * r + 5.76949722146069140550e0
    n = n * r + 4.63033784615654529590e0
    n = n * r + 1.42343711074968357734e0
    d = 1.05075007164441684324e-9
    d = d * r + 5.47593808499534494600e-4
    d = d * r + 1.51986665636164571966e-2
    d = d * r + 1.48103976427480074590e-1
    d = d * r + 6.89767334985100004550e-1
    d = d * r + 1.67638483018380384940e0
    d = d * r + 2.05319162663775882187e0
    d = d * r + 1.0
    return n, d


@kernel
def _quantile_far(r: float) -> float:
    """Return minus the normal quantile at v, where r = sqrt(-ln v) - 5 and v < e^-25 (AS 241, third rational)."""
    n = 2.01033439929228813265e-7
    n = n * r + 2.71155556874348757815e-5
    n = n * r + 1.24266094738807843860e-3
    n = n * r + 2.65321895265761230930e-2
    n = n * r + 2.96560571828504891230e-1
    n = n * r + 1.78482653991729133580e0
    n = n * r + 5.46378491116411436990e0
    n = n * r + 6.65790464350110377720e0
    d = 2.04426310338993978564e-15
    d = d * r + 1.42151175831644588870e-7
    d = d * r + 1.84631831751005468180e-5
    d = d * r + 7.86869131145613259100e-4
    d = d * r + 1.48753612908506148525e-2
    d = d * r + 1.36929880922735805310e-1
    d = d * r + 5.99832206555887937690e-1
    d = d * r + 1.0
    return n / d


@kernel
def normal_quantile(u: float) -> float:
    """Return z with normal_cdf(z) = u, to 1.4e-15 relative; infinite at 0 and 1, NaN outside and for NaN.

    M. J. Wichura (1988), Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37, 477-484.
    """
    v = u if u < 0.5 else 1.0 - u
    v = v if v >= _SMALLEST else 0.5
    v = v if v <= 0.5 else 0.5
    root = math.sqrt(-log(v))
    q = v - 0.5 if u < 0.5 else 0.5 - v
    above, below = _quantile_centre(q)
    near, under = _quantile_near(root - 1.6)
    tail = near / under if root <= _FAR_ROOT else _quantile_far(root - 5.0)
    tail = -tail if u < 0.5 else tail
    z = above / below if (q if q > 0.0 else -q) <= _CENTRE else tail
    z = z if u > 0.0 else -INFINITY
    z = z if u < 1.0 else INFINITY
    z = z if u >= 0.0 else NOT_A_NUMBER
    return z if u <= 1.0 else NOT_A_NUMBER


@kernel
def fill_normal_quantile(z: NDArray[np.float64], u: NDArray[np.float64], n: int) -> None:
    """``z[i] = normal_quantile(u[i])`` for i < n, where every ``u[i]`` lies in [2^-1022, 1 - 2^-53]; the same bits.

    ``z`` and ``u`` are different rows.
    """
    keep_apart()
    rows_apart()
    far = 0
    for i in range(n):
        q = u[i] - 0.5
        root = math.sqrt(-log_of_normal(u[i] if u[i] < 0.5 else 1.0 - u[i]))
        above, below = _quantile_centre(q)
        near, under = _quantile_near(root - 1.6)
        centre = (q if q > 0.0 else -q) <= _CENTRE
        # One division for both fractions: divisions are what the loop waits for.
        value = (above if centre else near) / (below if centre else under)
        tail = -value if u[i] < 0.5 else value
        z[i] = value if centre else tail
        far |= 1 if root > _FAR_ROOT else 0
    if far:
        _fill_far_quantile(z, u, n)


@kernel
def _fill_far_quantile(z: NDArray[np.float64], u: NDArray[np.float64], n: int) -> None:
    """Do those of ``fill_normal_quantile`` that lie so far out (one in 3 · 10^10) that they have a rational of their own."""
    keep_apart()
    for i in range(n):
        if u[i] < _FAR_TAIL or 1.0 - u[i] < _FAR_TAIL:
            z[i] = normal_quantile(u[i])


@kernel
def _cdf_centre(z: float) -> tuple[float, float]:
    """Return the normal distribution function, less 1/2 and over z, as a fraction for abs(z) <= 0.66291 (Cody, ANORM, first rational)."""
    s = z if z > -1.0 else -1.0
    s = s if s < 1.0 else 1.0
    s *= s
    n = 0.065682337918207449113
    n = n * s + 2.2352520354606839287
    n = n * s + 161.02823106855587881
    n = n * s + 1067.6894854603709582
    n = n * s + 18154.981253343561249
    d = s + 47.20258190468824187
    d = d * s + 976.09855173777669322
    d = d * s + 10260.932208618978205
    d = d * s + 45507.789335026729956
    return n, d


@kernel
def _cdf_near(y: float) -> tuple[float, float]:
    """Return the tail beyond y over e^(-y^2/2) as a fraction for 0.66291 < y <= sqrt(32) (Cody, ANORM, second rational)."""
    n = 1.0765576773720192317e-8
    n = n * y + 0.39894151208813466764
    n = n * y + 8.8831497943883759412
    n = n * y + 93.506656132177855979
    n = n * y + 597.27027639480026226
    n = n * y + 2494.5375852903726711
    n = n * y + 6848.1904505362823326
    n = n * y + 11602.651437647350124
    n = n * y + 9842.7148383839780218
    d = y + 22.266688044328115691
    d = d * y + 235.38790178262499861
    d = d * y + 1519.377599407554805
    d = d * y + 6485.558298266760755
    d = d * y + 18615.571640885098091
    d = d * y + 34900.952721145977266
    d = d * y + 38912.003286093271411
    d = d * y + 19685.429676859990727
    return n, d


@kernel
def _cdf_far(y: float) -> float:
    """Return the tail beyond y over e^(-y^2/2) for y > sqrt(32) (Cody, ANORM, third rational)."""
    s = 1.0 / (y * y)
    n = 0.02307344176494017303
    n = n * s + 0.21589853405795699
    n = n * s + 0.1274011611602473639
    n = n * s + 0.022235277870649807
    n = n * s + 0.001421619193227893466
    n = n * s + 2.9112874951168792e-5
    d = s + 1.28426009614491121
    d = d * s + 0.468238212480865118
    d = d * s + 0.0659881378689285515
    d = d * s + 0.00378239633202758244
    d = d * s + 7.29751555083966205e-5
    return (0.39894228040143267794 - s * (n / d)) / y


@kernel
def _half_square_exp(y: float) -> tuple[float, int]:
    """e^(-y^2/2) for 0 <= y < 38.6, reduced; y is split so that the square of its first part is exact."""
    first = (y * 1024.0 + ROUND - ROUND) * 0.0009765625
    return reduced_exp(-0.5 * first * first, -0.5 * ((y - first) * (y + first)))


@kernel
def _cdf_argument(z: float) -> float:
    """``abs(z)`` held to the range [0.5, 38.6] that the tails are computed on; 38.6 for NaN."""
    y = z if z > 0.0 else -z
    y = y if y < 38.6 else 38.6
    return y if y > 0.5 else 0.5


@kernel
def normal_cdf(z: float) -> float:
    """Return the probability that a standard normal variable is below z, to 6e-16 relative for every z; NaN for NaN.

    W. J. Cody (1969), Rational Chebyshev approximation for the error function, Math. Comp. 23, 631-637, in the form of his
    routine ANORM (Algorithm 715: SPECFUN, ACM Trans. Math. Softw. 19, 1993, 22-32).
    """
    y = _cdf_argument(z)
    mantissa, power = _half_square_exp(y)
    scale = scaled(mantissa, power)
    above, below = _cdf_centre(z)
    near, under = _cdf_near(y)
    tail = scale * (near / under) if y <= _FAR_SCORE else scale * _cdf_far(y)
    tail = tail if z < 0.0 else 1.0 - tail
    value = 0.5 + z * (above / below) if y <= _CENTRAL_SCORE else tail
    return value if z == z else z  # NaN


@kernel
def fill_normal_cdf(u: NDArray[np.float64], z: NDArray[np.float64], n: int) -> None:
    """``u[i] = normal_cdf(z[i])`` for i < n, held inside [2^-53, 1 - 2^-53]; NaN gives NaN. ``u`` and ``z`` are different rows."""
    keep_apart()
    rows_apart()
    far = 0
    for i in range(n):
        y = _cdf_argument(z[i])
        mantissa, power = _half_square_exp(y)
        above, below = _cdf_centre(z[i])
        near, under = _cdf_near(y)
        centre = y <= _CENTRAL_SCORE
        # One division for both fractions: divisions are what the loop waits for.
        value = (above if centre else near) / (below if centre else under)
        # One factor is enough: what lies so far out that the exponential underflows is done below.
        tail = mantissa * bits_float((power + 1023) << 52) * value
        tail = tail if z[i] < 0.0 else 1.0 - tail
        u[i] = 0.5 + z[i] * value if centre else tail
        far |= 1 if y > _FAR_SCORE else 0
    if far:
        _fill_far_cdf(u, z, n)


@kernel
def _fill_far_cdf(u: NDArray[np.float64], z: NDArray[np.float64], n: int) -> None:
    """Do those of ``fill_normal_cdf`` that lie beyond sqrt(32) (one in 6 · 10^7), and NaN."""
    keep_apart()
    for i in range(n):
        if not -_FAR_SCORE <= z[i] <= _FAR_SCORE:
            value = normal_cdf(z[i])
            value = value if value > 1.1102230246251565e-16 else 1.1102230246251565e-16
            value = value if value < 0.9999999999999999 else 0.9999999999999999
            u[i] = value if z[i] == z[i] else z[i]  # NaN
