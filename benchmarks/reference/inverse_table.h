/* simengine/distributions/inverse_table.py: tabulated inverses by octave and piece, a polynomial of degree 5 on each. */
#ifndef INVERSE_TABLE_H
#define INVERSE_TABLE_H

#include "special.h"
#include "streams.h"

#define PIECES INVERSE_TABLE_PIECES
#define COEFFICIENTS INVERSE_TABLE_COEFFICIENTS
#define SIDE INVERSE_TABLE_SIDE
/* 2^-37, and the number before 1/2. */
#define LEAST_V 7.275957614183426e-12
#define BELOW_HALF 0.49999999999999994

RULE double held_in_octaves(double v) {
    v = v > LEAST_V ? v : LEAST_V;
    return v < BELOW_HALF ? v : BELOW_HALF;
}

RULE int64_t octave_index(double v) {
    int64_t bits = float_bits(held_in_octaves(v));
    return (1021 - (bits >> 52)) * PIECES + ((bits >> 48) & (PIECES - 1));
}

RULE double octave_place(double v) {
    int64_t bits = float_bits(held_in_octaves(v));
    return bits_float((int64_t)(((uint64_t)bits << 4) & MANTISSA) | ONE_BITS) - 1.5;
}

PASS locate(int64_t *restrict index, OUT place, IN u, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double v = u[i] < 0.5 ? u[i] : 1.0 - u[i];
        int64_t upper = u[i] < 0.5 ? 0 : SIDE;
        index[i] = (upper + octave_index(v)) * COEFFICIENTS;
        place[i] = octave_place(v);
    }
}

RULE double polynomial(IN table, int64_t j, double t) {
    return ((((table[j + 5] * t + table[j + 4]) * t + table[j + 3]) * t + table[j + 2]) * t + table[j + 1]) * t + table[j];
}

/* Eight polynomials at once: gcc 12 loads the coefficients one by one where it is not told to gather them. */
RULE Numbers coefficients_at(IN table, Lanes index) {
#ifdef __AVX512F__
    return (Numbers)_mm512_i64gather_pd((__m512i)index, table, 8);
#else
    Numbers found;
    for (int k = 0; k < LANES; k++) found[k] = table[index[k]];
    return found;
#endif
}

RULE Numbers polynomials(IN table, const int64_t *index, const double *place) {
    Lanes j;
    memcpy(&j, index, sizeof j);
    Numbers t = *(const Numbers *)place, value = coefficients_at(table + COEFFICIENTS - 1, j);
    for (int k = COEFFICIENTS - 2; k >= 0; k--) value = value * t + coefficients_at(table + k, j);
    return value;
}

PASS evaluate(OUT x, const int64_t *restrict index, IN place, IN table, int64_t n) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) *(Numbers *)(x + i) = polynomials(table, index + i, place + i);
    for (; i < n; i++) x[i] = polynomial(table, index[i], place[i]);
}

/* a + s T by the side of the middle on which u lies: a pass of its own, of which gcc makes better code. */
PASS take_sides(OUT x, IN u, double middle, const double *args, int64_t n) {
    double a_low = args[0], s_low = args[1], a_high = args[2], s_high = args[3];
    for (int64_t i = 0; i < n; i++) {
        double a = u[i] < middle ? a_low : a_high, s = u[i] < middle ? s_low : s_high;
        x[i] = a + s * x[i];
    }
}

static void evaluate_sides(double *x, const int64_t *index, const double *place, const double *table, const double *u, double middle, const double *args,
                           int64_t n) {
    evaluate(x, index, place, table, n);
    take_sides(x, u, middle, args, n);
}

static void fill_table(double *x, const double *u, int64_t *index, double *place, const double *table, const double *args, int64_t n) {
    locate(index, place, u, n);
    evaluate_sides(x, index, place, table, u, 0.5, args, n);
}

/* Rounded up to a whole number of at least 0. */
PASS to_counts(OUT x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = ceil(x[i]);
        x[i] = value > 0.0 ? value : 0.0;
    }
}

#endif
