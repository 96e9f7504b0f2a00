/* random-private.h - random streams: Philox 4x32-10, counted and reserved as TensorFlow does, so that every run of a
 * graph draws what TensorFlow draws.
 *
 * Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, 2011. A position in the stream is a
 * 128-bit counter; each gives a group of four 32-bit numbers, and skipping costs nothing: tiles are independent. */
#ifndef LEAT_RANDOM_PRIVATE_H
#define LEAT_RANDOM_PRIVATE_H

#include "ops/nn-vector-private.h"
#include "ops/ops-private.h"

/* The next group; moves on by one. */
void leat_philox_next(leat_philox *p, uint32_t group[4]);

/* A stream of 32-bit numbers, one at a time. */
typedef struct leat_philox_single {
    leat_philox gen;
    uint32_t group[4];
    int used;
} leat_philox_single;

static inline leat_philox_single leat_philox_single_of(leat_philox gen)
{
    return (leat_philox_single){.gen = gen, .used = 4};
}
static inline uint32_t leat_philox_draw(leat_philox_single *s)
{
    if (s->used == 4) {
        leat_philox_next(&s->gen, s->group);
        s->used = 0;
    }
    return s->group[s->used++];
}
/* Moves on by `n` numbers. */
void leat_philox_single_skip(leat_philox_single *s, uint64_t n);

static inline float leat_uniform_float(uint32_t x) /* 23 random bits: [0, 1) */
{
    union {
        uint32_t u;
        float f;
    } v = {.u = UINT32_C(127) << 23 | (x & 0x7fffff)};
    return v.f - 1.0f;
}
static inline double leat_uniform_double(uint32_t x0, uint32_t x1) /* 52 random bits: [0, 1) */
{
    union {
        uint64_t u;
        double f;
    } v = {.u = UINT64_C(1023) << 52 | (uint64_t)(x0 & 0xfffff) << 32 | x1};
    return v.f - 1.0;
}
static inline uint64_t leat_draw_64(leat_philox_single *s)
{
    uint64_t low = leat_philox_draw(s);
    return low | (uint64_t)leat_philox_draw(s) << 32;
}
static inline double leat_draw_double(leat_philox_single *s)
{
    uint32_t x0 = leat_philox_draw(s);
    return leat_uniform_double(x0, leat_philox_draw(s));
}
/* Uniform integers below n > 0, without bias: numbers of the first, incomplete period are drawn again. */
uint32_t leat_draw_below_32(leat_philox_single *s, uint32_t n);
uint64_t leat_draw_below_64(leat_philox_single *s, uint64_t n);

/* The node's stream (attributes seed and seed2; both zero: seeded by the operating system at the first run), which is
 * moved on by `groups` groups: *out is where those begin. */
leat_status leat_random_reserve(leat_kernel *k, uint64_t groups, leat_philox *out) LEAT_MUST_CHECK;
/* Zeroed memory of the node beside its stream, for kernels that remember more: asked for before the first reservation, and with
 * the same size always. NULL: out of memory. */
void *leat_random_state(leat_kernel *k, size_t bytes);
/* TensorFlow reserves 256 groups for every output. */
#define LEAT_RANDOM_RESERVE 256

/* Fills `n` elements of a floating dtype at `data`, in tiles. */
typedef enum leat_random_kind {
    LEAT_RANDOM_UNIFORM,
    LEAT_RANDOM_NORMAL,
    LEAT_RANDOM_TRUNCATED
} leat_random_kind;
void leat_random_fill(leat_kernel *k, leat_random_kind kind, leat_dtype dtype, void *data, int64_t n,
                      leat_philox gen);
/* Integers lo <= x < hi; int32, int64 (as their unsigned bits). */
void leat_random_fill_int(leat_kernel *k, leat_dtype dtype, void *data, int64_t n, int64_t lo, int64_t hi,
                          leat_philox gen);

/* Multinomial of inputs 0 and 1, drawn from `gen`, or from the node's own stream where it is NULL (random.c). */
leat_status leat_multinomial_run(leat_kernel *k, const leat_philox *gen) LEAT_MUST_CHECK;
leat_status leat_multinomial_shape(leat_infer *c);

/* Element `element` of an op that gives every element LEAT_RANDOM_RESERVE groups of the stream has its own part of it. */
leat_philox leat_philox_of_element(leat_philox gen, int64_t element);
/* Two unit normals from four numbers. */
void leat_philox_normals(leat_philox *gen, double out[2]);

/* Output 0 has the shape that input 0 says. */
leat_status leat_random_shape(leat_infer *c);

#endif
