/* simengine/distributions/: the families that need no table of pieces (uniform, triangular, lognormal, discrete, bernoulli, ...). */
#ifndef FAMILIES_H
#define FAMILIES_H

#include "inverse_table.h"

PASS fill_constant(OUT x, double value, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = value;
}

PASS fill_even(OUT x, IN u, double low, double width, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = low + width * u[i];
}

/* The choices in a loop of their own: within the other gcc would take both roots and choose between them. */
PASS fill_triangular(OUT x, IN u, double low, double high, double width, double split, int64_t n) {
    double rest = 1.0 - split;
    for (int64_t i = 0; i < n; i++) x[i] = (u[i] < split ? u[i] : 1.0 - u[i]) * (u[i] < split ? split : rest);
    for (int64_t i = 0; i < n; i++) x[i] = (u[i] < split ? low : high) + (u[i] < split ? width : -width) * sqrt(x[i]);
}

PASS raise_e(OUT x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = own_exp(x[i]);
}

PASS raise_above(OUT x, IN u, double bound, double value, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = u[i] > bound ? value : x[i];
}

PASS look_up(OUT x, IN u, IN table, int64_t size, int64_t count, int64_t n) {
    double cells = (double)(size - 2 * count);
    for (int64_t i = 0; i < n; i++) {
        int64_t k = (int64_t)table[2 * count + (int64_t)(u[i] * cells)];
        k += u[i] > table[k];
        k += u[i] > table[k];
        while (u[i] > table[k]) k++;
        x[i] = table[count + k];
    }
}

static void fill_discrete(double *x, const double *u, const double *table, int64_t size, int64_t count, int64_t n) {
    if (size > 2 * count) {
        look_up(x, u, table, size, count, n);
        return;
    }
    fill_constant(x, table[count], n);
    for (int64_t k = 0; k < count - 1; k++) raise_above(x, u, table[k], table[count + k + 1], n);
}

PASS fill_empirical(OUT x, IN u, IN table, int64_t count, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double place = u[i] * (double)(count - 1);
        int64_t k = (int64_t)place;
        k = k < count - 2 ? k : count - 2;
        double low = table[k], high = table[k + 1];
        x[i] = low + (place - (double)k) * (high - low);
    }
}

PASS fill_bernoulli(OUT x, IN u, double p, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = 1.0 - u[i] < p ? 1.0 : 0.0;
}

RULE double unit_gamma_value(double deviate, double cv) {
    double x = 1.0 + cv * deviate;
    return x >= 0.0 ? x : 0.0;
}

RULE double scaled_cv(double cv, double middle, double scale) {
    double s = (cv - middle) * scale;
    s = s > -1.0 ? s : -1.0;
    return s < 1.0 ? s : 1.0;
}

/* Clenshaw's sum, a pass for each of its terms. */
PASS start_sum(OUT x, OUT before, int64_t *restrict index, int64_t count, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        index[i] = UNIT_GAMMA_HEADER + index[i] * count;
        x[i] = 0.0;
        before[i] = 0.0;
    }
}

PASS add_term(OUT x, OUT before, IN cv, const int64_t *restrict index, IN place, IN table, int64_t k, int64_t n) {
    double middle = table[0], scale = table[1];
    for (int64_t i = 0; i < n; i++) {
        double s = scaled_cv(cv[i], middle, scale);
        double later = polynomial(table, index[i] + k * COEFFICIENTS, place[i]) + 2.0 * s * x[i] - before[i];
        before[i] = x[i];
        x[i] = later;
    }
}

PASS end_sum(OUT x, IN before, IN cv, const int64_t *restrict index, IN place, IN table, int64_t n) {
    double middle = table[0], scale = table[1];
    for (int64_t i = 0; i < n; i++) {
        double s = scaled_cv(cv[i], middle, scale);
        x[i] = unit_gamma_value(polynomial(table, index[i], place[i]) + s * x[i] - before[i], cv[i]);
    }
}

static void fill_unit_gamma(double *x, const double *u, const double *cv, int64_t *index, double *place, double *before, const double *table, int64_t n) {
    int64_t count = (int64_t)table[2];
    locate(index, place, u, n);
    start_sum(x, before, index, count, n);
    for (int64_t k = count - 1; k > 0; k--) add_term(x, before, cv, index, place, table, k, n);
    end_sum(x, before, cv, index, place, table, n);
}

PASS unit_gamma_fixed(OUT x, double cv, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = unit_gamma_value(x[i], cv);
}

PASS unit_lognormal_values(OUT x, IN cv, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double sigma2 = own_log1p(cv[i] * cv[i]);
        x[i] = own_exp(sqrt(sigma2) * x[i] - 0.5 * sigma2);
    }
}

PASS unit_lognormal_fixed(OUT x, double cv, int64_t n) {
    double sigma2 = own_log1p(cv * cv), sigma = sqrt(sigma2);
    for (int64_t i = 0; i < n; i++) x[i] = own_exp(sigma * x[i] - 0.5 * sigma2);
}

#endif
