/* philox.c - the streams of random ops, and the distributions that fill tensors from them. */
#include "config.h"
#include <math.h>
#include <sys/random.h>
#include "ops/random-private.h"

/* Moves on by `groups` groups. */
static void philox_skip(leat_philox *p, uint64_t groups)
{
    uint64_t low = (uint64_t)p->counter[1] << 32 | p->counter[0], moved = low + groups;
    p->counter[0] = (uint32_t)moved;
    p->counter[1] = (uint32_t)(moved >> 32);
    if (moved < low && ++p->counter[2] == 0)
        ++p->counter[3];
}

void leat_philox_next(leat_philox *p, uint32_t group[4])
{
    uint32_t k0 = p->key[0], k1 = p->key[1], c[4];
    memcpy(c, p->counter, sizeof c);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c[0] * UINT32_C(0xD2511F53), p1 = (uint64_t)c[2] * UINT32_C(0xCD9E8D57);
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[3] = (uint32_t)p0;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    memcpy(group, c, sizeof c);
    philox_skip(p, 1);
}

void leat_philox_single_skip(leat_philox_single *s, uint64_t n)
{
    uint64_t left = (uint64_t)(4 - s->used);
    if (n <= left) {
        s->used += (int)n;
        return;
    }
    n -= left;
    philox_skip(&s->gen, n / 4);
    s->used = 4;
    if (n % 4 != 0) {
        leat_philox_next(&s->gen, s->group);
        s->used = (int)(n % 4);
    }
}

/* Box and Muller's pair of unit normals. */
static void normal_floats(uint32_t x0, uint32_t x1, float out[2])
{
    float u1 = leat_uniform_float(x0);
    if (u1 < 1.0e-7f) /* so that the logarithm stays finite */
        u1 = 1.0e-7f;
    const float v1 = (float)(2.0f * M_PI * leat_uniform_float(x1)), u2 = sqrtf(-2.0f * logf(u1));
    float s, c;
    sincosf(v1, &s, &c);
    out[0] = s * u2;
    out[1] = c * u2;
}

static void normal_doubles(const uint32_t x[4], double out[2])
{
    double u1 = leat_uniform_double(x[0], x[1]);
    if (u1 < 1.0e-7)
        u1 = 1.0e-7;
    const double v1 = 2 * M_PI * leat_uniform_double(x[2], x[3]), u2 = sqrt(-2.0 * log(u1));
    double s, c;
    sincos(v1, &s, &c);
    out[0] = s * u2;
    out[1] = c * u2;
}

leat_philox leat_philox_of_element(leat_philox gen, int64_t element)
{
    philox_skip(&gen, (uint64_t)element * LEAT_RANDOM_RESERVE);
    return gen;
}

void leat_philox_normals(leat_philox *gen, double out[2])
{
    uint32_t x[4];
    leat_philox_next(gen, x);
    normal_doubles(x, out);
}

/* Powers of two mask; else the first (2^bits mod n) numbers, of which some remainders have more, are drawn again. */
#define DRAW_BELOW(bits_, draw_)                                                                             \
    uint##bits_##_t leat_draw_below_##bits_(leat_philox_single *s, uint##bits_##_t n)                        \
    {                                                                                                        \
        if ((n & (n - 1)) == 0)                                                                              \
            return draw_(s) & (n - 1);                                                                       \
        const uint##bits_##_t skewed = UINT##bits_##_MAX % n + 1;                                            \
        uint##bits_##_t x;                                                                                   \
        do                                                                                                   \
            x = draw_(s);                                                                                    \
        while (x < skewed);                                                                                  \
        return x % n;                                                                                        \
    }
DRAW_BELOW(32, leat_philox_draw)
DRAW_BELOW(64, leat_draw_64)

/* ---- the stream of a node ---- */

typedef struct random_state {
    bool seeded;
    leat_philox gen;
} random_state;

void *leat_random_state(leat_kernel *k, size_t bytes)
{
    random_state *state = leat_node_state(k, sizeof *state + bytes);
    return state != NULL ? state + 1 : NULL;
}

leat_status leat_random_reserve(leat_kernel *k, uint64_t groups, leat_philox *out)
{
    random_state *state = leat_node_state(k, sizeof *state);
    if (state == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the random stream");
    if (!state->seeded) {
        uint64_t seed[2] = {(uint64_t)leat_attr_int(k->op, "seed"), (uint64_t)leat_attr_int(k->op, "seed2")};
        if (seed[0] == 0 && seed[1] == 0 && getrandom(seed, sizeof seed, 0) != sizeof seed)
            return leat_kernel_fail(k, LEAT_ERR_IO, "the operating system gives no random seed");
        state->gen = (leat_philox){.counter = {0, 0, (uint32_t)seed[1], (uint32_t)(seed[1] >> 32)},
                                   .key = {(uint32_t)seed[0], (uint32_t)(seed[0] >> 32)}};
        state->seeded = true;
    }
    *out = state->gen;
    philox_skip(&state->gen, groups);
    return LEAT_OK;
}

/* ---- filling ---- */

typedef struct fill {
    leat_philox gen;
    leat_random_kind kind;
    leat_dtype dtype;
    char *data;
    int64_t n, per_group; /* elements; elements of a group */
    int64_t lo;           /* integers: */
    uint64_t range;
} fill;

enum { BLOCK = 256 }; /* groups drawn at once into the stack */

/* Truncated: numbers are drawn until a group is full; each group has its own part of the stream. */
static void truncated_group(const fill *f, int64_t group, double out[4])
{
    leat_philox gen = f->gen;
    philox_skip(&gen, (uint64_t)group * (uint64_t)f->per_group * LEAT_RANDOM_RESERVE / 4);
    leat_philox_single s = leat_philox_single_of(gen);
    for (int64_t n = 0; n < f->per_group;) {
        double pair[2];
        uint32_t x[4] = {leat_philox_draw(&s), 0, 0, 0};
        x[1] = leat_philox_draw(&s);
        if (f->dtype == LEAT_DOUBLE) {
            x[2] = leat_philox_draw(&s);
            x[3] = leat_philox_draw(&s);
            normal_doubles(x, pair);
        } else {
            float floats[2];
            normal_floats(x[0], x[1], floats);
            pair[0] = (double)floats[0];
            pair[1] = (double)floats[1];
        }
        for (int i = 0; i < 2 && n < f->per_group; i++)
            if (fabs(pair[i]) < 2.0)
                out[n++] = pair[i];
    }
}

/* The elements of one group from its four numbers. */
static void group_values(const fill *f, const uint32_t x[4], double out[4])
{
    float pair[4];
    if (f->dtype == LEAT_DOUBLE) {
        if (f->kind == LEAT_RANDOM_NORMAL) {
            normal_doubles(x, out);
        } else {
            out[0] = leat_uniform_double(x[0], x[1]);
            out[1] = leat_uniform_double(x[2], x[3]);
        }
        return;
    }
    if (f->kind == LEAT_RANDOM_NORMAL) {
        normal_floats(x[0], x[1], pair);
        normal_floats(x[2], x[3], pair + 2);
    }
    for (int i = 0; i < 4; i++)
        if (f->kind == LEAT_RANDOM_NORMAL)
            out[i] = (double)pair[i];
        else if (f->dtype == LEAT_HALF) /* 10 random bits */
            out[i] = (double)(x[i] & 0x3ff) * 0x1p-10;
        else if (f->dtype == LEAT_BFLOAT16) /* 7 random bits */
            out[i] = (double)(x[i] & 0x7f) * 0x1p-7;
        else
            out[i] = (double)leat_uniform_float(x[i]);
}

static void put(const fill *f, int64_t at, const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        switch (f->dtype) {
        case LEAT_FLOAT: ((float *)f->data)[at + i] = (float)values[i]; break;
        case LEAT_DOUBLE: ((double *)f->data)[at + i] = values[i]; break;
        case LEAT_HALF: ((uint16_t *)f->data)[at + i] = leat_float_to_half((float)values[i]); break;
        default: ((uint16_t *)f->data)[at + i] = leat_float_to_bfloat16((float)values[i]); break;
        }
}

/* A range of groups of float uniforms: the numbers are drawn where the floats belong. */
static void uniform_floats(const fill *f, int64_t begin, int64_t end)
{
    const leat_nn_vector *v = leat_nn_vector_get();
    float *out = (float *)f->data + 4 * begin;
    int64_t full = LEAT_MIN(end, f->n / 4) - begin, rest = LEAT_MIN(4 * end, f->n) - 4 * (begin + full);
    leat_philox gen = f->gen;
    philox_skip(&gen, (uint64_t)begin);
    v->philox(&gen, (uint32_t *)(void *)out, (size_t)full);
    if (rest > 0) {
        uint32_t last[4];
        philox_skip(&gen, (uint64_t)full);
        leat_philox_next(&gen, last);
        memcpy(out + 4 * full, last, (size_t)rest * sizeof *out);
    }
    v->uniform(out, (size_t)(4 * full + rest));
}

static void fill_groups(int64_t begin, int64_t end, void *arg)
{
    const fill *f = arg;
    uint32_t block[BLOCK * 4];
    if (f->kind == LEAT_RANDOM_UNIFORM && f->dtype == LEAT_FLOAT) {
        uniform_floats(f, begin, end);
        return;
    }
    for (int64_t group = begin; group < end; group++) {
        double values[4];
        int64_t in_block = (group - begin) % BLOCK;
        if (f->kind == LEAT_RANDOM_TRUNCATED) {
            truncated_group(f, group, values);
        } else {
            if (in_block == 0) {
                leat_philox gen = f->gen;
                philox_skip(&gen, (uint64_t)group);
                leat_nn_vector_get()->philox(&gen, block, (size_t)LEAT_MIN(BLOCK, end - group));
            }
            group_values(f, block + 4 * in_block, values);
        }
        put(f, group * f->per_group, values, LEAT_MIN(f->per_group, f->n - group * f->per_group));
    }
}

void leat_random_fill(leat_kernel *k, leat_random_kind kind, leat_dtype dtype, void *data, int64_t n,
                      leat_philox gen)
{
    fill f = {.gen = gen,
              .kind = kind,
              .dtype = dtype,
              .data = data,
              .n = n,
              .per_group = dtype == LEAT_DOUBLE ? 2 : 4};
    leat_ranges(k, (n + f.per_group - 1) / f.per_group, kind == LEAT_RANDOM_UNIFORM ? 4096 : 256, fill_groups,
                &f);
}

/* lo + x % range: the sum is computed unsigned, which is what TensorFlow's two half steps come to. */
static void fill_int_groups(int64_t begin, int64_t end, void *arg)
{
    const fill *f = arg;
    uint32_t block[BLOCK * 4];
    for (int64_t group = begin; group < end; group++) {
        int64_t in_block = (group - begin) % BLOCK, at = group * f->per_group;
        const uint32_t *x = block + 4 * in_block;
        if (in_block == 0) {
            leat_philox gen = f->gen;
            philox_skip(&gen, (uint64_t)group);
            leat_nn_vector_get()->philox(&gen, block, (size_t)LEAT_MIN(BLOCK, end - group));
        }
        for (int64_t i = 0; i < LEAT_MIN(f->per_group, f->n - at); i++)
            if (f->dtype == LEAT_INT64) {
                uint64_t bits = x[2 * i] | (uint64_t)x[2 * i + 1] << 32;
                ((uint64_t *)f->data)[at + i] = (uint64_t)f->lo + (f->range != 0 ? bits % f->range : bits);
            } else {
                uint32_t range = (uint32_t)f->range;
                ((uint32_t *)f->data)[at + i] = (uint32_t)f->lo + (range != 0 ? x[i] % range : x[i]);
            }
    }
}

void leat_random_fill_int(leat_kernel *k, leat_dtype dtype, void *data, int64_t n, int64_t lo, int64_t hi,
                          leat_philox gen)
{
    fill f = {.gen = gen,
              .dtype = dtype,
              .data = data,
              .n = n,
              .per_group = dtype == LEAT_INT64 ? 2 : 4,
              .lo = lo,
              .range = (uint64_t)hi - (uint64_t)lo};
    leat_ranges(k, (n + f.per_group - 1) / f.per_group, 2048, fill_int_groups, &f);
}
