/* sparse-private.h - sparse tensors: a matrix of coordinates, a vector of values, a vector that is the shape. */
#ifndef LEAT_SPARSE_PRIVATE_H
#define LEAT_SPARSE_PRIVATE_H

#include "ops/grad-private.h"

typedef struct leat_sparse {
    const int64_t *indices; /* n rows of `rank` coordinates, each inside the shape */
    const leat_tensor *values;
    const int64_t *shape;
    int64_t n;
    int rank;
} leat_sparse;

/* Inputs first .. first + 2 (int64 coordinates), checked. */
leat_status leat_sparse_in(const leat_kernel *k, int first, leat_sparse *s) LEAT_MUST_CHECK;
/* Ranks of the three inputs. */
leat_status leat_sparse_want(leat_infer *c, int first);
/* Outputs i, i + 1: n coordinates of that rank (of any n: -1), and values; i + 2, where it is one: the shape. */
void leat_sparse_out(leat_infer *c, int i, int64_t n, int64_t rank);
/* The number of dimensions that a sparse input has, or -1. */
int64_t leat_sparse_rank(const leat_infer *c, int first);

/* < 0, 0, > 0: the order of two coordinates. */
int leat_sparse_compare(const int64_t *a, const int64_t *b, int rank);
/* Numbers of the entries in the order of their first `by` coordinates, equal ones as they came; of this worker's scratch
 * memory. NULL: out of memory. */
int64_t *leat_sparse_order(leat_kernel *k, const int64_t *indices, int64_t n, int rank, int by);

static inline const int64_t *leat_sparse_row(const leat_sparse *s, int64_t i)
{
    return s->indices + i * s->rank;
}
static inline const void *leat_sparse_value(const leat_sparse *s, int64_t i)
{
    return (const char *)s->values->data + (size_t)i * leat_dtype_bytes(s->values->dtype);
}

#endif
