/* simengine/engine/variates.py and copulas.py: all random values of a tile. */
#ifndef VARIATES_H
#define VARIATES_H

#include "design.h"
#include "families.h"
#include "margins.h"
#include "pieces.h"

static void fill_value(double *x, const double *u, const Variates *variates, int64_t value, const VariateScratch *scratch, int64_t n) {
    int64_t code = AT1(variates->code, value), size = AT1(variates->table_size, value);
    const double *args = &AT2(variates->args, value, 0), *table = variates->tables.at + AT1(variates->table_start, value);
    int64_t *pieces = scratch->pieces.at;
    double *place = scratch->place.at;
    switch (code) {
    case BASE_UNIFORM: fill_even(x, u, args[0], args[1], n); break;
    case BASE_TRIANGULAR: fill_triangular(x, u, args[0], args[1], args[2], args[3], n); break;
    case BASE_TABLE: fill_table(x, u, pieces, place, table, args, n); break;
    case BASE_COUNT:
        fill_table(x, u, pieces, place, table, args, n);
        to_counts(x, n);
        break;
    case BASE_LOGNORMAL:
        locate(pieces, place, u, n);
        evaluate_sides(x, pieces, place, table, u, 0.5, (double[]){args[0], args[1], args[0], args[1]}, n);
        raise_e(x, n);
        break;
    case BASE_DISCRETE: fill_discrete(x, u, table, size, (int64_t)args[0], n); break;
    case BASE_EMPIRICAL: fill_empirical(x, u, table, (int64_t)args[0], n); break;
    case BASE_PIECES: fill_pieces(x, u, pieces, place, table, n); break;
    case BASE_WHOLE_PIECES:
        fill_pieces(x, u, pieces, place, table, n);
        to_whole(x, args[0], args[1], n);
        break;
    case BASE_BERNOULLI: fill_bernoulli(x, u, args[0], n); break;
    case MARGINS_NORMAL_MARGIN: fill_even(x, u, args[0], args[1], n); break;
    case MARGINS_LOGNORMAL_MARGIN:
        fill_even(x, u, args[0], args[1], n);
        raise_e(x, n);
        break;
    case MARGINS_TABLE_MARGIN: fill_margin(x, u, pieces, place, table, args, n); break;
    case MARGINS_COUNT_MARGIN:
        fill_margin(x, u, pieces, place, table, args, n);
        to_counts(x, n);
        break;
    case BASE_UNIT_GAMMA:
        locate(pieces, place, u, n);
        evaluate(x, pieces, place, table + UNIT_GAMMA_HEADER, n);
        unit_gamma_fixed(x, args[0], n);
        break;
    case BASE_UNIT_LOGNORMAL:
        fill_normal_quantile(x, u, n);
        unit_lognormal_fixed(x, args[0], n);
        break;
    default: fill_constant(x, args[0], n);
    }
}

PASS add_scaled(OUT y, double weight, IN x, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] += weight * x[i];
}

PASS add_four(OUT y, const double *weights, IN rows, int64_t n) {
    double a = weights[0], b = weights[1], c = weights[2], d = weights[3];
    for (int64_t i = 0; i < n; i++) y[i] = (((y[i] + a * ROW(rows, 0)[i]) + b * ROW(rows, 1)[i]) + c * ROW(rows, 2)[i]) + d * ROW(rows, 3)[i];
}

PASS scale_by(OUT y, double weight, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] *= weight;
}

PASS times_row(OUT y, IN x, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] *= x[i];
}

/* Scores of the uniforms in ``z``, in place. */
static void score(double *z, const Variates *variates, const VariateScratch *scratch, int64_t n) {
    locate(scratch->pieces.at, scratch->place.at, z, n);
    evaluate(z, scratch->pieces.at, scratch->place.at, variates->tables.at + variates->score_start, n);
}

static void correlate(const Variates *variates, int64_t batch, int64_t n, const VariateScratch *scratch) {
    int64_t members = AT1(variates->batch_start, batch + 1) - AT1(variates->batch_start, batch);
    for (int64_t k = members - 1; k >= 0; k--) {
        const double *packed = variates->factors.at + AT1(variates->factor_start, batch) + k * (k + 1) / 2;
        double *own = ROW(scratch->u.at, k);
        scale_by(own, packed[k], n);
        int64_t q = 0;
        for (; q + 4 <= k; q += 4) add_four(own, packed + q, ROW(scratch->u.at, q), n);
        for (; q < k; q++) add_scaled(own, packed[q], ROW(scratch->u.at, q), n);
    }
}

PASS normal_like(OUT y, IN t, double df, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = -sqrt(df * own_log1p(t[i] * t[i] / df));
}

PASS join_tails(OUT t, IN tail, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double found = t[i] < 0.0 ? tail[i] : 1.0 - tail[i];
        t[i] = t[i] == t[i] ? found : t[i];
    }
}

static void mix(const Variates *variates, int64_t batch, int64_t first, int64_t n, const VariateScratch *scratch) {
    double df = AT1(variates->copula_df, batch), *spare = scratch->spare.at, *place = scratch->place.at;
    const double *mixing = variates->tables.at + AT2(variates->copula_start, batch, 0);
    const double *cdf = variates->tables.at + AT2(variates->copula_start, batch, 1);
    int64_t members = AT1(variates->batch_start, batch + 1) - AT1(variates->batch_start, batch), *pieces = scratch->pieces.at;
    fill_uniform(spare, &variates->uniforms, AT1(variates->mixing, batch), first, n);
    locate(pieces, place, spare, n);
    evaluate(scratch->shared.at, pieces, place, mixing, n);
    for (int64_t k = 0; k < members; k++) {
        double *own = ROW(scratch->u.at, k);
        times_row(own, scratch->shared.at, n);
        normal_like(place, own, df, n);
        fill_normal_cdf(spare, place, n);
        locate(pieces, place, spare, n);
        evaluate(spare, pieces, place, cdf, n);
        join_tails(own, spare, n);
        score(own, variates, scratch, n);
    }
}

PASS first_score(OUT own, OUT before, double fresh, double shift, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double now = fresh * own[i] + shift;
        own[i] = now;
        before[i] = now;
    }
}

PASS next_score(OUT own, OUT before, double carry, double fresh, double shift, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double now = carry * before[i] + (fresh * own[i] + shift);
        own[i] = now;
        before[i] = now;
    }
}

static void carry_on_scores(const Variates *variates, int64_t batch, int64_t n, const VariateScratch *scratch) {
    int64_t start = AT1(variates->batch_start, batch), end = AT1(variates->batch_start, batch + 1);
    for (int64_t k = start; k < end; k++) {
        int64_t kept = AT1(variates->state, k);
        if (kept == VARIATES_NONE) continue;
        double *own = ROW(scratch->u.at, k - start), *before = ROW(scratch->state.at, kept);
        double carry = AT1(variates->carry, k), fresh = AT1(variates->fresh, k), shift = AT1(variates->shift, k);
        if (carry == 0.0)
            first_score(own, before, fresh, shift, n);
        else
            next_score(own, before, carry, fresh, shift, n);
    }
}

static void draw_batch(const Variates *variates, int64_t batch, int64_t first, int64_t n, const VariateScratch *scratch) {
    int64_t kind = AT1(variates->batch_kind, batch), start = AT1(variates->batch_start, batch);
    if (kind == VARIATES_PAIR) {
        fill_uniform_pair(ROW(scratch->u.at, 0), ROW(scratch->u.at, 1), &variates->uniforms, AT1(variates->order, start), first, n);
        return;
    }
    for (int64_t k = start; k < AT1(variates->batch_start, batch + 1); k++) {
        double *own = ROW(scratch->u.at, k - start);
        fill_uniform(own, &variates->uniforms, AT1(variates->order, k), first, n);
        if (kind == VARIATES_SCORED) score(own, variates, scratch, n);
    }
    if (kind == VARIATES_SCORED) {
        correlate(variates, batch, n, scratch);
        if (AT1(variates->mixing, batch) != VARIATES_NONE) mix(variates, batch, first, n, scratch);
        carry_on_scores(variates, batch, n, scratch);
    }
}

PASS add_number(OUT x, double value, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] += value;
}

static void add_up(const Variates *variates, double *rows, int64_t n) {
    for (int64_t r = 0; r < variates->sum_row.shape[0]; r++) {
        for (int64_t t = 0; t < variates->sum_keep.shape[1]; t++) {
            double *row = ROW(rows, AT1(variates->sum_row, r) + t);
            add_number(row, AT2(variates->sum_add, r, t), n);
            if (t > 0) add_scaled(row, AT2(variates->sum_keep, r, t), row - STRIDE, n);
        }
    }
}

static void draw_tile(const Variates *variates, int64_t first, int64_t n, double *rows, const VariateScratch *scratch) {
    for (int64_t batch = 0; batch < variates->batch_kind.shape[0]; batch++) {
        draw_batch(variates, batch, first, n, scratch);
        int64_t start = AT1(variates->batch_start, batch);
        int scored = AT1(variates->batch_kind, batch) == VARIATES_SCORED;
        for (int64_t k = start; k < AT1(variates->batch_start, batch + 1); k++) {
            double *own = ROW(scratch->u.at, k - start), *spare = scratch->spare.at;
            int64_t index = AT1(variates->order, k);
            if (scored && AT1(variates->by_probability, index)) fill_normal_cdf(spare, own, n);
            for (int64_t value = AT1(variates->value_start, index); value < AT1(variates->value_start, index + 1); value++) {
                const double *u = scored && AT1(variates->code, value) < MARGINS_NORMAL_MARGIN ? spare : own;
                fill_value(ROW(rows, AT1(variates->row, value)), u, variates, value, scratch, n);
            }
        }
    }
    add_up(variates, rows, n);
}

#endif
