/* sparse-merge.c - two sparse tensors made one: sums, extremes, one behind the other; and parts of one. */
#include "ops/scatter-private.h"
#include "ops/sparse-private.h"

/* The entries of a and b in the order of their coordinates, as two vectors of numbers of entries, -1 where one has none. */
typedef struct merged {
    int64_t *a, *b, n;
} merged;

static leat_status merge(leat_kernel *k, const leat_sparse *a, const leat_sparse *b, merged *m)
{
    bool same = a->rank == b->rank;
    for (int d = 0; d < a->rank && same; d++)
        same = a->shape[d] == b->shape[d];
    if (!same)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Operands' shapes do not match");
    m->a = leat_scratch(k, (size_t)(a->n + b->n + 1) * 2 * sizeof(int64_t));
    if (m->a == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries",
                                (long long)(a->n + b->n));
    m->b = m->a + a->n + b->n;
    for (int64_t i = 0, j = 0; i < a->n || j < b->n; m->n++) {
        int order = i == a->n   ? 1
                    : j == b->n ? -1
                                : leat_sparse_compare(leat_sparse_row(a, i), leat_sparse_row(b, j), a->rank);
        m->a[m->n] = order <= 0 ? i++ : -1;
        m->b[m->n] = order >= 0 ? j++ : -1;
    }
    return LEAT_OK;
}

/* Entry i of the merged ones: its value, a missing operand counting as 0, at `to`. */
static void merged_value(const leat_sparse *a, const leat_sparse *b, const merged *m, int64_t i, int how,
                         void *to)
{
    static const char zero[sizeof(double)];
    memcpy(to, m->a[i] >= 0 ? leat_sparse_value(a, m->a[i]) : zero, leat_dtype_bytes(a->values->dtype));
    leat_scatter_combine(how, a->values->dtype, to, m->b[i] >= 0 ? leat_sparse_value(b, m->b[i]) : zero, 1,
                         1);
}

static const int64_t *merged_row(const leat_sparse *a, const leat_sparse *b, const merged *m, int64_t i)
{
    return m->a[i] >= 0 ? leat_sparse_row(a, m->a[i]) : leat_sparse_row(b, m->b[i]);
}

/* ---- SparseAdd ---- */

/* Sums of at least `threshold`, by absolute value; *value: one of the values' dtype, to look at it. */
static bool is_kept(leat_tensor *value, double threshold)
{
    double v = leat_element_get(value, 0);
    return (v < 0 ? -v : v) >= threshold;
}

static leat_status add_kernel(leat_kernel *k)
{
    leat_sparse a, b;
    merged m = {0};
    LEAT_TRY(leat_sparse_in(k, 0, &a));
    LEAT_TRY(leat_sparse_in(k, 3, &b));
    LEAT_TRY(leat_kernel_want_scalar(k, 6, "The magnitude threshold"));
    LEAT_TRY(merge(k, &a, &b, &m));
    double threshold = leat_element_get(k->in[6], 0), room;
    leat_tensor one = {.dtype = a.values->dtype, .elements = 1, .data = &room};
    int64_t n = 0;
    for (int64_t i = 0; i < m.n; i++) { /* what is kept moves to the front */
        merged_value(&a, &b, &m, i, LEAT_HOW_ADD, &room);
        if (m.a[i] >= 0 && m.b[i] >= 0 && !is_kept(&one, threshold))
            continue;
        m.a[n] = m.a[i];
        m.b[n++] = m.b[i];
    }
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(n, a.rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(n)));
    for (int64_t i = 0; i < n; i++) {
        memcpy((int64_t *)k->out[0].data + i * a.rank, merged_row(&a, &b, &m, i),
               (size_t)a.rank * sizeof(int64_t));
        merged_value(&a, &b, &m, i, LEAT_HOW_ADD,
                     (char *)k->out[1].data + (size_t)i * leat_dtype_bytes(a.values->dtype));
    }
    return leat_out_copy(k, 2, 2);
}

static leat_status add_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    LEAT_TRY(leat_sparse_want(c, 3));
    leat_sparse_out(c, 0, -1, leat_sparse_rank(c, 0));
    return LEAT_OK;
}

static void add_grad(leat_grad *g)
{
    leat_out d = LEAT_GRAD_CALL(g, "SparseAddGrad", g->dy[1], leat_grad_in(g, 0), leat_grad_in(g, 3),
                                leat_grad_out(g, 0));
    g->dx[1] = d;
    g->dx[4] = d.op != NULL ? (leat_out){d.op, 1} : LEAT_NO_OUT;
}

const leat_op_def leat_op_SparseAdd = LEAT_OP(
    "SparseAdd(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64, thresh: "
    "Treal) -> sum_indices: int64, sum_values: T, sum_shape: int64; T: real; Treal: real",
    .doc =
        "The sum of two sparse tensors in row-major order, without sums whose absolute value is below thresh.",
    .shape = add_shape, .kernels = {{add_kernel}}, .gradient = add_grad);

/* The gradient of each entry of one operand; entries that were dropped have none. */
static void put_gradients(leat_kernel *k, int output, const leat_tensor *own)
{
    const leat_tensor *dy = k->in[0], *sum = k->in[3];
    int rank = (int)sum->shape.dims[1];
    const int64_t *x = own->data, *y = sum->data;
    for (int64_t i = 0, j = 0; i < own->shape.dims[0]; i++) {
        int order = 1;
        while (j < sum->shape.dims[0] && (order = leat_sparse_compare(y + j * rank, x + i * rank, rank)) < 0)
            j++;
        bool found = j < sum->shape.dims[0] && order == 0;
        leat_element_put(&k->out[output], i, found ? leat_element_get(dy, j) : 0);
    }
}

static leat_status add_grad_kernel(leat_kernel *k)
{
    for (int i = 1; i < 4; i++)
        if (leat_shape_rank(&k->in[i]->shape) != 2 || k->in[i]->shape.dims[1] != k->in[1]->shape.dims[1])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "the indices must be matrices of as many columns");
    if (k->in[0]->elements != k->in[3]->shape.dims[0])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "# elements in backprop_val_grad and sum_indices differ");
    for (int i = 0; i < 2; i++) {
        LEAT_TRY(leat_out_new(k, i, &LEAT_SHAPE(k->in[1 + i]->shape.dims[0])));
        put_gradients(k, i, k->in[1 + i]);
    }
    return LEAT_OK;
}

static leat_status add_grad_shape(leat_infer *c)
{
    for (int i = 0; i < 2; i++) {
        LEAT_TRY(leat_infer_want_rank(c, 1 + i, 2));
        c->out[i] = LEAT_SHAPE(leat_shape_rank(c->in[1 + i]) == 2 ? c->in[1 + i]->dims[0] : -1);
    }
    return LEAT_OK;
}

const leat_op_def leat_op_SparseAddGrad = LEAT_OP(
    "SparseAddGrad(backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64) -> a_val_grad: T, "
    "b_val_grad: T; T: real",
    .doc = "The gradients of SparseAdd by the values of its operands.", .shape = add_grad_shape,
    .kernels = {{add_grad_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(SparseAdd,
         "(int64[2,2] 0 1 1 0, double[2] 1 2, int64[2] 2 2, int64[2,2] 0 0 0 1, double[2] 3 4, int64[2] 2 2, "
         "double[] 0) dynamic -> int64[3,2] 0 0 0 1 1 0, double[3] 3 5 2, int64[2] 2 2");
LEAT_ROW(
    SparseAdd,
    "(int64[1,1] 0, int32[1] 1, int64[1] 2, int64[2,1] 0 1, int32[2] -1 4, int64[1] 2, int32[] 2) dynamic "
    "-> int64[1,1] 1, int32[1] 4, int64[1] 2");
LEAT_ROW(
    SparseAdd,
    "(int64[1,1] 0, float[1] 1, int64[1] 2, int64[1,1] 0, float[1] 1, int64[1] 3, float[] 0) fails 'match'");
LEAT_ROW(SparseAddGrad,
         "(float[3] 1 2 4, int64[2,1] 1 3, int64[3,1] 0 2 3, int64[3,1] 1 2 3) nograd -> float[2] 1 4, "
         "float[3] 0 2 4");

/* ---- SparseSparseMaximum, SparseSparseMinimum ---- */

static leat_status extreme(leat_kernel *k, int how)
{
    leat_sparse a, b;
    merged m = {0};
    LEAT_TRY(leat_sparse_in(k, 0, &a));
    LEAT_TRY(leat_sparse_in(k, 3, &b));
    LEAT_TRY(merge(k, &a, &b, &m));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(m.n, a.rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(m.n)));
    for (int64_t i = 0; i < m.n; i++) {
        memcpy((int64_t *)k->out[0].data + i * a.rank, merged_row(&a, &b, &m, i),
               (size_t)a.rank * sizeof(int64_t));
        merged_value(&a, &b, &m, i, how,
                     (char *)k->out[1].data + (size_t)i * leat_dtype_bytes(a.values->dtype));
    }
    return LEAT_OK;
}
static leat_status maximum_kernel(leat_kernel *k)
{
    return extreme(k, LEAT_HOW_MAX);
}
static leat_status minimum_kernel(leat_kernel *k)
{
    return extreme(k, LEAT_HOW_MIN);
}

const leat_op_def leat_op_SparseSparseMaximum = LEAT_OP(
    "SparseSparseMaximum(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64) -> "
    "output_indices: int64, output_values: T; T: real",
    .doc = "The larger of the entries of two sparse tensors; a missing one is 0.", .shape = add_shape,
    .kernels = {{maximum_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_SparseSparseMinimum = LEAT_OP(
    "SparseSparseMinimum(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64) -> "
    "output_indices: int64, output_values: T; T: real",
    .doc = "The smaller of the entries of two sparse tensors; a missing one is 0.", .shape = add_shape,
    .kernels = {{minimum_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(SparseSparseMaximum,
         "(int64[2,1] 0 2, float[2] -1 2, int64[1] 3, int64[2,1] 1 2, float[2] 3 1, int64[1] 3) dynamic "
         "-> int64[3,1] 0 1 2, float[3] 0 3 2");
LEAT_ROW(SparseSparseMinimum,
         "(int64[2,1] 0 2, int32[2] -1 2, int64[1] 3, int64[2,1] 1 2, int32[2] 3 1, int64[1] 3) dynamic "
         "-> int64[3,1] 0 1 2, int32[3] -1 0 1");

/* ---- SparseConcat ---- */

/* The place of input `i` of n tensors each of indices, values and shapes. */
static leat_status concat_in(const leat_kernel *k, int i, leat_sparse *s)
{
    int n = (int)k->n_in / 3;
    leat_kernel one = *k;
    const leat_tensor *const in[3] = {k->in[i], k->in[n + i], k->in[2 * n + i]};
    one.in = in;
    return leat_sparse_in(&one, 0, s);
}

static leat_status concat_kernel(leat_kernel *k)
{
    int n = (int)k->n_in / 3, axis;
    int64_t total = 0, offset = 0;
    leat_sparse first, s;
    LEAT_TRY(concat_in(k, 0, &first));
    if (!leat_axis_normal(leat_attr_int(k->op, "concat_dim"), first.rank, &axis))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Concat dimension must be in range of rank %d",
                                first.rank);
    for (int i = 0; i < n; i++)
        total += k->in[n + i]->elements;
    size_t row = (size_t)first.rank * sizeof(int64_t), bytes = leat_dtype_bytes(first.values->dtype);
    int64_t *all = leat_scratch(k, (size_t)(total + 1) * row), at = 0;
    if (all == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)total);
    for (int i = 0; i < n; i++) {
        LEAT_TRY(concat_in(k, i, &s));
        bool same = s.rank == first.rank;
        for (int d = 0; d < s.rank && same; d++)
            same = d == axis || s.shape[d] == first.shape[d];
        if (!same || __builtin_add_overflow(offset, s.shape[axis], &(int64_t){0}))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "the shapes of inputs 0 and %d do not match", i);
        memcpy(all + at * s.rank, s.indices, (size_t)s.n * row);
        for (int64_t e = 0; e < s.n; e++)
            all[(at + e) * s.rank + axis] += offset;
        at += s.n;
        offset += s.shape[axis];
    }
    int64_t *order = leat_sparse_order(k, all, total, first.rank, first.rank);
    if (order == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)total);
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(total, first.rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(total)));
    LEAT_TRY(leat_out_copy(k, 2, 2 * n));
    ((int64_t *)k->out[2].data)[axis] = offset;
    for (int64_t i = 0; i < total; i++) {
        int64_t from = order[i];
        int input = 0;
        memcpy((char *)k->out[0].data + (size_t)i * row, all + from * first.rank, row);
        for (; from >= k->in[n + input]->elements; input++)
            from -= k->in[n + input]->elements;
        LEAT_TRY(leat_copy_elements(first.values->dtype, (char *)k->out[1].data + (size_t)i * bytes,
                                    (const char *)k->in[n + input]->data + (size_t)from * bytes, 1));
    }
    return LEAT_OK;
}

static leat_status concat_shape(leat_infer *c)
{
    int n = (int)c->op->n_inputs / 3;
    int64_t rank = -1, total = 0;
    for (int i = 0; i < n; i++) {
        LEAT_TRY(leat_infer_want_rank(c, i, 2));
        LEAT_TRY(leat_infer_want_rank(c, n + i, 1));
        LEAT_TRY(leat_infer_want_rank(c, 2 * n + i, 1));
        if (leat_shape_rank(c->in[2 * n + i]) == 1 && rank < 0)
            rank = c->in[2 * n + i]->dims[0];
        int64_t entries = leat_shape_rank(c->in[n + i]) == 1 ? c->in[n + i]->dims[0] : -1;
        total = total < 0 || entries < 0 ? -1 : total + entries;
    }
    leat_sparse_out(c, 0, total, rank);
    return LEAT_OK;
}

const leat_op_def leat_op_SparseConcat = LEAT_OP(
    "SparseConcat(indices: N * int64, values: N * T, shapes: N * int64) -> output_indices: int64, output_values: T, "
    "output_shape: int64; concat_dim: int; N: int >= 2; T: type",
    .doc = "Sparse tensors one behind the other along an axis, in row-major order.", .shape = concat_shape,
    .kernels = {{concat_kernel}}, .gradient = leat_grad_missing, .cost = leat_cost_moves);

LEAT_ROW(
    SparseConcat,
    "([int64[2,2] 0 1 1 0, int64[1,2] 0 0], [string[2] 'a' 'b', string[1] 'c'], [int64[2] 2 2, int64[2] 2 "
    "3]) {concat_dim: -1} -> int64[3,2] 0 1 0 2 1 0, string[3] 'a' 'c' 'b', int64[2] 2 5");
LEAT_ROW(SparseConcat,
         "([int64[1,2] 0 1, int64[1,2] 0 0], [float[1] 1, float[1] 2], [int64[2] 2 2, int64[2] 2 3]) "
         "{concat_dim: 0} fails 'do not match'");

/* ---- SparseSlice ---- */

static leat_status slice_kernel(leat_kernel *k)
{
    leat_sparse s;
    LEAT_TRY(leat_sparse_in(k, 0, &s));
    const int64_t *start = k->in[3]->data, *size = k->in[4]->data;
    if (k->in[3]->elements != s.rank || k->in[4]->elements != s.rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "start and size must have %d elements", s.rank);
    for (int d = 0; d < s.rank; d++)
        if (start[d] < 0 || size[d] < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "start and size must not be negative");
    int64_t *taken = leat_scratch(k, (size_t)(s.n + 1) * sizeof *taken), n = 0;
    if (taken == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)s.n);
    for (int64_t i = 0; i < s.n; i++) {
        bool inside = true;
        for (int d = 0; d < s.rank && inside; d++) {
            int64_t x = leat_sparse_row(&s, i)[d] - start[d];
            inside = x >= 0 && x < size[d];
        }
        if (inside)
            taken[n++] = i;
    }
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(n, s.rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(n)));
    LEAT_TRY(leat_out_new(k, 2, &k->in[2]->shape));
    size_t bytes = leat_dtype_bytes(s.values->dtype);
    for (int64_t i = 0; i < n; i++) {
        for (int d = 0; d < s.rank; d++)
            ((int64_t *)k->out[0].data)[i * s.rank + d] = leat_sparse_row(&s, taken[i])[d] - start[d];
        LEAT_TRY(leat_copy_elements(s.values->dtype, (char *)k->out[1].data + (size_t)i * bytes,
                                    leat_sparse_value(&s, taken[i]), 1));
    }
    for (int d = 0; d < s.rank; d++)
        ((int64_t *)k->out[2].data)[d] = LEAT_MAX(LEAT_MIN(size[d], s.shape[d] - start[d]), 0);
    return LEAT_OK;
}

static leat_status slice_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    LEAT_TRY(leat_infer_want_rank(c, 3, 1));
    LEAT_TRY(leat_infer_want_rank(c, 4, 1));
    leat_sparse_out(c, 0, -1, leat_sparse_rank(c, 0));
    return LEAT_OK;
}

const leat_op_def leat_op_SparseSlice = LEAT_OP(
    "SparseSlice(indices: int64, values: T, shape: int64, start: int64, size: int64) -> output_indices: int64, "
    "output_values: T, output_shape: int64; T: type",
    .doc = "The part of a sparse tensor that begins at start and has at most that size.",
    .shape = slice_shape, .kernels = {{slice_kernel}}, .gradient = leat_grad_missing,
    .cost = leat_cost_moves);

LEAT_ROW(SparseSlice,
         "(int64[3,2] 0 1 1 0 1 2, int32[3] 1 2 3, int64[2] 2 4, int64[2] 1 1, int64[2] 5 2) dynamic -> "
         "int64[1,2] 0 1, int32[1] 3, int64[2] 1 2");
LEAT_ROW(SparseSlice, "(int64[1,1] 0, int32[1] 1, int64[1] 2, int64[1] -1, int64[1] 5) fails 'negative'");
