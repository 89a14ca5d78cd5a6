/* simengine/engine/arrangements.py and line_by_line.py: from the covered lines' outturn to each party's settlement. */
#ifndef ARRANGEMENTS_H
#define ARRANGEMENTS_H

#include "payouts.h"

static void start_settlement(const Area *area, int64_t arrangements, int64_t n) {
    for (int64_t a = 0; a < arrangements; a++) fill_row(ROW(area->rows.at, a * TERMS_ARRANGEMENT_ROWS + TERMS_OUTTURN), 0.0, n);
    clear_rows(area->held.at, area->held.shape[0] / STRIDE);
}

PASS scale_row(OUT out, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] *= scale;
}

PASS phi_rows(OUT phi, IN here, double part, int64_t n) {
    for (int64_t i = 0; i < n; i++) phi[i] = part * shared_part(HERE(POOL)[i], HERE(GAIN)[i]);
}

PASS shared_part_of(OUT phi, IN here, int64_t n) {
    for (int64_t i = 0; i < n; i++) phi[i] = shared_part(HERE(POOL)[i], HERE(GAIN)[i]);
}

PASS add_product(OUT out, IN x, IN y, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] += x[i] * (scale * y[i]);
}

PASS sign_rows(OUT met, IN pool, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double loss = pool[i] < 0.0 ? -1.0 : 0.0;
        met[i] = pool[i] > 0.0 ? 1.0 : loss;
    }
}

PASS less_fund(OUT amount, IN pool, double share, int64_t n) {
    for (int64_t i = 0; i < n; i++) amount[i] = pool[i] > 0.0 ? (1.0 - share) * amount[i] : amount[i];
}

static void pool_of_line(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t k, int64_t t, int64_t n) {
    double *line = CONTRACT(ONE_LINE), scale = AT2(terms->apart.scale, k, t);
    int64_t store = AT1(terms->apart.store, k) + TERMS_LINE_STORE_ROWS * t;
    if (USES(DRAWN) && scale != 0.0)
        draw_baseline(ROW(line, TERMS_BASELINE), SLOT_ROW(area->x.at, terms->apart.slot, k, t), scale, n);
    else
        fill_row(ROW(line, TERMS_BASELINE), scale, n);
    fill_row(ROW(line, TERMS_OUTTURN), 0.0, n);
    add_scaled_row(ROW(line, TERMS_OUTTURN), ROW(area->work.at, store + TERMS_LINE_OUTTURN), TERM(PRORATION), n);
    pool_of(area, line, terms, a, t, n);
    add_row(HERE(OUTTURN), ROW(line, TERMS_OUTTURN), n);
    add_row(HERE(GAIN), ROW(line, TERMS_GAIN), n);
    add_row(HERE(POOL), ROW(line, TERMS_POOL), n);
}

static void share_line(const Area *area, const Arrangements *terms, int64_t a, int64_t k, int64_t t, int64_t n) {
    int64_t store = AT1(terms->apart.store, k) + TERMS_LINE_STORE_ROWS * t;
    double *line = CONTRACT(ONE_LINE);
    for (int64_t m = AT1(terms->first_member, a); m < AT1(terms->first_member, a + 1); m++) {
        if (m != AT1(terms->residual, a) && m != AT1(terms->fund, a)) {
            share_out(CONTRACT(AMOUNT), ROW(line, TERMS_POOL), line, area, terms, a, m, t, n);
            add_row(MEMBER(m, PAYOUT), CONTRACT(AMOUNT), n);
        }
    }
    phi_rows(CONTRACT(PHI), line, TERM(PRORATION), n);
    for (int64_t side = 0; side < 2; side++) {
        int64_t row = store + TERMS_LINE_PAYER + side * (TERMS_LINE_PROVIDER - TERMS_LINE_PAYER);
        add_product(MEMBER(AT3(terms->apart.member, k, t, side), WINDFALL), CONTRACT(PHI), ROW(area->work.at, row), 1.0, n);
    }
    phi_rows(CONTRACT(PHI), line, 1.0, n);
    for (int64_t h = AT2(terms->apart.held, k, 0); h < AT2(terms->apart.held, k, 1); h++)
        add_product(MEMBER(AT1(terms->held_member, h), WINDFALL), CONTRACT(PHI), SLOT_ROW(area->x.at, terms->held, h, t), AT2(terms->held_scale, h, t), n);
}

static void settle_lines(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    int64_t first = AT1(terms->first_member, a), last = AT1(terms->first_member, a + 1);
    for (int64_t m = first; m < last; m++) {
        fill_row(MEMBER(m, PAYOUT), 0.0, n);
        fill_row(MEMBER(m, WINDFALL), 0.0, n);
    }
    fill_row(HERE(OUTTURN), 0.0, n);
    fill_row(HERE(GAIN), 0.0, n);
    fill_row(HERE(POOL), 0.0, n);
    if (USES(BY_DRAW)) find_rates(area, terms, a, t, n);
    for (int64_t k = AT1(terms->apart.first, a); k < AT1(terms->apart.first, a + 1); k++) {
        if (AT3(terms->apart.member, k, t, 0) >= 0) {
            pool_of_line(area, here, terms, a, k, t, n);
            share_line(area, terms, a, k, t, n);
        }
    }
    sign_rows(HERE(MET), HERE(POOL), n);
    if (USES(FUND)) {
        start_row(CONTRACT(REST), HERE(POOL), n);
        take_fund(MEMBER(AT1(terms->fund, a), PAYOUT), CONTRACT(REST), TERM(FUND_SHARE), n);
        for (int64_t m = first; m < last; m++)
            if (m != AT1(terms->residual, a) && m != AT1(terms->fund, a)) less_fund(MEMBER(m, PAYOUT), HERE(POOL), TERM(FUND_SHARE), n);
    }
}

static void set_baseline(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    if (USES(DRAWN))
        draw_baseline(HERE(BASELINE), TERM_SLOT(BASELINE_SLOT), TERM_SCALE(BASELINE_SLOT), n);
    else
        fill_row(HERE(BASELINE), TERM_SCALE(BASELINE_SLOT), n);
}

static void complete_holdings(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    if (USES(PRORATED)) {
        scale_row(HERE(OUTTURN), TERM(PRORATION), n);
        for (int64_t m = AT1(terms->first_member, a); m < AT1(terms->first_member, a + 1); m++)
            scale_row(ROW(area->held.at, m), TERM(PRORATION), n);
    }
    for (int64_t k = AT2(terms->held_range, a, 0); k < AT2(terms->held_range, a, 1); k++) {
        double scale = AT2(terms->held_scale, k, t);
        if (scale != 0.0) add_scaled_row(ROW(area->held.at, AT1(terms->held_member, k)), SLOT_ROW(area->x.at, terms->held, k, t), scale, n);
    }
}

static void add_full_loss(const Area *area, double *out, const Arrangements *terms, int64_t m, int64_t t, int64_t n) {
    copy_row(CONTRACT(AMOUNT), OF_MEMBER(PAYOUT), n);
    if (AT2(terms->members.quality, m, 2)) apply_quality(CONTRACT(AMOUNT), area, terms, m, t, n);
    add_row(CONTRACT(FULL), CONTRACT(AMOUNT), n);
}

static void pay_members(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    int lines = AT1(terms->apart.first, a + 1) > AT1(terms->apart.first, a);
    double *rest = USES(FUND) ? CONTRACT(REST) : HERE(POOL);
    if (USES(CARRY_FORWARD)) {
        fill_row(CONTRACT(CHARGED), 0.0, n);
        fill_row(CONTRACT(FULL), 0.0, n);
    }
    for (int64_t m = AT1(terms->first_member, a); m < AT1(terms->first_member, a + 1); m++) {
        if (m == AT1(terms->residual, a) || m == AT1(terms->fund, a)) continue;
        double *out = ROW(area->members.at, m * TERMS_MEMBER_ROWS);
        if (!lines) share_out(OF_MEMBER(PAYOUT), rest, here, area, terms, a, m, t, n);
        if (USES(CARRY_FORWARD) && USES(TWO_SIDED)) add_full_loss(area, out, terms, m, t, n);
        party_steps(area, out, here, terms, a, m, t, n);
    }
}

static void pay_residual(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    int64_t residual = AT1(terms->residual, a), fund = AT1(terms->fund, a);
    double *left = MEMBER(residual, PAYOUT);
    copy_row(left, HERE(POOL), n);
    for (int64_t m = AT1(terms->first_member, a); m < AT1(terms->first_member, a + 1); m++) {
        double *out = ROW(area->members.at, m * TERMS_MEMBER_ROWS);
        if (m == fund && USES(FUND) == 0) fill_row(OF_MEMBER(PAYOUT), 0.0, n);
        if (m == residual || m == fund) {
            fill_row(OF_MEMBER(CAP_HIT), 0.0, n);
            fill_row(OF_MEMBER(COLLAR_HIT), 0.0, n);
        }
        if (m != residual) subtract_row(left, OF_MEMBER(PAYOUT), n);
    }
}

PASS settle_member(OUT out, IN held, IN phi, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        OF_MEMBER(WINDFALL)[i] = phi[i] * held[i];
        OF_MEMBER(SETTLEMENT)[i] = settlement(OF_MEMBER(PAYOUT)[i], phi[i], held[i]);
    }
}

PASS settle_sums(OUT out, int64_t n) {
    for (int64_t i = 0; i < n; i++) OF_MEMBER(SETTLEMENT)[i] = settlement(OF_MEMBER(PAYOUT)[i], 1.0, OF_MEMBER(WINDFALL)[i]);
}

static void settle_members(const Area *area, double *here, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    int lines = AT1(terms->apart.first, a + 1) > AT1(terms->apart.first, a);
    if (!lines) shared_part_of(CONTRACT(PHI), here, n);
    for (int64_t m = AT1(terms->first_member, a); m < AT1(terms->first_member, a + 1); m++) {
        double *out = ROW(area->members.at, m * TERMS_MEMBER_ROWS);
        if (lines)
            settle_sums(out, n);
        else
            settle_member(out, ROW(area->held.at, m), CONTRACT(PHI), n);
        if (USES(TERM_LIMITS)) add_row(ROW(area->paid.at, m), OF_MEMBER(PAYOUT), n);
    }
}

static void settle_year(const Area *area, const Arrangements *terms, int64_t a, int64_t t, int64_t n) {
    double *here = ROW(area->rows.at, a * TERMS_ARRANGEMENT_ROWS);
    set_baseline(area, here, terms, a, t, n);
    if (AT1(terms->apart.first, a + 1) > AT1(terms->apart.first, a)) {
        settle_lines(area, here, terms, a, t, n);
    } else {
        complete_holdings(area, here, terms, a, t, n);
        apply_thresholds(area, here, terms, a, t, n);
        pool_steps(area, here, terms, a, t, n);
    }
    pay_members(area, here, terms, a, t, n);
    pay_residual(area, here, terms, a, t, n);
    settle_members(area, here, terms, a, t, n);
    if (USES(CARRY_FORWARD)) {
        if (USES(TWO_SIDED) == 0) {
            fill_row(CONTRACT(FULL), 0.0, n);
            add_scaled_row(CONTRACT(FULL), HERE(POOL), TERM(FULL_SHARE), n);
        }
        carry_loss_row(ROW(area->work.at, AT2(terms->carried, a, 0) + t), HERE(POOL), CONTRACT(CHARGED), CONTRACT(FULL), n);
    }
}

#endif
