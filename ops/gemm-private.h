/* gemm-private.h - products of row-major matrices: what MatMul, BatchMatMul, Einsum and others run. */
#ifndef LEAT_GEMM_PRIVATE_H
#define LEAT_GEMM_PRIVATE_H

#include "ops/ops-private.h"

/* c (m x n) = op(a) op(b), where op transposes if asked: op(a) is m x k, op(b) is k x n. c overlaps neither. What is transposed is
 * conjugated, too, where `adjoint` says so. */
typedef struct leat_gemm {
    leat_dtype dtype; /* float, double, half, bfloat16, complex, an integer */
    bool transpose_a, transpose_b, adjoint;
    int64_t m, n, k;
    const void *a, *b;
    void *c;
    /* for leat_gemm_serial only: elements from row to row as stored, 0 where rows are dense; c += the product */
    int64_t lda, ldb, ldc;
    bool accumulate;
} leat_gemm;

/* Shared with idle workers, in tiles that depend on the shapes only. Uses the kernel's scratch memory. */
leat_status leat_gemm_run(leat_kernel *k, const leat_gemm *g) LEAT_MUST_CHECK;
/* `count` products, those of index i with a, b, c moved on by offsets[i]: elements. Small ones are run several to a tile. */
typedef struct leat_gemm_offset {
    int64_t a, b, c;
} leat_gemm_offset;
leat_status leat_gemm_batch(leat_kernel *k, const leat_gemm *g, const leat_gemm_offset *offsets,
                            int64_t count) LEAT_MUST_CHECK;
/* On this thread, float and double only, no scratch memory: for use inside tiles. */
void leat_gemm_serial(const leat_gemm *g);
/* What computes a block of such a product, for leat_kernel_ran. */
const char *leat_gemm_library(leat_dtype dtype);

#endif
