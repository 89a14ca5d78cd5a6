/* simengine/engine/pool.py: gain, whether a rate is met, and the steps on the pool before it is shared. */
#ifndef POOL_H
#define POOL_H

#include "ops.h"
#include "rules.h"

#define HERE(name) ROW(here, TERMS_##name)
#define CONTRACT(name) ROW(area->work.at, TERMS_##name)
#define USES(name) AT3(terms->uses, a, t, TERMS_##name)
#define TERM(name) AT3(terms->term, a, t, TERMS_##name)
#define TERM_SLOT(name) SLOT_ROW3(area->x.at, terms->slot, a, TERMS_##name, t)
#define TERM_SCALE(name) AT3(terms->scale, a, TERMS_##name, t)
#define MEMBER(m, name) ROW(area->members.at, (m) * TERMS_MEMBER_ROWS + TERMS_##name)
#define ROUNDING 1e-12

PASS draw_baseline(OUT out, IN x, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = scale * x[i];
        out[i] = value > 0.0 ? value : NAN;
    }
}

RULE double gain_of(double baseline, double outturn) {
    double difference = baseline - outturn;
    return fabs(difference) <= ROUNDING * baseline ? 0.0 : difference;
}

PASS pool_rows(OUT here, double msr, double mlr, double gain_part, double loss_part, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double baseline = HERE(BASELINE)[i], gain = gain_of(baseline, HERE(OUTTURN)[i]);
        double met = rate_met(gain, baseline, msr, mlr);
        HERE(GAIN)[i] = gain;
        HERE(MET)[i] = met;
        HERE(POOL)[i] = shareable_pool(gain, met, gain_part * baseline, loss_part * baseline);
    }
}

PASS pool_by_draw(OUT here, IN msr, IN mlr, double on_gain, double on_loss, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double baseline = HERE(BASELINE)[i], known = msr[i] + mlr[i], gain = gain_of(baseline, HERE(OUTTURN)[i]);
        double met = rate_met(gain, baseline, msr[i], mlr[i]);
        double pool = shareable_pool(gain, met, on_gain * msr[i] * baseline, on_loss * mlr[i] * baseline);
        HERE(GAIN)[i] = gain;
        HERE(MET)[i] = met;
        HERE(POOL)[i] = known != known ? known : pool;
    }
}

PASS rate_by_size(OUT out, IN size, double scale, const double *table, int64_t width, int64_t rows, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = rate_of_size(scale * size[i], table, table + width, table + 2 * width, table + 3 * width, rows);
}

PASS share_below(OUT here, IN size, double scale, double part, double size_from, int64_t n) {
    for (int64_t i = 0; i < n; i++) HERE(POOL)[i] = pool_below_rate(HERE(POOL)[i], HERE(GAIN)[i], HERE(MET)[i], part, scale * size[i], size_from);
}

PASS guard(OUT pool, IN flag, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) pool[i] = pool_under_guardrail(pool[i], scale * flag[i]);
}

static void find_rates(const Area *area, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    for (int64_t side = 0; side < 2; side++) {
        double *row = ROW(area->work.at, TERMS_MSR_ROW + side);
        fill_row(row, AT3(terms->term, a, t, TERMS_MSR + side), n);
        int64_t rows = AT2(terms->size_rows, a, side);
        if (rows > 0)
            rate_by_size(row, TERM_SLOT(SIZE_SLOT), TERM_SCALE(SIZE_SLOT), &AT4(terms->size_table, a, side, 0, 0), terms->size_table.shape[3], rows, n);
    }
}

static void pool_of(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    int64_t on_gain = AT2(terms->excess, a, 0), on_loss = AT2(terms->excess, a, 1);
    double msr = TERM(MSR), mlr = TERM(MLR);
    if (USES(BY_DRAW))
        pool_by_draw(here, CONTRACT(MSR_ROW), CONTRACT(MLR_ROW), (double)on_gain, (double)on_loss, n);
    else
        pool_rows(here, msr, mlr, on_gain ? msr : 0.0, on_loss ? mlr : 0.0, n);
}

static void apply_thresholds(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    if (USES(BY_DRAW)) find_rates(area, terms, a, t, n);
    pool_of(area, here, terms, a, t, n);
    if (USES(BELOW)) share_below(here, TERM_SLOT(SIZE_SLOT), TERM_SCALE(SIZE_SLOT), TERM(BELOW_PART), TERM(BELOW_FROM), n);
    if (USES(GUARDED)) guard(HERE(POOL), TERM_SLOT(GUARDRAIL_SLOT), TERM_SCALE(GUARDRAIL_SLOT), n);
}

PASS limit_pool(OUT pool, IN baseline, double cap_amount, double collar_amount, double cap_share, double collar_share, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double cap = least(cap_amount, cap_share * baseline[i]), collar = least(collar_amount, collar_share * baseline[i]);
        pool[i] = limit_to_corridor(pool[i], collar, cap);
    }
}

PASS set_off(OUT pool, OUT off, IN carried, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double taken = loss_set_off(pool[i], carried[i]);
        off[i] = taken;
        pool[i] -= taken;
    }
}

PASS use_up(OUT carried, OUT off, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double used = carried[i] < off[i] ? carried[i] : off[i];
        carried[i] -= used;
        off[i] -= used;
    }
}

static void set_losses_off(const Area *area, double *pool, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    int64_t first = AT2(terms->carried, a, 0), oldest = larger(0, t - AT2(terms->carried, a, 1));
    fill_row(CONTRACT(CARRIED), 0.0, n);
    for (int64_t year = oldest; year < t; year++) add_row(CONTRACT(CARRIED), ROW(area->work.at, first + year), n);
    set_off(pool, CONTRACT(SET_OFF), CONTRACT(CARRIED), n);
    for (int64_t year = oldest; year < t; year++) use_up(ROW(area->work.at, first + year), CONTRACT(SET_OFF), n);
}

PASS take_fund(OUT payout, OUT pool, double share, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double part = fund_part(pool[i], share);
        payout[i] = part;
        pool[i] -= part;
    }
}

static void pool_steps(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    double *payout = MEMBER(larger(AT1(terms->fund, a), 0), PAYOUT);
    for (int64_t k = 0; k < TERMS_POOL_STEP_COUNT; k++) {
        int64_t step = AT2(terms->order, a, k);
        if (AT3(terms->uses, a, t, step) == 0) continue;
        if (step == TERMS_POOL_LIMITS)
            limit_pool(HERE(POOL), HERE(BASELINE), TERM(POOL_CAP), TERM(POOL_COLLAR), TERM(POOL_CAP_SHARE), TERM(POOL_COLLAR_SHARE), n);
        else if (step == TERMS_CARRY_FORWARD)
            set_losses_off(area, HERE(POOL), terms, a, t, n);
        else
            take_fund(payout, HERE(POOL), TERM(FUND_SHARE), n);
    }
    if (USES(FUND)) {
        start_row(CONTRACT(REST), HERE(POOL), n);
        add_row(HERE(POOL), payout, n);
    }
}

PASS carry_loss_row(OUT to, IN pool, IN charged, IN full, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = uncharged_loss(pool[i], charged[i], full[i]);
}

#endif
