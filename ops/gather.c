/* gather.c - Gather, GatherV2, GatherNd, ScatterNd. */
#include <stdio.h>
#include "ops/ops-private.h"
#include "ops/grad-private.h"

/* ---- slices by index: out[b, o, i...] = params[b, o, indices[b, i...]] ----
 * batch, outer, then the gathered dimension of `limit` slices of `run` elements. */

struct gather {
    const leat_tensor *params, *indices;
    char *out;
    size_t bytes;
    int64_t batch, outer, limit, run, per_batch; /* per_batch: indices of one batch */
};

static void gather_range(int64_t begin, int64_t end, void *arg)
{
    const struct gather *g = arg;
    size_t run_bytes = (size_t)g->run * g->bytes;
    for (int64_t i = begin; i < end; i++) { /* i counts (batch, outer, index) */
        int64_t which = i % g->per_batch, rest = i / g->per_batch, outer = rest % g->outer,
                b = rest / g->outer;
        int64_t from =
            (b * g->outer + outer) * g->limit + leat_index_at(g->indices, b * g->per_batch + which);
        memcpy(g->out + (size_t)i * run_bytes, (const char *)g->params->data + (size_t)from * run_bytes,
               run_bytes);
    }
}

static leat_status gather_strings(const struct gather *g)
{
    for (int64_t i = 0; i < g->batch * g->outer * g->per_batch; i++) {
        int64_t which = i % g->per_batch, rest = i / g->per_batch, outer = rest % g->outer,
                b = rest / g->outer;
        int64_t from =
            (b * g->outer + outer) * g->limit + leat_index_at(g->indices, b * g->per_batch + which);
        LEAT_TRY(leat_copy_elements(LEAT_STRING, (leat_string *)(void *)g->out + i * g->run,
                                    (const leat_string *)g->params->data + from * g->run, g->run));
    }
    return LEAT_OK;
}

leat_status leat_gather_run(leat_kernel *k, int axis, int batch_dims)
{
    const leat_tensor *params = k->in[0], *indices = k->in[1];
    const leat_shape *ps = &params->shape, *is = &indices->shape;
    int p_rank = leat_shape_rank(ps), i_rank = leat_shape_rank(is);
    leat_shape out = {.rank_plus_1 = p_rank + i_rank - batch_dims};
    if (p_rank + i_rank - 1 - batch_dims > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the result has more than %d dimensions",
                                LEAT_MAX_RANK);
    int n = 0;
    for (int d = 0; d < axis; d++)
        out.dims[n++] = ps->dims[d];
    for (int d = batch_dims; d < i_rank; d++)
        out.dims[n++] = is->dims[d];
    for (int d = axis + 1; d < p_rank; d++)
        out.dims[n++] = ps->dims[d];
    int64_t limit = ps->dims[axis];
    LEAT_TRY(leat_out_new(k, 0, &out));
    if (k->out[0].elements == 0 &&
        strcmp(k->op->type->name, "ResourceGather") != 0) /* as TensorFlow, unseen */
        return LEAT_OK;
    for (int64_t i = 0; i < indices->elements; i++) {
        int64_t at = leat_index_at(indices, i);
        if (at < 0 || at >= limit)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices[%lld] = %lld is not in [0, %lld)",
                                    (long long)i, (long long)at, (long long)limit);
    }
    if (k->out[0].elements == 0)
        return LEAT_OK;
    struct gather g = {.params = params,
                       .indices = indices,
                       .out = k->out[0].data,
                       .bytes = leat_dtype_bytes(params->dtype),
                       .batch = leat_dims_product(ps, 0, batch_dims),
                       .outer = leat_dims_product(ps, batch_dims, axis),
                       .limit = limit,
                       .run = leat_dims_product(ps, axis + 1, p_rank),
                       .per_batch = leat_dims_product(is, batch_dims, i_rank)};
    if (params->dtype == LEAT_STRING)
        return gather_strings(&g);
    leat_ranges(k, g.batch * g.outer * g.per_batch, LEAT_MAX(LEAT_GRAIN_CHEAP / g.run, 1), gather_range, &g);
    return LEAT_OK;
}

static leat_status gather_kernel(leat_kernel *k)
{
    if (leat_shape_rank(&k->in[0]->shape) < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "params must be at least 1 dimensional");
    return leat_gather_run(k, 0, 0);
}

static const char *batch_dims_of(const leat_op *op, int i_rank, int axis, int *batch_dims)
{
    int64_t asked = leat_attr_int(op, "batch_dims");
    if (asked < -i_rank || asked > i_rank)
        return "batch_dims is out of range";
    *batch_dims = (int)(asked < 0 ? asked + i_rank : asked);
    return *batch_dims > axis ? "batch_dims must be less than or equal to axis" : NULL;
}

static leat_status gather_v2_kernel(leat_kernel *k)
{
    const leat_shape *ps = &k->in[0]->shape, *is = &k->in[1]->shape;
    int axis, batch_dims;
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "axis"));
    LEAT_TRY(leat_kernel_axis(k, k->in[2], leat_shape_rank(ps), &axis));
    const char *reason = batch_dims_of(k->op, leat_shape_rank(is), axis, &batch_dims);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    for (int d = 0; d < batch_dims; d++)
        if (ps->dims[d] != is->dims[d])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "params.shape[%d]: %lld should be equal to indices.shape[%d]: %lld", d,
                                    (long long)ps->dims[d], d, (long long)is->dims[d]);
    return leat_gather_run(k, axis, batch_dims);
}

static leat_status gathered_shape(leat_infer *c, int axis, int batch_dims)
{
    const leat_shape *ps = c->in[0], *is = c->in[1];
    int p_rank = leat_shape_rank(ps), i_rank = leat_shape_rank(is), n = 0;
    if (p_rank + i_rank - 1 - batch_dims > LEAT_MAX_RANK)
        return leat_infer_fail(c, "the result has more than %d dimensions", LEAT_MAX_RANK);
    c->out[0] = leat_shape_ranked(p_rank + i_rank - 1 - batch_dims);
    for (int d = 0; d < axis; d++)
        c->out[0].dims[n++] = d < batch_dims && ps->dims[d] < 0 ? is->dims[d] : ps->dims[d];
    for (int d = batch_dims; d < i_rank; d++)
        c->out[0].dims[n++] = is->dims[d];
    for (int d = axis + 1; d < p_rank; d++)
        c->out[0].dims[n++] = ps->dims[d];
    return LEAT_OK;
}

static leat_status gather_shape(leat_infer *c)
{
    if (leat_shape_rank(c->in[0]) == 0)
        return leat_infer_fail(c, "params must be at least 1 dimensional");
    if (leat_shape_rank(c->in[0]) < 0 || leat_shape_rank(c->in[1]) < 0)
        return LEAT_OK;
    return gathered_shape(c, 0, 0);
}

static leat_status gather_v2_shape(leat_infer *c)
{
    int p_rank = leat_shape_rank(c->in[0]), i_rank = leat_shape_rank(c->in[1]), axis, batch_dims;
    if (p_rank < 0 || i_rank < 0)
        return LEAT_OK;
    leat_tensor *value = leat_infer_value(c, 2);
    if (value == NULL) {
        int64_t b = leat_attr_int(c->op, "batch_dims");
        int64_t rank = p_rank + i_rank - 1 - (b < 0 ? b + i_rank : b);
        if (rank >= 0 && rank <= LEAT_MAX_RANK)
            c->out[0] = leat_shape_ranked((int)rank);
        return LEAT_OK;
    }
    int64_t asked = value->elements == 1 ? leat_index_at(value, 0) : INT64_MAX;
    leat_tensor_unref(value);
    if (!leat_axis_normal(asked, p_rank, &axis))
        return leat_infer_fail(c, "the axis is out of range for rank %d", p_rank);
    const char *reason = batch_dims_of(c->op, i_rank, axis, &batch_dims);
    if (reason != NULL)
        return leat_infer_fail(c, "%s", reason);
    return gathered_shape(c, axis, batch_dims);
}

/* Rows of the gradient are added up by index. For axis 0 without batches that is UnsortedSegmentSum; else the axis is
 * brought to the front first, and batches are told apart by offsets added to the indices. */
static void gather_grad_axis_0(leat_grad *g)
{
    leat_out params = leat_grad_in(g, 0), indices = leat_grad_in(g, 1), zero = leat_scalar_int(g->graph, 0);
    leat_out shape = leat_grad_shape_of(g, params);
    leat_out n = leat_raw_gather_v2(shape, zero, zero);
    leat_out sums = leat_raw_unsorted_segment_sum(g->dy[0], indices, n);
    g->dx[0] = leat_grad_reshape_like(g, sums, params);
}

static bool static_axis(leat_out axis, int rank, int *out)
{
    if (axis.op == NULL || strcmp(axis.op->type_name, "Const") != 0 || rank < 0)
        return false;
    return leat_axis_normal(leat_index_at(leat_attr_tensor(axis.op, "value"), 0), rank, out);
}

/* A constant permutation that takes axes [first, first + n) to the front, or back. */
static leat_out rotation(leat_grad *g, int rank, int first, int n, bool back)
{
    int64_t perm[LEAT_MAX_RANK], inverse[LEAT_MAX_RANK];
    int at = 0;
    for (int d = 0; d < n; d++)
        perm[at++] = first + d;
    for (int d = 0; d < rank; d++)
        if (d < first || d >= first + n)
            perm[at++] = d;
    for (int d = 0; d < rank; d++)
        inverse[perm[d]] = d;
    return leat_grad_dims(g, back ? inverse : perm, rank);
}

/* axis > 0, static ranks, no batches. */
static void gather_grad_axis(leat_grad *g, int axis, int p_rank, int i_rank)
{
    leat_out params = leat_grad_in(g, 0), indices = leat_grad_in(g, 1), zero = leat_scalar_int(g->graph, 0);
    leat_out dy = leat_raw_transpose(g->dy[0], rotation(g, p_rank + i_rank - 1, axis, i_rank, false));
    leat_out n = leat_raw_gather_v2(leat_grad_shape_of(g, params), leat_scalar_int(g->graph, axis), zero);
    leat_out sums = leat_raw_unsorted_segment_sum(dy, indices, n);
    g->dx[0] = leat_raw_transpose(sums, rotation(g, p_rank, axis, 1, true));
}

/* With batches: params [B..., O..., n, S...]. The gathered axis follows the batches, those are flattened into one
 * segment number, batch * n + index. */
static void gather_grad_batched(leat_grad *g, int axis, int batch_dims, int p_rank, int i_rank)
{
    leat_out params = leat_grad_in(g, 0), indices = leat_grad_in(g, 1);
    leat_out zero = leat_scalar_int(g->graph, 0), one = leat_scalar_int(g->graph, 1);
    int inner = i_rank - batch_dims, outer = axis - batch_dims, out_rank = p_rank + i_rank - 1 - batch_dims;
    int64_t perm[LEAT_MAX_RANK], back[LEAT_MAX_RANK], axes[LEAT_MAX_RANK];
    int at = 0;
    for (int d = 0; d < batch_dims; d++)
        perm[at++] = d;
    for (int d = 0; d < inner; d++)
        perm[at++] = axis + d;
    for (int d = 0; d < outer; d++)
        perm[at++] = batch_dims + d;
    for (int d = axis + inner; d < out_rank; d++)
        perm[at++] = d;
    leat_out dy = leat_raw_transpose(g->dy[0], leat_grad_dims(g, perm, out_rank));
    leat_out shape = leat_raw_shape(params), minus = leat_grad_dims(g, (const int64_t[]){-1}, 1);
    for (int d = 0; d < batch_dims; d++)
        axes[d] = d;
    leat_out batches =
        leat_raw_prod(leat_raw_gather_v2(shape, leat_grad_dims(g, axes, batch_dims), zero), zero);
    leat_out n = leat_raw_gather_v2(shape, leat_scalar_int(g->graph, axis), zero);
    leat_out flat = leat_raw_reshape(leat_raw_cast(indices, LEAT_INT32),
                                     leat_raw_pack(LEAT_OUTS(batches, leat_scalar_int(g->graph, -1))));
    leat_out offsets = leat_raw_expand_dims(leat_raw_mul(leat_raw_range(zero, batches, one), n), one);
    leat_out segments = leat_raw_reshape(leat_raw_add_v2(flat, offsets), leat_raw_shape(indices));
    leat_out sums = leat_raw_unsorted_segment_sum(dy, segments, leat_raw_mul(batches, n));
    (void)minus;
    /* sums: [batches * n, O..., S...] -> [B..., n, O..., S...] -> params' order */
    at = 0;
    int64_t forward[LEAT_MAX_RANK];
    for (int d = 0; d < batch_dims; d++)
        forward[at++] = d;
    forward[at++] = axis;
    for (int d = batch_dims; d < axis; d++)
        forward[at++] = d;
    for (int d = axis + 1; d < p_rank; d++)
        forward[at++] = d;
    for (int d = 0; d < p_rank; d++)
        back[forward[d]] = d;
    leat_out moved = leat_raw_gather_v2(shape, leat_grad_dims(g, forward, p_rank), zero);
    g->dx[0] = leat_raw_transpose(leat_raw_reshape(sums, moved), leat_grad_dims(g, back, p_rank));
}

/* Ranks or the axis are known in the run only: the gathered axis is brought to the front there. */
static void gather_grad_dynamic(leat_grad *g)
{
    leat_out params = leat_grad_in(g, 0), indices = leat_grad_in(g, 1), axis = leat_grad_in(g, 2);
    leat_out zero = leat_scalar_int(g->graph, 0), one = leat_scalar_int(g->graph, 1);
    leat_out all = leat_grad_dims(g, (const int64_t[]){-1}, 1),
             first = leat_grad_dims(g, (const int64_t[]){0}, 1);
    leat_out shape = leat_raw_shape(params), rank = leat_raw_rank(params);
    if (leat_out_dtype(axis) != LEAT_INT32)
        axis = leat_raw_cast(axis, LEAT_INT32);
    axis = leat_raw_floor_mod(leat_raw_add_v2(axis, rank), rank);
    leat_out next = leat_raw_add_v2(axis, one), front = leat_raw_expand_dims(axis, zero);
    leat_out n = leat_raw_expand_dims(leat_raw_size(indices), zero);
    leat_out outer = leat_raw_slice(shape, first, front);
    leat_out inner = leat_raw_slice(shape, leat_raw_expand_dims(next, zero), all);
    leat_out dy = leat_raw_reshape(g->dy[0], leat_raw_concat_v2(LEAT_OUTS(outer, n, inner), zero));
    leat_out perm = leat_raw_concat_v2(
        LEAT_OUTS(front, leat_raw_range(zero, axis, one), leat_raw_range(next, rank, one)), zero);
    leat_out sums = leat_raw_unsorted_segment_sum(
        leat_raw_transpose(dy, perm), leat_raw_reshape(indices, all), leat_raw_gather_v2(shape, axis, zero));
    g->dx[0] = leat_raw_transpose(sums, leat_raw_invert_permutation(perm));
}

static void gather_v2_grad(leat_grad *g)
{
    leat_shape ps = leat_out_shape(leat_grad_in(g, 0)), is = leat_out_shape(leat_grad_in(g, 1));
    int p_rank = leat_shape_rank(&ps), i_rank = leat_shape_rank(&is), axis, batch_dims;
    bool is_static = static_axis(leat_grad_in(g, 2), p_rank, &axis) && i_rank >= 0 &&
                     batch_dims_of(g->op, i_rank, axis, &batch_dims) == NULL;
    if (!is_static && leat_attr_int(g->op, "batch_dims") != 0)
        leat_grad_fail(g, "a gradient with batch_dims needs static ranks and a constant axis");
    else if (!is_static)
        gather_grad_dynamic(g);
    else if (batch_dims > 0)
        gather_grad_batched(g, axis, batch_dims, p_rank, i_rank);
    else if (axis > 0)
        gather_grad_axis(g, axis, p_rank, i_rank);
    else
        gather_grad_axis_0(g);
}

const leat_op_def leat_op_Gather = LEAT_OP(
    "Gather(params: Tparams, indices: Tindices) -> output: Tparams; validate_indices: bool = true; Tparams: type; "
    "Tindices: {int32, int64}",
    .doc = "The slices params[indices].", .shape = gather_shape, .kernels = {{gather_kernel}},
    .gradient = gather_grad_axis_0, .cost = leat_cost_gather);

const leat_op_def leat_op_GatherV2 = LEAT_OP(
    "GatherV2(params: Tparams, indices: Tindices, axis: Taxis) -> output: Tparams; batch_dims: int = 0; Tparams: "
    "type; Tindices: {int16, int32, int64}; Taxis: {int32, int64}",
    .doc = "Slices of params along an axis, by index.", .shape = gather_v2_shape,
    .kernels = {{gather_v2_kernel}}, .gradient = gather_v2_grad, .cost = leat_cost_gather);

LEAT_ROW(Gather, "(double[3,2] 1 2 3 4 5 6, int32[2] 2 0) -> double[2,2] 5 6 1 2");
LEAT_ROW(Gather, "(float[3,2] 1 2 3 4 5 6, int32[2] 3 0) fails 'indices[0] = 3 is not in [0, 3)'");
LEAT_ROW(GatherV2, "(double[3,2] 1 2 3 4 5 6, int32[3] 2 0 2, int32[] 0) -> double[3,2] 5 6 1 2 5 6");
LEAT_ROW(GatherV2, "(double[3,2] 1 2 3 4 5 6, int64[2,1] 1 0, int32[] -1) -> double[3,2,1] 2 1 4 3 6 5");
LEAT_ROW(GatherV2,
         "(double[2,3] 1 2 3 4 5 6, int32[2,2] 0 2 1 1, int32[] 1) {batch_dims: 1} -> double[2,2] 1 3 5 5");
LEAT_ROW(GatherV2, "(double[2,2,3] 1 2 3 4 5 6 7 8 9 10 11 12, int32[2,1] 0 2, int32[] 2) {batch_dims: 1} -> "
                   "double[2,2,1] 1 4 9 12");
LEAT_ROW(GatherV2, "(string[2] 'a' 'b', int32[3] 1 1 0, int64[] 0) -> string[3] 'b' 'b' 'a'");
LEAT_ROW(GatherV2, "(double[3] 1 2 3, int32[] 1, int32[] 0) -> double[] 2");
LEAT_ROW(GatherV2, "(float[3,0], int32[2] 1 2, int32[] 0) nograd -> float[2,0]");
LEAT_ROW(GatherV2, "(float[3] 1 2 3, int32[1] -1, int32[] 0) fails 'is not in [0, 3)'");
LEAT_ROW(GatherV2, "(float[3] 1 2 3, int32[1] 1, int32[] 1) fails 'out of range'");
LEAT_ROW(GatherV2, "(float[2] 1 2, int32[1] 0, int32[1] 0) fails 'axis must be a scalar'");
LEAT_ROW(GatherV2, "(float[3,0], int32[1] 7, int32[] 0) nograd -> float[1,0]");
LEAT_ROW(GatherV2, "(float[0,3], int32[1] 7, int32[] 0) fails 'not in [0, 0)'");
LEAT_ROW(GatherV2, "(double[3] 1 2 3, int16[2] 2 0, int32[] 0) -> double[2] 3 1");

/* ---- GatherNd and ScatterNd: the last dimension of indices is a coordinate ---- */

/* The element offset that coordinate i of `indices` names in `shape`, or -1. */
static int64_t nd_offset(const leat_tensor *indices, int64_t i, int depth, const leat_shape *shape)
{
    int64_t at = 0;
    for (int d = 0; d < depth; d++) {
        int64_t x = leat_index_at(indices, i * depth + d);
        if (x < 0 || x >= shape->dims[d])
            return -1;
        at = at * shape->dims[d] + x;
    }
    return at * leat_dims_product(shape, depth, leat_shape_rank(shape));
}

static leat_status bad_coordinate(const leat_kernel *k, const leat_tensor *indices, int64_t i, int depth,
                                  const leat_shape *shape)
{
    char text[256], dims[128];
    size_t used = 0;
    for (int d = 0; d < depth && used < sizeof text - 32; d++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", d ? ", " : "",
                                 (long long)leat_index_at(indices, i * depth + d));
    text[used] = '\0';
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices[%lld] = [%s] does not index into shape %s",
                            (long long)i, text, leat_shape_print(*shape, dims, sizeof dims));
}

leat_status leat_gather_nd_run(leat_kernel *k)
{
    const leat_tensor *params = k->in[0], *indices = k->in[1];
    int rank = leat_shape_rank(&params->shape), i_rank = leat_shape_rank(&indices->shape);
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "params must be at least a vector");
    if (i_rank < 1 || indices->shape.dims[i_rank - 1] > rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the last dimension of indices must be at most the rank of params, %d", rank);
    int depth = (int)indices->shape.dims[i_rank - 1];
    if (i_rank - 1 + rank - depth > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the result has more than %d dimensions",
                                LEAT_MAX_RANK);
    leat_shape out = {.rank_plus_1 = 1};
    for (int d = 0; d < i_rank - 1; d++)
        out.dims[out.rank_plus_1++ - 1] = indices->shape.dims[d];
    for (int d = depth; d < rank; d++)
        out.dims[out.rank_plus_1++ - 1] = params->shape.dims[d];
    int64_t n = leat_dims_product(&indices->shape, 0, i_rank - 1),
            run = leat_dims_product(&params->shape, depth, rank);
    size_t bytes = leat_dtype_bytes(params->dtype);
    LEAT_TRY(leat_out_new(k, 0, &out));
    for (int64_t i = 0; i < n; i++) {
        int64_t at = nd_offset(indices, i, depth, &params->shape);
        if (at < 0)
            return bad_coordinate(k, indices, i, depth, &params->shape);
        LEAT_TRY(leat_copy_elements(params->dtype, (char *)k->out[0].data + (size_t)(i * run) * bytes,
                                    (const char *)params->data + (size_t)at * bytes, run));
    }
    return LEAT_OK;
}

static leat_status gather_nd_shape(leat_infer *c)
{
    const leat_shape *ps = c->in[0], *is = c->in[1];
    int rank = leat_shape_rank(ps), i_rank = leat_shape_rank(is);
    if (i_rank == 0)
        return leat_infer_fail(c, "indices must have at least one dimension");
    if (rank < 0 || i_rank < 0 || is->dims[i_rank - 1] < 0)
        return LEAT_OK;
    int64_t depth = is->dims[i_rank - 1];
    if (depth > rank || i_rank - 1 + rank - depth > LEAT_MAX_RANK)
        return leat_infer_fail(c, "the last dimension of indices must be at most the rank of params, %d",
                               rank);
    c->out[0] = (leat_shape){.rank_plus_1 = 1};
    for (int d = 0; d < i_rank - 1; d++)
        c->out[0].dims[c->out[0].rank_plus_1++ - 1] = is->dims[d];
    for (int d = (int)depth; d < rank; d++)
        c->out[0].dims[c->out[0].rank_plus_1++ - 1] = ps->dims[d];
    return LEAT_OK;
}

/* The shape of `like` in the dtype of the indices, which ScatterNd wants for its shape. */
static leat_out shape_as_indices(leat_grad *g, leat_out like, leat_out indices)
{
    return leat_raw_shape(like, .out_type = leat_out_dtype(indices));
    (void)g;
}

static void gather_nd_grad(leat_grad *g)
{
    leat_out indices = leat_grad_in(g, 1);
    if (leat_out_dtype(indices) == LEAT_INT16) /* which ScatterNd does not take */
        indices = leat_raw_cast(indices, LEAT_INT32);
    g->dx[0] = leat_raw_scatter_nd(indices, g->dy[0], shape_as_indices(g, leat_grad_in(g, 0), indices));
}

#define ADD_RUN(dtype_, type_)                                                                               \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < n; i++)                                                                      \
            ((type_ *)to)[i] = (type_)(((type_ *)to)[i] + ((const type_ *)from)[i]);                         \
        return LEAT_OK;

/* to += from */
static leat_status add_run(const leat_kernel *k, leat_dtype dtype, void *to, const void *from, int64_t n)
{
    switch (dtype) {
        ADD_RUN(LEAT_FLOAT, float)
        ADD_RUN(LEAT_DOUBLE, double)
        ADD_RUN(LEAT_INT8, uint8_t)
        ADD_RUN(LEAT_UINT8, uint8_t)
        ADD_RUN(LEAT_INT16, uint16_t)
        ADD_RUN(LEAT_UINT16, uint16_t)
        ADD_RUN(LEAT_INT32, uint32_t)
        ADD_RUN(LEAT_UINT32, uint32_t)
        ADD_RUN(LEAT_INT64, uint64_t)
        ADD_RUN(LEAT_UINT64, uint64_t)
    case LEAT_BOOL:
        for (int64_t i = 0; i < n; i++)
            ((uint8_t *)to)[i] |= ((const uint8_t *)from)[i];
        return LEAT_OK;
    case LEAT_HALF:
    case LEAT_BFLOAT16:
        for (int64_t i = 0; i < n; i++) {
            float a, b;
            leat_floats_from_16(dtype, &a, (uint16_t *)to + i, 1);
            leat_floats_from_16(dtype, &b, (const uint16_t *)from + i, 1);
            a += b;
            leat_floats_to_16(dtype, (uint16_t *)to + i, &a, 1);
        }
        return LEAT_OK;
    default: return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(dtype));
    }
}

static leat_status scatter_nd_kernel(leat_kernel *k)
{
    const leat_tensor *indices = k->in[0], *updates = k->in[1];
    static const char zero[sizeof(leat_string)];
    leat_shape out, want = {.rank_plus_1 = 1};
    LEAT_TRY(leat_kernel_shape(k, k->in[2], &out));
    int rank = leat_shape_rank(&out), i_rank = leat_shape_rank(&indices->shape);
    if (leat_shape_rank(&updates->shape) < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "updates must be at least a vector");
    if (indices->elements == 0 && updates->elements > 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "updates without coordinates");
    if (indices->elements > 0 && leat_dims_product(&out, 0, rank) == 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "coordinates for an empty result");
    if (i_rank < 1 || indices->shape.dims[i_rank - 1] > rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "the last dimension of indices must be at most the rank of the result, %d",
                                rank);
    int depth = (int)indices->shape.dims[i_rank - 1];
    for (int d = 0; d < i_rank - 1; d++)
        want.dims[want.rank_plus_1++ - 1] = indices->shape.dims[d];
    for (int d = depth; d < rank && want.rank_plus_1 <= LEAT_MAX_RANK; d++)
        want.dims[want.rank_plus_1++ - 1] = out.dims[d];
    if (!leat_shape_equal(want, updates->shape)) {
        char a[128], b[128];
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "updates must have the shape %s, not %s",
                                leat_shape_print(want, a, sizeof a),
                                leat_shape_print(updates->shape, b, sizeof b));
    }
    LEAT_TRY(leat_out_fill(k, &out, zero));
    int64_t n = leat_dims_product(&indices->shape, 0, i_rank - 1), run = leat_dims_product(&out, depth, rank);
    size_t bytes = leat_dtype_bytes(updates->dtype);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = nd_offset(indices, i, depth, &out);
        if (at < 0)
            return bad_coordinate(k, indices, i, depth, &out);
        LEAT_TRY(add_run(k, updates->dtype, (char *)k->out[0].data + (size_t)at * bytes,
                         (const char *)updates->data + (size_t)(i * run) * bytes, run));
    }
    return LEAT_OK;
}

static leat_status scatter_nd_shape(leat_infer *c)
{
    c->out[0] = leat_infer_value_as_shape(c, 2);
    return LEAT_OK;
}

static void scatter_nd_grad(leat_grad *g)
{
    g->dx[1] = leat_raw_gather_nd(g->dy[0], leat_grad_in(g, 0));
}

const leat_op_def leat_op_GatherNd = LEAT_OP(
    "GatherNd(params: Tparams, indices: Tindices) -> output: Tparams; Tparams: type; Tindices: {int16, int32, int64}",
    .doc = "The slices of params that the coordinates in the last dimension of indices name.",
    .shape = gather_nd_shape, .kernels = {{leat_gather_nd_run}}, .gradient = gather_nd_grad,
    .cost = leat_cost_gather);

const leat_op_def leat_op_ScatterNd = LEAT_OP(
    "ScatterNd(indices: Tindices, updates: T, shape: Tindices) -> output: T; T: type; Tindices: {int32, int64}",
    .doc = "Zeros of this shape with the updates added at the coordinates of indices.",
    .shape = scatter_nd_shape, .kernels = {{scatter_nd_kernel}}, .gradient = scatter_nd_grad);

LEAT_ROW(GatherNd, "(double[2,2] 1 2 3 4, int32[2,2] 0 0 1 1) -> double[2] 1 4");
LEAT_ROW(GatherNd, "(double[2,2] 1 2 3 4, int64[2,1] 1 0) -> double[2,2] 3 4 1 2");
LEAT_ROW(GatherNd, "(string[2] 'a' 'b', int32[1,1] 1) -> string[1] 'b'");
LEAT_ROW(GatherNd, "(float[3,2] 0..1, int32[1,2] 0 5) fails 'does not index into'");
LEAT_ROW(GatherNd, "(float[] 1, int32[1,0]) fails ''");
LEAT_ROW(GatherNd, "(double[3] 1 2 3, int16[2,1] 2 0) -> double[2] 3 1");
LEAT_ROW(ScatterNd, "(int32[3,1] 4 1 4, double[3] 9 10 11, int32[1] 6) -> double[6] 0 10 0 0 20 0");
LEAT_ROW(ScatterNd, "(int64[1,1] 1, int32[1,2] 5 6, int64[2] 3 2) -> int32[3,2] 0 0 5 6 0 0");
LEAT_ROW(ScatterNd, "(int32[1,1] 5, float[1] 1, int32[1] 3) fails 'does not index into'");
LEAT_ROW(ScatterNd, "(int32[1,1] 5, float[2] 1 2, int32[1] 3) fails 'updates'");
LEAT_ROW(ScatterNd, "(int32[1] 1, float[] 1, int32[1] 3) fails 'updates must be at least a vector'");
LEAT_ROW(ScatterNd, "(int32[1,0], float[1,2] 1 2, int32[1] 2) fails 'updates without coordinates'");
LEAT_ROW(ScatterNd, "(int32[1,1] 0, float[1,0], int32[2] 2 0) fails 'coordinates for an empty result'");
