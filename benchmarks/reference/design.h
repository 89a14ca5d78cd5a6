/* simengine/sampling/design.py and sobol.py: how the uniforms of one driver are laid out over the draws. */
#ifndef DESIGN_H
#define DESIGN_H

#include "streams.h"

#define HYPERCUBE DESIGN_HYPERCUBE
#define REPLICATES SOBOL_REPLICATES
#define TILE_BITS 5

PASS fill_sobol(OUT u, const SobolTables *tables, int64_t row, int64_t first, int64_t n) {
    Lanes start[REPLICATES / LANES];
    memcpy(start, &AT2(tables->shift, row, 0), sizeof start);
    int64_t block = first >> 9;
    for (int bit = TILE_BITS; block > 0 && bit < SOBOL_INDEX_BITS; bit++, block >>= 1) {
        if (block & 1) {
            Lanes own[REPLICATES / LANES];
            memcpy(own, &AT3(tables->directions, row, bit, 0), sizeof own);
            for (int k = 0; k < REPLICATES / LANES; k++) start[k] ^= own[k];
        }
    }
    const int64_t *restrict points = &AT2(tables->tile, row, 0);
    for (int64_t i = 0; i < n; i += REPLICATES) {
        for (int k = 0; k < REPLICATES / LANES; k++) {
            Lanes point;
            memcpy(&point, points + i + k * LANES, sizeof point);
            *(Numbers *)(u + i + k * LANES) = (Numbers)((point ^ start[k]) | (uint64_t)ONE_BITS) - ALMOST_ONE;
        }
    }
}

static void fill_permutation(int64_t *restrict permutation, int64_t key_low, int64_t key_high, int64_t component, int64_t block) {
    int64_t words[HYPERCUBE];
    const Keys keys = round_keys(key_low, key_high);
    int calls = HYPERCUBE / 4;
    Lanes low = {0}, high = low + ((uint64_t)block >> 32), eight = {0, 1, 2, 3, 4, 5, 6, 7};
    low += (uint64_t)block & WORD;
    for (int call = 0; call < calls; call += LANES) {
        Words w = {low, high, eight + (uint64_t)(component * calls + call), (Lanes){0} + STREAMS_PURPOSE_PERMUTATION};
        w = philox_rounds(w, &keys);
        for (int k = 0; k < LANES; k++) {
            words[call + k] = (int64_t)(w.a[k] & WORD);
            words[call + k + calls] = (int64_t)(w.b[k] & WORD);
            words[call + k + 2 * calls] = (int64_t)(w.c[k] & WORD);
            words[call + k + 3 * calls] = (int64_t)(w.d[k] & WORD);
        }
    }
    for (int i = 0; i < HYPERCUBE; i++) permutation[i] = i;
    for (int i = HYPERCUBE - 1; i > 0; i--) {
        int64_t j = (words[i] * (i + 1)) >> 32;
        int64_t swapped = permutation[j];
        permutation[j] = permutation[i];
        permutation[i] = swapped;
    }
}

PASS stratify(OUT u, const int64_t *restrict permutation, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        int64_t place = float_bits(u[i] + ALMOST_ONE) & MANTISSA;
        u[i] = open_unit((permutation[i] << 44) | (place >> 8));
    }
}

static void stratify_tile(double *u, int64_t key_low, int64_t key_high, int64_t component, int64_t first, int64_t n) {
    int64_t permutation[HYPERCUBE];
    for (int64_t start = 0; start < n; start += HYPERCUBE) {
        fill_permutation(permutation, key_low, key_high, component, (first + start) >> 8);
        stratify(u + start, permutation, smaller(n - start, HYPERCUBE));
    }
}

static void fill_uniform(double *u, const Uniforms *uniforms, int64_t index, int64_t first, int64_t n) {
    int64_t column = AT1(uniforms->column, index);
    if (uniforms->design == DESIGN_SOBOL && column >= 0) {
        fill_sobol(u, &uniforms->sobol, column, first, n);
        return;
    }
    int64_t key_low = AT1(uniforms->key_low, index), key_high = AT1(uniforms->key_high, index), component = AT1(uniforms->component, index);
    fill_stream(u, key_low, key_high, component, first, n);
    if (uniforms->design == DESIGN_LATIN_HYPERCUBE) stratify_tile(u, key_low, key_high, component, first, n);
}

static void fill_uniform_pair(double *u, double *v, const Uniforms *uniforms, int64_t index, int64_t first, int64_t n) {
    int64_t key_low = AT1(uniforms->key_low, index), key_high = AT1(uniforms->key_high, index), component = AT1(uniforms->component, index);
    fill_stream_pair(u, v, key_low, key_high, component >> 1, first, n);
    if (uniforms->design == DESIGN_LATIN_HYPERCUBE) {
        stratify_tile(u, key_low, key_high, component, first, n);
        stratify_tile(v, key_low, key_high, component + 1, first, n);
    }
}

#endif
