/* simengine/engine/observed.py: do-nothing activity of lines that were observed in the first years. */
#ifndef OBSERVED_H
#define OBSERVED_H

#include "shifts.h"
#include "volatility.h"

#define NOTHING_LEFT 1e-9

RULE double activity_without_schemes(double outturn, double shifted_in, double reduction, double expected) {
    double own = outturn - shifted_in, left = 1.0 - reduction;
    if (left <= NOTHING_LEFT) return own == 0.0 ? expected : NAN;
    double before = own / left;
    return before >= 0.0 ? before : NAN;
}

/* The slots of a line's price and of its calm activity. */
typedef struct {
    const double *price, *calm;
    double p, c, value;
    int in_money;
} Seen;

PASS undo_schemes(OUT level, OUT seen, IN work, const Seen *slots, int64_t n) {
    const Seen of = *slots;
    for (int64_t i = 0; i < n; i++) {
        double reduction = WORK(REDUCTION)[i], worth = 1.0;
        if (of.in_money) worth = (of.p * of.price[i]) * effective_price(1.0, reduction, WORK(SPEND_REDUCTION)[i]);
        double outturn = of.value / worth, before = activity_without_schemes(outturn, WORK(ADDED)[i], reduction, of.c * of.calm[i]);
        double nothing = before - before;
        level[i] = before;
        seen[i] = nothing == 0.0 ? outturn : nothing;
    }
}

PASS carry_on_level(OUT later, IN level, IN calm, double c, IN expected, double e, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double usual = c * calm[i], ratio = level[i] / usual;
        later[i] = (usual != 0.0 ? ratio : NAN) * (e * expected[i]);
    }
}

static void fill_observed(const Scratch *scratch, const Model *model, int64_t o, int64_t n) {
    const Observed *observed = &model->observed;
    const Lines *lines = &model->lines;
    const Shifts *shifts = &model->shifts;
    double *work = scratch->work.at, *x = scratch->x.at, *schemes = scratch->detail.work.at;
    int64_t s = AT1(observed->line, o), years = AT1(observed->years, o), last = years - 1, all = lines->plan_price.shape[1];
    for (int64_t t = 0; t < years; t++) {
        fill_row(WORK(ADDED), 0.0, n);
        for (int64_t k = AT1(shifts->first_into, s); k < AT1(shifts->first_into, s + 1); k++) {
            double *row = ROW(scratch->shifts.at, k * all + t);
            shift_year(row, schemes, work, x, lines, &model->effects, shifts, k, t, n);
            add_row(WORK(ADDED), row, n);
        }
        reduce_into(WORK(REDUCTION), LINES_ON_ACTIVITY, work, x, &model->effects, s, t, n);
        reduce_into(WORK(SPEND_REDUCTION), LINES_ON_PRICE, work, x, &model->effects, s, t, n);
        Seen of = {SLOT_ROW3(x, lines->slot, s, 2, t),   SLOT_ROW(x, observed->calm, o, t), AT3(lines->scale, s, 2, t),
                   AT2(observed->calm_scale, o, t), AT2(observed->value, o, t),        AT1(observed->in_money, o) > 0};
        undo_schemes(ROW(x, AT1(observed->level, o) + t), ROW(x, AT1(observed->seen, o) + t), work, &of, n);
    }
    for (int64_t t = last + 1; t < observed->value.shape[1]; t++)
        carry_on_level(ROW(x, AT1(observed->level, o) + t), ROW(x, AT1(observed->level, o) + last), SLOT_ROW(x, observed->calm, o, last),
                       AT2(observed->calm_scale, o, last), SLOT_ROW(x, observed->expected, o, t), AT2(observed->expected_scale, o, t), n);
}

#endif
