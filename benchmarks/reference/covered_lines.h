/* simengine/engine/covered_lines.py: what covered lines add to their arrangement's outturn, and to what payer and provider hold. */
#ifndef COVERED_LINES_H
#define COVERED_LINES_H

#include "lines.h"

PASS add_own_line(OUT outturn, OUT held, IN a1, double price, double baseline, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double cost = a1[i] * price;
        outturn[i] += cost;
        held[i] += baseline - cost;
    }
}

/* Payment in bands, money taken off the outturn, or a line whose payer provides it; payer and provider may be one row. */
PASS add_other_line(OUT outturn, double *payer, double *provider, IN a1, IN variable, IN taken, double scale, const Lines *lines,
                    double baseline, int64_t s, int64_t t, int64_t n) {
    double price = AT2(lines->plan_price, s, t), planned = AT2(lines->plan_payment, s, t), v = AT3(lines->scale, s, 4, t);
    int own = AT2(lines->paid, s, t) == 0;
    for (int64_t i = 0; i < n; i++) {
        double cost = a1[i] * price;
        if (scale != 0.0) cost = cost - scale * taken[i];
        double paid = own ? cost : special_payment(&lines->special, s, t, planned, v * variable[i], cost);
        outturn[i] += cost;
        payer[i] += baseline - paid;
        provider[i] += paid - cost;
    }
}

/* Lines that are paid for as most are have been added with their money; the part of the baseline is that of all lines of the group. */
static void add_covered_line(const Area *area, double *work, const Lines *lines, const Covered *covered, double baseline, int64_t s, int64_t t,
                             int64_t n) {
    int64_t store = AT2(covered->store, s, t);
    double price = AT2(lines->plan_price, s, t), taken = AT2(covered->adjustment_scale, s, t);
    double *x = area->x.at, *variable = SLOT_ROW3(x, lines->slot, s, 4, t), *off = ROW(x, AT2(covered->adjustment, s, t));
    double *outturn = ROW(area->rows.at, AT2(covered->arrangement, s, t) * TERMS_ARRANGEMENT_ROWS + TERMS_OUTTURN);
    double *payer = ROW(area->held.at, AT2(covered->payer, s, t)), *provider = ROW(area->held.at, AT1(covered->provider, s));
    if (store >= 0) {
        for (int k = 0; k < TERMS_LINE_STORE_ROWS; k++) fill_row(ROW(area->work.at, store + k), 0.0, n);
        outturn = ROW(area->work.at, store + TERMS_LINE_OUTTURN);
        payer = ROW(area->work.at, store + TERMS_LINE_PAYER);
        provider = ROW(area->work.at, store + TERMS_LINE_PROVIDER);
    }
    if (store >= 0 || taken != 0.0 || AT2(lines->paid, s, t))
        add_other_line(outturn, payer, provider, WORK(A1), variable, off, taken, lines, AT2(covered->baseline, s, t), s, t, n);
    else
        add_own_line(outturn, payer, WORK(A1), price, baseline, n);
}

#endif
