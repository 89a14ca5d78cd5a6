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

from simengine.jit import bits_float, float_bits, kernel

INFINITY = math.inf
NOT_A_NUMBER = math.nan

# ln 2 in two parts; the first has 32 trailing zero bits, so its product with any binary exponent is exact.
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.4426950408889634
# Adding 1.5 * 2^52 rounds to a whole number, which then stands in the low bits of the sum.
_ROUND = 6755399441055744.0
_ROUND_BITS = 0x4338000000000000
_EXP_LARGEST = 709.782712893384
_EXP_SMALLEST = -745.1332191019412
_SMALLEST_NORMAL = 2.2250738585072014e-308
_SMALLEST = 5e-324
_TWO_54 = 18014398509481984.0
# Bits of sqrt(1/2): mantissas are taken in [sqrt(1/2), sqrt(2)).
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD


@kernel
def _exp_parts(high: float, low: float) -> float:
    """e^(high + low) for -746 < high < 710 and abs(low) < 0.05; gradual underflow included.

    Reduction by multiples of ln 2, then the Taylor polynomial of degree 13 on abs(r) < 0.37 (truncation below 1e-17).
    """
    shifted = high * _LOG2_E + _ROUND
    times = shifted - _ROUND
    power = float_bits(shifted) - _ROUND_BITS
    head = high - times * _LN2_HIGH
    tail = times * _LN2_LOW - low
    r = head - tail
    p = 1.605904383682161e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    mantissa = 1.0 - ((tail - r * r * p) - head)
    # Two factors, so that a result below the normal range is rounded once, by the last product.
    half = power >> 1
    return mantissa * bits_float((half + 1023) << 52) * bits_float((power - half + 1023) << 52)


@kernel
def exp(x: float) -> float:
    """e^x to 1 ulp; infinity above 709.78, gradual underflow to 0 below -708.4, NaN for NaN."""
    y = x if x < _EXP_LARGEST else _EXP_LARGEST
    y = y if y > _EXP_SMALLEST else _EXP_SMALLEST
    value = _exp_parts(y, 0.0)
    value = value if x <= _EXP_LARGEST else INFINITY
    value = value if x >= _EXP_SMALLEST else 0.0
    return x if x != x else value  # NaN


@kernel
def _log_normal(x: float) -> float:
    """Natural logarithm of a positive, finite, not subnormal number (fdlibm's e_log.c, Sun Microsystems 1993)."""
    bits = float_bits(x)
    power = (bits - _SQRT_HALF_BITS) >> 52
    f = bits_float(bits - (power << 52)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (w * (w * 1.531383769920937332e-01 + 2.222219843214978396e-01) + 3.999999999940941908e-01)
    odd = z * (w * (w * (w * 1.479819860511658591e-01 + 1.818357216161805012e-01) + 2.857142874366239149e-01) + 6.666666666666735130e-01)
    half = 0.5 * f * f
    exponent = float(power)
    return exponent * _LN2_HIGH - ((half - (s * (half + (even + odd)) + exponent * _LN2_LOW)) - f)


@kernel
def log(x: float) -> float:
    """Natural logarithm to 1 ulp, subnormal numbers included; -infinity at 0, NaN below 0 and for NaN."""
    y = x if x > 0.0 else 1.0
    y = y if y < INFINITY else 1.0
    small = y < _SMALLEST_NORMAL
    y = y * _TWO_54 if small else y
    value = _log_normal(y)
    # 54 ln 2, taken off where the argument was scaled up.
    value = value - 37.429947750237046 if small else value
    value = value if x < INFINITY else x
    value = value if x > 0.0 else -INFINITY
    return value if x >= 0.0 else NOT_A_NUMBER


@kernel
def log1p(x: float) -> float:
    """ln(1 + x) to 2.5 ulp for x >= 0, also where x is far below 1 (Kahan's correction of the rounding of 1 + x)."""
    y = x if x < INFINITY else 1.0
    sum_ = 1.0 + y
    kept = sum_ - 1.0
    value = _log_normal(sum_) * (y / (kept if kept > 0.0 else 1.0))
    value = value if kept > 0.0 else x
    return value if x < INFINITY else x


@kernel
def _quantile_centre(q: float) -> float:
    """Return the normal quantile at 1/2 + q for abs(q) <= 0.425 (AS 241, PPND16, first rational)."""
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
    return q * n / d


@kernel
def _quantile_near(r: float) -> float:
    """Return minus the normal quantile at v, where r = sqrt(-ln v) - 1.6 and v >= e^-25 (AS 241, second rational)."""
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
    return n / d


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
def _quantile_join(u: float, centre: float, root: float, near: float, far: float) -> float:
    """Choose among the three rationals of AS 241 and give the sign."""
    tail = near if root <= 5.0 else far
    tail = -tail if u < 0.5 else tail
    q = u - 0.5
    return centre if (q if q > 0.0 else -q) <= 0.425 else tail


@kernel
def normal_quantile(u: float) -> float:
    """Return z with normal_cdf(z) = u, to 1.4e-15 relative; infinite at 0 and 1, NaN outside and for NaN.

    M. J. Wichura (1988), Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37, 477-484.
    """
    v = u if u < 0.5 else 1.0 - u
    v = v if v >= _SMALLEST else 0.5
    v = v if v <= 0.5 else 0.5
    root = math.sqrt(-log(v))
    z = _quantile_join(u, _quantile_centre(v - 0.5 if u < 0.5 else 0.5 - v), root, _quantile_near(root - 1.6), _quantile_far(root - 5.0))
    z = z if u > 0.0 else -INFINITY
    z = z if u < 1.0 else INFINITY
    z = z if u >= 0.0 else NOT_A_NUMBER
    return z if u <= 1.0 else NOT_A_NUMBER


@kernel
def fill_normal_quantile(z: NDArray[np.float64], u: NDArray[np.float64], n: int) -> None:
    """``z[i] = normal_quantile(u[i])`` for i < n, where every ``u[i]`` lies in [2^-1022, 1 - 2^-53]; the same bits."""
    for i in range(n):
        v = u[i] if u[i] < 0.5 else 1.0 - u[i]
        root = math.sqrt(-_log_normal(v))
        z[i] = _quantile_join(u[i], _quantile_centre(u[i] - 0.5), root, _quantile_near(root - 1.6), _quantile_far(root - 5.0))


@kernel
def _cdf_centre(z: float) -> float:
    """Return the normal distribution function for abs(z) <= 0.66291 (Cody, ANORM, first rational)."""
    s = z * z
    n = 0.065682337918207449113
    n = n * s + 2.2352520354606839287
    n = n * s + 161.02823106855587881
    n = n * s + 1067.6894854603709582
    n = n * s + 18154.981253343561249
    d = s + 47.20258190468824187
    d = d * s + 976.09855173777669322
    d = d * s + 10260.932208618978205
    d = d * s + 45507.789335026729956
    return 0.5 + z * (n / d)


@kernel
def _cdf_near(y: float) -> float:
    """Return the tail beyond y over e^(-y^2/2) for 0.66291 < y <= sqrt(32) (Cody, ANORM, second rational)."""
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
    return n / d


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
def _half_square_exp(y: float) -> float:
    """e^(-y^2/2) for 0 <= y < 38.6: y is split so that the square of its first part is exact."""
    first = (y * 1024.0 + _ROUND - _ROUND) * 0.0009765625
    return _exp_parts(-0.5 * first * first, -0.5 * ((y - first) * (y + first)))


@kernel
def _cdf_join(z: float, y: float, centre: float, near: float, far: float) -> float:
    """Choose among the three rationals and the side."""
    tail = near if y <= 5.656854249492381 else far
    tail = tail if z < 0.0 else 1.0 - tail
    return centre if y <= 0.66291 else tail


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
    scale = _half_square_exp(y)
    inner = z if z > -1.0 else -1.0
    inner = inner if inner < 1.0 else 1.0
    value = _cdf_join(z, y, _cdf_centre(inner), scale * _cdf_near(y), scale * _cdf_far(y))
    return value if z == z else z  # NaN


@kernel
def fill_normal_cdf(u: NDArray[np.float64], z: NDArray[np.float64], n: int) -> None:
    """``u[i] = normal_cdf(z[i])`` for i < n, held inside [2^-53, 1 - 2^-53]; NaN gives NaN. ``u`` and ``z`` may be one row."""
    for i in range(n):
        y = _cdf_argument(z[i])
        scale = _half_square_exp(y)
        inner = z[i] if z[i] > -1.0 else -1.0
        inner = inner if inner < 1.0 else 1.0
        value = _cdf_join(z[i], y, _cdf_centre(inner), scale * _cdf_near(y), scale * _cdf_far(y))
        value = value if value > 1.1102230246251565e-16 else 1.1102230246251565e-16
        value = value if value < 0.9999999999999999 else 0.9999999999999999
        u[i] = value if z[i] == z[i] else z[i]  # NaN
