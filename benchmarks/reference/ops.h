/* simengine/engine/ops.py: derived rows, one operation and year at a time. */
#ifndef OPS_H
#define OPS_H

#include "base.h"

PASS fill_row(OUT out, double value, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = value;
}

/* The first rows of a matrix. */
static void clear_rows(double *rows, int64_t count) { memset(rows, 0, (size_t)(count * STRIDE) * sizeof(double)); }

PASS copy_row(OUT out, IN x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = x[i];
}

/* Nothing plus x: -0 becomes 0, as where a sum starts from 0. */
PASS start_row(OUT out, IN x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = 0.0 + x[i];
}

PASS add_row(OUT out, IN x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] += x[i];
}

PASS subtract_row(OUT out, IN x, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] -= x[i];
}

PASS add_scaled_row(OUT out, IN x, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] += scale * x[i];
}

PASS multiply_row(OUT out, IN x, double scale, int64_t role, int64_t n) {
    if (role == OPS_TIMES)
        for (int64_t i = 0; i < n; i++) out[i] *= scale * x[i];
    else if (role == OPS_DIVIDE)
        for (int64_t i = 0; i < n; i++) out[i] /= scale * x[i];
    else
        for (int64_t i = 0; i < n; i++) out[i] *= 1.0 - scale * x[i];
}

RULE double grow(double index, double rate) { return index * (1.0 + rate); }

PASS grow_row(OUT index, IN previous, IN rate, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) index[i] = grow(previous[i], scale * rate[i]);
}

/* A further factor of the same year. */
PASS grow_on(OUT index, IN rate, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) index[i] = grow(index[i], scale * rate[i]);
}

PASS grow_by_four(OUT index, IN previous, IN r, IN q, IN p, IN o, double a, double b, double c, double d, int64_t n) {
    for (int64_t i = 0; i < n; i++) index[i] = grow(previous[i], ((a * r[i] + b * q[i]) + c * p[i]) + d * o[i]);
}

PASS grow_on_by_four(OUT index, IN r, IN q, IN p, IN o, double a, double b, double c, double d, int64_t n) {
    for (int64_t i = 0; i < n; i++) index[i] = grow(index[i], ((a * r[i] + b * q[i]) + c * p[i]) + d * o[i]);
}

RULE double ramp_at(double time, double delay, double years, int64_t shape) {
    double elapsed = time - delay;
    double nan = elapsed + years;
    double whole = shape == 2 ? floor(elapsed) : elapsed;
    double x = whole / years;
    x = 0.0 > x ? 0.0 : x;
    x = 1.0 < x ? 1.0 : x;
    x = shape == 1 ? x * x * (3.0 - 2.0 * x) : x;
    double step = elapsed > 0.0 ? 1.0 : 0.0;
    double value = years <= 0.0 ? step : x;
    return nan != nan ? nan : value;
}

PASS ramp_row(OUT out, IN delay, IN years, double a, double b, double year, int64_t shape, int average, int64_t n) {
    if (average) {
        for (int64_t i = 0; i < n; i++) {
            double end = ramp_at(year, a * delay[i], b * years[i], shape);
            double mean = 0.5 * (ramp_at(year - 1.0, a * delay[i], b * years[i], shape) + end);
            out[i] = b * years[i] > 0.0 ? mean : end;
        }
    } else if (shape == 0) {
        for (int64_t i = 0; i < n; i++) out[i] = ramp_at(year, a * delay[i], b * years[i], 0);
    } else {
        for (int64_t i = 0; i < n; i++) out[i] = ramp_at(year, a * delay[i], b * years[i], shape);
    }
}

PASS variation_row(OUT out, IN population, double scale, double floor, double ref, double n_ref, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = sqrt(floor * floor + ref * ref * (n_ref / (scale * population[i])));
}

PASS reset_row(OUT out, IN observed, double scale, double threshold, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double seen = scale * observed[i];
        out[i] = !(fabs(seen / out[i] - 1.0) < threshold) ? seen : out[i];
    }
}

PASS rate_row(OUT out, IN now, double scale, IN before, double scale_before, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = scale * now[i] / (scale_before * before[i]) - 1.0;
}

PASS held_row(OUT out, IN x, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = scale * x[i];
        out[i] = value < 0.0 ? 0.0 : value;
    }
}

PASS least_row(OUT out, IN x, double scale, IN most, double scale_most, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = scale * x[i], limit = scale_most * most[i];
        out[i] = value > limit ? limit : value;
    }
}

/* The row of input j in year t. */
RULE double *input_row(const Ops *ops, double *x, int64_t j, int64_t t) { return ROW(x, AT1(ops->row, j) + AT1(ops->stride, j) * t); }

static void reset_year(const Ops *ops, int64_t op, int64_t t, double *out, double *x, int64_t n) {
    start_row(out, ROW(x, t > 0 ? AT1(ops->target, op) + t - 1 : OPS_ONES), n);
    for (int64_t j = AT1(ops->first_input, op); j < AT1(ops->first_input, op + 1); j++)
        if (AT1(ops->role, j) == t) reset_row(out, input_row(ops, x, j, t), AT2(ops->scale, j, t), AT2(ops->parameter, op, 0), n);
}

static void rate_year(const Ops *ops, int64_t op, int64_t t, double *out, double *x, int64_t n) {
    int64_t a = AT1(ops->first_input, op), j = t > 0 ? a : a + 1, k = t > 0 ? t - 1 : 0;
    rate_row(out, input_row(ops, x, a, t), AT2(ops->scale, a, t), input_row(ops, x, j, k), AT2(ops->scale, j, k), n);
}

static int64_t factor_end(const Ops *ops, int64_t j, int64_t last) {
    int64_t end = j + 1;
    while (end < last && AT1(ops->role, end) == OPS_FURTHER) end++;
    return end;
}

static void grow_by_rates(const Ops *ops, int64_t j, int64_t end, int64_t t, int64_t target, int64_t previous, double *x, int64_t n) {
    const double *rows[4];
    double scales[4];
    for (int64_t k = 0; k < 4; k++) {
        rows[k] = j + k < end ? input_row(ops, x, j + k, t) : ROW(x, OPS_ONES);
        scales[k] = j + k < end ? AT2(ops->scale, j + k, t) : 0.0;
    }
    if (target == previous)
        grow_on_by_four(ROW(x, target), rows[0], rows[1], rows[2], rows[3], scales[0], scales[1], scales[2], scales[3], n);
    else
        grow_by_four(ROW(x, target), ROW(x, previous), rows[0], rows[1], rows[2], rows[3], scales[0], scales[1], scales[2], scales[3], n);
}

static void grow_by_many(const Ops *ops, int64_t j, int64_t end, int64_t t, double *out, const double *before, double *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double total = 0.0;
        for (int64_t k = j; k < end; k++) total += AT2(ops->scale, k, t) * input_row(ops, x, k, t)[i];
        out[i] = grow(before[i], total);
    }
}

static void index_year(const Ops *ops, int64_t op, int64_t t, double *x, int64_t n) {
    int64_t j = AT1(ops->first_input, op), last = AT1(ops->first_input, op + 1);
    int64_t target = AT1(ops->target, op) + t, previous = t > 0 ? target - 1 : OPS_ONES;
    while (j < last) {
        int64_t end = factor_end(ops, j, last);
        if (end == j + 1 && target == previous)
            grow_on(ROW(x, target), input_row(ops, x, j, t), AT2(ops->scale, j, t), n);
        else if (end == j + 1)
            grow_row(ROW(x, target), ROW(x, previous), input_row(ops, x, j, t), AT2(ops->scale, j, t), n);
        else if (end <= j + 4)
            grow_by_rates(ops, j, end, t, target, previous, x, n);
        else
            grow_by_many(ops, j, end, t, ROW(x, target), ROW(x, previous), x, n);
        previous = target;
        j = end;
    }
}

static void op_year(const Ops *ops, int64_t op, int64_t t, double *x, int64_t n) {
    double *out = ROW(x, AT1(ops->target, op) + t);
    int64_t first = AT1(ops->first_input, op), last = AT1(ops->first_input, op + 1);
    const double *parameter = &AT2(ops->parameter, op, 0);
    switch (AT1(ops->kind, op)) {
    case OPS_PRODUCT:
        fill_row(out, 1.0, n);
        for (int64_t j = first; j < last; j++) multiply_row(out, input_row(ops, x, j, t), AT2(ops->scale, j, t), AT1(ops->role, j), n);
        break;
    case OPS_LINEAR:
        fill_row(out, 0.0, n);
        for (int64_t j = first; j < last; j++) add_scaled_row(out, input_row(ops, x, j, t), AT2(ops->scale, j, t), n);
        break;
    case OPS_INDEX: index_year(ops, op, t, x, n); break;
    case OPS_RAMP:
        ramp_row(out, input_row(ops, x, first, t), input_row(ops, x, first + 1, t), AT2(ops->scale, first, t), AT2(ops->scale, first + 1, t),
                 (double)t + 1.0, (int64_t)parameter[0], parameter[1] > 0.0, n);
        break;
    case OPS_VARIATION:
        variation_row(out, input_row(ops, x, first, t), AT2(ops->scale, first, t), parameter[0], parameter[1], parameter[2], n);
        break;
    case OPS_RATE: rate_year(ops, op, t, out, x, n); break;
    case OPS_RESET: reset_year(ops, op, t, out, x, n); break;
    case OPS_AT_MOST:
        least_row(out, input_row(ops, x, first, t), AT2(ops->scale, first, t), input_row(ops, x, first + 1, t), AT2(ops->scale, first + 1, t), n);
        break;
    case OPS_HELD: held_row(out, input_row(ops, x, first, t), AT2(ops->scale, first, t), n); break;
    }
}

static void run_ops(const Ops *ops, int64_t first, int64_t last, double *x, int64_t n) {
    for (int64_t op = first; op < last; op++)
        for (int64_t t = 0; t < AT1(ops->years, op); t++) op_year(ops, op, t, x, n);
}

#endif
