/* simengine/engine/schemes.py and actual_costs.py: the saving of each scheme by the log-mean rule, and costs that follow it. */
#ifndef SCHEMES_H
#define SCHEMES_H

#include "lines.h"

#define OF_SCHEMES(name) ROW(schemes, SCHEMES_##name)

/* -ln(1 - r) of an effect; it is added to the segment's sum, and 1 - r to its product. */
PASS take_effect_rows(OUT remaining, OUT log_sum, OUT size, IN impact, IN ramp, IN delivery, IN captured, const double *scale, int64_t n) {
    double a = scale[0], b = scale[1], c = scale[2], d = scale[3];
    for (int64_t i = 0; i < n; i++) {
        double left = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i]), own = -own_log(left);
        size[i] = own;
        remaining[i] *= left;
        log_sum[i] += own;
    }
}

static void segment_of(double *schemes, double *x, const Effects *effects, int64_t g, int64_t acts_on, int64_t t, int64_t n) {
    int64_t first, last;
    fill_row(OF_SCHEMES(REMAINING), 1.0, n);
    fill_row(OF_SCHEMES(LOG_SUM), 0.0, n);
    effect_range(effects, g, acts_on, &first, &last);
    for (int64_t e = first; e < last; e++) {
        double scale[4];
        for (int k = 0; k < 4; k++) scale[k] = AT3(effects->scale, e, k, t);
        take_effect_rows(OF_SCHEMES(REMAINING), OF_SCHEMES(LOG_SUM), ROW(schemes, SCHEMES_SIZE_LOG + e - first), SLOT_ROW3(x, effects->slot, e, 0, t),
                         SLOT_ROW3(x, effects->slot, e, 1, t), SLOT_ROW3(x, effects->slot, e, 2, t), SLOT_ROW3(x, effects->slot, e, 3, t), scale, n);
    }
}

PASS weigh(OUT schemes, IN base, IN reduction, IN share, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double ratio = proportional_ratio(reduction[i], OF_SCHEMES(SUM_SIMPLE)[i]);
        double factor = log_mean_factor(OF_SCHEMES(REMAINING)[i], -OF_SCHEMES(LOG_SUM)[i]);
        OF_SCHEMES(WEIGHT)[i] = scale * share[i] * factor * base[i] * ratio;
    }
}

PASS weigh_independent(OUT schemes, IN base, IN reduction, IN share, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double own = join_segment(0.0, scale * share[i], OF_SCHEMES(REMAINING)[i], 0);
        double ratio = independent_ratio(own, reduction[i], OF_SCHEMES(LINE_LEFT)[i], OF_SCHEMES(LINE_LOG)[i]);
        double factor = log_mean_factor(OF_SCHEMES(REMAINING)[i], -OF_SCHEMES(LOG_SUM)[i]);
        OF_SCHEMES(WEIGHT)[i] = scale * share[i] * factor * base[i] * ratio;
    }
}

PASS add_saving(OUT saving, IN x, IN y, int64_t n) {
    for (int64_t i = 0; i < n; i++) saving[i] += x[i] * y[i];
}

PASS join_independent(OUT line_left, OUT line_log, IN remaining, IN share, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double left = left_of(join_segment(0.0, scale * share[i], remaining[i], 0));
        line_left[i] *= left;
        line_log[i] += own_log(left);
    }
}

PASS add_simple(OUT total, IN remaining, IN share, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) total[i] = join_segment(total[i], scale * share[i], remaining[i], 0);
}

static void sum_of_segments(double *schemes, double *x, const Effects *effects, int64_t s, int64_t acts_on, int64_t t, int64_t n) {
    fill_row(OF_SCHEMES(SUM_SIMPLE), 0.0, n);
    fill_row(OF_SCHEMES(LINE_LEFT), 1.0, n);
    fill_row(OF_SCHEMES(LINE_LOG), 0.0, n);
    for (int64_t g = AT1(effects->first_segment, s); g < AT1(effects->first_segment, s + 1); g++) {
        const double *share = SLOT_ROW(x, effects->share, g, t);
        double scale = AT2(effects->share_scale, g, t);
        segment_of(schemes, x, effects, g, acts_on, t, n);
        if (AT1(effects->overlap, s) == SCHEMES_INDEPENDENT)
            join_independent(OF_SCHEMES(LINE_LEFT), OF_SCHEMES(LINE_LOG), OF_SCHEMES(REMAINING), share, scale, n);
        else
            add_simple(OF_SCHEMES(SUM_SIMPLE), OF_SCHEMES(REMAINING), share, scale, n);
    }
}

static void weigh_segment(double *schemes, const double *base, const double *reduction, double *x, const Effects *effects, int64_t s, int64_t g,
                          int64_t t, int64_t n) {
    const double *share = SLOT_ROW(x, effects->share, g, t);
    double scale = AT2(effects->share_scale, g, t);
    if (AT1(effects->overlap, s) == SCHEMES_INDEPENDENT)
        weigh_independent(schemes, base, reduction, share, scale, n);
    else
        weigh(schemes, base, reduction, share, scale, n);
}

static int64_t acting_scheme(const Effects *effects, int64_t s) {
    int64_t found = SCHEMES_NONE;
    for (int64_t g = AT1(effects->first_segment, s); g < AT1(effects->first_segment, s + 1); g++) {
        int64_t first, last;
        effect_range(effects, g, LINES_ON_PRICE, &first, &last);
        for (int64_t e = first; e < last; e++) {
            if (found != SCHEMES_NONE && AT1(effects->scheme, e) != found) return SCHEMES_SEVERAL;
            found = AT1(effects->scheme, e);
        }
    }
    return found;
}

static void add_scheme_savings(double *savings, double *schemes, double *work, double *x, const Effects *effects, int64_t s, int64_t t, int64_t n) {
    int64_t first = AT1(effects->first_segment, s), last = AT1(effects->first_segment, s + 1), years = effects->share_scale.shape[1];
    int64_t acting = acting_scheme(effects, s);
    const double *spend = WORK(S0), *reduction = ROW(work, AT1(effects->spend_row, s));
    if (acting >= 0) add_saving(ROW(savings, acting * years + t), spend, reduction, n);
    if (acting != SCHEMES_SEVERAL) return;
    sum_of_segments(schemes, x, effects, s, LINES_ON_PRICE, t, n);
    for (int64_t g = first; g < last; g++) {
        int64_t start, end;
        if (last - first > 1) segment_of(schemes, x, effects, g, LINES_ON_PRICE, t, n);
        weigh_segment(schemes, spend, reduction, x, effects, s, g, t, n);
        effect_range(effects, g, LINES_ON_PRICE, &start, &end);
        for (int64_t e = start; e < end; e++)
            add_saving(ROW(savings, AT1(effects->scheme, e) * years + t), OF_SCHEMES(WEIGHT), ROW(schemes, SCHEMES_SIZE_LOG + e - start), n);
    }
}

static void moved_activity(double *moved, double *schemes, double *work, double *x, const Effects *effects, int64_t s, int64_t g, int64_t e, int64_t t,
                           int64_t n) {
    int64_t first, last;
    sum_of_segments(schemes, x, effects, s, LINES_ON_ACTIVITY, t, n);
    segment_of(schemes, x, effects, g, LINES_ON_ACTIVITY, t, n);
    weigh_segment(schemes, WORK(A0), WORK(REDUCTION), x, effects, s, g, t, n);
    fill_row(moved, 0.0, n);
    effect_range(effects, g, LINES_ON_ACTIVITY, &first, &last);
    add_saving(moved, OF_SCHEMES(WEIGHT), ROW(schemes, SCHEMES_SIZE_LOG + e - first), n);
}

PASS reinvest(OUT cost, IN saving, IN share, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) cost[i] = scale * share[i] * (saving[i] < 0.0 ? 0.0 : saving[i]);
}

static void fill_actual_costs(double *x, double *savings, const Actual *actual, int64_t n) {
    int64_t years = actual->share_scale.shape[1];
    for (int64_t c = 0; c < actual->scheme.shape[0]; c++)
        for (int64_t t = 0; t < years; t++)
            reinvest(ROW(x, AT1(actual->row, c) + t), ROW(savings, AT1(actual->scheme, c) * years + t), SLOT_ROW(x, actual->share, c, t),
                     AT2(actual->share_scale, c, t), n);
}

#endif
