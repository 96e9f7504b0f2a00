/* batch-norm-global.c - BatchNormWithGlobalNormalization, which graphs of 2015 have: (t - m) / sqrt(v + epsilon) * gamma + beta. */
#include <math.h>
#include "ops/grad-private.h"

typedef struct norm {
    const float *t, *mean, *factor, *beta; /* factor and the others: of every channel */
    float *out;
    int64_t channels;
} norm;

static void norm_rows(int64_t begin, int64_t end, void *arg)
{
    const norm *n = arg;
    for (int64_t row = begin; row < end; row++)
        for (int64_t c = 0, at = row * n->channels; c < n->channels; c++, at++)
            n->out[at] = (n->t[at] - n->mean[c]) * n->factor[c] + n->beta[c];
}

static leat_status norm_kernel(leat_kernel *k)
{
    const leat_tensor *t = k->in[0];
    if (leat_shape_rank(&t->shape) != 4)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be 4-dimensional, got rank %d",
                                leat_shape_rank(&t->shape));
    int64_t channels = t->shape.dims[3];
    for (int i = 1; i < 5; i++)
        if (leat_shape_rank(&k->in[i]->shape) != 1 || k->in[i]->elements != channels)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "input %d must be a vector of %lld channels", i, (long long)channels);
    float *factor = leat_scratch(k, (size_t)LEAT_MAX(channels, 1) * sizeof *factor);
    if (factor == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the channels' factors");
    const float *variance = k->in[2]->data, *gamma = k->in[4]->data;
    float epsilon = leat_attr_float(k->op, "variance_epsilon");
    bool scale = leat_attr_bool(k->op, "scale_after_normalization");
    for (int64_t c = 0; c < channels; c++)
        factor[c] = 1 / sqrtf(variance[c] + epsilon) * (scale ? gamma[c] : 1);
    LEAT_TRY(leat_out_new(k, 0, &t->shape));
    norm n = {t->data, k->in[1]->data, factor, k->in[3]->data, k->out[0].data, channels};
    if (t->elements > 0)
        leat_ranges(k, t->elements / channels, LEAT_MAX(LEAT_GRAIN_CHEAP / channels, 1), norm_rows, &n);
    return LEAT_OK;
}

static bool is_float(const leat_op *op)
{
    return leat_attr_type(op, "T") == LEAT_FLOAT;
}

static leat_status norm_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 4));
    c->out[0] = c->in[0]->rank_plus_1 != 0 ? *c->in[0] : leat_shape_ranked(4);
    return LEAT_OK;
}

/* ---- the gradient ---- */

/* Per channel, in double: sums of dy, and of dy times what t is away from the mean. */
static void add_up(const norm *n, const float *dy, int64_t elements, double *sums, double *dots)
{
    for (int64_t at = 0; at < elements; at++) {
        int64_t c = at % n->channels;
        sums[c] += (double)dy[at];
        dots[c] += (double)dy[at] * (double)(n->t[at] - n->mean[c]);
    }
}

static leat_status check_grad_inputs(const leat_kernel *k)
{
    const leat_shape *t = &k->in[0]->shape;
    if (leat_shape_rank(t) != 4 || !leat_shape_equal(*t, k->in[4]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "t and backprop must be 4-dimensional, of one shape");
    for (int i = 1; i < 4; i++)
        if (leat_shape_rank(&k->in[i]->shape) != 1 || k->in[i]->elements != t->dims[3])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "input %d must be a vector of %lld channels", i, (long long)t->dims[3]);
    return LEAT_OK;
}

static leat_status norm_grad_kernel(leat_kernel *k)
{
    LEAT_TRY(check_grad_inputs(k));
    int64_t channels = k->in[0]->shape.dims[3], elements = k->in[0]->elements;
    const float *variance = k->in[2]->data, *gamma = k->in[3]->data, *dy = k->in[4]->data;
    bool scale = leat_attr_bool(k->op, "scale_after_normalization");
    double epsilon = (double)leat_attr_float(k->op, "variance_epsilon");
    double *sums = leat_scratch(k, 2 * (size_t)LEAT_MAX(channels, 1) * sizeof *sums);
    if (sums == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the channels' sums");
    const leat_shape vector = leat_shape_1d(channels);
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    for (int i = 1; i < 5; i++)
        LEAT_TRY(leat_out_new(k, i, &vector));
    memset(sums, 0, 2 * (size_t)channels * sizeof *sums);
    norm n = {.t = k->in[0]->data, .mean = k->in[1]->data, .channels = channels};
    double *dots = sums + channels;
    add_up(&n, dy, elements, sums, dots);
    float *dx = k->out[0].data, *dm = k->out[1].data, *dv = k->out[2].data, *db = k->out[3].data,
          *dg = k->out[4].data;
    for (int64_t c = 0; c < channels; c++) {
        double inverse = 1 / sqrt((double)variance[c] + epsilon);
        double factor = inverse * (scale ? (double)gamma[c] : 1);
        dm[c] = (float)(-sums[c] * factor);
        dv[c] = (float)(-0.5 * dots[c] * factor * inverse * inverse);
        db[c] = (float)sums[c];
        dg[c] = (float)(scale ? dots[c] * inverse : 0);
        sums[c] = factor;
    }
    for (int64_t at = 0; at < elements; at++)
        dx[at] = (float)((double)dy[at] * sums[at % channels]);
    return LEAT_OK;
}

static leat_status norm_grad_shape(leat_infer *c)
{
    c->out[0] = *c->in[0];
    for (int i = 1; i < 5; i++)
        c->out[i] = *c->in[i == 1 ? 1 : i == 2 ? 2 : 3];
    return LEAT_OK;
}

static void norm_grad(leat_grad *g)
{
    leat_op *back = LEAT_GRAD_LIKE(g, "BatchNormWithGlobalNormalizationGrad", leat_grad_in(g, 0),
                                   leat_grad_in(g, 1), leat_grad_in(g, 2), leat_grad_in(g, 4), g->dy[0]);
    for (int i = 0; i < 5 && back != NULL; i++)
        g->dx[i] = leat_op_output(back, i);
}

const leat_op_def leat_op_BatchNormWithGlobalNormalization =
    LEAT_OP("BatchNormWithGlobalNormalization(t: T, m: T, v: T, beta: T, gamma: T) -> result: T; T: numeric; "
            "variance_epsilon: float; scale_after_normalization: bool",
            .doc = "Images normalised by given means and variances of their channels.", .shape = norm_shape,
            .kernels = {{.fn = norm_kernel, .can = is_float}}, .gradient = norm_grad);

LEAT_ROW(
    BatchNormWithGlobalNormalization,
    "(float[1,1,2,2] 1 2 3 4, float[2] 1 2, float[2] 3 0, float[2] 0 5, float[2] 2 9) {variance_epsilon: 1; "
    "scale_after_normalization: true} nograd -> float[1,1,2,2] 0 5 2 23");
LEAT_ROW(
    BatchNormWithGlobalNormalization,
    "(float[1,1,2,2] 1 2 3 4, float[2] 1 2, float[2] 3 0, float[2] 0 5, float[2] 2 9) {variance_epsilon: 1; "
    "scale_after_normalization: false} nograd -> float[1,1,2,2] 0 5 1 7");
LEAT_ROW(
    BatchNormWithGlobalNormalization,
    "(float[1,1,2,2] 1 2 3 4, float[1] 1, float[2] 3 0, float[2] 0 5, float[2] 2 9) {variance_epsilon: 1; "
    "scale_after_normalization: false} fails 'vector of 2 channels'");

const leat_op_def leat_op_BatchNormWithGlobalNormalizationGrad = LEAT_OP(
    "BatchNormWithGlobalNormalizationGrad(t: T, m: T, v: T, gamma: T, backprop: T) -> dx: T, dm: T, dv: T, db: T, dg: T; "
    "T: numeric; variance_epsilon: float; scale_after_normalization: bool",
    .doc = "The gradient of BatchNormWithGlobalNormalization by its five inputs.", .shape = norm_grad_shape,
    .kernels = {{.fn = norm_grad_kernel, .can = is_float}}, .gradient = leat_grad_none);

LEAT_ROW(
    BatchNormWithGlobalNormalizationGrad,
    "(float[1,1,2,1] 1 3, float[1] 1, float[1] 3, float[1] 2, float[1,1,2,1] 1 2) {variance_epsilon: 1; "
    "scale_after_normalization: true} -> float[1,1,2,1] 1 2, float[1] -3, float[1] -0.5, float[1] 3, float[1] 2");
LEAT_ROW(BatchNormWithGlobalNormalizationGrad,
         "(float[1,1,2,1] 1 3, float[1] 1, float[1] 3, float[1] 2, float[1,1,1,1] 1) {variance_epsilon: 1; "
         "scale_after_normalization: true} fails 'of one shape'");
