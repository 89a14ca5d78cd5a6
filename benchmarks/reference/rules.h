/* simengine/projection/ and simengine/contract/: the scalar rules that the passes call. */
#ifndef RULES_H
#define RULES_H

#include "special.h"

#define LARGEST_EFFECT (1.0 - 1e-12)

RULE double payment(double plan_payment, double variable_share, double activity_value) {
    return plan_payment + variable_share * (activity_value - plan_payment);
}

RULE double banded_payment(double planned, double variable, double value, const double *edges, const double *shares, int64_t bands) {
    if (bands == 0 || !(planned > 0.0)) return payment(planned, variable, value);
    double deviation = value / planned - 1.0;
    if (deviation != deviation) return deviation;
    double size = fabs(deviation), paid = 0.0, lower = 0.0, rate = variable;
    for (int64_t k = 0; k < bands; k++) {
        double upper = size < edges[k] ? size : edges[k];
        paid += upper > lower ? rate * (upper - lower) : 0.0;
        lower = edges[k];
        rate = shares[k];
    }
    paid += size > lower ? rate * (size - lower) : 0.0;
    return deviation > 0.0 ? planned * (1.0 + paid) : planned * (1.0 - paid);
}

RULE double provider_cost(double unit_cost, double fixed_share, double activity, double capacity) {
    return unit_cost * ((1.0 - fixed_share) * activity + fixed_share * capacity);
}

RULE double effect_size(double impact, double ramp, double delivery, double captured) {
    double r = impact * ramp * delivery * captured;
    return !(r > LARGEST_EFFECT) ? r : LARGEST_EFFECT;
}

RULE double join_segment(double line_reduction, double segment_share, double remaining, int independent) {
    double rho = segment_share * (1.0 - remaining);
    return independent ? line_reduction + rho - line_reduction * rho : line_reduction + rho;
}

RULE double log_mean_factor(double remaining, double log_remaining) {
    double x = log_remaining;
    double series = 1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0))));
    double ratio = (1.0 - remaining) / -log_remaining;
    return fabs(x) < 1e-3 ? series : ratio;
}

RULE double left_of(double reduction) { return 1.0 - (!(reduction > LARGEST_EFFECT) ? reduction : LARGEST_EFFECT); }

RULE double independent_ratio(double reduction, double line_reduction, double remaining, double log_remaining) {
    double left = left_of(reduction);
    double ratio = log_mean_factor(remaining, log_remaining) / log_mean_factor(left, own_log(left));
    ratio = remaining < 1e-9 ? ratio * (line_reduction / (1.0 - remaining)) : ratio;
    return !(reduction > LARGEST_EFFECT) ? ratio : ratio * (LARGEST_EFFECT / reduction);
}

RULE double proportional_ratio(double reduction, double total) { return total == 0.0 || total == reduction ? 1.0 : reduction / total; }

RULE double effective_price(double price, double activity_reduction, double spend_reduction) {
    double left = 1.0 - activity_reduction;
    double found = price * ((1.0 - spend_reduction) / left);
    return left == 0.0 ? price : found;
}

/* Python's min and max: the first where the two compare as equal, or not at all. */
RULE double least(double a, double b) { return b < a ? b : a; }
RULE double most(double a, double b) { return b > a ? b : a; }

RULE double rate_met(double gain, double baseline, double savings_rate, double loss_rate) {
    double met = gain < 0.0 && -gain >= loss_rate * baseline ? -1.0 : 0.0;
    return gain > 0.0 && gain >= savings_rate * baseline ? 1.0 : met;
}

RULE double shareable_pool(double gain, double met, double gain_deducted, double loss_deducted) {
    double loss = met < 0.0 ? gain + loss_deducted : gain - gain;
    return met > 0.0 ? gain - gain_deducted : loss;
}

RULE double shared_part(double pool, double gain) {
    double part = pool / gain;
    return gain == 0.0 ? gain : part;
}

RULE double settlement(double payout, double phi, double held) { return payout - phi * held; }

RULE double limit_to_corridor(double payout, double collar, double cap) {
    double held = least(most(payout, -collar), cap);
    return payout != payout ? payout : held;
}

RULE double limit_over_term(double payout, double so_far, double collar, double cap) {
    double both = payout + so_far, held = least(most(payout, -collar - so_far), cap - so_far);
    return both != both ? both : held;
}

RULE double collar_left(double collar, double unearned) { return unearned != unearned ? unearned : most(collar - unearned, unearned - unearned); }

RULE double fund_part(double pool, double share) { return pool > 0.0 ? share * pool : pool - pool; }

RULE double after_deduction(double amount, double deduction) { return amount > 0.0 ? (1.0 - deduction) * amount : amount; }

RULE double loss_after_adjustment(double amount, double relief) {
    double nan = amount + relief, relieved = least(nan, amount - amount);
    double value = amount < 0.0 ? relieved : amount;
    return nan != nan ? nan : value;
}

RULE double loss_set_off(double pool, double carried) {
    double nan = pool + carried, off = pool > 0.0 ? least(pool, carried) : pool - pool;
    return nan != nan ? nan : off;
}

RULE double uncharged_loss(double pool, double charged, double full) {
    double nan = pool + charged + full;
    double left = pool < 0.0 && full < 0.0 ? most(pool * (charged / full - 1.0), pool - pool) : pool - pool;
    return nan != nan ? nan : left;
}

RULE double pool_under_guardrail(double pool, double flag) {
    double nan = pool + flag, left = flag > 0.0 && pool > 0.0 ? pool - pool : pool;
    return nan != nan ? nan : left;
}

RULE double pool_below_rate(double pool, double gain, double met, double part, double size, double size_from) {
    double nan = pool + gain + size, left = met == 0.0 && gain > 0.0 && size >= size_from ? part * gain : pool;
    return nan != nan ? nan : left;
}

RULE double width_in_band(double start, double rate, double lower, double upper) {
    double width = most(least(rate, upper) - most(start, lower), rate - rate);
    return rate != rate ? rate : width;
}

RULE double gain_multiplier(double score, int64_t rule, double gate) {
    if (rule == 1) return score;
    if (rule == 2) return score >= gate ? score - score + 1.0 : score - score;
    return score - score + 1.0;
}

RULE double loss_multiplier(double score, int64_t rule, double soften) { return rule == 1 ? 1.0 - soften * score : score - score + 1.0; }

RULE double loss_rate_of(double score, double share_max, double floor, double ceiling) {
    double rate = 1.0 - share_max * score, held = least(most(rate, floor), ceiling);
    return rate != rate ? rate : held;
}

RULE double score_on_gains(double score, int64_t standard, double met, double alternative) {
    double nan = score + met + alternative;
    if (nan != nan) return nan;
    if (standard == 0 || (standard == 1 && met > 0.0) || (standard == 2 && met <= 0.0 && alternative > 0.0)) return score;
    return standard == 2 && met > 0.0 ? score - score + 1.0 : score - score;
}

RULE double score_on_losses(double score, int64_t standard, double met, double alternative) {
    double nan = score + met + alternative;
    if (nan != nan) return nan;
    return standard == 0 || met > 0.0 || (standard == 2 && alternative > 0.0) ? score : score - score;
}

RULE double rate_of_size(double size, const double *first, const double *last, const double *low, const double *high, int64_t rows) {
    if (size != size || size < first[0]) return NAN;
    int64_t row = 0;
    for (int64_t i = 0; i < rows; i++) row = size >= first[i] ? i : row;
    if (row == rows - 1) return low[row];
    double n = least(size, last[row]);
    return low[row] + (high[row] - low[row]) * (n - first[row]) / (last[row] - first[row]);
}

#endif
