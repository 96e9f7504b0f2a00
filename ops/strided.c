/* strided.c - what strided-private.h declares. */
#include "ops/strided-private.h"

struct strided_run {
    leat_strided s; /* merged, rank >= 1 */
    char *dense, *strided;
    size_t bytes;
    bool put;
};

void leat_shape_strides(const leat_shape *shape, int64_t *stride)
{
    int64_t step = 1;
    for (int d = leat_shape_rank(shape) - 1; d >= 0; d--) {
        stride[d] = step;
        step *= shape->dims[d];
    }
}

/* Dimensions of size 1 go; neighbours that advance together become one. */
static void merge(leat_strided *to, const leat_strided *from)
{
    to->rank = 0;
    to->offset = from->offset;
    for (int d = 0; d < from->rank; d++) {
        int last = to->rank - 1;
        if (from->dims[d] == 1)
            continue;
        if (last >= 0 && to->stride[last] == from->stride[d] * from->dims[d]) {
            to->dims[last] *= from->dims[d];
            to->stride[last] = from->stride[d];
            continue;
        }
        to->dims[to->rank] = from->dims[d];
        to->stride[to->rank++] = from->stride[d];
    }
    if (to->rank == 0) {
        to->dims[0] = to->stride[0] = 1;
        to->rank = 1;
    }
}

static int64_t strided_at(const leat_strided *s, int64_t i)
{
    int64_t at = s->offset;
    for (int d = s->rank - 1; d >= 0; d--) {
        at += i % s->dims[d] * s->stride[d];
        i /= s->dims[d];
    }
    return at;
}

/* n dense elements from `i`; on the strided side they begin at `at`, `step` apart. */
static void copy_run(const struct strided_run *r, int64_t i, int64_t at, int64_t step, int64_t n)
{
    if (step == 1) {
        char *dense = r->dense + (size_t)i * r->bytes, *strided = r->strided + at * (int64_t)r->bytes;
        memcpy(r->put ? strided : dense, r->put ? dense : strided, (size_t)n * r->bytes);
        return;
    }
    switch (r->bytes) {
#define RUN_CASE(bytes_, type_)                                                                              \
    case bytes_: {                                                                                           \
        type_ *dense = (type_ *)r->dense + i, *strided = (type_ *)r->strided + at;                           \
        if (r->put)                                                                                          \
            for (int64_t j = 0; j < n; j++)                                                                  \
                strided[j * step] = dense[j];                                                                \
        else                                                                                                 \
            for (int64_t j = 0; j < n; j++)                                                                  \
                dense[j] = strided[j * step];                                                                \
        return;                                                                                              \
    }
        RUN_CASE(1, uint8_t)
        RUN_CASE(2, uint16_t)
        RUN_CASE(4, uint32_t)
        RUN_CASE(8, uint64_t)
#undef RUN_CASE
    default:
        for (int64_t j = 0; j < n; j++) {
            char *dense = r->dense + (size_t)(i + j) * r->bytes;
            char *strided = r->strided + (at + j * step) * (int64_t)r->bytes;
            memcpy(r->put ? strided : dense, r->put ? dense : strided, r->bytes);
        }
    }
}

static void strided_range(int64_t begin, int64_t end, void *arg)
{
    const struct strided_run *r = arg;
    int64_t inner = r->s.dims[r->s.rank - 1], step = r->s.stride[r->s.rank - 1];
    while (begin < end) {
        int64_t n = LEAT_MIN(inner - begin % inner, end - begin);
        copy_run(r, begin, strided_at(&r->s, begin), step, n);
        begin += n;
    }
}

leat_status leat_copy_strided(leat_kernel *k, leat_dtype dtype, void *dense, void *strided,
                              const leat_strided *s, bool put)
{
    struct strided_run r = {.dense = dense, .strided = strided, .bytes = leat_dtype_bytes(dtype), .put = put};
    int64_t n = 1;
    for (int d = 0; d < s->rank; d++)
        n *= s->dims[d];
    if (n == 0)
        return LEAT_OK;
    merge(&r.s, s);
    if (dtype != LEAT_STRING) {
        leat_ranges(k, n, LEAT_GRAIN_CHEAP, strided_range, &r);
        return LEAT_OK;
    }
    for (int64_t i = 0; i < n; i++) {
        leat_string *a = (leat_string *)dense + i, *b = (leat_string *)strided + strided_at(&r.s, i);
        leat_string *to = put ? b : a, *from = put ? a : b;
        LEAT_TRY(leat_string_set(to, from->data, from->size));
    }
    return LEAT_OK;
}
