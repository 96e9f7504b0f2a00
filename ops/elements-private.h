/* elements-private.h - for kernels that go through memory element by element: tiles, and 16-bit floats. */
#ifndef LEAT_ELEMENTS_PRIVATE_H
#define LEAT_ELEMENTS_PRIVATE_H

#include <string.h>
#include "engine/op-private.h"

/* Elements of one tile: some microseconds of work, and a multiple of every vector length. */
#define LEAT_ELEMENTS_TILE INT64_C(32768)

/* The elements of tile `tile` of `n`: from *begin, as many as are returned. */
static inline int64_t leat_elements_tile(size_t tile, int64_t n, int64_t *begin)
{
    *begin = (int64_t)tile * LEAT_ELEMENTS_TILE;
    return LEAT_MIN(n - *begin, LEAT_ELEMENTS_TILE);
}

static inline void leat_elements_tiles(leat_kernel *k, int64_t n, leat_tile_fn *fn, void *arg)
{
    if (n > LEAT_ELEMENTS_TILE)
        leat_tiles(k, (size_t)((n + LEAT_ELEMENTS_TILE - 1) / LEAT_ELEMENTS_TILE), fn, arg);
    else if (n > 0)
        fn(0, arg);
}

static inline float leat_float_of_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t leat_bits_of_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline float leat_bfloat16_to_float(uint16_t b)
{
    return leat_float_of_bits((uint32_t)b << 16);
}

/* To nearest, ties to even; a NaN becomes TensorFlow's quiet one, with its sign. */
static inline uint16_t leat_float_to_bfloat16(float f)
{
    uint32_t bits = leat_bits_of_float(f);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(0x7fc0 | (bits >> 16 & 0x8000));
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float leat_half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31)
        return leat_float_of_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent != 0)
        return leat_float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float tiny = (float)fraction * 0x1p-24f; /* exact: subnormal halves are normal floats */
    return sign ? -tiny : tiny;
}

/* To nearest, ties to even; overflow gives infinity. */
static inline uint16_t leat_float_to_half(float f)
{
    uint32_t bits = leat_bits_of_float(f), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) /* NaN: quiet, the top of the payload kept */
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) /* from 65520 on: infinity */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) { /* below 2^-14: adding 0.5 rounds to a multiple of 2^-24 */
        float rounded = leat_float_of_bits(magnitude) + 0.5f;
        return (uint16_t)(sign | (leat_bits_of_float(rounded) - 0x3f000000));
    }
    uint32_t odd = magnitude >> 13 & 1;
    return (uint16_t)(sign | (magnitude - 0x38000000 + 0xfff + odd) >> 13);
}

#endif
