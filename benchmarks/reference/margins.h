/* simengine/distributions/margins.py: the value of a family at a normal score. */
#ifndef MARGINS_H
#define MARGINS_H

#include "families.h"

#define SCORE_PIECES MARGINS_SCORE_PIECES
#define LAST_SCORE 6.752300431407015
#define SCORE_SCALE (SCORE_PIECES / LAST_SCORE)
#define LAST_PLACE (SCORE_PIECES - 1e-9)

PASS locate_score(int64_t *restrict index, OUT place, IN z, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double w = (z[i] > 0.0 ? z[i] : -z[i]) * SCORE_SCALE;
        w = w < LAST_PLACE ? w : LAST_PLACE;
        double rounded = KEPT((w - 0.5) + ROUND);
        index[i] = (float_bits(rounded) - ROUND_BITS + (z[i] < 0.0 ? 0 : SCORE_PIECES)) * COEFFICIENTS;
        place[i] = w - (rounded - ROUND) - 0.5;
    }
}

static void fill_margin(double *x, const double *z, int64_t *index, double *place, const double *table, const double *args, int64_t n) {
    locate_score(index, place, z, n);
    evaluate_sides(x, index, place, table, z, 0.0, args, n);
}

#endif
