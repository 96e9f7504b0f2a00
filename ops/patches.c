/* patches.c - ExtractImagePatches: the windows of images, each as the channels of a pixel. */
#include "ops/grad-private.h"

typedef struct patches {
    const leat_tensor *in;
    leat_tensor *out;
    int64_t size[2], stride[2], rate[2], before[2]; /* rows, columns */
} patches;

/* One list attribute: 1, rows, columns, 1. */
static const char *read_list(const leat_op *op, const char *name, int64_t *to)
{
    const int64_t *list;
    if (leat_attr_ints(op, name, &list) != 4 || list[0] != 1 || list[3] != 1)
        return "ksizes, strides and rates must be 1, rows, columns, 1";
    to[0] = list[1];
    to[1] = list[2];
    return to[0] < 1 || to[1] < 1 ? "ksizes, strides and rates must be positive" : NULL;
}

/* Output rows (columns) of `in` ones; sets what padding goes before. */
static int64_t windows(patches *p, const leat_op *op, int64_t in, int axis)
{
    bool same = strcmp(leat_attr_string(op, "padding"), "SAME") == 0;
    int64_t reach = (p->size[axis] - 1) * p->rate[axis] + 1, stride = p->stride[axis];
    if (same) {
        int64_t out = (in + stride - 1) / stride;
        p->before[axis] = LEAT_MAX((out - 1) * stride + reach - in, 0) / 2;
        return out;
    }
    return in < reach ? 0 : (in - reach) / stride + 1;
}

static const char *describe(patches *p, const leat_op *op)
{
    const char *reason = read_list(op, "ksizes", p->size);
    if (reason == NULL)
        reason = read_list(op, "strides", p->stride);
    if (reason == NULL)
        reason = read_list(op, "rates", p->rate);
    for (int i = 0; i < 2 && reason == NULL; i++)
        if (p->size[i] > INT32_MAX || p->rate[i] > INT32_MAX || p->stride[i] > INT32_MAX)
            reason = "ksizes, strides and rates are too large";
    return reason;
}

/* One output row of one image. */
static void patch_row(size_t row, void *arg)
{
    const patches *p = arg;
    const leat_shape *in = &p->in->shape, *out = &p->out->shape;
    int64_t image = (int64_t)row / out->dims[1], y = (int64_t)row % out->dims[1], channels = in->dims[3];
    size_t run = (size_t)channels * leat_dtype_bytes(p->in->dtype);
    char *to =
        (char *)p->out->data + row * (size_t)(out->dims[2] * out->dims[3]) * leat_dtype_bytes(p->in->dtype);
    for (int64_t x = 0; x < out->dims[2]; x++)
        for (int64_t i = 0; i < p->size[0]; i++)
            for (int64_t j = 0; j < p->size[1]; j++, to += run) {
                int64_t r = y * p->stride[0] - p->before[0] + i * p->rate[0];
                int64_t c = x * p->stride[1] - p->before[1] + j * p->rate[1];
                bool inside = r >= 0 && r < in->dims[1] && c >= 0 && c < in->dims[2];
                int64_t pixel = (image * in->dims[1] + r) * in->dims[2] + c;
                if (inside)
                    memcpy(to, (const char *)p->in->data + (size_t)pixel * run, run);
                else
                    memset(to, 0, run);
            }
}

static leat_status patches_kernel(leat_kernel *k)
{
    patches p = {.in = k->in[0], .out = &k->out[0]};
    const leat_shape *in = &k->in[0]->shape;
    const char *reason = describe(&p, k->op);
    if (reason == NULL && leat_shape_rank(in) != 4)
        reason = "input must be 4-dimensional";
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    leat_shape out =
        LEAT_SHAPE(in->dims[0], windows(&p, k->op, in->dims[1], 0), windows(&p, k->op, in->dims[2], 1), 0);
    if (__builtin_mul_overflow(p.size[0] * p.size[1], in->dims[3], &out.dims[3]))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the patches are too large");
    LEAT_TRY(leat_out_new(k, 0, &out));
    if (k->out[0].elements > 0)
        leat_tiles(k, (size_t)(out.dims[0] * out.dims[1]), patch_row, &p);
    return LEAT_OK;
}

static leat_status patches_shape(leat_infer *c)
{
    patches p = {.in = NULL};
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    const char *reason = describe(&p, c->op);
    if (reason != NULL)
        return leat_infer_fail(c, "%s", reason);
    c->out[0] = leat_shape_ranked(4);
    if (c->in[0]->rank_plus_1 == 0)
        return LEAT_OK;
    const int64_t *in = c->in[0]->dims;
    c->out[0].dims[0] = in[0];
    for (int i = 0; i < 2; i++)
        c->out[0].dims[1 + i] = in[1 + i] >= 0 ? windows(&p, c->op, in[1 + i], i) : -1;
    int64_t channels;
    if (in[3] >= 0 && !__builtin_mul_overflow(p.size[0] * p.size[1], in[3], &channels))
        c->out[0].dims[3] = channels;
    return LEAT_OK;
}

/* The patches of an image of pixels' numbers say where each element came from: there the gradients are summed. */
static void patches_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), shape = leat_raw_shape(x), zero = leat_grad_int(g, 0),
             one = leat_grad_int(g, 1);
    leat_out batch = leat_raw_slice(shape, leat_grad_ints(g, (const int32_t[]){0}, 1),
                                    leat_grad_ints(g, (const int32_t[]){1}, 1));
    leat_out size = leat_raw_slice(shape, leat_grad_ints(g, (const int32_t[]){1}, 1),
                                   leat_grad_ints(g, (const int32_t[]){2}, 1));
    leat_out channels = leat_raw_slice(shape, leat_grad_ints(g, (const int32_t[]){3}, 1),
                                       leat_grad_ints(g, (const int32_t[]){1}, 1));
    leat_out ones = leat_grad_ints(g, (const int32_t[]){1}, 1),
             rest = leat_grad_ints(g, (const int32_t[]){-1}, 1);
    leat_out pixels = leat_raw_prod(size, zero);
    leat_out numbers = leat_raw_range(one, leat_raw_add_v2(pixels, one), one);
    numbers = leat_raw_reshape(numbers, leat_raw_concat_v2(LEAT_OUTS(ones, size, ones), zero));
    leat_out from = leat_out_0(LEAT_GRAD_LIKE(g, "ExtractImagePatches", numbers));
    from = leat_raw_sub(leat_raw_reshape(from, rest), one);
    /* [batch, places, channels] to places first */
    leat_out dy = leat_raw_reshape(g->dy[0], leat_raw_concat_v2(LEAT_OUTS(batch, rest, channels), zero));
    dy = leat_raw_transpose(dy, leat_grad_ints(g, (const int32_t[]){1, 0, 2}, 3));
    leat_out sums = leat_raw_unsorted_segment_sum(dy, from, pixels);
    sums = leat_raw_transpose(sums, leat_grad_ints(g, (const int32_t[]){1, 0, 2}, 3));
    g->dx[0] = leat_raw_reshape(sums, shape);
}

const leat_op_def leat_op_ExtractImagePatches = LEAT_OP(
    "ExtractImagePatches(images: T) -> patches: T; ksizes: list(int) >= 4; strides: list(int) >= 4; rates: list(int) >= 4; "
    "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool}; padding: {'SAME', "
    "'VALID'}",
    .doc = "The windows of images, each laid out along the channels.", .shape = patches_shape,
    .kernels = {{patches_kernel}}, .gradient = patches_grad, .cost = leat_cost_moves);

LEAT_ROW(ExtractImagePatches,
         "(double[1,3,3,1] 1 2 3 4 5 6 7 8 9) {ksizes: [1, 2, 2, 1]; strides: [1, 1, 1, 1]; rates: [1, 1, 1, "
         "1]; padding: 'VALID'} -> double[1,2,2,4] 1 2 4 5 2 3 5 6 4 5 7 8 5 6 8 9");
LEAT_ROW(ExtractImagePatches,
         "(float[2,4,5,2] -1..1) {ksizes: [1, 2, 3, 1]; strides: [1, 2, 1, 1]; rates: [1, 2, 1, 1]; padding: "
         "'SAME'} -> any");
LEAT_ROW(ExtractImagePatches,
         "(int32[1,1,3,1] 1 2 3) {ksizes: [1, 1, 3, 1]; strides: [1, 1, 2, 1]; rates: [1, 1, 1, 1]; padding: "
         "'SAME'} -> int32[1,1,2,3] 0 1 2 2 3 0");
LEAT_ROW(ExtractImagePatches,
         "(float[1,3,3,1] 0..1) {ksizes: [1, 2, 2, 2]; strides: [1, 1, 1, 1]; rates: [1, 1, 1, 1]; padding: "
         "'VALID'} fails 'must be 1'");
