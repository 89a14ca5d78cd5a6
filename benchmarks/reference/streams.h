/* simengine/sampling/streams.py: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011); a uniform is a pure function of its counter.
 *
 * Eight draws at a time, words of 32 bits in lanes of 64. The product of two such words is one vector instruction, which gcc 12 does not
 * find by itself (it multiplies all 64 bits, at three times the cost), so it is named where the processor has it.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include "base.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

#define WORD 0xFFFFFFFFu
#define ONE_BITS 0x3FF0000000000000LL
#define MANTISSA 0xFFFFFFFFFFFFFLL
#define ALMOST_ONE 0.9999999999999999
#define LANES 8

typedef uint64_t Lanes __attribute__((vector_size(8 * LANES)));
typedef double Numbers __attribute__((vector_size(8 * LANES), aligned(8)));
typedef struct {
    Lanes a, b, c, d;
} Words;

/* The product of the lower halves of each lane and a word. */
RULE Lanes product(Lanes x, uint32_t word) {
#if defined(__AVX512F__)
    return (Lanes)_mm512_mul_epu32((__m512i)x, _mm512_set1_epi64(word));
#elif defined(__AVX2__)
    union { Lanes all; __m256i half[2]; } in = {x}, out;
    for (int k = 0; k < 2; k++) out.half[k] = _mm256_mul_epu32(in.half[k], _mm256_set1_epi64x(word));
    return out.all;
#else
    return (x & WORD) * word;
#endif
}

/* The keys of the ten rounds, in memory: read from there they cost no instruction of their own. */
typedef struct {
    uint64_t low[10], high[10];
} Keys;

static __attribute__((noinline)) Keys round_keys(int64_t key_low, int64_t key_high) {
    Keys keys;
    uint32_t low = (uint32_t)key_low, high = (uint32_t)key_high;
    for (int round = 0; round < 10; round++, low += 0x9E3779B9u, high += 0xBB67AE85u) {
        keys.low[round] = low;
        keys.high[round] = high;
    }
    return keys;
}

/* Lower halves of the lanes are the words; upper ones hold what is left of a product until they are masked. */
RULE Words philox_rounds(Words w, const Keys *keys) {
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        Lanes p0 = product(w.a, 0xD2511F53u), p1 = product(w.c, 0xCD9E8D57u);
        w = (Words){(p1 >> 32) ^ w.b ^ keys->low[round], p1, (p0 >> 32) ^ w.d ^ keys->high[round], p0};
    }
    return w;
}

RULE double open_unit(int64_t bits) { return bits_float(bits | ONE_BITS) - ALMOST_ONE; }

/* The uniform made of the top 52 bits of the 64-bit number with these two words. */
RULE Numbers uniforms_of_words(Lanes low, Lanes high) {
    Lanes bits = (high << 32 >> 12) | (low << 32 >> 44) | (uint64_t)ONE_BITS;
    return (Numbers)bits - ALMOST_ONE;
}

RULE Words words_of_draws(int64_t first, uint64_t pair, const Keys *keys) {
    Lanes draw = (uint64_t)first + (Lanes){0, 1, 2, 3, 4, 5, 6, 7}, none = {0};
    Words w = {draw, draw >> 32, none + (pair & WORD), none + STREAMS_PURPOSE_UNIFORM};
    return philox_rounds(w, keys);
}

/* Up to seven numbers beyond n are written: rows have room for a tile and a cache line. */
PASS fill_stream(OUT u, int64_t key_low, int64_t key_high, int64_t component, int64_t first, int64_t n) {
    int odd = component & 1;
    const Keys keys = round_keys(key_low, key_high);
    for (int64_t i = 0; i < n; i += LANES) {
        Words w = words_of_draws(first + i, (uint64_t)(component >> 1), &keys);
        *(Numbers *)(u + i) = odd ? uniforms_of_words(w.c, w.d) : uniforms_of_words(w.a, w.b);
    }
}

PASS fill_stream_pair(OUT u, OUT v, int64_t key_low, int64_t key_high, int64_t pair, int64_t first, int64_t n) {
    const Keys keys = round_keys(key_low, key_high);
    for (int64_t i = 0; i < n; i += LANES) {
        Words w = words_of_draws(first + i, (uint64_t)pair, &keys);
        *(Numbers *)(u + i) = uniforms_of_words(w.a, w.b);
        *(Numbers *)(v + i) = uniforms_of_words(w.c, w.d);
    }
}

#endif
