/* linalg.c - the loop over batches of matrices, and inverse and determinants. */
#include <lapacke.h>
#include <math.h>
#include "ops/linalg-private.h"

/* ---- the loop ---- */

typedef struct matrices {
    leat_kernel *k;
    leat_matrix_fn *fn;
    void *arg;
    size_t room;
    _Atomic int64_t failed; /* the lowest index that did, or count */
    _Atomic int code;
    atomic_bool no_memory;
} matrices;

static void note_failure(matrices *m, int64_t index)
{
    int64_t lowest = atomic_load_explicit(&m->failed, memory_order_relaxed);
    while (index < lowest && !atomic_compare_exchange_weak_explicit(
                                 &m->failed, &lowest, index, memory_order_relaxed, memory_order_relaxed))
        ;
}

static void matrices_range(int64_t begin, int64_t end, void *arg)
{
    matrices *m = arg;
    double *room = leat_scratch(m->k, m->room * sizeof *room);
    if (room == NULL) {
        atomic_store_explicit(&m->no_memory, true, memory_order_relaxed);
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        int code = m->fn(i, room, m->arg);
        if (code != 0) {
            /* codes of one op differ only where any of them may be told */
            atomic_store_explicit(&m->code, code, memory_order_relaxed);
            note_failure(m, i);
            return;
        }
    }
}

leat_status leat_matrices(leat_kernel *k, int64_t count, double flops, size_t room, leat_matrix_fn *fn,
                          void *arg, int *code, int64_t *index)
{
    matrices m = {.k = k, .fn = fn, .arg = arg, .room = LEAT_MAX(room, 1)};
    atomic_init(&m.failed, count);
    leat_ranges(k, count, (int64_t)(1e5 / LEAT_MAX(flops, 100)) + 1, matrices_range, &m);
    *index = atomic_load_explicit(&m.failed, memory_order_relaxed);
    *code = *index < count ? atomic_load_explicit(&m.code, memory_order_relaxed) : 0;
    if (atomic_load_explicit(&m.no_memory, memory_order_relaxed))
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu doubles", room);
    return LEAT_OK;
}

void leat_matrix_load(const leat_tensor *t, int64_t index, bool transposed, double *to)
{
    int rank = leat_shape_rank(&t->shape);
    int64_t rows = t->shape.dims[rank - 2], columns = t->shape.dims[rank - 1], at = index * rows * columns;
    const float *f = (const float *)t->data + at;
    const double *d = (const double *)t->data + at;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            to[transposed ? c * rows + r : r * columns + c] =
                t->dtype == LEAT_DOUBLE ? d[r * columns + c] : (double)f[r * columns + c];
}

void leat_matrix_store(leat_tensor *t, int64_t index, bool transposed, const double *from)
{
    int rank = leat_shape_rank(&t->shape);
    int64_t rows = t->shape.dims[rank - 2], columns = t->shape.dims[rank - 1], at = index * rows * columns;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            double x = from[transposed ? c * rows + r : r * columns + c];
            if (t->dtype == LEAT_DOUBLE)
                ((double *)t->data)[at + r * columns + c] = x;
            else
                ((float *)t->data)[at + r * columns + c] = (float)x;
        }
}

/* ---- shapes ---- */

leat_status leat_want_plain(const leat_kernel *k, leat_dtype dtype)
{
    if (dtype != LEAT_STRING)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no matrices of %s", leat_dtype_name(dtype));
}

leat_status leat_want_matrices(const leat_kernel *k, int i, bool square, leat_matrix_dims *dims)
{
    const leat_tensor *t = k->in[i];
    int rank = leat_shape_rank(&t->shape);
    char text[128];
    if (t->dtype != LEAT_FLOAT && t->dtype != LEAT_DOUBLE)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no matrices of %s", leat_dtype_name(t->dtype));
    if (rank < 2 || (square && t->shape.dims[rank - 1] != t->shape.dims[rank - 2]))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s must be %s: %s", k->op->type->in[i].name,
                                square ? "square matrices" : "matrices",
                                leat_shape_print(t->shape, text, sizeof text));
    if (t->shape.dims[rank - 1] > 46340 || t->shape.dims[rank - 2] > INT32_MAX / 2)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "a matrix this large: %s",
                                leat_shape_print(t->shape, text, sizeof text));
    *dims = (leat_matrix_dims){(int)t->shape.dims[rank - 2], (int)t->shape.dims[rank - 1],
                               leat_dims_product(&t->shape, 0, rank - 2)};
    return LEAT_OK;
}

leat_shape leat_batch_shape(const leat_shape *t, int64_t rows, int64_t columns)
{
    leat_shape s = *t;
    int rank = leat_shape_rank(t);
    if (rank < 2)
        return LEAT_UNKNOWN_SHAPE;
    s.rank_plus_1 = rank - 1;
    if (rows != INT64_MIN)
        s.dims[s.rank_plus_1++ - 1] = rows;
    if (columns != INT64_MIN)
        s.dims[s.rank_plus_1++ - 1] = columns;
    return s;
}

leat_status leat_infer_matrices(leat_infer *c, int i, bool square, int64_t *rows, int64_t *columns)
{
    const leat_shape *s = c->in[i];
    int rank = leat_shape_rank(s);
    char text[128];
    *rows = *columns = -1;
    if (rank < 0)
        return LEAT_OK;
    if (rank >= 2) {
        *rows = s->dims[rank - 2];
        *columns = s->dims[rank - 1];
    }
    if (rank < 2 || (square && *rows >= 0 && *columns >= 0 && *rows != *columns))
        return leat_infer_fail(c, "%s must be %s: %s", c->op->type->in[i].name,
                               square ? "square matrices" : "matrices",
                               leat_shape_print(*s, text, sizeof text));
    if (square)
        *rows = *columns = LEAT_MAX(*rows, *columns);
    return LEAT_OK;
}

/* ---- gradients ---- */

leat_out leat_grad_matmul(leat_grad *g, leat_out a, leat_out b, bool adjoint_a, bool adjoint_b)
{
    (void)g;
    if (leat_rank(a) == 2 && leat_rank(b) == 2)
        return leat_raw_mat_mul(a, b, .transpose_a = adjoint_a, .transpose_b = adjoint_b);
    return leat_raw_batch_mat_mul_v2(a, b, .adj_x = adjoint_a, .adj_y = adjoint_b);
}

leat_out leat_grad_transpose(leat_grad *g, leat_out x)
{
    int32_t perm[LEAT_MAX_RANK];
    int rank = leat_rank(x);
    for (int i = 0; i < rank; i++)
        perm[i] = i < rank - 2 ? i : i == rank - 2 ? rank - 1 : rank - 2;
    return LEAT_GRAD_CALL(g, "Transpose", x, leat_grad_ints(g, perm, LEAT_MAX(rank, 0)));
}

/* x as a batch of 1 x 1 matrices, to be multiplied with matrices. */
static leat_out grad_expand2(leat_grad *g, leat_out x)
{
    if (leat_rank(x) == 0)
        return x;
    leat_out once = LEAT_GRAD_CALL(g, "ExpandDims", x, leat_grad_int(g, -1));
    return LEAT_GRAD_CALL(g, "ExpandDims", once, leat_grad_int(g, -1));
}

/* Do the batch dimensions agree as far as the graph knows, so that nothing was broadcast? */
static bool batches_agree(leat_out x, leat_out y)
{
    leat_shape a = leat_out_shape(x), b = leat_out_shape(y);
    if (a.rank_plus_1 == 0 || a.rank_plus_1 != b.rank_plus_1)
        return false;
    for (int d = 0; d < leat_shape_rank(&a) - 2; d++)
        if (a.dims[d] < 0 || a.dims[d] != b.dims[d])
            return false;
    return true;
}

/* shape(x)[:-2] */
static leat_out batch_dims(leat_grad *g, leat_out shape)
{
    return LEAT_GRAD_CALL(g, "StridedSlice", shape, leat_grad_ints(g, &(int32_t){0}, 1),
                          leat_grad_ints(g, &(int32_t){-2}, 1), leat_grad_ints(g, &(int32_t){1}, 1));
}

void leat_grad_unbatch2(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1);
    if (batches_agree(x, y))
        return;
    leat_out shapes[2] = {leat_raw_shape(x), leat_raw_shape(y)};
    leat_op *axes =
        LEAT_GRAD_CALL(g, "BroadcastGradientArgs", batch_dims(g, shapes[0]), batch_dims(g, shapes[1])).op;
    for (int i = 0; axes != NULL && i < 2; i++) {
        leat_out sum = LEAT_GRAD_CALL(g, "Sum", g->dx[i], leat_op_output(axes, i));
        g->dx[i] = LEAT_GRAD_CALL(g, "Reshape", sum, shapes[i]);
    }
}

/* ---- MatrixInverse ---- */

typedef struct inverse {
    const leat_tensor *in;
    leat_tensor *out;
    int n;
    bool adjoint;
} inverse;

/* LU with partial pivoting; false where a pivot is zero or not a number. pivots: n ints. */
static bool factor_lu(double *a, int n, lapack_int *pivots)
{
    if (n == 0)
        return true;
    LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, n, n, a, n, pivots);
    for (int i = 0; i < n; i++)
        if (!(fabs(a[(size_t)i * (size_t)n + (size_t)i]) > 0))
            return false;
    return true;
}

/* Rows seen as columns are the transpose, whose inverse is the inverse's transpose: seen as rows again, the inverse. */
static int invert(int64_t index, double *room, void *arg)
{
    const inverse *v = arg;
    size_t nn = (size_t)v->n * (size_t)v->n;
    double *work = room + nn;
    lapack_int *pivots = (lapack_int *)(void *)(work + 64 * (size_t)v->n);
    leat_matrix_load(v->in, index, v->adjoint, room);
    if (!factor_lu(room, v->n, pivots))
        return 1;
    if (v->n > 0)
        LAPACKE_dgetri_work(LAPACK_COL_MAJOR, v->n, room, v->n, pivots, work, 64 * v->n);
    leat_matrix_store(v->out, index, false, room);
    return 0;
}

static leat_status inverse_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &d));
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    inverse v = {k->in[0], &k->out[0], d.rows, leat_attr_bool(k->op, "adjoint")};
    double n = d.rows;
    LEAT_TRY(leat_matrices(k, d.count, 2 * n * n * n, (size_t)d.rows * (size_t)(d.rows + 65), invert, &v,
                           &code, &index));
    if (code != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input is not invertible (matrix %lld)",
                                (long long)index);
    return LEAT_OK;
}

static leat_status square_same_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, true, &rows, &columns));
    c->out[0] = leat_batch_shape(c->in[0], rows, columns);
    return LEAT_OK;
}

/* d(A^-1) = -A^-1 dA A^-1 */
static void inverse_grad(leat_grad *g)
{
    leat_out y = leat_grad_out(g, 0);
    bool adjoint = leat_attr_bool(g->op, "adjoint");
    leat_out right = leat_grad_matmul(g, g->dy[0], y, adjoint, !adjoint);
    g->dx[0] = leat_raw_neg(leat_grad_matmul(g, y, right, !adjoint, false));
}

static void cubic_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                       leat_cost *cost)
{
    int rank = leat_shape_rank(&in[0]->shape);
    (void)op;
    (void)out;
    cost->flops = 2.0 * (double)in[0]->elements * (rank >= 1 ? (double)in[0]->shape.dims[rank - 1] : 1);
    cost->bytes = 2.0 * (double)in[0]->elements * (double)leat_dtype_bytes(in[0]->dtype);
}

const leat_op_def leat_op_MatrixInverse = LEAT_OP(
    "MatrixInverse(input: T) -> output: T; adjoint: bool = false; T: {double, float, half, complex64, complex128}",
    .doc = "The inverse of each matrix, or of its transpose; computed in double.", .shape = square_same_shape,
    .kernels = {{.fn = inverse_kernel, .label = "lapack"}}, .gradient = inverse_grad, .cost = cubic_cost);

LEAT_ROW(MatrixInverse, "(double[2,2] 2 1 1 1) -> double[2,2] 1 -1 -1 2");
LEAT_ROW(MatrixInverse, "(float[2,2,2] 2 0 0 4 1 1 0 1) -> float[2,2,2] 0.5 0 0 0.25 1 -1 0 1");
LEAT_ROW(MatrixInverse, "(double[2,2] 1 2 0 1) {adjoint: true} -> double[2,2] 1 0 -2 1");
LEAT_ROW(MatrixInverse, "(double[3,0,0]) -> double[3,0,0]");
LEAT_ROW(MatrixInverse, "(float[2,2] 1 1 1 1) fails 'not invertible'");
LEAT_ROW(MatrixInverse, "(float[2,3] 1..2) fails 'square'");

/* ---- Lu ---- */

typedef struct lu {
    const leat_tensor *in;
    leat_tensor *factors, *permutation;
    int n;
} lu;

static int decompose(int64_t index, double *room, void *arg)
{
    const lu *f = arg;
    size_t nn = (size_t)f->n * (size_t)f->n;
    lapack_int *pivots = (lapack_int *)(void *)(room + nn);
    int64_t first = index * f->n;
    leat_matrix_load(f->in, index, true, room);
    if (!factor_lu(room, f->n, pivots))
        return 1;
    leat_matrix_store(f->factors, index, true, room);
    for (int i = 0; i < f->n; i++)
        leat_index_put(f->permutation, first + i, i);
    for (int i = 0; i < f->n; i++) { /* LAPACK's pivots are the exchanges of rows, in order, counted from 1 */
        int64_t a = leat_index_at(f->permutation, first + i),
                b = leat_index_at(f->permutation, first + pivots[i] - 1);
        leat_index_put(f->permutation, first + i, b);
        leat_index_put(f->permutation, first + pivots[i] - 1, a);
    }
    return 0;
}

static leat_status lu_kernel(leat_kernel *k)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &d));
    leat_shape rows = leat_batch_shape(&k->in[0]->shape, d.rows, INT64_MIN);
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    LEAT_TRY(leat_out_new(k, 1, &rows));
    lu f = {k->in[0], &k->out[0], &k->out[1], d.rows};
    double n = d.rows;
    LEAT_TRY(leat_matrices(k, d.count, 2 * n * n * n / 3, (size_t)d.rows * (size_t)(d.rows + 1), decompose,
                           &f, &code, &index));
    if (code != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Input is not invertible (matrix %lld)",
                                (long long)index);
    return LEAT_OK;
}

static leat_status lu_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, true, &rows, &columns));
    c->out[0] = leat_batch_shape(c->in[0], rows, columns);
    c->out[1] = leat_batch_shape(c->in[0], rows, INT64_MIN);
    return LEAT_OK;
}

const leat_op_def leat_op_Lu = LEAT_OP(
    "Lu(input: T) -> lu: T, p: output_idx_type; T: {double, float, half, complex64, complex128}; "
    "output_idx_type: {int32, int64} = int32",
    .doc =
        "L (below the diagonal, its own ones left out) and U in one matrix; row i of L U is row p[i] of input.",
    .shape = lu_shape, .kernels = {{.fn = lu_kernel, .label = "lapack"}}, .gradient = leat_grad_missing,
    .cost = cubic_cost);

LEAT_ROW(Lu, "(double[2,2] 1 2 4 6) nograd -> double[2,2] 4 6 0.25 0.5, int32[2] 1 0");
LEAT_ROW(
    Lu,
    "(float[3,3] 0 1 0 0 0 1 1 0 0) {output_idx_type: int64} nograd -> float[3,3] 1 0 0 0 1 0 0 0 1, int64[3] 2 0 1");
LEAT_ROW(Lu, "(float[2,0,0]) nograd -> float[2,0,0], int32[2,0]");
LEAT_ROW(Lu, "(float[2,2] 1 1 1 1) fails 'not invertible'");
LEAT_ROW(Lu, "(float[2,3] 1..2) fails 'square'");

/* ---- determinants ---- */

typedef struct determinant {
    const leat_tensor *in;
    leat_tensor *sign, *value; /* sign NULL: the value itself */
    int n;
} determinant;

static int determine(int64_t index, double *room, void *arg)
{
    const determinant *d = arg;
    size_t n = (size_t)d->n;
    lapack_int *pivots = (lapack_int *)(void *)(room + n * n);
    double value = d->sign == NULL ? 1 : 0, sign = 1;
    leat_matrix_load(d->in, index, false, room);
    (void)factor_lu(room, d->n, pivots);
    for (size_t i = 0; i < n; i++) {
        double pivot = room[i * n + i];
        bool swapped = pivots[i] != (lapack_int)i + 1;
        if (d->sign == NULL) {
            value *= swapped ? -pivot : pivot;
        } else {
            sign *= (pivot > 0 ? 1 : pivot < 0 ? -1 : 0 * pivot) * (swapped ? -1 : 1);
            value += log(fabs(pivot));
        }
    }
    leat_element_put(d->value, index, value);
    if (d->sign != NULL)
        leat_element_put(d->sign, index, sign);
    return 0;
}

static leat_status run_determinant(leat_kernel *k, leat_tensor *sign, leat_tensor *value)
{
    leat_matrix_dims d;
    int code;
    int64_t index;
    LEAT_TRY(leat_want_matrices(k, 0, true, &d));
    leat_shape shape = leat_batch_shape(&k->in[0]->shape, INT64_MIN, INT64_MIN);
    for (uint32_t i = 0; i < k->n_out; i++)
        LEAT_TRY(leat_out_new(k, (int)i, &shape));
    determinant det = {k->in[0], sign, value, d.rows};
    double n = d.rows;
    return leat_matrices(k, d.count, n * n * n, (size_t)d.rows * (size_t)(d.rows + 1), determine, &det, &code,
                         &index);
}

static leat_status determinant_kernel(leat_kernel *k)
{
    return run_determinant(k, NULL, &k->out[0]);
}

static leat_status log_determinant_kernel(leat_kernel *k)
{
    return run_determinant(k, &k->out[0], &k->out[1]);
}

static leat_status determinant_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, true, &rows, &columns));
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = leat_batch_shape(c->in[0], INT64_MIN, INT64_MIN);
    return LEAT_OK;
}

/* d det A = det A * tr(A^-1 dA) */
static void determinant_grad(leat_grad *g)
{
    leat_out inverse_t = leat_raw_matrix_inverse(leat_grad_in(g, 0), .adjoint = true);
    g->dx[0] = leat_mul(grad_expand2(g, leat_mul(g->dy[0], leat_grad_out(g, 0))), inverse_t);
}

static void log_determinant_grad(leat_grad *g)
{
    if (!leat_grad_flows(g, 1))
        return;
    leat_out inverse_t = leat_raw_matrix_inverse(leat_grad_in(g, 0), .adjoint = true);
    g->dx[0] = leat_mul(grad_expand2(g, g->dy[1]), inverse_t);
}

const leat_op_def leat_op_MatrixDeterminant =
    LEAT_OP("MatrixDeterminant(input: T) -> output: T; T: {half, float, double, complex64, complex128}",
            .doc = "The determinant of each matrix.", .shape = determinant_shape,
            .kernels = {{.fn = determinant_kernel, .label = "lapack"}}, .gradient = determinant_grad,
            .cost = cubic_cost);

LEAT_ROW(MatrixDeterminant, "(double[2,2] 2 1 3 4) -> double[] 5");
LEAT_ROW(MatrixDeterminant,
         "(float[2,3,3] 0 1 0 1 0 0 0 0 1  1 2 3 4 5 6 7 8 9.5) nograd tol 1e-5 -> float[2] -1 -1.5");
LEAT_ROW(MatrixDeterminant, "(double[2,0,0]) -> double[2] 1 1");
LEAT_ROW(MatrixDeterminant, "(double[2,2] 1 1 1 1) nograd -> double[] 0");

const leat_op_def leat_op_LogMatrixDeterminant =
    LEAT_OP("LogMatrixDeterminant(input: T) -> sign: T, log_abs_determinant: T; "
            "T: {half, float, double, complex64, complex128}",
            .doc = "The sign of the determinant and the logarithm of its magnitude.",
            .shape = determinant_shape, .kernels = {{.fn = log_determinant_kernel, .label = "lapack"}},
            .gradient = log_determinant_grad, .cost = cubic_cost);

LEAT_ROW(LogMatrixDeterminant, "(double[2,2] 1 0 0 -1) -> double[] -1, double[] 0");
LEAT_ROW(LogMatrixDeterminant, "(double[2,2] 1 1 1 1) nograd -> double[] 0, double[] -inf");
