/* tensor-scatter.c - tensors with other values at some coordinates: TensorScatter*, ScatterNdNonAliasingAdd, SparseToDense. */
#include "ops/grad-private.h"
#include "ops/scatter-private.h"

static void update_grad(leat_grad *g)
{
    leat_out indices = leat_grad_in(g, 1);
    if (leat_grad_wanted(g, 0))
        g->dx[0] = leat_raw_tensor_scatter_update(g->dy[0], indices, leat_raw_zeros_like(leat_grad_in(g, 2)));
    if (leat_grad_wanted(g, 2))
        g->dx[2] = leat_raw_gather_nd(g->dy[0], indices);
}

static void add_grad(leat_grad *g)
{
    g->dx[0] = g->dy[0];
    if (leat_grad_wanted(g, 2))
        g->dx[2] = leat_raw_gather_nd(g->dy[0], leat_grad_in(g, 1));
}

static void sub_grad(leat_grad *g)
{
    g->dx[0] = g->dy[0];
    if (leat_grad_wanted(g, 2))
        g->dx[2] = leat_raw_neg(leat_raw_gather_nd(g->dy[0], leat_grad_in(g, 1)));
}

/* To all that equal the result, in equal parts. */
static void extreme_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), indices = leat_grad_in(g, 1), y = leat_grad_in(g, 2),
             out = leat_grad_out(g, 0);
    leat_dtype dtype = leat_out_dtype(x);
    leat_out is_x = leat_raw_cast(leat_raw_equal(x, out), dtype);
    leat_out is_y = leat_raw_cast(leat_raw_equal(y, leat_raw_gather_nd(out, indices)), dtype);
    leat_out shape = leat_raw_shape(x, .out_type = leat_out_dtype(indices));
    leat_out count = leat_raw_add_v2(is_x, leat_raw_scatter_nd(indices, is_y, shape));
    leat_out part = leat_raw_real_div(g->dy[0], count);
    g->dx[0] = leat_raw_mul(part, is_x);
    g->dx[2] = leat_raw_mul(leat_raw_gather_nd(part, indices), is_y);
}

const leat_op_def leat_op_TensorScatterUpdate =
    LEAT_OP("TensorScatterUpdate(tensor: T, indices: Tindices, updates: T) -> output: T; T: type; "
            "Tindices: {int16, int32, int64, uint16}; bad_indices_policy: string = ''",
            .doc = "The tensor with the updates in place of its slices at the coordinates of indices.",
            .shape = leat_scatter_nd_shape, .kernels = {{leat_scatter_tensor_update}},
            .gradient = update_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_TensorScatterAdd = LEAT_OP(
    "TensorScatterAdd(tensor: T, indices: Tindices, updates: T) -> output: T; T: type; Tindices: {int32, int64}; "
    "bad_indices_policy: string = ''",
    .doc = "The tensor with the updates added to its slices at the coordinates of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{leat_scatter_tensor_add}}, .gradient = add_grad);

const leat_op_def leat_op_ScatterNdNonAliasingAdd = LEAT_OP(
    "ScatterNdNonAliasingAdd(input: T, indices: Tindices, updates: T) -> output: T; T: {float, double, int32, uint8, int16, "
    "int8, complex64, int64, bfloat16, uint16, complex128, half, uint32, uint64, bool}; Tindices: {int32, int64}; "
    "bad_indices_policy: string = ''",
    .doc = "The input with the updates added to its slices at the coordinates of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{leat_scatter_tensor_add}}, .gradient = add_grad);

const leat_op_def leat_op_TensorScatterSub = LEAT_OP(
    "TensorScatterSub(tensor: T, indices: Tindices, updates: T) -> output: T; T: type; Tindices: {int32, int64}; "
    "bad_indices_policy: string = ''",
    .doc = "The tensor with the updates subtracted from its slices at the coordinates of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{leat_scatter_tensor_sub}}, .gradient = sub_grad);

const leat_op_def leat_op_TensorScatterMin = LEAT_OP(
    "TensorScatterMin(tensor: T, indices: Tindices, updates: T) -> output: T; T: type; Tindices: {int32, int64}; "
    "bad_indices_policy: string = ''",
    .doc = "The tensor with the updates where they are less, at the coordinates of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{leat_scatter_tensor_min}}, .gradient = extreme_grad);

const leat_op_def leat_op_TensorScatterMax = LEAT_OP(
    "TensorScatterMax(tensor: T, indices: Tindices, updates: T) -> output: T; T: type; Tindices: {int32, int64}; "
    "bad_indices_policy: string = ''",
    .doc = "The tensor with the updates where they are greater, at the coordinates of indices.",
    .shape = leat_scatter_nd_shape, .kernels = {{leat_scatter_tensor_max}}, .gradient = extreme_grad);

LEAT_ROW(TensorScatterUpdate, "(double[4] 1 2 3 4, int32[2,1] 1 3, double[2] 20 40) -> double[4] 1 20 3 40");
LEAT_ROW(TensorScatterUpdate, "(string[2] 'a' 'b', int32[1,1] 1, string[1] 'c') -> string[2] 'a' 'c'");
LEAT_ROW(TensorScatterUpdate, "(float[2] 1 2, int32[1,1] 2, float[1] 1) fails 'does not index into'");
LEAT_ROW(TensorScatterUpdate, "(float[2] 1 2, int32[1,1] 1, float[2] 1 2) fails 'updates'");
LEAT_ROW(TensorScatterUpdate,
         "(float[3] 1 2 3, int32[1] 1, float[] 1) fails 'updates must be at least a vector'");
LEAT_ROW(TensorScatterAdd,
         "(double[2,2] 1 2 3 4, int64[2,1] 1 1, double[2,2] 10 20 30 40) -> double[2,2] 1 2 43 64");
LEAT_ROW(TensorScatterAdd, "(float[2,0], int32[1,1] 0, float[1,0]) fails 'coordinates for an empty tensor'");
LEAT_ROW(ScatterNdNonAliasingAdd,
         "(double[4] 1 2 3 4, int32[2,1] 1 3, double[2] 20 40) -> double[4] 1 22 3 44");
LEAT_ROW(TensorScatterSub, "(double[2,2] 1 2 3 4, int32[1,2] 1 0, double[1] 5) -> double[2,2] 1 2 -2 4");
LEAT_ROW(TensorScatterMin, "(double[3] 1 2 3, int32[2,1] 1 2, double[2] 5 1) -> double[3] 1 2 1");
LEAT_ROW(TensorScatterMax, "(double[3] 1 2 3, int32[2,1] 1 2, double[2] 5 1) -> double[3] 1 5 3");
LEAT_ROW(TensorScatterMax, "(int32[3] 1 2 3, int32[2,1] 1 1, int32[2] 5 7) -> int32[3] 1 7 3");

/* ---- SparseToDense ---- */

static leat_status to_dense_shape(leat_infer *c)
{
    c->out[0] = leat_infer_value_as_shape(c, 1);
    return leat_infer_want_rank(c, 3, 0);
}

/* indices: [n, rank], or [n] of a vector, or a scalar; each coordinate is checked, and that they ascend. */
typedef struct coordinates {
    const leat_tensor *indices;
    leat_shape shape;
    int64_t n;
    bool validate;
} coordinates;

static leat_status check_sparse(leat_kernel *k, coordinates *c)
{
    const leat_tensor *indices = c->indices = k->in[0], *values = k->in[2];
    int i_rank = leat_shape_rank(&indices->shape);
    c->validate = leat_attr_bool(k->op, "validate_indices");
    if (i_rank > 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "sparse_indices should be a scalar, vector, or matrix, got rank %d", i_rank);
    c->n = i_rank > 0 ? indices->shape.dims[0] : 1;
    int64_t depth = i_rank > 1 ? indices->shape.dims[1] : 1;
    if (leat_shape_rank(&k->in[1]->shape) != 1 || k->in[1]->elements != depth)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "output_shape has %lld elements, where the indices have %lld",
                                (long long)k->in[1]->elements, (long long)depth);
    if (leat_shape_rank(&values->shape) > 1 ||
        (leat_shape_rank(&values->shape) == 1 && values->elements != c->n))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "sparse_values has incorrect shape, should be [] or [%lld]", (long long)c->n);
    if (leat_shape_rank(&k->in[3]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "default_value should be a scalar.");
    return leat_kernel_shape(k, k->in[1], &c->shape);
}

/* *at: the element that coordinate i names. */
static leat_status element_of(const leat_kernel *k, const coordinates *c, int64_t i, int64_t *at)
{
    int rank = leat_shape_rank(&c->shape);
    *at = 0;
    for (int d = 0; d < rank; d++) {
        int64_t x = leat_index_at(c->indices, i * rank + d);
        if (x < 0 || x >= c->shape.dims[d])
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT,
                "Indices are not valid (out of bounds): index %lld of coordinate %lld is %lld", (long long)d,
                (long long)i, (long long)x);
        *at = *at * c->shape.dims[d] + x;
    }
    return LEAT_OK;
}

static leat_status to_dense_kernel(leat_kernel *k)
{
    coordinates c;
    int64_t before = -1, at;
    LEAT_TRY(check_sparse(k, &c));
    for (int64_t i = 0; i < c.n; i++, before = at) {
        LEAT_TRY(element_of(k, &c, i, &at));
        if (c.validate && at <= before)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices[%lld] is %s", (long long)i,
                                    at == before ? "repeated" : "out of order");
    }
    LEAT_TRY(leat_out_fill(k, &c.shape, k->in[3]->data));
    size_t bytes = leat_dtype_bytes(k->in[2]->dtype);
    bool one = leat_shape_rank(&k->in[2]->shape) == 0;
    for (int64_t i = 0; i < c.n; i++) {
        LEAT_TRY(element_of(k, &c, i, &at));
        LEAT_TRY(leat_copy_elements(k->in[2]->dtype, (char *)k->out[0].data + (size_t)at * bytes,
                                    (const char *)k->in[2]->data + (one ? 0 : (size_t)i * bytes), 1));
    }
    return LEAT_OK;
}

static int out_rank(leat_out out)
{
    leat_shape shape = leat_out_shape(out);
    return leat_shape_rank(&shape);
}

/* What was put in place of the default comes from the values, the rest from the default. */
static void to_dense_grad(leat_grad *g)
{
    leat_out indices = leat_grad_in(g, 0);
    int i_rank = out_rank(indices);
    if (i_rank == 1) /* a vector's coordinates, as columns */
        indices = leat_raw_expand_dims(indices, leat_grad_int(g, -1));
    else if (i_rank != 2)
        leat_grad_fail(g, "sparse_indices must be known to be a vector or a matrix");
    leat_out taken = leat_raw_gather_nd(g->dy[0], indices);
    if (out_rank(leat_grad_in(g, 2)) == 0)
        g->dx[2] = leat_grad_sum(g, taken, leat_grad_all_axes(g, taken), false);
    else
        g->dx[2] = taken;
    if (leat_grad_wanted(g, 3)) {
        leat_out all = leat_grad_sum(g, g->dy[0], leat_grad_all_axes(g, g->dy[0]), false);
        g->dx[3] = leat_raw_sub(all, leat_grad_sum(g, taken, leat_grad_all_axes(g, taken), false));
    }
}

const leat_op_def leat_op_SparseToDense = LEAT_OP(
    "SparseToDense(sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T) -> dense: T; "
    "validate_indices: bool = true; T: type; Tindices: {int32, int64}",
    .doc = "A tensor of default_value, with the values at the coordinates.", .shape = to_dense_shape,
    .kernels = {{to_dense_kernel}}, .gradient = to_dense_grad, .cost = leat_cost_moves);

LEAT_ROW(SparseToDense,
         "(int32[2,2] 0 1 1 0, int32[2] 2 2, double[2] 5 6, double[] -1) -> double[2,2] -1 5 6 -1");
LEAT_ROW(SparseToDense, "(int64[2] 1 3, int64[1] 4, double[] 7, double[] 0) -> double[4] 0 7 0 7");
LEAT_ROW(SparseToDense, "(int32[] 1, int32[1] 2, string[] 'x', string[] '') nograd -> string[2] '' 'x'");
LEAT_ROW(SparseToDense,
         "(int32[2] 3 1, int32[1] 4, float[] 7, float[] 0) {validate_indices: false} -> float[4] 0 7 0 7");
LEAT_ROW(SparseToDense,
         "(int32[2] 3 1, int32[1] 4, float[] 7, float[] 0) fails 'indices[1] is out of order'");
LEAT_ROW(SparseToDense, "(int32[2] 1 1, int32[1] 4, float[] 7, float[] 0) fails 'indices[1] is repeated'");
LEAT_ROW(SparseToDense, "(int32[2] 1 4, int32[1] 4, float[] 7, float[] 0) fails 'out of bounds'");
LEAT_ROW(SparseToDense,
         "(int32[2] 1 2, int32[1] 4, float[3] 7 8 9, float[] 0) fails 'sparse_values has incorrect shape'");
