/* scatter-private.h - one driver for Scatter*, ScatterNd* and their resource twins. */
#ifndef LEAT_SCATTER_PRIVATE_H
#define LEAT_SCATTER_PRIVATE_H

#include "ops/state-private.h"

/* X(function name, what is done with an element of the variable and one of the updates) */
#define LEAT_SCATTER_LIST(X)                                                                                 \
    X(update, UPDATE)                                                                                        \
    X(add, ADD)                                                                                              \
    X(sub, SUB)                                                                                              \
    X(mul, MUL)                                                                                              \
    X(div, DIV)                                                                                              \
    X(min, MIN)                                                                                              \
    X(max, MAX)

enum {
#define LEAT_SCATTER_ENUM(name_, how_) LEAT_HOW_##how_,
    LEAT_SCATTER_LIST(LEAT_SCATTER_ENUM)
#undef LEAT_SCATTER_ENUM
};
/* to[i] = to[i] HOW from[i * step] for n elements. No integer of `from` is 0 where HOW is DIV. */
void leat_scatter_combine(int how, leat_dtype dtype, void *to, const void *from, int64_t n, int64_t step);

/* By rows (indices of any shape name rows of the variable), and by coordinates: nd, of a variable; tensor, into a copy of input 0. */
#define LEAT_SCATTER_DECLARE(name_, how_)                                                                    \
    leat_status leat_scatter_##name_(leat_kernel *k);                                                        \
    leat_status leat_scatter_nd_##name_(leat_kernel *k);                                                     \
    leat_status leat_scatter_tensor_##name_(leat_kernel *k);
LEAT_SCATTER_LIST(LEAT_SCATTER_DECLARE)
#undef LEAT_SCATTER_DECLARE

leat_status leat_scatter_shape(leat_infer *c);
leat_status leat_scatter_nd_shape(leat_infer *c);

#endif
