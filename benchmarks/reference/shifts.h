/* simengine/engine/shifts.py: activity that an effect moves off a line, added to another. */
#ifndef SHIFTS_H
#define SHIFTS_H

#include "schemes.h"

PASS do_nothing_activity(OUT a0, IN activity, IN noise, double a, int64_t n) {
    for (int64_t i = 0; i < n; i++) a0[i] = (a * activity[i]) * noise[i];
}

PASS convert(OUT moved, IN ratio, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) moved[i] *= scale * ratio[i];
}

static void shift_year(double *row, double *schemes, double *work, double *x, const Lines *lines, const Effects *effects, const Shifts *shifts, int64_t k,
                       int64_t t, int64_t n) {
    int64_t s = AT1(shifts->source, k);
    do_nothing_activity(WORK(A0), SLOT_ROW3(x, lines->slot, s, 0, t), SLOT_ROW3(x, lines->slot, s, 1, t), AT3(lines->scale, s, 0, t), n);
    reduce_into(WORK(REDUCTION), LINES_ON_ACTIVITY, work, x, effects, s, t, n);
    moved_activity(row, schemes, work, x, effects, s, AT1(shifts->segment, k), AT1(shifts->effect, k), t, n);
    convert(row, SLOT_ROW(x, shifts->ratio, k, t), AT2(shifts->ratio_scale, k, t), n);
}

static void shift_activity(double *rows, double *schemes, double *work, double *x, const Lines *lines, const Effects *effects, const Shifts *shifts,
                           int64_t n) {
    int64_t years = lines->plan_price.shape[1];
    for (int64_t k = 0; k < shifts->source.shape[0]; k++)
        for (int64_t t = 0; t < years; t++) shift_year(ROW(rows, k * years + t), schemes, work, x, lines, effects, shifts, k, t, n);
}

static void add_shifted(double *added, double *rows, const Shifts *shifts, int64_t s, int64_t t, int64_t n) {
    int64_t years = shifts->ratio_scale.shape[1];
    fill_row(added, 0.0, n);
    for (int64_t k = AT1(shifts->first_into, s); k < AT1(shifts->first_into, s + 1); k++) add_row(added, ROW(rows, k * years + t), n);
}

PASS price_after_schemes(OUT now, IN price, IN reduction, IN spend_reduction, double p, int64_t n) {
    for (int64_t i = 0; i < n; i++) now[i] = p * price[i] * effective_price(1.0, reduction[i], spend_reduction[i]);
}

PASS take_off(OUT saving, IN shifted, IN price, int64_t n) {
    for (int64_t i = 0; i < n; i++) saving[i] -= shifted[i] * price[i];
}

static void charge_schemes(double *savings, double *rows, double *price, const Shifts *shifts, int64_t s, int64_t t, int64_t n) {
    int64_t years = shifts->ratio_scale.shape[1];
    for (int64_t k = AT1(shifts->first_into, s); k < AT1(shifts->first_into, s + 1); k++)
        take_off(ROW(savings, AT1(shifts->scheme, k) * years + t), ROW(rows, k * years + t), price, n);
}

/* What of the spend of the line at hand goes to its schemes. */
static void save_line(const Model *model, const Scratch *scratch, int64_t s, int64_t t, int64_t n) {
    const Shifts *shifts = &model->shifts;
    double *savings = scratch->detail.savings.at, *schemes = scratch->detail.work.at, *work = scratch->work.at, *x = scratch->x.at;
    add_scheme_savings(savings, schemes, work, x, &model->effects, s, t, n);
    if (AT1(shifts->first_into, s) < AT1(shifts->first_into, s + 1)) {
        const double *price = SLOT_ROW3(x, model->lines.slot, s, 2, t);
        price_after_schemes(ROW(schemes, 0), price, WORK(REDUCTION), WORK(SPEND_REDUCTION), AT3(model->lines.scale, s, 2, t), n);
        charge_schemes(savings, scratch->shifts.at, ROW(schemes, 0), shifts, s, t, n);
    }
}

#endif
