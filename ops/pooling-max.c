/* pooling-max.c - MaxPool in all its forms. The gradient goes to the first of equal elements, row by row. */
#include "ops/pooling-private.h"
#include "ops/scatter-private.h"

static leat_status want_real(const leat_kernel *k, leat_dtype dtype)
{
    if (leat_dtype_is_integer(dtype) || leat_dtype_is_floating(dtype))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no maxima of %s", leat_dtype_name(dtype));
}

/* ---- forward ---- */

static void max_image(const leat_pooling_job *j, int64_t i, int32_t *arg)
{
    size_t b = leat_dtype_bytes(j->dtype), in = (size_t)(j->p->in_pixels * j->p->inner) * b;
    size_t out = (size_t)(j->p->out_pixels * j->p->inner) * b;
    (void)arg;
    leat_pooling_max(j->p, j->dtype, j->in[0] + (size_t)i * in, j->out + (size_t)i * out);
}

static leat_status max_run(leat_kernel *k, int ksize_input)
{
    leat_pooling p;
    LEAT_TRY(want_real(k, k->in[0]->dtype));
    LEAT_TRY(leat_pooling_describe(&p, k, &k->in[0]->shape, ksize_input));
    LEAT_TRY(leat_out_new(k, 0, &p.pooled));
    leat_pooling_job j = {.p = &p, .fn = max_image};
    return leat_pooling_run(k, &j, 1, (const int[]){0}, 0);
}

/* Windows over the channels alone: as wide as their strides. `depth` channels give one; 0: no such windows. */
static int64_t depth_of(const leat_op *op)
{
    const int64_t *size, *stride;
    if (leat_attr_ints(op, "ksize", &size) != 4 || leat_attr_ints(op, "strides", &stride) != 4)
        return 0;
    bool alone =
        size[0] == 1 && size[1] == 1 && size[2] == 1 && stride[0] == 1 && stride[1] == 1 && stride[2] == 1;
    bool last = strcmp(leat_attr_string(op, "data_format"), "NHWC") == 0;
    return alone && last && size[3] > 1 && size[3] == stride[3] ? size[3] : 0;
}

static leat_status max_kernel(leat_kernel *k)
{
    return max_run(k, -1);
}

static bool can_depth(const leat_op *op)
{
    return depth_of(op) > 0;
}

static leat_status depth_kernel(leat_kernel *k)
{
    int64_t depth = depth_of(k->op);
    leat_shape out = k->in[0]->shape;
    LEAT_TRY(want_real(k, k->in[0]->dtype));
    if (leat_shape_rank(&out) != 4 || out.dims[3] % depth != 0)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "Depthwise max pooling requires the depth window to evenly divide the input depth");
    out.dims[3] /= depth;
    LEAT_TRY(leat_out_new(k, 0, &out));
    size_t bytes = leat_dtype_bytes(k->in[0]->dtype);
    for (int64_t i = 0; i < k->out[0].elements; i++) {
        char *to = (char *)k->out[0].data + (size_t)i * bytes;
        const char *from = (const char *)k->in[0]->data + (size_t)(i * depth) * bytes;
        memcpy(to, from, bytes);
        for (int64_t j = 1; j < depth; j++)
            leat_scatter_combine(LEAT_HOW_MAX, k->in[0]->dtype, to, from + (size_t)j * bytes, 1, 1);
    }
    return LEAT_OK;
}

static leat_status max_shape(leat_infer *c)
{
    int64_t depth = depth_of(c->op);
    if (depth == 0)
        return leat_pooling_shape(c);
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    c->out[0] = c->in[0]->rank_plus_1 != 0 ? *c->in[0] : leat_shape_ranked(4);
    if (c->out[0].dims[3] >= 0)
        c->out[0].dims[3] /= depth;
    return LEAT_OK;
}

static leat_status max_v2_kernel(leat_kernel *k)
{
    return max_run(k, 1);
}

static void max_grad(leat_grad *g)
{
    g->dx[0] =
        leat_out_0(LEAT_GRAD_LIKE(g, "MaxPoolGrad", leat_grad_in(g, 0), leat_grad_out(g, 0), g->dy[0]));
}

static void max_v2_grad(leat_grad *g)
{
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, "MaxPoolGradV2", leat_grad_in(g, 0), leat_grad_out(g, 0),
                                         g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2)));
}

static void max_3d_grad(leat_grad *g)
{
    g->dx[0] =
        leat_out_0(LEAT_GRAD_LIKE(g, "MaxPool3DGrad", leat_grad_in(g, 0), leat_grad_out(g, 0), g->dy[0]));
}

const leat_op_def leat_op_MaxPool = LEAT_OP(
    "MaxPool(input: T) -> output: T; "
    "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16} = float; ksize: list(int) >= 4; "
    "strides: list(int) >= 4; padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; "
    "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
    .doc = "The greatest value of each window.", .shape = max_shape,
    .kernels = {{.fn = depth_kernel, .can = can_depth}, {.fn = max_kernel, .label = "vector"}},
    .gradient = max_grad, .cost = leat_pooling_cost);

LEAT_ROW(
    MaxPool,
    "(double[1,2,4,1] 1 2 3 4 8 7 6 5) {ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: 'VALID'} -> "
    "double[1,1,2,1] 8 6");
LEAT_ROW(MaxPool,
         "(float[1,1,3,2] 1 6 2 5 3 4) {ksize: [1, 1, 2, 1], strides: [1, 1, 1, 1], padding: 'SAME'} -> "
         "float[1,1,3,2] 2 6 3 5 3 4");
LEAT_ROW(
    MaxPool,
    "(int32[1,2,1,3] 1 2 3 3 1 2) {ksize: [1, 1, 1, 3], strides: [1, 1, 1, 1], padding: 'SAME'} fails 'must be 1'");
LEAT_ROW(
    MaxPool,
    "(float[1,2,1,4] 1 2 3 4 4 3 2 1) {ksize: [1, 1, 1, 2], strides: [1, 1, 1, 2], padding: 'SAME'} nograd -> "
    "float[1,2,1,2] 2 4 4 2");
LEAT_ROW(
    MaxPool,
    "(float[1,1,1,3] 1 2 3) {ksize: [1, 1, 1, 2], strides: [1, 1, 1, 2], padding: 'SAME'} fails 'evenly divide'");
LEAT_ROW(MaxPool,
         "(int32[1,2,1,3] 1 2 3 3 1 2) {ksize: [1, 1, 1, 3], strides: [1, 1, 1, 3], padding: 'VALID', "
         "data_format: 'NCHW'} -> int32[1,2,1,1] 3 3");
LEAT_ROW(
    MaxPool,
    "(float[1,2,2,1] 1..2) {ksize: [1, 3, 3, 1], strides: [1, 1, 1, 1], padding: 'VALID'} fails 'larger than'");
LEAT_ROW(
    MaxPool,
    "(float[1,2,2,1] 1..2) {ksize: [1, 0, 2, 1], strides: [1, 1, 1, 1], padding: 'VALID'} fails 'positive'");
LEAT_ROW(
    MaxPool,
    "(float[1,2,2,1] 1..2) {ksize: [1, 2, 2, 1], strides: [1, 0, 1, 1], padding: 'VALID'} fails 'positive'");

const leat_op_def leat_op_MaxPoolV2 =
    LEAT_OP("MaxPoolV2(input: T, ksize: int32, strides: int32) -> output: T; "
            "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16} = float; "
            "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
            .doc = "The greatest value of each window, whose size and strides are inputs.",
            .shape = leat_pooling_shape_v2, .kernels = {{.fn = max_v2_kernel, .label = "vector"}},
            .gradient = max_v2_grad, .cost = leat_pooling_cost);

LEAT_ROW(
    MaxPoolV2,
    "(double[1,2,4,1] 1 2 3 4 8 7 6 5, int32[4] 1 2 2 1, int32[4] 1 2 2 1) {padding: 'VALID'} dynamic -> "
    "double[1,1,2,1] 8 6");

const leat_op_def leat_op_MaxPool3D = LEAT_OP(
    "MaxPool3D(input: T) -> output: T; ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; "
    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; T: {half, bfloat16, float}",
    .doc = "The greatest value of each window of volumes.", .shape = leat_pooling_shape,
    .kernels = {{.fn = max_kernel, .label = "vector"}}, .gradient = max_3d_grad, .cost = leat_pooling_cost);

LEAT_ROW(MaxPool3D,
         "(float[1,2,2,1,1] 1 4 3 2) {ksize: [1, 2, 1, 1, 1], strides: [1, 2, 1, 1, 1], padding: 'VALID'} -> "
         "float[1,1,2,1,1] 3 4");

/* ---- backward: dx += dy at the place of the maximum ---- */

static void scatter_image(const leat_pooling_job *j, int64_t i, int32_t *arg)
{
    const leat_pooling *p = j->p;
    size_t b = leat_dtype_bytes(j->dtype), in = (size_t)(p->in_pixels * p->inner),
           out = (size_t)(p->out_pixels * p->inner);
    const char *x = j->in[0] + (size_t)i * in * b, *dy = j->in[1] + (size_t)i * out * b;
    char *dx = j->out + (size_t)i * in * b;
    memset(dx, 0, in * b);
    leat_pooling_argmax(p, j->dtype, x, arg);
    for (size_t q = 0; q < out; q++) {
        size_t at = (size_t)arg[q] * (size_t)p->inner + q % (size_t)p->inner;
        switch (j->dtype) {
        case LEAT_FLOAT: ((float *)(void *)dx)[at] += ((const float *)(const void *)dy)[q]; break;
        case LEAT_DOUBLE: ((double *)(void *)dx)[at] += ((const double *)(const void *)dy)[q]; break;
        case LEAT_INT8:
        case LEAT_UINT8:
            ((uint8_t *)dx)[at] = (uint8_t)(((uint8_t *)dx)[at] + ((const uint8_t *)dy)[q]);
            break;
        case LEAT_INT16:
        case LEAT_UINT16:
            ((uint16_t *)(void *)dx)[at] =
                (uint16_t)(((uint16_t *)(void *)dx)[at] + ((const uint16_t *)(const void *)dy)[q]);
            break;
        case LEAT_INT32:
        case LEAT_UINT32: ((uint32_t *)(void *)dx)[at] += ((const uint32_t *)(const void *)dy)[q]; break;
        default: ((uint64_t *)(void *)dx)[at] += ((const uint64_t *)(const void *)dy)[q]; break;
        }
    }
}

/* Shapes: input 1 and input 2 as pooled from input 0. */
static leat_status want_pooled(const leat_kernel *k, const leat_pooling *p, int i, const leat_shape *want)
{
    char text[128], other[128];
    (void)p;
    if (leat_shape_equal(k->in[i]->shape, *want))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s has shape %s, where %s is due",
                            k->op->type->in[i].name, leat_shape_print(k->in[i]->shape, text, sizeof text),
                            leat_shape_print(*want, other, sizeof other));
}

/* Of volumes, TensorFlow gives the gradient to all elements that equal the greatest. */
static void to_greatest_image(const leat_pooling_job *j, int64_t i, int32_t *arg)
{
    const leat_pooling *p = j->p;
    size_t in = (size_t)(p->in_pixels * p->inner), out = (size_t)(p->out_pixels * p->inner);
    const float *x = (const float *)(const void *)j->in[0] + (size_t)i * in;
    const float *y = (const float *)(const void *)j->in[1] + (size_t)i * out;
    const float *dy = (const float *)(const void *)j->in[2] + (size_t)i * out;
    float *dx = (float *)(void *)j->out + (size_t)i * in;
    (void)arg;
    memset(dx, 0, in * sizeof *dx);
    leat_pooling_to_greatest(p, x, y, dy, dx);
}

static leat_status max_grad_run(leat_kernel *k, int ksize_input, bool volumes)
{
    leat_pooling p;
    LEAT_TRY(want_real(k, k->in[0]->dtype));
    LEAT_TRY(leat_pooling_describe(&p, k, &k->in[0]->shape, ksize_input));
    LEAT_TRY(want_pooled(k, &p, 1, &p.pooled));
    LEAT_TRY(want_pooled(k, &p, 2, &p.pooled));
    if (k->in[2]->dtype != k->in[0]->dtype)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "images and gradient of different types");
    LEAT_TRY(leat_out_new(k, 0, &p.images));
    leat_pooling_job scatter = {.p = &p, .fn = scatter_image, .wants_arg = true};
    leat_pooling_job to_greatest = {.p = &p, .fn = to_greatest_image};
    return volumes ? leat_pooling_run(k, &to_greatest, 3, (const int[]){0, 1, 2}, 0)
                   : leat_pooling_run(k, &scatter, 2, (const int[]){0, 2}, 0);
}

static leat_status max_grad_kernel(leat_kernel *k)
{
    return max_grad_run(k, -1, false);
}

static leat_status max_grad_v2_kernel(leat_kernel *k)
{
    return max_grad_run(k, 3, false);
}

static leat_status max_3d_grad_kernel(leat_kernel *k)
{
    return max_grad_run(k, -1, true);
}

/* Which element is the greatest does not change in the small: zeros by the images, as TensorFlow's. */
static void by_gradient(leat_grad *g, const char *type)
{
    leat_out in[5];
    for (uint32_t i = 0; i < g->op->n_inputs; i++)
        in[i] = leat_grad_in(g, (int)i);
    in[2] = g->dy[0];
    for (int i = 0; i < 2; i++)
        g->dx[i] = leat_grad_wanted(g, i) ? leat_raw_zeros_like(in[i]) : LEAT_NO_OUT;
    g->dx[2] = leat_out_0(leat_grad_like(g, type, in, g->op->n_inputs));
}
static void max_grad_grad(leat_grad *g)
{
    by_gradient(g, "MaxPoolGradGrad");
}
static void max_grad_v2_grad(leat_grad *g)
{
    by_gradient(g, "MaxPoolGradGradV2");
}
static void max_3d_grad_grad(leat_grad *g)
{
    by_gradient(g, "MaxPool3DGradGrad");
}
static void max_grad_grad_grad(leat_grad *g)
{
    by_gradient(g, "MaxPoolGrad");
}
static void max_grad_grad_v2_grad(leat_grad *g)
{
    by_gradient(g, "MaxPoolGradV2");
}
static void max_3d_grad_grad_grad(leat_grad *g)
{
    by_gradient(g, "MaxPool3DGrad");
}

const leat_op_def leat_op_MaxPoolGrad = LEAT_OP(
    "MaxPoolGrad(orig_input: T, orig_output: T, grad: T) -> output: T; ksize: list(int) >= 4; "
    "strides: list(int) >= 4; padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: real = float",
    .doc = "The gradient of MaxPool.", .shape = leat_pooling_grad_shape, .kernels = {{.fn = max_grad_kernel}},
    .gradient = max_grad_grad, .cost = leat_pooling_cost);

LEAT_ROW(MaxPoolGrad,
         "(double[1,1,4,1] 1 5 5 2, double[1,1,3,1] 5 5 5, double[1,1,3,1] 1 10 100) {ksize: [1, 1, 2, 1], "
         "strides: [1, 1, 1, 1], padding: 'VALID'} nograd -> double[1,1,4,1] 0 11 100 0");
LEAT_ROW(MaxPoolGrad,
         "(float[1,1,4,1] 1 5 5 2, float[1,1,2,1] 5 5, float[1,1,3,1] 1 10 100) {ksize: [1, 1, 2, 1], "
         "strides: [1, 1, 1, 1], padding: 'VALID'} fails 'is due'");

const leat_op_def leat_op_MaxPoolGradV2 = LEAT_OP(
    "MaxPoolGradV2(orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32) -> output: T; "
    "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: real = float",
    .doc = "The gradient of MaxPoolV2.", .shape = leat_pooling_grad_shape,
    .kernels = {{.fn = max_grad_v2_kernel}}, .gradient = max_grad_v2_grad, .cost = leat_pooling_cost);

LEAT_ROW(MaxPoolGradV2,
         "(float[1,1,2,1] 1 5, float[1,1,1,1] 5, float[1,1,1,1] 3, int32[4] 1 1 2 1, int32[4] 1 1 1 1) "
         "{padding: 'VALID'} -> float[1,1,2,1] 0 3");

const leat_op_def leat_op_MaxPool3DGrad = LEAT_OP(
    "MaxPool3DGrad(orig_input: TInput, orig_output: TInput, grad: T) -> output: T; ksize: list(int) >= 5; "
    "strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; "
    "T: {half, bfloat16, float} = float; TInput: {half, bfloat16, float} = float",
    .doc = "The gradient of MaxPool3D.", .shape = leat_pooling_grad_shape,
    .kernels = {{.fn = max_3d_grad_kernel}}, .gradient = max_3d_grad_grad, .cost = leat_pooling_cost);

LEAT_ROW(MaxPool3DGrad,
         "(float[1,6,1,1,1] 5 5 1 5 5 2, float[1,4,1,1,1] 5 5 5 5, float[1,4,1,1,1] 1 10 100 1000) "
         "{ksize: [1, 3, 1, 1, 1], strides: [1, 1, 1, 1, 1], padding: 'VALID'} nograd -> "
         "float[1,6,1,1,1] 1 11 0 1110 1100 0");
LEAT_ROW(MaxPool3DGrad,
         "(float[1,2,1,1,1] 1 5, float[1,1,1,1,1] 5, float[1,1,1,1,1] 3) {ksize: [1, 2, 1, 1, 1], "
         "strides: [1, 1, 1, 1, 1], padding: 'VALID'} -> float[1,2,1,1,1] 0 3");

/* ---- the gradient's gradient: taken where the maximum was ---- */

static void pick_image(const leat_pooling_job *j, int64_t i, int32_t *arg)
{
    const leat_pooling *p = j->p;
    size_t b = leat_dtype_bytes(j->dtype), in = (size_t)(p->in_pixels * p->inner),
           out = (size_t)(p->out_pixels * p->inner);
    const char *from = j->in[1] + (size_t)i * in * b;
    char *to = j->out + (size_t)i * out * b;
    leat_pooling_argmax(p, j->dtype, j->in[0] + (size_t)i * in * b, arg);
    for (size_t q = 0; q < out; q++)
        memcpy(to + q * b, from + ((size_t)arg[q] * (size_t)p->inner + q % (size_t)p->inner) * b, b);
}

static leat_status max_grad_grad_run(leat_kernel *k, int ksize_input)
{
    leat_pooling p;
    LEAT_TRY(want_real(k, k->in[0]->dtype));
    LEAT_TRY(leat_pooling_describe(&p, k, &k->in[0]->shape, ksize_input));
    LEAT_TRY(want_pooled(k, &p, 1, &p.pooled));
    LEAT_TRY(want_pooled(k, &p, 2, &p.images));
    LEAT_TRY(leat_out_new(k, 0, &p.pooled));
    leat_pooling_job j = {.p = &p, .fn = pick_image, .wants_arg = true};
    return leat_pooling_run(k, &j, 2, (const int[]){0, 2}, 0);
}

static leat_status max_grad_grad_kernel(leat_kernel *k)
{
    return max_grad_grad_run(k, -1);
}

static leat_status max_grad_grad_v2_kernel(leat_kernel *k)
{
    return max_grad_grad_run(k, 3);
}

static leat_status as_input_1(leat_infer *c)
{
    c->out[0] = *c->in[1];
    return LEAT_OK;
}

const leat_op_def leat_op_MaxPoolGradGrad = LEAT_OP(
    "MaxPoolGradGrad(orig_input: T, orig_output: T, grad: T) -> output: T; ksize: list(int) >= 4; "
    "strides: list(int) >= 4; padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: real",
    .doc = "The gradient of MaxPoolGrad by its gradient.", .shape = as_input_1,
    .kernels = {{.fn = max_grad_grad_kernel}}, .gradient = max_grad_grad_grad, .cost = leat_pooling_cost);

LEAT_ROW(
    MaxPoolGradGrad,
    "(double[1,1,4,1] 1 5 5 2, double[1,1,3,1] 5 5 5, double[1,1,4,1] 1 10 100 1000) "
    "{ksize: [1, 1, 2, 1], strides: [1, 1, 1, 1], padding: 'VALID'} gradin 2 -> double[1,1,3,1] 10 10 100");

const leat_op_def leat_op_MaxPoolGradGradV2 = LEAT_OP(
    "MaxPoolGradGradV2(orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32) -> output: T; "
    "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: real",
    .doc = "The gradient of MaxPoolGradV2 by its gradient.", .shape = as_input_1,
    .kernels = {{.fn = max_grad_grad_v2_kernel}}, .gradient = max_grad_grad_v2_grad,
    .cost = leat_pooling_cost);

LEAT_ROW(MaxPoolGradGradV2,
         "(double[1,1,4,1] 1 5 5 2, double[1,1,3,1] 5 5 5, double[1,1,4,1] 1 10 100 1000, int32[4] 1 1 2 1, "
         "int32[4] 1 1 1 1) {padding: 'VALID'} gradin 2 -> double[1,1,3,1] 10 10 100");

const leat_op_def leat_op_MaxPool3DGradGrad = LEAT_OP(
    "MaxPool3DGradGrad(orig_input: T, orig_output: T, grad: T) -> output: T; ksize: list(int) >= 5; "
    "strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; T: real",
    .doc = "The gradient of MaxPool3DGrad by its gradient.", .shape = as_input_1,
    .kernels = {{.fn = max_grad_grad_kernel}}, .gradient = max_3d_grad_grad_grad, .cost = leat_pooling_cost);

LEAT_ROW(
    MaxPool3DGradGrad,
    "(float[1,6,1,1,1] 5 5 1 5 5 2, float[1,4,1,1,1] 5 5 5 5, float[1,6,1,1,1] 1 2 3 4 5 6) "
    "{ksize: [1, 3, 1, 1, 1], strides: [1, 1, 1, 1, 1], padding: 'VALID'} nograd -> float[1,4,1,1,1] 1 2 4 4");

/* ---- MaxPoolWithArgmax: the places as indices into the images ---- */

static leat_status with_argmax_kernel(leat_kernel *k)
{
    leat_pooling p;
    bool with_batch = leat_attr_bool(k->op, "include_batch_in_index");
    LEAT_TRY(want_real(k, k->in[0]->dtype));
    LEAT_TRY(leat_pooling_describe(&p, k, &k->in[0]->shape, -1));
    LEAT_TRY(leat_out_new(k, 0, &p.pooled));
    LEAT_TRY(leat_out_new(k, 1, &p.pooled));
    leat_pooling_job j = {.p = &p, .fn = max_image};
    LEAT_TRY(leat_pooling_run(k, &j, 1, (const int[]){0}, 0));
    int64_t n = p.out_pixels * p.inner, per_image = p.in_pixels * p.inner;
    if (k->out[1].elements == 0)
        return LEAT_OK;
    if (per_image * (with_batch ? p.outer : 1) > INT32_MAX && k->out[1].dtype == LEAT_INT32)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices do not fit int32");
    /* half and bfloat16 order as the floats they stand for; those the job has dropped by now */
    int32_t *arg = leat_scratch(k, (size_t)n * sizeof *arg + (size_t)per_image * sizeof(float));
    if (arg == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld places", (long long)n);
    float *floats = (float *)(void *)(arg + n);
    leat_dtype dtype = k->in[0]->dtype;
    size_t bytes = leat_dtype_bytes(dtype);
    for (int64_t i = 0; i < p.outer; i++) {
        const void *x = (const char *)k->in[0]->data + (size_t)(i * per_image) * bytes;
        if (leat_dtype_is_16bit_float(dtype))
            leat_floats_from_16(dtype, floats, x, (size_t)per_image);
        leat_pooling_argmax(&p, bytes == 2 && leat_dtype_is_16bit_float(dtype) ? LEAT_FLOAT : dtype,
                            leat_dtype_is_16bit_float(dtype) ? floats : x, arg);
        for (int64_t q = 0; q < n; q++)
            leat_index_put(&k->out[1], i * n + q,
                           (with_batch ? i * per_image : 0) + arg[q] * p.inner + q % p.inner);
    }
    return LEAT_OK;
}

static void with_argmax_grad(leat_grad *g)
{
    g->dx[0] = leat_out_0(
        LEAT_GRAD_LIKE(g, "MaxPoolGradWithArgmax", leat_grad_in(g, 0), g->dy[0], leat_grad_out(g, 1)));
}

const leat_op_def leat_op_MaxPoolWithArgmax = LEAT_OP(
    "MaxPoolWithArgmax(input: T) -> output: T, argmax: Targmax; ksize: list(int) >= 4; strides: list(int) >= 4; "
    "Targmax: {int32, int64} = int64; padding: {'SAME', 'VALID'}; include_batch_in_index: bool = false; T: real",
    .doc = "The greatest value of each window, and its index in the flattened image (or in the whole batch).",
    .shape = leat_pooling_shape, .kernels = {{.fn = with_argmax_kernel}}, .gradient = with_argmax_grad,
    .cost = leat_pooling_cost);

LEAT_ROW(MaxPoolWithArgmax,
         "(float[2,1,2,1] 1 5 7 2) {ksize: [1, 1, 2, 1], strides: [1, 1, 1, 1], padding: 'VALID'} -> "
         "float[2,1,1,1] 5 7, int64[2,1,1,1] 1 0");
LEAT_ROW(MaxPoolWithArgmax,
         "(float[2,1,2,1] 1 5 7 2) {ksize: [1, 1, 2, 1], strides: [1, 1, 1, 1], padding: 'VALID', "
         "include_batch_in_index: true} nograd -> float[2,1,1,1] 5 7, int64[2,1,1,1] 1 2");

static leat_status grad_with_argmax_kernel(leat_kernel *k)
{
    leat_pooling p;
    bool with_batch = leat_attr_bool(k->op, "include_batch_in_index");
    const leat_tensor *dy = k->in[1], *where = k->in[2];
    LEAT_TRY(want_real(k, dy->dtype));
    LEAT_TRY(leat_pooling_describe(&p, k, &k->in[0]->shape, -1));
    LEAT_TRY(want_pooled(k, &p, 1, &p.pooled));
    LEAT_TRY(want_pooled(k, &p, 2, &p.pooled));
    int64_t n = p.out_pixels * p.inner, per_image = p.in_pixels * p.inner,
            limit = with_batch ? per_image * p.outer : per_image;
    for (int64_t i = 0; i < where->elements; i++)
        if (leat_index_at(where, i) < 0 || leat_index_at(where, i) >= limit)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "argmax %lld is outside of the images",
                                    (long long)leat_index_at(where, i));
    LEAT_TRY(leat_out_new(k, 0, &p.images));
    leat_tensor *dx = &k->out[0];
    memset(dx->data, 0, (size_t)dx->elements * leat_dtype_bytes(dx->dtype));
    for (int64_t i = 0; i < where->elements; i++) {
        int64_t at = (with_batch ? 0 : i / n * per_image) + leat_index_at(where, i);
        leat_element_put(dx, at, leat_element_get(dx, at) + leat_element_get(dy, i));
    }
    return LEAT_OK;
}

const leat_op_def leat_op_MaxPoolGradWithArgmax = LEAT_OP(
    "MaxPoolGradWithArgmax(input: T, grad: T, argmax: Targmax) -> output: T; ksize: list(int) >= 4; "
    "strides: list(int) >= 4; padding: {'SAME', 'VALID'}; include_batch_in_index: bool = false; "
    "Targmax: {int32, int64}; T: real",
    .doc = "The gradient of MaxPoolWithArgmax.", .shape = leat_pooling_grad_shape,
    .kernels = {{.fn = grad_with_argmax_kernel}}, .gradient = leat_grad_none, .cost = leat_pooling_cost);

LEAT_ROW(MaxPoolGradWithArgmax,
         "(float[1,1,2,1] 1 5, float[1,1,1,1] 3, int64[1,1,1,1] 1) {ksize: [1, 1, 2, 1], "
         "strides: [1, 1, 1, 1], padding: 'VALID'} -> float[1,1,2,1] 0 3");
LEAT_ROW(MaxPoolGradWithArgmax,
         "(float[1,1,2,1] 1 5, float[1,1,1,1] 3, int64[1,1,1,1] 2) {ksize: [1, 1, 2, 1], "
         "strides: [1, 1, 1, 1], padding: 'VALID'} fails 'outside'");
