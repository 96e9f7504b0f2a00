/* pooling-loops.c - the windows of one image, for every element type. */
#include <float.h>
#include <math.h>
#include "ops/pooling-private.h"
#include "ops/vector-private.h"

/* The taps of output position (d, h, w) that lie inside the image. */
typedef struct taps {
    int64_t origin[3], first[3], end[3];
} taps;

static void taps_at(const leat_window *w, int d, int64_t at, taps *t)
{
    leat_window_clip(w, d, at, &t->origin[d], &t->first[d], &t->end[d]);
}

/* For every output position `p` with its taps `t`, inside a block. */
#define FOR_POSITIONS(pool_)                                                                                 \
    taps t;                                                                                                  \
    int64_t p = 0;                                                                                           \
    const leat_window *w = &(pool_)->w;                                                                      \
    for (int64_t od = 0; od < w->out[0]; od++) {                                                             \
        taps_at(w, 0, od, &t);                                                                               \
        for (int64_t oh = 0; oh < w->out[1]; oh++) {                                                         \
            taps_at(w, 1, oh, &t);                                                                           \
            for (int64_t ow = 0; ow < w->out[2]; ow++, p++) {                                                \
                taps_at(w, 2, ow, &t);
#define END_POSITIONS                                                                                        \
    }                                                                                                        \
    }                                                                                                        \
    }

/* For every pixel under a tap. */
#define FOR_PIXELS                                                                                           \
    for (int64_t kd = t.first[0]; kd < t.end[0]; kd++)                                                       \
        for (int64_t kh = t.first[1]; kh < t.end[1]; kh++)                                                   \
            for (int64_t kw = t.first[2]; kw < t.end[2]; kw++) {                                             \
                int64_t pixel =                                                                              \
                    ((t.origin[0] + kd) * w->in[1] + t.origin[1] + kh) * w->in[2] + t.origin[2] + kw;
#define END_PIXELS }

/* A NaN stays: the comparison is written so that it does. */
#define POOL_LOOPS(type_, name_, lowest_)                                                                    \
    static void max_##name_(const leat_pooling *pool, const type_ *x, type_ *y, leat_loop2 *loop)            \
    {                                                                                                        \
        int64_t n = pool->inner;                                                                             \
        FOR_POSITIONS(pool)                                                                                  \
        type_ *best = y + p * n;                                                                             \
        for (int64_t c = 0; c < n; c++)                                                                      \
            best[c] = lowest_;                                                                               \
        FOR_PIXELS                                                                                           \
        const type_ *v = x + pixel * n;                                                                      \
        if (loop != NULL && n >= 16)                                                                         \
            loop(v, best, best, (size_t)n, LEAT_BOTH);                                                       \
        else                                                                                                 \
            for (int64_t c = 0; c < n; c++)                                                                  \
                best[c] = v[c] > best[c] || v[c] != v[c] ? v[c] : best[c];                                   \
        END_PIXELS                                                                                           \
        END_POSITIONS                                                                                        \
    }                                                                                                        \
    static void arg_##name_(const leat_pooling *pool, const type_ *x, int32_t *arg)                          \
    {                                                                                                        \
        int64_t n = pool->inner;                                                                             \
        FOR_POSITIONS(pool)                                                                                  \
        int32_t *where = arg + p * n;                                                                        \
        for (int64_t c = 0; c < n; c++)                                                                      \
            where[c] = -1;                                                                                   \
        FOR_PIXELS                                                                                           \
        const type_ *v = x + pixel * n;                                                                      \
        for (int64_t c = 0; c < n; c++)                                                                      \
            if (where[c] < 0 || v[c] > x[where[c] * n + c])                                                  \
                where[c] = (int32_t)pixel;                                                                   \
        END_PIXELS                                                                                           \
        END_POSITIONS                                                                                        \
    }

#define MEAN_LOOPS(type_, name_)                                                                             \
    static void mean_##name_(const leat_pooling *pool, const type_ *x, type_ *y, leat_loop2 *loop)           \
    {                                                                                                        \
        int64_t n = pool->inner;                                                                             \
        FOR_POSITIONS(pool)                                                                                  \
        type_ *sum = y + p * n;                                                                              \
        int64_t count = 0;                                                                                   \
        memset(sum, 0, (size_t)n * sizeof *sum);                                                             \
        FOR_PIXELS                                                                                           \
        const type_ *v = x + pixel * n;                                                                      \
        count++;                                                                                             \
        if (n >= 16)                                                                                         \
            loop(v, sum, sum, (size_t)n, LEAT_BOTH);                                                         \
        else                                                                                                 \
            for (int64_t c = 0; c < n; c++)                                                                  \
                sum[c] += v[c];                                                                              \
        END_PIXELS                                                                                           \
        for (int64_t c = 0; c < n; c++)                                                                      \
            sum[c] /= (type_)count;                                                                          \
        END_POSITIONS                                                                                        \
    }                                                                                                        \
    static void spread_##name_(const leat_pooling *pool, const type_ *dy, type_ *dx)                         \
    {                                                                                                        \
        int64_t n = pool->inner;                                                                             \
        FOR_POSITIONS(pool)                                                                                  \
        int64_t count = 1;                                                                                   \
        for (int d = 0; d < 3; d++)                                                                          \
            count *= t.end[d] - t.first[d];                                                                  \
        FOR_PIXELS                                                                                           \
        for (int64_t c = 0; c < n; c++)                                                                      \
            dx[pixel * n + c] += dy[p * n + c] / (type_)count;                                               \
        END_PIXELS                                                                                           \
        END_POSITIONS                                                                                        \
    }

POOL_LOOPS(float, f32, -INFINITY)
POOL_LOOPS(double, f64, -(double)INFINITY)
POOL_LOOPS(int8_t, i8, INT8_MIN)
POOL_LOOPS(int16_t, i16, INT16_MIN)
POOL_LOOPS(int32_t, i32, INT32_MIN)
POOL_LOOPS(int64_t, i64, INT64_MIN)
POOL_LOOPS(uint8_t, u8, 0)
POOL_LOOPS(uint16_t, u16, 0)
POOL_LOOPS(uint32_t, u32, 0)
POOL_LOOPS(uint64_t, u64, 0)
MEAN_LOOPS(float, f32)
MEAN_LOOPS(double, f64)

#define FOR_POOL_TYPES(X)                                                                                    \
    X(LEAT_INT8, i8)                                                                                         \
    X(LEAT_INT16, i16)                                                                                       \
    X(LEAT_UINT8, u8)                                                                                        \
    X(LEAT_UINT16, u16)                                                                                      \
    X(LEAT_UINT32, u32)                                                                                      \
    X(LEAT_UINT64, u64)

void leat_pooling_max(const leat_pooling *p, leat_dtype dtype, const void *x, void *y)
{
    leat_loop2 *const *loops = leat_vector_get()->binary[LEAT_VECTOR_MAX];
    switch (dtype) {
    case LEAT_FLOAT: max_f32(p, x, y, loops[LEAT_VECTOR_F32]); break;
    case LEAT_DOUBLE: max_f64(p, x, y, loops[LEAT_VECTOR_F64]); break;
    case LEAT_INT32: max_i32(p, x, y, loops[LEAT_VECTOR_I32]); break;
    case LEAT_INT64: max_i64(p, x, y, loops[LEAT_VECTOR_I64]); break;
#define MAX_CASE(dtype_, name_)                                                                              \
    case dtype_: max_##name_(p, x, y, NULL); break;
        FOR_POOL_TYPES(MAX_CASE)
#undef MAX_CASE
    default: break;
    }
}

void leat_pooling_argmax(const leat_pooling *p, leat_dtype dtype, const void *x, int32_t *arg)
{
    switch (dtype) {
    case LEAT_FLOAT: arg_f32(p, x, arg); break;
    case LEAT_DOUBLE: arg_f64(p, x, arg); break;
    case LEAT_INT32: arg_i32(p, x, arg); break;
    case LEAT_INT64: arg_i64(p, x, arg); break;
#define ARG_CASE(dtype_, name_)                                                                              \
    case dtype_: arg_##name_(p, x, arg); break;
        FOR_POOL_TYPES(ARG_CASE)
#undef ARG_CASE
    default: break;
    }
}

void leat_pooling_to_greatest(const leat_pooling *pool, const float *x, const float *y, const float *dy,
                              float *dx)
{
    int64_t n = pool->inner;
    FOR_POSITIONS(pool)
    FOR_PIXELS
    for (int64_t c = 0; c < n; c++)
        if (x[pixel * n + c] == y[p * n + c])
            dx[pixel * n + c] += dy[p * n + c];
    END_PIXELS
    END_POSITIONS
}

void leat_pooling_mean(const leat_pooling *p, leat_dtype dtype, const void *x, void *y)
{
    leat_loop2 *const *loops = leat_vector_get()->binary[LEAT_VECTOR_ADD];
    if (dtype == LEAT_DOUBLE)
        mean_f64(p, x, y, loops[LEAT_VECTOR_F64]);
    else
        mean_f32(p, x, y, loops[LEAT_VECTOR_F32]);
}

void leat_pooling_spread(const leat_pooling *p, leat_dtype dtype, const void *dy, void *dx)
{
    if (dtype == LEAT_DOUBLE)
        spread_f64(p, dy, dx);
    else
        spread_f32(p, dy, dx);
}
