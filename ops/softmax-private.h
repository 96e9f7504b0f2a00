/* softmax-private.h - what Softmax and the cross entropies share: rows of logits, in tiles. */
#ifndef LEAT_SOFTMAX_PRIVATE_H
#define LEAT_SOFTMAX_PRIVATE_H

#include "ops/nn-vector-private.h"
#include "ops/ops-private.h"
#include "ops/vector-private.h"

/* x = e^x for n floats or doubles. */
static inline void leat_exp_all(bool is_double, void *x, size_t n)
{
    leat_vector_get()->float1[LEAT_VECTOR_EXP][is_double ? LEAT_VECTOR_F64 : LEAT_VECTOR_F32](x, x, n);
}

/* Runs `rows` rows in tiles: fn(first, end, arg). */
void leat_softmax_rows(leat_kernel *k, int64_t rows, int64_t classes, leat_range_fn *fn, void *arg);

enum {
    LEAT_SOFTMAX_BLOCK = 64
}; /* rows handled at once inside a tile: their maxima and sums stand on the stack */
typedef union leat_row_values {
    float f[LEAT_SOFTMAX_BLOCK];
    double d[LEAT_SOFTMAX_BLOCK];
} leat_row_values;

/* The inputs as float or double: half and bfloat16 are turned into float in the node's scratch memory. n_in tensors, and
 * n_room floats more where results are to be turned back. */
typedef struct leat_as_floats {
    const void *in[2];
    float *room; /* NULL where the dtype is float or double */
} leat_as_floats;
leat_status leat_as_floats_of(leat_kernel *k, int n_in, int64_t n_room, leat_as_floats *out) LEAT_MUST_CHECK;

#endif
