/* pooling-avg.c - AvgPool: the mean of what lies inside the image. */
#include "ops/pooling-private.h"

static void mean_image(const leat_pooling_job *j, int64_t i, int32_t *arg)
{
    size_t b = leat_dtype_bytes(j->dtype), in = (size_t)(j->p->in_pixels * j->p->inner) * b;
    size_t out = (size_t)(j->p->out_pixels * j->p->inner) * b;
    (void)arg;
    leat_pooling_mean(j->p, j->dtype, j->in[0] + (size_t)i * in, j->out + (size_t)i * out);
}

static leat_status avg_kernel(leat_kernel *k)
{
    leat_pooling p;
    LEAT_TRY(leat_pooling_describe(&p, k, &k->in[0]->shape, -1));
    LEAT_TRY(leat_out_new(k, 0, &p.pooled));
    leat_pooling_job j = {.p = &p, .fn = mean_image};
    return leat_pooling_run(k, &j, 1, (const int[]){0}, 0);
}

static void avg_grad(leat_grad *g)
{
    const char *type = strcmp(g->op->type_name, "AvgPool3D") == 0 ? "AvgPool3DGrad" : "AvgPoolGrad";
    g->dx[0] = leat_out_0(LEAT_GRAD_LIKE(g, type, leat_raw_shape(leat_grad_in(g, 0)), g->dy[0]));
}

const leat_op_def leat_op_AvgPool = LEAT_OP(
    "AvgPool(value: T) -> output: T; ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: floating",
    .doc = "The mean of each window; padding does not count.", .shape = leat_pooling_shape,
    .kernels = {{.fn = avg_kernel, .label = "vector"}}, .gradient = avg_grad, .cost = leat_pooling_cost);

LEAT_ROW(AvgPool,
         "(double[1,2,2,1] 1 2 3 6) {ksize: [1, 2, 2, 1], strides: [1, 1, 1, 1], padding: 'SAME'} -> "
         "double[1,2,2,1] 3 4 4.5 6");
LEAT_ROW(AvgPool, "(float[1,1,1,4] 1 2 3 6) {ksize: [1, 1, 1, 2], strides: [1, 1, 1, 2], padding: 'VALID', "
                  "data_format: 'NCHW'} -> float[1,1,1,2] 1.5 4.5");
LEAT_ROW(
    AvgPool,
    "(float[1,1,1,4] 1 2 3 6) {ksize: [1, 1, 1, 2], strides: [1, 1, 1, 2], padding: 'VALID'} fails 'must be 1'");

const leat_op_def leat_op_AvgPool3D = LEAT_OP(
    "AvgPool3D(input: T) -> output: T; ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; "
    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; T: floating",
    .doc = "The mean of each window of volumes; padding does not count.", .shape = leat_pooling_shape,
    .kernels = {{.fn = avg_kernel, .label = "vector"}}, .gradient = avg_grad, .cost = leat_pooling_cost);

LEAT_ROW(
    AvgPool3D,
    "(double[1,2,2,1,1] 1 4 3 2) {ksize: [1, 2, 1, 1, 1], strides: [1, 2, 1, 1, 1], padding: 'VALID'} -> "
    "double[1,1,2,1,1] 2 3");

static void spread_image(const leat_pooling_job *j, int64_t i, int32_t *arg)
{
    size_t b = leat_dtype_bytes(j->dtype), in = (size_t)(j->p->in_pixels * j->p->inner) * b;
    size_t out = (size_t)(j->p->out_pixels * j->p->inner) * b;
    (void)arg;
    memset(j->out + (size_t)i * in, 0, in);
    leat_pooling_spread(j->p, j->dtype, j->in[0] + (size_t)i * out, j->out + (size_t)i * in);
}

static leat_status avg_grad_kernel(leat_kernel *k)
{
    leat_pooling p;
    leat_shape images;
    char text[128], other[128];
    LEAT_TRY(leat_kernel_shape(k, k->in[0], &images));
    LEAT_TRY(leat_pooling_describe(&p, k, &images, -1));
    if (!leat_shape_equal(p.pooled, k->in[1]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the gradient has shape %s, where %s is due",
                                leat_shape_print(k->in[1]->shape, text, sizeof text),
                                leat_shape_print(p.pooled, other, sizeof other));
    LEAT_TRY(leat_out_new(k, 0, &images));
    leat_pooling_job j = {.p = &p, .fn = spread_image};
    return leat_pooling_run(k, &j, 1, (const int[]){1}, 0);
}

static leat_status avg_grad_shape(leat_infer *c)
{
    leat_shape shape = leat_infer_value_as_shape(c, 0);
    c->out[0] = shape.rank_plus_1 != 0 ? shape : leat_shape_ranked(leat_shape_rank(c->in[1]));
    if (c->in[1]->rank_plus_1 == 0 && shape.rank_plus_1 == 0)
        c->out[0] = LEAT_UNKNOWN_SHAPE;
    return LEAT_OK;
}

static void avg_grad_grad(leat_grad *g)
{
    const char *type = strcmp(g->op->type_name, "AvgPool3DGrad") == 0 ? "AvgPool3D" : "AvgPool";
    g->dx[1] = leat_out_0(LEAT_GRAD_LIKE(g, type, g->dy[0]));
}

const leat_op_def leat_op_AvgPoolGrad = LEAT_OP(
    "AvgPoolGrad(orig_input_shape: int32, grad: T) -> output: T; ksize: list(int) >= 4; strides: list(int) >= 4; "
    "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: floating",
    .doc = "The gradient of AvgPool, whose images had shape orig_input_shape.", .shape = avg_grad_shape,
    .kernels = {{.fn = avg_grad_kernel}}, .gradient = avg_grad_grad, .cost = leat_pooling_cost);

LEAT_ROW(AvgPoolGrad, "(int32[4] 1 1 3 1, double[1,1,2,1] 2 4) {ksize: [1, 1, 2, 1], strides: [1, 1, 1, 1], "
                      "padding: 'VALID'} -> double[1,1,3,1] 1 3 2");
LEAT_ROW(AvgPoolGrad, "(int32[4] 1 1 4 1, float[1,1,2,1] 2 4) {ksize: [1, 1, 2, 1], strides: [1, 1, 1, 1], "
                      "padding: 'VALID'} fails 'is due'");

const leat_op_def leat_op_AvgPool3DGrad = LEAT_OP(
    "AvgPool3DGrad(orig_input_shape: int32, grad: T) -> output: T; ksize: list(int) >= 5; strides: list(int) >= 5; "
    "padding: {'SAME', 'VALID'}; data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; T: floating",
    .doc = "The gradient of AvgPool3D, whose volumes had shape orig_input_shape.", .shape = avg_grad_shape,
    .kernels = {{.fn = avg_grad_kernel}}, .gradient = avg_grad_grad, .cost = leat_pooling_cost);

LEAT_ROW(AvgPool3DGrad,
         "(int32[5] 1 2 1 1 1, double[1,1,1,1,1] 4) {ksize: [1, 2, 1, 1, 1], strides: [1, 1, 1, 1, 1], "
         "padding: 'VALID'} -> double[1,2,1,1,1] 2 2");
