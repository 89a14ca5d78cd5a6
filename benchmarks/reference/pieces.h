/* simengine/distributions/pieces.py: tables of segments, each in equal pieces or in octaves towards its ends. */
#ifndef PIECES_H
#define PIECES_H

#include "inverse_table.h"

#define CELLS (1 + 2 * SIDE)
#define FIELDS 8

PASS find_segment(int64_t *restrict index, OUT place, IN u, IN table, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        place[i] = u[i] < 0.5 ? u[i] : 1.0 - u[i];
        index[i] = octave_index(place[i]) + (u[i] < 0.5 ? 0 : SIDE);
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t k = (int64_t)table[1 + index[i]];
        double p = place[i];
        k += p >= table[CELLS + k + 1];
        k += p >= table[CELLS + k + 1];
        while (p >= table[CELLS + k + 1]) k++;
        index[i] = k;
    }
}

PASS locate_segment(OUT x, int64_t *restrict index, OUT place, IN table, int64_t count, int64_t n) {
    int64_t first = CELLS + 2 * (count + 1);
    for (int64_t i = 0; i < n; i++) {
        const double *row = table + first + index[i] * FIELDS;
        double scale = row[2], grid = row[4];
        double near = (place[i] - row[0]) * scale, far = (row[1] - place[i]) * scale;
        double w = near < far ? near : far;
        int64_t side = near < far ? 0 : 1;
        double shifted = KEPT(near * grid - 0.5 + ROUND);
        double k = shifted - ROUND;
        k = k < grid - 1.0 ? k : grid - 1.0;
        k = k > 0.0 ? k : 0.0;
        int64_t piece = (grid == 0.0 ? octave_index(w) + side * SIDE : 0) + (int64_t)k;
        index[i] = (int64_t)row[3] + piece * COEFFICIENTS;
        place[i] = grid == 0.0 ? octave_place(w) : near * grid - k - 0.5;
        x[i] = row[5 + side];
    }
}

PASS add_polynomials(OUT x, const int64_t *restrict index, IN place, IN table, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] += polynomial(table, index[i], place[i]);
}

static void fill_pieces(double *x, const double *u, int64_t *index, double *place, const double *table, int64_t n) {
    int64_t count = (int64_t)table[0];
    find_segment(index, place, u, table, n);
    locate_segment(x, index, place, table, count, n);
    add_polynomials(x, index, place, table, n);
}

PASS to_whole(OUT x, double low, double high, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double value = ceil(x[i]);
        value = value > low ? value : low;
        x[i] = value < high ? value : high;
    }
}

#endif
