/* space.c - SpaceToBatch, BatchToSpace, SpaceToDepth, DepthToSpace. */
#include "ops/strided-private.h"
#include "ops/grad-private.h"

/* ---- batch: [B, S1..Sm, rest] <-> [B * prod(block), S1/b1..Sm/bm, rest] ---- */

struct blocks {
    int m;
    int64_t block[LEAT_MAX_RANK], before[LEAT_MAX_RANK], after[LEAT_MAX_RANK];
    int64_t product;
};

static const char *read_blocks(struct blocks *b, const leat_tensor *block, const leat_tensor *pads, int rank)
{
    if (leat_shape_rank(&block->shape) != 1 || block->elements + 1 > rank)
        return "block_shape must be a vector shorter than the input's rank";
    b->m = (int)block->elements;
    b->product = 1;
    if (leat_shape_rank(&pads->shape) != 2 || pads->shape.dims[0] != b->m || pads->shape.dims[1] != 2)
        return "paddings or crops must have the shape [length of block_shape, 2]";
    for (int i = 0; i < b->m; i++) {
        b->block[i] = leat_index_at(block, i);
        b->before[i] = leat_index_at(pads, 2 * i);
        b->after[i] = leat_index_at(pads, 2 * i + 1);
        if (b->block[i] < 1 || __builtin_mul_overflow(b->product, b->block[i], &b->product))
            return "block sizes must be positive";
        if (b->before[i] < 0 || b->after[i] < 0)
            return "paddings and crops must be non-negative";
    }
    return NULL;
}

/* The other shape; dimensions of -1 stay unknown. */
static const char *space_to_batch_dims(const struct blocks *b, const leat_shape *in, leat_shape *out)
{
    *out = *in;
    if (in->dims[0] >= 0 && __builtin_mul_overflow(in->dims[0], b->product, &out->dims[0]))
        return "the batch is too large";
    for (int i = 0; i < b->m; i++) {
        int64_t size = in->dims[i + 1];
        if (size < 0)
            continue;
        if (__builtin_add_overflow(size, b->before[i], &size) ||
            __builtin_add_overflow(size, b->after[i], &size))
            return "the paddings are too large";
        if (size % b->block[i] != 0)
            return "padded dimensions must be divisible by the block size";
        out->dims[i + 1] = size / b->block[i];
    }
    return NULL;
}

static const char *batch_to_space_dims(const struct blocks *b, const leat_shape *in, leat_shape *out)
{
    *out = *in;
    if (in->dims[0] >= 0) {
        if (in->dims[0] % b->product != 0)
            return "the batch must be divisible by the product of the block sizes";
        out->dims[0] = in->dims[0] / b->product;
    }
    for (int i = 0; i < b->m; i++) {
        if (in->dims[i + 1] < 0)
            continue;
        int64_t size;
        if (__builtin_mul_overflow(in->dims[i + 1], b->block[i], &size))
            return "the dimensions are too large";
        if (b->before[i] > size || b->after[i] > size - b->before[i])
            return "the crops are larger than the dimension";
        out->dims[i + 1] = size - b->before[i] - b->after[i];
    }
    return NULL;
}

/* Copies between the spatial tensor (`space`) and the batched one. */
static leat_status copy_blocks(const struct blocks *b, leat_dtype dtype, const leat_shape *space,
                               char *space_data, const leat_shape *batched, char *batched_data, bool to_batch)
{
    size_t bytes = leat_dtype_bytes(dtype);
    int rank = leat_shape_rank(space);
    int64_t run = leat_dims_product(space, b->m + 1, rank), rows = leat_dims_product(batched, 0, b->m + 1);
    for (int64_t row = 0; row < rows && run > 0; row++) {
        int64_t left = row, position[LEAT_MAX_RANK] = {0}, to = 0;
        bool inside = true;
        for (int d = b->m; d >= 0; d--) {
            position[d] = left % batched->dims[d];
            left /= batched->dims[d];
        }
        int64_t offset = position[0] / space->dims[0], at = position[0] % space->dims[0];
        for (int i = b->m - 1; i >= 0; i--) {
            int64_t p = position[i + 1] * b->block[i] + offset % b->block[i] - b->before[i];
            offset /= b->block[i];
            inside = inside && p >= 0 && p < space->dims[i + 1];
            position[i + 1] = p;
        }
        if (!inside)
            continue;
        to = at;
        for (int i = 0; i < b->m; i++)
            to = to * space->dims[i + 1] + position[i + 1];
        char *s = space_data + (size_t)(to * run) * bytes, *t = batched_data + (size_t)(row * run) * bytes;
        LEAT_TRY(leat_copy_elements(dtype, to_batch ? t : s, to_batch ? s : t, run));
    }
    return LEAT_OK;
}

static leat_status run_blocks(leat_kernel *k, const struct blocks *b, const char *reason, bool to_batch)
{
    static const char zero[sizeof(leat_string)];
    const leat_tensor *x = k->in[0];
    leat_shape out;
    char text[128];
    if (reason == NULL)
        reason = to_batch ? space_to_batch_dims(b, &x->shape, &out) : batch_to_space_dims(b, &x->shape, &out);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s; the input's shape is %s", reason,
                                leat_shape_print(x->shape, text, sizeof text));
    LEAT_TRY(leat_out_fill(k, &out, zero)); /* padding */
    if (x->elements == 0 || k->out[0].elements == 0)
        return LEAT_OK;
    return to_batch ? copy_blocks(b, x->dtype, &x->shape, x->data, &out, k->out[0].data, true)
                    : copy_blocks(b, x->dtype, &out, k->out[0].data, &x->shape, x->data, false);
}

static leat_status space_to_batch_nd_kernel(leat_kernel *k)
{
    struct blocks b = {0};
    const char *reason = read_blocks(&b, k->in[1], k->in[2], leat_shape_rank(&k->in[0]->shape));
    return run_blocks(k, &b, reason, true);
}
static leat_status batch_to_space_nd_kernel(leat_kernel *k)
{
    struct blocks b = {0};
    const char *reason = read_blocks(&b, k->in[1], k->in[2], leat_shape_rank(&k->in[0]->shape));
    return run_blocks(k, &b, reason, false);
}

static leat_status infer_blocks(leat_infer *c, bool to_batch)
{
    int rank = leat_shape_rank(c->in[0]);
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    LEAT_TRY(leat_infer_want_rank(c, 2, 2));
    if (rank < 0)
        return LEAT_OK;
    c->out[0] = leat_shape_ranked(rank);
    leat_tensor *block = leat_infer_value(c, 1), *pads = leat_infer_value(c, 2);
    const char *reason = NULL;
    if (block != NULL && pads != NULL) {
        struct blocks b;
        reason = read_blocks(&b, block, pads, rank);
        if (reason == NULL)
            reason = to_batch ? space_to_batch_dims(&b, c->in[0], &c->out[0])
                              : batch_to_space_dims(&b, c->in[0], &c->out[0]);
    }
    leat_tensor_unref(block);
    leat_tensor_unref(pads);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}
static leat_status space_to_batch_nd_shape(leat_infer *c)
{
    return infer_blocks(c, true);
}
static leat_status batch_to_space_nd_shape(leat_infer *c)
{
    return infer_blocks(c, false);
}

static void space_to_batch_nd_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_batch_to_space_nd(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2));
}
static void batch_to_space_nd_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_space_to_batch_nd(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2));
}

const leat_op_def leat_op_SpaceToBatchND = LEAT_OP(
    "SpaceToBatchND(input: T, block_shape: Tblock_shape, paddings: Tpaddings) -> output: T; T: type; Tblock_shape: "
    "{int32, int64} = int32; Tpaddings: {int32, int64} = int32",
    .doc = "Pads with zeros, then moves blocks of the spatial dimensions into the batch.",
    .shape = space_to_batch_nd_shape, .kernels = {{space_to_batch_nd_kernel}},
    .gradient = space_to_batch_nd_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_BatchToSpaceND = LEAT_OP(
    "BatchToSpaceND(input: T, block_shape: Tblock_shape, crops: Tcrops) -> output: T; T: type; Tblock_shape: {int32, "
    "int64} = int32; Tcrops: {int32, int64} = int32",
    .doc = "The inverse of SpaceToBatchND: moves the batch into blocks, then crops.",
    .shape = batch_to_space_nd_shape, .kernels = {{batch_to_space_nd_kernel}},
    .gradient = batch_to_space_nd_grad, .cost = leat_cost_moves);

LEAT_ROW(SpaceToBatchND,
         "(double[1,2,2,1] 1 2 3 4, int32[2] 2 2, int32[2,2] 0 0 0 0) -> double[4,1,1,1] 1 2 3 4");
LEAT_ROW(SpaceToBatchND, "(double[1,3] 1 2 3, int32[1] 2, int64[1,2] 1 0) -> double[2,2] 0 2 1 3");
LEAT_ROW(SpaceToBatchND, "(float[1,3] 1 2 3, int32[1] 2, int32[1,2] 0 0) fails 'divisible'");
LEAT_ROW(SpaceToBatchND, "(float[1,4] 1 2 3 4, int32[1] 0, int32[1,2] 0 0) fails 'positive'");
LEAT_ROW(BatchToSpaceND,
         "(double[4,1,1,1] 1 2 3 4, int32[2] 2 2, int32[2,2] 0 0 0 0) -> double[1,2,2,1] 1 2 3 4");
LEAT_ROW(BatchToSpaceND, "(double[2,2] 0 2 1 3, int64[1] 2, int32[1,2] 1 0) -> double[1,3] 1 2 3");
LEAT_ROW(BatchToSpaceND, "(float[3,2] 0..1, int32[1] 2, int32[1,2] 0 0) fails 'divisible'");

/* ---- the old ops: one block size, two spatial dimensions ---- */

static const char *square_blocks(struct blocks *b, const leat_op *op, const leat_tensor *pads,
                                 const leat_shape *in)
{
    int32_t sizes[2];
    leat_tensor block = {.dtype = LEAT_INT32, .shape = leat_shape_1d(2), .elements = 2, .data = sizes};
    int64_t size = leat_attr_int(op, "block_size");
    if (leat_shape_rank(in) != 4)
        return "the input must have 4 dimensions";
    if (size < 2 || size > INT32_MAX)
        return "block_size must be at least 2";
    sizes[0] = sizes[1] = (int32_t)size;
    return read_blocks(b, &block, pads, 4);
}
static leat_status space_to_batch_kernel(leat_kernel *k)
{
    struct blocks b = {0};
    return run_blocks(k, &b, square_blocks(&b, k->op, k->in[1], &k->in[0]->shape), true);
}
static leat_status batch_to_space_kernel(leat_kernel *k)
{
    struct blocks b = {0};
    return run_blocks(k, &b, square_blocks(&b, k->op, k->in[1], &k->in[0]->shape), false);
}
static leat_status square_shape(leat_infer *c)
{
    struct blocks b;
    bool to_batch = strcmp(c->op->type->name, "SpaceToBatch") == 0;
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    LEAT_TRY(leat_infer_want_rank(c, 1, 2));
    c->out[0] = leat_shape_ranked(4);
    leat_tensor *pads = leat_shape_rank(c->in[0]) == 4 ? leat_infer_value(c, 1) : NULL;
    if (pads == NULL)
        return LEAT_OK;
    const char *reason = square_blocks(&b, c->op, pads, c->in[0]);
    if (reason == NULL)
        reason = to_batch ? space_to_batch_dims(&b, c->in[0], &c->out[0])
                          : batch_to_space_dims(&b, c->in[0], &c->out[0]);
    leat_tensor_unref(pads);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}
static void space_to_batch_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_batch_to_space(g->dy[0], leat_grad_in(g, 1), leat_attr_int(g->op, "block_size"));
}
static void batch_to_space_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_space_to_batch(g->dy[0], leat_grad_in(g, 1), leat_attr_int(g->op, "block_size"));
}

const leat_op_def leat_op_SpaceToBatch = LEAT_OP(
    "SpaceToBatch(input: T, paddings: Tpaddings) -> output: T; T: type; Tpaddings: {int32, int64} = int32; block_size: "
    "int >= 2",
    .doc = "SpaceToBatchND of images with a square block.", .shape = square_shape,
    .kernels = {{space_to_batch_kernel}}, .gradient = space_to_batch_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_BatchToSpace = LEAT_OP(
    "BatchToSpace(input: T, crops: Tidx) -> output: T; T: type; block_size: int >= 2; Tidx: {int32, int64} = int32",
    .doc = "BatchToSpaceND of images with a square block.", .shape = square_shape,
    .kernels = {{batch_to_space_kernel}}, .gradient = batch_to_space_grad, .cost = leat_cost_moves);

LEAT_ROW(SpaceToBatch,
         "(double[1,2,2,1] 1 2 3 4, int32[2,2] 0 0 0 0) {block_size: 2} -> double[4,1,1,1] 1 2 3 4");
LEAT_ROW(BatchToSpace,
         "(double[4,1,1,1] 1 2 3 4, int32[2,2] 0 0 0 0) {block_size: 2} -> double[1,2,2,1] 1 2 3 4");

/* ---- depth: blocks of the image into channels and back ---- */

/* The two tensors as one of six dimensions, in the order of the spatial tensor: (N, H, by, W, bx, C). */
struct depth {
    int64_t n, h, w, c, b; /* of the deep tensor's height and width, and channels of the spatial one */
    bool nchw;
};

static const char *measure_depth(struct depth *d, const leat_op *op, const leat_shape *in, bool to_depth,
                                 leat_shape *out)
{
    d->b = leat_attr_int(op, "block_size");
    d->nchw = strcmp(leat_attr_string(op, "data_format"), "NCHW") == 0;
    if (leat_shape_rank(in) != 4)
        return "the input must have 4 dimensions";
    int64_t n = in->dims[0], h = in->dims[d->nchw ? 2 : 1], w = in->dims[d->nchw ? 3 : 2],
            c = in->dims[d->nchw ? 1 : 3];
    int64_t area = d->b * d->b;
    if (d->b > INT32_MAX)
        return "block_size is too large";
    if (to_depth ? (h >= 0 && h % d->b != 0) || (w >= 0 && w % d->b != 0) : c >= 0 && c % area != 0)
        return to_depth ? "height and width must be divisible by block_size"
                        : "depth must be divisible by block_size^2";
    *d = (struct depth){n,
                        to_depth && h >= 0 ? h / d->b : h,
                        to_depth && w >= 0 ? w / d->b : w,
                        !to_depth && c >= 0 ? c / area : c,
                        d->b,
                        d->nchw};
    int64_t oh = to_depth || d->h < 0 ? d->h : 0, ow = to_depth || d->w < 0 ? d->w : 0,
            oc = to_depth && d->c >= 0 ? 0 : d->c;
    if ((!to_depth && d->h >= 0 && __builtin_mul_overflow(d->h, d->b, &oh)) ||
        (!to_depth && d->w >= 0 && __builtin_mul_overflow(d->w, d->b, &ow)) ||
        (to_depth && d->c >= 0 && __builtin_mul_overflow(d->c, area, &oc)))
        return "the result is too large";
    *out = d->nchw ? (leat_shape){5, {n, oc, oh, ow}} : (leat_shape){5, {n, oh, ow, oc}};
    return NULL;
}

static leat_status depth_kernel_of(leat_kernel *k, bool to_depth)
{
    const leat_tensor *x = k->in[0];
    struct depth d;
    leat_shape out;
    const char *reason = measure_depth(&d, k->op, &x->shape, to_depth, &out);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    LEAT_TRY(leat_out_new(k, 0, &out));
    /* strides of (n, h, by, w, bx, c) in the spatial and in the deep tensor */
    int64_t H = d.h * d.b, W = d.w * d.b, deep_c = d.c * d.b * d.b;
    int64_t dims[6] = {d.n, d.h, d.b, d.w, d.b, d.c};
    int64_t space_nhwc[6] = {H * W * d.c, d.b * W * d.c, W * d.c, d.b * d.c, d.c, 1};
    int64_t deep_nhwc[6] = {d.h * d.w * deep_c, d.w * deep_c, d.b * d.c, deep_c, d.c, 1};
    int64_t space_nchw[6] = {d.c * H * W, d.b * W, W, d.b, 1, H * W};
    int64_t deep_nchw[6] = {deep_c * d.h * d.w, d.w, d.b * d.c * d.h * d.w, 1, d.c * d.h * d.w, d.h * d.w};
    const int64_t *space = d.nchw ? space_nchw : space_nhwc, *deep = d.nchw ? deep_nchw : deep_nhwc;
    /* the dense side is the output, in its own order of dimensions */
    static const int space_order[2][6] = {{0, 1, 2, 3, 4, 5}, {0, 5, 1, 2, 3, 4}};
    static const int deep_order[2][6] = {{0, 1, 3, 2, 4, 5}, {0, 2, 4, 5, 1, 3}};
    const int *order = to_depth ? deep_order[d.nchw] : space_order[d.nchw];
    leat_strided s = {.rank = 6};
    for (int i = 0; i < 6; i++) {
        s.dims[i] = dims[order[i]];
        s.stride[i] = (to_depth ? space : deep)[order[i]];
    }
    return leat_copy_strided(k, x->dtype, k->out[0].data, x->data, &s, false);
}

static leat_status space_to_depth_kernel(leat_kernel *k)
{
    return depth_kernel_of(k, true);
}
static leat_status depth_to_space_kernel(leat_kernel *k)
{
    return depth_kernel_of(k, false);
}

static leat_status depth_shape(leat_infer *c)
{
    struct depth d;
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    c->out[0] = leat_shape_ranked(4);
    if (leat_shape_rank(c->in[0]) != 4)
        return LEAT_OK;
    const char *reason =
        measure_depth(&d, c->op, c->in[0], strcmp(c->op->type->name, "SpaceToDepth") == 0, &c->out[0]);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}

static void space_to_depth_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_depth_to_space(g->dy[0], leat_attr_int(g->op, "block_size"),
                                       .data_format = leat_attr_string(g->op, "data_format"));
}
static void depth_to_space_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_space_to_depth(g->dy[0], leat_attr_int(g->op, "block_size"),
                                       .data_format = leat_attr_string(g->op, "data_format"));
}

const leat_op_def leat_op_SpaceToDepth = LEAT_OP(
    "SpaceToDepth(input: T) -> output: T; T: type; block_size: int >= 2; data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    .doc = "Moves square blocks of an image into its channels.", .shape = depth_shape,
    .kernels = {{space_to_depth_kernel}}, .gradient = space_to_depth_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_DepthToSpace = LEAT_OP(
    "DepthToSpace(input: T) -> output: T; T: type; block_size: int >= 2; data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    .doc = "Moves channels into square blocks of an image.", .shape = depth_shape,
    .kernels = {{depth_to_space_kernel}}, .gradient = depth_to_space_grad, .cost = leat_cost_moves);

LEAT_ROW(SpaceToDepth, "(double[1,2,2,1] 1 2 3 4) {block_size: 2} -> double[1,1,1,4] 1 2 3 4");
LEAT_ROW(SpaceToDepth,
         "(double[1,2,4,1] 1 2 3 4 5 6 7 8) {block_size: 2} -> double[1,1,2,4] 1 2 5 6 3 4 7 8");
LEAT_ROW(SpaceToDepth, "(double[1,1,2,4] 1 2 3 4 5 6 7 8) {block_size: 2; data_format: 'NCHW'} -> "
                       "double[1,4,1,2] 1 3 2 4 5 7 6 8");
LEAT_ROW(SpaceToDepth, "(float[1,3,2,1] 0..1) {block_size: 2} fails 'divisible'");
LEAT_ROW(DepthToSpace,
         "(double[1,1,1,8] 1 2 3 4 5 6 7 8) {block_size: 2} -> double[1,2,2,2] 1 2 3 4 5 6 7 8");
LEAT_ROW(DepthToSpace,
         "(double[1,1,2,4] 1 2 5 6 3 4 7 8) {block_size: 2} -> double[1,2,4,1] 1 2 3 4 5 6 7 8");
LEAT_ROW(DepthToSpace, "(double[1,4,1,2] 1 3 2 4 5 7 6 8) {block_size: 2; data_format: 'NCHW'} -> "
                       "double[1,1,2,4] 1 2 3 4 5 6 7 8");
LEAT_ROW(DepthToSpace, "(float[1,1,1,3] 0..1) {block_size: 2} fails 'divisible'");
