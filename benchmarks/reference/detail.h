/* simengine/engine/detail.py, line_values.py and moments.py: line and scheme variables, their moments, and their draws where kept. */
#ifndef DETAIL_H
#define DETAIL_H

#include "lines_together.h"
#include "shifts.h"
#include "streams.h"

#define BATCH MOMENTS_BATCH
#define KEPT_LINES 9

/* The rows of the line work area that line variables are in, in the order of the variables. */
static const int LINE_VARIABLES[KEPT_LINES] = {LINES_A0,     LINES_A1,  LINES_PRESSURE, LINES_S0,      LINES_S1,
                                               LINES_SAVING, LINES_PAY, LINES_COST,     LINES_RELEASED};

RULE Numbers numbers_at(const double *row) { return *(const Numbers *)row; }

/* Sums of d = x - plan and of its square by draw i % 16, each in the order of its draws. */
PASS fold(OUT lane, OUT square, IN row, double plan) {
    Numbers total[2] = {{0}, {0}}, squares[2] = {{0}, {0}};
    for (int j = 0; j < BATCH; j += 2 * LANES) {
        for (int k = 0; k < 2; k++) {
            Numbers d = numbers_at(row + j + k * LANES) - plan;
            total[k] += d;
            squares[k] += d * d;
        }
    }
    memcpy(lane, total, sizeof total);
    memcpy(square, squares, sizeof squares);
}

static __attribute__((noinline)) int64_t fold_finite(OUT lane, OUT square, IN row, double plan, int64_t n) {
    int64_t count = 0;
    for (int k = 0; k < MOMENTS_REPLICATES; k++) lane[k] = square[k] = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double d = row[i] - plan;
        if (d - d != 0.0) continue;
        lane[i % MOMENTS_REPLICATES] += d;
        square[i % MOMENTS_REPLICATES] += d * d;
        count++;
    }
    return count;
}

RULE double add_lanes(const double *lane) {
    double a = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    double b = ((lane[8] + lane[9]) + (lane[10] + lane[11])) + ((lane[12] + lane[13]) + (lane[14] + lane[15]));
    return a + b;
}

static void add_moments(double *partial, const double *row, double plan, int64_t n) {
    double lane[MOMENTS_REPLICATES] = {0}, square[MOMENTS_REPLICATES] = {0};
    for (int64_t first = 0; first < n; first += BATCH) {
        int64_t size = smaller(n - first, BATCH), count = BATCH;
        if (size == BATCH) fold(lane, square, row + first, plan);
        double squares = add_lanes(square);
        if (size < BATCH || squares - squares != 0.0) {
            count = fold_finite(lane, square, row + first, plan, size);
            squares = add_lanes(square);
        }
        double total = add_lanes(lane);
        partial[MOMENTS_COUNT] += (double)count;
        partial[MOMENTS_SUM] += total;
        partial[MOMENTS_SQUARES] += squares;
        if (size == BATCH) {
            partial[MOMENTS_BATCH_SQUARES] += total * total;
            partial[MOMENTS_BATCH_SUM] += total;
        }
        for (int k = 0; k < MOMENTS_REPLICATES; k++) partial[MOMENTS_REPLICATE + k] += lane[k];
    }
}

static void keep_row(const Detail *detail, const DetailScratch *scratch, int64_t row, const double *values, int64_t n) {
    add_moments(&AT3(scratch->partial, AT1(scratch->position, 1), row, 0), values, AT1(detail->plan, row), n);
    int64_t kept = AT1(detail->keep, row);
    if (kept >= 0) memcpy(&AT2(scratch->store, kept, AT1(scratch->position, 0)), values, (size_t)n * sizeof(double));
}

PASS pressure_row(OUT pressure, IN a0, IN price, double p, int64_t n) {
    for (int64_t i = 0; i < n; i++) pressure[i] = a0[i] * (p * price[i]);
}

static void keep_line(const Detail *detail, const DetailScratch *scratch, double *work, double *x, int64_t s, int64_t t, int64_t n) {
    pressure_row(WORK(PRESSURE), WORK(A0), SLOT_ROW(x, detail->pressure, s, t), AT2(detail->pressure_scale, s, t), n);
    for (int k = 0; k < KEPT_LINES; k++) {
        int64_t row = AT2(detail->row, k, s);
        if (row >= 0) keep_row(detail, scratch, row + t, ROW(work, LINE_VARIABLES[k]), n);
    }
}

static void keep_schemes(const Detail *detail, const DetailScratch *scratch, double *x, const Parties *parties, int64_t n) {
    int64_t years = detail->pressure_scale.shape[1], base = detail->scheme_row, count = detail->schemes;
    double *total = ROW(scratch->work.at, 0);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t t = 0; t < years; t++) {
            keep_row(detail, scratch, base + i * years + t, ROW(scratch->savings.at, i * years + t), n);
            for (int64_t k = 0; k < 2; k++) {
                fill_row(total, 0.0, n);
                for (int64_t c = 0; c < parties->cost.shape[0]; c++)
                    if (AT1(parties->cost_scheme, c) == i && AT1(parties->cost_is_investment, c) == k)
                        add_scaled_row(total, SLOT_ROW(x, parties->cost, c, t), AT2(parties->cost_scale, c, t), n);
                keep_row(detail, scratch, base + ((1 + k) * count + i) * years + t, total, n);
            }
        }
    }
}

PASS spend_and_payment(OUT work, IN price, IN variable, const LineSlots *slots, int64_t n) {
    const LineSlots of = *slots;
    for (int64_t i = 0; i < n; i++) {
        double a0 = WORK(A0)[i], a1 = WORK(A1)[i], drawn = price[i], s0 = a0 * (of.p * drawn), s1 = a1 * (of.p * drawn);
        WORK(S0)[i] = s0;
        WORK(S1)[i] = s1;
        WORK(SAVING)[i] = s0 - s1;
        WORK(PAY)[i] = payment(of.pay.planned, of.v * variable[i], a1 * (of.pay.drawn_weight * drawn + of.pay.planned_weight));
    }
}

PASS cost_at_once(OUT work, IN unit_cost, double c, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double a0 = WORK(A0)[i], a1 = WORK(A1)[i], cost = c * unit_cost[i];
        WORK(COST)[i] = cost * a1;
        WORK(RELEASED)[i] = cost * (a0 - a1);
    }
}

PASS cost_with_release(OUT work, IN unit_cost, IN fixed, double c, double f, double plan, double part, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double a0 = WORK(A0)[i], a1 = WORK(A1)[i], cost = c * unit_cost[i], share = f * fixed[i];
        double capacity = plan - part * WORK(GAPS)[i], freed = part * WORK(AVOIDED)[i];
        WORK(COST)[i] = provider_cost(cost, share, a1, capacity);
        WORK(RELEASED)[i] = provider_cost(cost, share, a0 - a1, freed);
    }
}

static void line_values(double *work, double *x, const Lines *lines, int64_t s, int64_t t, int64_t n) {
    LineSlots of = line_slots(lines, x, s, t);
    int64_t years = AT1(lines->release_years, s);
    spend_and_payment(work, of.price, of.variable, &of, n);
    if (years < 1)
        cost_at_once(work, of.unit_cost, of.c, n);
    else
        cost_with_release(work, of.unit_cost, of.fixed, of.c, of.f, AT2(lines->plan_do_nothing, s, t), 1.0 / (double)years, n);
}

static void line_activity(double *work, double *history, double *x, const Lines *lines, int64_t s, int64_t t, int64_t n) {
    LineSlots of = line_slots(lines, x, s, t);
    int64_t years = lines->plan_price.shape[1];
    set_activity(WORK(A0), WORK(A1), of.activity, of.noise, WORK(REDUCTION), of.a, n);
    if (AT1(lines->release_years, s) < 1) return;
    double *year = history_of(history, years, t);
    release_from(work, history, years, AT1(lines->release_years, s), t, n);
    note_gaps(ROW(year, LINES_GAP), ROW(year, LINES_AVOID), WORK(A0), WORK(A1), AT2(lines->plan_do_nothing, s, t), n);
}

#endif
