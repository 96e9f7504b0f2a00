/* sparse-dense.c - sparse tensors with dense ones, element by element. */
#include "ops/scatter-private.h"
#include "ops/sparse-private.h"

/* ---- SparseDenseCwise*: the dense operand is broadcast to the sparse one's shape ---- */

static leat_status cwise(leat_kernel *k, int how)
{
    leat_sparse s;
    const leat_tensor *dense = k->in[3];
    int rank = leat_shape_rank(&dense->shape);
    LEAT_TRY(leat_sparse_in(k, 0, &s));
    bool fits = rank <= s.rank;
    for (int d = 0; d < rank && fits; d++)
        fits = dense->shape.dims[d] == 1 || dense->shape.dims[d] == s.shape[s.rank - rank + d];
    if (!fits)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes");
    LEAT_TRY(leat_out_new(k, 0, &s.values->shape));
    leat_dtype dtype = s.values->dtype;
    size_t bytes = leat_dtype_bytes(dtype);
    for (int64_t i = 0; i < s.n; i++) {
        int64_t at = 0;
        for (int d = 0; d < rank; d++)
            at = at * dense->shape.dims[d] +
                 (dense->shape.dims[d] == 1 ? 0 : leat_sparse_row(&s, i)[s.rank - rank + d]);
        char *to = (char *)k->out[0].data + (size_t)i * bytes;
        const char *from = (const char *)dense->data + (size_t)at * bytes;
        if (how == LEAT_HOW_DIV && leat_dtype_is_integer(dtype) && leat_element_get(dense, at) == 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "division by zero");
        memcpy(to, leat_sparse_value(&s, i), bytes);
        leat_scatter_combine(how, dtype, to, from, 1, 1);
    }
    return LEAT_OK;
}

static leat_status cwise_add_kernel(leat_kernel *k)
{
    return cwise(k, LEAT_HOW_ADD);
}
static leat_status cwise_mul_kernel(leat_kernel *k)
{
    return cwise(k, LEAT_HOW_MUL);
}
static leat_status cwise_div_kernel(leat_kernel *k)
{
    return cwise(k, LEAT_HOW_DIV);
}

static leat_status cwise_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    c->out[0] = *c->in[1];
    return LEAT_OK;
}

/* The coordinates of each entry in the dense operand. */
static leat_out dense_coordinates(leat_grad *g, leat_out *shape)
{
    leat_out indices = leat_grad_in(g, 0), sparse_shape = leat_grad_in(g, 2), zero = leat_grad_int(g, 0);
    leat_out zero_1d = leat_grad_ints(g, (const int32_t[]){0}, 1),
             minus = leat_grad_ints(g, (const int32_t[]){-1}, 1);
    *shape = leat_raw_shape(leat_grad_in(g, 3), .out_type = LEAT_INT64);
    leat_out added = leat_raw_reshape(leat_raw_sub(leat_raw_size(sparse_shape), leat_raw_size(*shape)),
                                      leat_grad_ints(g, (const int32_t[]){1}, 1));
    leat_out ones = leat_raw_fill(added, leat_raw_cast(leat_grad_int(g, 1), LEAT_INT64));
    leat_out whole = leat_raw_concat_v2(LEAT_OUTS(ones, *shape), zero);
    leat_out scaled = leat_raw_floor_div(indices, leat_raw_floor_div(sparse_shape, whole));
    return leat_raw_slice(scaled, leat_raw_concat_v2(LEAT_OUTS(zero_1d, added), zero),
                          leat_raw_concat_v2(LEAT_OUTS(minus, minus), zero));
}

static void cwise_grad(leat_grad *g, bool divides)
{
    leat_out shape, at = dense_coordinates(g, &shape), values = leat_grad_in(g, 1);
    leat_out dense = leat_raw_gather_nd(leat_grad_in(g, 3), at), by_dense;
    if (divides) {
        g->dx[1] = leat_raw_div(g->dy[0], dense);
        by_dense = leat_raw_neg(leat_raw_mul(g->dy[0], leat_raw_div(values, leat_raw_mul(dense, dense))));
    } else {
        g->dx[1] = leat_raw_mul(g->dy[0], dense);
        by_dense = leat_raw_mul(g->dy[0], values);
    }
    if (leat_grad_wanted(g, 3))
        g->dx[3] = leat_raw_scatter_nd(at, by_dense, shape);
}
static void cwise_mul_grad(leat_grad *g)
{
    cwise_grad(g, false);
}
static void cwise_div_grad(leat_grad *g)
{
    cwise_grad(g, true);
}

const leat_op_def leat_op_SparseDenseCwiseAdd = LEAT_OP(
    "SparseDenseCwiseAdd(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T; T: real",
    .doc = "The entries of a sparse tensor plus what the dense one has there.", .shape = cwise_shape,
    .kernels = {{cwise_add_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseDenseCwiseMul = LEAT_OP(
    "SparseDenseCwiseMul(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T; T: real",
    .doc = "The entries of a sparse tensor times what the dense one has there.", .shape = cwise_shape,
    .kernels = {{cwise_mul_kernel}}, .gradient = cwise_mul_grad);

const leat_op_def leat_op_SparseDenseCwiseDiv = LEAT_OP(
    "SparseDenseCwiseDiv(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T; T: real",
    .doc = "The entries of a sparse tensor by what the dense one has there.", .shape = cwise_shape,
    .kernels = {{cwise_div_kernel}}, .gradient = cwise_div_grad);

LEAT_ROW(SparseDenseCwiseAdd,
         "(int64[2,2] 0 1 1 2, float[2] 1 2, int64[2] 2 3, float[3] 10 20 30) nograd -> float[2] 21 32");
LEAT_ROW(SparseDenseCwiseMul,
         "(int64[2,2] 0 1 1 2, double[2] 1 2, int64[2] 2 3, double[2,1] 10 20) -> double[2] 10 40");
LEAT_ROW(SparseDenseCwiseMul,
         "(int64[1,2] 0 1, float[1] 1, int64[2] 2 3, float[2] 10 20) fails 'incompatible shapes'");
LEAT_ROW(SparseDenseCwiseDiv,
         "(int64[2,2] 0 1 1 2, double[2] 1 2, int64[2] 2 3, double[3] 10 20 40) -> double[2] 0.05 0.05");
LEAT_ROW(SparseDenseCwiseDiv, "(int64[1,1] 0, int32[1] 1, int64[1] 2, int32[1] 0) fails 'division by zero'");

/* ---- SparseTensorDenseAdd ---- */

static leat_status add_kernel(leat_kernel *k)
{
    const leat_tensor *indices = k->in[0], *values = k->in[1], *shape = k->in[2], *b = k->in[3];
    int rank = leat_shape_rank(&b->shape);
    bool same = leat_shape_rank(&shape->shape) == 1 && shape->elements == rank;
    for (int d = 0; d < rank && same; d++)
        same = leat_index_at(shape, d) == b->shape.dims[d];
    if (!same || leat_shape_rank(&indices->shape) != 2 || leat_shape_rank(&values->shape) != 1 ||
        indices->shape.dims[0] != values->elements || indices->shape.dims[1] != rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Operands a and b must be of the same shape");
    for (int64_t i = 0; i < indices->elements; i++)
        if (leat_index_at(indices, i) < 0 || leat_index_at(indices, i) >= b->shape.dims[i % rank])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a_indices[%lld] is out of bounds",
                                    (long long)(i / rank));
    LEAT_TRY(leat_out_copy(k, 0, 3));
    size_t bytes = leat_dtype_bytes(values->dtype);
    for (int64_t i = 0; i < values->elements; i++) {
        int64_t at = 0;
        for (int d = 0; d < rank; d++)
            at = at * b->shape.dims[d] + leat_index_at(indices, i * rank + d);
        leat_scatter_combine(LEAT_HOW_ADD, values->dtype, (char *)k->out[0].data + (size_t)at * bytes,
                             (const char *)values->data + (size_t)i * bytes, 1, 1);
    }
    return LEAT_OK;
}

static leat_status add_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    c->out[0] = *c->in[3];
    return LEAT_OK;
}

static void add_grad(leat_grad *g)
{
    g->dx[1] = leat_raw_gather_nd(g->dy[0], leat_grad_in(g, 0));
    g->dx[3] = g->dy[0];
}

const leat_op_def leat_op_SparseTensorDenseAdd = LEAT_OP(
    "SparseTensorDenseAdd(a_indices: Tindices, a_values: T, a_shape: Tindices, b: T) -> output: T; T: real; Tindices: "
    "{int32, int64}",
    .doc = "The sum of a sparse tensor and a dense one of its shape.", .shape = add_shape,
    .kernels = {{add_kernel}}, .gradient = add_grad);

LEAT_ROW(
    SparseTensorDenseAdd,
    "(int64[2,2] 0 1 1 0, double[2] 1 2, int64[2] 2 2, double[2,2] 10 20 30 40) -> double[2,2] 10 21 32 40");
LEAT_ROW(SparseTensorDenseAdd, "(int32[1,1] 1, float[1] 1, int32[1] 2, float[3] 1 2 3) fails 'same shape'");
LEAT_ROW(SparseTensorDenseAdd,
         "(int32[1,1] 3, float[1] 1, int32[1] 3, float[3] 1 2 3) fails 'out of bounds'");
