/* shape.c - arithmetic on shapes, unknown dimensions included. */
#include <stdio.h>
#include <string.h>
#include "engine/op-private.h"

/* Larger buffers can't be addressed on today's machines, and smaller sums of them can't overflow. */
#define MAX_BYTES (INT64_C(1) << 46)

leat_shape leat_shape_of(int rank, const int64_t *dims)
{
    leat_shape s = {0};
    if (rank < 0)
        return s;
    if (rank > LEAT_MAX_RANK)
        rank = LEAT_MAX_RANK;
    s.rank_plus_1 = rank + 1;
    for (int i = 0; i < rank; i++)
        s.dims[i] = dims[i];
    return s;
}

int64_t leat_shape_elements(leat_shape shape)
{
    int64_t n = 1;
    if (shape.rank_plus_1 == 0)
        return -1;
    for (int i = 0; i < leat_shape_rank(&shape); i++) {
        if (shape.dims[i] < 0)
            return -1;
        if (__builtin_mul_overflow(n, shape.dims[i], &n))
            return -1;
    }
    return n;
}

bool leat_shape_known(const leat_shape *s)
{
    if (s->rank_plus_1 <= 0)
        return false;
    for (int i = 0; i < leat_shape_rank(s); i++)
        if (s->dims[i] < 0)
            return false;
    return true;
}

bool leat_shape_equal(leat_shape a, leat_shape b)
{
    if (a.rank_plus_1 != b.rank_plus_1)
        return false;
    for (int i = 0; i < leat_shape_rank(&a); i++)
        if (a.dims[i] != b.dims[i])
            return false;
    return true;
}

leat_status leat_shape_measure(const leat_shape *shape, leat_dtype dtype, int64_t *elements, size_t *bytes)
{
    char text[160];
    size_t size = leat_dtype_bytes(dtype);
    if (size == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "dtype %d is none that Leat knows", (int)dtype);
    if (shape->rank_plus_1 <= 0 || shape->rank_plus_1 > LEAT_MAX_RANK + 1)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a tensor needs a shape of known rank, at most %d",
                         LEAT_MAX_RANK);
    int64_t n = 1, total;
    bool empty = false, overflow = false;
    for (int i = 0; i < leat_shape_rank(shape); i++) {
        if (shape->dims[i] < 0)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "shape %s has an unknown dimension",
                             leat_shape_print(*shape, text, sizeof text));
        if (shape->dims[i] == 0)
            empty = true;
        else
            overflow |= __builtin_mul_overflow(n, shape->dims[i], &n);
    }
    if (overflow || __builtin_mul_overflow(n, (int64_t)size, &total) || total > MAX_BYTES)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "shape %s of %s is too large",
                         leat_shape_print(*shape, text, sizeof text), leat_dtype_name(dtype));
    *elements = empty ? 0 : n;
    *bytes = empty ? 0 : (size_t)total;
    return LEAT_OK;
}

bool leat_shape_merge(const leat_shape *a, const leat_shape *b, leat_shape *merged)
{
    leat_shape m = a->rank_plus_1 != 0 ? *a : *b;
    if (a->rank_plus_1 != 0 && b->rank_plus_1 != 0) {
        if (a->rank_plus_1 != b->rank_plus_1)
            return false;
        for (int i = 0; i < leat_shape_rank(a); i++) {
            if (a->dims[i] >= 0 && b->dims[i] >= 0 && a->dims[i] != b->dims[i])
                return false;
            m.dims[i] = a->dims[i] >= 0 ? a->dims[i] : b->dims[i];
        }
    }
    if (merged != NULL)
        *merged = m;
    return true;
}

bool leat_shape_broadcast(const leat_shape *a, const leat_shape *b, leat_shape *out)
{
    *out = (leat_shape){0};
    if (a->rank_plus_1 == 0 || b->rank_plus_1 == 0)
        return true;
    int ra = leat_shape_rank(a), rb = leat_shape_rank(b), rank = LEAT_MAX(ra, rb);
    out->rank_plus_1 = rank + 1;
    for (int i = 0; i < rank; i++) {
        int64_t da = i < rank - ra ? 1 : a->dims[i - (rank - ra)];
        int64_t db = i < rank - rb ? 1 : b->dims[i - (rank - rb)];
        if (da == 1)
            out->dims[i] = db;
        else if (db == 1)
            out->dims[i] = da;
        else if (da < 0 || db < 0) /* the known one is not 1, so the unknown one must equal it or be 1 */
            out->dims[i] = LEAT_MAX(da, db);
        else if (da == db)
            out->dims[i] = da;
        else
            return false;
    }
    return true;
}

char *leat_shape_print(leat_shape shape, char *text, size_t size)
{
    if (size == 0)
        return text;
    if (shape.rank_plus_1 <= 0) {
        snprintf(text, size, "<unknown>");
        return text;
    }
    size_t at = (size_t)snprintf(text, size, "(");
    int rank = leat_shape_rank(&shape);
    for (int i = 0; i < rank && at < size; i++) {
        if (shape.dims[i] < 0)
            at += (size_t)snprintf(text + at, size - at, "%s?", i ? ", " : "");
        else
            at += (size_t)snprintf(text + at, size - at, "%s%lld", i ? ", " : "", (long long)shape.dims[i]);
    }
    if (at < size)
        snprintf(text + at, size - at, rank == 1 ? ",)" : ")");
    return text;
}
