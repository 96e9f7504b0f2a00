/* reduce-private.h - reductions over any set of axes, in tiles whose number and order depend on the shape only. */
#ifndef LEAT_REDUCE_PRIVATE_H
#define LEAT_REDUCE_PRIVATE_H

#include "ops/ops-private.h"
#include "ops/vector-private.h"

/* What is accumulated: floats in double, integers in 64 bits (they wrap). */
typedef union leat_accumulator {
    double d;
    int64_t i;
    uint64_t u;
} leat_accumulator;

typedef enum leat_reduce_finish { LEAT_FINISH_NONE, LEAT_FINISH_MEAN, LEAT_FINISH_ROOT } leat_reduce_finish;

/* Output 0 = input 0 reduced over the axes of input 1 (attribute keep_dims), by LEAT_REDUCE_<kind>. */
leat_status leat_reduce(leat_kernel *k, int kind, leat_reduce_finish finish) LEAT_MUST_CHECK;

/* The shape function of all reductions. */
leat_status leat_reduce_shape(leat_infer *c);

#endif
