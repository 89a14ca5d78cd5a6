/* simengine/engine/positions.py: positions of the parties and of the system. */
#ifndef POSITIONS_H
#define POSITIONS_H

#include "ops.h"

#define SYSTEM(name) ROW(here, POSITIONS_##name)
#define PARTY(base, p, name) ROW(base, (p) * POSITIONS_PARTY_ROWS + POSITIONS_##name)
#define SUM(name) ROW(sums, LINES_SUM_##name)

PASS fund(OUT party, IN funding, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = scale * funding[i];
        ROW(party, POSITIONS_FUNDING)[i] = value;
        ROW(party, POSITIONS_BEFORE)[i] = value;
        ROW(party, POSITIONS_DO_NOTHING)[i] = value;
    }
}

PASS pay_pair(OUT before, OUT do_nothing, IN sums, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        before[i] -= SUM(PAY)[i];
        do_nothing[i] -= SUM(PAY_DN)[i];
    }
}

PASS provide_pair(OUT before, OUT do_nothing, IN sums, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double cost = SUM(COST)[i];
        before[i] += SUM(PAY)[i] - cost;
        do_nothing[i] += SUM(PAY_DN)[i] - (cost + SUM(RELEASED)[i]);
    }
}

PASS total_pair(OUT here, IN sums, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double saving = SUM(SAVING)[i];
        SYSTEM(NET_SAVING)[i] += saving;
        SYSTEM(TOTAL_SAVING)[i] += saving;
        SYSTEM(TOTAL_RELEASED)[i] += SUM(RELEASED)[i];
        SYSTEM(TOTAL_STRANDED)[i] += SUM(STRANDED)[i];
    }
}

static void pair_year(double *here, double *rows, double *sums, const Parties *parties, int64_t q, int64_t n) {
    int64_t payer = AT2(parties->pair, q, 0), provider = AT2(parties->pair, q, 1);
    int pays_in = AT1(parties->in_system, payer) != 0, provides_in = AT1(parties->in_system, provider) != 0;
    pay_pair(PARTY(rows, payer, BEFORE), PARTY(rows, payer, DO_NOTHING), sums, n);
    provide_pair(PARTY(rows, provider, BEFORE), PARTY(rows, provider, DO_NOTHING), sums, n);
    total_pair(here, sums, n);
    if (pays_in && !provides_in) add_row(SYSTEM(LEAKAGE), SUM(PAY), n);
    if (provides_in && !pays_in) subtract_row(SYSTEM(LEAKAGE), SUM(PAY), n);
    if (provides_in) subtract_row(SYSTEM(NET_POSITION), SUM(COST), n);
}

static void move_money(double *here, double *rows, double *x, const Parties *parties, int64_t t, int64_t n) {
    for (int64_t k = 0; k < parties->flow.shape[0]; k++) {
        const double *amount = SLOT_ROW(x, parties->flow, k, t);
        double scale = AT2(parties->flow_scale, k, t);
        int64_t payer = AT1(parties->flow_from, k), receiver = AT1(parties->flow_to, k);
        int pays_in = AT1(parties->in_system, payer) != 0, receives_in = AT1(parties->in_system, receiver) != 0;
        if (scale == 0.0) continue;
        add_scaled_row(PARTY(rows, payer, BEFORE), amount, -scale, n);
        add_scaled_row(PARTY(rows, receiver, BEFORE), amount, scale, n);
        add_scaled_row(PARTY(rows, payer, DO_NOTHING), amount, -scale, n);
        add_scaled_row(PARTY(rows, receiver, DO_NOTHING), amount, scale, n);
        if (pays_in && !receives_in) add_scaled_row(SYSTEM(LEAKAGE), amount, scale, n);
        if (receives_in && !pays_in) add_scaled_row(SYSTEM(LEAKAGE), amount, -scale, n);
    }
}

PASS fund_cost(OUT before, OUT net_saving, OUT net_position, IN cost, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double amount = scale * cost[i];
        before[i] += amount;
        net_saving[i] += amount;
        net_position[i] += amount;
    }
}

static void fund_costs(double *here, double *rows, double *x, const Parties *parties, int64_t t, int64_t n) {
    for (int64_t c = 0; c < parties->cost.shape[0]; c++) {
        const double *cost = SLOT_ROW(x, parties->cost, c, t);
        double scale = -AT2(parties->cost_scale, c, t);
        int64_t funder = AT1(parties->cost_funder, c);
        if (scale == 0.0) continue;
        if (AT1(parties->in_system, funder)) {
            fund_cost(PARTY(rows, funder, BEFORE), SYSTEM(NET_SAVING), SYSTEM(NET_POSITION), cost, scale, n);
        } else {
            add_scaled_row(PARTY(rows, funder, BEFORE), cost, scale, n);
            add_scaled_row(SYSTEM(NET_SAVING), cost, scale, n);
        }
    }
}

PASS net_year(OUT net_position, OUT net_benefit, IN leakage, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double net = net_position[i] - leakage[i];
        net_position[i] = net;
        net_benefit[i] += net;
    }
}

static void start_positions(double *here, double *rows, double *x, const Parties *parties, int64_t t, int64_t n) {
    clear_rows(here, POSITIONS_SYSTEM_ROWS);
    for (int64_t p = 0; p < parties->in_system.shape[0]; p++) {
        fund(ROW(rows, p * POSITIONS_PARTY_ROWS), SLOT_ROW(x, parties->funding, p, t), AT2(parties->funding_scale, p, t), n);
        if (AT1(parties->in_system, p)) add_row(SYSTEM(NET_POSITION), PARTY(rows, p, FUNDING), n);
    }
}

static void finish_positions(double *here, double *rows, double *members, double *x, const Parties *parties, int64_t t, int64_t n) {
    int64_t count = parties->in_system.shape[0];
    move_money(here, rows, x, parties, t, n);
    fund_costs(here, rows, x, parties, t, n);
    for (int64_t p = 0; p < count; p++) copy_row(PARTY(rows, p, POSITION), PARTY(rows, p, BEFORE), n);
    for (int64_t m = 0; m < parties->member_party.shape[0]; m++) {
        int64_t party = AT1(parties->member_party, m);
        const double *amount = ROW(members, m * TERMS_MEMBER_ROWS + TERMS_SETTLEMENT);
        add_row(PARTY(rows, party, POSITION), amount, n);
        if (!AT1(parties->in_system, party)) add_row(SYSTEM(LEAKAGE), amount, n);
    }
    net_year(SYSTEM(NET_POSITION), SYSTEM(NET_BENEFIT), SYSTEM(LEAKAGE), n);
    for (int64_t p = 0; p < count; p++)
        if (AT1(parties->in_system, p)) subtract_row(SYSTEM(NET_BENEFIT), PARTY(rows, p, DO_NOTHING), n);
}

static void report_year(double *out, double *x, const Reported *reported, int64_t t, int64_t n) {
    for (int64_t k = 0; k < reported->slot.shape[0]; k++) {
        double *target = ROW(out, k);
        fill_row(target, 0.0, n);
        add_scaled_row(target, SLOT_ROW(x, reported->slot, k, t), AT2(reported->scale, k, t), n);
    }
}

#endif
