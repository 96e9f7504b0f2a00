/* resource-gather.c - reading slices of a resource variable, without a copy of the whole. */
#include "ops/grad-private.h"
#include "ops/state-private.h"

/* Runs a gather of input 0 with the variable's value in its place. */
static leat_status with_value(leat_kernel *k, leat_status (*run)(leat_kernel *k))
{
    leat_tensor *value;
    LEAT_TRY(leat_var_value(k, 0, &value));
    if (value->dtype != k->op->outputs[0].dtype)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "variable '%s' has dtype %s, not %s",
                                leat_in_var(k, 0)->name, leat_dtype_name(value->dtype),
                                leat_dtype_name(k->op->outputs[0].dtype));
    const leat_tensor *in[2] = {value, k->in[1]};
    leat_kernel placed = *k;
    placed.in = in;
    return run(&placed);
}

static leat_status gather_rows(leat_kernel *k)
{
    const leat_shape *ps = &k->in[0]->shape, *is = &k->in[1]->shape;
    int64_t batch = leat_attr_int(k->op, "batch_dims");
    if (batch < 0)
        batch += leat_shape_rank(is);
    bool agree = batch >= 0 && batch <= leat_shape_rank(is) && batch < leat_shape_rank(ps);
    for (int d = 0; agree && d < batch; d++)
        agree = ps->dims[d] == is->dims[d];
    if (!agree)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "batch_dims %lld do not fit", (long long)batch);
    return leat_gather_run(k, (int)batch, (int)batch);
}

static leat_status resource_gather_kernel(leat_kernel *k)
{
    return with_value(k, gather_rows);
}

static leat_status resource_gather_shape(leat_infer *c)
{
    leat_shape var = leat_handle_shape(c->op, 0);
    int rank = leat_shape_rank(&var), i_rank = leat_shape_rank(c->in[1]);
    int64_t batch = leat_attr_int(c->op, "batch_dims");
    if (rank < 1 || i_rank < 0)
        return LEAT_OK;
    if (batch < 0)
        batch += i_rank;
    if (batch < 0 || batch > i_rank || batch >= rank || i_rank + rank - 1 - batch > LEAT_MAX_RANK)
        return leat_infer_fail(c, "batch_dims %lld do not fit", (long long)batch);
    c->out[0] = *c->in[1];
    for (int d = (int)batch + 1; d < rank; d++)
        c->out[0].dims[c->out[0].rank_plus_1++ - 1] = var.dims[d];
    return LEAT_OK;
}

/* The gradient of the variable, made dense: rows that were read several times get the sum. */
static void resource_gather_grad(leat_grad *g)
{
    if (leat_attr_int(g->op, "batch_dims") != 0) {
        leat_grad_fail(g, "ResourceGather has a gradient only for batch_dims = 0");
        return;
    }
    leat_out handle = leat_grad_in(g, 0), indices = leat_grad_in(g, 1);
    leat_out shape = leat_raw_variable_shape(handle);
    leat_out rows = leat_raw_strided_slice(shape, leat_grad_ints(g, &(int32_t){0}, 1),
                                           leat_grad_ints(g, &(int32_t){1}, 1),
                                           leat_grad_ints(g, &(int32_t){1}, 1), .shrink_axis_mask = 1);
    leat_out inner = leat_raw_strided_slice(shape, leat_grad_ints(g, &(int32_t){1}, 1),
                                            leat_grad_ints(g, &(int32_t){0}, 1),
                                            leat_grad_ints(g, &(int32_t){1}, 1), .end_mask = 1);
    leat_out all =
        leat_raw_concat_v2(LEAT_OUTS(leat_grad_ints(g, &(int32_t){-1}, 1), inner), leat_grad_int(g, 0));
    leat_out flat = leat_raw_reshape(indices, leat_grad_ints(g, &(int32_t){-1}, 1));
    g->dx[0] = leat_raw_unsorted_segment_sum(leat_raw_reshape(g->dy[0], all), flat, rows);
}

const leat_op_def leat_op_ResourceGather =
    LEAT_OP("ResourceGather(resource: resource, indices: Tindices) -> output: dtype; batch_dims: int = 0; "
            "validate_indices: bool = true; dtype: type; Tindices: {int32, int64}",
            .doc = "The rows of the variable that indices name.", .shape = resource_gather_shape,
            .kernels = {{.fn = resource_gather_kernel}}, .gradient = resource_gather_grad,
            .cost = leat_cost_gather, .flags = LEAT_OP_READS_VAR);

LEAT_ROW(ResourceGather,
         "(var float[3,2] 1 2 3 4 5 6, int32[2] 2 0) {dtype: float} nograd -> float[2,2] 5 6 1 2");
LEAT_ROW(ResourceGather, "(var float[3,2] 1 2 3 4 5 6, int64[1] 3) {dtype: float} fails 'is not in [0, 3)'");
LEAT_ROW(ResourceGather, "(var float[3,0], int32[1] 7) {dtype: float} fails 'not in [0, 3)'");

static leat_status resource_gather_nd_kernel(leat_kernel *k)
{
    return with_value(k, leat_gather_nd_run);
}

static leat_status resource_gather_nd_shape(leat_infer *c)
{
    leat_shape var = leat_handle_shape(c->op, 0);
    int rank = leat_shape_rank(&var), i_rank = leat_shape_rank(c->in[1]);
    if (rank < 0 || i_rank < 1 || c->in[1]->dims[i_rank - 1] < 0)
        return LEAT_OK;
    int64_t depth = c->in[1]->dims[i_rank - 1];
    if (depth > rank || i_rank - 1 + rank - depth > LEAT_MAX_RANK)
        return leat_infer_fail(c, "coordinates of %lld indices do not fit rank %d", (long long)depth, rank);
    c->out[0] = *c->in[1];
    c->out[0].rank_plus_1--;
    for (int d = (int)depth; d < rank; d++)
        c->out[0].dims[c->out[0].rank_plus_1++ - 1] = var.dims[d];
    return LEAT_OK;
}

static void resource_gather_nd_grad(leat_grad *g)
{
    leat_out indices = leat_grad_in(g, 1);
    leat_out shape = leat_raw_variable_shape(leat_grad_in(g, 0), .out_type = leat_out_dtype(indices));
    g->dx[0] = leat_raw_scatter_nd(indices, g->dy[0], shape);
}

const leat_op_def leat_op_ResourceGatherNd =
    LEAT_OP("ResourceGatherNd(resource: resource, indices: Tindices) -> output: dtype; dtype: type; "
            "Tindices: {int32, int64}",
            .doc = "The slices of the variable at the coordinates in the last dimension of indices.",
            .shape = resource_gather_nd_shape, .kernels = {{.fn = resource_gather_nd_kernel}},
            .gradient = resource_gather_nd_grad, .cost = leat_cost_gather, .flags = LEAT_OP_READS_VAR);

LEAT_ROW(ResourceGatherNd,
         "(var float[2,2] 1 2 3 4, int32[2,2] 1 0 0 1) {dtype: float} nograd -> float[2] 3 2");

/* ---- CountUpTo ---- */

static leat_status count_run(leat_kernel *k)
{
    leat_tensor *value;
    LEAT_TRY(leat_var_value(k, 0, &value));
    int64_t limit = leat_attr_int(k->op, "limit"), old;
    if (value->elements != 1 || value->dtype != k->op->outputs[0].dtype)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the counter must be a scalar of %s",
                                leat_dtype_name(k->op->outputs[0].dtype));
    old = leat_index_at(value, 0);
    if (old >= limit)
        return leat_kernel_fail(k, LEAT_ERR_OUT_OF_RANGE, "reached the limit of %lld", (long long)limit);
    LEAT_TRY(leat_out_scalar_int(k, 0, old));
    leat_index_put(value, 0, old + 1);
    return LEAT_OK;
}

const leat_op_def leat_op_CountUpTo = LEAT_OP(
    "CountUpTo(ref: Ref(T)) -> output: T; limit: int; T: {int32, int64}",
    .doc = "The variable's value, which then grows by one; fails at the limit.", .shape = leat_shape_scalar,
    .kernels = {{.fn = count_run}}, .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VAR);

LEAT_ROW(CountUpTo, "(ref int32[] 3) {limit: 5} -> int32[] 3, after 0: int32[] 4");
LEAT_ROW(CountUpTo, "(ref int32[] 5) {limit: 5} fails 'limit'");

const leat_op_def leat_op_ResourceCountUpTo =
    LEAT_OP("ResourceCountUpTo(resource: resource) -> output: T; limit: int; T: {int32, int64}",
            .doc = "The variable's value, which then grows by one; fails at the limit.",
            .shape = leat_shape_scalar, .kernels = {{.fn = count_run}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VAR);

LEAT_ROW(ResourceCountUpTo, "(var int64[] 3) {limit: 5, T: int64} -> int64[] 3, after 0: int64[] 4");
