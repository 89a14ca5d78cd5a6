/* simengine/elementary.py and special.py: elementary and normal-distribution functions by plain arithmetic. */
#ifndef SPECIAL_H
#define SPECIAL_H

#include "base.h"

#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define LOG2_E 1.4426950408889634
#define ROUND_BITS 0x4338000000000000LL
#define SQRT_HALF_BITS 0x3FE6A09E667F3BCDLL
#define EXP_LARGEST 709.782712893384
#define EXP_SMALLEST -745.1332191019412
#define SMALLEST_NORMAL 2.2250738585072014e-308
#define TWO_54 18014398509481984.0

/* A whole number that stands in the low bits of a sum with ROUND; the barrier is for builds that reorder sums. */
#define ROUND 6755399441055744.0
#ifdef __FAST_MATH__
#define KEPT(x) __builtin_assoc_barrier(x)
#else
#define KEPT(x) (x)
#endif

/* A number near 1, and the power of 2 that it is to be multiplied with. */
typedef struct {
    double mantissa;
    int64_t power;
} Reduced;

RULE Reduced reduced_exp(double high, double low) {
    double shifted = KEPT(high * LOG2_E + ROUND);
    double times = shifted - ROUND;
    int64_t power = float_bits(shifted) - ROUND_BITS;
    double head = high - times * LN2_HIGH;
    double tail = times * LN2_LOW - low;
    double r = head - tail;
    double p = 1.605904383682161e-10;
    p = p * r + 2.08767569878681e-09;
    p = p * r + 2.505210838544172e-08;
    p = p * r + 2.755731922398589e-07;
    p = p * r + 2.7557319223985893e-06;
    p = p * r + 2.48015873015873e-05;
    p = p * r + 0.0001984126984126984;
    p = p * r + 0.001388888888888889;
    p = p * r + 0.008333333333333333;
    p = p * r + 0.041666666666666664;
    p = p * r + 0.16666666666666666;
    p = p * r + 0.5;
    return (Reduced){1.0 - ((tail - r * r * p) - head), power};
}

RULE double power_of_two(int64_t power) { return bits_float((int64_t)((uint64_t)(power + 1023) << 52)); }

RULE double scaled(Reduced e) {
    int64_t half = e.power >> 1;
    return e.mantissa * power_of_two(half) * power_of_two(e.power - half);
}

RULE double own_exp(double x) {
    double y = x < EXP_LARGEST ? x : EXP_LARGEST;
    y = y > EXP_SMALLEST ? y : EXP_SMALLEST;
    double value = scaled(reduced_exp(y, 0.0));
    value = x <= EXP_LARGEST ? value : INFINITY;
    value = x >= EXP_SMALLEST ? value : 0.0;
    return x != x ? x : value;
}

RULE double log_of_normal(double x) {
    int64_t bits = float_bits(x);
    int64_t power = (bits - SQRT_HALF_BITS) >> 52;
    double f = bits_float(bits - (int64_t)((uint64_t)power << 52)) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double w = z * z;
    double even = w * (w * (w * 1.531383769920937332e-01 + 2.222219843214978396e-01) + 3.999999999940941908e-01);
    double odd = z * (w * (w * (w * 1.479819860511658591e-01 + 1.818357216161805012e-01) + 2.857142874366239149e-01) + 6.666666666666735130e-01);
    double half = 0.5 * f * f;
    double exponent = (double)power;
    return exponent * LN2_HIGH - ((half - (s * (half + (even + odd)) + exponent * LN2_LOW)) - f);
}

RULE double own_log(double x) {
    double y = x > 0.0 ? x : 1.0;
    y = y < INFINITY ? y : 1.0;
    int small = y < SMALLEST_NORMAL;
    y = small ? y * TWO_54 : y;
    double value = log_of_normal(y);
    value = small ? value - 37.429947750237046 : value;
    value = x < INFINITY ? value : x;
    value = x > 0.0 ? value : -INFINITY;
    return x >= 0.0 ? value : NAN;
}

RULE double own_log1p(double x) {
    double y = x < INFINITY ? x : 1.0;
    double sum = KEPT(1.0 + y);
    double kept = sum - 1.0;
    double value = log_of_normal(sum) * (y / (kept > 0.0 ? kept : 1.0));
    value = kept > 0.0 ? value : x;
    return x < INFINITY ? value : x;
}

typedef struct {
    double above, below;
} Fraction;

RULE Fraction quantile_centre(double q) {
    double r = 0.180625 - q * q;
    double n = 2.5090809287301226727e3;
    n = n * r + 3.3430575583588128105e4;
    n = n * r + 6.7265770927008700853e4;
    n = n * r + 4.5921953931549871457e4;
    n = n * r + 1.3731693765509461125e4;
    n = n * r + 1.9715909503065514427e3;
    n = n * r + 1.3314166789178437745e2;
    n = n * r + 3.3871328727963666080e0;
    double d = 5.2264952788528545610e3;
    d = d * r + 2.8729085735721942674e4;
    d = d * r + 3.9307895800092710610e4;
    d = d * r + 2.1213794301586595867e4;
    d = d * r + 5.3941960214247511077e3;
    d = d * r + 6.8718700749205790830e2;
    d = d * r + 4.2313330701600911252e1;
    d = d * r + 1.0;
    return (Fraction){q * n, d};
}

RULE Fraction quantile_near(double r) {
    double n = 7.74545014278341407640e-4;
    n = n * r + 2.27238449892691845833e-2;
    n = n * r + 2.41780725177450611770e-1;
    n = n * r + 1.27045825245236838258e0;
    n = n * r + 3.64784832476320460504e0;
    n = n * r + 5.76949722146069140550e0;
    n = n * r + 4.63033784615654529590e0;
    n = n * r + 1.42343711074968357734e0;
    double d = 1.05075007164441684324e-9;
    d = d * r + 5.47593808499534494600e-4;
    d = d * r + 1.51986665636164571966e-2;
    d = d * r + 1.48103976427480074590e-1;
    d = d * r + 6.89767334985100004550e-1;
    d = d * r + 1.67638483018380384940e0;
    d = d * r + 2.05319162663775882187e0;
    d = d * r + 1.0;
    return (Fraction){n, d};
}

RULE double quantile_far(double r) {
    double n = 2.01033439929228813265e-7;
    n = n * r + 2.71155556874348757815e-5;
    n = n * r + 1.24266094738807843860e-3;
    n = n * r + 2.65321895265761230930e-2;
    n = n * r + 2.96560571828504891230e-1;
    n = n * r + 1.78482653991729133580e0;
    n = n * r + 5.46378491116411436990e0;
    n = n * r + 6.65790464350110377720e0;
    double d = 2.04426310338993978564e-15;
    d = d * r + 1.42151175831644588870e-7;
    d = d * r + 1.84631831751005468180e-5;
    d = d * r + 7.86869131145613259100e-4;
    d = d * r + 1.48753612908506148525e-2;
    d = d * r + 1.36929880922735805310e-1;
    d = d * r + 5.99832206555887937690e-1;
    d = d * r + 1.0;
    return n / d;
}

/* The far ones (one in 3e10) have a rational of their own. */
#define CENTRE 0.425
#define FAR_ROOT 5.0
#define FAR_TAIL 1.4e-11

static __attribute__((noinline)) void fill_far_quantile(OUT z, IN u, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (!(u[i] < FAR_TAIL || 1.0 - u[i] < FAR_TAIL)) continue;
        double root = sqrt(-own_log(u[i] < 0.5 ? u[i] : 1.0 - u[i]));
        Fraction near = quantile_near(root - 1.6);
        double tail = root <= FAR_ROOT ? near.above / near.below : quantile_far(root - 5.0);
        z[i] = u[i] < 0.5 ? -tail : tail;
    }
}

PASS fill_normal_quantile(OUT z, IN u, int64_t n) {
    int64_t far = 0;
    for (int64_t i = 0; i < n; i++) {
        double q = u[i] - 0.5, root = sqrt(-log_of_normal(u[i] < 0.5 ? u[i] : 1.0 - u[i]));
        Fraction centre = quantile_centre(q), near = quantile_near(root - 1.6);
        int central = (q > 0.0 ? q : -q) <= CENTRE;
        double value = (central ? centre.above : near.above) / (central ? centre.below : near.below);
        double tail = u[i] < 0.5 ? -value : value;
        z[i] = central ? value : tail;
        far |= root > FAR_ROOT ? 1 : 0;
    }
    if (far) fill_far_quantile(z, u, n);
}

RULE Fraction cdf_centre(double z) {
    double s = z > -1.0 ? z : -1.0;
    s = s < 1.0 ? s : 1.0;
    s *= s;
    double n = 0.065682337918207449113;
    n = n * s + 2.2352520354606839287;
    n = n * s + 161.02823106855587881;
    n = n * s + 1067.6894854603709582;
    n = n * s + 18154.981253343561249;
    double d = s + 47.20258190468824187;
    d = d * s + 976.09855173777669322;
    d = d * s + 10260.932208618978205;
    d = d * s + 45507.789335026729956;
    return (Fraction){n, d};
}

RULE Fraction cdf_near(double y) {
    double n = 1.0765576773720192317e-8;
    n = n * y + 0.39894151208813466764;
    n = n * y + 8.8831497943883759412;
    n = n * y + 93.506656132177855979;
    n = n * y + 597.27027639480026226;
    n = n * y + 2494.5375852903726711;
    n = n * y + 6848.1904505362823326;
    n = n * y + 11602.651437647350124;
    n = n * y + 9842.7148383839780218;
    double d = y + 22.266688044328115691;
    d = d * y + 235.38790178262499861;
    d = d * y + 1519.377599407554805;
    d = d * y + 6485.558298266760755;
    d = d * y + 18615.571640885098091;
    d = d * y + 34900.952721145977266;
    d = d * y + 38912.003286093271411;
    d = d * y + 19685.429676859990727;
    return (Fraction){n, d};
}

RULE double cdf_far(double y) {
    double s = 1.0 / (y * y);
    double n = 0.02307344176494017303;
    n = n * s + 0.21589853405795699;
    n = n * s + 0.1274011611602473639;
    n = n * s + 0.022235277870649807;
    n = n * s + 0.001421619193227893466;
    n = n * s + 2.9112874951168792e-5;
    double d = s + 1.28426009614491121;
    d = d * s + 0.468238212480865118;
    d = d * s + 0.0659881378689285515;
    d = d * s + 0.00378239633202758244;
    d = d * s + 7.29751555083966205e-5;
    return (0.39894228040143267794 - s * (n / d)) / y;
}

RULE Reduced half_square_exp(double y) {
    double shifted = KEPT(y * 1024.0 + ROUND);
    double first = (shifted - ROUND) * 0.0009765625;
    return reduced_exp(-0.5 * first * first, -0.5 * ((y - first) * (y + first)));
}

RULE double cdf_argument(double z) {
    double y = z > 0.0 ? z : -z;
    y = y < 38.6 ? y : 38.6;
    return y > 0.5 ? y : 0.5;
}

#define CENTRAL_SCORE 0.66291
#define FAR_SCORE 5.656854249492381

/* Those beyond sqrt(32) (one in 6e7), and NaN. */
static __attribute__((noinline)) void fill_far_cdf(OUT u, IN z, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (-FAR_SCORE <= z[i] && z[i] <= FAR_SCORE) continue;
        double y = cdf_argument(z[i]), tail = scaled(half_square_exp(y)) * cdf_far(y);
        double value = z[i] < 0.0 ? tail : 1.0 - tail;
        value = value > 1.1102230246251565e-16 ? value : 1.1102230246251565e-16;
        value = value < 0.9999999999999999 ? value : 0.9999999999999999;
        u[i] = z[i] == z[i] ? value : z[i];
    }
}

/* How many lie beyond, NaN among them: counted apart, as the long loop would not become vector code with it. */
static __attribute__((noinline)) int64_t count_far(IN z, int64_t n) {
    int64_t far = 0;
    for (int64_t i = 0; i < n; i++) far += !(fabs(z[i]) <= FAR_SCORE);
    return far;
}

PASS fill_normal_cdf(OUT u, IN z, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double y = cdf_argument(z[i]);
        Reduced e = half_square_exp(y);
        Fraction centre = cdf_centre(z[i]), near = cdf_near(y);
        double above = y <= CENTRAL_SCORE ? centre.above : near.above, below = y <= CENTRAL_SCORE ? centre.below : near.below;
        double value = above / below, tail = e.mantissa * power_of_two(e.power) * value, rest = 1.0 - tail;
        double side = z[i] < 0.0 ? tail : rest, central = 0.5 + z[i] * value;
        u[i] = y <= CENTRAL_SCORE ? central : side;
    }
    if (count_far(z, n)) fill_far_cdf(u, z, n);
}

#endif
