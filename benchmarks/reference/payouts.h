/* simengine/engine/payouts.py: shares and bands, then the steps on each party's amount. */
#ifndef PAYOUTS_H
#define PAYOUTS_H

#include "pool.h"

#define OF_MEMBER(name) ROW(out, TERMS_##name)
#define MEMBER_SLOT(name) SLOT_ROW3(area->x.at, terms->members.slot, m, TERMS_##name, t)
#define MEMBER_SCALE(name) AT3(terms->members.scale, m, TERMS_##name, t)

PASS share_rest(OUT amount, IN rest, double gain_share, double loss_share, int64_t n) {
    for (int64_t i = 0; i < n; i++) amount[i] = (rest[i] < 0.0 ? loss_share : gain_share) * rest[i];
}

PASS add_band(OUT amount, IN here, double sign, double start, double lower, double upper, double share, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double baseline = HERE(BASELINE)[i], rate = sign * HERE(GAIN)[i] / baseline;
        double part = sign * (share * baseline) * width_in_band(start, rate, lower, upper);
        amount[i] += HERE(MET)[i] == sign ? part : 0.0;
    }
}

PASS add_band_of_rest(OUT amount, IN rest, IN here, IN start, double sign, int excess, double lower, double upper, double share, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double baseline = HERE(BASELINE)[i], left = sign * rest[i];
        double begin = excess && HERE(MET)[i] == sign ? start[i] : 0.0;
        double part = sign * (share * baseline) * width_in_band(begin, begin + left / baseline, lower, upper);
        amount[i] += left > 0.0 ? part : left - left;
    }
}

static void share_by_bands(double *amount, const double *rest, double *here, const Area *area, const Arrangements *terms, int64_t a, int64_t m,
                           int64_t t, int64_t n) {
    fill_row(amount, 0.0, n);
    for (int side = 0; side < 2; side++) {
        double sign = side == 0 ? 1.0 : -1.0;
        const Floats *edges = side == 0 ? &terms->gain_edge : &terms->loss_edge;
        const Floats *shares = side == 0 ? &terms->members.gain_share : &terms->members.loss_share;
        int excess = AT2(terms->excess, a, side) != 0;
        double start = excess ? AT3(terms->term, a, t, TERMS_MSR + side) : 0.0;
        for (int64_t b = 0; b < AT2(terms->bands, a, side); b++) {
            double lower = AT3(*edges, a, t, b), upper = AT3(*edges, a, t, b + 1), share = AT3(*shares, m, t, b);
            if (USES(BY_DRAW))
                add_band_of_rest(amount, rest, here, ROW(area->work.at, TERMS_MSR_ROW + side), sign, excess, lower, upper, share, n);
            else
                add_band(amount, here, sign, start, lower, upper, share, n);
        }
    }
}

static void share_out(double *amount, const double *rest, double *here, const Area *area, const Arrangements *terms, int64_t a, int64_t m,
                      int64_t t, int64_t n) {
    if (AT2(terms->bands, a, 0) > 1 || AT2(terms->bands, a, 1) > 1)
        share_by_bands(amount, rest, here, area, terms, a, m, t, n);
    else
        share_rest(amount, rest, AT3(terms->members.gain_share, m, t, 0), AT3(terms->members.loss_share, m, t, 0), n);
}

PASS score_rows(OUT on_gain, OUT on_loss, IN score, IN met, IN alternative, double s, double f, double b, int64_t standard, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        on_gain[i] = score_on_gains(s * score[i], standard, f * met[i], b * alternative[i]);
        on_loss[i] = score_on_losses(s * score[i], standard, f * met[i], b * alternative[i]);
    }
}

PASS multiply_by_quality(OUT amount, IN on_gain, IN on_loss, double s, int64_t gain_rule, int64_t loss_rule, double gate, double soften, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double of_gain = gain_multiplier(s * on_gain[i], gain_rule, gate), of_loss = loss_multiplier(s * on_loss[i], loss_rule, soften);
        amount[i] = (amount[i] < 0.0 ? of_loss : of_gain) * amount[i];
    }
}

PASS loss_at_rate(OUT amount, IN score, double s, double share_max, double floor, double ceiling, double per_share, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double at_rate = per_share * loss_rate_of(s * score[i], share_max, floor, ceiling);
        amount[i] = (amount[i] < 0.0 ? at_rate : 1.0) * amount[i];
    }
}

static void apply_quality(double *amount, const Area *area, const Arrangements *terms, int64_t m, int64_t t, int64_t n) {
    const double *values = &AT3(terms->members.quality_terms, m, t, 0), *on_gain = MEMBER_SLOT(SCORE_SLOT), *on_loss = on_gain;
    int64_t standard = AT2(terms->members.standard, m, t), gain_rule = AT2(terms->members.quality, m, 0);
    int64_t loss_rule = AT2(terms->members.quality, m, 1);
    double s = MEMBER_SCALE(SCORE_SLOT);
    if (standard != 0) {
        score_rows(CONTRACT(ON_GAIN), CONTRACT(ON_LOSS), on_gain, MEMBER_SLOT(MET_SLOT), MEMBER_SLOT(ALTERNATIVE_SLOT), s, MEMBER_SCALE(MET_SLOT),
                   MEMBER_SCALE(ALTERNATIVE_SLOT), standard, n);
        on_gain = CONTRACT(ON_GAIN);
        on_loss = CONTRACT(ON_LOSS);
        s = 1.0;
    }
    if (loss_rule == 2)
        loss_at_rate(amount, on_loss, s, values[TERMS_SHARE_MAX], values[TERMS_FLOOR], values[TERMS_CEILING],
                     AT3(terms->members.part, m, t, TERMS_PER_LOSS_SHARE), n);
    multiply_by_quality(amount, on_gain, on_loss, s, gain_rule, loss_rule, values[TERMS_GATE], values[TERMS_SOFTEN], n);
}

PASS deduct(OUT amount, double deduction, int64_t n) {
    for (int64_t i = 0; i < n; i++) amount[i] = after_deduction(amount[i], deduction);
}

PASS limit_rows(OUT out, double cap, double collar, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double amount = OF_MEMBER(PAYOUT)[i];
        OF_MEMBER(PAYOUT)[i] = limit_to_corridor(amount, collar, cap);
        OF_MEMBER(CAP_HIT)[i] = amount > cap ? 1.0 : OF_MEMBER(CAP_HIT)[i];
        OF_MEMBER(COLLAR_HIT)[i] = amount < -collar ? 1.0 : OF_MEMBER(COLLAR_HIT)[i];
    }
}

PASS limit_by_draw(OUT out, IN baseline, IN unearned, const double *limit, double exposure, int64_t n) {
    double cap_amount = limit[TERMS_CAP], collar_amount = limit[TERMS_COLLAR], cap_share = limit[TERMS_CAP_SHARE], collar_share = limit[TERMS_COLLAR_SHARE];
    for (int64_t i = 0; i < n; i++) {
        double amount = OF_MEMBER(PAYOUT)[i];
        double cap = least(cap_amount, cap_share * baseline[i]), collar = least(collar_amount, collar_share * baseline[i]);
        if (exposure != 0.0) collar = collar_left(collar, exposure * unearned[i]);
        OF_MEMBER(PAYOUT)[i] = limit_to_corridor(amount, collar, cap);
        OF_MEMBER(CAP_HIT)[i] = amount > cap ? 1.0 : OF_MEMBER(CAP_HIT)[i];
        OF_MEMBER(COLLAR_HIT)[i] = amount < -collar ? 1.0 : OF_MEMBER(COLLAR_HIT)[i];
    }
}

static void apply_limits(const Area *area, double *out, double *here, const Arrangements *terms, int64_t a, int64_t m, int64_t t, int64_t n) {
    const double *limit = &AT3(terms->members.limit, m, t, 0);
    int exposed = AT3(terms->members.limited, m, t, TERMS_EXPOSED) != 0;
    if (AT3(terms->members.limited, m, t, TERMS_LIMITED) == 0) return;
    if (USES(DRAWN) || exposed)
        limit_by_draw(out, HERE(BASELINE), MEMBER_SLOT(UNEARNED_SLOT), limit, exposed ? MEMBER_SCALE(UNEARNED_SLOT) : 0.0, n);
    else
        limit_rows(out, limit[TERMS_CAP], limit[TERMS_COLLAR], n);
}

PASS relieve(OUT amount, OUT charged, IN relief, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double before = amount[i], after = loss_after_adjustment(before, scale * relief[i]);
        amount[i] = after;
        charged[i] -= after - before;
    }
}

PASS limit_term(OUT out, IN so_far, double cap, double collar, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double amount = OF_MEMBER(PAYOUT)[i], before = so_far[i];
        OF_MEMBER(PAYOUT)[i] = limit_over_term(amount, before, collar, cap);
        OF_MEMBER(CAP_HIT)[i] = amount > 0.0 && amount > cap - before ? 1.0 : OF_MEMBER(CAP_HIT)[i];
        OF_MEMBER(COLLAR_HIT)[i] = amount < 0.0 && amount < -collar - before ? 1.0 : OF_MEMBER(COLLAR_HIT)[i];
    }
}

static void party_steps(const Area *area, double *out, double *here, const Arrangements *terms, int64_t a, int64_t m, int64_t t, int64_t n) {
    fill_row(OF_MEMBER(CAP_HIT), 0.0, n);
    fill_row(OF_MEMBER(COLLAR_HIT), 0.0, n);
    for (int64_t k = TERMS_POOL_STEP_COUNT; k < TERMS_STEP_COUNT; k++) {
        int64_t step = AT2(terms->order, a, k);
        if (AT3(terms->uses, a, t, step) == 0) continue;
        if (step == TERMS_QUALITY) {
            if (AT2(terms->members.quality, m, 2)) apply_quality(OF_MEMBER(PAYOUT), area, terms, m, t, n);
        } else if (step == TERMS_DEDUCTION) {
            deduct(OF_MEMBER(PAYOUT), TERM(DEDUCTION_RATE), n);
        } else if (step == TERMS_LIMITS) {
            apply_limits(area, out, here, terms, a, m, t, n);
        } else if (step == TERMS_LOSS_ADJUSTMENT) {
            double scale = TERM_SCALE(RELIEF_SLOT) * AT3(terms->members.part, m, t, TERMS_RELIEF_PART);
            relieve(OF_MEMBER(PAYOUT), CONTRACT(CHARGED), TERM_SLOT(RELIEF_SLOT), scale, n);
        } else {
            limit_term(out, ROW(area->paid.at, m), AT2(terms->members.over_term, m, 0), AT2(terms->members.over_term, m, 1), n);
        }
    }
    if (USES(CARRY_FORWARD)) add_row(CONTRACT(CHARGED), OF_MEMBER(PAYOUT), n);
}

#endif
