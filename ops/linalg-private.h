/* linalg-private.h - ops over matrices in the last two dimensions: a loop over the batch around LAPACK, in double. */
#ifndef LEAT_LINALG_PRIVATE_H
#define LEAT_LINALG_PRIVATE_H

#include "ops/grad-private.h"

/* LAPACK's matrices are stored by columns, ours by rows: what it sees is the transpose, unless loaded transposed. */
typedef struct leat_matrix {
    double *data;
    int rows, columns;
} leat_matrix;

/* Work on the matrices of one index of the batch; `room` is `room` doubles of its own. Returns 0, or a code of its own
 * for failure: the call stops there, and the lowest failed index is reported. */
typedef int leat_matrix_fn(int64_t index, double *room, void *arg);

/* Runs `fn` for 0..count-1, in tiles by cost (flops of one). *code is 0, or what the lowest failed index returned. */
leat_status leat_matrices(leat_kernel *k, int64_t count, double flops, size_t room, leat_matrix_fn *fn,
                          void *arg, int *code, int64_t *index) LEAT_MUST_CHECK;

/* Matrix `index` of t as rows x columns doubles, or its transpose; and back (rounded). */
void leat_matrix_load(const leat_tensor *t, int64_t index, bool transposed, double *to);
void leat_matrix_store(leat_tensor *t, int64_t index, bool transposed, const double *from);

/* ---- shapes ---- */

/* Rows, columns and number of matrices of a tensor; LEAT_ERR_INVALID_ARGUMENT unless it is a batch of matrices of float or
 * double, square if asked. */
typedef struct leat_matrix_dims {
    int rows, columns;
    int64_t count;
} leat_matrix_dims;
leat_status leat_want_matrices(const leat_kernel *k, int i, bool square,
                               leat_matrix_dims *dims) LEAT_MUST_CHECK;
/* LEAT_ERR_UNIMPLEMENTED for matrices of strings, which are no plain bytes to move. */
leat_status leat_want_plain(const leat_kernel *k, leat_dtype dtype) LEAT_MUST_CHECK;
/* The shape of t with other last two dimensions; columns -1: one dimension less; both -1: none of them. */
leat_shape leat_batch_shape(const leat_shape *t, int64_t rows, int64_t columns);
/* For shape functions: input i must be able to be a batch of (square) matrices. *rows and *columns -1 where unknown. */
leat_status leat_infer_matrices(leat_infer *c, int i, bool square, int64_t *rows,
                                int64_t *columns) LEAT_MUST_CHECK;

/* ---- gradients ---- */

/* a b, where 2-D operands are for MatMul and others for BatchMatMulV2. */
leat_out leat_grad_matmul(leat_grad *g, leat_out a, leat_out b, bool adjoint_a, bool adjoint_b);
/* The last two dimensions swapped; the rank must be known. */
leat_out leat_grad_transpose(leat_grad *g, leat_out x);
/* Sums dx[0] and dx[1] over the batch dimensions in which inputs 0 and 1 were broadcast to each other. */
void leat_grad_unbatch2(leat_grad *g);

#endif
