/* concat.c - Concat, ConcatV2, ConcatOffset, Pack, Unpack, Split, SplitV. */
#include "ops/ops-private.h"
#include "leat/raw-ops.h"

/* ---- concatenation: Concat has the axis first, ConcatV2 last ---- */

static bool axis_is_first(const leat_op *op)
{
    return strcmp(op->type->name, "Concat") == 0;
}

static leat_status concat_kernel(leat_kernel *k)
{
    bool first = axis_is_first(k->op);
    const leat_tensor *const *in = k->in + first;
    uint32_t n = k->n_in - 1;
    int rank = leat_shape_rank(&in[0]->shape), axis;
    char a[128], b[128];
    if (leat_shape_rank(&k->in[first ? 0 : n]->shape) > 1) /* TensorFlow takes a vector of one */
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the axis must be a scalar");
    LEAT_TRY(leat_kernel_axis(k, k->in[first ? 0 : n], rank, &axis));
    leat_shape out = in[0]->shape;
    for (uint32_t i = 1; i < n; i++) {
        const leat_shape *s = &in[i]->shape;
        bool fits = leat_shape_rank(s) == rank;
        for (int d = 0; d < rank && fits; d++)
            fits = d == axis || s->dims[d] == out.dims[d];
        if (!fits || __builtin_add_overflow(out.dims[axis], s->dims[axis], &out.dims[axis]))
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT,
                "Dimensions of inputs should match along all but axis %d: %s and (input %u) %s", axis,
                leat_shape_print(in[0]->shape, a, sizeof a), i, leat_shape_print(*s, b, sizeof b));
    }
    LEAT_TRY(leat_out_new(k, 0, &out));
    int64_t outer = leat_dims_product(&out, 0, axis), rest = leat_dims_product(&out, axis + 1, rank);
    int64_t row = out.dims[axis] * rest, at = 0;
    size_t bytes = leat_dtype_bytes(k->out[0].dtype);
    for (uint32_t i = 0; i < n; i++) {
        int64_t run = in[i]->shape.dims[axis] * rest;
        char *to = (char *)k->out[0].data + (size_t)at * bytes;
        LEAT_TRY(leat_copy_rows(k, k->out[0].dtype, to, row, in[i]->data, run, outer, run));
        at += run;
    }
    return LEAT_OK;
}

static leat_status concat_static_axis(leat_infer *c, bool first, leat_shape *merged, int axis)
{
    uint32_t n = c->op->n_inputs - 1;
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        leat_shape s = *c->in[i + first];
        int64_t size = leat_shape_rank(&s) < 0 ? -1 : s.dims[axis];
        sum = sum < 0 || size < 0 ? -1 : sum + size;
        if (leat_shape_rank(&s) >= 0)
            s.dims[axis] = -1;
        if (!leat_shape_merge(merged, &s, merged))
            return leat_infer_fail(c, "dimensions of inputs should match along all but axis %d", axis);
    }
    merged->dims[axis] = sum;
    c->out[0] = *merged;
    return LEAT_OK;
}

static leat_status concat_shape(leat_infer *c)
{
    bool first = axis_is_first(c->op);
    uint32_t n = c->op->n_inputs - 1;
    leat_shape merged = {0};
    for (uint32_t i = 0; i < n; i++)
        if (leat_shape_rank(c->in[i + first]) >= 0) {
            leat_shape ranked = leat_shape_ranked(leat_shape_rank(c->in[i + first]));
            if (!leat_shape_merge(&merged, &ranked, &merged))
                return leat_infer_fail(c, "the inputs' ranks differ");
        }
    leat_tensor *axis_value = leat_infer_value(c, first ? 0 : (int)n);
    int rank = leat_shape_rank(&merged), axis = 0;
    bool known = axis_value != NULL && axis_value->elements == 1;
    int64_t asked = known ? leat_index_at(axis_value, 0) : 0;
    leat_tensor_unref(axis_value);
    if (rank < 0 || !known) {
        c->out[0] = merged;
        return LEAT_OK;
    }
    if (!leat_axis_normal(asked, rank, &axis))
        return leat_infer_fail(c, "axis %lld is out of range for rank %d", (long long)asked, rank);
    return concat_static_axis(c, first, &merged, axis);
}

/* Each input's slice of the gradient. The static sizes along a static axis give a SplitV; else offsets are computed. */
static void concat_grad_of(leat_grad *g, uint32_t first, uint32_t n, leat_out axis)
{
    if (n == 1) {
        g->dx[first] = g->dy[0];
        return;
    }
    leat_op *shapes = leat_raw_shape_n((leat_out_list){g->op->inputs + first, n});
    if (shapes == NULL)
        return;
    leat_out *list = leat_alloc_zero(n, sizeof *list);
    if (list == NULL)
        return;
    for (uint32_t i = 0; i < n; i++)
        list[i] = (leat_out){shapes, (int)i};
    leat_out rank = leat_raw_rank(leat_grad_in(g, (int)first));
    if (leat_out_dtype(axis) != LEAT_INT32)
        axis = leat_raw_cast(axis, LEAT_INT32);
    leat_op *offsets = leat_raw_concat_offset(leat_raw_floor_mod(axis, rank), (leat_out_list){list, n});
    for (uint32_t i = 0; i < n && offsets != NULL; i++)
        g->dx[first + i] = leat_raw_slice(g->dy[0], leat_op_output(offsets, (int)i), list[i]);
    leat_free(list);
}
static void concat_grad(leat_grad *g)
{
    concat_grad_of(g, 1, g->op->n_inputs - 1, leat_grad_in(g, 0));
}
static void concat_v2_grad(leat_grad *g)
{
    uint32_t n = g->op->n_inputs - 1;
    concat_grad_of(g, 0, n, leat_grad_in(g, (int)n));
}

const leat_op_def leat_op_Concat =
    LEAT_OP("Concat(concat_dim: int32, values: N * T) -> output: T; N: int >= 2; T: type",
            .doc = "The values one after the other along a dimension.", .shape = concat_shape,
            .kernels = {{concat_kernel}}, .gradient = concat_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_ConcatV2 = LEAT_OP(
    "ConcatV2(values: N * T, axis: Tidx) -> output: T; N: int >= 1; T: type; Tidx: {int32, int64} = int32",
    .doc = "The values one after the other along an axis.", .shape = concat_shape,
    .kernels = {{concat_kernel}}, .gradient = concat_v2_grad, .cost = leat_cost_moves);

LEAT_ROW(Concat, "(int32[] 1, [double[2,1] 1 2, double[2,2] 3 4 5 6]) -> double[2,3] 1 3 4 2 5 6");
LEAT_ROW(ConcatV2, "([double[2,1] 1 2, double[2,2] 3 4 5 6], int32[] 1) -> double[2,3] 1 3 4 2 5 6");
LEAT_ROW(ConcatV2, "([double[1,2] 1 2, double[2,2] 3 4 5 6], int64[] -2) -> double[3,2] 1 2 3 4 5 6");
LEAT_ROW(ConcatV2, "([string[1] 'a', string[0], string[2] 'b' 'c'], int32[] 0) -> string[3] 'a' 'b' 'c'");
LEAT_ROW(ConcatV2, "([int8[2] 1 2], int32[] 0) -> int8[2] 1 2");
LEAT_ROW(ConcatV2, "([float[2,3] 0..1, float[3,3] 0..1], int32[] 1) fails ''");
LEAT_ROW(ConcatV2, "([float[2,3] 0..1, float[0]], int32[] 1) fails ''");
LEAT_ROW(ConcatV2, "([float[2,3] 0..1, float[2,3] 0..1], int32[] 2) fails 'out of range'");
LEAT_ROW(ConcatV2, "([float[1] 1, float[1] 2], int32[1] 0) nograd -> float[2] 1 2");
LEAT_ROW(ConcatV2, "([float[1] 1, float[1] 2], int32[1,1] 0) fails 'axis must be a scalar'");

/* ---- ConcatOffset ---- */

static leat_status concat_offset_kernel(leat_kernel *k)
{
    uint32_t n = k->n_in - 1;
    int64_t rank = k->in[1]->elements;
    int axis;
    LEAT_TRY(leat_kernel_want_scalar(k, 0, "concat_dim"));
    LEAT_TRY(leat_kernel_axis(k, k->in[0], (int)rank, &axis));
    int64_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        const leat_tensor *s = k->in[i + 1];
        if (leat_shape_rank(&s->shape) != 1 || s->elements != rank)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the shapes must be vectors of one length");
        LEAT_TRY(leat_out_new(k, (int)i, &s->shape));
        for (int64_t d = 0; d < rank; d++) {
            if (d != axis && leat_index_at(s, d) != leat_index_at(k->in[1], d))
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                        "All dimensions except %d must match. Input %u has dimension %lld",
                                        axis, i, (long long)leat_index_at(s, d));
            leat_index_put(&k->out[i], d, d == axis ? at : 0);
        }
        at += leat_index_at(s, axis);
    }
    return LEAT_OK;
}

static leat_status concat_offset_shape(leat_infer *c)
{
    for (uint32_t i = 1; i < c->op->n_inputs; i++)
        c->out[i - 1] = *c->in[i];
    return LEAT_OK;
}

const leat_op_def leat_op_ConcatOffset = LEAT_OP(
    "ConcatOffset(concat_dim: int32, shape: N * shape_type) -> offset: N * shape_type; N: int >= 2; shape_type: {int32, "
    "int64} = int32",
    .doc = "Where each input of a Concat begins in its output.", .shape = concat_offset_shape,
    .kernels = {{concat_offset_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ConcatOffset, "(int32[] 1, [int32[2] 2 3, int32[2] 2 4]) -> int32[2] 0 0, int32[2] 0 3");
LEAT_ROW(ConcatOffset, "(int32[] 1, [int32[2] 2 3, int32[2] 3 4]) fails ''");
LEAT_ROW(ConcatOffset, "(int32[1] 0, [int32[1] 2, int32[1] 3]) fails 'concat_dim must be a scalar'");

/* ---- Pack ---- */

static leat_status pack_kernel(leat_kernel *k)
{
    const leat_shape *s = &k->in[0]->shape;
    int rank = leat_shape_rank(s), axis;
    char a[128], b[128];
    if (!leat_axis_normal(leat_attr_int(k->op, "axis"), rank + 1, &axis) || rank == LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is out of range for rank %d",
                                (long long)leat_attr_int(k->op, "axis"), rank + 1);
    for (uint32_t i = 1; i < k->n_in; i++)
        if (!leat_shape_equal(*s, k->in[i]->shape))
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT, "Shapes of all inputs must match: %s and (input %u) %s",
                leat_shape_print(*s, a, sizeof a), i, leat_shape_print(k->in[i]->shape, b, sizeof b));
    leat_shape out = {.rank_plus_1 = rank + 2};
    for (int d = 0; d <= rank; d++)
        out.dims[d] = d == axis ? (int64_t)k->n_in : s->dims[d < axis ? d : d - 1];
    LEAT_TRY(leat_out_new(k, 0, &out));
    int64_t outer = leat_dims_product(s, 0, axis), run = leat_dims_product(s, axis, rank);
    for (uint32_t i = 0; i < k->n_in; i++) {
        char *to = (char *)k->out[0].data + (size_t)(i * run) * leat_dtype_bytes(k->out[0].dtype);
        LEAT_TRY(leat_copy_rows(k, k->out[0].dtype, to, run * k->n_in, k->in[i]->data, run, outer, run));
    }
    return LEAT_OK;
}

static leat_status pack_shape(leat_infer *c)
{
    leat_shape s = {0};
    int axis;
    for (uint32_t i = 0; i < c->op->n_inputs; i++)
        if (!leat_shape_merge(&s, c->in[i], &s))
            return leat_infer_fail(c, "Shapes of all inputs must match");
    int rank = leat_shape_rank(&s);
    if (rank < 0)
        return LEAT_OK;
    if (!leat_axis_normal(leat_attr_int(c->op, "axis"), rank + 1, &axis) || rank == LEAT_MAX_RANK)
        return leat_infer_fail(c, "axis %lld is out of range for rank %d",
                               (long long)leat_attr_int(c->op, "axis"), rank + 1);
    c->out[0].rank_plus_1 = rank + 2;
    for (int d = 0; d <= rank; d++)
        c->out[0].dims[d] = d == axis ? (int64_t)c->op->n_inputs : s.dims[d < axis ? d : d - 1];
    return LEAT_OK;
}

static void pack_grad(leat_grad *g)
{
    leat_op *parts =
        leat_raw_unpack(g->dy[0], (int64_t)g->op->n_inputs, .axis = leat_attr_int(g->op, "axis"));
    for (uint32_t i = 0; i < g->op->n_inputs && parts != NULL; i++)
        g->dx[i] = (leat_out){parts, (int)i};
}

const leat_op_def leat_op_Pack =
    LEAT_OP("Pack(values: N * T) -> output: T; N: int >= 1; T: type; axis: int = 0",
            .doc = "The values along a new axis.", .shape = pack_shape, .kernels = {{pack_kernel}},
            .gradient = pack_grad, .cost = leat_cost_moves);

LEAT_ROW(Pack, "([double[2] 1 2, double[2] 3 4]) -> double[2,2] 1 2 3 4");
LEAT_ROW(Pack, "([double[2] 1 2, double[2] 3 4, double[2] 5 6]) {axis: -1} -> double[2,3] 1 3 5 2 4 6");
LEAT_ROW(Pack, "([int32[] 1, int32[] 2]) -> int32[2] 1 2");
LEAT_ROW(Pack, "([string[1] 'a', string[1] 'b']) {axis: 1} -> string[1,2] 'a' 'b'");
LEAT_ROW(Pack, "([string[1] 'a\x00\xff', string[1] '\x00']) -> string[2,1] 'a\x00\xff' '\x00'");
LEAT_ROW(Pack, "([float[2] 1 2, float[3] 1 2 3]) fails 'must match'");
LEAT_ROW(Pack, "([float[2] 1 2]) {axis: 2} fails 'out of range'");

/* ---- Unpack ---- */

static leat_status unpack_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape), axis;
    if (!leat_axis_normal(leat_attr_int(k->op, "axis"), rank, &axis))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is out of range for rank %d",
                                (long long)leat_attr_int(k->op, "axis"), rank);
    if (x->shape.dims[axis] != (int64_t)k->n_out)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Input shape axis %d must equal %u, got %lld",
                                axis, k->n_out, (long long)x->shape.dims[axis]);
    leat_shape out = {.rank_plus_1 = rank};
    for (int d = 0; d < rank - 1; d++)
        out.dims[d] = x->shape.dims[d < axis ? d : d + 1];
    int64_t outer = leat_dims_product(&x->shape, 0, axis), run = leat_dims_product(&x->shape, axis + 1, rank);
    for (uint32_t i = 0; i < k->n_out; i++) {
        LEAT_TRY(leat_out_new(k, (int)i, &out));
        const char *from = (const char *)x->data + (size_t)(i * run) * leat_dtype_bytes(x->dtype);
        LEAT_TRY(leat_copy_rows(k, x->dtype, k->out[i].data, run, from, run * k->n_out, outer, run));
    }
    return LEAT_OK;
}

static leat_status unpack_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]), axis;
    if (rank < 0)
        return LEAT_OK;
    if (!leat_axis_normal(leat_attr_int(c->op, "axis"), rank, &axis))
        return leat_infer_fail(c, "axis %lld is out of range for rank %d",
                               (long long)leat_attr_int(c->op, "axis"), rank);
    int64_t size = c->in[0]->dims[axis];
    if (size >= 0 && size != leat_attr_int(c->op, "num"))
        return leat_infer_fail(c, "axis %d has %lld elements, not %lld", axis, (long long)size,
                               (long long)leat_attr_int(c->op, "num"));
    for (uint32_t i = 0; i < c->op->n_outputs; i++) {
        c->out[i].rank_plus_1 = rank;
        for (int d = 0; d < rank - 1; d++)
            c->out[i].dims[d] = c->in[0]->dims[d < axis ? d : d + 1];
    }
    return LEAT_OK;
}

/* Gradients of all outputs of a splitting op, zeros where nothing flows. */
static leat_out *all_dy(leat_grad *g)
{
    leat_out *list = leat_alloc_zero(g->op->n_outputs, sizeof *list);
    for (uint32_t i = 0; i < g->op->n_outputs && list != NULL; i++)
        list[i] = leat_grad_dy(g, (int)i);
    return list;
}

static void unpack_grad(leat_grad *g)
{
    leat_out *list = all_dy(g);
    if (list != NULL && g->op->n_outputs > 0)
        g->dx[0] =
            leat_raw_pack(((leat_out_list){list, g->op->n_outputs}), .axis = leat_attr_int(g->op, "axis"));
    leat_free(list);
}

const leat_op_def leat_op_Unpack =
    LEAT_OP("Unpack(value: T) -> output: num * T; num: int >= 0; T: type; axis: int = 0",
            .doc = "The slices along an axis, without it.", .shape = unpack_shape,
            .kernels = {{unpack_kernel}}, .gradient = unpack_grad, .cost = leat_cost_moves);

LEAT_ROW(Unpack, "(double[2,2] 1 2 3 4) {num: 2} -> double[2] 1 2, double[2] 3 4");
LEAT_ROW(Unpack, "(double[2,2] 1 2 3 4) {num: 2; axis: -1} -> double[2] 1 3, double[2] 2 4");
LEAT_ROW(Unpack, "(string[2] 'a' 'b') {num: 2} -> string[] 'a', string[] 'b'");
LEAT_ROW(Unpack, "(float[3] 1 2 3) {num: 2} fails ''");

/* ---- Split and SplitV ---- */

static leat_status split_rows(leat_kernel *k, const leat_tensor *x, int axis, const int64_t *sizes)
{
    leat_shape out = x->shape;
    int rank = leat_shape_rank(&x->shape);
    int64_t outer = leat_dims_product(&out, 0, axis), rest = leat_dims_product(&out, axis + 1, rank), at = 0;
    int64_t row = x->shape.dims[axis] * rest;
    for (uint32_t i = 0; i < k->n_out; i++) {
        out.dims[axis] = sizes != NULL ? sizes[i] : x->shape.dims[axis] / k->n_out;
        int64_t run = out.dims[axis] * rest;
        LEAT_TRY(leat_out_new(k, (int)i, &out));
        const char *from = (const char *)x->data + (size_t)at * leat_dtype_bytes(x->dtype);
        LEAT_TRY(leat_copy_rows(k, x->dtype, k->out[i].data, run, from, row, outer, run));
        at += run;
    }
    return LEAT_OK;
}

static leat_status split_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[1];
    int axis;
    LEAT_TRY(leat_kernel_want_scalar(k, 0, "split_dim"));
    LEAT_TRY(leat_kernel_axis(k, k->in[0], leat_shape_rank(&x->shape), &axis));
    if (x->shape.dims[axis] % k->n_out != 0)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "Number of ways to split should evenly divide the split dimension, but got split_dim %d "
            "(size = %lld) and num_split %u",
            axis, (long long)x->shape.dims[axis], k->n_out);
    return split_rows(k, x, axis, NULL);
}

/* sizes[i] >= 0 but for one -1, which takes the rest; together the dimension. */
static const char *resolve_sizes(int64_t *sizes, int64_t n, int64_t dim)
{
    int64_t sum = 0, rest = -1;
    for (int64_t i = 0; i < n; i++) {
        if (sizes[i] == -1 && rest < 0)
            rest = i;
        else if (sizes[i] < 0)
            return "Split sizes must be >= 0, with one -1 at most";
        else if (__builtin_add_overflow(sum, sizes[i], &sum))
            return "the split sizes are too large";
    }
    if (rest >= 0 ? sum > dim : sum != dim)
        return "Split sizes must sum up to the dimension";
    if (rest >= 0)
        sizes[rest] = dim - sum;
    return NULL;
}

static leat_status split_v_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *splits = k->in[1];
    int axis;
    LEAT_TRY(leat_kernel_axis(k, k->in[2], leat_shape_rank(&x->shape), &axis));
    if (leat_shape_rank(&splits->shape) != 1 || splits->elements != (int64_t)k->n_out)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "size_splits must be a vector of %u sizes",
                                k->n_out);
    int64_t *sizes = leat_scratch(k, k->n_out * sizeof *sizes);
    if (sizes == NULL)
        return leat_fail_memory(k->n_out * sizeof *sizes);
    for (uint32_t i = 0; i < k->n_out; i++)
        sizes[i] = leat_index_at(splits, i);
    const char *reason = resolve_sizes(sizes, k->n_out, x->shape.dims[axis]);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s (split_dim %d, size %lld)", reason, axis,
                                (long long)x->shape.dims[axis]);
    return split_rows(k, x, axis, sizes);
}

/* The static axis of input i, or -1: then outputs have unknown dimensions of x's rank. */
static leat_status split_axis(leat_infer *c, int i, const leat_shape *x, int *axis)
{
    int rank = leat_shape_rank(x);
    *axis = -1;
    if (rank < 0)
        return LEAT_OK;
    for (uint32_t o = 0; o < c->op->n_outputs; o++)
        c->out[o] = leat_shape_ranked(rank);
    leat_tensor *value = leat_infer_value(c, i);
    if (value == NULL)
        return LEAT_OK;
    int64_t asked = value->elements == 1 ? leat_index_at(value, 0) : INT64_MAX;
    leat_tensor_unref(value);
    if (!leat_axis_normal(asked, rank, axis))
        return leat_infer_fail(c, "the axis is out of range for rank %d", rank);
    return LEAT_OK;
}

static leat_status split_shape(leat_infer *c)
{
    const leat_shape *x = c->in[1];
    int axis;
    LEAT_TRY(split_axis(c, 0, x, &axis));
    if (axis < 0)
        return LEAT_OK;
    int64_t n = leat_attr_int(c->op, "num_split"), size = x->dims[axis];
    if (size >= 0 && size % n != 0)
        return leat_infer_fail(c, "dimension %lld is not divisible by %lld", (long long)size, (long long)n);
    for (uint32_t o = 0; o < c->op->n_outputs; o++) {
        c->out[o] = *x;
        c->out[o].dims[axis] = size < 0 ? -1 : size / n;
    }
    return LEAT_OK;
}

/* Outputs' dimensions by constant sizes; where the dimension is not known, neither is a size of -1. */
static leat_status set_split_sizes(leat_infer *c, const leat_tensor *splits, int axis)
{
    uint32_t n = c->op->n_outputs;
    int64_t dim = c->in[0]->dims[axis], *sizes = leat_alloc(n * sizeof *sizes);
    const char *reason = NULL;
    if (sizes == NULL)
        return leat_fail_memory(n * sizeof *sizes);
    for (uint32_t o = 0; o < n; o++)
        sizes[o] = leat_index_at(splits, o);
    if (dim >= 0)
        reason = resolve_sizes(sizes, n, dim);
    for (uint32_t o = 0; o < n && reason == NULL; o++)
        c->out[o].dims[axis] = LEAT_MAX(sizes[o], -1);
    leat_free(sizes);
    if (reason != NULL)
        return leat_infer_fail(c, "%s (split_dim %d, size %lld)", reason, axis, (long long)dim);
    return LEAT_OK;
}

static leat_status split_v_shape(leat_infer *c)
{
    const leat_shape *x = c->in[0];
    leat_status status = LEAT_OK;
    int axis;
    LEAT_TRY(split_axis(c, 2, x, &axis));
    if (axis < 0)
        return LEAT_OK;
    for (uint32_t o = 0; o < c->op->n_outputs; o++) {
        c->out[o] = *x;
        c->out[o].dims[axis] = -1;
    }
    leat_tensor *splits = leat_infer_value(c, 1);
    if (splits != NULL && splits->elements == (int64_t)c->op->n_outputs)
        status = set_split_sizes(c, splits, axis);
    leat_tensor_unref(splits);
    return status;
}

static void split_grad(leat_grad *g)
{
    leat_out *list = all_dy(g);
    if (list != NULL)
        g->dx[1] = leat_raw_concat_v2(((leat_out_list){list, g->op->n_outputs}), leat_grad_in(g, 0));
    leat_free(list);
}
static void split_v_grad(leat_grad *g)
{
    leat_out *list = all_dy(g);
    if (list != NULL)
        g->dx[0] = leat_raw_concat_v2(((leat_out_list){list, g->op->n_outputs}), leat_grad_in(g, 2));
    leat_free(list);
}

const leat_op_def leat_op_Split =
    LEAT_OP("Split(split_dim: int32, value: T) -> output: num_split * T; num_split: int >= 1; T: type",
            .doc = "The value cut into equal parts along a dimension.", .shape = split_shape,
            .kernels = {{split_kernel}}, .gradient = split_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_SplitV = LEAT_OP(
    "SplitV(value: T, size_splits: Tlen, split_dim: int32) -> output: num_split * T; num_split: int >= 1; T: "
    "type; Tlen: {int32, int64} = int64",
    .doc = "The value cut into parts of these sizes along a dimension; one size may be -1.",
    .shape = split_v_shape, .kernels = {{split_v_kernel}}, .gradient = split_v_grad, .cost = leat_cost_moves);

LEAT_ROW(Split, "(int32[] 1, double[2,2] 1 2 3 4) {num_split: 2} -> double[2,1] 1 3, double[2,1] 2 4");
LEAT_ROW(Split, "(int32[] -2, double[2,2] 1 2 3 4) {num_split: 2} -> double[1,2] 1 2, double[1,2] 3 4");
LEAT_ROW(Split, "(int32[] 0, float[3] 1 2 3) {num_split: 2} fails ''");
LEAT_ROW(Split, "(int32[1] 0, float[2] 1 2) {num_split: 2} fails 'split_dim must be a scalar'");
LEAT_ROW(
    SplitV,
    "(double[3,2] 1 2 3 4 5 6, int64[2] 1 -1, int32[] 0) {num_split: 2} -> double[1,2] 1 2, double[2,2] 3 4 5 6");
LEAT_ROW(SplitV,
         "(string[2] 'a' 'b', int32[2] 2 0, int32[] 0) {num_split: 2} -> string[2] 'a' 'b', string[0]");
LEAT_ROW(SplitV, "(float[3] 1 2 3, int32[2] -2 5, int32[] 0) {num_split: 2} fails 'Split sizes'");
LEAT_ROW(SplitV, "(float[3] 1 2 3, int32[2] 1 1, int32[] 0) {num_split: 2} fails 'sum up'");
LEAT_ROW(SplitV, "(float[2] 1 2, int32[2] 1 1, int32[1] 0) {num_split: 2} -> float[1] 1, float[1] 2");
