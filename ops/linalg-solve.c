/* linalg-solve.c - systems of linear equations: general, triangular, and in the sense of least squares. */
#include "config.h"
#include <lapacke.h>
#include <math.h>
#ifdef HAVE_CBLAS_H
#include <cblas.h>
#else
#include <openblas/cblas.h>
#endif
#include "ops/linalg-private.h"

static void solve_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                       leat_cost *cost)
{
    int rank = leat_shape_rank(&in[0]->shape);
    (void)op;
    cost->flops = 2.0 * (double)(in[0]->elements + out[0].elements) *
                  (rank >= 1 ? (double)in[0]->shape.dims[rank - 1] : 1);
    cost->bytes = (double)(in[0]->elements + 2 * out[0].elements) * (double)leat_dtype_bytes(in[0]->dtype);
}

typedef struct solve {
    const leat_tensor *matrix, *rhs;
    leat_tensor *out;
    int rows, columns, k; /* of the matrix; columns of the right side */
    bool adjoint, lower;
    double l2;
    const int64_t *matrix_of, *rhs_of; /* broadcasting; NULL: the same index */
} solve;

/* ---- MatrixSolve ---- */

static int solve_one(int64_t index, double *room, void *arg)
{
    const solve *s = arg;
    size_t n = (size_t)s->rows;
    double *b = room + n * n;
    lapack_int *pivots = (lapack_int *)(void *)(b + n * (size_t)s->k);
    leat_matrix_load(s->matrix, index, true, room);
    leat_matrix_load(s->rhs, index, true, b);
    if (n == 0 || s->k == 0)
        return 0;
    LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, s->rows, s->rows, room, s->rows, pivots);
    for (size_t i = 0; i < n; i++)
        if (!(fabs(room[i * n + i]) > 0))
            return 1;
    LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, s->adjoint ? 'T' : 'N', s->rows, s->k, room, s->rows, pivots, b,
                        s->rows);
    leat_matrix_store(s->out, index, true, b);
    return 0;
}

/* matrix [..., M, N], rhs [..., M, K] with the same batch: the shape of the result, [..., N, K]. */
static leat_status want_system(const leat_kernel *k, leat_matrix_dims *m, leat_matrix_dims *b)
{
    char text[128], other[128];
    const leat_shape *ms = &k->in[0]->shape, *bs = &k->in[1]->shape;
    int rank = leat_shape_rank(ms);
    bool agree = rank == leat_shape_rank(bs) && m->rows == b->rows;
    for (int i = 0; agree && i < rank - 2; i++)
        agree = ms->dims[i] == bs->dims[i];
    if (agree)
        return LEAT_OK;
    return leat_kernel_fail(
        k, LEAT_ERR_INVALID_ARGUMENT, "matrices of shape %s take no right side of shape %s",
        leat_shape_print(*ms, text, sizeof text), leat_shape_print(*bs, other, sizeof other));
}

static leat_status solve_kernel(leat_kernel *k)
{
    leat_matrix_dims m, b;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &m));
    LEAT_TRY(leat_want_matrices(k, 1, false, &b));
    LEAT_TRY(want_system(k, &m, &b));
    LEAT_TRY(leat_out_new(k, 0, &k->in[1]->shape));
    solve s = {.matrix = k->in[0],
               .rhs = k->in[1],
               .out = &k->out[0],
               .rows = m.rows,
               .columns = m.rows,
               .k = b.columns,
               .adjoint = leat_attr_bool(k->op, "adjoint")};
    double n = m.rows;
    LEAT_TRY(leat_matrices(k, m.count, n * n * (n + b.columns),
                           (size_t)m.rows * (size_t)(m.rows + b.columns + 1), solve_one, &s, &code, &index));
    if (code != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input matrix is not invertible (matrix %lld)",
                                (long long)index);
    return LEAT_OK;
}

/* Both batches agree (or broadcast, if allowed), rows agree; the result has the matrix's columns. */
static leat_status infer_system(leat_infer *c, bool square, bool broadcast)
{
    int64_t rows, columns, brows, k;
    char a[128], b[128];
    leat_shape batch;
    LEAT_TRY(leat_infer_matrices(c, 0, square, &rows, &columns));
    LEAT_TRY(leat_infer_matrices(c, 1, false, &brows, &k));
    leat_shape ma = leat_batch_shape(c->in[0], INT64_MIN, INT64_MIN),
               mb = leat_batch_shape(c->in[1], INT64_MIN, INT64_MIN);
    bool agree = broadcast ? leat_shape_broadcast(&ma, &mb, &batch) : leat_shape_merge(&ma, &mb, &batch);
    if (!agree || (rows >= 0 && brows >= 0 && rows != brows))
        return leat_infer_fail(c, "matrices of shape %s take no right side of shape %s",
                               leat_shape_print(*c->in[0], a, sizeof a),
                               leat_shape_print(*c->in[1], b, sizeof b));
    if (batch.rank_plus_1 == 0)
        return LEAT_OK;
    c->out[0] = batch;
    c->out[0].rank_plus_1 += 2;
    c->out[0].dims[batch.rank_plus_1 - 1] = square ? LEAT_MAX(rows, brows) : columns;
    c->out[0].dims[batch.rank_plus_1] = k;
    return LEAT_OK;
}

static leat_status solve_shape(leat_infer *c)
{
    return infer_system(c, true, false);
}

static void solve_grad(leat_grad *g)
{
    bool adjoint = leat_attr_bool(g->op, "adjoint");
    leat_out x = leat_grad_out(g, 0),
             db = leat_raw_matrix_solve(leat_grad_in(g, 0), g->dy[0], .adjoint = !adjoint);
    leat_out da = adjoint ? leat_grad_matmul(g, x, db, false, true) : leat_grad_matmul(g, db, x, false, true);
    g->dx[0] = leat_raw_neg(da);
    g->dx[1] = db;
}

const leat_op_def leat_op_MatrixSolve = LEAT_OP(
    "MatrixSolve(matrix: T, rhs: T) -> output: T; adjoint: bool = false; "
    "T: {double, float, half, complex64, complex128}",
    .doc = "x of matrix x = rhs, or of the transposed system; computed in double.", .shape = solve_shape,
    .kernels = {{.fn = solve_kernel, .label = "lapack"}}, .gradient = solve_grad, .cost = solve_cost);

LEAT_ROW(MatrixSolve, "(double[2,2] 2 0 0 4, double[2,1] 2 8) -> double[2,1] 1 2");
LEAT_ROW(MatrixSolve, "(float[2,2] 1 2 0 1, float[2,2] 5 2 2 1) -> float[2,2] 1 0 2 1");
LEAT_ROW(MatrixSolve, "(double[2,2] 1 2 0 1, double[2,1] 1 4) {adjoint: true} -> double[2,1] 1 2");
LEAT_ROW(MatrixSolve, "(double[2,2] 1 1 1 1, double[2,1] 1 4) fails 'not invertible'");
LEAT_ROW(MatrixSolve, "(double[2,2] 1 1 1 1, double[3,1] 1 4 1) fails 'right side'");

/* ---- MatrixTriangularSolve ---- */

static int triangular_one(int64_t index, double *room, void *arg)
{
    const solve *s = arg;
    size_t n = (size_t)s->rows;
    double *b = room + n * n;
    leat_matrix_load(s->matrix, s->matrix_of[index], false, room);
    leat_matrix_load(s->rhs, s->rhs_of[index], false, b);
    if (n > 0 && s->k > 0)
        cblas_dtrsm(CblasRowMajor, CblasLeft, s->lower ? CblasLower : CblasUpper,
                    s->adjoint ? CblasTrans : CblasNoTrans, CblasNonUnit, s->rows, s->k, 1.0, room, s->rows,
                    b, s->k);
    leat_matrix_store(s->out, index, false, b);
    return 0;
}

/* For every matrix of the result, the index of the operand's matrix that is broadcast to it. */
static void broadcast_indices(const leat_shape *out, const leat_shape *in, int64_t count, int64_t *to)
{
    int rank = leat_shape_rank(out) - 2, own = leat_shape_rank(in) - 2;
    for (int64_t i = 0; i < count; i++) {
        int64_t left = i, at = 0, stride = 1;
        for (int d = rank - 1; d >= 0; d--) {
            int e = d - (rank - own);
            int64_t x = left % out->dims[d];
            left /= out->dims[d];
            if (e < 0)
                continue;
            at += in->dims[e] == 1 ? 0 : x * stride;
            stride *= in->dims[e];
        }
        to[i] = at;
    }
}

static leat_status triangular_run(leat_kernel *k, solve *s, int64_t count)
{
    int code;
    int64_t index, *of = leat_realloc_array(NULL, 2 * (size_t)count + 1, sizeof *of);
    if (of == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld indices", (long long)count);
    broadcast_indices(&k->out[0].shape, &s->matrix->shape, count, of);
    broadcast_indices(&k->out[0].shape, &s->rhs->shape, count, of + count);
    s->matrix_of = of;
    s->rhs_of = of + count;
    double n = s->rows;
    leat_status status = leat_matrices(k, count, n * n * s->k, (size_t)s->rows * (size_t)(s->rows + s->k),
                                       triangular_one, s, &code, &index);
    leat_free(of);
    return status;
}

static leat_status triangular_kernel(leat_kernel *k)
{
    leat_matrix_dims m, b;
    char text[128], other[128];
    LEAT_TRY(leat_want_matrices(k, 0, true, &m));
    LEAT_TRY(leat_want_matrices(k, 1, false, &b));
    leat_shape ma = leat_batch_shape(&k->in[0]->shape, INT64_MIN, INT64_MIN), batch;
    leat_shape mb = leat_batch_shape(&k->in[1]->shape, INT64_MIN, INT64_MIN);
    if (m.rows != b.rows || !leat_shape_broadcast(&ma, &mb, &batch))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "matrices of shape %s take no right side of shape %s",
                                leat_shape_print(k->in[0]->shape, text, sizeof text),
                                leat_shape_print(k->in[1]->shape, other, sizeof other));
    int64_t count = leat_shape_elements(batch);
    batch.rank_plus_1 += 2;
    batch.dims[batch.rank_plus_1 - 3] = b.rows;
    batch.dims[batch.rank_plus_1 - 2] = b.columns;
    LEAT_TRY(leat_out_new(k, 0, &batch));
    solve s = {.matrix = k->in[0],
               .rhs = k->in[1],
               .out = &k->out[0],
               .rows = m.rows,
               .columns = m.rows,
               .k = b.columns,
               .adjoint = leat_attr_bool(k->op, "adjoint"),
               .lower = leat_attr_bool(k->op, "lower")};
    return triangular_run(k, &s, count);
}

static leat_status triangular_shape(leat_infer *c)
{
    return infer_system(c, true, true);
}

static void triangular_grad(leat_grad *g)
{
    bool adjoint = leat_attr_bool(g->op, "adjoint"), lower = leat_attr_bool(g->op, "lower");
    leat_out x = leat_grad_out(g, 0);
    leat_out db =
        leat_raw_matrix_triangular_solve(leat_grad_in(g, 0), g->dy[0], .lower = lower, .adjoint = !adjoint);
    leat_out da = adjoint ? leat_grad_matmul(g, x, db, false, true) : leat_grad_matmul(g, db, x, false, true);
    leat_out below = leat_grad_int(g, lower ? -1 : 0), above = leat_grad_int(g, lower ? 0 : -1);
    da = leat_raw_matrix_band_part(leat_raw_neg(da), below, above);
    g->dx[0] = da;
    g->dx[1] = db;
    leat_grad_unbatch2(g);
}

const leat_op_def leat_op_MatrixTriangularSolve = LEAT_OP(
    "MatrixTriangularSolve(matrix: T, rhs: T) -> output: T; lower: bool = true; adjoint: bool = false; "
    "T: {bfloat16, double, float, half, complex64, complex128}",
    .doc = "x of matrix x = rhs where only one triangle of the matrix counts; batches are broadcast.",
    .shape = triangular_shape, .kernels = {{.fn = triangular_kernel, .label = "blas"}},
    .gradient = triangular_grad, .cost = solve_cost);

LEAT_ROW(MatrixTriangularSolve, "(double[2,2] 2 99 1 4, double[2,1] 2 9) -> double[2,1] 1 2");
LEAT_ROW(MatrixTriangularSolve, "(float[2,2] 2 1 99 4, float[2,1] 4 8) {lower: false} -> float[2,1] 1 2");
LEAT_ROW(MatrixTriangularSolve, "(double[2,2] 2 99 1 4, double[2,1] 4 8) {adjoint: true} -> double[2,1] 1 2");
LEAT_ROW(MatrixTriangularSolve, "(double[2,2] 1 0 1 1, double[2,2,1] 1 2 3 4) -> double[2,2,1] 1 1 3 1");

/* ---- MatrixSolveLs ---- */

/* fast: (A^T A + l2 I)^-1 A^T b for tall matrices, A^T (A A^T + l2 I)^-1 b for wide ones. */
static int least_squares_fast(const solve *s, int64_t index, double *room)
{
    size_t m = (size_t)s->rows, n = (size_t)s->columns, k = (size_t)s->k;
    bool tall = m >= n;
    int g = tall ? s->columns : s->rows;
    double *a = room, *b = a + m * n, *gram = b + m * k, *x = gram + (size_t)g * (size_t)g;
    leat_matrix_load(s->matrix, index, false, a);
    leat_matrix_load(s->rhs, index, false, b);
    cblas_dgemm(CblasRowMajor, tall ? CblasTrans : CblasNoTrans, tall ? CblasNoTrans : CblasTrans, g, g,
                tall ? s->rows : s->columns, 1.0, a, s->columns, a, s->columns, 0.0, gram, g);
    for (int i = 0; i < g; i++)
        gram[(size_t)i * (size_t)g + (size_t)i] += s->l2;
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', g, gram, g) != 0)
        return 1;
    if (tall)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, s->columns, s->k, s->rows, 1.0, a, s->columns, b,
                    s->k, 0.0, x, s->k);
    double *y = tall ? x : b;
    /* L by columns is L^T by rows */
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, g, s->k, 1.0, gram, g, y,
                s->k);
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, g, s->k, 1.0, gram, g, y,
                s->k);
    if (!tall)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, s->columns, s->k, s->rows, 1.0, a, s->columns, b,
                    s->k, 0.0, x, s->k);
    leat_matrix_store(s->out, index, false, x);
    return 0;
}

/* The solution of least norm, by a complete orthogonal factorization. */
static int least_squares_slow(const solve *s, int64_t index, double *room)
{
    int m = s->rows, n = s->columns, big = LEAT_MAX(m, n), small = LEAT_MIN(m, n);
    lapack_int rank, work_size = 64 * (big + s->k) + 4 * small;
    double *a = room, *b = a + (size_t)m * (size_t)n, *work = b + (size_t)big * (size_t)s->k;
    lapack_int *pivots = (lapack_int *)(void *)(work + work_size);
    leat_matrix_load(s->matrix, index, true, a);
    leat_matrix_load(s->rhs, index, true,
                     work + work_size + n); /* m x k by columns, to be spread to columns of `big` */
    for (int c = 0; c < s->k; c++) {
        memset(b + (size_t)c * (size_t)big, 0, (size_t)big * sizeof *b);
        memcpy(b + (size_t)c * (size_t)big, work + work_size + n + (size_t)c * (size_t)m,
               (size_t)m * sizeof *b);
    }
    memset(pivots, 0, (size_t)n * sizeof *pivots);
    if (LAPACKE_dgelsy_work(LAPACK_COL_MAJOR, m, n, s->k, a, m, b, big, pivots, 1e-15 * big, &rank, work,
                            work_size) != 0)
        return 1;
    for (int c = 0; c < s->k; c++)
        memmove(b + (size_t)c * (size_t)n, b + (size_t)c * (size_t)big, (size_t)n * sizeof *b);
    leat_matrix_store(s->out, index, true, b);
    return 0;
}

static int least_squares_one(int64_t index, double *room, void *arg)
{
    const solve *s = arg;
    return s->lower ? least_squares_fast(s, index, room) : least_squares_slow(s, index, room);
}

static leat_status least_squares_kernel(leat_kernel *k)
{
    leat_matrix_dims m, b;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, false, &m));
    LEAT_TRY(leat_want_matrices(k, 1, false, &b));
    LEAT_TRY(want_system(k, &m, &b));
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "l2_regularizer"));
    leat_shape shape = leat_batch_shape(&k->in[0]->shape, m.columns, b.columns);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    memset(k->out[0].data, 0, (size_t)k->out[0].elements * leat_dtype_bytes(k->out[0].dtype));
    if (m.rows == 0 || m.columns == 0 || b.columns == 0)
        return LEAT_OK;
    solve s = {.matrix = k->in[0],
               .rhs = k->in[1],
               .out = &k->out[0],
               .rows = m.rows,
               .columns = m.columns,
               .k = b.columns,
               .lower = leat_attr_bool(k->op, "fast"),
               .l2 = *(const double *)k->in[2]->data};
    size_t r = (size_t)m.rows, c = (size_t)m.columns, n = (size_t)b.columns, big = LEAT_MAX(r, c),
           small = LEAT_MIN(r, c);
    size_t fast = r * c + r * n + small * small + c * n,
           slow = r * c + big * n + 64 * (big + n) + 4 * small + c + r * n;
    LEAT_TRY(leat_matrices(k, m.count, 2.0 * (double)(r * c) * (double)(small + n), s.lower ? fast : slow,
                           least_squares_one, &s, &code, &index));
    if (code != 0)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "input matrix %lld is rank deficient or ill-conditioned; try fast = false or a larger "
            "l2_regularizer",
            (long long)index);
    return LEAT_OK;
}

static leat_status least_squares_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    return infer_system(c, false, false);
}

/* gram + l2 I, where the identity is made of the matrix itself: its diagonal's ones. */
static leat_out regularized_gram(leat_grad *g, leat_out a, bool tall)
{
    leat_out gram = leat_grad_matmul(g, a, a, tall, !tall);
    leat_out diagonal = leat_raw_matrix_diag_part(gram);
    leat_op_builder *cast = leat_op_begin(g->graph, "Cast", NULL);
    leat_op_add_input(cast, leat_grad_in(g, 2));
    leat_op_set_type(cast, "DstT", leat_out_dtype(a));
    leat_out l2 = {leat_op_end(cast), 0};
    return leat_raw_matrix_set_diag(gram, leat_add(diagonal, l2));
}

static void least_squares_grad(leat_grad *g)
{
    leat_out a = leat_grad_in(g, 0), b = leat_grad_in(g, 1), x = leat_grad_out(g, 0), dy = g->dy[0];
    int64_t rows = leat_dim(a, -2), columns = leat_dim(a, -1);
    bool tall = rows >= columns;
    if (!leat_attr_bool(g->op, "fast") || rows < 0 || columns < 0) {
        leat_grad_fail(g, "MatrixSolveLs has a gradient only for fast = true and matrices of known shape");
        return;
    }
    leat_out gram = regularized_gram(g, a, tall);
    if (tall) { /* z = gram^-1 dy; dA = b z^T - A (x z^T + z x^T); db = A z */
        leat_out z = leat_raw_matrix_solve(gram, dy), xz = leat_grad_matmul(g, x, z, false, true);
        leat_out symmetric = leat_add(xz, leat_grad_transpose(g, xz));
        g->dx[0] =
            leat_sub(leat_grad_matmul(g, b, z, false, true), leat_grad_matmul(g, a, symmetric, false, false));
        g->dx[1] = leat_grad_matmul(g, a, z, false, false);
    } else { /* db = gram^-1 A dy; t = gram^-1 b; dA = t (dy - A^T db)^T - db (t^T A) */
        leat_out db = leat_raw_matrix_solve(gram, leat_grad_matmul(g, a, dy, false, false));
        leat_out t = leat_raw_matrix_solve(gram, b);
        leat_out rest = leat_sub(dy, leat_grad_matmul(g, a, db, true, false));
        leat_out first = leat_grad_matmul(g, db, leat_grad_matmul(g, t, a, true, false), false, false);
        g->dx[0] = leat_sub(leat_grad_matmul(g, t, rest, false, true), first);
        g->dx[1] = db;
    }
}

const leat_op_def leat_op_MatrixSolveLs = LEAT_OP(
    "MatrixSolveLs(matrix: T, rhs: T, l2_regularizer: double) -> output: T; "
    "T: {double, float, half, complex64, complex128}; fast: bool = true",
    .doc =
        "Least squares: x that minimises |matrix x - rhs|^2 + l2_regularizer |x|^2. fast solves the normal "
        "equations; otherwise l2_regularizer is ignored and the solution has least norm.",
    .shape = least_squares_shape, .kernels = {{.fn = least_squares_kernel, .label = "lapack"}},
    .gradient = least_squares_grad, .cost = solve_cost);

LEAT_ROW(
    MatrixSolveLs,
    "(double[3,2] 1 0 0 1 0 0, double[3,1] 3 4 5, double[] 0) gradin 0 1 gradstatic tol 1e-9 -> double[2,1] 3 4");
LEAT_ROW(
    MatrixSolveLs,
    "(double[2,3] 1 0 0 0 1 0, double[2,1] 3 4, double[] 1) gradin 0 1 gradstatic tol 1e-9 -> double[3,1] 1.5 2 0");
LEAT_ROW(
    MatrixSolveLs,
    "(double[2,2] 1 1 1 1, double[2,1] 1 1, double[] 0) {fast: false} nograd tol 1e-9 -> double[2,1] 0.5 0.5");
LEAT_ROW(MatrixSolveLs, "(double[2,2] 0 0 0 0, double[2,1] 1 1, double[] 0) fails ''");
LEAT_ROW(MatrixSolveLs, "(float[2,1] 1 2, float[2,1] 1 2, double[1] 0) fails ''");
