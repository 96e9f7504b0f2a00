/* linalg-factor.c - factorizations: Cholesky, QR, singular values, eigenvalues of symmetric matrices. */
#include "config.h"
#include <lapacke.h>
#include <math.h>
#ifdef HAVE_CBLAS_H
#include <cblas.h>
#else
#include <openblas/cblas.h>
#endif
#include "ops/linalg-private.h"

typedef struct factor {
    const leat_tensor *in;
    leat_tensor *out[3];
    int rows, columns;
    bool full, vectors; /* full_matrices; compute_uv, compute_v */
    bool stacked;       /* eigenvalues and vectors in one matrix */
} factor;

static void factor_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                        leat_cost *cost)
{
    int rank = leat_shape_rank(&in[0]->shape);
    (void)op;
    (void)out;
    cost->flops = 8.0 * (double)in[0]->elements * (rank >= 1 ? (double)in[0]->shape.dims[rank - 1] : 1);
    cost->bytes = 4.0 * (double)in[0]->elements * (double)leat_dtype_bytes(in[0]->dtype);
}

/* What an output of vectors is that nobody asked for: a scalar, as in TensorFlow. */
static leat_status no_vectors(leat_kernel *k, int i)
{
    LEAT_TRY(leat_out_new(k, i, &LEAT_SCALAR));
    leat_element_put(&k->out[i], 0, 0);
    return LEAT_OK;
}

/* `count` square matrices that complete a basis of no vectors. */
static void put_identities(leat_tensor *t, int64_t count)
{
    int rank = leat_shape_rank(&t->shape);
    int64_t n = t->shape.dims[rank - 1];
    memset(t->data, 0, (size_t)t->elements * leat_dtype_bytes(t->dtype));
    for (int64_t i = 0; t->elements > 0 && i < count * n; i++)
        leat_element_put(t, i / n * n * n + i % n * (n + 1), 1);
}

/* ---- Cholesky ---- */

/* Only the lower triangle is read. A matrix that is not positive definite gives not-a-numbers, as in TensorFlow. */
static int cholesky_one(int64_t index, double *room, void *arg)
{
    const factor *f = arg;
    size_t n = (size_t)f->rows;
    leat_matrix_load(f->in, index, false, room);
    /* lower by rows is upper by columns */
    bool failed = n > 0 && LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', f->rows, room, f->rows) != 0;
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < n; c++)
            if (c > r)
                room[r * n + c] = 0;
            else if (failed)
                room[r * n + c] = NAN;
    leat_matrix_store(f->out[0], index, false, room);
    return 0;
}

static leat_status cholesky_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &d));
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    factor f = {.in = k->in[0], .out = {&k->out[0]}, .rows = d.rows};
    double n = d.rows;
    return leat_matrices(k, d.count, n * n * n / 3, (size_t)d.rows * (size_t)d.rows, cholesky_one, &f, &code,
                         &index);
}

static leat_status square_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, true, &rows, &columns));
    c->out[0] = leat_batch_shape(c->in[0], rows, columns);
    return LEAT_OK;
}

static void cholesky_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_cholesky_grad(leat_grad_out(g, 0), g->dy[0]);
}

const leat_op_def leat_op_Cholesky =
    LEAT_OP("Cholesky(input: T) -> output: T; T: {double, float, half, complex64, complex128}",
            .doc = "The lower triangular L with L L^T = input. Only the lower triangle of input is read.",
            .shape = square_shape, .kernels = {{.fn = cholesky_kernel, .label = "lapack"}},
            .gradient = cholesky_grad, .cost = factor_cost);

LEAT_ROW(Cholesky, "(double[2,2] 4 2 2 5) nograd -> double[2,2] 2 0 1 2");
LEAT_ROW(Cholesky, "(float[2,1,1] 4 9) nograd -> float[2,1,1] 2 3");
LEAT_ROW(Cholesky, "(double[2,2] 1 2 2 1) nograd -> double[2,2] nan 0 nan nan");

/* dA of L L^T = A from dL: with P = L^T dL, its strict upper triangle dropped and its diagonal halved,
 * S = L^-T P L^-1, dA = (S + S^T) / 2. */
static int cholesky_grad_one(int64_t index, double *room, void *arg)
{
    const factor *f = arg;
    size_t n = (size_t)f->rows, nn = n * n;
    double *l = room, *d = room + nn, *p = d + nn;
    if (n == 0)
        return 0;
    leat_matrix_load(f->in, index, false, l);
    leat_matrix_load(f->out[1], index, false, d);
    for (size_t r = 0; r < n; r++)
        for (size_t c = r + 1; c < n; c++)
            l[r * n + c] = d[r * n + c] = 0;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, f->rows, f->rows, f->rows, 1.0, l, f->rows, d,
                f->rows, 0.0, p, f->rows);
    for (size_t r = 0; r < n; r++) {
        p[r * n + r] /= 2;
        for (size_t c = r + 1; c < n; c++)
            p[r * n + c] = 0;
    }
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, f->rows, f->rows, 1.0, l,
                f->rows, p, f->rows);
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, f->rows, f->rows, 1.0, l,
                f->rows, p, f->rows);
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < n; c++)
            d[r * n + c] = (p[r * n + c] + p[c * n + r]) / 2;
    leat_matrix_store(f->out[0], index, false, d);
    return 0;
}

static leat_status cholesky_grad_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &d));
    if (!leat_shape_equal(k->in[0]->shape, k->in[1]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "l and grad differ in shape");
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    leat_tensor grad = *k->in[1];
    factor f = {.in = k->in[0], .out = {&k->out[0], &grad}, .rows = d.rows};
    double n = d.rows;
    return leat_matrices(k, d.count, 4 * n * n * n, 3 * (size_t)d.rows * (size_t)d.rows, cholesky_grad_one,
                         &f, &code, &index);
}

const leat_op_def leat_op_CholeskyGrad =
    LEAT_OP("CholeskyGrad(l: T, grad: T) -> output: T; T: {half, float, double}",
            .doc = "The gradient of Cholesky, whose result is l.", .shape = leat_shape_same_merged,
            .kernels = {{.fn = cholesky_grad_kernel, .label = "blas"}}, .gradient = leat_grad_none,
            .cost = factor_cost);

LEAT_ROW(CholeskyGrad, "(double[1,1] 3, double[1,1] 6) -> double[1,1] 1");

/* ---- Qr ---- */

/* By columns: the transpose is loaded, Q and R are stored back transposed. */
static int qr_one(int64_t index, double *room, void *arg)
{
    const factor *f = arg;
    int m = f->rows, n = f->columns, p = LEAT_MIN(m, n), q_columns = f->full ? m : p;
    size_t columns = (size_t)LEAT_MAX(n, q_columns);
    double *tau = room + (size_t)m * columns, *work = tau + p, *r = work + 64 * columns;
    leat_matrix_load(f->in, index, true, room);
    if (p > 0)
        LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, room, m, tau, work, 64 * (int)columns);
    int r_rows = f->full ? m : p;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < r_rows; i++)
            r[(size_t)j * (size_t)r_rows + (size_t)i] = i <= j ? room[(size_t)j * (size_t)m + (size_t)i] : 0;
    leat_matrix_store(f->out[1], index, true, r);
    if (p > 0)
        LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, m, q_columns, p, room, m, tau, work, 64 * (int)columns);
    else /* no reflections: the identity */
        for (int i = 0; i < m * q_columns; i++)
            room[i] = i / m == i % m;
    leat_matrix_store(f->out[0], index, true, room);
    return 0;
}

static leat_status qr_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, false, &d));
    factor f = {.in = k->in[0],
                .out = {&k->out[0], &k->out[1]},
                .rows = d.rows,
                .columns = d.columns,
                .full = leat_attr_bool(k->op, "full_matrices")};
    int p = LEAT_MIN(d.rows, d.columns), inner = f.full ? d.rows : p;
    leat_shape q = leat_batch_shape(&k->in[0]->shape, d.rows, inner),
               r = leat_batch_shape(&k->in[0]->shape, inner, d.columns);
    LEAT_TRY(leat_out_new(k, 0, &q));
    LEAT_TRY(leat_out_new(k, 1, &r));
    if (d.rows > 46340)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "a matrix of %d rows", d.rows);
    size_t columns = (size_t)LEAT_MAX(d.columns, inner);
    size_t room = (size_t)d.rows * columns + (size_t)p + 64 * columns + (size_t)inner * (size_t)d.columns;
    return leat_matrices(k, d.count, 4.0 * d.rows * d.columns * p, room, qr_one, &f, &code, &index);
}

static leat_status qr_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, false, &rows, &columns));
    int64_t p = rows < 0 || columns < 0 ? -1 : LEAT_MIN(rows, columns);
    int64_t inner = leat_attr_bool(c->op, "full_matrices") ? rows : p;
    c->out[0] = leat_batch_shape(c->in[0], rows, inner);
    c->out[1] = leat_batch_shape(c->in[0], inner, columns);
    return LEAT_OK;
}

/* x r^-T for an upper triangular r */
static leat_out triangular_right(leat_grad *g, leat_out x, leat_out r)
{
    leat_out t = leat_raw_matrix_triangular_solve(r, leat_grad_transpose(g, x), .lower = false);
    return leat_grad_transpose(g, t);
}

/* Roberts and Roberts, QR and LQ Decomposition Matrix Backpropagation Algorithms, 2020. */
static void qr_grad(leat_grad *g)
{
    leat_out q = leat_grad_out(g, 0), r = leat_grad_out(g, 1), dq = leat_grad_dy(g, 0),
             dr = leat_grad_dy(g, 1);
    int64_t rows = leat_dim(q, -2), columns = leat_dim(r, -1);
    if (rows < 0 || columns < 0 || rows < columns ||
        (leat_attr_bool(g->op, "full_matrices") && rows != columns)) {
        leat_grad_fail(
            g,
            "Qr has a gradient only for matrices of known shape with at least as many rows as columns, and "
            "full_matrices = false");
        return;
    }
    leat_out qdq = leat_grad_matmul(g, q, dq, true, false), rdr = leat_grad_matmul(g, r, dr, false, true);
    leat_out skew =
        leat_add(leat_sub(qdq, leat_grad_transpose(g, qdq)), leat_sub(rdr, leat_grad_transpose(g, rdr)));
    leat_out below = leat_raw_matrix_band_part(skew, leat_grad_int(g, -1), leat_grad_int(g, 0));
    leat_out first = leat_grad_matmul(g, q, leat_add(dr, triangular_right(g, below, r)), false, false);
    leat_out rest = leat_sub(dq, leat_grad_matmul(g, q, qdq, false, false));
    g->dx[0] = leat_add(first, triangular_right(g, rest, r));
}

const leat_op_def leat_op_Qr = LEAT_OP(
    "Qr(input: T) -> q: T, r: T; full_matrices: bool = false; T: {double, float, half, complex64, complex128}",
    .doc = "input = q r with orthonormal columns in q and r upper triangular.", .shape = qr_shape,
    .kernels = {{.fn = qr_kernel, .label = "lapack"}}, .gradient = qr_grad, .cost = factor_cost);

LEAT_ROW(
    Qr,
    "(double[2,2] 3 1 4 2) gradtol 1e-4 gradstatic -> double[2,2] -0.6 -0.8 -0.8 0.6, double[2,2] -5 -2.2 0 0.4");
LEAT_ROW(Qr,
         "(float[2,1] 3 4) {full_matrices: true} nograd -> float[2,2] -0.6 -0.8 -0.8 0.6, float[2,1] -5 0");
LEAT_ROW(Qr, "(double[0,2]) nograd -> double[0,0], double[0,2]");

/* ---- Svd ---- */

/* By columns the transpose is seen: input^T = V S U^T, so its left vectors are the columns of V. */
static int svd_one(int64_t index, double *room, void *arg)
{
    const factor *f = arg;
    int m = f->rows, n = f->columns, p = LEAT_MIN(m, n), code;
    int u_columns = f->full ? m : p, v_columns = f->full ? n : p;
    size_t mn = (size_t)m * (size_t)n;
    double *s = room + mn, *v = s + p, *ut = v + (size_t)n * (size_t)v_columns,
           *work = ut + (size_t)u_columns * (size_t)m;
    int work_size = 4 * p * p + 70 * (m + n) + 8 * p;
    lapack_int *iwork = (lapack_int *)(void *)(work + work_size);
    leat_matrix_load(f->in, index, false, room);
    if (p == 0)
        return 0;
    for (size_t i = 0; i < mn; i++)
        if (!isfinite(room[i])) { /* LAPACK may not end on them */
            for (int64_t j = 0; j < f->out[0]->elements / LEAT_MAX(1, f->in->elements / (int64_t)mn); j++)
                leat_element_put(f->out[0], index * p + j, NAN);
            for (size_t j = 0; j < (size_t)n * (size_t)v_columns + (size_t)u_columns * (size_t)m; j++)
                v[j] = NAN;
            goto store;
        }
    code = LAPACKE_dgesdd_work(LAPACK_COL_MAJOR,
                               !f->vectors ? 'N'
                               : f->full   ? 'A'
                                           : 'S',
                               n, m, room, n, s, v, n, ut, u_columns, work, work_size, iwork);
    if (code != 0)
        return 1;
    for (int i = 0; i < p; i++)
        leat_element_put(f->out[0], index * p + i, s[i]);
store:
    if (f->vectors) {
        leat_matrix_store(f->out[1], index, false, ut); /* U^T by columns is U by rows */
        leat_matrix_store(f->out[2], index, true, v);
    }
    return 0;
}

static leat_status svd_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, false, &d));
    factor f = {.in = k->in[0],
                .out = {&k->out[0], &k->out[1], &k->out[2]},
                .rows = d.rows,
                .columns = d.columns,
                .full = leat_attr_bool(k->op, "full_matrices"),
                .vectors = leat_attr_bool(k->op, "compute_uv")};
    int p = LEAT_MIN(d.rows, d.columns), uc = f.full ? d.rows : p, vc = f.full ? d.columns : p;
    leat_shape s = leat_batch_shape(&k->in[0]->shape, p, INT64_MIN);
    leat_shape u = leat_batch_shape(&k->in[0]->shape, d.rows, uc),
               v = leat_batch_shape(&k->in[0]->shape, d.columns, vc);
    LEAT_TRY(leat_out_new(k, 0, &s));
    LEAT_TRY(f.vectors ? leat_out_new(k, 1, &u) : no_vectors(k, 1));
    LEAT_TRY(f.vectors ? leat_out_new(k, 2, &v) : no_vectors(k, 2));
    for (int i = 1; p == 0 && f.vectors && i < 3; i++)
        put_identities(&k->out[i], d.count);
    size_t m = (size_t)d.rows, n = (size_t)d.columns, q = (size_t)p;
    size_t room = m * n + q + n * (size_t)vc + m * (size_t)uc + 4 * q * q + 70 * (m + n) + 8 * q + 8 * q;
    LEAT_TRY(leat_matrices(k, d.count, 20.0 * d.rows * d.columns * p, room, svd_one, &f, &code, &index));
    if (code != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the singular values of matrix %lld were not found", (long long)index);
    return LEAT_OK;
}

static leat_status svd_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, false, &rows, &columns));
    int64_t p = rows < 0 || columns < 0 ? -1 : LEAT_MIN(rows, columns);
    bool full = leat_attr_bool(c->op, "full_matrices");
    c->out[0] = leat_batch_shape(c->in[0], p, INT64_MIN);
    c->out[1] = c->out[2] = LEAT_SCALAR;
    if (leat_attr_bool(c->op, "compute_uv")) {
        c->out[1] = leat_batch_shape(c->in[0], rows, full ? rows : p);
        c->out[2] = leat_batch_shape(c->in[0], columns, full ? columns : p);
    }
    return LEAT_OK;
}

/* x / (x^2 + 1e-20): 1 / x, and 0 at 0 */
static leat_out safe_reciprocal(leat_grad *g, leat_out x)
{
    leat_out square = leat_add(leat_mul(x, x), leat_scalar_float(g->graph, 1e-20));
    return LEAT_GRAD_CALL(g, "RealDiv", x, square);
}

/* f[i, j] = 1 / (x[j] - x[i]), 0 on the diagonal */
static leat_out reciprocal_gaps(leat_grad *g, leat_out x)
{
    leat_out row = LEAT_GRAD_CALL(g, "ExpandDims", x, leat_grad_int(g, -2));
    leat_out column = LEAT_GRAD_CALL(g, "ExpandDims", x, leat_grad_int(g, -1));
    return leat_raw_matrix_set_diag(safe_reciprocal(g, leat_sub(row, column)),
                                    LEAT_GRAD_CALL(g, "ZerosLike", x));
}

static leat_out plus_transpose(leat_grad *g, leat_out x)
{
    return leat_add(x, leat_grad_transpose(g, x));
}

/* Giles, Collected Matrix Derivative Results, 2008; Townsend, Differentiating the Singular Value Decomposition, 2016.
 * u is the side with fewer rows; the result is the gradient of u s v^T. */
static leat_out svd_grad_wide(leat_grad *g, leat_out u, leat_out v, leat_out du, leat_out dv, leat_out ds,
                              bool square)
{
    leat_out s = leat_grad_out(g, 0), s_mat = leat_raw_matrix_diag(s);
    leat_out f = reciprocal_gaps(g, leat_mul(s, s));
    leat_out fu = leat_mul(f, leat_grad_matmul(g, u, du, true, false));
    leat_out fv = leat_mul(f, leat_grad_matmul(g, v, dv, true, false));
    leat_out middle =
        leat_add(leat_raw_matrix_diag(ds), leat_grad_matmul(g, plus_transpose(g, fu), s_mat, false, false));
    middle = leat_add(middle, leat_grad_matmul(g, s_mat, plus_transpose(g, fv), false, false));
    leat_out first = leat_grad_matmul(g, u, leat_grad_matmul(g, middle, v, false, true), false, false);
    if (square)
        return first;
    leat_out dvt = leat_grad_transpose(g, dv);
    leat_out inside = leat_grad_matmul(g, leat_grad_matmul(g, dvt, v, false, false), v, false, true);
    leat_out us = leat_grad_matmul(g, u, leat_raw_matrix_diag(safe_reciprocal(g, s)), false, false);
    return leat_add(first, leat_grad_matmul(g, us, leat_sub(dvt, inside), false, false));
}

static void svd_grad(leat_grad *g)
{
    leat_out a = leat_grad_in(g, 0), ds = leat_grad_dy(g, 0);
    int64_t rows = leat_dim(a, -2), columns = leat_dim(a, -1);
    if (!leat_attr_bool(g->op, "compute_uv")) {
        leat_op *svd = leat_raw_svd(a);
        if (svd == NULL)
            return;
        leat_out inner = leat_grad_matmul(g, leat_raw_matrix_diag(ds), leat_op_output(svd, 2), false, true);
        g->dx[0] = leat_grad_matmul(g, leat_op_output(svd, 1), inner, false, false);
        return;
    }
    if (rows < 0 || columns < 0 || (leat_attr_bool(g->op, "full_matrices") && rows != columns)) {
        leat_grad_fail(g, "Svd has a gradient only for matrices of known shape and full_matrices = false");
        return;
    }
    leat_out u = leat_grad_out(g, 1), v = leat_grad_out(g, 2), du = leat_grad_dy(g, 1),
             dv = leat_grad_dy(g, 2);
    if (rows > columns)
        g->dx[0] = leat_grad_transpose(g, svd_grad_wide(g, v, u, dv, du, ds, false));
    else
        g->dx[0] = svd_grad_wide(g, u, v, du, dv, ds, rows == columns);
}

const leat_op_def leat_op_Svd = LEAT_OP(
    "Svd(input: T) -> s: T, u: T, v: T; compute_uv: bool = true; full_matrices: bool = false; "
    "T: {double, float, half, complex64, complex128}",
    .doc = "Singular values in descending order, and the vectors of input = u diag(s) v^T, up to signs.",
    .shape = svd_shape, .kernels = {{.fn = svd_kernel, .label = "lapack"}}, .gradient = svd_grad,
    .cost = factor_cost);

LEAT_ROW(Svd,
         "(double[2,2] 3 0 0 -2) {compute_uv: false} gradtol 1e-4 -> double[2] 3 2, double[] 0, double[] 0");
LEAT_ROW(Svd, "(float[2,0]) {full_matrices: true} nograd -> float[0], float[2,2] 1 0 0 1, float[0,0]");
LEAT_ROW(
    Svd,
    "(double[2,0,2]) {full_matrices: true} nograd -> double[2,0], double[2,0,0], double[2,2,2] 1 0 0 1 1 0 0 1");
LEAT_ROW(Svd, "(float[3,2] 3 0 0 2 0 0) nograd -> float[2] 3 2, any, any");

/* ---- SelfAdjointEigV2 ---- */

static int eig_one(int64_t index, double *room, void *arg)
{
    const factor *f = arg;
    int n = f->rows;
    size_t nn = (size_t)n * (size_t)n;
    double *e = room + nn, *work = e + n;
    int work_size = 2 * n * n + 70 * n + 1, iwork_size = 5 * n + 3;
    lapack_int *iwork = (lapack_int *)(void *)(work + work_size);
    leat_matrix_load(f->in, index, false, room);
    for (size_t i = 0; i < nn; i++)
        if (!isfinite(room[i]))
            return 1;
    /* the lower triangle by rows is the upper one by columns */
    if (n > 0 && LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, f->vectors ? 'V' : 'N', 'U', n, room, n, e, work,
                                     work_size, iwork, iwork_size) != 0)
        return 1;
    int64_t begin = f->stacked ? index * (n + 1) * n : index * n;
    for (int i = 0; i < n; i++)
        leat_element_put(f->out[0], begin + i, e[i]);
    for (int64_t i = 0; f->stacked && i < (int64_t)nn;
         i++) /* by rows, as leat_matrix_store with `transposed` */
        leat_element_put(f->out[0], begin + n + i, room[i % n * n + i / n]);
    if (f->vectors && !f->stacked)
        leat_matrix_store(f->out[1], index, true, room);
    return 0;
}

static leat_status eig_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &d));
    if (d.rows > 20000)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "a matrix of %d rows", d.rows);
    bool stacked = k->n_out == 1;
    factor f = {.in = k->in[0],
                .out = {&k->out[0], stacked ? NULL : &k->out[1]},
                .rows = d.rows,
                .vectors = stacked || leat_attr_bool(k->op, "compute_v"),
                .stacked = stacked};
    leat_shape e = stacked ? leat_batch_shape(&k->in[0]->shape, (int64_t)d.rows + 1, d.rows)
                           : leat_batch_shape(&k->in[0]->shape, d.rows, INT64_MIN);
    LEAT_TRY(leat_out_new(k, 0, &e));
    if (!stacked)
        LEAT_TRY(f.vectors ? leat_out_new(k, 1, &k->in[0]->shape) : no_vectors(k, 1));
    size_t n = (size_t)d.rows, room = n * n + n + 2 * n * n + 70 * n + 1 + 5 * n + 3;
    LEAT_TRY(leat_matrices(k, d.count, 9.0 * (double)(n * n * n), room, eig_one, &f, &code, &index));
    if (code != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the eigenvalues of matrix %lld were not found; the input "
                                "might not be valid",
                                (long long)index);
    return LEAT_OK;
}

static leat_status eig_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, true, &rows, &columns));
    c->out[0] = leat_batch_shape(c->in[0], rows, INT64_MIN);
    c->out[1] = leat_attr_bool(c->op, "compute_v") ? leat_batch_shape(c->in[0], rows, columns) : LEAT_SCALAR;
    return LEAT_OK;
}

static leat_status stacked_eig_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, true, &rows, &columns));
    c->out[0] = leat_batch_shape(c->in[0], rows < 0 ? -1 : rows + 1, columns);
    return LEAT_OK;
}

/* dA = v (diag(de) + f * (v^T dv)) v^T, brought to the lower triangle, which is all that was read. */
static void eig_grad(leat_grad *g)
{
    leat_out e = leat_grad_out(g, 0), v = leat_grad_out(g, 1),
             middle = leat_raw_matrix_diag(leat_grad_dy(g, 0));
    if (!leat_attr_bool(g->op, "compute_v")) {
        leat_op *eig = leat_raw_self_adjoint_eig_v2(leat_grad_in(g, 0));
        if (eig == NULL)
            return;
        v = leat_op_output(eig, 1);
    } else if (leat_grad_flows(g, 1)) {
        leat_out turned = leat_grad_matmul(g, v, g->dy[1], true, false);
        middle = leat_add(middle, leat_mul(reciprocal_gaps(g, e), turned));
    }
    leat_out da = leat_grad_matmul(g, v, leat_grad_matmul(g, middle, v, false, true), false, false);
    da = leat_raw_matrix_band_part(plus_transpose(g, da), leat_grad_int(g, -1), leat_grad_int(g, 0));
    leat_out half = leat_mul(leat_scalar_float(g->graph, 0.5), leat_raw_matrix_diag_part(da));
    g->dx[0] = leat_raw_matrix_set_diag(da, half);
}

const leat_op_def leat_op_SelfAdjointEigV2 = LEAT_OP(
    "SelfAdjointEigV2(input: T) -> e: T, v: T; compute_v: bool = true; "
    "T: {double, float, half, complex64, complex128}",
    .doc =
        "Eigenvalues of symmetric matrices in ascending order, and their vectors (columns of v, up to signs). Only "
        "the lower triangle of input is read.",
    .shape = eig_shape, .kernels = {{.fn = eig_kernel, .label = "lapack"}}, .gradient = eig_grad,
    .cost = factor_cost);

LEAT_ROW(SelfAdjointEigV2, "(double[2,2] 2 99 1 2) {compute_v: false} -> double[2] 1 3, double[] 0");
LEAT_ROW(SelfAdjointEigV2, "(float[2,2] 2 1 1 2) nograd -> float[2] 1 3, any");
LEAT_ROW(SelfAdjointEigV2, "(double[2,2] nan 1 1 2) fails 'eigenvalues'");

const leat_op_def leat_op_SelfAdjointEig = LEAT_OP(
    "SelfAdjointEig(input: T) -> output: T; T: {double, float, half}",
    .doc =
        "The eigenvalues of symmetric matrices as the first row, and below them the eigenvectors as columns.",
    .shape = stacked_eig_shape, .kernels = {{.fn = eig_kernel, .label = "lapack"}},
    .gradient = leat_grad_missing, .cost = factor_cost);

LEAT_ROW(SelfAdjointEig, "(double[2,2] 3 0 0 2) -> double[3,2] 2 3 0 1 1 0");
LEAT_ROW(SelfAdjointEig, "(float[0,0]) -> float[1,0]");
