/* simengine/engine/volatility.py and distributions/unit_poisson.py: the noise of each line and year. */
#ifndef VOLATILITY_H
#define VOLATILITY_H

#include "families.h"
#include "ops.h"

#define TWO_PI 6.283185307179586
#define SUMMED_TO 8.0
#define EXACT_TO 1000.0

RULE double poisson_deviate(double w, double root) {
    double s = w * w, e = 1.0 / root;
    double q8 = ((((1755.0 * s + 6321.0) * s - 87147.0) * s - 39281.0) * s + 21632.0) * (1.0 / 13778100.0);
    double q7 = w * ((((-303399.0 * s - 994674.0) * s + 10591636.0) * s + 2198936.0) * (1.0 / 1175731200.0));
    double q6 = (((228.0 * s + 675.0) * s - 5189.0) * s - 256.0) * (1.0 / 408240.0);
    double q5 = w * (((-207.0 * s - 548.0) * s + 2684.0) * (1.0 / 155520.0));
    double q4 = ((3.0 * s + 7.0) * s - 16.0) * (1.0 / 810.0);
    double q3 = w * ((-s - 2.0) * (1.0 / 72.0));
    double tail = ((((q8 * e + q7) * e + q6) * e + q5) * e + q4) * e + q3;
    return root * w + ((s - 4.0) * (1.0 / 6.0) + e * tail);
}

static double poisson_small(double u, double mean) {
    double k = 0.0, p = own_exp(-mean), total = p;
    while (total < u && k < 128.0) {
        k += 1.0;
        p *= mean / k;
        total += p;
    }
    return k;
}

static double log_rest(double k, double mean) {
    double r = 1.0 / k, q = r * r;
    double stirling = r * (0.08333333333333333 -
                           q * (0.002777777777777778 - q * (0.0007936507936507937 - q * (0.0005952380952380953 - q * 0.0008417508417508417))));
    double d = (k - mean) / (k + mean), s = d * d;
    if (s < 0.01) {
        double odd = 0.06666666666666667 + s * 0.058823529411764705;
        odd = 0.07692307692307693 + s * odd;
        odd = 0.09090909090909091 + s * odd;
        odd = 0.1111111111111111 + s * odd;
        odd = 0.14285714285714285 + s * odd;
        odd = s * (0.3333333333333333 + s * (0.2 + s * odd));
        return stirling + (k - mean) * d + 2.0 * k * d * odd;
    }
    return stirling + (k * own_log(k / mean) + (mean - k));
}

static double poisson_probability(double k, double mean) {
    if (k >= 16.0) return own_exp(-log_rest(k, mean)) / sqrt(TWO_PI * k);
    double p = own_exp(-mean);
    for (double j = 1.0; j <= k; j += 1.0) p *= mean / j;
    return p;
}

static double poisson_cumulated(double k, double mean, double p) {
    double term = p, total = 0.0, j = k;
    if (k < mean) {
        while (term > 1e-17 * total && j >= 0.0) {
            total += term;
            term *= j / mean;
            j -= 1.0;
        }
        return total;
    }
    for (;;) {
        j += 1.0;
        term *= mean / j;
        if (term <= 1e-17 * p) return 1.0 - total;
        total += term;
    }
}

static double poisson_settle(double u, double mean, double start) {
    double k = start, p = poisson_probability(k, mean), total = poisson_cumulated(k, mean, p);
    if (total >= u) {
        while (k > 0.0 && total - p >= u) {
            total -= p;
            p *= k / mean;
            k -= 1.0;
        }
        return k;
    }
    while (total < u && p > 1e-20) {
        k += 1.0;
        p *= mean / k;
        total += p;
    }
    return k;
}

static double poisson_quantile(double u, double w, double mean) {
    if (!(0.0 <= mean && mean < INFINITY)) return NAN;
    if (mean <= SUMMED_TO) return mean > 0.0 ? poisson_small(u, mean) : 0.0;
    double root = sqrt(mean), place = mean + poisson_deviate(w, root);
    place = place > 0.0 ? place : 0.0;
    if (mean <= EXACT_TO) {
        double nearest = floor(place + 0.5), gap = place > nearest ? place - nearest : nearest - place;
        double size = (w > 0.0 ? w : -w) + 2.0, cube = size / root * size * size;
        if (gap < 1e-4 * cube * cube * cube / (mean * mean)) return poisson_settle(u, mean, nearest);
    }
    return ceil(place);
}

PASS count_means(OUT mean, IN noise, IN activity, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) mean[i] = noise[i] * (scale * activity[i]);
}

PASS poisson_quantiles(OUT x, IN u, IN mean, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = poisson_quantile(u[i], x[i], mean[i]);
}

PASS over_planned(OUT noise, IN activity, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double planned = scale * activity[i], ratio = noise[i] / planned;
        noise[i] = planned == 0.0 ? 1.0 : ratio;
    }
}

static void draw_noises(const Noises *noises, int64_t first, int64_t last, double *x, const VariateScratch *scratch, int64_t n) {
    for (int64_t k = first; k < last; k++) {
        double *target = ROW(x, AT1(noises->target, k)), *u = ROW(x, AT1(noises->uniform, k)), *spread = ROW(x, AT1(noises->spread, k));
        int64_t family = AT1(noises->family, k);
        if (family == VOLATILITY_LOGNORMAL) {
            fill_normal_quantile(target, u, n);
            unit_lognormal_values(target, spread, n);
        } else if (family == VOLATILITY_POISSON) {
            fill_row(target, 1.0, n);
        } else {
            fill_unit_gamma(target, u, spread, scratch->pieces.at, scratch->place.at, scratch->spare.at, noises->tables.at + AT1(noises->table_start, k), n);
        }
        if (family >= VOLATILITY_POISSON) {
            double *activity = ROW(x, AT1(noises->activity, k)), *of_count = ROW(x, AT1(noises->count_uniform, k)), scale = AT1(noises->activity_scale, k);
            count_means(scratch->spare.at, target, activity, scale, n);
            fill_normal_quantile(target, of_count, n);
            poisson_quantiles(target, of_count, scratch->spare.at, n);
            over_planned(target, activity, scale, n);
        }
    }
}

#endif
