/* strided-private.h - copies between a dense tensor and a strided part of another. */
#ifndef LEAT_STRIDED_PRIVATE_H
#define LEAT_STRIDED_PRIVATE_H

#include "ops/ops-private.h"

/* Element (i0, i1, ...) of the dense side is element offset + i0 * stride[0] + i1 * stride[1] ... of the strided side. */
typedef struct leat_strided {
    int rank;
    int64_t dims[LEAT_MAX_RANK];   /* of the dense side, outer first */
    int64_t stride[LEAT_MAX_RANK]; /* in elements, may be negative or 0 */
    int64_t offset;
} leat_strided;

/* dense = strided, or (put) strided = dense. In tiles. */
leat_status leat_copy_strided(leat_kernel *k, leat_dtype dtype, void *dense, void *strided,
                              const leat_strided *s, bool put) LEAT_MUST_CHECK;
/* Row-major strides of a shape. */
void leat_shape_strides(const leat_shape *shape, int64_t *stride);

#endif
