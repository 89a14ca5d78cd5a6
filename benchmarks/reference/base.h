/* What every file rests on: rows of a tile, bit casts, and the generated layout of the engine's arrays.
 *
 * The same algorithm as simengine/, function by function under the same names, so that a change there can be followed here. Every pass
 * is a function of its own with restrict pointers; operations stand in the order of the Python, so that the bits are the same.
 * layout.h is written at build time from the NamedTuples and row numbers of the package (benchmarks/c_twin_layout.py).
 */
#ifndef BASE_H
#define BASE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "layout.h"

#define STRIDE TILE_STRIDE
#define ROW(x, row) ((x) + (int64_t)(row) * STRIDE)
/* A loop over a tile: kept apart, so that the compiler knows that its rows are different ones. */
#define PASS static __attribute__((noinline)) void
#define RULE static inline __attribute__((always_inline))
#define OUT double *restrict
#define IN const double *restrict

/* Elements of arrays of up to four dimensions. */
#define AT1(a, i) ((a).at[i])
#define AT2(a, i, j) ((a).at[(int64_t)(i) * (a).shape[1] + (j)])
#define AT3(a, i, j, k) ((a).at[((int64_t)(i) * (a).shape[1] + (j)) * (a).shape[2] + (k)])
#define AT4(a, i, j, k, l) ((a).at[(((int64_t)(i) * (a).shape[1] + (j)) * (a).shape[2] + (k)) * (a).shape[3] + (l)])
/* The row of a slot (row, stride) in year t. */
#define SLOT_ROW(x, a, i, t) ROW(x, AT2(a, i, 0) + AT2(a, i, 1) * (t))
#define SLOT_ROW3(x, a, i, j, t) ROW(x, AT3(a, i, j, 0) + AT3(a, i, j, 1) * (t))

RULE int64_t float_bits(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

RULE double bits_float(int64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

RULE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
RULE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
