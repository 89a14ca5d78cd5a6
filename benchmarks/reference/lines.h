/* simengine/engine/lines.py and special_lines.py: service lines, one line and year at a time. */
#ifndef LINES_H
#define LINES_H

#include "ops.h"
#include "rules.h"

#define WORK(name) ROW(work, LINES_##name)
#define SUMS(name) ROW(sums, LINES_SUM_##name)

PASS compound_first(OUT remaining, IN impact, IN ramp, IN delivery, IN captured, double a, double b, double c, double d, int64_t n) {
    for (int64_t i = 0; i < n; i++) remaining[i] = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i]);
}

PASS compound_next(OUT remaining, IN impact, IN ramp, IN delivery, IN captured, double a, double b, double c, double d, int64_t n) {
    for (int64_t i = 0; i < n; i++) remaining[i] *= 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i]);
}

static void compound(double *work, double *x, const Effects *effects, int64_t e, int64_t t, int first, int64_t n) {
    const double *slot[4];
    double scale[4];
    for (int k = 0; k < 4; k++) {
        slot[k] = SLOT_ROW3(x, effects->slot, e, k, t);
        scale[k] = AT3(effects->scale, e, k, t);
    }
    if (first)
        compound_first(WORK(REMAINING), slot[0], slot[1], slot[2], slot[3], scale[0], scale[1], scale[2], scale[3], n);
    else
        compound_next(WORK(REMAINING), slot[0], slot[1], slot[2], slot[3], scale[0], scale[1], scale[2], scale[3], n);
}

PASS join_first(OUT reduction, IN remaining, IN share, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) reduction[i] = join_segment(0.0, scale * share[i], remaining[i], 0);
}

PASS join_next(OUT reduction, IN remaining, IN share, double scale, int independent, int64_t n) {
    if (independent)
        for (int64_t i = 0; i < n; i++) reduction[i] = join_segment(reduction[i], scale * share[i], remaining[i], 1);
    else
        for (int64_t i = 0; i < n; i++) reduction[i] = join_segment(reduction[i], scale * share[i], remaining[i], 0);
}

PASS hold_at_one(OUT reduction, OUT clipped, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = reduction[i], nothing = value - value;
        double held = value > 1.0 ? 1.0 : value, marked = value > 1.0 ? 1.0 : clipped[i];
        clipped[i] = nothing == 0.0 ? marked : clipped[i];
        reduction[i] = nothing == 0.0 ? held : nothing;
    }
}

static void effect_range(const Effects *effects, int64_t g, int64_t acts_on, int64_t *first, int64_t *last) {
    *first = acts_on == LINES_ON_UNIT_COST ? AT2(effects->last_effect, g, LINES_ON_PRICE) : AT1(effects->first_effect, g);
    *last = AT2(effects->last_effect, g, acts_on);
}

/* The reduction of a line that a single effect acts on. */
PASS only_effect(OUT reduction, IN impact, IN ramp, IN delivery, IN captured, IN share, const double *scale, double part, int64_t n) {
    double a = scale[0], b = scale[1], c = scale[2], d = scale[3];
    for (int64_t i = 0; i < n; i++) {
        double remaining = 1.0 - effect_size(a * impact[i], b * ramp[i], c * delivery[i], d * captured[i]);
        reduction[i] = join_segment(0.0, part * share[i], remaining, 0);
    }
}

static void reduce_by(double *reduction, double *x, const Effects *effects, int64_t e, const double *share, double part, int64_t t, int64_t n) {
    double scale[4];
    for (int k = 0; k < 4; k++) scale[k] = AT3(effects->scale, e, k, t);
    only_effect(reduction, SLOT_ROW3(x, effects->slot, e, 0, t), SLOT_ROW3(x, effects->slot, e, 1, t), SLOT_ROW3(x, effects->slot, e, 2, t),
                SLOT_ROW3(x, effects->slot, e, 3, t), share, scale, part, n);
}

static void reduce_into(double *reduction, int64_t acts_on, double *work, double *x, const Effects *effects, int64_t s, int64_t t, int64_t n) {
    int started = 0;
    for (int64_t g = AT1(effects->first_segment, s); g < AT1(effects->first_segment, s + 1); g++) {
        int64_t start, end;
        effect_range(effects, g, acts_on, &start, &end);
        if (start == end) continue;
        const double *share = SLOT_ROW(x, effects->share, g, t);
        double part = AT2(effects->share_scale, g, t);
        if (end == start + 1 && !started) {
            reduce_by(reduction, x, effects, start, share, part, t, n);
        } else {
            for (int64_t e = start; e < end; e++) compound(work, x, effects, e, t, e == start, n);
            if (started)
                join_next(reduction, WORK(REMAINING), share, part, AT1(effects->overlap, s) == 1, n);
            else
                join_first(reduction, WORK(REMAINING), share, part, n);
        }
        started = 1;
    }
    if (!started)
        fill_row(reduction, 0.0, n);
    else if (AT1(effects->may_exceed, s))
        hold_at_one(reduction, WORK(CLIPPED), n);
}

/* Planned payment, weight of the drawn price and the planned price in the payment price. */
typedef struct {
    double planned, drawn_weight, planned_weight;
} PaymentTerms;

static PaymentTerms payment_terms(const Lines *lines, int64_t s, int64_t t) {
    if (!AT2(lines->paid, s, t)) return (PaymentTerms){0.0, 0.0, 0.0};
    double planned = AT2(lines->plan_payment, s, t);
    if (AT1(lines->planned_price, s)) return (PaymentTerms){planned, 0.0, AT2(lines->plan_price, s, t)};
    return (PaymentTerms){planned, AT3(lines->scale, s, 2, t), 0.0};
}

/* A line's slots in a year: rows of activity, volatility, price, unit cost, variable share, fixed share, and their scales. */
typedef struct {
    const double *activity, *noise, *price, *unit_cost, *variable, *fixed;
    double a, p, c, v, f;
    PaymentTerms pay;
} LineSlots;

static LineSlots line_slots(const Lines *lines, double *x, int64_t s, int64_t t) {
    return (LineSlots){SLOT_ROW3(x, lines->slot, s, 0, t), SLOT_ROW3(x, lines->slot, s, 1, t), SLOT_ROW3(x, lines->slot, s, 2, t),
                       SLOT_ROW3(x, lines->slot, s, 3, t), SLOT_ROW3(x, lines->slot, s, 4, t), SLOT_ROW3(x, lines->slot, s, 5, t),
                       AT3(lines->scale, s, 0, t),         AT3(lines->scale, s, 2, t),         AT3(lines->scale, s, 3, t),
                       AT3(lines->scale, s, 4, t),         AT3(lines->scale, s, 5, t),         payment_terms(lines, s, t)};
}

/* Spend and payment, without and with schemes, of one line, year and draw. */
typedef struct {
    double s0, s1, pay_dn, pay;
} Money;

RULE Money line_money(double do_nothing, double outturn, double price, double planned, double variable, double payment_price) {
    return (Money){do_nothing * price, outturn * price, payment(planned, variable, do_nothing * payment_price),
                   payment(planned, variable, outturn * payment_price)};
}

PASS note_gaps(OUT gap, OUT avoid, IN a0, IN a1, double plan, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        gap[i] = plan - a1[i];
        avoid[i] = a0[i] - a1[i];
    }
}

PASS gather_first(OUT gaps, OUT avoided, IN gap, IN avoid, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        gaps[i] = gap[i];
        avoided[i] = avoid[i];
    }
}

PASS gather_two(OUT gaps, OUT avoided, IN first, IN second, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        gaps[i] = ROW(first, LINES_GAP)[i] + ROW(second, LINES_GAP)[i];
        avoided[i] = ROW(first, LINES_AVOID)[i] + ROW(second, LINES_AVOID)[i];
    }
}

PASS gather_more(OUT gaps, OUT avoided, IN gap, IN avoid, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        gaps[i] += gap[i];
        avoided[i] += avoid[i];
    }
}

/* The rows of year t where some years are remembered. */
RULE double *history_of(double *history, int64_t remembered, int64_t t) { return ROW(history, (t % remembered) * LINES_HISTORY_ROWS); }

static void release_from(double *work, double *history, int64_t remembered, int64_t years, int64_t t, int64_t n) {
    int64_t start = larger(t - years, 0);
    if (start == t) {
        fill_row(WORK(GAPS), 0.0, n);
        fill_row(WORK(AVOIDED), 0.0, n);
    }
    double *first = history_of(history, remembered, start), *second = history_of(history, remembered, start + 1);
    if (t == start + 1)
        gather_first(WORK(GAPS), WORK(AVOIDED), ROW(first, LINES_GAP), ROW(first, LINES_AVOID), n);
    else if (t > start + 1)
        gather_two(WORK(GAPS), WORK(AVOIDED), first, second, n);
    for (int64_t k = start + 2; k < t; k++) {
        double *year = history_of(history, remembered, k);
        gather_more(WORK(GAPS), WORK(AVOIDED), ROW(year, LINES_GAP), ROW(year, LINES_AVOID), n);
    }
}

/* Of special lines: price or unit cost changed by a scheme, activity shifted in, payment in bands, or years that were observed. */
RULE double special_payment(const Special *special, int64_t s, int64_t t, double planned, double variable, double value) {
    int64_t side = value > planned ? 0 : 1;
    return banded_payment(planned, variable, value, &AT3(special->edge, s, side, 0), &AT4(special->share, s, side, t, 0), AT2(special->bands, s, side));
}

PASS special_money(OUT work, OUT sums, IN outturn, const LineSlots *restrict slots, const Special *special, int64_t s, int64_t t, int64_t n) {
    const LineSlots of = *slots;
    int observed = t < AT1(special->observed, s);
    for (int64_t i = 0; i < n; i++) {
        double a0 = (of.a * of.activity[i]) * of.noise[i], reduction = WORK(REDUCTION)[i];
        double a1 = observed ? outturn[i] : a0 * (1.0 - reduction) + WORK(ADDED)[i];
        double left = effective_price(1.0, reduction, WORK(SPEND_REDUCTION)[i]), share = of.v * of.variable[i];
        double paid_at = of.pay.drawn_weight * of.price[i] + of.pay.planned_weight;
        double paid_at_last = of.pay.drawn_weight * of.price[i] * left + of.pay.planned_weight;
        double s0 = a0 * (of.p * of.price[i]), s1 = a1 * (of.p * of.price[i] * left);
        WORK(A0)[i] = a0;
        WORK(A1)[i] = a1;
        double paid = special_payment(special, s, t, of.pay.planned, share, a1 * paid_at_last);
        WORK(S0)[i] = s0;
        WORK(S1)[i] = s1;
        WORK(SAVING)[i] = s0 - s1;
        WORK(PAY)[i] = paid;
        SUMS(SAVING)[i] += s0 - s1;
        SUMS(PAY)[i] += paid;
        SUMS(PAY_DN)[i] += special_payment(special, s, t, of.pay.planned, share, a0 * paid_at);
    }
}

PASS special_cost(OUT work, OUT sums, OUT history, const LineSlots *restrict slots, double plan, double part, int release, int64_t n) {
    const LineSlots of = *slots;
    for (int64_t i = 0; i < n; i++) {
        double a0 = WORK(A0)[i], a1 = WORK(A1)[i], before = of.c * of.unit_cost[i];
        double share = release ? of.f * of.fixed[i] : 0.0;
        double capacity = release ? plan - part * WORK(GAPS)[i] : a1, freed = release ? part * WORK(AVOIDED)[i] : a0 - a1;
        double after = before * (1.0 - WORK(COST_REDUCTION)[i]), cost = provider_cost(after, share, a1, capacity);
        double released = provider_cost(before, share, a0, capacity + freed) - cost;
        ROW(history, LINES_GAP)[i] = plan - a1;
        ROW(history, LINES_AVOID)[i] = a0 - a1;
        WORK(COST)[i] = cost;
        WORK(RELEASED)[i] = released;
        SUMS(COST)[i] += cost;
        SUMS(RELEASED)[i] += released;
        SUMS(STRANDED)[i] += after * share * ((a0 - a1) - freed);
    }
}

/* history starts at year t. */
static void special_line_year(double *work, double *sums, double *history, double *x, const Lines *lines, int64_t s, int64_t t, int64_t n) {
    LineSlots of = line_slots(lines, x, s, t);
    int64_t years = AT1(lines->release_years, s);
    const double *outturn = ROW(x, t < AT1(lines->special.observed, s) ? AT1(lines->special.outturn, s) + t : OPS_ONES);
    special_money(work, sums, outturn, &of, &lines->special, s, t, n);
    double plan = AT2(lines->plan_do_nothing, s, t), part = 1.0 / (double)larger(years, 1);
    special_cost(work, sums, history, &of, plan, part, years >= 1, n);
}

#endif
