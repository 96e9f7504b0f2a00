/* sparse-reduce.c - sums and maxima of sparse tensors along axes, the softmax of their rows. */
#include "ops/sparse-private.h"
#include <math.h>
#include "ops/scatter-private.h"

/* ---- SparseReduceSum, SparseReduceMax, and what gives sparse results ---- */

typedef struct reduction {
    leat_sparse s;
    unsigned axes; /* that are reduced */
    int kept;
    bool keep_dims;
    leat_shape dense; /* of the result */
} reduction;

static leat_status read_reduction(leat_kernel *k, reduction *r)
{
    LEAT_TRY(leat_sparse_in(k, 0, &r->s));
    if (r->s.rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "more than %d dimensions", LEAT_MAX_RANK);
    if (leat_shape_rank(&k->in[3]->shape) > 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "reduction_axes must be a scalar or a vector");
    LEAT_TRY(leat_kernel_axes(k, k->in[3], r->s.rank, &r->axes));
    r->keep_dims = leat_attr_bool(k->op, "keep_dims");
    r->dense.rank_plus_1 = 1;
    for (int d = 0; d < r->s.rank; d++) {
        bool reduced = r->axes >> d & 1;
        r->kept += !reduced;
        if (!reduced || r->keep_dims)
            r->dense.dims[r->dense.rank_plus_1++ - 1] = reduced ? 1 : r->s.shape[d];
    }
    return LEAT_OK;
}

/* The coordinates that are kept, one entry after the other. NULL: out of memory. */
static int64_t *kept_coordinates(leat_kernel *k, const reduction *r)
{
    int64_t *kept = leat_scratch(k, (size_t)(r->s.n * r->kept + 1) * sizeof *kept), *to = kept;
    for (int64_t i = 0; kept != NULL && i < r->s.n; i++)
        for (int d = 0; d < r->s.rank; d++)
            if (!(r->axes >> d & 1))
                *to++ = leat_sparse_row(&r->s, i)[d];
    return kept;
}

static leat_status reduce_dense(leat_kernel *k, int how)
{
    static const char zero[sizeof(double)];
    reduction r = {0};
    LEAT_TRY(read_reduction(k, &r));
    LEAT_TRY(leat_out_fill(k, &r.dense, zero));
    leat_dtype dtype = r.s.values->dtype;
    size_t bytes = leat_dtype_bytes(dtype), n = (size_t)k->out[0].elements;
    bool *seen = leat_scratch(k, n + 1);
    if (seen == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu results", n);
    memset(seen, 0, n + 1);
    for (int64_t i = 0; i < r.s.n; i++) {
        int64_t at = 0;
        for (int d = 0; d < r.s.rank; d++)
            if (!(r.axes >> d & 1))
                at = at * r.s.shape[d] + leat_sparse_row(&r.s, i)[d];
        leat_scatter_combine(seen[at] ? how : LEAT_HOW_UPDATE, dtype,
                             (char *)k->out[0].data + (size_t)at * bytes, leat_sparse_value(&r.s, i), 1, 1);
        seen[at] = true;
    }
    return LEAT_OK;
}

/* Writes the coordinates of one result; reduced axes that are kept are 0. */
static void put_coordinates(const reduction *r, int64_t *to, const int64_t *entry)
{
    for (int d = 0; d < r->s.rank; d++)
        if (!(r->axes >> d & 1))
            *to++ = entry[d];
        else if (r->keep_dims)
            *to++ = 0;
}

static leat_status reduce_sparse(leat_kernel *k, int how)
{
    reduction r = {0};
    LEAT_TRY(read_reduction(k, &r));
    int64_t *kept = kept_coordinates(k, &r),
            *order = kept != NULL ? leat_sparse_order(k, kept, r.s.n, r.kept, r.kept) : NULL;
    if (order == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)r.s.n);
    int64_t results = 0, rank = leat_shape_rank(&r.dense);
#define SAME_AS_LAST(i_)                                                                                     \
    ((i_) > 0 && leat_sparse_compare(kept + order[i_] * r.kept, kept + order[(i_)-1] * r.kept, r.kept) == 0)
    for (int64_t i = 0; i < r.s.n; i++)
        results += !SAME_AS_LAST(i);
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(results, rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(results)));
    LEAT_TRY(leat_out_new(k, 2, &LEAT_SHAPE(rank)));
    leat_dtype dtype = r.s.values->dtype;
    for (int64_t i = 0, to = -1; i < r.s.n; i++) {
        bool first = !SAME_AS_LAST(i);
        to += first;
        if (first)
            put_coordinates(&r, (int64_t *)k->out[0].data + to * rank, leat_sparse_row(&r.s, order[i]));
        leat_scatter_combine(first ? LEAT_HOW_UPDATE : how, dtype,
                             (char *)k->out[1].data + (size_t)to * leat_dtype_bytes(dtype),
                             leat_sparse_value(&r.s, order[i]), 1, 1);
    }
#undef SAME_AS_LAST
    if (rank > 0)
        memcpy(k->out[2].data, r.dense.dims, (size_t)rank * sizeof(int64_t));
    return LEAT_OK;
}

static leat_status sum_kernel(leat_kernel *k)
{
    return reduce_dense(k, LEAT_HOW_ADD);
}
static leat_status max_kernel(leat_kernel *k)
{
    return reduce_dense(k, LEAT_HOW_MAX);
}
static leat_status sum_sparse_kernel(leat_kernel *k)
{
    return reduce_sparse(k, LEAT_HOW_ADD);
}
static leat_status max_sparse_kernel(leat_kernel *k)
{
    return reduce_sparse(k, LEAT_HOW_MAX);
}

/* Known where the shape and the axes are. */
static leat_status reduce_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    leat_shape dense = leat_infer_value_as_shape(c, 2);
    leat_tensor *axes = leat_infer_value(c, 3);
    int rank = leat_shape_rank(&dense);
    unsigned mask = 0;
    for (int64_t i = 0; rank >= 0 && axes != NULL && i < axes->elements; i++) {
        int axis;
        if (leat_axis_normal(leat_index_at(axes, i), rank, &axis))
            mask |= 1U << axis;
    }
    leat_shape out = {.rank_plus_1 = 1};
    for (int d = 0; d < rank; d++)
        if (!(mask >> d & 1) || leat_attr_bool(c->op, "keep_dims"))
            out.dims[out.rank_plus_1++ - 1] = mask >> d & 1 ? 1 : dense.dims[d];
    bool known = rank >= 0 && axes != NULL;
    leat_tensor_unref(axes);
    if (c->op->n_outputs > 1)
        leat_sparse_out(c, 0, -1, known ? out.rank_plus_1 - 1 : -1);
    else if (known)
        c->out[0] = out;
    return LEAT_OK;
}

/* Each entry has the gradient of the sum that it went into. */
static void sum_grad(leat_grad *g)
{
    leat_out shape = leat_grad_in(g, 2), zero = leat_grad_int(g, 0), one = leat_grad_int(g, 1);
    leat_out rank = leat_raw_size(shape);
    leat_out axes = leat_raw_reshape(leat_grad_in(g, 3), leat_grad_ints(g, (const int32_t[]){-1}, 1));
    axes = leat_raw_floor_mod(leat_raw_add_v2(axes, rank), rank);
    leat_out ones = leat_raw_cast(leat_raw_ones_like(axes), LEAT_INT64);
    leat_out kept =
        leat_raw_dynamic_stitch(LEAT_OUTS(leat_raw_range(zero, rank, one), axes), LEAT_OUTS(shape, ones));
    leat_out scale = leat_raw_floor_div(shape, kept);
    g->dx[1] =
        leat_raw_gather_nd(leat_raw_reshape(g->dy[0], kept), leat_raw_floor_div(leat_grad_in(g, 0), scale));
}

const leat_op_def leat_op_SparseReduceSum = LEAT_OP(
    "SparseReduceSum(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> output: T; "
    "keep_dims: bool = false; T: real",
    .doc = "The sums of a sparse tensor along axes, as a dense tensor.", .shape = reduce_shape,
    .kernels = {{sum_kernel}}, .gradient = sum_grad);

const leat_op_def leat_op_SparseReduceMax = LEAT_OP(
    "SparseReduceMax(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> output: T; "
    "keep_dims: bool = false; T: real",
    .doc = "The largest entries of a sparse tensor along axes, 0 where there are none, as a dense tensor.",
    .shape = reduce_shape, .kernels = {{max_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseReduceSumSparse = LEAT_OP(
    "SparseReduceSumSparse(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> "
    "output_indices: int64, output_values: T, output_shape: int64; keep_dims: bool = false; T: real",
    .doc = "The sums of a sparse tensor along axes, as a sparse tensor.", .shape = reduce_shape,
    .kernels = {{sum_sparse_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseReduceMaxSparse = LEAT_OP(
    "SparseReduceMaxSparse(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> "
    "output_indices: int64, output_values: T, output_shape: int64; keep_dims: bool = false; T: real",
    .doc = "The largest entries of a sparse tensor along axes, as a sparse tensor.", .shape = reduce_shape,
    .kernels = {{max_sparse_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(SparseReduceSum,
         "(int64[3,2] 0 1 0 2 1 0, double[3] 1 2 3, int64[2] 3 3, int32[1] 1) -> double[3] 3 3 0");
LEAT_ROW(
    SparseReduceSum,
    "(int64[3,2] 0 1 0 2 1 0, double[3] 1 2 3, int64[2] 3 3, int32[1] -2) {keep_dims: true} -> double[1,3] 3 1 2");
LEAT_ROW(SparseReduceSum, "(int64[2,1] 0 1, int64[2] 1 2, int64[1] 3, int32[1] 0) -> int64[] 3");
LEAT_ROW(SparseReduceSum, "(int64[1,1] 3, float[1] 1, int64[1] 3, int32[1] 0) fails 'out of bounds'");
LEAT_ROW(SparseReduceSum, "(int64[1,2] 0 0, float[1] 1, int64[2] 2 2, int32[1,1] 0) fails ''");
LEAT_ROW(SparseReduceMax,
         "(int64[3,2] 0 1 0 2 1 0, double[3] -1 -2 3, int64[2] 3 3, int32[1] 1) nograd -> double[3] -1 3 0");
LEAT_ROW(SparseReduceSumSparse,
         "(int64[3,2] 1 1 0 2 1 0, float[3] 1 2 3, int64[2] 3 3, int32[1] 1) dynamic nograd -> "
         "int64[2,1] 0 1, float[2] 2 4, int64[1] 3");
LEAT_ROW(SparseReduceMaxSparse,
         "(int64[3,2] 0 1 0 2 1 0, float[3] 1 2 3, int64[2] 3 3, int32[1] 1) dynamic nograd -> "
         "int64[2,1] 0 1, float[2] 2 3, int64[1] 3");

/* ---- SparseSoftmax: over the entries of each row of the last dimension ---- */

static leat_status softmax_kernel(leat_kernel *k)
{
    leat_sparse s;
    LEAT_TRY(leat_sparse_in(k, 0, &s));
    if (s.rank < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the input must have at least 2 dimensions");
    int64_t *order = leat_sparse_order(k, s.indices, s.n, s.rank, s.rank - 1);
    if (order == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)s.n);
    LEAT_TRY(leat_out_new(k, 0, &s.values->shape));
    for (int64_t begin = 0, end; begin < s.n; begin = end) {
        const int64_t *row = leat_sparse_row(&s, order[begin]);
        double top = -INFINITY, sum = 0;
        for (end = begin;
             end < s.n && leat_sparse_compare(row, leat_sparse_row(&s, order[end]), s.rank - 1) == 0; end++)
            top = fmax(top, leat_element_get(s.values, order[end]));
        for (int64_t i = begin; i < end; i++)
            sum += exp(leat_element_get(s.values, order[i]) - top);
        for (int64_t i = begin; i < end; i++)
            leat_element_put(&k->out[0], order[i], exp(leat_element_get(s.values, order[i]) - top) / sum);
    }
    return LEAT_OK;
}

static leat_status values_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    c->out[0] = *c->in[1];
    return LEAT_OK;
}

/* dx = (dy - sum of dy * y along the row) * y */
static void softmax_grad(leat_grad *g)
{
    leat_out indices = leat_grad_in(g, 0), shape = leat_grad_in(g, 2), y = leat_grad_out(g, 0);
    leat_out last = leat_grad_ints(g, (const int32_t[]){-1}, 1);
    leat_out sums =
        leat_raw_sparse_reduce_sum(indices, leat_raw_mul(g->dy[0], y), shape, last, .keep_dims = true);
    leat_out left = LEAT_GRAD_CALL(g, "SparseDenseCwiseAdd", indices, g->dy[0], shape, leat_raw_neg(sums));
    g->dx[1] = leat_raw_mul(left, y);
}

const leat_op_def leat_op_SparseSoftmax = LEAT_OP(
    "SparseSoftmax(sp_indices: int64, sp_values: T, sp_shape: int64) -> output: T; T: {half, float, double}",
    .doc = "The softmax of the entries of each row; the others count as minus infinity.",
    .shape = values_shape, .kernels = {{softmax_kernel}}, .gradient = softmax_grad);

LEAT_ROW(SparseSoftmax, "(int64[3,2] 0 1 1 2 0 2, double[3] 1 2 3, int64[2] 2 4) tol 1e-9 -> "
                        "double[3] 0.11920292202211755 1 0.8807970779778823");
LEAT_ROW(SparseSoftmax, "(int64[1,1] 0, float[1] 1, int64[1] 2) fails 'at least 2 dimensions'");
