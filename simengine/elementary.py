"""exp, log and log1p as kernels: plain arithmetic, the same bits on every machine; rules and accuracy stand in ``special``."""

import math

from simengine.jit import bits_float, float_bits, kernel

INFINITY = math.inf
NOT_A_NUMBER = math.nan

# ln 2 in two parts; the first has 32 trailing zero bits, so its product with any binary exponent is exact.
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.4426950408889634
# Adding 1.5 * 2^52 rounds to a whole number, which then stands in the low bits of the sum.
ROUND = 6755399441055744.0
_ROUND_BITS = 0x4338000000000000
_EXP_LARGEST = 709.782712893384
_EXP_SMALLEST = -745.1332191019412
_SMALLEST_NORMAL = 2.2250738585072014e-308
_TWO_54 = 18014398509481984.0
# Bits of sqrt(1/2): mantissas are taken in [sqrt(1/2), sqrt(2)).
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD


@kernel
def reduced_exp(high: float, low: float) -> tuple[float, int]:
    """e^(high + low) for -746 < high < 710 and abs(low) < 0.05, as a number near 1 and a power of 2 that it is to be multiplied with.

    Reduction by multiples of ln 2, then the Taylor polynomial of degree 13 on abs(r) < 0.37 (truncation below 1e-17).
    """
    shifted = high * _LOG2_E + ROUND
    times = shifted - ROUND
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
    return 1.0 - ((tail - r * r * p) - head), power


@kernel
def scaled(mantissa: float, power: int) -> float:
    """``mantissa`` · 2^``power`` in two factors, so that a result below the normal range is rounded once, by the last product."""
    half = power >> 1
    return mantissa * bits_float((half + 1023) << 52) * bits_float((power - half + 1023) << 52)


@kernel
def exp(x: float) -> float:
    """e^x to 1 ulp; infinity above 709.78, gradual underflow to 0 below -708.4, NaN for NaN."""
    y = x if x < _EXP_LARGEST else _EXP_LARGEST
    y = y if y > _EXP_SMALLEST else _EXP_SMALLEST
    mantissa, power = reduced_exp(y, 0.0)
    value = scaled(mantissa, power)
    value = value if x <= _EXP_LARGEST else INFINITY
    value = value if x >= _EXP_SMALLEST else 0.0
    return x if x != x else value  # NaN


@kernel
def log_of_normal(x: float) -> float:
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
    value = log_of_normal(y)
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
    value = log_of_normal(sum_) * (y / (kept if kept > 0.0 else 1.0))
    value = value if kept > 0.0 else x
    return value if x < INFINITY else x
