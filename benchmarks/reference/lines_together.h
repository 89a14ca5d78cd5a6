/* simengine/engine/lines_together.py: lines that differ in size only are worked off together. */
#ifndef LINES_TOGETHER_H
#define LINES_TOGETHER_H

#include "covered_lines.h"

#define PART(j, column) AT2(groups->part, j, LINES_TOGETHER_##column)

PASS set_activity(OUT a0, OUT a1, IN activity, IN noise, IN reduction, double size, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double own = (size * activity[i]) * noise[i];
        a0[i] = own;
        a1[i] = own * (1.0 - reduction[i]);
    }
}

PASS add_activity(OUT a0, OUT a1, IN activity, IN noise, IN reduction, double size, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double own = (size * activity[i]) * noise[i];
        a0[i] += own;
        a1[i] += own * (1.0 - reduction[i]);
    }
}

/* Rows and size of a part in a year. */
typedef struct {
    const double *activity, *noise, *reduction;
    double size;
} PartRows;

static PartRows part_rows(double *reductions, double *x, const Groups *groups, int64_t j, int64_t t) {
    return (PartRows){ROW(x, PART(j, ACTIVITY_ROW) + PART(j, ACTIVITY_STRIDE) * t), ROW(x, PART(j, NOISE_ROW) + PART(j, NOISE_STRIDE) * t),
                      ROW(reductions, PART(j, REDUCTION_ROW)), AT2(groups->size, j, t)};
}

PASS add_four_activities(OUT a0, OUT a1, const PartRows *parts, int64_t n) {
    const PartRows p = parts[0], q = parts[1], r = parts[2], s = parts[3];
    for (int64_t i = 0; i < n; i++) {
        double a = (p.size * p.activity[i]) * p.noise[i], b = (q.size * q.activity[i]) * q.noise[i];
        double c = (r.size * r.activity[i]) * r.noise[i], d = (s.size * s.activity[i]) * s.noise[i];
        double ab = a * (1.0 - p.reduction[i]) + b * (1.0 - q.reduction[i]), cd = c * (1.0 - r.reduction[i]) + d * (1.0 - s.reduction[i]);
        a0[i] += (a + b) + (c + d);
        a1[i] += ab + cd;
    }
}

static void share_reductions(double *work, double *reductions, double *x, const Effects *effects, const Groups *groups, int64_t t, int64_t n) {
    for (int64_t k = 0; k < groups->shared.shape[0]; k++)
        reduce_into(ROW(reductions, LINES_TOGETHER_SHARED_REDUCTION + k), LINES_ON_ACTIVITY, work, x, effects, AT1(groups->shared, k), t, n);
}

static void reduce_part(double *work, double *reductions, double *x, const Effects *effects, const Groups *groups, int64_t j, int64_t t, int64_t n) {
    int64_t row = PART(j, REDUCTION_ROW);
    if (LINES_TOGETHER_OWN_REDUCTION <= row && row < LINES_TOGETHER_SHARED_REDUCTION)
        reduce_into(ROW(reductions, row), LINES_ON_ACTIVITY, work, x, effects, AT1(groups->part_line, j), t, n);
}

static void group_activity(double *work, double *reductions, double *x, const Effects *effects, const Groups *groups, int64_t g, int64_t t, int64_t n) {
    int64_t first = AT1(groups->first_part, g), end = AT1(groups->first_part, g + 1), following;
    for (int64_t j = first; j < end; j = following) {
        int several = j > first && j + LINES_TOGETHER_AT_ONCE <= end;
        following = several ? j + LINES_TOGETHER_AT_ONCE : j + 1;
        PartRows parts[LINES_TOGETHER_AT_ONCE];
        for (int64_t k = j; k < following; k++) {
            reduce_part(work, reductions, x, effects, groups, k, t, n);
            parts[k - j] = part_rows(reductions, x, groups, k, t);
        }
        if (several)
            add_four_activities(WORK(A0), WORK(A1), parts, n);
        else if (j == first)
            set_activity(WORK(A0), WORK(A1), parts->activity, parts->noise, parts->reduction, parts->size, n);
        else
            add_activity(WORK(A0), WORK(A1), parts->activity, parts->noise, parts->reduction, parts->size, n);
    }
}

/* Where a covered group adds its outturn at reference price, and what payer and provider hold of its gain; and its plan. */
typedef struct {
    double *outturn, *payer, *provider;
    double reference, baseline, expected, part;
    int covers;
} Cover;

/* What a group adds to the sums of its pair: all but cost, and what is covered. */
#define ADD_MONEY(a0, a1)                                                                                            \
    double drawn = price[i], share = of.v * variable[i], paid_at = of.pay.drawn_weight * drawn + of.pay.planned_weight; \
    Money m = line_money(a0, a1, of.p * drawn, of.pay.planned, share, paid_at);                                     \
    SUMS(SAVING)[i] += m.s0 - m.s1;                                                                                  \
    SUMS(PAY)[i] += m.pay;                                                                                           \
    SUMS(PAY_DN)[i] += m.pay_dn;                                                                                     \
    if (to.covers) {                                                                                                 \
        double worth = a1 * to.reference, paid = payment(of.pay.planned, share, worth);                              \
        outturn[i] += worth;                                                                                         \
        payer[i] += to.baseline - paid;                                                                              \
        provider[i] += paid - worth;                                                                                 \
    }

/* Activity, money and holdings in one pass: of a group of one part whose capacity follows activity at once. */
PASS whole_rows(OUT sums, OUT outturn, OUT payer, OUT provider, IN activity, IN noise, IN reduction, IN price, IN unit_cost, IN variable, double size,
                const Cover *cover, const LineSlots *slots, int64_t n) {
    const LineSlots of = *slots;
    const Cover to = *cover;
    for (int64_t i = 0; i < n; i++) {
        double a0 = (size * activity[i]) * noise[i], a1 = a0 * (1.0 - reduction[i]), cost = of.c * unit_cost[i];
        ADD_MONEY(a0, a1)
        SUMS(COST)[i] += cost * a1;
        SUMS(RELEASED)[i] += cost * (a0 - a1);
    }
}

/* The same, of activity that stands in work. */
PASS money_at_once(OUT sums, OUT outturn, OUT payer, OUT provider, IN work, IN price, IN unit_cost, IN variable, const Cover *cover,
                   const LineSlots *slots, int64_t n) {
    const LineSlots of = *slots;
    const Cover to = *cover;
    for (int64_t i = 0; i < n; i++) {
        double a0 = WORK(A0)[i], a1 = WORK(A1)[i], cost = of.c * unit_cost[i];
        ADD_MONEY(a0, a1)
        SUMS(COST)[i] += cost * a1;
        SUMS(RELEASED)[i] += cost * (a0 - a1);
    }
}

PASS money_with_release(OUT sums, OUT outturn, OUT payer, OUT provider, IN work, IN price, IN unit_cost, IN variable, IN fixed, const Cover *cover,
                        const LineSlots *slots, int64_t n) {
    const LineSlots of = *slots;
    const Cover to = *cover;
    for (int64_t i = 0; i < n; i++) {
        double a0 = WORK(A0)[i], a1 = WORK(A1)[i], avoided = a0 - a1;
        double capacity = to.expected - to.part * WORK(GAPS)[i], freed = to.part * WORK(AVOIDED)[i];
        double unit = of.c * unit_cost[i], held = of.f * fixed[i], released = provider_cost(unit, held, avoided, freed);
        ADD_MONEY(a0, a1)
        SUMS(COST)[i] += provider_cost(unit, held, a1, capacity);
        SUMS(RELEASED)[i] += released;
        SUMS(STRANDED)[i] += unit * avoided - released;
    }
}

/* What a group adds to the sums of its pair and, where it is covered, to outturn and holdings; gaps are its own. */
static void work_off_group(double *sums, double *gaps, double *work, double *reductions, const Area *area, const Model *model, int64_t g, int64_t t,
                           int64_t n) {
    const Groups *groups = &model->groups;
    const Covered *covered = &model->covered;
    const Lines *lines = &model->lines;
    double *x = area->x.at;
    int64_t s = AT1(groups->line, g), first = AT1(groups->first_part, g), release = AT1(lines->release_years, s);
    int64_t whole = AT2(groups->whole, g, t), remembered = AT1(groups->remembered, g);
    LineSlots of = line_slots(lines, x, s, t);
    of.pay.planned = AT2(groups->plan_payment, g, t);
    /* of a group that is not covered, or in a way of its own, these rows are not touched */
    Cover to = {ROW(sums, LINES_TOGETHER_SPARE), ROW(sums, LINES_TOGETHER_SPARE + 1), ROW(sums, LINES_TOGETHER_SPARE + 2), AT2(lines->plan_price, s, t),
                AT2(groups->baseline, g, t),     AT2(groups->plan_do_nothing, g, t),  1.0 / (double)larger(release, 1), whole > 0};
    if (whole) {
        to.outturn = ROW(area->rows.at, AT2(covered->arrangement, s, t) * TERMS_ARRANGEMENT_ROWS + TERMS_OUTTURN);
        to.payer = ROW(area->held.at, AT2(covered->payer, s, t));
        to.provider = ROW(area->held.at, AT1(covered->provider, s));
    }
    if ((whole || AT2(covered->arrangement, s, t) < 0) && release < 1 && AT1(groups->first_part, g + 1) == first + 1) {
        reduce_part(work, reductions, x, &model->effects, groups, first, t, n);
        PartRows part = part_rows(reductions, x, groups, first, t);
        whole_rows(sums, to.outturn, to.payer, to.provider, part.activity, part.noise, part.reduction, of.price, of.unit_cost, of.variable, part.size, &to,
                   &of, n);
        return;
    }
    group_activity(work, reductions, x, &model->effects, groups, g, t, n);
    if (release < 1) {
        money_at_once(sums, to.outturn, to.payer, to.provider, work, of.price, of.unit_cost, of.variable, &to, &of, n);
    } else {
        double *year = history_of(gaps, remembered, t);
        release_from(work, gaps, remembered, release, t, n);
        money_with_release(sums, to.outturn, to.payer, to.provider, work, of.price, of.unit_cost, of.variable, of.fixed, &to, &of, n);
        note_gaps(ROW(year, LINES_GAP), ROW(year, LINES_AVOID), WORK(A0), WORK(A1), to.expected, n);
    }
}

#endif
